"""Which numbers to try next around the best of those that were tried, and beyond them. Knows no cells."""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Number = int | float
STEPS = 5
# Values that grow by a factor are refined by a factor.
FACTOR = 1.9


@dataclass(frozen=True, kw_only=True)
class Refined:
    """The numbers in order, and whether some of them lie beyond the smallest or largest that was tried."""

    values: list[Number]
    goes_beyond: bool


def refined(
    levels: Sequence[Number],
    places: Sequence[int],
    *,
    minimum: Number | None = None,
    maximum: Number | None = None,
) -> Refined:
    """About STEPS numbers between the neighbours of the best `levels`, which are among them.

    `levels` and the `places` of the best are in order. Where the best is the first or the last of them, one
    more in the same manner is its neighbour, within the bounds and on the same side of 0 as all others. Only
    the best ones where no float is large enough for what lies between.
    """
    best = [levels[place] for place in places]
    if any(abs(level) > sys.float_info.max for level in levels):
        return Refined(values=best, goes_beyond=False)
    grows = levels[0] > 0 and all(b / a >= FACTOR for a, b in pairwise(levels))
    whole = all(isinstance(level, int) for level in levels)
    first, last = places[0], places[-1]
    low = levels[first - 1] if first else beyond(levels[0], levels[1], levels, grows)
    high = levels[last + 1] if last + 1 < len(levels) else beyond(levels[-1], levels[-2], levels, grows)
    low = low if minimum is None else max(low, min(minimum, levels[0]))
    high = high if maximum is None else min(high, max(maximum, levels[-1]))
    if whole:
        low, high = round(low), round(high)
    if not math.isfinite(float(high) - float(low)):
        return Refined(values=best, goes_beyond=False)
    ends = [end for end in (low, high) if not levels[0] <= end <= levels[-1]]
    inner = []
    for step in range(STEPS):
        share = (step + 0.5) / STEPS
        value = low * (high / low) ** share if grows else low + (high - low) * share
        inner.append(round(value) if whole else float(f"{value:.3g}") if grows else tidy(value, high - low))
    found = sorted({*best, *ends, *(value for value in inner if low <= value <= high)})
    # What is nearly the same as one of the best is not tried beside it.
    near = 0 if whole else 0.02 * (high - low)
    return Refined(
        values=[v for v in found if v in best or all(abs(v - b) > near for b in best)], goes_beyond=bool(ends)
    )


def beyond(end: Number, before: Number, levels: Sequence[Number], grows: bool) -> Number:
    """What would come after the `end` of these levels in the same manner; `end` where nothing sensible does.

    Numbers that all lie on one side of 0 stay there, and shares stay below 1.
    """
    whole = all(isinstance(level, int) for level in levels)
    guess = end * (end / before) if grows else end + (float(end) - before)
    if not math.isfinite(guess):
        return end
    guess = round(guess) if whole else guess
    if end * guess <= 0 and (levels[0] >= 0 or levels[-1] <= 0):
        return end if whole and abs(end) < 2 else end / 2
    if guess >= 1 and levels[0] >= 0 and levels[-1] <= 1 and not whole:
        return (end + 1) / 2
    return guess


def tidy(value: float, span: float) -> float:
    """As few digits as tell the steps of a stretch apart: 1992.0 between 1990 and 2010, not 1990."""
    return float(round(value, 2 - math.floor(math.log10(span))))
