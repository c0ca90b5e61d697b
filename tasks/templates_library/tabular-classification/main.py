"""Trains a classifier on a table and leaves its confusion matrix, its predictions and its scores."""

import csv
import json
import os
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score, classification_report, f1_score, log_loss
from sklearn.model_selection import train_test_split

import table
import trainers

DEFAULTS = {
    "table": None,
    "target": "species",
    "ignoredColumns": ["id"],
    "testShare": 0.25,
    "scale": True,
    "model": "linear",
    "iterations": 60,
    "learningRate": 0.01,
    "regularisation": 0.0001,
    "layers": [32, 16],
    "depth": 3,
    "seed": 1,
}


def read_parameters():
    """The values chosen in the form, or the defaults when run by hand."""
    path = os.environ.get("CORETEX_PARAMETERS")
    if path is None:
        return DEFAULTS
    with open(path, encoding="utf-8") as file:
        return {**DEFAULTS, **json.load(file)}


def report(points, x):
    """One point for each metric, which become charts on the Run's page."""
    path = os.environ.get("CORETEX_METRICS")
    if path is not None:
        with open(path, "a", encoding="utf-8") as file:
            for metric, y in points.items():
                file.write(json.dumps({"metric": metric, "x": x, "y": float(y)}) + "\n")


def train(chosen, data):
    """Trains one iteration at a time, reporting each; returns the model."""
    train_x, test_x, train_y, test_y = data
    model = None
    for iteration, model in enumerate(trainers.train(chosen, train_x, train_y), start=1):
        probabilities = model.predict_proba(test_x)
        points = {
            "train accuracy": accuracy_score(train_y, model.predict(train_x)),
            "test accuracy": accuracy_score(test_y, model.predict(test_x)),
            "test loss": log_loss(test_y, probabilities, labels=model.classes_),
        }
        report(points, iteration)
        print(
            f"\rIteration {iteration} of {chosen['iterations']}: test accuracy {points['test accuracy']:.3f}, "
            f"test loss {points['test loss']:.3f}",
            end="",
            flush=True,
        )
    print()
    return model


def draw_confusion(truth, predicted, labels):
    figure, axes = plt.subplots(figsize=(6.4, 5.6), dpi=120)
    ConfusionMatrixDisplay.from_predictions(truth, predicted, labels=labels, cmap="Purples", ax=axes, colorbar=False)
    axes.set_title(f"Test set, {accuracy_score(truth, predicted):.1%} right")
    figure.tight_layout()
    figure.savefig("confusion.png")


def main():
    chosen = read_parameters()
    dataset = chosen["table"]
    folder = Path(__file__).parent / "data" if dataset is None else Path(dataset["path"])
    rows = table.read(folder)
    features, target = table.features(rows, chosen["target"], chosen["ignoredColumns"] or [])
    names = [f"row {number}" for number in range(2, len(rows) + 2)]
    try:
        split = train_test_split(
            features, target, names, test_size=chosen["testShare"], random_state=chosen["seed"], stratify=target
        )
    except ValueError as error:
        sys.exit(f"The table cannot be split with testShare {chosen['testShare']}: {error}")
    train_x, test_x, train_y, test_y, _, test_names = split
    train_x, test_x = table.prepare(train_x, test_x, scale=chosen["scale"])
    print(f"{len(train_y)} rows for training, {len(test_y)} for testing, {train_x.shape[1]} features")

    model = train(chosen, (train_x, test_x, train_y, test_y))
    predicted = model.predict(test_x)
    print(classification_report(test_y, predicted, zero_division=0))
    draw_confusion(test_y, predicted, sorted(set(target)))
    with open("predictions.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("row", "truth", "predicted", "sure"))
        sure = model.predict_proba(test_x).max(axis=1)
        for name, truth, guess, share in zip(test_names, test_y, predicted, sure):
            writer.writerow((name, truth, guess, round(float(share), 4)))
    scores = {
        "accuracy": accuracy_score(test_y, predicted),
        "f1_macro": f1_score(test_y, predicted, average="macro"),
        "rows": len(rows),
        "features": int(train_x.shape[1]),
    }
    Path("scores.json").write_text(json.dumps(scores, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
