"""The cells of a Batch: their Runs and values, in one reading. Knows no HTTP and no metrics."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from runs import snapshots
from runs.models import Batch, Run
from runs.states import FINAL, State
from runs.submission import choices
from runs.submission.value_text import ValueTexts
from runs.values import is_number, key
from tasks.types.declarations import Parameter, TaskSpec
from tasks.types.scalars import Id


class Cell(NamedTuple):
    """One Run of a Batch, or an earlier one that stands for it; an enum's value is its option."""

    run: int
    number: int
    state: str
    values: Mapping[str, Any]

    @property
    def has_ended(self) -> bool:
        return self.state in FINAL


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The different values of one parameter in order, each with its one-line text."""

    name: str
    levels: tuple[Any, ...]
    texts: tuple[str, ...]
    is_number: bool
    # Ids stand for things with names: nobody counts with them.
    are_names: bool
    places: Mapping[Hashable, int]

    def place(self, value: Any) -> int:
        return self.places[key(value)]

    def text_of(self, value: Any) -> str:
        return self.texts[self.places[key(value)]]


@dataclass(frozen=True)
class Cells:
    """All cells of a Batch, in the order of their numbers."""

    batch: Batch
    all: Sequence[Cell]
    declared: TaskSpec

    def __len__(self) -> int:
        return len(self.all)

    @cached_property
    def varying(self) -> list[str]:
        """The parameters that differ, in the order of task.yaml."""
        if len(self.all) < 2:
            return [name for name in self.batch.varying if self.all and name in self.all[0].values]
        first = self.all[0].values
        differing = [
            name for name, value in first.items() if any(cell.values.get(name) != value for cell in self.all)
        ]
        order = {name: place for place, name in enumerate(self.declared.by_name)}
        return sorted(differing, key=lambda name: order.get(name, len(order)))

    @cached_property
    def seed(self) -> str | None:
        """The parameter that only tells repeats apart."""
        name = self.batch.spec.get("seed_parameter")
        return name if name in self.varying else None

    @cached_property
    def chosen(self) -> list[str]:
        """The varying parameters that make a combination: all but the one that numbers its repeats."""
        return [name for name in self.varying if name != self.seed]

    @property
    def names(self) -> list[str]:
        return list(self.all[0].values) if self.all else list(self.declared.by_name)

    @cached_property
    def by_run(self) -> dict[int, Cell]:
        return {cell.run: cell for cell in self.all}

    @cached_property
    def _scales(self) -> dict[str, Scale]:
        return {}

    def scale(self, name: str) -> Scale:
        if name not in self._scales:
            texts = ValueTexts(self.declared, self.batch.project_id)
            self._scales[name] = scale(
                name, [cell.values.get(name) for cell in self.all], self.declared, texts
            )
        return self._scales[name]

    def combinations(self, some: Iterable[Cell]) -> list[list[Cell]]:
        """Those of `some` that differ only in what numbers their repeats together."""
        found: dict[tuple[Hashable, ...], list[Cell]] = {}
        for cell in some:
            found.setdefault(tuple(key(cell.values.get(name)) for name in self.chosen), []).append(cell)
        return list(found.values())

    def counts(self) -> dict[State, int]:
        found = dict.fromkeys(State, 0)
        for cell in self.all:
            found[State(cell.state)] += 1
        return found


def of(batch: Batch) -> Cells:
    """Every cell; four queries at most, two when the values are known."""
    own = batch.runs.order_by("cell").values_list("pk", "cell", "state")
    rows = [(pk, cell or 0, state) for pk, cell, state in own]
    if batch.reused:
        numbers = {run: number for number, run in batch.reused}
        earlier = Run.objects.filter(pk__in=list(numbers)).values_list("pk", "state")
        rows = sorted([*rows, *((pk, numbers[pk], state) for pk, state in earlier)], key=lambda row: row[1])
    declared = snapshots.declared_or_empty(batch.snapshot_id)
    values = _values(batch, [row[0] for row in rows], declared)
    return Cells(batch, [Cell(*row, values[row[0]]) for row in rows if row[0] in values], declared)


Values = dict[int, dict[str, Any]]

# The values of a Run never change, and reading ten thousand of them is half of the work: those of the Batches
# that were looked at last are kept, {(key, creation) of a Batch: {Run: values}}.
KEPT_BATCHES = 6
_kept: OrderedDict[tuple[int, Any], Values] = OrderedDict()


def _values(batch: Batch, runs: Sequence[int], declared: TaskSpec) -> Values:
    """The values of each Run, as readers see them."""
    place = (batch.pk, batch.created_at)
    known = _kept.get(place, {})
    if any(run not in known for run in runs):
        read = dict(Run.objects.filter(batch=batch).order_by().values_list("pk", "parameters"))
        if batch.reused:
            read |= Run.objects.filter(pk__in=[r for _, r in batch.reused]).values_list("pk", "parameters")
        for parameter in declared.parameters:
            if parameter.data_type in choices.OPTION_TYPES:
                _show_options(parameter, read.values())
        known = read
    _kept[place] = known
    _kept.move_to_end(place)
    while len(_kept) > KEPT_BATCHES:
        _kept.popitem(last=False)
    return known


def _show_options(parameter: Parameter, all_values: Iterable[dict[str, Any]]) -> None:
    """Puts the chosen option in the place of an enum; few are different, so each is found out once."""
    found: dict[str, Any] = {}
    for values in all_values:
        if parameter.name in values:
            stored = values[parameter.name]
            written = repr(stored)
            if written not in found:
                found[written] = choices.as_shown(parameter, stored)
            values[parameter.name] = found[written]


def scale(name: str, values: Iterable[Any], declared: TaskSpec, texts: ValueTexts) -> Scale:
    """Numbers in their order, then everything else in the order of appearance; things by their names."""
    distinct: dict[Hashable, Any] = {}
    for value in values:
        distinct.setdefault(key(value), value)
    levels = list(distinct.values())
    texts.read(name, levels)
    parameter = declared.by_name.get(name)
    are_names = parameter is not None and isinstance(parameter.type, Id)
    numbers = [] if are_names else [value for value in levels if is_number(value)]
    if are_names:
        levels.sort(key=lambda value: (value is None, texts.of(name, value).casefold()))
    elif numbers:
        levels = sorted(numbers) + [value for value in levels if not is_number(value)]
    return Scale(
        name=name,
        levels=tuple(levels),
        texts=tuple(texts.of(name, value) for value in levels),
        is_number=bool(numbers) and len(numbers) == len(levels),
        are_names=are_names,
        places={key(value): place for place, value in enumerate(levels)},
    )
