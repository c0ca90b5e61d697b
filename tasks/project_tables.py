"""What pyproject.toml and the `# /// script` block of a script say of an environment. Knows no disk.

Sources: the specifications "pyproject.toml" and "Inline script metadata" (PEP 723) of packaging.python.org,
and what uv's documentation says of `tool.uv.package`.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import takewhile
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import VERSION_PATTERN

MOST_CHARACTERS = 1_000_000
EXAMPLES = {"name": '"my-project"', "version": '"1.0"'}
NAME = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.IGNORECASE | re.ASCII)
VERSION = re.compile(VERSION_PATTERN, re.VERBOSE | re.IGNORECASE)
OPENS, CLOSES = "# /// script", "# ///"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What a file lists: `dependencies` as requirements lines, `python` as a version specifier.

    `problem` says in a sentence why it cannot be used. `table` is the content as TOML has it, and `text` that
    of a script's block.
    """

    dependencies: tuple[str, ...] = ()
    python: str = ""
    problem: str = ""
    table: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""

    @cached_property
    def is_package(self) -> bool:
        """Whether the project itself is to be installed: it has a build system, unless it says otherwise."""
        tool = _table(self.table, "tool")
        for said in (_table(tool, "uv").get("package"), _table(tool, "poetry").get("package-mode")):
            if isinstance(said, bool):
                return said
        return "build-system" in self.table

    @cached_property
    def has_environment(self) -> bool:
        """Whether something is to be installed; a file that only configures tools lists nothing."""
        return "project" in self.table and (bool(self.dependencies) or self.is_package)


def project(text: str) -> Listed:
    """What a pyproject.toml lists."""
    try:
        table = _parse(text)
    except ValueError as error:
        return Listed(problem=f"pyproject.toml cannot be read: {error}.")
    found = _listed(table, _table(table, "project"), "pyproject.toml: [project].")
    return replace(found, problem=found.problem or _unnamed(found)) if found.has_environment else found


def _unnamed(listed: Listed) -> str:
    """What is wrong with the name and version, without which installers read no project; in a sentence."""
    project = _table(listed.table, "project")
    dynamic = project.get("dynamic")
    is_dynamic = isinstance(dynamic, list) and "version" in dynamic
    expected = {
        "name": (NAME, "letters, digits, -, _ and . as in my-project"),
        "version": (VERSION, "a version such as 1.0"),
    }
    for key, (pattern, what) in expected.items():
        value = project.get(key)
        if value is None and not (key == "version" and is_dynamic):
            return f"pyproject.toml: [project] has no {key}. Add {key} = {EXAMPLES[key]}."
        if value is not None and not (isinstance(value, str) and pattern.fullmatch(value.strip())):
            return f"pyproject.toml: [project].{key} must be {what}, but is {str(value)[:100]!r}."
    return ""


def script(text: str, *, name: str) -> Listed | None:
    """What the block of a script lists; None without one."""
    lines = [line.rstrip() for line in text.splitlines()]
    starts = [number for number, line in enumerate(lines) if line == OPENS]
    if not starts:
        return None
    if len(starts) > 1:
        numbers = " and ".join(str(number + 1) for number in starts)
        return Listed(problem=f"{name} has a block `{OPENS}` in lines {numbers}; expected one.")
    comments = _comments(lines[starts[0] + 1 :])
    content = _block(comments)
    if content is None:
        other = starts[0] + len(comments) + 2
        found = f", but line {other} is another" if other <= len(lines) else ""
        return Listed(
            problem=f"{name}:{starts[0] + 1}: the block `{OPENS}` has no end: expected lines that begin with "
            f"`# `, and then a line `{CLOSES}`{found}."
        )
    try:
        table = _parse(content)
    except ValueError as error:
        return Listed(problem=f"The block `{OPENS}` of {name} cannot be read: {error}.")
    return replace(_listed(table, table, f"{name}: "), text=content)


def _comments(lines: Sequence[str]) -> list[str]:
    """Those at the beginning that may belong to a block."""
    return list(takewhile(lambda line: line == "#" or line.startswith("# "), lines))


def _block(comments: Sequence[str]) -> str | None:
    """The content of a block whose first line was taken off; it ends with the last closing line."""
    ends = [number for number, line in enumerate(comments) if line == CLOSES]
    return "\n".join(line[2:] for line in comments[: ends[-1]]) if ends else None


def _listed(table: Mapping[str, Any], values: Mapping[str, Any], where: str) -> Listed:
    dependencies, python = values.get("dependencies", []), values.get("requires-python", "")
    problem = ""
    if not isinstance(dependencies, list) or not all(isinstance(one, str) for one in dependencies):
        problem = f'{where}dependencies must be a list of texts such as ["numpy>=1.26"].'
    elif not isinstance(python, str):
        problem = f'{where}requires-python must be a text such as ">=3.11", but is {str(python)[:100]}.'
    if problem:
        return Listed(problem=problem, table=table)
    found = Listed(dependencies=tuple(dependencies), python=python.strip(), table=table)
    return replace(found, problem=_mistake(found, where) if dependencies or found.is_package else "")


def _mistake(listed: Listed, where: str) -> str:
    """What installers would not read, in a sentence."""
    for text in listed.dependencies:
        try:
            Requirement(text)
        except InvalidRequirement:
            return (
                f'{where}dependencies: {text[:100]!r} is no dependency; expected for example "numpy>=1.26".'
            )
    try:
        SpecifierSet(listed.python)
    except InvalidSpecifier:
        return f'{where}requires-python must be a text such as ">=3.11,<4", but is {listed.python[:100]!r}.'
    return ""


def _parse(text: str) -> dict[str, Any]:
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"it has more than {MOST_CHARACTERS:,} characters")
    if "\ufffd" in text or "\0" in text:
        raise ValueError("it must be saved as UTF-8")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = table.get(key)
    return found if isinstance(found, dict) else {}
