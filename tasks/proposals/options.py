"""An option as its parser declares it → a parameter as task.yaml would. Knows no parser and no YAML."""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from tasks.proposals.code import Code, Place, argument_of, last_name
from tasks.types.parameters import TYPES, Declared
from tasks.types.scalars import UnreadableText, is_storable
from tasks.types.wording import inline, shorten

MAX_DESCRIPTION = 500
MAX_OPTIONS = 200
UNNAMED = "the name of this option is only known at run time; add it by hand."
CONSTANT = "stores a constant, which no field can represent."
_DEFAULT_NOTE = re.compile(r"[\s.,;]*[\[(]\s*(?:[Dd]efault(?:s to)?)[:=]?\s*%\(default\)\w\s*[\])]")
_PLACEHOLDER = re.compile(r"%\((\w+)\)\w")
_KINDS = {
    "int": "int", "float": "float", "str": "str", "bool": "bool", "Path": "str", "FileType": "str",
    "open": "str", "range": "int", "Decimal": "float", "complex": "str", "bytes": "str",
    "INT": "int", "FLOAT": "float", "BOOL": "bool", "STRING": "str", "UUID": "str", "IntRange": "int",
    "FloatRange": "float", "File": "str", "DateTime": "str", "Tuple": "str",
}  # fmt: skip
_WORD = re.compile(r"(?:^|_)(int|float)(?:_|$)")


@dataclass(frozen=True, kw_only=True)
class Option:
    """What the code says of an option, or of a name that it reads.

    `kind` is the data_type (at first that of a list's items), empty if nothing says it; `unread` a default
    that is no literal; `under` the parameter that chooses the command, and the commands that have the option.
    """

    name: str
    place: Place
    flag: str = ""
    kind: str = ""
    is_list: bool = False
    choices: list[Any] | None = None
    default: Any = None
    unread: str = ""
    help: str = ""
    required: bool = False
    minimum: Any = None
    maximum: Any = None
    group: str = ""
    under: tuple[str, tuple[str, ...]] | None = None


class Options:
    """The options that one file declares, in the order of its code, and sentences on what it hides."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.found: list[Option] = []
        self.notes: list[str] = []

    def note(self, node: ast.AST, text: str) -> None:
        self.notes.append(f"{self.code.place(node)}: {text}")

    def is_true(self, call: ast.Call, name: str) -> bool:
        return self.code.value_or(argument_of(call, name)) is True

    def add_command(self, name: str, commands: Iterable[str]) -> None:
        """Adds the parameter that chooses the command; without one nothing is done, so it is required."""
        choices = list(dict.fromkeys(commands))
        place = next((o.place for o in self.found if o.under), Place(path=self.code.path, line=1))
        text = "Which command is executed"
        self.found.insert(0, Option(name=name, place=place, choices=choices, help=text, required=True))


def declare(option: Option) -> Option:
    """The option as task.yaml accepts it: its default fits its data_type, or is null and noted as unread."""
    options, default, unread = _options(option.choices), option.default, option.unread
    items = default if isinstance(default, list) else [default]
    value: Any = None
    if options is not None:
        known = [options.index(str(item)) for item in items if str(item) in options and default is not None]
        is_known = default is not None and len(known) == len(items)
        selected: Any = known if option.is_list else next(iter(known), None)
        data_type, value = "enum", {"selected": selected if is_known else None, "options": options}
        unread = unread if is_known or default is None else inline(default)
    elif option.is_list:
        data_type = option.kind or kind_of_value(items if default is not None else None)
        data_type = "str" if data_type == "bool" else data_type
        value = None if default is None else [_converted(item, data_type) for item in items]
    else:
        data_type = option.kind or kind_of_value(default)
        value = _converted(default, data_type)
    data_type = f"list[{data_type}]" if option.is_list else data_type
    ends = (option.minimum, option.maximum) if TYPES[data_type].is_bounded else (None, None)
    bounds = [None if TYPES["float"].problems(end) else end for end in ends]
    declared = Declared(value=value, minimum=bounds[0], maximum=bounds[1])
    if value is not None and TYPES[data_type].problems(value, declared=declared):
        value, unread = None, unread or inline(default)
    return replace(
        option, kind=data_type, default=value, unread=unread, help=describe(option.help),
        minimum=bounds[0], maximum=bounds[1],
    )  # fmt: skip


def describe(text: str) -> str:
    """Help as one line: no blanks in a row, no "(default: %(default)s)", which the form shows anyway."""
    plain = text[: 10 * MAX_DESCRIPTION].removeprefix("==SUPPRESS==")
    plain = _PLACEHOLDER.sub(r"\1", _DEFAULT_NOTE.sub("", plain)).replace("%%", "%")
    return shorten(" ".join(plain.split()), width=MAX_DESCRIPTION) if is_storable(plain) else ""


def kind_of(node: ast.AST | None) -> str:
    """int, float, str or bool by what converts the value; empty if that is anybody's guess."""
    node = node.body if isinstance(node, ast.Lambda) else node
    if isinstance(node, ast.Compare):
        return "bool"
    name = last_name(node)
    if name in _KINDS:
        return _KINDS[name]
    word = _WORD.search(name.lower())
    return "bool" if "bool" in name.lower() else word[1] if word else ""


def kind_of_value(value: Any) -> str:
    """The kind of a default; a list's is that of its items if they agree."""
    if isinstance(value, list):
        kinds = {kind_of_value(item) for item in value}
        return kinds.pop() if len(kinds) == 1 else "float" if kinds == {"int", "float"} else "str"
    kind = type(value).__name__
    return kind if kind in ("bool", "int", "float") else "str"


def _options(choices: list[Any] | None) -> list[str] | None:
    """The choices as an enum's options, or None if they can't be."""
    if (
        not choices
        or len(choices) > MAX_OPTIONS
        or not {type(choice) for choice in choices} <= {str, int, float}
    ):
        return None
    options = list(dict.fromkeys(map(str, choices)))
    return options if all(option and is_storable(option) for option in options) else None


def _converted(value: Any, kind: str) -> Any:
    """The default as the parser would convert it; as it is where it can't."""
    if isinstance(value, str) and kind in ("int", "float", "bool"):
        try:
            return TYPES[kind].parse(value)
        except UnreadableText:
            return value
    if kind == "str" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return bool(value) if kind == "bool" and value in (0, 1) else value
