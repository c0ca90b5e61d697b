"""Forecasts a series, after having tried each method on its past."""

import csv
import json
import os
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy
from matplotlib import pyplot

from methods import METHODS

DEFAULTS = {
    "table": None,
    "column": "sales",
    "season": 7,
    "method": "best",
    "horizon": 28,
    "backtests": 6,
    "smoothing": [0.2, 0.02, 0.2],
    "lags": 4,
    "band": 0.8,
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
            file.write(json.dumps({"metric": metric, "x": x, "y": float(y)}) + "\n")


def read_series(folder, column):
    """The numbers of a column; an empty cell gets what stood before it."""
    files = sorted(folder.rglob("*.csv"))
    if not files:
        sys.exit(f"There is no CSV file in {folder}.")
    with open(files[0], newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    if not rows or column not in rows[0]:
        sys.exit(f"There is no column {column} in {files[0].name}; there are {', '.join(rows[0]) if rows else 'no rows'}.")
    values = []
    for line, row in enumerate(rows, start=2):
        text = (row[column] or "").strip()
        try:
            values.append(float(text) if text else values[-1] if values else 0.0)
        except ValueError:
            sys.exit(f"Line {line} of {files[0].name} has “{text}” in the column {column}; expected a number.")
    print(f"{len(values)} points of {files[0].name}")
    return numpy.array(values)


def backtest(series, forecast, chosen):
    """Errors (backtests × horizon): each forecast begins a horizon further back and knows nothing later."""
    horizon, errors = chosen["horizon"], []
    for back in range(chosen["backtests"], 0, -1):
        end = len(series) - back * horizon
        errors.append(series[end : end + horizon] - forecast(series[:end], horizon, chosen))
    return numpy.array(errors)


def draw(series, ahead, band, name):
    shown = min(len(series), max(6 * len(ahead), 60))
    past, future = numpy.arange(-shown, 0), numpy.arange(len(ahead))
    figure, axes = pyplot.subplots(figsize=(10, 4.5), layout="constrained")
    axes.plot(past, series[-shown:], color="#555d6b", linewidth=1, label="past")
    axes.plot(future, ahead, color="#4b44c4", linewidth=2, label=f"forecast, {name}")
    axes.fill_between(future, ahead + band[0], ahead + band[1], color="#4b44c4", alpha=0.2, linewidth=0)
    axes.set(xlabel="points from now", ylabel="value")
    axes.legend(loc="upper left")
    figure.savefig("forecast.png", dpi=110)


def main():
    chosen = read_parameters()
    folder = Path(__file__).parent / "data" if chosen["table"] is None else Path(chosen["table"]["path"])
    series = read_series(folder, chosen["column"])
    if len(chosen["smoothing"]) != 3 or not all(0 <= value <= 1 for value in chosen["smoothing"]):
        sys.exit("smoothing needs three numbers from 0 to 1: for level, trend and season.")
    needed = (chosen["lags"] + 2) * chosen["season"] + chosen["backtests"] * chosen["horizon"]
    if len(series) < needed:
        sys.exit(f"There are {len(series)} points, and {needed} are needed: choose fewer backtests, lags or a smaller horizon.")

    errors = {}
    for name, forecast in METHODS.items():
        if chosen["method"] in (name, "best"):
            errors[name] = backtest(series, forecast, chosen)
            for step, error in enumerate(numpy.abs(errors[name]).mean(axis=0), start=1):
                report(f"error ahead, {name}", step, error)
            print(f"{name:>22}: {numpy.abs(errors[name]).mean():8.2f} off on average")
    best = min(errors, key=lambda name: numpy.abs(errors[name]).mean())
    naive = numpy.abs(backtest(series, METHODS["as one season ago"], chosen)).mean()
    mean_error = numpy.abs(errors[best]).mean()
    report("mean error", 1, mean_error)
    report("error, 1 is as one season ago", 1, mean_error / naive if naive else 0.0)

    ahead = METHODS[best](series, chosen["horizon"], chosen)
    outside = (1 - chosen["band"]) / 2
    band = numpy.quantile(errors[best], [outside, 1 - outside])
    with open("forecast.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("step", "forecast", "low", "high"))
        for step, value in enumerate(ahead, start=1):
            writer.writerow((step, *numpy.round([value, value + band[0], value + band[1]], 3)))
    scores = {name: round(float(numpy.abs(found).mean()), 4) for name, found in errors.items()}
    Path("scores.json").write_text(json.dumps({"method": best, "mean_error": scores}, indent=2) + "\n", encoding="utf-8")
    draw(series, ahead, band, best)
    print(f"The forecast is by {best}")


if __name__ == "__main__":
    main()
