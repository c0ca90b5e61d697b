"""One specification of a Run or Batch, with its notations JSON, YAML and URL. Knows no storage and no HTTP.

Every notation is made from and read back into the same RunSpec, and a round trip changes nothing. The command
line, a fourth notation, is in `runs.submission.command_line`.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import parse_qsl, urlencode

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators

VALUE_PREFIX = "v."


class RunSpecError(ValueError):
    """A specification that cannot be read; the message says where, what was expected and what was found."""


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """What is to be run.

    `values` holds every chosen value: {parameter: [value, …]}, a list being one value among others.
    A parameter that is not named has the default of task.yaml. `snapshot` is a digest; "" means the
    Task's files as they are now. `time_limit` in seconds. The rest says how several values combine, see
    `tasks.combinations.Design`, and how the Batch runs: `at_once` Runs at the same time at most,
    `stop_after` failures, `priority` (higher first).
    """

    task: int
    entry_script: str = ""
    snapshot: str = ""
    name: str = ""
    description: str = ""
    node: str = ""
    time_limit: int | None = None
    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    pairs: Sequence[Sequence[str]] = ()
    exclude: Sequence[str] = ()
    without: Sequence[Mapping[str, Any]] = ()
    repeats: int = 1
    seed_parameter: str | None = None
    sample: int | None = None
    sample_seed: int = 0
    at_once: int | None = None
    stop_after: int | None = None
    priority: int = 0

    # JSON: the plain form from which the others are made; what has its default is left out.

    def as_json(self) -> dict[str, Any]:
        plain, default = _plain(vars(self)), _plain(vars(RunSpec(task=0)))
        return {name: value for name, value in plain.items() if value != default[name]}

    @classmethod
    def from_json(cls, data: Any) -> "RunSpec":
        """Raises RunSpecError with every mistake in one message."""
        if not isinstance(data, Mapping):
            raise RunSpecError(f"A mapping with the key task was expected, but {_kind(data)} was found.")
        problems = [_sentence(error) for error in VALIDATOR.iter_errors(data)]
        problems += [
            f"{name} contains something other than numbers, text, lists and mappings."
            for name, value in data.items()
            if not _storable(value)
        ]
        if problems:
            raise RunSpecError(" ".join(dict.fromkeys(problems)))
        return cls(**data)

    # YAML

    def as_yaml(self) -> str:
        return yaml.dump(self.as_json(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)

    @classmethod
    def from_yaml(cls, text: str) -> "RunSpec":
        if len(text) > 1_000_000:
            raise RunSpecError("A Run's specification has at most 1,000,000 characters.")
        try:
            data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            if isinstance(error, RunSpecError):
                raise
            mark = getattr(error, "problem_mark", None)
            where = "" if mark is None else f" at line {mark.line + 1}, column {mark.column + 1}"
            raise RunSpecError(f"This is not valid YAML{where}.") from error
        return cls.from_json(data)

    # URL: `?task=1&v.lr=[0.1,0.01]`; every value is JSON, except plain texts.

    def as_query(self) -> str:
        data = self.as_json()
        values = data.pop("values", {})
        pairs = [(key, value if isinstance(value, str) else to_json(value)) for key, value in data.items()]
        pairs += [(VALUE_PREFIX + name, to_json(choices)) for name, choices in values.items()]
        return urlencode(pairs)

    @classmethod
    def from_query(cls, query: str) -> "RunSpec":
        data: dict[str, Any] = {}
        values: dict[str, Any] = {}
        said: set[str] = set()
        hints = type_hints()
        for key, text in parse_qsl(query, keep_blank_values=True):
            if key in said:
                raise RunSpecError(f"{key} occurs twice in the address.")
            said.add(key)
            if key.startswith(VALUE_PREFIX):
                values[key.removeprefix(VALUE_PREFIX)] = from_json_text(key, text)
            elif key == "values":
                raise RunSpecError(
                    f"The values of a parameter are written in an address as {VALUE_PREFIX}NAME=[…]."
                )
            elif hints.get(key) in (str, str | None):
                data[key] = text
            elif key in hints:
                data[key] = from_json_text(key, text)
        return cls.from_json({**data, "values": values})


@cache
def type_hints() -> dict[str, Any]:
    """The type of each part of a specification."""
    return get_type_hints(RunSpec)


class _Loader(yaml.SafeLoader):
    """Refuses aliases, and a key that stands twice, of which others would silently take the last."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise RunSpecError("A Run's specification is read without aliases (*name).")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        found = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in found:
                raise RunSpecError(
                    f"The key {key.value} occurs twice, again in line {key.start_mark.line + 1}."
                )
            found.add(key.value if isinstance(key, yaml.ScalarNode) else None)
        return super().construct_mapping(node, deep=deep)


class _Dumper(yaml.SafeDumper):
    """Writes texts with unusual blanks in double quotes: PyYAML's other styles fold U+0085 and lose it."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    unusual = not text.replace("\n", "").isprintable()
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if unusual else None)


_Dumper.add_representer(str, _represent_text)


def _plain(value: Any) -> Any:
    """Tuples as lists and mappings as dicts, all the way down."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is not a number that a Run accepts")


DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def from_json_text(key: str, text: str) -> Any:
    try:
        return DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise RunSpecError(f"{key} was expected as JSON, but is {text[:200]!r}.") from error


def _kind(value: Any) -> str:
    names = {dict: "a mapping", str: "a text", bool: "true or false", type(None): "null"}
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    return names.get(type(value), repr(value)[:100])


# Mistakes that the schema finds, as sentences


def _is_whole(_: Any, value: Any) -> bool:
    """JSON Schema takes 1.0 for an integer; a specification tells them apart."""
    return isinstance(value, int) and not isinstance(value, bool)


SCHEMA = json.loads(Path(__file__).with_name("runspec.schema.json").read_text(encoding="utf-8"))
TYPES = Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole).redefine(
    "array", lambda _, value: isinstance(value, list | tuple)
)
VALIDATOR = validators.extend(Draft202012Validator, type_checker=TYPES)(SCHEMA)  # type: ignore[no-untyped-call] # no stub


def _sentence(error: ValidationError) -> str:
    """What was expected, what was found, and where."""
    schema: Any = error.schema
    instance: Any = error.instance
    if error.validator == "required":
        return "The key task is missing: the number of the Task to run."
    if error.validator == "additionalProperties":
        unknown = [repr(key) for key in instance if key not in schema["properties"]]
        noun = "is not a key" if len(unknown) == 1 else "are not keys"
        return f"{', '.join(unknown)} {noun} of a Run's specification."
    if "propertyNames" in error.schema_path:
        return f"{error.path[0]} names a parameter {instance!r}; a name has one character or more."
    return f"{_place(error.path)} must be {_expected(schema)}, but is {_kind(instance)}."


def _place(path: Sequence[str | int]) -> str:
    """`repeats`, `values of lr`, `pairs, item 2`."""
    key, *inner = path
    parts = [f", item {step + 1}" if isinstance(step, int) else f" of {step}" for step in inner]
    return f"{key}{''.join(parts)}"


def _expected(schema: Mapping[str, Any]) -> str:
    if "title" in schema:
        return f"a {schema['title']}"
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    words = {"integer": "a whole number", "string": "a text", "null": "null"}
    least = f" of {schema['minimum']} or more" if "minimum" in schema else ""
    return " or ".join(words[kind] + (least if kind == "integer" else "") for kind in kinds)


def _storable(value: Any) -> bool:
    """Whether a value can be stored: finite numbers, and texts without NUL and lone surrogates."""
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(isinstance(k, str) and _storable(k) and _storable(v) for k, v in value.items())
    if isinstance(value, list | tuple):
        return all(map(_storable, value))
    return value is None or isinstance(value, int)
