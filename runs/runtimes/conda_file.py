"""environment.yml as a value: channels, dependencies, pip lines, variables. Knows no Conda and no disk."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

MOST_CHARACTERS = 1_000_000


class CondaFileError(ValueError):
    """An environment.yml that cannot be used; the message names every mistake in it."""


@dataclass(frozen=True, kw_only=True)
class CondaFile:
    """What an environment.yml asks for. `prefix`, which names a folder of its author's machine, is not kept.

    `dependencies`: match specs such as `numpy=1.26`, `conda-forge::r-base>=4`. `pip`: the lines of its pip
    section, which may be `-r requirements.txt`. `variables`: environment variables for the script.
    """

    name: str = ""
    channels: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    pip: tuple[str, ...] = ()
    variables: Mapping[str, str]


def parse(text: str, *, filename: str = "environment.yml") -> CondaFile:
    """Reads an environment.yml. Raises CondaFileError with all mistakes, each saying what was expected."""
    if len(text) > MOST_CHARACTERS:
        raise CondaFileError(f"{filename} has more than {MOST_CHARACTERS:,} characters.")
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise CondaFileError(f"{filename} is read without YAML aliases (*name); write the value out.")
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, CondaFileError):
            raise
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f":{mark.line + 1}:{mark.column + 1}"
        reason = getattr(error, "problem", None) or "it cannot be read"
        raise CondaFileError(f"{filename}{where}: this is not valid YAML: {reason}.") from error
    if not isinstance(data, Mapping):
        raise CondaFileError(f"{filename} must be a mapping with the key dependencies, but is {_kind(data)}.")
    problems: list[str] = []
    channels = _texts("channels", data.get("channels"), problems)
    dependencies, pip = _dependencies(data.get("dependencies"), problems)
    result = CondaFile(
        name=str(data.get("name") or ""),
        channels=channels,
        dependencies=dependencies,
        pip=pip,
        variables=_variables(data.get("variables"), problems),
    )
    if problems:
        raise CondaFileError(f"{filename}: " + " ".join(problems))
    return result


def _kind(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "a text", type(None): "empty"}
    return names.get(type(value), repr(value)[:100])


def _texts(key: str, value: Any, problems: list[str]) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        problems.append(f"{key} must be a list, but is {_kind(value)}.")
        return ()
    for item in value:
        if not isinstance(item, str) or not item.strip():
            problems.append(f"Each item of {key} must be text, but one is {_kind(item)}.")
    return tuple(item.strip() for item in value if isinstance(item, str) and item.strip())


def _dependencies(value: Any, problems: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The match specs, and the lines of the pip section."""
    if value is not None and not isinstance(value, list):
        problems.append(f"dependencies must be a list, but is {_kind(value)}.")
        return (), ()
    pip: list[str] = []
    specs: list[Any] = []
    for item in value or []:
        if isinstance(item, Mapping):
            unknown = [str(key) for key in item if key != "pip"]
            if unknown:
                problems.append(
                    f"dependencies holds a section {', '.join(unknown)}; only pip may be one "
                    "(a version is written name=1.2, not name: 1.2)."
                )
            pip += _texts("the pip section", item.get("pip"), problems)
        else:
            specs.append(item)
    return _texts("dependencies", specs, problems), tuple(pip)


def _variables(value: Any, problems: list[str]) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        problems.append(f"variables must be a mapping of names to text, but is {_kind(value)}.")
        return {}
    for name, text in value.items():
        if not isinstance(name, str) or not name or "=" in name or "\x00" in name:
            problems.append(f"variables names {name!r}, which is not a valid variable name.")
        if not isinstance(text, str | int | float) or isinstance(text, bool) or "\x00" in str(text):
            problems.append(f"The variable {name} must be text, but is {_kind(text)}.")
    return {str(name): str(text) for name, text in value.items()}
