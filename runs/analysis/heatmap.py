"""The map of a Batch: its cells on two parameters, coloured by state or by a metric. Knows no HTTP."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from urllib.parse import urlencode

from runs.analysis.cells import Cell, Cells, Scale
from runs.analysis.filters import exactly
from runs.records.number_text import figures
from runs.states import State

# More places on an axis than this are put together, neighbour to neighbour.
MOST_PLACES = 100
# With so many columns a place is large enough for a word.
WORDY, ROOMY, SMALL = 12, 26, 52
SHADES = 9
# Without two parameters to spread them on, cells stand in lines of so many.
LINE = 25
# The state that a place of several Runs is announced with, when these differ.
MIX = (
    State.FAILED,
    State.RUNNING,
    State.STOPPING,
    State.PREPARING,
    State.QUEUED,
    State.STOPPED,
    State.SUCCEEDED,
)


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A parameter on an axis; `bins[place of a value]` is where it stands."""

    name: str
    labels: tuple[str, ...]
    bins: tuple[int, ...]
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """What stands at one place of the map: nothing when `count` is 0."""

    count: int = 0
    href: str = ""
    title: str = ""
    style: str = ""
    word: str = ""
    # Stretches of different states: (state, tenths).
    parts: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True, kw_only=True)
class Map:
    """Lines of places with their labels. `low` and `high` are the ends of the colours of a metric."""

    x: str
    y: str
    columns: Sequence[str]
    lines: Sequence[tuple[str, Sequence[Place]]]
    size: str
    low: str = ""
    high: str = ""
    folded: Sequence[str] = ()
    joined: Sequence[str] = ()


def draw(
    cells: Cells,
    *,
    x: str,
    y: str,
    numbers: Mapping[int, float] | None,
    table: str,
    run: str,
    best: str = "max",
) -> Map:
    """`numbers` by Run colour it by a metric, None by state. `table` is the address that filters go
    to, and `run` that of a Run, with {} for its key.
    """
    if not x:
        return _in_lines(cells, numbers, run=run, best=best)
    across, down = _axis(cells.scale(x)), _axis(cells.scale(y)) if y else None
    held: dict[tuple[int, int], list[Cell]] = {}
    to_x, to_y = cells.scale(x), cells.scale(y) if y else None
    for cell in cells.all:
        column = across.bins[to_x.place(cell.values.get(x))]
        line = 0 if down is None or to_y is None else down.bins[to_y.place(cell.values.get(y))]
        held.setdefault((line, column), []).append(cell)
    shades = _Shades(held.values(), numbers, best)
    lines = []
    for line in range(len(down.labels) if down else 1):
        places = []
        for column in range(len(across.labels)):
            group = held.get((line, column))
            if group is None:
                places.append(Place())
                continue
            narrow = {f"f.p:{x}": across.filters[column]}
            if down is not None:
                narrow[f"f.p:{y}"] = down.filters[line]
            places.append(_place(group, shades, run if len(group) == 1 else f"{table}?{urlencode(narrow)}"))
        lines.append((down.labels[line] if down else "", places))
    return Map(
        x=x,
        y=y,
        columns=across.labels,
        lines=lines,
        size=_size(len(across.labels)),
        low=figures(shades.low) if shades.seen else "",
        high=figures(shades.high) if shades.seen else "",
        folded=[name for name in cells.varying if name not in (x, y)],
        joined=[a.name for a in (across, down) if a is not None and len(a.labels) < len(a.bins)],
    )


def _in_lines(cells: Cells, numbers: Mapping[int, float] | None, *, run: str, best: str) -> Map:
    """Nothing varies, or only a repeat does: the cells one after the other."""
    shades = _Shades([[cell] for cell in cells.all], numbers, best)
    lines = [
        (
            f"{start + 1:,}" if len(cells) > LINE else "",
            [_place([cell], shades, run) for cell in cells.all[start : start + LINE]],
        )
        for start in range(0, len(cells), LINE)
    ]
    return Map(
        x="",
        y="",
        columns=(),
        lines=lines,
        size=_size(LINE if len(cells) > WORDY else 1),
        low=figures(shades.low) if shades.seen else "",
        high=figures(shades.high) if shades.seen else "",
    )


def _size(columns: int) -> str:
    for most, size in ((WORDY, "wordy"), (ROOMY, "roomy"), (SMALL, "small")):
        if columns <= most:
            return size
    return "tiny"


def _axis(scale: Scale) -> Axis:
    count, texts = len(scale.levels), scale.texts
    exact = [str(value) for value in scale.levels] if scale.is_number else [exactly(text) for text in texts]
    if count <= MOST_PLACES:
        return Axis(name=scale.name, labels=texts, bins=tuple(range(count)), filters=tuple(exact))
    step = math.ceil(count / MOST_PLACES)
    spans = [(start, min(start + step, count)) for start in range(0, count, step)]
    return Axis(
        name=scale.name,
        labels=tuple(f"{texts[start]} … {texts[end - 1]}" for start, end in spans),
        bins=tuple(place // step for place in range(count)),
        filters=tuple("|".join(exact[start:end]) for start, end in spans),
    )


class _Shades:
    """The colours of a metric: from the least to the greatest mean of a place, better is stronger."""

    def __init__(
        self, groups: Iterable[Sequence[Cell]], numbers: Mapping[int, float] | None, best: str
    ) -> None:
        self.numbers, self.best = numbers, best
        means = []
        if numbers is not None:
            means = sorted(m for m in map(self.mean, groups) if m is not None)
        self.seen = bool(means)
        if not means:
            self.low = self.high = 0.0
            return
        # A few that are far away would take the colours from all others.
        spread = len(means) // 4
        middle = means[-1 - spread] - means[spread]
        far = len(means) >= 20 and means[-1] - means[0] > 20 * middle > 0
        cut = max(1, len(means) // 20) if far else 0
        self.low, self.high = means[cut], means[-1 - cut]

    def mean(self, group: Sequence[Cell]) -> float | None:
        numbers = self.numbers or {}
        held = [numbers[cell.run] for cell in group if cell.run in numbers]
        return fmean(held) if held else None

    def shade(self, mean: float) -> int:
        if self.high <= self.low:
            return SHADES - 1
        share = min(1.0, max(0.0, (mean - self.low) / (self.high - self.low)))
        return round((share if self.best == "max" else 1 - share) * (SHADES - 1))


def _place(group: Sequence[Cell], shades: _Shades, address: str) -> Place:
    single = len(group) == 1
    href = address.format(group[0].run) if single else address
    if shades.numbers is not None:
        return _by_metric(group, shades, href)
    if single:
        state = group[0].state
        return Place(1, href, f"Run {group[0].run}: {state}", f"state-{state}")
    states = Counter(cell.state for cell in group)
    word = f"{len(group):,}"
    if len(states) == 1:
        (state,) = states
        return Place(len(group), href, f"{word} Runs, all {state}", f"state-{state}", word)
    there = [state for state in MIX if states[state]]
    states_text = ", ".join(f"{states[state]:,} {state}" for state in there)
    parts = [(state.value, max(1, round(10 * states[state] / len(group)))) for state in there]
    return Place(len(group), href, f"{word} Runs: {states_text}", f"state-{there[0]}", word, parts)


def _by_metric(group: Sequence[Cell], shades: _Shades, href: str) -> Place:
    mean = shades.mean(group)
    name = f"Run {group[0].run}" if len(group) == 1 else f"{len(group):,} Runs"
    if mean is None:
        states = {cell.state for cell in group}
        why = states.pop() if len(states) == 1 else "no value"
        return Place(len(group), href, f"{name}: {why}", "is-missing", "–")
    kind = "" if len(group) == 1 else ", mean"
    return Place(
        len(group), href, f"{name}{kind}: {figures(mean)}", f"shade-{shades.shade(mean)}", figures(mean, 3)
    )
