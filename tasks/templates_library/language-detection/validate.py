"""How well a model does on sentences that it has not seen."""

import csv
import json
from collections import Counter
from pathlib import Path

from detector.model import Model
from detector.setting import model_file, read_parameters, read_sentences, report


def main():
    chosen = read_parameters()
    model = Model.read(model_file(chosen["model"]))
    sentences = read_sentences(chosen["sentences"], "validation.tsv")
    confusion, wrong = Counter(), []
    for number, (language, sentence) in enumerate(sentences, start=1):
        guess = model.language(sentence, sure=chosen["sure"])
        confusion[language, guess] += 1
        if guess != language:
            wrong.append((language, guess, sentence))
        report("accuracy so far", number, 1 - len(wrong) / number)

    languages = sorted({name for pair in confusion for name in pair})
    with open("confusion.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("written in", *languages))
        for language in languages:
            writer.writerow((language, *(confusion[language, guess] for guess in languages)))
    accuracy = 1 - len(wrong) / len(sentences)
    report("accuracy", len(sentences), accuracy)
    Path("scores.json").write_text(
        json.dumps({"accuracy": round(accuracy, 4), "sentences": len(sentences)}, indent=2) + "\n", encoding="utf-8"
    )
    print(f"{len(sentences) - len(wrong)} of {len(sentences)} right")
    for language, guess, sentence in wrong:
        print(f"{language} taken for {guess}: {sentence}")


if __name__ == "__main__":
    main()
