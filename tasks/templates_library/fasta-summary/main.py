"""Statistics of FASTA sequences: lengths, GC content, k-mers, open reading frames."""

import csv
import json
import os
import sys
from collections import Counter
from pathlib import Path

import charts
import sequences

DEFAULTS = {
    "sequences": None,
    "minimumLength": 0,
    "ambiguous": "count them",
    "k": 3,
    "bothStrands": True,
    "top": 20,
    "findFrames": True,
    "minimumCodons": 30,
    "startCodons": ["ATG"],
    "lengths": {"from": 0, "to": 1200, "step": 60},
}


def read_parameters():
    """The values chosen in the form, or the defaults when run by hand."""
    path = os.environ.get("CORETEX_PARAMETERS")
    if path is None:
        return DEFAULTS
    with open(path, encoding="utf-8") as file:
        return {**DEFAULTS, **json.load(file)}


def report(metric, x, y):
    """A point of a metric, which becomes a chart on the Run's page."""
    path = os.environ.get("CORETEX_METRICS")
    if path is not None:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"metric": metric, "x": x, "y": y}) + "\n")


def write_table(name, header, rows):
    with open(name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def main():
    chosen = read_parameters()
    dataset = chosen["sequences"]
    folder = Path(__file__).parent / "data" if dataset is None else Path(dataset["path"])
    files = sequences.fasta_files(folder)
    if not files:
        sys.exit(f"There are no FASTA files (.fasta, .fa, .fna, .gz) in {folder}.")

    table, frames, words, skipped, running_bases, running_gc = [], [], Counter(), 0, 0, 0
    for path in files:
        print(f"Reading {path.name}")
        for record in sequences.read_fasta(path):
            odd = record.ambiguous()
            if odd and chosen["ambiguous"] == "stop with an error":
                sys.exit(f"{record.name} in {path.name} has {odd} letters other than A, C, G and T.")
            if len(record.bases) < chosen["minimumLength"] or (odd and chosen["ambiguous"] == "skip the sequence"):
                skipped += 1
                continue
            found = []
            if chosen["findFrames"]:
                found = sequences.open_frames(record.bases, chosen["startCodons"], chosen["minimumCodons"])
            frames += [(record.name, *frame) for frame in found]
            words.update(sequences.count_words(record.bases, chosen["k"], chosen["bothStrands"]))
            gc = record.gc()
            table.append((record.name, path.name, len(record.bases), round(gc, 4), odd, len(found)))
            running_bases += len(record.bases)
            running_gc += gc * len(record.bases)
            report("length", len(table), len(record.bases))
            report("GC content", len(table), gc)
            report("GC content so far", len(table), running_gc / max(running_bases, 1))
            print(f"\r  {len(table)} sequences", end="", flush=True)
        print()
    if not table:
        sys.exit(f"All {skipped} sequences were left out. Lower minimumLength, or count ambiguous letters.")

    lengths = [row[2] for row in table]
    write_table("sequences.csv", ("name", "file", "length", "gc", "ambiguous", "frames"), table)
    write_table("kmers.csv", ("word", "count"), words.most_common())
    if chosen["findFrames"]:
        write_table("frames.csv", ("sequence", "strand", "frame", "start", "end", "codons"), frames)
    Path("lengths.svg").write_text(charts.histogram(lengths, chosen["lengths"]), encoding="utf-8")
    Path("kmers.svg").write_text(charts.bars(words.most_common(chosen["top"]), "k-mers"), encoding="utf-8")
    summary = {
        "sequences": len(table),
        "left_out": skipped,
        "bases": sum(lengths),
        "shortest": min(lengths),
        "longest": max(lengths),
        "n50": sequences.n50(lengths),
        "gc": round(running_gc / max(running_bases, 1), 4),
        "different_words": len(words),
        "open_reading_frames": len(frames),
    }
    Path("summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    for name, value in summary.items():
        print(f"{name.replace('_', ' '):>20}  {value}")


if __name__ == "__main__":
    main()
