"""An option as its parser declares it → a parameter as task.yaml would. Knows no parser and no YAML."""

import ast
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.codereading.constants import Constants, last_name
from tasks.codereading.findings import Argument, Conditions, Default, FoundParameter, Place
from tasks.types.parameters import TYPES, Declared
from tasks.types.scalars import BOOL_TEXTS, is_storable
from tasks.types.wording import inline, is_oversized, shorten

MAX_DESCRIPTION = 500
_MAX_OPTIONS = 200
_DEFAULT_NOTE = re.compile(r"[\s.,;]*[\[(]\s*(?:default(?:s to)?|Default)[:=]?\s*%\(default\)\w\s*[\])]")
_PLACEHOLDER = re.compile(r"%\((\w+)\)\w")
_BLANKS = re.compile(r"\s+")
_KNOWN_TYPES = {
    "int": "int", "float": "float", "str": "str", "bool": "bool", "Path": "str", "FileType": "str",
    "open": "str", "Decimal": "float", "complex": "str", "bytes": "str",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What the code says of an option. `kind` is int, float, str, bool, or empty if nothing says it."""

    name: str
    place: Place
    kind: str = ""
    is_list: bool = False
    choices: Sequence[Any] | None = None
    default: Default = Default()
    help: str = ""
    required: bool = False
    minimum: int | float | None = None
    maximum: int | float | None = None
    group: str = ""
    visible_if: Conditions = ()
    argument: Argument | None = None
    is_command: bool = False


def declare(found: Declaration) -> FoundParameter:
    """A parameter that task.yaml accepts: its default fits its data_type, or is null and told as unread."""
    options = _options(found.choices)
    if options is not None:
        data_type, value = _chosen(found, options)
    else:
        data_type = found.kind or infer_kind(found.default.value, is_list=found.is_list)
        value = _converted(found.default.value, data_type)
        if found.is_list:
            items = found.default.value if isinstance(found.default.value, list) else [found.default.value]
            value = None if found.default.value is None else [_converted(item, data_type) for item in items]
            data_type = f"list[{'str' if data_type == 'bool' else data_type}]"
    bounds = _bounds(found) if TYPES[data_type].is_bounded else (None, None)
    declared = Declared(value=value, minimum=bounds[0], maximum=bounds[1])
    unread = found.default.unread
    if value is not None and TYPES[data_type].problems(value, declared=declared):
        value, unread = None, unread or inline(found.default.value)
    elif options is not None and not unread and _is_lost(found.default.value, value):
        unread = inline(found.default.value)
    return FoundParameter(
        name=found.name,
        place=found.place,
        data_type=data_type,
        value=value,
        description=describe(found.help),
        required=found.required,
        minimum=bounds[0],
        maximum=bounds[1],
        group=found.group,
        visible_if=found.visible_if,
        unread=unread,
        argument=found.argument,
        is_command=found.is_command,
    )


def describe(text: str) -> str:
    """Help as one line: no blanks in a row, no "(default: %(default)s)", which the form shows anyway."""
    plain = _PLACEHOLDER.sub(r"\1", _DEFAULT_NOTE.sub("", text[: 10 * MAX_DESCRIPTION])).replace("%%", "%")
    plain = _BLANKS.sub(" ", plain).strip()
    return shorten(plain, width=MAX_DESCRIPTION) if is_storable(plain) else ""


def kind_of(node: ast.expr | None, constants: Constants, returns: dict[str, str]) -> str:
    """int, float, str or bool by what converts the value; empty if that is anybody's guess."""
    if node is None:
        return ""
    name = last_name(node.func if isinstance(node, ast.Call) else node)
    if name in _KNOWN_TYPES:
        return _KNOWN_TYPES[name]
    if isinstance(node, ast.Lambda) and isinstance(node.body, ast.Call):
        inner = last_name(node.body.func)
        return _KNOWN_TYPES.get(inner, "bool" if "bool" in inner else "")
    if isinstance(node, ast.Lambda):
        return "bool" if isinstance(node.body, ast.Compare) else ""
    if returns.get(name) in _KNOWN_TYPES:
        return _KNOWN_TYPES[returns[name]]
    lowered = name.lower()
    words = set(re.split(r"[^a-z]+", re.sub(r"to(?=bool|int|float)", "_", lowered)))
    return next(
        (kind for kind in ("bool", "int", "float") if kind in words), "bool" if "boolean" in words else ""
    )


def infer_kind(value: Any, *, is_list: bool = False) -> str:
    """The kind of a default; a list's is that of its items if they agree."""
    if isinstance(value, list) and (is_list or value):
        kinds = {infer_kind(item) for item in value}
        return kinds.pop() if len(kinds) == 1 else "float" if kinds == {"int", "float"} else "str"
    return next((kind for kind, of in _OF_KIND.items() if isinstance(value, of)), "str")


_OF_KIND: dict[str, type] = {"bool": bool, "int": int, "float": float, "str": str}


def _options(choices: Sequence[Any] | None) -> list[str] | None:
    """The choices as an enum's options, or None if they can't be."""
    if choices is None or not 0 < len(choices) <= _MAX_OPTIONS:
        return None
    if not all(isinstance(choice, str | int | float) for choice in choices):
        return None
    options = list(dict.fromkeys(str(choice) for choice in choices))
    return options if all(option and is_storable(option) for option in options) else None


def _chosen(found: Declaration, options: list[str]) -> tuple[str, dict[str, Any]]:
    default = found.default.value
    if not found.is_list:
        selected = options.index(str(default)) if _is_among(default, options) else None
        return "enum", {"selected": selected, "options": options}
    items = default if isinstance(default, list) else [] if default is None else [default]
    known = [options.index(str(item)) for item in items if _is_among(item, options)]
    return "list[enum]", {"selected": known if default is not None else None, "options": options}


def _is_among(value: Any, options: list[str]) -> bool:
    return isinstance(value, str | int | float) and str(value) in options


def _is_lost(default: Any, value: Any) -> bool:
    """Whether an enum's default is none of its options."""
    chosen = value["selected"] if isinstance(value, dict) else value
    return default is not None and (
        chosen is None or (isinstance(default, list) and len(chosen) < len(default))
    )


def _converted(value: Any, kind: str) -> Any:
    """The default as the parser would convert it; as it is where it can't."""
    if value is None or kind not in _CONVERSIONS:
        return value
    try:
        return _CONVERSIONS[kind](value)
    except (ValueError, OverflowError):
        return value


def _as_int(value: Any) -> Any:
    if isinstance(value, str):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _as_float(value: Any) -> Any:
    return float(value) if isinstance(value, str) else value


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _as_bool(value: Any) -> Any:
    if isinstance(value, str):
        return BOOL_TEXTS.get(value.lower(), value)
    return bool(value) if value in (0, 1) and not isinstance(value, list | dict) else value


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "int": _as_int,
    "float": _as_float,
    "str": _as_text,
    "bool": _as_bool,
}


def _bounds(found: Declaration) -> tuple[int | float | None, int | float | None]:
    bounds = [bound if _is_bound(bound) else None for bound in (found.minimum, found.maximum)]
    if None not in bounds and bounds[0] > bounds[1]:
        return None, None
    return bounds[0], bounds[1]


def _is_bound(value: Any) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool) and not is_oversized(value)
    return isinstance(value, float) and math.isfinite(value)
