"""Reads FASTA and computes on sequences; nothing here knows of files that are written or of parameters."""

import gzip
from collections import Counter
from dataclasses import dataclass

COMPLEMENT = str.maketrans("ACGT", "TGCA")
STOPS = {"TAA", "TAG", "TGA"}
SUFFIXES = (".fasta", ".fa", ".fna", ".fasta.gz", ".fa.gz", ".fna.gz")


@dataclass
class Record:
    name: str
    bases: str

    def gc(self):
        """The share of G and C among the letters A, C, G and T; 0 without any."""
        counted = Counter(self.bases)
        known = sum(counted[base] for base in "ACGT")
        return (counted["G"] + counted["C"]) / known if known else 0.0

    def ambiguous(self):
        return sum(base not in "ACGT" for base in self.bases)


def fasta_files(folder):
    return sorted(path for path in folder.rglob("*") if path.name.lower().endswith(SUFFIXES))


def read_fasta(path):
    """The records of a FASTA file, one by one, in capital letters; U is read as T."""
    opener = gzip.open if path.suffix == ".gz" else open
    name, parts = None, []
    with opener(path, "rt", encoding="utf-8", errors="replace") as file:
        for line in file:
            line = line.strip()
            if line.startswith(">"):
                if name is not None:
                    yield Record(name, "".join(parts))
                name, parts = (line[1:].split() or ["unnamed"])[0], []
            elif line and not line.startswith(";"):
                if name is None:
                    raise SystemExit(f"{path.name} does not begin with a line “>name”, so it is not FASTA.")
                parts.append(line.upper().replace("U", "T"))
    if name is not None:
        yield Record(name, "".join(parts))


def reverse_complement(bases):
    return bases.translate(COMPLEMENT)[::-1]


def count_words(bases, k, both_strands):
    """How often each word of k known letters occurs; with both strands under the smaller of a word and its mirror."""
    words = Counter(bases[start : start + k] for start in range(len(bases) - k + 1))
    words = Counter({word: count for word, count in words.items() if not set(word) - set("ACGT")})
    if not both_strands:
        return words
    joined = Counter()
    for word, count in words.items():
        joined[min(word, reverse_complement(word))] += count
    return joined


def open_frames(bases, starts, minimum_codons):
    """(strand, frame, start, end, codons) of the frames from a start codon to a stop; places from 1, on the + strand."""
    starts, found, size = {start.upper() for start in starts}, [], len(bases)
    for strand, letters in (("+", bases), ("-", reverse_complement(bases))):
        for frame in range(3):
            begin = None
            for place in range(frame, size - 2, 3):
                codon = letters[place : place + 3]
                if begin is None and codon in starts:
                    begin = place
                elif begin is not None and codon in STOPS:
                    codons = (place - begin) // 3
                    if codons >= minimum_codons:
                        ends = (begin + 1, place + 3) if strand == "+" else (size - place - 2, size - begin)
                        found.append((strand, frame + 1, *ends, codons))
                    begin = None
    return found


def n50(lengths):
    """The length such that sequences at least as long hold half of all bases."""
    total, seen = sum(lengths), 0
    for length in sorted(lengths, reverse=True):
        seen += length
        if 2 * seen >= total:
            return length
    return 0
