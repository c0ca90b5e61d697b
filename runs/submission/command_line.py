"""The command line as a notation of RunSpec: `run 1 --set lr=0.1,0.01 --set 'layers=[64,64]' --pair a,b`."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runs.runspec import DECODER, SCHEMA, RunSpec, RunSpecError, from_json_text, to_json, type_hints
from tasks.forms import multi_values, ranges
from tasks.types.declarations import Parameter

# Options that may be given several times, each with one item of the list.
OPTION_OF = {"pairs": "--pair", "exclude": "--exclude", "without": "--without"}
# The parameters of which a word such as `1..10 step 2` can be meant as nothing else.
SPACED = ("int", "float", "range")


def as_arguments(spec: RunSpec) -> list[str]:
    """The arguments of the `run` command that stand for `spec`."""
    data = spec.as_json()
    arguments = [str(data.pop("task"))]
    for name, choices in data.pop("values", {}).items():
        arguments += ["--set", f"{_name_text(name)}={','.join(_value_text(v) for v in choices)}"]
    for key, value in data.items():
        option = OPTION_OF.get(key, "--" + key.replace("_", "-"))
        for item in value if isinstance(value, list) else [value]:
            text = item if isinstance(item, str) else to_json(item)
            # `--name=-x`: a value that begins with a dash is not another option.
            arguments.append(f"{option}={text}")
    return arguments


def as_command(spec: RunSpec) -> str:
    """The whole command, to be pasted into a shell."""
    return "python3 manage.py run " + shlex.join(as_arguments(spec))


def from_arguments(
    arguments: Sequence[str],
    *,
    texts: Iterable[str] = (),
    declared: Mapping[str, Parameter] | None = None,
) -> RunSpec:
    """Reads the arguments of the `run` command.

    Values are JSON where they look like it and plain words otherwise; those of the parameters named in
    `texts` (of type str) stay words as they were typed unless they are quoted; `null` is no value. Words
    such as `1..10 step 2` are read as the form reads them for numbers and ranges among `declared`.
    """
    data: dict[str, Any] = {}
    words = set(texts)
    key_of = {option: key for key, option in OPTION_OF.items()}
    rest = iter(arguments)
    for argument in rest:
        if not argument.startswith("--"):
            if "task" in data:
                raise RunSpecError(f"Expected one Task, but also found {argument!r}.")
            data["task"] = from_json_text("TASK", argument)
            continue
        option, has_value, text = argument.partition("=")
        if not has_value:
            following = next(rest, None)
            if following is None:
                raise RunSpecError(f"The option {option} needs a value.")
            text = following
        if option == "--set":
            name, choices = _read_set(text, words, declared or {})
            if name in data.setdefault("values", {}):
                raise RunSpecError(f"The parameter {name} is set twice.")
            data["values"][name] = choices
            continue
        key = key_of.get(option, option.removeprefix("--").replace("-", "_"))
        if key not in SCHEMA["properties"] or key in {"task", "values"}:
            raise RunSpecError(f"{option} is not an option of the run command.")
        hint = type_hints()[key]
        if key == "pairs" and not text.startswith("["):
            value: Any = [name.strip() for name in text.split(",")]
        else:
            value = text if hint in (str, str | None) or key == "exclude" else from_json_text(option, text)
        if key in OPTION_OF:
            data.setdefault(key, []).append(value)
        else:
            data[key] = value
    return RunSpec.from_json(data)


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


def _read_set(text: str, words: set[str], declared: Mapping[str, Parameter]) -> tuple[str, list[Any]]:
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
    spaced = parameter if parameter is not None and parameter.data_type in SPACED else None
    found: list[Any] = []
    for value, is_word in _read_values(rest, as_words=name in words):
        if is_word and spaced is not None and ranges.looks_spaced(value):
            found += _spaced(value, spaced)
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
