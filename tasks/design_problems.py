"""What makes no sense in how values are to be combined, in sentences. Knows no grid and no types."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# More are not drawn at random: a draw is held in memory, and no Batch may be nearly as large.
MOST_SAMPLED = 1_000_000


def of_values(values: Mapping[str, Sequence[Any]], pairs: Sequence[Sequence[str]]) -> Iterator[str]:
    """Parameters without a value, and pairs that cannot go together."""
    for name, choices in values.items():
        if not choices:
            yield f"The parameter {name} has no value."
    paired: set[str] = set()
    for group in pairs:
        unknown = [name for name in group if name not in values]
        if unknown:
            named = ", ".join(f"“{name}”" for name in unknown)
            yield f"The pair “{', '.join(group)}” names {named}, which is no parameter of this Task."
            continue
        if len(group) < 2 or paired & set(group) or len(set(group)) < len(group):
            yield f"The pair “{', '.join(group)}” needs two or more parameters, each in one pair only."
        paired |= set(group)
        lengths = {name: len(values[name]) for name in group}
        if len(set(lengths.values())) > 1:
            counts = ", ".join(f"{name} has {n}" for name, n in lengths.items())
            yield f"Paired parameters need equally many values: {counts}."


def of_runs(
    values: Mapping[str, Sequence[Any]], repeats: int, seed_parameter: str | None, sample: int | None
) -> Iterator[str]:
    """Repeats, their seed, and the size of a sample."""
    if repeats < 1:
        yield f"Repeats are to be 1 or more, but are {repeats}."
    if seed_parameter is not None:
        yield from _of_seed(seed_parameter, values.get(seed_parameter))
    if sample is not None and sample < 1:
        yield f"A random sample has 1 or more combinations, but {sample} was asked for."
    if sample is not None and sample > MOST_SAMPLED:
        yield f"A random sample has at most {MOST_SAMPLED:,} combinations, but {sample:,} were asked for."


def _of_seed(name: str, choices: Sequence[Any] | None) -> Iterator[str]:
    if choices is None:
        yield f"The seed parameter {name} is no parameter of this Task."
    elif len(choices) > 1:
        yield f"The seed parameter {name} counts up by itself: it takes one value, not {len(choices)}."
    elif not isinstance(choices[0], int) or isinstance(choices[0], bool):
        yield f"The seed parameter {name} needs a whole number to count up from, but is {choices[0]!r}."
