"""What YAML 1.1 makes of values without quotes that nobody expects, as sentences. Knows no task.yaml."""

import re
from decimal import Decimal
from typing import Any

import yaml

from tasks.types.scalars import FLOAT_TEXT, INT_TEXT
from tasks.types.wording import inline, one_line, quote, shorten

SEXAGESIMAL = re.compile(r"[-+]?[0-9_]+(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
OCTAL = re.compile(r"[-+]?0[0-7_]+")
# An exponent makes a number certain, however it is written back.
SCIENTIFIC = re.compile(r"[-+]?[0-9]+\.[0-9]*[eE][-+][0-9]+")
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\a": "\\a"}
WINDOWS_PATH = re.compile(rf"[A-Za-z]:(?:\\[^\n]*)?([{''.join(_ESCAPES)}])")
# The first int that a double does not hold apart from the one before it.
LARGEST_EXACT = 2**53
LONGEST = 30
_TAGGED = re.compile(r"(?:&\S+\s+)?!")
_REMARK = re.compile(r"[ \t]*(#[^\s#!\0][^\n\r\0]*)")
FULL_LINE = 70


def brief(text: str) -> str:
    return one_line(shorten(text, width=LONGEST))


def of_number(text: str, value: int | float, *, is_declared: bool) -> str:
    """What is unexpected about the number that YAML reads; empty when nothing is.

    With `is_declared` a number is what is wanted, so only its base can surprise.
    """
    shown, read = brief(text), shorten(inline(value), width=LONGEST)
    if SEXAGESIMAL.fullmatch(text):
        why = f"YAML reads {shown} as a number to base 60: {read}"
        return f"{why}; write {read} if that is meant" if is_declared else f"{why}; {_quotes(read)}"
    if isinstance(value, int) and OCTAL.fullmatch(text) and text not in ("0", "-0", "+0"):
        why = f"YAML reads {shown} as a number to base 8, because of its leading 0: {read}"
        decimal = shorten(str(int(text.replace("_", ""))), width=LONGEST)
        either = read if decimal == read else f"{decimal} or {read}, whichever is meant"
        return f"{why}; write {either}" if is_declared else f"{why}; {_quotes(either)}"
    if is_declared or SCIENTIFIC.fullmatch(text):
        return ""
    if text != str(value):
        return f"YAML reads {shown} as the {type(value).__name__} {read}; {_quotes(read)}"
    if isinstance(value, int) and abs(value) > LARGEST_EXACT:
        return (
            f"{shown} is beyond 2^53, where R and other languages round ints; put it in quotes if it is an "
            "identifier, or add its data_type"
        )
    return ""


def _quotes(number: str) -> str:
    return f"put it in quotes for a text, or write {number} for a number"


def of_null(text: str) -> str:
    """What is unexpected about a null that is written as something else; empty when nothing is."""
    if text in ("", "null"):
        return ""
    return f"YAML reads {text} without quotes as null, which is no value; write null, or put it in quotes"


def of_text(node: yaml.ScalarNode) -> str:
    """What is unexpected about a text; empty when nothing is."""
    if is_implicit(node) and node.value == "None":
        return "YAML reads None as a text; write null for no value, or put it in quotes"
    if node.style == '"' and (found := WINDOWS_PATH.match(node.value)) is not None:
        escape = _ESCAPES[found[1]]
        return f"YAML reads {escape} in double quotes as one character; put a Windows path in single quotes"
    return ""


def why_a_text(text: str) -> str:
    """Why YAML 1.1 reads something that looks like a number as a text."""
    digits = text.lstrip("+-")
    if INT_TEXT.fullmatch(text):
        return "since an int that begins with 0 is one to base 8, which has no 8 or 9"
    if "e" in text or "E" in text:
        return "since a float has a point and a sign in its exponent"
    return f"since a float with a sign has a digit before its point, as in {text[: -len(digits)]}0{digits}"


def whole_number(text: str) -> int | None:
    """The int that a text or a float such as 1e5 or 5.0 stands for, if it stands for one of a usual size."""
    if not FLOAT_TEXT.fullmatch(text) or len(text) > LONGEST:
        return None
    number = Decimal(text)
    return int(number) if number.adjusted() < LONGEST and number == number.to_integral_value() else None


def is_implicit(node: yaml.ScalarNode) -> bool:
    """Whether the kind of a value without quotes was guessed: no tag such as !!float says it."""
    mark: Any = node.start_mark
    return node.style is None and _TAGGED.match(mark.buffer or "", mark.pointer) is None


def of_layout(node: yaml.Node) -> list[tuple[yaml.Node, str]]:
    """Values within the node that are cut by a #, or whose lines are joined, each with what to do."""
    if isinstance(node, yaml.SequenceNode):
        return [found for child in node.value for found in of_layout(child)]
    if isinstance(node, yaml.MappingNode):
        return [found for _, child in node.value for found in of_layout(child)]
    if not isinstance(node, yaml.ScalarNode) or node.style is not None:
        return []
    if node.end_mark.line > node.start_mark.line and node.value:
        message = (
            "YAML joins the lines of a text without quotes; put a | and a new line before it to keep them"
        )
        return [(node, message)] if _has_short_line(node.start_mark, node.end_mark) else []
    cut = _comment_after(node.end_mark)
    if not cut or node.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:null"):
        return []
    read = f"the text is {quote(node.value, width=LONGEST)}" if node.value else "there is no value"
    message = f"YAML takes {quote(cut, width=LONGEST)} for a comment, so {read}; "
    return [(node, message + "put all of it in quotes, or a blank after the # of a comment")]


def _has_short_line(start: Any, end: Any) -> bool:
    """Whether lines end where a program that writes YAML, which fills them, would have gone on."""
    lines = (start.buffer or "")[start.pointer : end.pointer].split("\n")
    return len(lines[0]) + start.column < FULL_LINE or any(len(line) < FULL_LINE for line in lines[1:-1])


def _comment_after(mark: Any) -> str:
    """A `#` with no blank after it, and what follows, on the line of the mark; else empty."""
    if mark.buffer is None:
        return ""
    found = _REMARK.match(mark.buffer, mark.pointer)
    return found[1].rstrip() if found is not None else ""
