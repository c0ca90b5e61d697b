"""What would go wrong when the scripts of a Task run, by reading its files. Knows no disk, runs nothing."""

import platform
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from tasks import environment_files, list_fixes, project_tables
from tasks.environment_files import Fix
from tasks.preflight import entries, installs, listed, names, opened, packages, r_code
from tasks.preflight.files import TASK_YAML, VERSION_FILE, Files
from tasks.preflight.findings import Finding
from tasks.preflight.listed import Listed
from tasks.preflight.modules import Module, with_imported
from tasks.preflight.packages import Installed
from tasks.proposals.code import Place
from tasks.runtime import PROJECT_FILE, Runtime, find_runtime, interpreter_of, this_platform
from tasks.taskyaml.heading import heading

MOST = 30
# Scripts of one Task that are read at once; the form to run a Task reads the one that is chosen.
MOST_SCRIPTS = 20
_PYTHON = re.compile(r"\s*(?:cpython[-@]?|python)?3\.(\d{1,2})(?:\.\d+)?\s*")


def check(
    files: Files, scripts: Sequence[str], *, exactly: frozenset[str] | None = None
) -> tuple[Finding, ...]:
    """What is found about running these scripts, errors first. Never raises.

    `exactly` are the packages of an environment that was built from the same files, if there is one.
    """
    known = [script for script in scripts if script in files.contents][:MOST_SCRIPTS]
    found = [one for script in known for one in _Script(files, script, exactly).findings()]
    unique = {(one.message, one.place): one for one in found}
    return tuple(sorted(unique.values(), key=lambda one: not one.is_error)[:MOST])


def install(files: Files, script: str, *, module: str = "", r_package: str = "") -> tuple[Fix, ...]:
    """What adds a Python module, or an R package, to what is installed for a script, if that is known."""
    return _Script(files, script, None).install(module, r_package) if script in files.contents else ()


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

    def install(self, module: str, r_package: str) -> tuple[Fix, ...]:
        if r_package:
            is_listed = any(one.partition("-")[2] == r_package.lower() for one in self.listed.conda)
            return () if is_listed else r_code.add([r_package], self._around)
        wanted = names.distributions(module)
        is_listed = any(name in self.listed.names for name in wanted)
        first, _, rest = module.partition(".")
        is_part = bool(rest) and not names.is_shared(first)  # so the package is there, in another version
        if not wanted or is_listed or is_part or first in self.files.own_modules:
            return ()
        return packages.add(wanted[:1], self.runtime, self.files.texts)

    @property
    def _around(self) -> r_code.Surroundings:
        return r_code.Surroundings(
            runtime=self.runtime,
            listed=self.listed,
            there=self.files.there,
            texts=self.files.texts,
            cwd=self.cwd,
        )

    def _text(self, path: str) -> str:
        return self.files.texts.get(path, "")

    def _of_entry(self) -> list[Finding]:
        script, text = self.script, self.files.texts[self.script]
        is_foreign = installs.is_foreign(script, text)
        found = [] if is_foreign else entries.problems(self._entry(script), is_entry=True)
        if any(one.is_error for one in found):
            return found
        kind = interpreter_of(script)
        if kind == "Rscript":
            found += r_code.findings(text, script, self._around)
        elif kind in ("python", "notebook") and not is_foreign:
            found += self._of_modules()
            with suppress(RecursionError):  # nested too deeply to be followed
                found += self._of_python()
        return found

    def _entry(self, path: str) -> entries.Entry:
        return entries.Entry(
            path=path,
            content=self.files.contents[path],
            python=self.python,
            may_be_newer=self._may_be_newer,
            module=self.files.modules.get(path),
        )

    @cached_property
    def _may_be_newer(self) -> bool:
        """Whether another Python than this one may run it, of which the version is not known."""
        if self.python is not None or self.runtime.kind == "conda":
            return self.python is None
        own = self.runtime.listed if self.runtime.source == "script" else None
        wanted = (own or project_tables.project(self._text(PROJECT_FILE))).python
        try:
            return not SpecifierSet(wanted).contains(platform.python_version())
        except InvalidSpecifier:
            return True

    @cached_property
    def _modules(self) -> list[Module]:
        """The script, and what it imports of the Task's files."""
        return with_imported(self.files.modules, self.files.scripts, self.script)

    def _of_modules(self) -> list[Finding]:
        return [
            one
            for module in self._modules[1:]
            for one in entries.problems(self._entry(module.path), is_entry=False)
        ]

    def _of_python(self) -> list[Finding]:
        imports = [one for module in self._modules for one in module.imports]
        itself = [module.installed for module in self._modules]
        installed = Installed(
            listed=self.listed,
            own=self.files.own_modules,
            itself=frozenset(name for names, _ in itself for name in names),
            is_open=any(is_open for _, is_open in itself),
            exactly=self.exactly,
            may_have_others=any(module.may_bring_modules for module in self._modules),
        )
        missing = packages.missing(imports, installed)
        return [
            *entries.versions(imports, self.python),
            *packages.findings(missing, installed, self.runtime, self.files.texts),
            *opened.findings(self._modules, self.script, self.files.there, cwd=self.cwd),
        ]


def _adds_list(finding: Finding) -> bool:
    return any(fix.action == "create" for fix in finding.fixes)
