"""What people type above a column: `0.1..0.5`, `> 3`, `adam`, `=adam|=sgd`. Knows no tables."""

import json
import math
import operator
import re
from collections.abc import Callable
from typing import Any

from runs.values import is_number

Passes = Callable[[Any, Callable[[Any], str]], bool]
# What | separates; within ="…" it does not.
PARTS = re.compile(r'\s*="(?:[^"\\]|\\.)*"\s*(?=\||$)|[^|]+')
WHOLE = re.compile(r"[+-]?[0-9]{1,4000}")
NOTHING = "null"


class FilterError(ValueError):
    """A filter that says nothing; the message says what was expected."""


def matcher(text: str) -> Passes:
    """Whether a value (and its text) passes: one of the alternatives, which `|` separates."""
    alternatives = [_one(part.strip()) for part in PARTS.findall(text) if part.strip()]
    if not alternatives:
        raise FilterError("expected a value, a range such as 0.1..0.5, or a comparison such as > 3")
    if len(alternatives) == 1:
        return alternatives[0]
    return lambda value, text_of: any(passes(value, text_of) for passes in alternatives)


def _one(text: str) -> Passes:
    if ".." in text:
        low, _, high = text.partition("..")
        least, most = _number(low, -math.inf), _number(high, math.inf)
        if least is not None and most is not None:
            return lambda value, text_of: is_number(value) and least <= value <= most
    for sign, compare in COMPARISONS.items():
        if text.startswith(sign):
            limit = _number(text.removeprefix(sign), None)
            if limit is None:
                raise FilterError(f"expected a number after {sign}, such as {sign} 3")
            return lambda value, text_of: is_number(value) and compare(value, limit)
    if text.startswith("="):
        wanted = text.removeprefix("=").strip()
        number, texts = _number(wanted, None), {wanted, _unquoted(wanted)}
        return lambda value, text_of: (
            _equals(value, number) or (wanted == NOTHING if value is None else text_of(value) in texts)
        )
    number = _number(text, None)
    lowered = text.lower()
    if number is None:
        return lambda value, text_of: (
            lowered in text_of(value).lower() if value is not None else lowered == NOTHING
        )
    return lambda value, text_of: (
        _equals(value, number) if is_number(value) else _holds(value, text_of, lowered)
    )


def exactly(text_of: str) -> str:
    """The filter that only values with this text pass."""
    is_plain = text_of == text_of.strip() and "|" not in text_of and not text_of.startswith('"')
    return f"={text_of if is_plain else json.dumps(text_of, ensure_ascii=False)}"


def _unquoted(text: str) -> str:
    """What a text in quotes stands for; any other text as it is."""
    try:
        found = json.loads(text) if text.startswith('"') else text
    except ValueError:
        return text
    return found if isinstance(found, str) else text


def _equals(value: Any, number: float | int | None) -> bool:
    return number is not None and is_number(value) and value == number


def _holds(value: Any, text_of: Callable[[Any], str], lowered: str) -> bool:
    return value is not None and lowered in text_of(value).lower()


def _number(text: str, empty: float | None) -> float | int | None:
    """Whole numbers exactly: beyond 2⁵³ floats are not what was typed."""
    text = text.strip()
    if not text:
        return empty
    try:
        number = int(text) if WHOLE.fullmatch(text) else float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number


COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
