"""Digests of what an environment is built from inside a Task: wheels, folders of wheels, projects. No Django.

A wrong reuse is worse than a build too many. Of a project everything counts, since any file may be packaged,
imported or read while it is built; only what is certainly none of that is left out.
"""

import hashlib
import os
from pathlib import Path

from coretex_site.lib import filetree
from runs.runtimes.requirement_files import ARCHIVES, Lists

# Texts for people in a project's root, which a build reads only where one of BUILD_FILES names them.
FOR_PEOPLE = (".md", ".rst")
TASK_FILE = "task.yaml"
BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in")


def digests(folder: Path, lists: Lists) -> list[tuple[str, str]]:
    """(path, digest) of all that the lists install from `folder`, sorted."""
    found = {
        path: _digest(folder / path, editable=path in lists.editable)
        for path in (*lists.local, *lists.editable)
    }
    found |= {f"{path}/*": _wheelhouse(folder / path) for path in lists.wheelhouses}
    return sorted(found.items())


def project(folder: Path, *, editable: bool = False) -> str:
    """The digest of a project's files, without what its build certainly does not read."""
    named = "\n".join(filetree.read_text(folder, name) for name in BUILD_FILES)
    total = hashlib.sha256()
    for file in filetree.walk(folder):
        if _is_read(file.path, named, editable=editable):
            total.update(
                f"{filetree.file_digest(folder / file.path)} {file.executable} {file.path}\n".encode()
            )
    return total.hexdigest()


def _is_read(path: str, named: str, *, editable: bool) -> bool:
    if "/" in path or path in named:
        return True
    # An editable project is imported from the whole of its folder, where code may look for files beside it.
    if path == TASK_FILE:
        return editable or "*.yaml" in named or "*.*" in named
    suffix = os.path.splitext(path)[1].lower()
    return suffix not in FOR_PEOPLE or f"*{suffix}" in named or "*.*" in named


def _digest(path: Path, *, editable: bool) -> str:
    return project(path, editable=editable) if path.is_dir() else filetree.file_digest(path)


def _wheelhouse(path: Path) -> str:
    if not path.is_dir():
        return filetree.file_digest(path)
    names = sorted(name for name in os.listdir(path) if name.lower().endswith(ARCHIVES))
    return "\n".join(f"{name} {filetree.file_digest(path / name)}" for name in names)
