"""The parameter types whose value is one scalar. Knows no YAML, no forms, no storage."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tasks.types.wording import MAX_INT_BITS, MAX_INT_DIGITS, found, inline, one_line, quote

# What a keyboard types in place of what documents and spreadsheets hold: minus signs, blanks, marks unseen.
_PLAIN = {
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"), "-"),
    **dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u3000"), " "),
    **dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")),
}
INT_TEXT = re.compile(r"[+-]?[0-9]+")
FLOAT_TEXT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SEPARATED = re.compile(r"[+-]?[0-9]{1,3}([_, ' ])[0-9]{3}(?:\1[0-9]{3})*(?:\.[0-9]*)?")
_UNDERSCORED = re.compile(r"[+-]?[0-9.eE+-]*_[0-9_.eE+-]*")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
MAX_ID = 2**63 - 1
BOOL_TEXTS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def is_storable(text: str) -> bool:
    """Whether every database and every JSON reader can keep this text: no NUL, no half of a character."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def plain(text: str) -> str:
    """The text with the minus and the blanks of a keyboard, and without marks that cannot be seen."""
    return text.translate(_PLAIN)


class UnreadableText(ValueError):
    """A text that is no value of the type; the message says what was expected and what was found."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What task.yaml says about a parameter, as far as its type needs to know."""

    value: Any = None
    minimum: int | float | None = None
    maximum: int | float | None = None


NOTHING_DECLARED = Declared()


@dataclass(frozen=True)
class Flaw:
    """Something wrong with a value: where inside it (keys and indices), and a sentence.

    `only_local` marks a value that works in a local run and nowhere else: a warning as a default.
    """

    path: tuple[str | int, ...]
    message: str
    only_local: bool = False

    def __str__(self) -> str:
        items = [f"item {step + 1}: " for step in self.path if isinstance(step, int)]
        return "".join(items) + self.message


class ParameterType:
    """A data_type: how its values are checked, read from text, written to text, and given to a script.

    `is_compound` says whether a value is drawn as several controls; `item` is the type of a list's items;
    `sweepable` says whether several values may be offered; `is_bounded` whether min and max apply. Values
    are JSON values: "5" stays an int and "5.0" a float.
    """

    name = ""
    is_compound = False
    noun = ""
    item: "ParameterType | None" = None
    sweepable = True
    is_bounded = False

    def problems(
        self, value: Any, *, required: bool = False, declared: Declared = NOTHING_DECLARED
    ) -> list[str]:
        """A sentence for everything that is wrong with the value; empty when it can be used."""
        return [str(flaw) for flaw in self.flaws(value, required=required, declared=declared)]

    def flaws(
        self, value: Any, *, required: bool = False, declared: Declared = NOTHING_DECLARED
    ) -> Iterator[Flaw]:
        if value is not None:
            yield from self.flaws_of(value, required, declared)
        elif required:
            yield Flaw((), f"a value is required: expected {self.noun}, found null")

    def flaws_of(self, value: Any, required: bool, declared: Declared) -> Iterator[Flaw]:
        """The flaws of a value that is not null."""
        raise TypeError(f"{type(self).__name__} does not say how its values are checked")

    def parse(self, text: str, *, declared: Declared = NOTHING_DECLARED) -> Any:
        """The value that a text stands for; UnreadableText with a sentence if there is none."""
        stripped = text.strip()
        return self.parse_filled(stripped, declared) if stripped else None

    def parse_filled(self, text: str, declared: Declared) -> Any:
        return text

    def to_text(self, value: Any) -> str:
        """The text that parse() reads back as the same value; null is the empty text."""
        return "" if value is None else str(value)

    def for_script(self, value: Any) -> Any:
        """What a script receives. Datasets and Models are resolved elsewhere."""
        return value

    def describe(self, value: Any) -> str:
        """The value on one short line, for tables."""
        return inline(value)

    def unexpected(self, text: str, hint: str = "") -> UnreadableText:
        return UnreadableText(f"expected {self.noun}, found {quote(text)}{hint and '; ' + hint}")


class Number(ParameterType):
    """What int and float share: bounds, and the hints about separators."""

    is_bounded = True

    def parse(self, text: str, *, declared: Declared = NOTHING_DECLARED) -> Any:
        return super().parse(plain(text), declared=declared)

    def out_of_bounds(self, value: int | float, declared: Declared) -> Iterator[Flaw]:
        if declared.minimum is not None and value < declared.minimum:
            yield Flaw((), f"expected at least {inline(declared.minimum)}, found {inline(value)}")
        if declared.maximum is not None and value > declared.maximum:
            yield Flaw((), f"expected at most {inline(declared.maximum)}, found {inline(value)}")

    def unreadable(self, text: str) -> UnreadableText:
        if _SEPARATED.fullmatch(text) or _UNDERSCORED.fullmatch(text):
            return self.unexpected(text, "write the number without separators between its digits")
        if _DECIMAL_COMMA.fullmatch(text):
            return self.unexpected(text, "write the decimal point as a point")
        return self.unexpected(text)

    def read_int(self, text: str) -> int:
        if len(text) > MAX_INT_DIGITS:
            raise self.unexpected(text, f"an int may have {MAX_INT_DIGITS} digits")
        return int(text)


class Int(Number):
    name = "int"
    noun = "an int"

    def flaws_of(self, value: Any, required: bool, declared: Declared) -> Iterator[Flaw]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield Flaw((), f"expected an int, found {found(value)}")
        elif value.bit_length() > MAX_INT_BITS:
            yield Flaw((), f"expected an int of at most {MAX_INT_DIGITS} digits, found a longer one")
        else:
            yield from self.out_of_bounds(value, declared)

    def parse_filled(self, text: str, declared: Declared) -> int:
        if INT_TEXT.fullmatch(text):
            return self.read_int(text)
        # 5.0 and 1e3, as spreadsheets write whole numbers; adjusted() is the power of ten of the first digit.
        number = Decimal(text) if FLOAT_TEXT.fullmatch(text) and len(text) <= MAX_INT_DIGITS else None
        if number is None or number.adjusted() >= MAX_INT_DIGITS or number != number.to_integral_value():
            raise self.unreadable(text)
        return int(number)


class Float(Number):
    """An int is accepted and kept as it was given; NaN and infinity are not numbers JSON can hold."""

    name = "float"
    noun = "a float"

    def flaws_of(self, value: Any, required: bool, declared: Declared) -> Iterator[Flaw]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield Flaw((), f"expected a float, found {found(value)}")
        elif isinstance(value, float) and not math.isfinite(value):
            yield Flaw((), f"expected a finite float, found {value}")
        elif isinstance(value, int) and value.bit_length() > 1023:
            yield Flaw((), "expected a float, found an int that is too large for one")
        else:
            yield from self.out_of_bounds(value, declared)

    def parse_filled(self, text: str, declared: Declared) -> int | float:
        if INT_TEXT.fullmatch(text):
            return self.read_int(text)
        if not FLOAT_TEXT.fullmatch(text):
            raise self.unreadable(text)
        value = float(text)
        if math.isinf(value):
            raise self.unexpected(text, "that is larger than any float")
        return value


class Str(ParameterType):
    name = "str"
    noun = "a text"

    def flaws_of(self, value: Any, required: bool, declared: Declared) -> Iterator[Flaw]:
        if not isinstance(value, str):
            yield Flaw((), f"expected a str, found {found(value)}")
        elif not is_storable(value):
            yield Flaw((), "expected a text without NUL characters and halves of characters, found one")

    def parse(self, text: str, *, declared: Declared = NOTHING_DECLARED) -> str:
        if not is_storable(text):
            raise self.unexpected(text, "leave out the NUL characters and halves of characters")
        return text

    def describe(self, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            return inline(value)
        return one_line(value)


class Bool(ParameterType):
    name = "bool"
    noun = "true or false"

    def flaws_of(self, value: Any, required: bool, declared: Declared) -> Iterator[Flaw]:
        if not isinstance(value, bool):
            yield Flaw((), f"expected true or false, found {found(value)}")

    def parse_filled(self, text: str, declared: Declared) -> bool:
        if text.lower() not in BOOL_TEXTS:
            raise self.unexpected(text)
        return BOOL_TEXTS[text.lower()]

    def to_text(self, value: Any) -> str:
        return "" if value is None else inline(value)


class Id(ParameterType):
    """The id of a `thing` that is kept in the Project."""

    def __init__(self, thing: str) -> None:
        self.thing, self.name, self.noun = thing, thing.lower(), f"the id of a {thing}"

    def flaws_of(self, value: Any, required: bool, declared: Declared) -> Iterator[Flaw]:
        if isinstance(value, str) and value:
            why = f"a path works only in local runs, so choose a {self.thing} of the Project"
            yield Flaw((), f"expected {self.noun}, found the path {quote(value)}; {why}", only_local=True)
        elif isinstance(value, bool) or not isinstance(value, int):
            yield Flaw((), f"expected {self.noun} (a whole number), found {found(value)}")
        elif not 1 <= value <= MAX_ID:
            yield Flaw((), f"expected {self.noun} (a whole number from 1 on), found {inline(value)}")

    def parse_filled(self, text: str, declared: Declared) -> int:
        if not INT_TEXT.fullmatch(text) or len(text) > 20:
            raise self.unexpected(text)
        return int(text)


class SecretName(ParameterType):
    """The name of a Secret; never what is in it, so it is no secret itself."""

    noun = "the name of a Secret"
    sweepable = False

    def __init__(self, name: str) -> None:
        self.name = name

    def flaws_of(self, value: Any, required: bool, declared: Declared) -> Iterator[Flaw]:
        if not isinstance(value, str) or not value.strip():
            yield Flaw((), f"expected {self.noun}, found {found(value)}")
        elif value != value.strip() or not is_storable(value):
            yield Flaw((), f"expected {self.noun} without blanks around it, found {quote(value)}")

    def describe(self, value: Any) -> str:
        return one_line(value) if isinstance(value, str) and value else inline(value)
