"""The table of a Batch: parameters × metrics, filtered, sorted, grouped, best marked. Knows no HTTP."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import fmean, median, stdev
from typing import Any, Literal

from django.db.models import F

from runs.analysis import scores
from runs.analysis.batch_view import PLAIN, View
from runs.analysis.cells import Cell, Cells
from runs.analysis.filters import FilterError, matcher
from runs.models import Run
from runs.records.number_text import figures
from runs.states import State
from runs.values import key

PAGE = 50
# The usual time is computed from so many of the newest Runs: reading all of ten thousand takes too long.
MOST_TIMED = 1000
ORDER = {state.value: place for place, state in enumerate(State)}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One place in the table: its text and exact value, and the deviation over repeats if there is one."""

    text: str
    kind: Literal["text", "number", "state", "time"] = "text"
    value: Any = None
    deviation: str = ""
    mark: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One Run, or the Runs of one combination."""

    cells: Sequence[Cell]
    entries: Sequence[Entry] = ()

    @property
    def first(self) -> Cell:
        return self.cells[0]

    @property
    def state(self) -> State | None:
        """That of all its Runs; None when they differ."""
        states = {cell.state for cell in self.cells}
        return State(states.pop()) if len(states) == 1 else None


@dataclass(frozen=True, kw_only=True)
class UsualTime:
    """The median of seconds over so many Runs that succeeded: of all that pass, or of the newest of them."""

    seconds: float
    runs: int
    is_all: bool


@dataclass(frozen=True, kw_only=True)
class Column:
    """`key` is as in a View; `label` is what stands above."""

    key: str
    label: str
    is_number: bool
    filter: str = ""
    problem: str = ""


@dataclass(kw_only=True)
class Table:
    """A page of rows of a view, and what is said about all of them."""

    columns: list[Column]
    rows: list[Row]
    total: int
    of: int
    pages: int
    page: int
    usual_time: "UsualTime | None" = None
    problems: list[str] = field(default_factory=list)


class Matrix:
    """Every cell with what the view asks for; columns are read when they are needed, each at most once."""

    def __init__(self, cells: Cells, view: View) -> None:
        self.cells, self.view, self.batch = cells, view, cells.batch
        self._numbers: dict[str, dict[int, float]] = {}
        self._times: dict[int, float] | None = None
        self.problems: dict[str, str] = {}

    def load(self, keys: Iterable[str], *, runs: Sequence[int] | None = None) -> None:
        """Reads these metrics in one query, and the times if among them: of all cells, or of `runs` only."""
        keys = list(keys)
        wanted = [k[2:] for k in keys if k.startswith("m:") and k[2:] not in self._numbers]
        self._numbers |= scores.read(self.batch, wanted, self.view.aggregate, runs=runs)
        if "time" in keys and self._times is None:
            self._times = times(Run.objects.filter(scores.of_batch(self.batch, runs=runs)))

    def number(self, column: str) -> Callable[[Cell], Any]:
        """What a cell has in a column."""
        if column.startswith("p:"):
            name = column[2:]
            return lambda cell: cell.values.get(name)
        if column.startswith("m:"):
            held = self._numbers[column[2:]]
            return lambda cell: held.get(cell.run)
        if column == "time":
            held = self._times if self._times is not None else {}
            return lambda cell: held.get(cell.run)
        return (lambda cell: cell.state) if column == "state" else (lambda cell: cell.number)

    @cached_property
    def filtered(self) -> list[Cell]:
        """The cells that pass every filter; one that is not understood lets all pass and says why."""
        self.load(self.view.filters)
        left = list(self.cells.all)
        for column, text in self.view.filters.items():
            try:
                passes = matcher(text)
            except FilterError as error:
                self.problems[column] = str(error)
                continue
            value, text_of = self.shown(column), self.text_of(column)
            left = [cell for cell in left if passes(value(cell), text_of)]
        return left

    def shown(self, column: str) -> Callable[[Cell], Any]:
        """What filters compare: the values, and names where values are ids of things."""
        value = self.number(column)
        if not column.startswith("p:") or not self.cells.scale(column[2:]).are_names:
            return value
        text_of = self.cells.scale(column[2:]).text_of
        return lambda cell: None if value(cell) is None else text_of(value(cell))

    def text_of(self, column: str) -> Callable[[Any], str]:
        if column.startswith("p:") and not self.cells.scale(column[2:]).are_names:
            return self.cells.scale(column[2:]).text_of
        return str

    @cached_property
    def groups(self) -> list[list[Cell]]:
        """The cells of each combination together, or each alone."""
        if self.view.grouped:
            return self.cells.combinations(self.filtered)
        return [[cell] for cell in self.filtered]

    def summary(self, group: Sequence[Cell], column: str) -> Any:
        """What a group has in a column: the mean of numbers that were measured, else the first value."""
        value = self.number(column)
        if column.startswith("m:") or column == "time":
            held = [number for number in map(value, group) if number is not None]
            if not held:
                return None
            return median(held) if column == "time" else fmean(held)
        return value(group[0])

    @cached_property
    def ordered(self) -> list[list[Cell]]:
        """Sorted as the view says; what has no value comes last either way."""
        column = self.view.sorted_by
        if column == "cell":
            return self.groups[::-1] if self.view.descending else self.groups
        self.load([column])
        keyed = [(self.summary(group, column), group) for group in self.groups]
        there = [pair for pair in keyed if pair[0] is not None]
        missing = [group for value, group in keyed if value is None]
        place = self.sort_key(column)
        there.sort(key=lambda pair: place(pair[0]), reverse=self.view.descending)
        return [group for _, group in there] + missing

    def sort_key(self, column: str) -> Callable[[Any], Any]:
        if column.startswith("p:"):
            return self.cells.scale(column[2:]).place
        return (lambda state: ORDER[state]) if column == "state" else (lambda number: number)

    def extremes(self) -> dict[float, str]:
        """{mean of the chosen metric: best or worst} among all that pass; rows that tie are marked alike."""
        if not self.view.metric:
            return {}
        column = f"m:{self.view.metric}"
        self.load([column])
        means = [mean for group in self.groups if (mean := self.summary(group, column)) is not None]
        if not means:
            return {}
        least, most = min(means), max(means)
        best, worst = (most, least) if self.view.direction == "max" else (least, most)
        return {worst: "worst", best: "best"}

    def table(self) -> Table:
        """The page of the view."""
        marks = self.extremes()
        count = len(self.ordered)
        pages = max(1, math.ceil(count / PAGE))
        page = min(self.view.page, pages)
        shown = self.ordered[(page - 1) * PAGE : page * PAGE]
        # However many cells there are, only these rows need what nothing was filtered or sorted by.
        self.load(self.view.columns, runs=[cell.run for group in shown for cell in group])
        columns = [self.column(name) for name in self.view.columns]
        rows = [
            Row(cells=group, entries=[self.entry(group, name, marks) for name in self.view.columns])
            for group in shown
        ]
        return Table(
            columns=columns,
            rows=rows,
            total=count,
            of=len(self.cells),
            pages=pages,
            page=page,
            usual_time=self.usual_time(),
            problems=[f"{self.label(name)}: {said}" for name, said in self.problems.items()],
        )

    def usual_time(self) -> UsualTime | None:
        done = sorted(cell.run for cell in self.filtered if cell.state == State.SUCCEEDED)
        newest = done[-MOST_TIMED:]
        held = times(Run.objects.filter(pk__in=newest)) if newest else {}
        if not held:
            return None
        return UsualTime(seconds=median(held.values()), runs=len(held), is_all=len(done) <= MOST_TIMED)

    def column(self, name: str) -> Column:
        numeric = name.startswith("m:") or name == "time"
        if name.startswith("p:"):
            numeric = self.cells.scale(name[2:]).is_number
        return Column(
            key=name,
            label=self.label(name),
            is_number=numeric,
            filter=self.view.filters.get(name, ""),
            problem=self.problems.get(name, ""),
        )

    def label(self, name: str) -> str:
        return PLAIN.get(name, name[2:])

    def entry(self, group: Sequence[Cell], name: str, marks: Mapping[float, str]) -> Entry:
        value = self.summary(group, name)
        if name.startswith("p:"):
            text = self.cells.scale(name[2:]).text_of(value)
            different = {key(cell.values.get(name[2:])) for cell in group}
            if len(different) > 1:
                return Entry(text=f"{len(different)} values")
            numeric = self.cells.scale(name[2:]).is_number
            return Entry(text=text, value=text, kind="number" if numeric else "text")
        if name in ("state", "time"):
            kind: Literal["state", "time"] = "state" if name == "state" else "time"
            return Entry(text="–" if value is None else str(value), value=value, kind=kind)
        mark = marks.get(value, "") if name == f"m:{self.view.metric}" else ""
        held = [n for n in map(self.number(name), group) if n is not None]
        deviation = figures(stdev(held), 2) if len(held) > 1 else ""
        return Entry(text=figures(value), value=value, kind="number", deviation=deviation, mark=mark)


def times(runs: Any) -> dict[int, float]:
    """{Run: seconds that its newest Execution's script took}, of those that have ended."""
    ended = runs.filter(latest__started_at__isnull=False, latest__finished_at__isnull=False).order_by()
    rows = ended.values_list("pk", F("latest__started_at"), F("latest__finished_at"))
    return {run: max(0.0, (finished - started).total_seconds()) for run, started, finished in rows}
