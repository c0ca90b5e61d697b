"""The command line as a notation of RunSpec: `run 1 --set lr=0.1,0.01 --set 'layers=[64,64]' --pair a,b`."""

import shlex
from collections.abc import Iterable, Mapping
from optparse import OptionParser, Values
from typing import Any, NoReturn

from runs.runspec import DECODER, SCHEMA, RunSpec, RunSpecError, from_json_text, to_json, type_hints
from tasks.forms import multi_values, ranges
from tasks.types.declarations import Parameter

# Options that may be given several times, each with one item of the list.
OPTION_OF = {"pairs": "--pair", "exclude": "--exclude", "without": "--without"}
OPTION_KEYS = [key for key in SCHEMA["properties"] if key not in ("task", "values")]
EXAMPLES = {"pairs": "A,B", "exclude": "'batch = 64 and size > 512'", "without": '{"batch":64,"size":1024}'}
# What is written without quotes is a text for these, even if it looks like a number.
WORDS = ("str", "enum", "aws_secret", "git_secret", "credentials_secret")
# The parameters of which a word such as `1..10 step 2` can be meant as nothing else.
SPACED = ("int", "float", "range")


def as_arguments(spec: RunSpec) -> list[str]:
    """The arguments of the `run` command that stand for `spec`."""
    data = spec.as_json()
    arguments = [str(data.pop("task"))]
    for name, choices in data.pop("values", {}).items():
        arguments += ["--set", f"{_name_text(name)}={','.join(_value_text(v) for v in choices)}"]
    for key, value in data.items():
        for item in value if isinstance(value, list) else [value]:
            text = item if isinstance(item, str) else to_json(item)
            arguments.append(f"{option_of(key)}={text}")
    return arguments


def as_command(spec: RunSpec) -> str:
    """The whole command, to be pasted into a shell."""
    return "python3 manage.py run " + shlex.join(as_arguments(spec))


def option_of(key: str) -> str:
    """The option for this part of a specification."""
    return OPTION_OF.get(key, "--" + key.replace("_", "-"))


class Parser(OptionParser):
    """The options of the `run` command that make a specification; a mistake is a RunSpecError.

    Of optparse, with which the word after an option is its value, even if it begins with a dash.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.add_option("--set", action="append", metavar="NAME=VALUE,VALUE", help="Values of a parameter.")
        for key in OPTION_KEYS:
            self.add_option(
                option_of(key),
                dest=key,
                action="append" if key in OPTION_OF else "store",
                metavar=EXAMPLES.get(key),
                help=SCHEMA["properties"][key]["description"],
            )

    def error(self, msg: str) -> NoReturn:
        raise RunSpecError(f"{msg[0].upper()}{msg[1:]}. See --help.")


def from_options(options: Values, task: int, declared: Mapping[str, Parameter]) -> RunSpec:
    """The specification that the options of a Parser make for a Task.

    Values are JSON where they look like it and plain words otherwise; those of `declared` parameters of a
    type in WORDS stay words as they were typed unless they are quoted; `null` is no value. Words such as
    `1..10 step 2` are read as the form reads them for numbers and ranges.
    """
    values: dict[str, list[Any]] = {}
    for text in options.set or ():
        name, choices = _read_set(text, declared)
        if name in values:
            raise RunSpecError(f"The parameter {name} is set twice.")
        values[name] = choices
    data: dict[str, Any] = {"task": task, "values": values}
    for key in OPTION_KEYS:
        given = getattr(options, key)
        if given is not None:
            data[key] = [_read(key, text) for text in given] if key in OPTION_OF else _read(key, given)
    return RunSpec.from_json(data)


def _read(key: str, text: str) -> Any:
    """What was typed after the option of `key`."""
    if key == "pairs" and not text.startswith("["):
        return [name.strip() for name in text.split(",")]
    if key == "exclude" or type_hints()[key] in (str, str | None):
        return text
    return from_json_text(option_of(key), text)


# `name=value,value` on the command line


def _name_text(name: str) -> str:
    """A parameter's name as is, or as a JSON text when it could be misread."""
    plain = name and "=" not in name and not name.startswith('"')
    return name if plain else to_json(name)


def _value_text(value: Any) -> str:
    """A value as JSON; a text without its quotes when it cannot be taken for anything else."""
    if (
        isinstance(value, str)
        and value
        and value[0].isalpha()
        and "," not in value
        and value == value.strip()
    ):
        try:
            DECODER.decode(value)
        except ValueError:
            return value
    return to_json(value)


def _read_set(text: str, declared: Mapping[str, Parameter]) -> tuple[str, list[Any]]:
    if text.startswith('"'):
        try:
            name, end = DECODER.raw_decode(text)
        except ValueError as error:
            raise RunSpecError(
                f"--set {text!r} begins with a quoted name without a closing quote."
            ) from error
        assigned, rest = text[end : end + 1], text[end + 1 :]
    else:
        name, assigned, rest = text.partition("=")
    if assigned != "=":
        raise RunSpecError(f"--set must have the form NAME=VALUE or NAME=VALUE,VALUE, but is {text!r}.")
    parameter = declared.get(name)
    found: list[Any] = []
    for value, is_word in _read_values(rest, as_words=parameter is not None and parameter.data_type in WORDS):
        if is_word and parameter and parameter.data_type in SPACED and ranges.looks_spaced(value):
            found += _spaced(value, parameter)
        else:
            found.append(None if is_word and value == "null" else value)
    return name, found


def _spaced(word: str, parameter: Parameter) -> list[Any]:
    """What `1..10 step 2` stands for, as the form reads it."""
    several = multi_values.read(parameter, word, check=lambda _: None)
    if several.errors:
        raise RunSpecError(f"{parameter.name}: {'; '.join(several.errors)}.")
    return several.values


def _read_values(text: str, *, as_words: bool) -> Iterable[tuple[Any, bool]]:
    """(value, whether it is a word) of all between commas: JSON where it is, else the word up to the next."""
    position = 0
    while True:
        while text[position : position + 1].isspace():
            position += 1
        value, is_word, end = _one_value(text, position, as_words=as_words)
        yield value, is_word
        if end >= len(text):
            return
        position = end + 1


def _one_value(text: str, start: int, *, as_words: bool) -> tuple[Any, bool, int]:
    if not as_words or text[start : start + 1] == '"':
        try:
            value, end = DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            pass
        else:
            after = end + len(text[end:]) - len(text[end:].lstrip())
            if after >= len(text) or text[after] == ",":
                return value, False, after
    comma = text.find(",", start)
    end = len(text) if comma < 0 else comma
    return text[start:end].strip(), True, end
