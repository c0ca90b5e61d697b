"""What an environment is to be built from, and the key that names it. Knows no Django and no data folder."""

import hashlib
import json
import os
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from runs.runtimes import interpreters
from runs.runtimes.conda_file import CondaFile, CondaFileError, parse
from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.interpreters import Interpreter
from tasks import runtime

# Part of every key: raised when environments are built in another way.
FORMAT = 3
REFERENCE = re.compile(r"^\s*(?:(?:-r|-c)\s*|--requirement[\s=]+|--constraint[\s=]+)(\S+)")
# A line that names something on disk: what is there belongs to the content, too.
LOCAL = re.compile(
    r"^\s*(?:-e\b|--editable\b|-f\b|--find-links\b|\.|/|file:)|@\s*(?:file:|\.)|^[^:#]*\.(?:whl|tar\.gz|zip)\s*(?:[;#]|$)"
)
# What executes a notebook, and is added to the environment of one.
NOTEBOOK = ("nbclient", "ipykernel")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an environment is to be built from; `key` names it.

    `files` are the lists that count, with their texts; `base` is the interpreter that makes a venv, or what
    environment.yml asks for. `file` is empty for a plain one. `lock` are the exact packages of an earlier
    environment, one a line, which are to be installed again; `extras` come on top of the files.
    """

    kind: Literal["plain", "venv", "conda"]
    file: str
    sentence: str
    key: str
    is_local: bool
    uses_git: bool = False
    files: Mapping[str, str]
    base: Interpreter | CondaFile
    extras: tuple[str, ...] = ()
    lock: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        return self.key[:12]


def want(folder: Path, *, tree: str, notebook: bool = False, lock: str = "") -> Wanted:
    """What the files in `folder` ask for. Raises EnvironmentFailure when that cannot be read or had here."""
    found = runtime.find_runtime(
        os.listdir(folder), platform="darwin" if sys.platform == "darwin" else "linux"
    )
    files = {} if found.file is None else {found.file: _text(folder / found.file)}
    conda_name = found.file if found.kind == "conda" else None
    base: Interpreter | CondaFile
    if conda_name is not None:
        try:
            base = parse(files[conda_name], filename=conda_name)
        except CondaFileError as error:
            raise EnvironmentFailure(str(error)) from error
        lines = list(base.pip)
        files |= dict(_contents(folder, _references(lines)))
    else:
        base = interpreters.choose(folder)
        files |= dict(_contents(folder, [found.file] if found.file else []))
        lines = []
    lines += [line for name, text in files.items() if name != conda_name for line in text.splitlines()]
    is_local = any(LOCAL.search(line) for line in lines)
    extras = NOTEBOOK if notebook else ()
    locked = tuple(line.strip() for line in lock.splitlines() if line.strip())
    python = "" if conda_name is not None else str(base)
    content = [FORMAT, found.kind, files, python, sysconfig.get_platform(), extras, locked]
    text = json.dumps([*content, tree if is_local else ""], sort_keys=True)
    return Wanted(
        kind=found.kind,
        file=found.file or "",
        sentence=found.sentence,
        key=hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:40],
        is_local=is_local,
        uses_git=any("git+" in line.split("#")[0] for line in lines),
        files=files,
        base=base,
        extras=extras,
        lock=locked,
    )


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise EnvironmentFailure(f"{path.name} cannot be read: {error.strerror}.") from error


def _references(lines: Iterable[str]) -> list[str]:
    found = (REFERENCE.match(line) for line in lines)
    return [match[1] for match in found if match is not None]


def _contents(folder: Path, names: list[str]) -> Iterator[tuple[str, str]]:
    """The texts of requirements files, and of those in the same folder that they refer to."""
    seen, open_ = set(), list(names)
    while open_:
        current = os.path.normpath(open_.pop())
        path = folder / current
        if current in seen or current.startswith(("..", "/")) or not path.is_file():
            continue
        seen.add(current)
        text = _text(path)
        yield current, text
        beside = os.path.dirname(current)
        open_ += [os.path.join(beside, name) for name in _references(text.splitlines())]
