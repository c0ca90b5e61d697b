"""The name and the description of a Task that its task.yaml gives, also when the rest of it has mistakes."""

import posixpath
from dataclasses import dataclass
from typing import Any

import yaml

from tasks.taskyaml.tree import MAX_BYTES
from tasks.types.wording import found

LONGEST_NAME = 100
LONGEST_DESCRIPTION = 1000


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What may be filled in for a new Task; `problem` says in a sentence why the name cannot.

    `cwd` is the folder in which scripts are started, relative to the root.
    """

    name: str = ""
    description: str = ""
    problem: str = ""
    cwd: str = "."


def heading(content: bytes) -> Heading:
    """What a task.yaml says of itself; empty where it says nothing, or nothing that can be used."""
    data = _read(content)
    name, description = data.get("name"), data.get("description")
    text = _printable(description) if isinstance(description, str) else ""
    if len(text) > LONGEST_DESCRIPTION:
        text = f"{text[: LONGEST_DESCRIPTION - 1]}…"
    problem = ""
    if name is not None and not isinstance(name, str):
        problem = f"The name in task.yaml must be a text, found {found(name)}. Give the Task a name."
    line = " ".join(_printable(name).split()) if isinstance(name, str) else ""
    if len(line) > LONGEST_NAME:
        problem = (
            f"The name in task.yaml has {len(line):,} characters; a Task's name has at most {LONGEST_NAME}. "
            "Give it a shorter one."
        )
    cwd = data.get("cwd")
    return Heading(
        name="" if problem else line,
        description=text.strip(),
        problem=problem,
        cwd=posixpath.normpath(cwd) if isinstance(cwd, str) and cwd else ".",
    )


def _read(content: bytes) -> dict[Any, Any]:
    try:
        data = yaml.safe_load(content.decode("utf-8-sig")) if len(content) <= MAX_BYTES else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable() or character in "\n\t ")
