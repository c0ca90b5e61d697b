"""Reads a CSV table and makes numbers of it: numbers scaled, words as one column for each, gaps filled."""

import csv
import sys

import numpy
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def read(folder):
    """The rows of the first CSV file in a folder, as {column: text}."""
    paths = sorted(folder.rglob("*.csv"))
    if not paths:
        sys.exit(f"There is no CSV file in {folder}.")
    with open(paths[0], newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    print(f"Read {len(rows)} rows from {paths[0].name}")
    return rows


def number(text):
    """A number, None for an empty cell; ValueError for a word."""
    return float(text) if text.strip() else None


def features(rows, target, ignored):
    """(rows of features, values of the target). A column is one of numbers if all its cells are."""
    columns = [name for name in rows[0] if name != target and name not in ignored] if rows else []
    if not rows or target not in rows[0]:
        known = ", ".join(rows[0]) if rows else "none"
        sys.exit(f"There is no column {target} in the table; its columns are {known}.")
    if not columns:
        sys.exit("There is no column left to learn from. Ignore fewer of them.")
    made = {}
    for name in columns:
        cells = [row[name] or "" for row in rows]
        try:
            made[name] = [number(cell) for cell in cells]
        except ValueError:
            made[name] = [cell or None for cell in cells]
    return [list(cells) for cells in zip(*made.values())], [row[target] for row in rows]


def prepare(train, test, *, scale):
    """Both sets as arrays; what fills gaps and scales is learned from the training set alone."""
    words = [place for place in range(len(train[0])) if any(isinstance(row[place], str) for row in train + test)]
    numbers = [place for place in range(len(train[0])) if place not in words]
    steps = [SimpleImputer(strategy="median"), StandardScaler()] if scale else [SimpleImputer(strategy="median")]
    encode = make_pipeline(
        SimpleImputer(strategy="most_frequent", missing_values=None),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    columns = make_column_transformer((make_pipeline(*steps), numbers), (encode, words))
    return columns.fit_transform(as_objects(train)), columns.transform(as_objects(test))


def as_objects(rows):
    array = numpy.empty((len(rows), len(rows[0])), dtype=object)
    for place, row in enumerate(rows):
        array[place] = row
    return array
