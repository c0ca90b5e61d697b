"""Words for values in messages to people: what was found, shortened and printable. Knows no data types."""

import difflib
import json
import math
from collections.abc import Iterable
from typing import Any

MAX_INT_DIGITS = 4000
MAX_INT_BITS = int(MAX_INT_DIGITS * math.log2(10))
_SHOWN_ITEMS = 8
_RARE_LINE_BREAKS = {0x85: "\\x85", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def is_oversized(value: int) -> bool:
    """Whether an int has more digits than can be written as text (Python and JSON stop at 4,300)."""
    return value.bit_length() > MAX_INT_BITS


def printable(text: str) -> str:
    """The text with what can't be encoded, and the line breaks that JSON leaves alone, written as escapes."""
    return text.translate(_RARE_LINE_BREAKS).encode("utf-8", "backslashreplace").decode()


def shorten(text: str, *, width: int = 80) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def one_line(text: str) -> str:
    """The text as it is, but short, printable and with a sign for each line break."""
    return printable(shorten(" ⏎ ".join(text.splitlines())))


def quote(text: str, *, width: int = 60) -> str:
    """The text in double quotes on one line, control characters escaped."""
    return printable(json.dumps(shorten(text, width=width), ensure_ascii=False))


def inline(value: Any, *, levels: int = 3) -> str:
    """Any value on one short line, as YAML's flow style would show it; deeper levels are left out."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and is_oversized(value):
        return f"an int of more than {MAX_INT_DIGITS} digits"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, list | dict) and value and levels == 0:
        return "…"
    if isinstance(value, list):
        more = ", …" if len(value) > _SHOWN_ITEMS else ""
        return shorten(
            "[" + ", ".join(inline(item, levels=levels - 1) for item in value[:_SHOWN_ITEMS]) + more + "]"
        )
    if isinstance(value, dict):
        pairs = [
            f"{one_line(str(key))}: {inline(item, levels=levels - 1)}"
            for key, item in list(value.items())[:_SHOWN_ITEMS]
        ]
        return shorten("{" + ", ".join(pairs) + (", …" if len(value) > _SHOWN_ITEMS else "") + "}")
    return shorten(printable(str(value)))


def found(value: Any) -> str:
    """The value with its kind, as the second half of "expected …, found …"."""
    if value is None:
        return "null"
    if value == "" and isinstance(value, str):
        return "an empty text"
    if isinstance(value, int) and not isinstance(value, bool) and is_oversized(value):
        return inline(value)
    kinds = {bool: "bool", int: "int", float: "float", str: "text", list: "list", dict: "mapping"}
    return f"the {kinds.get(type(value), type(value).__name__)} {inline(value)}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that this one looks like a typo of, if any."""
    lowered = {name.casefold(): name for name in known}
    matches = difflib.get_close_matches(word.casefold(), lowered, n=1, cutoff=0.7)
    return lowered[matches[0]] if matches else None
