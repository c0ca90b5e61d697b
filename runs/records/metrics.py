"""Metrics: what scripts append to metrics.jsonl, and what their node measures, as stored points."""

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from coretex_site.lib import paths
from runs import lifecycle
from runs.fast_path import statements
from runs.models import Execution, Metric, MetricPoint
from runs.records import usage
from tasks.types.scalars import is_storable

# Read and stored at once; a line that is longer is refused.
CHUNK_BYTES = 1024 * 1024
LONGEST_NAME = 200
MOST_METRICS = 1000
SUMMARY = ("point_count", "last", "minimum", "maximum", "mean", "finite_count")

Point = tuple[float, float | None]


@dataclass(kw_only=True)
class Reading:
    """Points by name, in the order reported, and what could not be read."""

    points: dict[str, list[Point]] = field(default_factory=dict)
    rejected: int = 0
    first_problem: str = ""

    def reject(self, line: bytes, problem: str) -> None:
        self.rejected += 1
        if not self.first_problem:
            shown = line[:80].decode("utf-8", "replace").replace("\x00", "�")
            self.first_problem = f"{problem}, found {shown}{'…' if len(line) > 80 else ''}"


def ingest(execution_id: int, *, final: bool = False) -> int:
    """Stores what was appended since the last time; how many points that were.

    A last line without its end is left for the next time, unless it is `final`. Two at once store each
    line once: the bytes are claimed in the transaction that stores them.
    """
    stored = 0
    while size(execution_id):
        start, rejected = _stored(execution_id)
        chunk = _read(execution_id, start)
        whole = chunk[: chunk.rfind(b"\n") + 1]
        if not whole and (final or len(chunk) == CHUNK_BYTES):
            whole = chunk
        if not whole:
            break
        reading = read_lines(whole)
        with statements.together():
            if not lifecycle.next_metrics_offset(execution_id, start, start + len(whole)):
                break
            for name in _store(execution_id, reading.points, is_system=False, is_first=start == 0):
                reading.reject(name.encode(), f"expected at most {MOST_METRICS:,} names of metrics")
            if reading.rejected:
                _warn(execution_id, rejected, reading)
        stored += sum(map(len, reading.points.values()))
        if len(whole) == len(chunk) < CHUNK_BYTES:
            break
    return stored


def _stored(execution_id: int) -> tuple[int, int]:
    """How many bytes of the metrics file are stored, and how many of its lines could not be used."""
    execution = statements.find(Execution, execution_id, ("metrics_offset", "metrics_rejected"))
    return (0, 0) if execution is None else (execution.metrics_offset, execution.metrics_rejected)


def size(execution_id: int) -> int:
    """Bytes of the metrics file; 0 when nothing was reported."""
    try:
        return os.stat(paths.metrics_file(execution_id)).st_size
    except OSError:
        return 0


def _read(execution_id: int, start: int) -> bytes:
    try:
        with paths.metrics_file(execution_id).open("rb") as file:
            file.seek(start)
            return file.read(CHUNK_BYTES)
    except OSError:  # no metric was reported, or the script made something else of the file
        return b""


def read_lines(content: bytes) -> Reading:
    """JSON lines `{"metric": NAME, "x": NUMBER, "y": NUMBER}` → points; blank lines are nothing."""
    reading = Reading()
    for line in content.split(b"\n"):
        if not line.strip():
            continue
        try:
            name, point = read_point(json.loads(line))
        except RecursionError:
            reading.reject(line, "expected an object")
        except json.JSONDecodeError:
            reading.reject(line, "expected a line of JSON")
        except ValueError as error:
            # Also bytes that are no text, and integers of thousands of digits.
            reading.reject(line, str(error) if type(error) is ValueError else "expected UTF-8")
        else:
            reading.points.setdefault(name, []).append(point)
    return reading


def read_point(value: Any) -> tuple[str, Point]:
    """The name and the point of a line; ValueError says what was expected. A y that is not finite is None."""
    if not isinstance(value, dict) or not {"metric", "x", "y"} <= value.keys():
        raise ValueError('expected {"metric": NAME, "x": NUMBER, "y": NUMBER}')
    name, x, y = value["metric"], _number(value["x"]), value["y"]
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME or not is_storable(name):
        raise ValueError(f'expected a text of 1 to {LONGEST_NAME} characters as "metric"')
    if name in usage.NAMES:
        raise ValueError(f"expected a name other than {name}, which the server measures itself")
    if x is None:
        raise ValueError('expected a finite number as "x"')
    return name, (x, None if y is None else _number(y))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError('expected numbers as "x" and "y"')
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _warn(execution_id: int, before: int, reading: Reading) -> None:
    count = before + reading.rejected
    Execution.objects.filter(pk=execution_id).update(metrics_rejected=count)
    lines = "1 line" if count == 1 else f"{count:,} lines"
    if before:
        _, _, example = lifecycle.warning(execution_id, "metrics").partition(": ")
    else:
        example = reading.first_problem
    lifecycle.warn(execution_id, "metrics", f"{lines} of the metrics file could not be used: {example}")


def _store(
    execution_id: int, series: Mapping[str, list[Point]], *, is_system: bool, is_first: bool = False
) -> list[str]:
    """Appends points to metrics and keeps their summaries; the names for which there was no room.

    With `is_first` there are no metrics of these names yet.
    """
    with statements.together():
        known = {} if is_first else {m.name: m for m in Metric.objects.filter(execution_id=execution_id)}
        room = max(0, len(series) if is_system else MOST_METRICS - len(known))
        new = [name for name, points in series.items() if points and name not in known]
        stored = [known[name] for name, points in series.items() if points and name in known]
        stored += [Metric(execution_id=execution_id, name=name, is_system=is_system) for name in new[:room]]
        for metric in stored:
            summarise(metric, series[metric.name])
            fields = {name: getattr(metric, name) for name in SUMMARY}
            if metric.pk is not None:
                statements.update(Metric, where={"id": metric.pk}, fields=fields)
            else:
                key = {"execution": execution_id, "name": metric.name, "is_system": is_system}
                metric.pk = statements.insert(Metric, {**key, **fields})
        rows = [(metric.pk, x, y) for metric in stored for x, y in series[metric.name]]
        if rows:
            statements.insert_all(MetricPoint, ("metric", "x", "y"), rows)
    return new[room:]


def summarise(metric: Metric, points: list[Point]) -> None:
    """Takes points into the summary of their metric."""
    values = [y for _, y in points if y is not None]
    metric.point_count += len(points)
    metric.last = points[-1][1]
    metric.minimum = min([*values, *([] if metric.minimum is None else [metric.minimum])], default=None)
    metric.maximum = max([*values, *([] if metric.maximum is None else [metric.maximum])], default=None)
    if values:
        before, metric.finite_count = metric.finite_count, metric.finite_count + len(values)
        earlier = (metric.mean or 0.0) * (before / metric.finite_count)
        metric.mean = earlier + mean(values, of=metric.finite_count)


def mean(values: Sequence[float], *, of: int) -> float:
    """What finite numbers give to the mean of `of` numbers; it has room where their sum has none."""
    try:
        return math.fsum(values) / of
    except OverflowError:
        return math.fsum(value / of for value in values)


def add_samples(execution_id: int, samples: Mapping[str, list[Point]]) -> None:
    """Stores what the node measured of a script."""
    _store(execution_id, samples, is_system=True)


def series(execution: Execution, *, max_points: int = 1000) -> dict[str, dict[str, Any]]:
    """{name: {"x": […], "y": […], "is_system": bool}}, thinned out evenly to about `max_points` a metric."""
    held = {metric.pk: metric for metric in execution.metrics.order_by("is_system", "name")}
    points = thinned(held, most=max_points)
    return {
        metric.name: {"x": points[pk][0], "y": points[pk][1], "is_system": metric.is_system}
        for pk, metric in held.items()
    }


def thinned(metrics: Iterable[int], *, most: int) -> dict[int, tuple[list[float], list[float | None]]]:
    """{metric: (every x, every y)} of about `most` points of each, evenly apart."""
    found: dict[int, tuple[list[float], list[float | None]]] = {pk: ([], []) for pk in metrics}
    # Counted from the end, so that the newest point is always there.
    back = Window(RowNumber(), partition_by=[F("metric")], order_by=F("pk").desc())
    step = (F("metric__point_count") + most - 1) / most
    points = MetricPoint.objects.filter(metric__in=list(found)).annotate(rest=(back - 1) % step)
    kept = points.filter(rest=0).order_by("metric", "pk")
    for pk, x, y in kept.values_list("metric", "x", "y"):
        found[pk][0].append(x)
        found[pk][1].append(y)
    return found
