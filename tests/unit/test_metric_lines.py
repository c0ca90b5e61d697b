"""Lines of metrics.jsonl: any bytes are read without a problem, and what is wrong is said."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.models import Metric
from runs.records import metrics
from runs.records.metrics import read_lines


@given(st.binary(max_size=300))
def test_any_bytes_are_read(content: bytes) -> None:
    reading = read_lines(content)
    lines = [line for line in content.split(b"\n") if line.strip()]
    assert reading.rejected + sum(map(len, reading.points.values())) == len(lines)


@given(st.text(max_size=30), st.floats(), st.floats())
def test_what_is_stored_can_be_stored(name: str, x: float, y: float) -> None:
    reading = read_lines(json.dumps({"metric": name, "x": x, "y": y}).encode())
    for stored, points in reading.points.items():
        assert stored == name
        assert "\0" not in stored
        stored.encode()
        assert all(abs(a) < float("inf") and (b is None or abs(b) < float("inf")) for a, b in points)


@pytest.mark.parametrize("y", ["NaN", "Infinity", "-Infinity", "1e999", "null", "1" + "0" * 400])
def test_what_is_no_finite_number_leaves_a_gap(y: str) -> None:
    reading = read_lines(f'{{"metric": "m", "x": 1, "y": {y}}}'.encode())
    assert reading.points == {"m": [(1.0, None)]}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("[" * 5000, "expected"),
        ('{"metric": "m", "x": NaN, "y": 1}', 'expected a finite number as "x"'),
        ('{"metric": "m", "x": "1", "y": 1}', 'expected numbers as "x" and "y"'),
        ('{"metric": "m", "x": true, "y": 1}', 'expected numbers as "x" and "y"'),
        ('{"metric": 3, "x": 1, "y": 1}', 'expected a text of 1 to 200 characters as "metric"'),
        ('{"metric": "' + "n" * 201 + '", "x": 1, "y": 1}', "expected a text of 1 to 200"),
        ('{"metric": "CPU (%)", "x": 1, "y": 1}', "expected a name other than CPU (%)"),
        ('{"x": 1, "y": 1}', 'expected {"metric": NAME'),
        ("loss=3", "expected a line of JSON"),
    ],
)
def test_what_is_wrong_is_said(line: str, problem: str) -> None:
    reading = read_lines(line.encode())
    assert reading.rejected == 1
    assert reading.first_problem.startswith(problem)


def summary(*parts: list[float | None]) -> Metric:
    """Of a metric whose points arrive in these parts."""
    metric = Metric()
    for part in parts:
        metrics.summarise(metric, [(0.0, y) for y in part])
    return metric


@pytest.mark.parametrize("cut", range(7))
def test_the_mean_is_the_same_however_the_points_arrive(cut: int) -> None:
    values = [0.1, None, 0.7, 3.0, None, -2.0]
    found = summary(values[:cut], values[cut:]) if 0 < cut < 6 else summary(values)
    assert found.mean == pytest.approx(0.45)
    assert (found.point_count, found.finite_count) == (6, 4)


def test_the_mean_of_large_numbers_is_one_of_them() -> None:
    assert summary([1.7e308] * 5, [1.7e308] * 3).mean == pytest.approx(1.7e308)
    assert summary([1.7e308, -1.7e308]).mean == 0


def test_what_is_not_finite_has_no_mean() -> None:
    assert summary([None, None]).mean is None
    assert summary([None], [4.0]).mean == 4.0
