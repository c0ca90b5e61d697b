"""environment.yml as a value: channels, dependencies, pip lines, variables. Knows no Conda and no disk."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tasks.taskyaml.tree import read_tree

# What YAML 1.1 would make of a text, such as a number or a date: `variables` keep the text.
VARIABLES = "variables"
# What Conda reads of a file.
KEYS = {"name", "channels", "dependencies", "prefix", "category", "platforms", VARIABLES}


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
    tree = read_tree(text)
    found = [f"{filename}:{p.line}:{p.column}: {p.message}." for p in tree.problems if p.severity == "error"]
    if not found and tree.root is not None:
        found = [f"{filename}:{message}." for message in repeated(tree.root)]
    if found:
        raise CondaFileError(" ".join(found))
    data = None if tree.root is None else _value(tree.root)
    if not isinstance(data, Mapping):
        raise CondaFileError(f"{filename} must be a mapping with the key dependencies, but is {_kind(data)}.")
    problems = _misplaced(data)
    channels = _texts("channels", data.get("channels"), problems)
    dependencies, pip = _dependencies(data.get("dependencies"), problems)
    result = CondaFile(
        name=str(data.get("name") or ""),
        channels=channels,
        dependencies=dependencies,
        pip=pip,
        variables=_variables(data.get(VARIABLES), problems),
    )
    if problems:
        raise CondaFileError(f"{filename}: " + " ".join(problems))
    return result


def _misplaced(data: Mapping[str, Any]) -> list[str]:
    """Keys beside which nothing would be installed, though they say what is to be."""
    if "pip" in data:
        return ["pip is a key of its own, which Conda ignores: write it as an item of dependencies (- pip:)."]
    unknown = [key for key in data if key not in KEYS]
    if "dependencies" in data or not unknown:
        return []
    return [f"There is no key dependencies, and {', '.join(unknown)} is none that Conda reads."]


def repeated(node: yaml.Node) -> Iterator[str]:
    """Where a key stands a second time in the same mapping, of which YAML would keep the last."""
    if isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            name = str(key.value)
            if name in first:
                yield f"{line}: the key {name} is repeated here, first on line {first[name]}"
            first.setdefault(name, line)
            yield from repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from repeated(item)


def _value(node: yaml.Node, *, as_written: bool = False) -> Any:
    """What a node stands for; with `as_written` its scalars are texts."""
    if isinstance(node, yaml.MappingNode):
        return {
            str(key.value): _value(value, as_written=as_written or key.value == VARIABLES)
            for key, value in node.value
        }
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, as_written=as_written) for item in node.value]
    if as_written and isinstance(node, yaml.ScalarNode) and (node.value or node.style is not None):
        return node.value
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node)
    except (yaml.YAMLError, ValueError, OverflowError):
        return node.value
    finally:
        loader.dispose()


def _kind(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "a text", type(None): "empty"}
    return names.get(type(value), repr(value)[:100])


def _texts(key: str, value: Any, problems: list[str]) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        problems.append(f"{key} must be a list, with each item after `- `, but is {_kind(value)}.")
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
        if not isinstance(text, str) or "\x00" in text:
            problems.append(f"The variable {name} must be text, but is {_kind(text)}.")
    return {str(name): str(text) for name, text in value.items()}
