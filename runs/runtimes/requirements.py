"""What an environment is to be built from, and the key that names it. Knows no Django and no data folder."""

import hashlib
import json
import os
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from coretex_site.lib import filetree
from runs.runtimes import interpreters, requirement_files, uv_tables
from runs.runtimes.conda_file import CondaFile, CondaFileError, parse
from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.interpreters import Interpreter
from runs.runtimes.local_inputs import LocalInputs
from runs.runtimes.requirement_files import Lists
from runs.runtimes.requirement_lines import Line
from tasks import environment_files, runtime
from tasks.project_tables import Listed
from tasks.runtime import Runtime

# Part of every key: raised when environments are built in another way.
FORMAT = 4
# What executes a notebook, and is added to the environment of one.
NOTEBOOK = ("nbclient", "ipykernel")
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an environment is to be built from; `key` names it.

    `source` says how: from `lists`, or by uv from the script or project whose file is `file` and content
    `listed`, with `uv_lock` the text of uv.lock. `base` is the interpreter that makes a venv, or what
    environment.yml asks for. `file` is empty for a plain one. `lock` are the exact packages of an earlier
    environment, one a line, which are to be installed again; `extras` come on top of the files.
    `notice` is what every Execution is told.
    """

    kind: Literal["plain", "venv", "conda"]
    source: Literal["conda", "requirements", "script", "project", "none"]
    file: str
    sentence: str
    key: str
    lists: Lists
    base: Interpreter | CondaFile
    listed: Listed | None = None
    uv_lock: str | None = None
    extras: tuple[str, ...] = ()
    lock: tuple[str, ...] = ()
    needs_files: bool = False
    notice: str = ""

    @property
    def short(self) -> str:
        return self.key[:12]

    @property
    def uses_git(self) -> bool:
        listed = () if self.listed is None else self.listed.dependencies
        return (
            self.lists.uses_git or any("git+" in line for line in listed) or "git = " in (self.uv_lock or "")
        )

    @property
    def is_installed_from_files(self) -> bool:
        """Whether what it holds refers to files of the Task, which then have to stay."""
        return bool(self.lists.local or self.lists.editable) or (
            self.source != "requirements" and self.needs_files
        )


def want(
    folder: Path,
    *,
    entry: str = "",
    lock: str = "",
    variables: Mapping[str, str] = NOTHING,
    known: Mapping[str, str] = NOTHING,
) -> Wanted:
    """What the files in `folder` ask for, to run `entry`. `variables` may be named in lists of packages.

    `known` are SHA-256 digests of files, by path, which need not be computed again. Raises EnvironmentFailure
    when that cannot be read or had here.
    """
    inputs = LocalInputs(folder=folder, known=known)
    found = runtime.find_runtime(
        os.listdir(folder),
        platform=runtime.this_platform(),
        entry=entry,
        read=partial(filetree.read_text, folder),
    )
    if found.problem:
        raise EnvironmentFailure(found.problem)
    base: Interpreter | CondaFile
    base = _conda_file(folder, found.file) if found.kind == "conda" and found.file else _python(folder, found)
    lists = requirement_files.collect(folder, _lines(folder, found, base), variables=variables)
    listed = found.listed if found.source in {"script", "project"} else None
    uv_lock = None if listed is None or found.source != "project" else uv_tables.lock_of(folder, listed)
    needs_project = listed is not None and uv_tables.is_local(listed, uv_lock)
    extras = NOTEBOOK if entry.endswith(".ipynb") else ()
    locked = tuple(line.strip() for line in lock.splitlines() if line.strip())
    content = [
        [FORMAT, found.kind, found.source, sysconfig.get_platform(), extras, locked],
        _said(base),
        lists.content,
        inputs.digests(lists),
        None if listed is None else uv_tables.relevant(listed),
        uv_lock,
        inputs.project() if needs_project else "",
    ]
    text = json.dumps(content, sort_keys=True, default=str)
    return Wanted(
        kind=found.kind,
        source=found.source,
        file=found.file or "",
        sentence=found.sentence,
        key=hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:40],
        lists=lists,
        base=base,
        listed=listed,
        uv_lock=uv_lock,
        extras=extras,
        lock=locked,
        needs_files=needs_project or bool(lists.local or lists.editable or lists.wheelhouses),
        notice=_notice(folder, found),
    )


def _conda_file(folder: Path, name: str) -> CondaFile:
    try:
        return parse(requirement_files.text_of(folder / name, name), filename=name)
    except CondaFileError as error:
        raise EnvironmentFailure(str(error)) from error


def _python(folder: Path, found: Runtime) -> Interpreter:
    """The Python of a venv: the block of a script says it for that script."""
    python = found.listed.python if found.source == "script" and found.listed is not None else ""
    return interpreters.choose(folder, wanted=(python, found.file) if python and found.file else None)


def _lines(folder: Path, found: Runtime, base: Interpreter | CondaFile) -> list[Line]:
    """The lines that pip would read."""
    if isinstance(base, CondaFile):
        return [Line(text=text, file=found.file or "") for text in base.pip]
    if found.source != "requirements" or found.file is None:
        return []
    return list(requirement_files.read(folder, found.file))


def _said(base: Interpreter | CondaFile) -> list[Any]:
    if isinstance(base, Interpreter):
        return [str(base)]
    return [base.channels, base.dependencies, base.variables]


def _notice(folder: Path, found: Runtime) -> str:
    """What is said of files that look like lists of packages and are not read."""
    if found.kind != "plain":
        return ""
    files = environment_files.ignored(_near(folder), found)
    return f"Note: {files[0].sentence}" if files else ""


def _near(folder: Path) -> list[str]:
    """The paths in the root, and in folders in it, as far as they may be lists of packages."""
    found = []
    for name in os.listdir(folder):
        path = folder / name
        if name in filetree.IGNORED or path.is_symlink():
            continue
        found += [f"{name}/{below}" for below in os.listdir(path)] if path.is_dir() else [name]
    return found
