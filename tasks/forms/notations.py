"""Numbers as people paste them: decimal commas, lists of Python, spacings of NumPy. Knows no parameters."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tasks.forms import ranges

BRACKETS = {"[": "]", "{": "}", "(": ")"}
CALL = re.compile(
    r"(?:list\()?(?:(?:np|numpy|jnp|torch)\.)?(logspace|geomspace|linspace|arange|range)\(([^()]*)\)\)?"
)
# One number with a decimal comma, its thousands between points or not.
DECIMAL_COMMA = re.compile(r"[+-]?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]*),[0-9]+(?:[eE][+-]?[0-9]+)?")
NUMBER = re.compile(ranges.NUMBER)
COLONS = re.compile(rf"({ranges.NUMBER})\s*:\s*({ranges.NUMBER})(?:\s*:\s*({ranges.NUMBER}))?")
DASH = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*-\s*([0-9]+(?:\.[0-9]+)?)")
LONGEST_QUESTION = 20_000


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a text may have been meant to be; `text` says just that."""

    label: str
    text: str


def without_brackets(text: str) -> str:
    """The text without one pair of brackets around all of it, or around each of its lines."""
    inner = _inner(text.strip())
    return (
        inner if inner is not None else "\n".join(_inner(line.strip()) or line for line in text.split("\n"))
    )


def _inner(text: str) -> str | None:
    closing = BRACKETS.get(text[:1])
    inside = text[1:-1]
    is_pair = closing is not None and len(text) > 1 and text.endswith(closing)
    return inside if is_pair and not set(inside) & set("[]{}()") else None


def pieces(line: str) -> list[str]:
    """The numbers and spacings of a line: between commas, semicolons, tabs, and numbers between blanks."""
    if CALL.fullmatch(line.strip()):
        return [line]
    found: list[str] = []
    for part in re.split(r"[,;\t]", line):
        words = part.split()
        found += words if all(NUMBER.fullmatch(word) for word in words) else [part]
    return found


def called(piece: str) -> str | None:
    """The call of Python or NumPy as a spacing, such as `0.1..1 log 3`; None when it is no call.

    Raises SpacingError. `range` and `arange` stop before their end, as they do there.
    """
    match = CALL.fullmatch(piece)
    if match is None:
        return None
    name, words = match[1], [word.strip().rpartition("=")[2].strip() for word in match[2].split(",")]
    counts = {"range": (1, 2, 3), "arange": (1, 2, 3)}.get(name, (3,))
    if len(words) not in counts or not all(NUMBER.fullmatch(word) for word in words):
        raise ranges.SpacingError(f"expected {counts[-1]} numbers for {name}, found “{piece[:60]}”")
    if name in ("range", "arange"):
        first, end, step = {1: ["0", *words, "1"], 2: [*words, "1"], 3: words}[len(words)]
        return _before(Decimal(first), Decimal(end), Decimal(step))
    if name == "logspace":
        words[:2] = (f"1e{word}" for word in words[:2])
        if not all(NUMBER.fullmatch(word) for word in words):
            raise ranges.SpacingError(f"expected whole powers of ten, found “{piece[:60]}”")
    return f"{words[0]}..{words[1]} {'linear' if name == 'linspace' else 'log'} {words[2]}"


def _before(first: Decimal, end: Decimal, step: Decimal) -> str:
    """From the first by steps, without the end."""
    if step == 0 or (end - first) / step <= 0:
        raise ranges.SpacingError(f"expected a step from {first} towards {end}, found {step}")
    count = int(((end - first) / step).to_integral_value(rounding="ROUND_CEILING"))
    return f"{first}..{first + step * (count - 1)} step {step}" if count > 1 else str(first)


def meant(piece: str) -> Sequence[str]:
    """The spacings that something which is none may have been meant to be."""
    if match := COLONS.fullmatch(piece):
        first, second, third = match.groups()
        if third is None:
            return [f"{first}..{second} step 1"]
        # Python writes start:end:step, MATLAB start:step:end.
        is_matlab = Decimal(second) and (Decimal(third) - Decimal(first)) / Decimal(second) >= 1
        return [
            f"{first}..{second} step {third}",
            *([f"{first}..{third} step {second}"] if is_matlab else []),
        ]
    if match := DASH.fullmatch(piece):
        is_whole = match[1].isdigit() and match[2].isdigit()
        return [f"{match[1]}..{match[2]} {'step 1' if is_whole else 'linear 5'}"]
    return []


def is_decimal_comma(text: str) -> bool:
    """Whether each of its numbers has at most one comma, as decimals have it in much of the world."""
    words = [word.removesuffix(",") for word in re.split(r"[\s;]+", text) if word not in ("", ",")]
    with_comma = [word for word in words if DECIMAL_COMMA.fullmatch(word)]
    return bool(with_comma) and all(word in with_comma or NUMBER.fullmatch(word) for word in words)


def question(text: str) -> tuple[str, list[Answer]]:
    """A sentence that asks what commas mean, and its answers."""
    words = [word.removesuffix(",") for word in re.split(r"[\s;]+", text) if word not in ("", ",")]
    shown = next(word for word in words if DECIMAL_COMMA.fullmatch(word))
    points = [word.replace(".", "").replace(",", ".") if "," in word else word for word in words]
    apart = [word.replace(",", ", ") for word in words]
    decimal, values = shown.replace(".", "").replace(",", "."), shown.replace(",", ", ")
    sentence = (
        f"is “{shown[:40]}” one number with a decimal comma, or two values? "
        f"Write {decimal[:40]}, or {values[:40]} with a blank after the comma"
    )
    if len(text) > LONGEST_QUESTION:
        return sentence, []
    return sentence, [
        Answer(label=f"Decimal commas: {_start(points)}", text="\n".join(points)),
        Answer(label=f"Separate values: {_start(', '.join(apart).split(', '))}", text="\n".join(apart)),
    ]


def _start(words: Sequence[str]) -> str:
    return ", ".join(words[:3]) + (", …" if len(words) > 3 else "")
