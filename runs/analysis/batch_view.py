"""How a person looks at a Batch: metric, axes, columns, filters, order. One address is one view. No HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from runs.analysis import scores
from runs.analysis.cells import Cells
from runs.models import Batch, TableChoices

# Columns of metrics that a table begins with.
FIRST_METRICS = 6
DIRECTIONS = {"max": "higher is better", "min": "lower is better"}
PLAIN = {"cell": "Cell", "state": "Status", "time": "Time"}


@dataclass(frozen=True, kw_only=True)
class View:
    """What an address says, completed by what is kept for the Task and by what fits the Batch.

    Columns are `p:` parameters, `m:` metrics, `state` and `time`; `sort` is one of them or `cell`, with a
    minus for descending. `given` has what the address itself said.
    """

    metric: str
    aggregate: str
    direction: str
    columns: tuple[str, ...]
    sort: str
    grouped: bool
    page: int
    x: str
    y: str
    colour: str
    filters: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    # Whether its metric, aggregate and direction are those kept for the Task.
    is_kept: bool = False

    @property
    def descending(self) -> bool:
        return self.sort.startswith("-")

    @property
    def sorted_by(self) -> str:
        return self.sort.removeprefix("-")

    def query(self, **changes: str | None) -> str:
        """The address of this view with some of it changed; None takes a part away."""
        parts = {**self.given, **changes}
        return urlencode([(name, value) for name, value in parts.items() if value not in (None, "")])

    def whole_query(self) -> str:
        """The address that shows a colleague the same, whatever is kept for the Task."""
        parts = {
            "metric": self.metric,
            "aggregate": self.aggregate,
            "direction": self.direction,
            "columns": ",".join(map(quoted, self.columns)),
            "sort": self.sort,
            "group": "1" if self.grouped else "0",
            **{f"f.{name}": text for name, text in self.filters.items()},
        }
        return urlencode([(name, value) for name, value in parts.items() if value])


def quoted(column: str) -> str:
    """Names may hold commas."""
    return column.replace("%", "%25").replace(",", "%2C")


def unquoted(text: str) -> str:
    return text.replace("%2C", ",").replace("%25", "%")


def kept(batch: Batch) -> dict[str, Any]:
    """What is kept for all tables of the Task."""
    row = TableChoices.objects.filter(task=batch.task_id).values_list("choices", flat=True).first()
    return row if isinstance(row, dict) else {}


def keep(batch: Batch, view: View) -> None:
    """Keeps columns, metric, direction and aggregate for all tables of the Task."""
    keep_metric(batch, view, columns=list(view.columns))


def keep_metric(batch: Batch, view: View, **also: Any) -> None:
    """Saves the target metric for all tables of the Task, and what is given `also`; their columns stay."""
    best_by = {"metric": view.metric, "aggregate": view.aggregate, "direction": view.direction}
    choices = {**kept(batch), **best_by, **also}
    TableChoices.objects.update_or_create(task=batch.task, defaults={"choices": choices})


def read(query: QueryDict, batch: Batch, cells: Cells, metrics: Sequence[str]) -> View:
    """The view of an address. What it says and what does not exist here is as if it had not been said."""
    said = {name: query.get(name, "").replace("\0", "") for name in query}
    before = kept(batch)
    metric = _first([said.get("metric"), before.get("metric"), *metrics[:1]], metrics)
    same = metric == before.get("metric")
    aggregate = _first([said.get("aggregate"), before.get("aggregate"), "last"], scores.AGGREGATES)
    direction = _first(
        [said.get("direction"), before.get("direction") if same else None, scores.better(metric)], DIRECTIONS
    )
    best_by = {"metric": metric, "aggregate": aggregate, "direction": direction}
    grouped = said["group"] == "1" if "group" in said else has_repeats(cells)
    columns = _columns(said, before, cells, metrics, grouped=grouped)
    known = {*PLAIN, *(f"p:{name}" for name in cells.names), *(f"m:{name}" for name in metrics)}
    sort = said.get("sort", "")
    axes = _axes(said, cells)
    return View(
        metric=metric,
        aggregate=aggregate,
        direction=direction,
        columns=columns,
        sort=sort if sort.removeprefix("-") in known else "cell",
        grouped=grouped,
        page=_page(said.get("page", "")),
        x=axes[0],
        y=axes[1],
        colour="metric" if said.get("colour") == "metric" and metric else "state",
        filters={n[2:]: text for n, text in said.items() if n.startswith("f.") and n[2:] in known and text},
        is_kept=all(before.get(name) == chosen for name, chosen in best_by.items()),
        given={name: text for name, text in said.items() if name not in ("page", "seen", "failed")},
    )


def has_repeats(cells: Cells) -> bool:
    return cells.seed is not None or int(cells.batch.spec.get("repeats") or 1) > 1


def _first(candidates: Sequence[Any], allowed: Any) -> str:
    return next((one for one in candidates if isinstance(one, str) and one in allowed), "")


def _page(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 else 1


def _columns(
    said: Mapping[str, str],
    before: Mapping[str, Any],
    cells: Cells,
    metrics: Sequence[str],
    *,
    grouped: bool,
) -> tuple[str, ...]:
    """What the address says, else what is kept: of that what there is here; else what varies."""
    known = {*(f"p:{name}" for name in cells.names), *(f"m:{name}" for name in metrics), "state", "time"}
    if "columns" in said:
        wanted = [unquoted(text) for text in said["columns"].split(",")]
        return tuple(dict.fromkeys(name for name in wanted if name in known))
    remembered = before.get("columns")
    if isinstance(remembered, list):
        found = tuple(name for name in remembered if name in known)
        # What varies here is always seen: in another Batch other parameters did.
        missing = tuple(f"p:{name}" for name in cells.chosen if f"p:{name}" not in found)
        return missing + found
    varying = tuple(f"p:{name}" for name in (cells.chosen if grouped else cells.varying))
    return (*varying, "state", *(f"m:{name}" for name in metrics[:FIRST_METRICS]), "time")


def _axes(said: Mapping[str, str], cells: Cells) -> tuple[str, str]:
    """The parameters on the axes: of those that vary, the ones with the most values, the most across."""
    if not cells.chosen:
        return (cells.varying[0] if cells.varying and len(cells) > 1 else "", "")
    by_size = sorted(cells.chosen, key=lambda name: -len(cells.scale(name).levels))
    x = said["x"] if said.get("x") in cells.varying else ""
    y = said["y"] if said.get("y") in cells.varying else ""
    x = x or next(name for name in [*by_size, ""] if name != y)
    if x == y or ("y" in said and said["y"] == "" and said.get("x")):
        return x, ""
    return x, y or next((name for name in by_size if name != x), "")
