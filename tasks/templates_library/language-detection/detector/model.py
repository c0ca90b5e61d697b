"""Naive Bayes over pieces of words: which language a text is most likely written in. Knows no parameters."""

import json
import math
import re
from collections import Counter
from dataclasses import dataclass


def pieces(text, longest):
    """Every piece of 1 to `longest` letters, with _ where a word begins and ends."""
    for word in re.findall(r"[^\W\d_]+", text.lower()):
        padded = f"_{word}_"
        for length in range(1, longest + 1):
            for start in range(len(padded) - length + 1):
                yield padded[start : start + length]


@dataclass
class Model:
    longest: int
    smoothing: float
    counts: dict

    @classmethod
    def train(cls, sentences, *, longest, smoothing):
        counts = {}
        for language, sentence in sentences:
            counts.setdefault(language, Counter()).update(pieces(sentence, longest))
        return cls(longest, smoothing, counts)

    @classmethod
    def read(cls, path):
        stored = json.loads(path.read_text(encoding="utf-8"))
        counts = {language: Counter(found) for language, found in stored["counts"].items()}
        return cls(stored["longest"], stored["smoothing"], counts)

    def write(self, path):
        stored = {"longest": self.longest, "smoothing": self.smoothing, "counts": self.counts}
        path.write_text(json.dumps(stored, ensure_ascii=False, sort_keys=True), encoding="utf-8")

    def chances(self, text):
        """{language: how likely}, the likeliest first; equally likely all for a text without letters."""
        found = Counter(pieces(text, self.longest))
        known = len(set().union(*self.counts.values())) + 1
        scores = {}
        for language, counts in self.counts.items():
            total = math.log(sum(counts.values()) + self.smoothing * known)
            scores[language] = sum(
                times * (math.log(counts.get(piece, 0) + self.smoothing) - total) for piece, times in found.items()
            )
        best = max(scores.values())
        weights = {language: math.exp(score - best) for language, score in scores.items()}
        whole = sum(weights.values())
        return dict(sorted(((language, w / whole) for language, w in weights.items()), key=lambda item: -item[1]))

    def language(self, text, *, sure=0.0):
        language, chance = next(iter(self.chances(text).items()))
        return language if chance >= sure else "unknown"
