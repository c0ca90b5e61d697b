"""What the charts of a Batch draw: columns of numbers, and curves. Knows no HTTP and no Plotly."""

from collections.abc import Sequence
from typing import Any

from runs.analysis import cells, matrix, scores
from runs.analysis.batch_view import View
from runs.models import Batch, Metric, Run
from runs.records import metrics

MOST_METRICS = 12
# A parameter of numbers with few values is drawn with a tick for each, evenly apart.
FEW_LEVELS = 16
MOST_CURVES = 40
POINTS = 400


def columns(held: cells.Cells, view: View, metrics: Sequence[str]) -> dict[str, Any]:
    """{"runs": […], "columns": [{"key", "label", "values", "texts"?, "exact"?}, …]} of all cells that pass.

    `values` are numbers or null; with `texts` they are places among these, of which `exact` has the numbers.
    """
    shown = [view.metric, *(name for name in metrics if name != view.metric)][:MOST_METRICS]
    shown = [name for name in shown if name]
    table = matrix.Matrix(held, view)
    table.load([*(f"m:{name}" for name in shown), "time"])
    rows = table.filtered
    found = [_parameter(held, rows, name) for name in held.varying]
    for key in [*(f"m:{name}" for name in shown), "time"]:
        value = table.number(key)
        label = "Time (s)" if key == "time" else key[2:]
        found.append({"key": key, "label": label, "values": [value(cell) for cell in rows]})
    return {
        "runs": [cell.run for cell in rows],
        "columns": found,
        "metric": f"m:{view.metric}" if view.metric else "",
        "direction": view.direction,
        "total": len(held),
    }


def _parameter(held: cells.Cells, rows: Sequence[cells.Cell], name: str) -> dict[str, Any]:
    scale = held.scale(name)
    values = [cell.values.get(name) for cell in rows]
    if scale.is_number and len(scale.levels) > FEW_LEVELS:
        return {"key": f"p:{name}", "label": name, "values": values}
    found = {
        "key": f"p:{name}",
        "label": name,
        "values": [scale.place(value) for value in values],
        "texts": scale.texts,
    }
    return {**found, "exact": scale.levels} if scale.is_number else found


def curves(batch: Batch, metric: str, runs: Sequence[int]) -> list[dict[str, Any]]:
    """The points of a metric of each of `runs`, each curve thinned out evenly; three queries."""
    newest = dict(Run.objects.filter(pk__in=runs[:MOST_CURVES]).values_list("latest", "pk"))
    series = Metric.objects.filter(execution__in=list(newest), name=metric)
    run_of = {pk: newest[execution] for pk, execution in series.values_list("pk", "execution")}
    points = metrics.thinned(run_of, most=POINTS)
    found = [{"run": run, "x": points[pk][0], "y": points[pk][1]} for pk, run in run_of.items()]
    order = {run: place for place, run in enumerate(runs)}
    return sorted(found, key=lambda curve: order[curve["run"]])


def curve_runs(held: cells.Cells, view: View, *, most: int) -> list[int]:
    """The best ones by the view's metric, best first; none without a metric."""
    if not view.metric:
        return []
    numbers = scores.read(held.batch, [view.metric], view.aggregate)[view.metric]
    sign = -1 if view.direction == "max" else 1
    passing = [cell.run for cell in matrix.Matrix(held, view).filtered if cell.run in numbers]
    return sorted(passing, key=lambda run: sign * numbers[run])[: min(most, MOST_CURVES)]
