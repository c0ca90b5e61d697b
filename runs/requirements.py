"""What an environment is to be built from, and the key that names it. Knows no Django and no data folder."""

import hashlib
import json
import os
import re
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tasks import runtime

# Part of every key: raised when environments are built in another way.
FORMAT = 1
REFERENCE = re.compile(r"^\s*(?:-r|--requirement|-c|--constraint)[\s=]+(\S+)")
# A line that names something on disk: what is there belongs to the content, too.
LOCAL = re.compile(
    r"^\s*(?:-e\b|--editable\b|-f\b|--find-links\b|\.|/|file:)|@\s*(?:file:|\.)|^[^:#]*\.(?:whl|tar\.gz|zip)\s*(?:[;#]|$)"
)


class EnvironmentFailure(ValueError):
    """An environment that cannot be built; the message is a sentence, the details are in the console."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an environment is to be built from; `key` names it."""

    kind: Literal["plain", "venv"]
    file: str | None
    key: str
    is_local: bool

    @property
    def short(self) -> str:
        return self.key[:12]


def want(folder: Path, *, tree: str) -> Wanted:
    """What the files in `folder` ask for."""
    found = runtime.find_runtime(
        os.listdir(folder), platform="darwin" if sys.platform == "darwin" else "linux"
    )
    if found.kind == "conda":
        raise EnvironmentFailure(
            f"This Task asks for Conda ({found.file}), which this server cannot build environments with yet. "
            f"List the packages in {runtime.VENV_FILE} and remove {found.file} to run it here."
        )
    files = {} if found.file is None else dict(_contents(folder, found.file))
    is_local = any(LOCAL.search(line) for text in files.values() for line in text.splitlines())
    content = [FORMAT, found.kind, files, base_interpreter(), sys.version, sysconfig.get_platform()]
    text = json.dumps([*content, tree if is_local else ""], sort_keys=True)
    key = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:40]
    return Wanted(kind=found.kind, file=found.file, key=key, is_local=is_local)


def base_interpreter() -> str:
    """The Python that environments are made of: the server's, never the one of its own environment."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def _contents(folder: Path, name: str) -> Iterator[tuple[str, str]]:
    """The text of a requirements file, and of those in the same folder that it refers to."""
    seen, open_ = set(), [name]
    while open_:
        current = os.path.normpath(open_.pop())
        path = folder / current
        if current in seen or current.startswith(("..", "/")) or not path.is_file():
            continue
        seen.add(current)
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        yield current, text
        beside = os.path.dirname(current)
        references = (REFERENCE.match(line) for line in text.splitlines())
        open_ += [os.path.join(beside, match[1]) for match in references if match is not None]
