"""A quality report of FASTQ files, and the reads that remain after trimming."""

import csv
import gzip
import json
import os
import sys
from collections import Counter
from pathlib import Path

import charts
import reads

DEFAULTS = {
    "reads": None,
    "encoding": "Phred+33",
    "limit": 0,
    "trim": True,
    "quality": 20,
    "window": 4,
    "adapters": ["AGATCGGAAGAGC"],
    "minimumLength": 50,
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


class Statistics:
    """What is counted over reads, position by position."""

    def __init__(self):
        self.reads = self.bases = self.good = 0
        self.qualities, self.letters, self.lengths, self.seen = [], [], Counter(), Counter()

    def add(self, read):
        self.reads += 1
        self.bases += len(read.bases)
        self.good += sum(quality >= 30 for quality in read.qualities)
        self.lengths[len(read.bases)] += 1
        self.seen[read.bases] += 1
        for position, (base, quality) in enumerate(zip(read.bases, read.qualities)):
            if position == len(self.qualities):
                self.qualities.append(Counter())
                self.letters.append(Counter())
            self.qualities[position][quality] += 1
            self.letters[position][base] += 1

    def rows(self):
        """(position from 1, reads, mean, tenth, median, GC share) for each position."""
        for position, (counts, letters) in enumerate(zip(self.qualities, self.letters), start=1):
            size = sum(counts.values())
            mean = sum(quality * count for quality, count in counts.items()) / size
            known = sum(letters[base] for base in "ACGT") or 1
            gc = (letters["G"] + letters["C"]) / known
            yield position, size, round(mean, 2), quantile(counts, 0.1), quantile(counts, 0.5), round(gc, 4)

    def summary(self):
        gc = sum(letters["G"] + letters["C"] for letters in self.letters)
        known = sum(letters[base] for letters in self.letters for base in "ACGT") or 1
        return {
            "reads": self.reads,
            "bases": self.bases,
            "mean_length": round(self.bases / (self.reads or 1), 2),
            "q30": round(self.good / (self.bases or 1), 4),
            "gc": round(gc / known, 4),
            "duplicates": round(1 - len(self.seen) / (self.reads or 1), 4),
        }


def quantile(counts, share):
    """The smallest value that at least `share` of the counted ones do not exceed."""
    wanted, seen = share * sum(counts.values()), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= wanted:
            return value
    return 0


def main():
    chosen = read_parameters()
    folder = Path(__file__).parent / "data" if chosen["reads"] is None else Path(chosen["reads"]["path"])
    files = reads.fastq_files(folder)
    if not files:
        sys.exit(f"There are no FASTQ files (.fastq, .fq, .gz) in {folder}.")

    before, after, with_adapter, dropped = Statistics(), Statistics(), 0, 0
    kept = gzip.open("trimmed.fastq.gz", "wt", encoding="ascii") if chosen["trim"] else None
    for path in files:
        print(f"Reading {path.name}")
        for number, read in enumerate(reads.read_fastq(path, 64 if chosen["encoding"] == "Phred+64" else 33), 1):
            before.add(read)
            if kept is not None:
                cut = read.without_adapters(chosen["adapters"] or [])
                with_adapter += len(cut.bases) < len(read.bases)
                cut = cut.without_bad_end(chosen["quality"], chosen["window"])
                if len(cut.bases) < chosen["minimumLength"]:
                    dropped += 1
                else:
                    after.add(cut)
                    kept.write(cut.text())
            if number % 50 == 0:
                report("Q30 so far", before.reads, before.good / before.bases)
            if number == chosen["limit"]:
                break
    if not before.reads:
        sys.exit(f"There are no reads in {', '.join(path.name for path in files)}.")

    table = list(before.rows())
    with open("positions.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("position", "reads", "mean_quality", "lowest_tenth", "median", "gc"))
        writer.writerows(table)
    for position, _, mean, *_, gc in table:
        report("mean quality by position", position, mean)
        report("GC content by position", position, gc)
    summary = {"before": before.summary()}
    lines = {"before trimming": [row[2] for row in table]}
    if kept is not None:
        kept.close()
        summary |= {"after": after.summary(), "reads_with_adapter": with_adapter, "dropped": dropped}
        lines["after trimming"] = [row[2] for row in after.rows()]
        report("reads kept", before.reads, after.reads / before.reads)
    Path("quality.svg").write_text(charts.lines(lines, "mean quality by position"), encoding="utf-8")
    Path("summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    for name, value in summary.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
