"""Digests of what an environment is built from inside a Task: wheels, folders of wheels, projects. No Django.

A wrong reuse is worse than a build too many. Of a project everything counts, since any file may be packaged,
imported or read while it is built; only what is certainly none of that is left out.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from coretex_site.lib import filetree
from runs.runtimes.requirement_files import ARCHIVES, Lists

# Texts for people in a project's root, which a build reads only where one of BUILD_FILES names them.
FOR_PEOPLE = (".md", ".rst")
TASK_FILE = "task.yaml"
BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in")


@dataclass(frozen=True, kw_only=True)
class LocalInputs:
    """The files of a Task in `folder`; `known` are SHA-256 digests by path, which are not computed again."""

    folder: Path
    known: Mapping[str, str]

    def digests(self, lists: Lists) -> list[tuple[str, str]]:
        """(path, digest) of all that the lists install from the Task, sorted."""
        found = {path: self._installed(path, editable=False) for path in lists.local}
        found |= {path: self._installed(path, editable=True) for path in lists.editable}
        found |= {f"{path}/*": self._wheelhouse(path) for path in lists.wheelhouses}
        return sorted(found.items())

    def project(self, path: str = ".", *, editable: bool = False) -> str:
        """The digest of a project's files, without what its build certainly does not read."""
        root = self.folder / path
        named = "\n".join(filetree.read_text(root, name) for name in BUILD_FILES)
        total = hashlib.sha256()
        for file in filetree.walk(root):
            if _is_read(file.path, named, editable=editable):
                digest = self._digest(os.path.normpath(os.path.join(path, file.path)))
                total.update(f"{digest} {file.executable} {file.path}\n".encode("utf-8", "surrogateescape"))
        return total.hexdigest()

    def _installed(self, path: str, *, editable: bool) -> str:
        is_folder = (self.folder / path).is_dir()
        return self.project(path, editable=editable) if is_folder else self._digest(path)

    def _wheelhouse(self, path: str) -> str:
        if not (self.folder / path).is_dir():
            return self._digest(path)
        names = sorted(name for name in os.listdir(self.folder / path) if name.lower().endswith(ARCHIVES))
        return "\n".join(f"{name} {self._digest(os.path.join(path, name))}" for name in names)

    def _digest(self, path: str) -> str:
        return self.known.get(path) or filetree.file_digest(self.folder / path)


def _is_read(path: str, named: str, *, editable: bool) -> bool:
    if "/" in path or path in named:
        return True
    # An editable project is imported from the whole of its folder, where code may look for files beside it.
    if path == TASK_FILE:
        return editable or "*.yaml" in named or "*.*" in named
    suffix = os.path.splitext(path)[1].lower()
    return suffix not in FOR_PEOPLE or f"*{suffix}" in named or "*.*" in named
