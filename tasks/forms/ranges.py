"""Numbers at regular distances, such as `1..10 step 2` or `0.001..1 log 4`. Knows no parameters."""

import math
import re
from decimal import Decimal
from fractions import Fraction

NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
EXPRESSION = re.compile(rf"({NUMBER})\s*\.\.\s*({NUMBER})(?:\s+(step|linear|log)\s+({NUMBER}))?")
HINT = "write it as 1..10 step 2, 0..1 linear 5 or 0.001..1 log 4"
TOO_LARGE = "expected numbers that a float can hold"
MOST = 10_000
LONGEST = 40


class SpacingError(ValueError):
    """An expression that stands for no numbers; the message says why."""


def looks_spaced(text: str) -> bool:
    """Whether the text is meant as numbers at regular distances: no number has two points in a row."""
    return ".." in text.strip().strip(".")


def expand(text: str, *, whole: bool) -> list[int | float]:
    """The numbers an expression stands for, in order; with `whole` rounded to whole ones, each once.

    They are floats unless all that is written, and all that follows from it, is whole.
    """
    match = EXPRESSION.fullmatch(text.strip())
    if match is None or len(text) > LONGEST * 4:
        raise SpacingError(f"expected numbers at regular distances, found “{text.strip()[:60]}”; {HINT}")
    words = [match[1], match[2], match[4] or ""]
    if any(len(word) > LONGEST for word in words):
        raise SpacingError(f"expected numbers of at most {LONGEST} characters; {HINT}")
    first, last = Fraction(match[1]), Fraction(match[2])
    if match[3] in (None, "step"):
        if match[3] is None and not whole:
            raise SpacingError(f"expected a step or a count after “{text.strip()}”; {HINT}")
        found = steps(first, last, Fraction(match[4] or 1))
    else:
        count = how_many(match[4])
        found = linear(first, last, count) if match[3] == "linear" else logarithmic(first, last, count)
    if whole:
        return list(dict.fromkeys(round(number) for number in found))
    if all(is_whole(word) for word in words if word) and all(n.denominator == 1 for n in found):
        return [int(number) for number in found]
    return [to_float(number) for number in found]


def is_whole(text: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]+", text) is not None


def how_many(text: str) -> int:
    if not text.isdigit() or not 2 <= int(text) <= MOST:
        raise SpacingError(f"expected how many values from 2 to {MOST:,}, found “{text}”")
    return int(text)


def steps(first: Fraction, last: Fraction, step: Fraction) -> list[Fraction]:
    """From the first towards the last, which is among them when a step ends there.

    Downwards a step may be written with its sign or without.
    """
    size = abs(step)
    if size == 0:
        raise SpacingError("expected a step other than 0")
    if step < 0 and last > first:
        raise SpacingError("expected a step towards the last number, but a negative one leads away from it")
    count = int(abs(last - first) / size) + 1
    if count > MOST:
        raise SpacingError(f"expected at most {MOST:,} values, but these are {count:,}; take a larger step")
    towards = size if last >= first else -size
    return [first + towards * place for place in range(count)]


def linear(first: Fraction, last: Fraction, count: int) -> list[Fraction]:
    return [first + (last - first) * place / (count - 1) for place in range(count)]


def logarithmic(first: Fraction, last: Fraction, count: int) -> list[Fraction]:
    """Each the same multiple of the one before; exact at both ends, twelve digits between."""
    if first <= 0 or last <= 0:
        raise SpacingError("expected numbers above 0, since only these have logarithms")
    low, high = logarithm(first), logarithm(last)
    between = [low + (high - low) * place / (count - 1) for place in range(1, count - 1)]
    try:
        return [first, *(Fraction(Decimal(f"{10**power:.12g}")) for power in between), last]
    except OverflowError as error:
        raise SpacingError(TOO_LARGE) from error


def logarithm(number: Fraction) -> float:
    """Of numbers of any size a float can have the logarithm of."""
    return math.log10(number.numerator) - math.log10(number.denominator)


def to_float(number: Fraction) -> float:
    try:
        return float(number)
    except OverflowError as error:
        raise SpacingError(TOO_LARGE) from error
