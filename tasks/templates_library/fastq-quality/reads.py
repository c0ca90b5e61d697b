"""Reads FASTQ, and cuts reads. Knows nothing of parameters or of what is written."""

import gzip
from dataclasses import dataclass

SUFFIXES = (".fastq", ".fq", ".fastq.gz", ".fq.gz")


@dataclass
class Read:
    """`qualities` are Phred scores: 10 is one error in ten, 20 one in a hundred."""

    name: str
    bases: str
    qualities: list

    def text(self):
        """As FASTQ, Phred+33."""
        return f"@{self.name}\n{self.bases}\n+\n{''.join(chr(quality + 33) for quality in self.qualities)}\n"

    def first(self, length):
        return Read(self.name, self.bases[:length], self.qualities[:length])

    def without_adapters(self, adapters, least=5):
        """Cut where an adapter begins; at the end of the read its first `least` letters are enough."""
        end = len(self.bases)
        for adapter in (adapter.upper() for adapter in adapters if adapter):
            whole = self.bases.find(adapter)
            if whole >= 0:
                end = min(end, whole)
                continue
            for length in range(min(len(adapter), len(self.bases)) - 1, least - 1, -1):
                if self.bases.endswith(adapter[:length]):
                    end = min(end, len(self.bases) - length)
                    break
        return self.first(end)

    def without_bad_end(self, quality, window):
        """Cut from the end as long as the last `window` bases are worse than `quality` on average."""
        end = len(self.bases)
        while end > 0 and sum(self.qualities[max(0, end - window) : end]) < quality * min(window, end):
            end -= 1
        return self.first(end)


def fastq_files(folder):
    return sorted(path for path in folder.rglob("*") if path.name.lower().endswith(SUFFIXES))


def read_fastq(path, offset):
    """The reads of a file, one by one; stops with a sentence at the first that is broken."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="ascii", errors="replace") as file:
        number = 0
        for line in file:
            if not line.strip():
                continue
            number += 1
            bases, plus, letters = (next(file, "").strip() for _ in range(3))
            where = f"Read {number} of {path.name}"
            if not line.startswith("@") or not plus.startswith("+"):
                raise SystemExit(f"{where} is not FASTQ: expected four lines that begin with @ and, the third, with +.")
            if len(bases) != len(letters):
                raise SystemExit(f"{where} has {len(bases)} bases and {len(letters)} qualities.")
            qualities = [ord(letter) - offset for letter in letters]
            if qualities and not 0 <= min(qualities) <= max(qualities) <= 93:
                raise SystemExit(f"{where} has qualities outside 0 to 93: choose the other encoding.")
            yield Read((line[1:].split() or ["unnamed"])[0], bases.upper(), qualities)
