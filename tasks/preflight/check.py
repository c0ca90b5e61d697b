"""What would go wrong when the scripts of a Task run, by reading its files. Knows no disk, runs nothing."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

from tasks import environment_files, list_fixes
from tasks.preflight import entries, installs, listed, opened, packages, r_code
from tasks.preflight.findings import Finding
from tasks.preflight.imports import imports_of
from tasks.preflight.listed import Listed
from tasks.preflight.packages import Installed
from tasks.proposals.code import Code, Place, Unreadable, imported_with, read_code
from tasks.runtime import Runtime, find_runtime, interpreter_of, this_platform
from tasks.taskyaml.heading import heading

TASK_YAML = "task.yaml"
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
    def there(self) -> frozenset[str]:
        """The paths of all files and folders."""
        return frozenset({*self.paths, *(folder for path in self.paths for folder in opened.parents(path))})

    @cached_property
    def own_modules(self) -> frozenset[str]:
        return packages.own_modules(self.paths)


def check(
    files: Files, scripts: Sequence[str], *, exactly: frozenset[str] | None = None
) -> tuple[Finding, ...]:
    """What is found about running these scripts, errors first. Never raises.

    `exactly` are the packages of an environment that was built from the same files, if there is one.
    """
    known = [script for script in scripts if script in files.contents]
    found = [one for script in known for one in _Script(files, script, exactly).findings()]
    unique = {(one.message, one.place): one for one in found}
    return tuple(sorted(unique.values(), key=lambda one: not one.is_error)[:MOST])


class _Script:
    """One script of the files, with the environment that it gets."""

    def __init__(self, files: Files, script: str, exactly: frozenset[str] | None) -> None:
        self.files, self.script, self.exactly = files, script, exactly
        self.cwd = heading(files.contents.get(TASK_YAML, b"")).cwd
        self.runtime = self._runtime()
        self.listed = self._listed()
        version = _PYTHON.fullmatch(files.texts.get(VERSION_FILE, "").split("\n")[0])
        self.python = self.listed.python if version is None else int(version[1])

    def _runtime(self) -> Runtime:
        names = (path for path in self.files.paths if "/" not in path)
        return find_runtime(names, platform=this_platform(), entry=self.script, read=self._text)

    def _listed(self) -> Listed:
        """What the environment files list. One that is not UTF-8 lists what cannot be told."""
        texts = {p: text for p, text in self.files.texts.items() if "\ufffd" not in text and "\0" not in text}
        return listed.read(self.runtime, texts)

    def findings(self) -> list[Finding]:
        ignored = [
            Finding(
                severity="warning",
                message=one.sentence,
                place=Place(path=one.path, line=1),
                fixes=one.fixes,
                is_unread_list=True,
            )
            for one in environment_files.ignored(self.files.paths, self.runtime)
        ]
        found = [*self._of_list(), *self._of_entry()]
        if self.runtime.problem:
            place = Place(path=self.runtime.file, line=1) if self.runtime.file in self.files.paths else None
            found.insert(0, Finding(severity="error", message=self.runtime.problem, place=place))
        if any(one.fixes for one in ignored):  # what they list may be what is missing
            found = [replace(one, fixes=()) if _adds_list(one) else one for one in found]
        return [*found, *ignored]

    def _of_list(self) -> list[Finding]:
        """What is wrong with a requirements.txt that another tool printed."""
        file = self.runtime.file
        is_list = file is not None and self.runtime.source == "requirements"
        fixes = list_fixes.offered(self.runtime, self._text) if is_list else ()
        if file is None or not fixes:
            return []
        is_conda = fixes[0].action == "create"
        what = "is a list that Conda printed, which pip cannot read"
        if not is_conda:
            is_table = self._text(file).lstrip().startswith("Package")
            what = "names files of the computer on which it was printed"
            what = "is a table that pip list printed, which pip cannot read" if is_table else what
        place = Place(path=file, line=1)
        return [Finding(severity="error", message=f"{file} {what}.", place=place, fixes=fixes)]

    def _text(self, path: str) -> str:
        return self.files.texts.get(path, "")

    def _of_entry(self) -> list[Finding]:
        script, text = self.script, self.files.texts[self.script]
        content = self.files.contents[script]
        found = entries.problems(script, content, is_entry=True, python=self.python)
        if any(one.is_error for one in found):
            return found
        kind = interpreter_of(script)
        if kind == "Rscript":
            around = r_code.Surroundings(
                runtime=self.runtime,
                listed=self.listed,
                there=self.files.there,
                texts=self.files.texts,
                cwd=self.cwd,
            )
            found += r_code.findings(text, script, around)
        elif kind in ("python", "notebook") and not installs.is_foreign(script, text):
            found += self._of_modules()
            with suppress(RecursionError):  # nested too deeply to be followed
                found += self._of_python()
        return found

    @cached_property
    def _modules(self) -> list[str]:
        """The script, and what it imports of the Task's files."""
        return imported_with(self.files.scripts, self.script)

    def _of_modules(self) -> list[Finding]:
        contents = self.files.contents
        return [
            one
            for path in self._modules[1:]
            for one in entries.problems(path, contents[path], is_entry=False, python=self.python)
        ]

    def _of_python(self) -> list[Finding]:
        codes: dict[str, Code] = {}
        for path in self._modules:
            with suppress(Unreadable):
                codes[path] = read_code(self.files.texts[path], path)
        imports = [one for code in codes.values() for one in imports_of(code)]
        itself = [installs.installed_by(self.files.texts[path], path) for path in codes]
        installed = Installed(
            listed=self.listed,
            own=self.files.own_modules,
            itself=frozenset(name for names, _ in itself for name in names),
            is_open=any(is_open for _, is_open in itself),
            exactly=self.exactly,
        )
        missing = packages.missing(imports, installed)
        return [
            *entries.versions(imports, self.python),
            *packages.findings(missing, installed, self.runtime, self.files.texts),
            *opened.findings(codes, self.script, self.files.there, cwd=self.cwd),
        ]


def _adds_list(finding: Finding) -> bool:
    return any(fix.action == "create" for fix in finding.fixes)
