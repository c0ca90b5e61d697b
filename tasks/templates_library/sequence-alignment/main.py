"""Aligns sequences pair by pair, and draws how alike they are."""

import csv
import json
import os
import sys
from itertools import combinations
from pathlib import Path

import align
import charts

DEFAULTS = {
    "sequences": None,
    "reference": "",
    "mostLetters": 2000,
    "mode": "global",
    "match": 2,
    "mismatch": -1,
    "gapOpen": -4,
    "gapExtend": -1,
    "lineWidth": 60,
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


def read_fasta(folder):
    """{name: letters} of all FASTA files in a folder."""
    found = {}
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".fasta", ".fa", ".fna", ".faa"})
    for path in paths:
        name = None
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(">"):
                name = (line[1:].split() or ["unnamed"])[0]
                if name in found:
                    sys.exit(f"There are two sequences {name}; the second is in {path.name}.")
                found[name] = ""
            elif line.strip():
                if name is None:
                    sys.exit(f"{path.name} does not begin with a line “>name”, so it is not FASTA.")
                found[name] += line.strip().upper()
    return found


def pairs_of(sequences, reference):
    if not reference:
        return list(combinations(sequences, 2))
    if reference not in sequences:
        sys.exit(f"There is no sequence {reference}; there are {', '.join(sequences)}.")
    return [(reference, other) for other in sequences if other != reference]


def main():
    chosen = read_parameters()
    folder = Path(__file__).parent / "data" if chosen["sequences"] is None else Path(chosen["sequences"]["path"])
    sequences = read_fasta(folder)
    long = [name for name, letters in sequences.items() if len(letters) > chosen["mostLetters"]]
    if len(sequences) < 2:
        sys.exit(f"Two sequences are needed, and there are {len(sequences)} in {folder}.")
    if long:
        sys.exit(f"{', '.join(long)}: longer than mostLetters, {chosen['mostLetters']}.")
    scoring = align.Scoring(chosen["match"], chosen["mismatch"], chosen["gapOpen"], chosen["gapExtend"])

    pairs, rows, texts, alike = pairs_of(sequences, chosen["reference"]), [], [], {}
    for number, (one, other) in enumerate(pairs, start=1):
        found = align.align(sequences[one], sequences[other], scoring, local=chosen["mode"] == "local")
        alike[one, other] = alike[other, one] = found.identity
        rows.append((one, other, found.score, round(found.identity, 4), found.length, found.gaps))
        texts.append(f"{one} and {other}: score {found.score}, {found.identity:.1%} identical, {found.gaps} gaps\n")
        texts.append(found.text(chosen["lineWidth"]) + "\n")
        report("identity", number, found.identity)
        report("score", number, found.score)
        print(f"\rAligned {number} of {len(pairs)} pairs", end="", flush=True)
    print()

    rows.sort(key=lambda row: -row[3])
    with open("pairs.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("one", "other", "score", "identity", "length", "gaps"))
        writer.writerows(rows)
    Path("alignments.txt").write_text("\n".join(texts), encoding="utf-8")
    Path("identity.svg").write_text(charts.heat_map(list(sequences), alike, "identity"), encoding="utf-8")
    report("mean identity", len(pairs), sum(row[3] for row in rows) / len(rows))
    for one, other, score, identity, *_ in rows[:5]:
        print(f"{one:>12} {other:<12} {identity:6.1%}  score {score}")


if __name__ == "__main__":
    main()
