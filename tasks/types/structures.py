"""The parameter types whose value has parts: enum, list[enum], range and IMUVectors. Knows no YAML."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tasks.types.scalars import NOTHING_DECLARED, Declared, Flaw, ParameterType, UnreadableText, is_storable
from tasks.types.wording import found, inline, is_oversized, one_line, quote, shorten

_RANGE_TEXT = re.compile(r"([+-]?[0-9]{1,18})\s*\.\.\s*([+-]?[0-9]{1,18})(?:\s+step\s+([+-]?[0-9]{1,18}))?")


def read_json(text: str, expected: str) -> Any:
    """The JSON value of a text, numbers kept as they are written; UnreadableText names what was expected."""

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is no JSON number")

    try:
        return json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        rest = text[error.pos :].strip()
        where = f"not understood from {quote(rest)} on" if rest else "its end is missing"
        raise UnreadableText(f"expected {expected}, found {quote(text)}; {where}") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableText(f"expected {expected}, found {quote(text)}: {error}") from error


def write_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def key_flaws(value: Any, keys: tuple[str, ...]) -> Iterator[Flaw]:
    """A mapping with exactly these keys, or the sentences that say what is missing or too much."""
    shape = "{" + ", ".join(f"{key}: …" for key in keys) + "}"
    if not isinstance(value, dict):
        yield Flaw((), f"expected a mapping {shape}, found {found(value)}")
        return
    for key in keys:
        if key not in value:
            yield Flaw((), f"expected a mapping {shape}, found one without {quote(key)}")
    for key in value:
        if key not in keys:
            yield Flaw((key,), f"expected a mapping {shape}, found the key {quote(str(key))} in it")


class Enum(ParameterType):
    """`{selected: INDEX, options: [STR, …]}`; as text, and for the script, the chosen option."""

    name = "enum"
    noun = "one of the options"

    def flaws(
        self, value: Any, *, required: bool = False, declared: Declared = NOTHING_DECLARED
    ) -> Iterator[Flaw]:
        shape = list(key_flaws(value, ("selected", "options")))
        yield from shape
        if not isinstance(value, dict):
            return
        if "options" in value:
            options = value["options"]
            bad_options = list(self.option_flaws(options))
            yield from bad_options
            if bad_options:
                return
            offered = declared.value.get("options") if isinstance(declared.value, dict) else None
            if isinstance(offered, list) and offered != options:
                yield Flaw(("options",), f"expected the options {inline(offered)}, found {inline(options)}")
            elif "selected" in value:
                yield from self.selection_flaws(value["selected"], options, required)

    def option_flaws(self, options: Any) -> Iterator[Flaw]:
        if not isinstance(options, list) or not options:
            yield Flaw(("options",), f"expected a list of at least one option, found {found(options)}")
            return
        seen: set[str] = set()
        for index, option in enumerate(options):
            if not isinstance(option, str) or not option or not is_storable(option):
                message = f"expected a text that is not empty as an option, found {found(option)}"
                yield Flaw(("options", index), message)
            elif option in seen:
                yield Flaw(("options", index), f"expected different options, found {quote(option)} twice")
            else:
                seen.add(option)

    def selection_flaws(self, selected: Any, options: list[str], required: bool) -> Iterator[Flaw]:
        if selected is not None:
            yield from self.index_flaws(("selected",), selected, options)
        elif required:
            yield Flaw(("selected",), f"a choice is required: expected one of {inline(options)}, found null")

    def index_flaws(self, path: tuple[str | int, ...], index: Any, options: list[str]) -> Iterator[Flaw]:
        if not is_int(index) or not 0 <= index < len(options):
            most = len(options) - 1
            meant = f"; write {options.index(index)}, its index" if index in options else ""
            yield Flaw(path, f"expected the index of an option (0 to {most}), found {found(index)}{meant}")

    def parse(self, text: str, *, declared: Declared = NOTHING_DECLARED) -> Any:
        options = self.options_of(declared)
        if options is None:
            return read_json(text, "a JSON object {selected, options}") if text.strip() else None
        return {"selected": self.parse_selected(text, options), "options": options}

    def parse_selected(self, text: str, options: list[str]) -> Any:
        return self.index_of(text, options) if text in options or text.strip() else None

    def index_of(self, text: str, options: list[str]) -> int:
        for candidate in (text, text.strip()):
            if candidate in options:
                return options.index(candidate)
        raise UnreadableText(f"expected one of the options {inline(options)}, found {quote(text)}")

    def options_of(self, declared: Declared) -> list[str] | None:
        options = declared.value.get("options") if isinstance(declared.value, dict) else None
        return list(options) if isinstance(options, list) else None

    def to_text(self, value: Any) -> str:
        chosen = self.for_script(value)
        return "" if chosen is None else chosen

    def for_script(self, value: Any) -> Any:
        return None if value["selected"] is None else value["options"][value["selected"]]

    def describe(self, value: Any) -> str:
        if self.problems(value):
            return inline(value)
        chosen = self.for_script(value)
        return inline(None) if chosen is None else one_line(chosen)


class EnumList(Enum):
    """`{selected: [INDEX, …], options: [STR, …]}`; as text a JSON list of the chosen options."""

    name = "list[enum]"
    is_compound = True
    noun = "a list of the options"
    item = Enum()

    def selection_flaws(self, selected: Any, options: list[str], required: bool) -> Iterator[Flaw]:
        if isinstance(selected, list) and selected:
            for position, index in enumerate(selected):
                yield from self.index_flaws(("selected", position), index, options)
        elif selected is not None and not isinstance(selected, list):
            message = f"expected a list of indices of options, found {found(selected)}"
            yield Flaw(("selected",), message)
        elif required:
            message = f"a choice is required: expected some of {inline(options)}, found {found(selected)}"
            yield Flaw(("selected",), message)

    def parse_selected(self, text: str, options: list[str]) -> Any:
        if not text.strip():
            return None
        chosen = read_json(text, "a JSON list of options")
        if not isinstance(chosen, list) or not all(isinstance(option, str) for option in chosen):
            raise UnreadableText(
                f"expected a JSON list of the options {inline(options)}, found {quote(text)}"
            )
        return [self.index_of(option, options) for option in chosen]

    def to_text(self, value: Any) -> str:
        chosen = self.for_script(value)
        return "" if chosen is None else write_json(chosen)

    def for_script(self, value: Any) -> Any:
        selected = value["selected"]
        return None if selected is None else [value["options"][index] for index in selected]

    def describe(self, value: Any) -> str:
        return inline(value) if self.problems(value) else inline(self.for_script(value))


class Range(ParameterType):
    """`{from, to, step}`; as text `0..10 step 2`."""

    name = "range"
    is_compound = True
    noun = "a range such as 0..10 step 2"
    keys = ("from", "to", "step")

    def flaws(
        self, value: Any, *, required: bool = False, declared: Declared = NOTHING_DECLARED
    ) -> Iterator[Flaw]:
        yield from key_flaws(value, self.keys)
        if not isinstance(value, dict):
            return
        ints = {key: value[key] for key in self.keys if key in value and is_int(value[key])}
        for key in self.keys:
            if key in value and (key not in ints or is_oversized(value[key])):
                yield Flaw((key,), f'expected an int for "{key}", found {found(value[key])}')
        if len(ints) < len(self.keys) or any(is_oversized(number) for number in ints.values()):
            return
        start, stop, step = (ints[key] for key in self.keys)
        if start >= stop:
            yield Flaw(("from",), f'expected "from" smaller than "to", found from {start} to {stop}')
        if step < 1:
            yield Flaw(("step",), f'expected a "step" of at least 1, found {step}')
        elif start < stop and step > stop - start:
            distance = stop - start
            message = f'expected a "step" of at most {distance}, the distance from {start} to {stop}'
            yield Flaw(("step",), f"{message}, found {step}")

    def parse_filled(self, text: str, declared: Declared) -> Any:
        if match := _RANGE_TEXT.fullmatch(text):
            return dict(zip(self.keys, (int(match[1]), int(match[2]), int(match[3] or 1)), strict=True))
        if text.startswith("{"):
            return read_json(text, self.noun)
        raise self.unexpected(text)

    def to_text(self, value: Any) -> str:
        if value is None:
            return ""
        text = f"{value['from']}..{value['to']} step {value['step']}"
        return text if _RANGE_TEXT.fullmatch(text) else write_json(value)

    def describe(self, value: Any) -> str:
        return inline(value) if self.problems(value) else shorten(self.to_text(value))


class ImuVectors(ParameterType):
    """A mapping of name to int; as text a JSON object."""

    name = "IMUVectors"
    is_compound = True
    noun = "a mapping of names to ints"
    sweepable = False

    def flaws_of(self, value: Any, required: bool, declared: Declared) -> Iterator[Flaw]:
        if not isinstance(value, dict):
            yield Flaw((), f"expected {self.noun}, found {found(value)}")
            return
        for key, number in value.items():
            if not isinstance(key, str) or not key or not is_storable(key):
                yield Flaw((), f"expected a name that is not empty, found {found(key)}")
            elif not is_int(number) or is_oversized(number):
                yield Flaw((key,), f"expected an int for {quote(key)}, found {found(number)}")

    def parse_filled(self, text: str, declared: Declared) -> Any:
        return read_json(text, 'a JSON object such as {"x": 1}')

    def to_text(self, value: Any) -> str:
        return "" if value is None else write_json(value)
