"""Sorts the rows of a table into groups, and shows how well they are apart."""

import csv
import json
import os
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy
from matplotlib import pyplot
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_samples
from sklearn.preprocessing import StandardScaler

DEFAULTS = {
    "table": None,
    "ignoredColumns": ["id"],
    "scale": True,
    "method": "k-means",
    "groups": 4,
    "linkage": "ward",
    "distance": 0.5,
    "neighbours": 6,
    "seed": 1,
}
METHODS = {
    "k-means": lambda chosen: KMeans(chosen["groups"], n_init=10, random_state=chosen["seed"]),
    "hierarchical": lambda chosen: AgglomerativeClustering(chosen["groups"], linkage=chosen["linkage"]),
    "DBSCAN": lambda chosen: DBSCAN(eps=chosen["distance"], min_samples=chosen["neighbours"]),
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


def read_table(folder, ignored):
    """(names of the columns of numbers, rows of the file as text, matrix); gaps get the column's median."""
    files = sorted(folder.rglob("*.csv"))
    if not files:
        sys.exit(f"There is no CSV file in {folder}.")
    with open(files[0], newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    columns = {}
    for name in rows[0] if rows else []:
        try:
            values = [float(row[name]) if (row[name] or "").strip() else numpy.nan for row in rows]
        except ValueError:
            continue
        if name not in ignored and not all(numpy.isnan(values)):
            columns[name] = values
    if len(rows) < 3 or not columns:
        sys.exit(f"{files[0].name} has {len(rows)} rows and {len(columns)} columns of numbers that count; it needs 3 and 1.")
    matrix = numpy.column_stack(list(columns.values()))
    gaps = numpy.isnan(matrix)
    matrix[gaps] = numpy.take(numpy.nanmedian(matrix, axis=0), numpy.nonzero(gaps)[1])
    print(f"{len(rows)} rows of {files[0].name}, columns {', '.join(columns)}, {gaps.sum()} gaps filled")
    return list(columns), rows, matrix


def draw(points, labels, silhouettes):
    """The rows on their two main axes, and the silhouette of each, group by group."""
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 5), layout="constrained")
    flat = PCA(2).fit_transform(points) if points.shape[1] > 1 else numpy.column_stack([points, numpy.zeros(len(points))])
    height = 0
    for label in numpy.unique(labels):
        inside, name = labels == label, "none" if label < 0 else f"group {label + 1}"
        colour = "#999999" if label < 0 else f"C{label % 10}"
        left.scatter(*flat[inside].T, s=18, color=colour, label=name)
        if silhouettes is not None and label >= 0:
            values = numpy.sort(silhouettes[inside])
            right.barh(numpy.arange(height, height + len(values)), values, height=1, color=colour)
            height += len(values) + 4
    left.set(title="the rows on their two main axes", xlabel="first", ylabel="second")
    left.legend()
    right.set(title="silhouette of each row", yticks=[])
    figure.savefig("groups.png", dpi=110)


def main():
    chosen = read_parameters()
    folder = Path(__file__).parent / "data" if chosen["table"] is None else Path(chosen["table"]["path"])
    columns, rows, matrix = read_table(folder, chosen["ignoredColumns"] or [])
    points = StandardScaler().fit_transform(matrix) if chosen["scale"] else matrix
    if chosen["method"] != "DBSCAN" and chosen["groups"] >= len(rows):
        sys.exit(f"{len(rows)} rows cannot be sorted into {chosen['groups']} groups.")
    labels = METHODS[chosen["method"]](chosen).fit_predict(points)

    found = sorted(set(labels) - {-1})
    print(f"{len(found)} groups, {(labels == -1).sum()} rows in none")
    inside, silhouettes = labels >= 0, None
    if 2 <= len(found) < inside.sum():
        silhouettes = numpy.zeros(len(rows))
        silhouettes[inside] = silhouette_samples(points[inside], labels[inside])
        report("silhouette", len(found), silhouettes[inside].mean())
        report("Davies-Bouldin", len(found), davies_bouldin_score(points[inside], labels[inside]))
        report("Calinski-Harabasz", len(found), calinski_harabasz_score(points[inside], labels[inside]))
        print(f"silhouette {silhouettes[inside].mean():.3f}")
    report("groups", 1, len(found))
    report("rows in none", 1, (labels == -1).sum())

    with open("groups.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow((*rows[0], "group"))
        writer.writerows((*row.values(), "" if label < 0 else label + 1) for row, label in zip(rows, labels))
    with open("profile.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("group", "rows", *columns))
        for label in found:
            means = matrix[labels == label].mean(axis=0)
            writer.writerow((label + 1, (labels == label).sum(), *means.round(3)))
            print(f"group {label + 1}: {(labels == label).sum()} rows, " + ", ".join(
                f"{name} {mean:.1f}" for name, mean in zip(columns, means)
            ))
    draw(points, labels, silhouettes)


if __name__ == "__main__":
    main()
