"""Which Runs several values per parameter make: counted, paged and sampled without being built.

Knows neither types nor storage: values are opaque, and a list is one value.
"""

import math
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import Any

import numpy as np

from tasks import rules
from tasks.types.equality import same_any

# Above this many combinations rules are not tried one by one; far above any limit of a Batch.
MOST_CHECKED = 20_000_000
# More are not drawn at random: a draw is held in memory, and no Batch may be nearly as large.
MOST_SAMPLED = 1_000_000


class CombinationError(ValueError):
    """A design that makes no sense; the message says which part and why."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A parameter is visible only when each of `needs` (other → values) holds; else it has `default`."""

    needs: Mapping[str, Sequence[Any]]
    default: Any


@dataclass(frozen=True, kw_only=True)
class Design:
    """Several values per parameter and how they are combined.

    `values`: {name: [value, …]} in the order of the form, at least one value each. `pairs`: groups of names
    whose values go together, first with first. `exclude`: rules (see `tasks.rules`). `without`: single
    combinations left out, each {name: value} over some parameters. `repeats`: how often each combination
    runs; `seed_parameter` then counts up from its value. `sample`: so many combinations chosen with
    `sample_seed` instead of all. `conditions`: parameters that are visible only under a condition.
    """

    values: Mapping[str, Sequence[Any]]
    pairs: Sequence[Sequence[str]] = ()
    exclude: Sequence[str] = ()
    without: Sequence[Mapping[str, Any]] = ()
    repeats: int = 1
    seed_parameter: str | None = None
    sample: int | None = None
    sample_seed: int = 0
    conditions: Mapping[str, Condition] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = [
            *_problems_of_values(self.values, self.pairs),
            *_problems_of_runs(self.values, self.repeats, self.seed_parameter, self.sample),
        ]
        if problems:
            raise CombinationError(" ".join(problems))

    # Axes: a paired group is one, each other parameter with several values is one. Row-major, as in the form.

    @cached_property
    def axes(self) -> list[list[str]]:
        """The parameters that vary, those that vary together in one list."""
        group_of = {name: list(group) for group in self.pairs for name in group}
        axes: list[list[str]] = []
        for name, choices in self.values.items():
            axis = group_of.get(name, [name])
            if len(choices) > 1 and axis not in axes:
                axes.append(axis)
        return axes

    @cached_property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(self.values[axis[0]]) for axis in self.axes)

    @cached_property
    def product(self) -> int:
        """All combinations, before anything is left out."""
        return math.prod(self.shape)

    @cached_property
    def _axis_of(self) -> dict[str, int]:
        return {name: index for index, axis in enumerate(self.axes) for name in axis}

    def _along(self, cells: Sequence[Any] | np.ndarray, axis: int | None = None) -> np.ndarray:
        """`cells` along an axis, or a single one without an axis, shaped to broadcast over the grid."""
        shape = [1] * len(self.axes)
        if axis is not None:
            shape[axis] = -1
        return np.asarray(cells).reshape(shape)

    def _fits(self, name: str, wanted: Sequence[Any]) -> np.ndarray:
        """Where on the grid the parameter is given one of the wanted values."""
        flags = [same_any(value, wanted) for value in self.values[name]]
        return self._along(flags, self._axis_of.get(name))

    @cached_property
    def _visible(self) -> dict[str, np.ndarray]:
        """Where on the grid each conditional parameter is visible."""
        found: dict[str, np.ndarray] = {}

        def visible(name: str) -> np.ndarray:
            if name not in self.conditions:
                return self._along([True])
            if name not in found:
                result = self._along([True])
                for other, wanted in self.conditions[name].needs.items():
                    fits = self._fits(other, wanted)
                    if other in self.conditions:
                        unseen = same_any(self.conditions[other].default, wanted)
                        fits = np.where(visible(other), fits, unseen)
                    result = result & fits
                found[name] = result
            return found[name]

        for name in self.conditions:
            visible(name)
        return found

    def _where(self, rule: rules.Rule) -> np.ndarray:
        """Where on the grid a rule holds: each comparison over its own axes, combined by broadcasting."""
        match rule:
            case rules.Junction(every=every, parts=parts):
                return reduce(np.logical_and if every else np.logical_or, map(self._where, parts))
            case rules.Negation(part=part):
                return ~self._where(part)
            case rules.Comparison(left=left, right=right):
                return self._compare(rule, left, right)

    def _compare(self, rule: rules.Comparison, left: Any, right: Any) -> np.ndarray:
        sides = [self._side(side) for side in (left, right)]
        shape = np.broadcast_shapes(*(index.shape for index, _ in sides))
        (left_index, left_values), (right_index, right_values) = sides
        table = np.array([[rule.holds(a, b) for b in right_values] for a in left_values], dtype=bool)
        holds: np.ndarray = table[np.broadcast_to(left_index, shape), np.broadcast_to(right_index, shape)]
        return holds

    def _side(self, side: Any) -> tuple[np.ndarray, list[Any]]:
        """A side of a comparison as positions on the grid into a short list of values."""
        if isinstance(side, rules.Constant):
            return self._along([0]), [side.value]
        values = list(self.values[side.name])
        index = self._along(np.arange(len(values)), self._axis_of.get(side.name))
        if side.name in self.conditions:
            values.append(self.conditions[side.name].default)
            index = np.where(self._visible[side.name], index, len(values) - 1)
        return index, values

    @cached_property
    def _left_out(self) -> np.ndarray | None:
        """Where on the grid a combination is left out; None when nothing is. Broadcastable, not full-size."""
        masks = [self._where(rules.parse(text, set(self.values))) for text in self.exclude]
        for index, axis in enumerate(self.axes):
            if all(name in self.conditions for name in axis):
                seen = reduce(np.logical_or, (self._visible[name] for name in axis))
                masks.append(~seen & self._along(np.arange(self.shape[index]) > 0, index))
        for single in self.without:
            fits = (self._fits(name, [value]) for name, value in single.items() if name in self.values)
            masks.append(reduce(np.logical_and, fits, self._along([True])))
        return reduce(np.logical_or, masks) if masks else None

    @cached_property
    def _included(self) -> np.ndarray | None:
        """Positions of the combinations that remain, in order; None when all remain."""
        if self._left_out is None:
            return None
        if self.product > MOST_CHECKED:
            raise CombinationError(
                f"{self.product:,} combinations are too many to exclude "
                f"some of them; at most {MOST_CHECKED:,} can be checked."
            )
        full = np.broadcast_to(self._left_out, self.shape)
        return np.flatnonzero(~full.ravel())

    @cached_property
    def _chosen(self) -> Sequence[int] | None:
        """With a random sample, the places among the remaining combinations that were drawn."""
        remaining = self.product if self._included is None else len(self._included)
        if self.sample is None or self.sample >= remaining:
            return None
        drawing = random.Random(self.sample_seed)  # noqa: S311
        if remaining <= sys.maxsize:
            return sorted(drawing.sample(range(remaining), self.sample))
        # Python's own sample() takes no longer range; of so many hardly one is drawn twice.
        drawn: set[int] = set()
        while len(drawn) < self.sample:
            drawn.add(drawing.randrange(remaining))
        return sorted(drawn)

    @cached_property
    def combination_count(self) -> int:
        """Different combinations, each of which runs `repeats` times."""
        if self._chosen is not None:
            return len(self._chosen)
        return self.product if self._included is None else len(self._included)

    @property
    def count(self) -> int:
        """The total number of Runs."""
        return self.combination_count * self.repeats

    @property
    def varying(self) -> list[str]:
        """The parameters that do not have the same value in every Run, in the order of the form."""
        several = {name for axis in self.axes for name in axis}
        if self.repeats > 1 and self.seed_parameter is not None:
            several.add(self.seed_parameter)
        return [name for name in self.values if name in several]

    def at(self, index: int) -> dict[str, Any]:
        """The values of Run number `index`, from 0."""
        if not 0 <= index < self.count:
            raise IndexError(index)
        place, repeat = divmod(index, self.repeats)
        if self._chosen is not None:
            place = self._chosen[place]
        position = place if self._included is None else int(self._included[place])
        coordinates = []
        for length in reversed(self.shape):
            position, coordinate = divmod(position, length)
            coordinates.append(coordinate)
        coordinates.reverse()
        combination = {
            name: choices[coordinates[self._axis_of[name]] if name in self._axis_of else 0]
            for name, choices in self.values.items()
        }
        for name, visible in self._visible.items():
            where = tuple(min(c, size - 1) for c, size in zip(coordinates, visible.shape, strict=True))
            if not visible[where]:
                combination[name] = self.conditions[name].default
        if self.seed_parameter is not None:
            combination[self.seed_parameter] += repeat
        return combination

    def places(self) -> dict[str, list[int]]:
        """{name: which of its values each combination has}; one past the last for the default of a condition.

        All of them at once and without repeats: for what needs every combination and not its values.
        """
        count = self.combination_count
        chosen = range(count) if self._chosen is None else self._chosen
        positions = [p if self._included is None else int(self._included[p]) for p in chosen]
        along: list[list[int]] = []
        for length in reversed(self.shape):
            along.append([position % length for position in positions])
            positions = [position // length for position in positions]
        along.reverse()
        found = {
            name: along[self._axis_of[name]] if name in self._axis_of else [0] * count for name in self.values
        }
        grid = np.array(along, dtype=np.intp).reshape(len(self.shape), count)
        for name, visible in self._visible.items():
            where = tuple(np.minimum(grid, np.array(visible.shape, dtype=np.intp).reshape(-1, 1) - 1))
            seen = np.broadcast_to(visible[where], count).tolist()
            hidden = len(self.values[name])
            found[name] = [place if sees else hidden for place, sees in zip(found[name], seen, strict=True)]
        return found

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self.at(index) for index in range(self.count))


# What makes no sense in how values are to be combined, in sentences


def _problems_of_values(values: Mapping[str, Sequence[Any]], pairs: Sequence[Sequence[str]]) -> Iterator[str]:
    """Parameters without a value, and pairs that cannot go together."""
    for name, choices in values.items():
        if not choices:
            yield f"The parameter {name} has no value."
    paired: set[str] = set()
    for group in pairs:
        unknown = [name for name in group if name not in values]
        if unknown:
            named = ", ".join(f"“{name}”" for name in unknown)
            yield f"The pair “{', '.join(group)}” names {named}, which is not a parameter of this Task."
            continue
        if len(group) < 2 or paired & set(group) or len(set(group)) < len(group):
            yield f"The pair “{', '.join(group)}” needs two or more parameters, each in one pair only."
        paired |= set(group)
        lengths = {name: len(values[name]) for name in group}
        if len(set(lengths.values())) > 1:
            counts = ", ".join(f"{name} has {n}" for name, n in lengths.items())
            yield f"Paired parameters need equally many values: {counts}."


def _problems_of_runs(
    values: Mapping[str, Sequence[Any]], repeats: int, seed_parameter: str | None, sample: int | None
) -> Iterator[str]:
    """Repeats, their seed, and the size of a sample."""
    if repeats < 1:
        yield f"Repeats must be 1 or more, but are {repeats}."
    if seed_parameter is not None:
        yield from _problems_of_seed(seed_parameter, values.get(seed_parameter))
    if sample is not None and sample < 1:
        yield f"A random sample has 1 or more combinations, but {sample} was asked for."
    if sample is not None and sample > MOST_SAMPLED:
        yield f"A random sample has at most {MOST_SAMPLED:,} combinations, but {sample:,} were asked for."


def _problems_of_seed(name: str, choices: Sequence[Any] | None) -> Iterator[str]:
    if choices is None:
        yield f"The seed parameter {name} is not a parameter of this Task."
    elif len(choices) > 1:
        yield f"The seed parameter {name} counts up by itself: it takes one value, not {len(choices)}."
    elif not isinstance(choices[0], int) or isinstance(choices[0], bool):
        yield f"The seed parameter {name} needs a whole number to start from, but is {choices[0]!r}."
