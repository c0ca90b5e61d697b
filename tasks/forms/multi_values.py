"""Several values of one parameter as text, one a line: read, and written so that they are read back.

Knows no forms and no storage. A list parameter's value is a whole list, so its commas separate nothing.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tasks.forms import notations, ranges
from tasks.forms.notations import Answer
from tasks.types import equality
from tasks.types.declarations import Condition, Parameter
from tasks.types.scalars import UnreadableText, plain
from tasks.types.structures import read_json, write_json
from tasks.types.wording import quote

NO_VALUE = "null"
NUMBERS = ("int", "float")
AT_COMMAS = ("bool", "dataset", "model")
MOST = 10_000
LONGEST = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Item:
    """One value, or the sentence that says why its text stands for none; `line` reads back as it.

    `meant` has lines that may have been meant instead.
    """

    value: Any = None
    error: str = ""
    line: str = ""
    meant: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Several:
    """What a text of several values stands for."""

    text: str
    items: Sequence[Item] = ()
    problem: str = ""
    # What the text may have been meant to be, to be taken with one click.
    answers: Sequence[Answer] = ()

    @property
    def values(self) -> list[Any]:
        """Those that can be read."""
        return [item.value for item in self.items if not item.error]

    @cached_property
    def duplicates(self) -> set[int]:
        """Places of values that stand earlier already."""
        readable = [place for place, item in enumerate(self.items) if not item.error]
        return {readable[place] for place in equality.duplicates(self.values)}

    @property
    def errors(self) -> list[str]:
        several = len(self.items) > 1
        found = [
            f"value {place}: {item.error}" if several else item.error
            for place, item in enumerate(self.items, start=1)
            if item.error
        ]
        more = [f"{len(found) - 5:,} more of the values cannot be used"] if len(found) > 5 else []
        return [*([self.problem] if self.problem else []), *found[:5], *more]


Check = Callable[[Any], None]


@dataclass(frozen=True, kw_only=True)
class _Reader:
    parameter: Parameter
    check: Check
    options: Sequence[str] = field(default=())

    def items(self, text: str) -> Iterator[Item]:
        for piece in self.pieces(text):
            yield from self.expanded(piece)

    def pieces(self, text: str) -> Iterator[str]:
        for line in text.split("\n"):
            for piece in self.split(line):
                if piece.strip():
                    yield piece.strip()

    def split(self, line: str) -> list[str]:
        kind = self.parameter.data_type
        if kind in NUMBERS:
            return notations.pieces(line)
        if kind in AT_COMMAS:
            return re.split(r"[,;\t]", line)
        if kind == "enum":
            comma = "" if any("," in option for option in self.options) else ","
            return quoted_or_between(line, "\t" + comma)
        return quoted_or_between(line, "\t") if kind == "str" else [line]

    def expanded(self, piece: str) -> list[Item]:
        is_number = self.parameter.data_type in NUMBERS
        try:
            spacing = notations.called(piece) if is_number else None
            if is_number and ranges.looks_spaced(spacing or piece):
                numbers = ranges.expand(spacing or piece, whole=self.parameter.data_type == "int")
                return [self.checked(number, str(number)) for number in numbers]
            return [self.checked(self.value(spacing or piece), spacing or piece)]
        except ranges.SpacingError as error:
            return [Item(error=str(error), line=piece)]
        except UnreadableText as error:
            return [Item(error=str(error), line=piece, meant=notations.meant(piece) if is_number else ())]

    def value(self, piece: str) -> Any:
        if piece == NO_VALUE:
            return none_of(self.parameter)
        if self.parameter.data_type in ("str", "enum") and is_quoted(piece):
            piece = read_json(piece, "a text in quotes")
        return self.parameter.type.parse(piece, declared=self.parameter)

    def checked(self, value: Any, line: str) -> Item:
        problems = self.parameter.type.problems(value, declared=self.parameter)
        try:
            self.check(value)
        except UnreadableText as error:
            problems = problems or [str(error)]
        return Item(value=value, error=problems[0] if problems else "", line=line)


def none_of(parameter: Parameter) -> Any:
    if isinstance(parameter.value, Mapping) and "options" in parameter.value:
        return {"selected": None, "options": list(parameter.value["options"])}
    return None


def is_quoted(piece: str) -> bool:
    return len(piece) > 1 and piece.startswith('"') and piece.endswith('"')


def quoted_or_between(line: str, separators: str) -> list[str]:
    """The parts of a line between separators; within a text in quotes there are none."""
    return re.findall(rf'\s*"(?:[^"\\]|\\.)*"\s*(?=[{separators}]|$)|[^{separators}]+', line)


def read(parameter: Parameter, text: str, *, check: Check) -> Several:
    """Every value in the text; `check` raises UnreadableText for one that this Project does not have."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > LONGEST:
        return Several(text=text, problem=f"expected at most {LONGEST:,} characters, found {len(text):,}")
    options = parameter.value.get("options") or () if parameter.data_type == "enum" else ()
    has_numbers = (parameter.type.item or parameter.type).name in (*NUMBERS, "range")
    written = plain(text) if has_numbers else text
    if parameter.data_type in NUMBERS:
        written = notations.without_brackets(written)
    if parameter.data_type == "float" and notations.is_decimal_comma(written):
        sentence, answers = notations.question(written)
        return Several(text=text, problem=sentence, answers=answers)
    items: list[Item] = []
    for item in _Reader(parameter=parameter, check=check, options=options).items(written):
        if len(items) == MOST:
            return Several(text=text, items=items, problem=f"expected at most {MOST:,} values, found more")
        items.append(item)
    return Several(text=text, items=items, answers=_meant(items))


def _meant(items: Sequence[Item]) -> list[Answer]:
    """For the first item that may have been meant otherwise: the whole text with each of its meanings."""
    place = next((place for place, item in enumerate(items) if item.meant), None)
    if place is None:
        return []
    before, after = ([item.line for item in part] for part in (items[:place], items[place + 1 :]))
    return [
        Answer(label=f"Did you mean {line}?", text="\n".join([*before, line, *after]))
        for line in items[place].meant
    ]


def write_line(parameter: Parameter, value: Any) -> str:
    """One line that is read back as the same value; of a value of another kind, a line that is refused."""
    if parameter.type.problems(value, declared=parameter) and not is_bound_only(parameter, value):
        return quote(str(value)) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if value == none_of(parameter):
        return NO_VALUE
    text = parameter.type.to_text(value)
    return (
        write_json(text) if parameter.data_type in ("str", "enum") and is_unclear(parameter, text) else text
    )


def is_bound_only(parameter: Parameter, value: Any) -> bool:
    """Whether nothing is wrong with the value but its size."""
    return not parameter.type.problems(value)


def is_unclear(parameter: Parameter, text: str) -> bool:
    """Whether a text would be read otherwise without quotes."""
    special = any(mark in text for mark in ("\n\r\t," if parameter.data_type == "enum" else "\n\r\t"))
    return not text or text != text.strip() or text.startswith('"') or text == NO_VALUE or special


def write(parameter: Parameter, values: Sequence[Any]) -> str:
    return "\n".join(write_line(parameter, value) for value in values)


def may_hold(conditions: Sequence[Condition], offered: Mapping[str, Sequence[Any]]) -> bool:
    """Whether some combination of the offered values fulfils all the conditions."""
    return all(any(c.holds({c.parameter: value}) for value in offered[c.parameter]) for c in conditions)
