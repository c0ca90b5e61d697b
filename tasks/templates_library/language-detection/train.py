"""Learns to tell languages apart, and leaves model.json."""

import random
from pathlib import Path

from detector.model import Model
from detector.setting import read_parameters, read_sentences, report


def main():
    chosen = read_parameters()
    sentences = read_sentences(chosen["sentences"], "train.tsv")
    random.Random(chosen["seed"]).shuffle(sentences)
    sentences = sentences[: max(1, round(len(sentences) * chosen["share"]))]

    # The learning curve: how well a tenth, two tenths, … of the sentences do on those kept for validation.
    validation = read_sentences(chosen["sentences"], "validation.tsv")
    for tenth in range(1, 11):
        part = sentences[: max(1, len(sentences) * tenth // 10)]
        model = Model.train(part, longest=chosen["longestPiece"], smoothing=chosen["smoothing"])
        right = sum(model.language(sentence) == language for language, sentence in validation)
        report("validation accuracy", len(part), right / len(validation))
        print(f"{len(part):>4} sentences: {right} of {len(validation)} right")

    model.write(Path("model.json"))
    print(f"model.json tells {', '.join(sorted(model.counts))} apart by {sum(map(len, model.counts.values()))} pieces")


if __name__ == "__main__":
    main()
