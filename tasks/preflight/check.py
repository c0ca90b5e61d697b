"""Reads the files of a Task and says what would go wrong when its scripts run. Knows no disk and runs nothing."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tasks.preflight import entries, installs, listed, opened, packages, r_code
from tasks.preflight.findings import Finding
from tasks.preflight.imports import imports_of
from tasks.preflight.packages import Installed
from tasks.proposals.code import Code, Unreadable, imported_with, read_code
from tasks.runtime import Runtime, find_runtime, interpreter_of

VERSION_FILE = ".python-version"
MOST = 30
_PYTHON = re.compile(r"\s*(?:cpython[-@]?|python)?3\.(\d{1,2})(?:\.\d+)?\s*")


@dataclass(frozen=True, kw_only=True)
class Files:
    """The paths of all files of a Task, and what is in those that tell how it runs."""

    paths: tuple[str, ...]
    contents: Mapping[str, bytes]

    @cached_property
    def texts(self) -> dict[str, str]:
        return {path: content.decode("utf-8", "replace") for path, content in self.contents.items()}

    @cached_property
    def scripts(self) -> dict[str, str]:
        """The texts of what can be run or imported."""
        return {path: text for path, text in self.texts.items() if interpreter_of(path) is not None}

    @cached_property
    def runtime(self) -> Runtime:
        names = (path for path in self.paths if "/" not in path)
        return find_runtime(names, platform="darwin" if sys.platform == "darwin" else "linux")

    @cached_property
    def listed(self) -> listed.Listed:
        """What the environment files list. One that is not UTF-8 lists what cannot be told."""
        texts = {p: t for p, t in self.texts.items() if "\ufffd" not in t and "\0" not in t}
        return listed.read(self.runtime, texts)

    @cached_property
    def own_modules(self) -> frozenset[str]:
        return packages.own_modules(self.paths)

    @cached_property
    def python(self) -> int | None:
        """The minor version of Python that the files ask for, where they name one."""
        match = _PYTHON.fullmatch(self.texts.get(VERSION_FILE, "").split("\n")[0])
        return self.listed.python if match is None else int(match[1])


def check(
    files: Files, scripts: Sequence[str], *, exactly: frozenset[str] | None = None
) -> tuple[Finding, ...]:
    """What is found about running these scripts, errors first. Never raises.

    `exactly` are the packages of an environment that was built from the same files, if there is one.
    """
    found = [one for script in scripts if script in files.contents for one in _of_script(files, script, exactly)]
    unique = {(one.message, one.place): one for one in found}
    return tuple(sorted(unique.values(), key=lambda one: not one.is_error)[:MOST])


def _of_script(files: Files, script: str, exactly: frozenset[str] | None) -> list[Finding]:
    kind = interpreter_of(script)
    found = entries.problems(script, files.contents[script], is_entry=True, python=files.python)
    if found and found[0].is_error:
        return found
    if kind == "Rscript":
        return found + r_code.findings(
            files.texts[script],
            script,
            listed=files.listed,
            runtime=files.runtime,
            texts=files.texts,
            paths=files.paths,
        )
    if kind not in ("python", "notebook") or installs.is_foreign(script, files.texts[script]):
        return found
    return found + _of_python(files, script, exactly)


def _of_python(files: Files, script: str, exactly: frozenset[str] | None) -> list[Finding]:
    """What is found in a Python script or notebook and in the modules of the Task that it imports."""
    found: list[Finding] = []
    codes: dict[str, Code] = {}
    for path in imported_with(files.scripts, script):
        if path != script:
            found += entries.problems(path, files.contents[path], is_entry=False, python=files.python)
        try:
            codes[path] = read_code(files.texts[path], path)
        except Unreadable:
            continue
    try:
        imports = [one for code in codes.values() for one in imports_of(code)]
        found += entries.versions(imports, files.python)
        itself = [installs.installed_by(files.texts[path], path) for path in codes]
        installed = Installed(
            listed=files.listed,
            own=files.own_modules,
            itself=frozenset(name for names, _ in itself for name in names),
            is_open=any(is_open for _, is_open in itself),
            exactly=exactly,
        )
        found += packages.findings(packages.missing(imports, installed), installed, files.runtime, files.texts)
        found += opened.findings(codes, script, files.paths)
    except RecursionError:
        pass  # nested too deeply to be read; what was found until then holds
    return found
