"""Names the language of texts."""

import csv
import sys
from pathlib import Path

from detector.model import Model
from detector.setting import model_file, read_parameters, report


def texts_of(chosen):
    """[(where it comes from, text)]"""
    found = [("form", text) for text in chosen["texts"] or []]
    if chosen["files"] is not None:
        folder = Path(chosen["files"]["path"])
        for path in sorted(folder.rglob("*.txt")):
            found.append((str(path.relative_to(folder)), path.read_text(encoding="utf-8", errors="replace")))
    return found


def main():
    chosen = read_parameters()
    model = Model.read(model_file(chosen["model"]))
    texts = texts_of(chosen)
    if not texts:
        sys.exit("There is nothing to predict: write a text, or choose a Dataset of .txt files.")
    with open("languages.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("from", "language", "chance", "text"))
        for number, (origin, text) in enumerate(texts, start=1):
            chance = next(iter(model.chances(text).values()))
            language = model.language(text, sure=chosen["sure"])
            writer.writerow((origin, language, round(chance, 4), text[:200]))
            report("chance", number, chance)
            print(f"{language:<9} {chance:7.1%}  {text[:60]}")


if __name__ == "__main__":
    main()
