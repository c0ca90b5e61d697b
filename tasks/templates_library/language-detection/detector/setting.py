"""What all modes share with the platform: parameters, metrics, and where data and models are."""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEFAULTS = {
    "seed": 1,
    "sentences": None,
    "longestPiece": 3,
    "smoothing": 0.5,
    "share": 1.0,
    "model": None,
    "sure": 0.0,
    "texts": ["Where is the nearest station?", "Wo ist der nächste Bahnhof?", "Où est la gare la plus proche ?"],
    "files": None,
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


def read_sentences(dataset, name):
    """[(language, sentence)] of a file of a Dataset, or of the one that is included."""
    path = (ROOT / "data" if dataset is None else Path(dataset["path"])) / name
    if not path.is_file():
        sys.exit(f"There is no file {name} in {path.parent}.")
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        language, tab, sentence = line.partition("\t")
        if line.strip() and not tab:
            sys.exit(f"Line {number} of {name} has no tab between the language and the sentence.")
        if sentence.strip():
            found.append((language, sentence))
    if not found:
        sys.exit(f"There are no sentences in {name}.")
    return found


def model_file(dataset):
    """The model.json of a Dataset, or the one that is included."""
    path = (ROOT / "pretrained" if dataset is None else Path(dataset["path"])) / "model.json"
    if not path.is_file():
        sys.exit(f"There is no model.json in {path.parent}. Upload the one that a Run of train.py left.")
    return path
