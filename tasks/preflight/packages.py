"""Packages that Python scripts import and nothing installs, with the lines that would. Runs nothing."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tasks.environment_files import Fix
from tasks.preflight import environment_text, names
from tasks.preflight.findings import Finding, enumeration
from tasks.preflight.imports import Import
from tasks.preflight.listed import Listed
from tasks.proposals.code import Place
from tasks.runtime import LOCK_FILE, VENV_FILE, Runtime

_CODE = (".py", ".pyx", ".so", ".pyd")


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A module that nothing installs, by its first name, and the distribution that would, if known."""

    module: str
    distribution: str
    place: Place
    is_certain: bool

    def __str__(self) -> str:
        is_same = not self.distribution or self.distribution == names.normalized(self.module)
        return self.module if is_same else f"{self.module} ({self.distribution})"


@dataclass(frozen=True, kw_only=True)
class Installed:
    """What a script finds: `listed` by the environment files, `own` modules, and what it installs `itself`.

    `exactly` are the packages of an environment that was built from these files, if there was one.
    `may_have_others`: modules that no package brings may be found elsewhere.
    """

    listed: Listed
    own: frozenset[str]
    itself: frozenset[str] = frozenset()
    is_open: bool = False
    exactly: frozenset[str] | None = None
    may_have_others: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether everything that is installed is known by name."""
        return self.exactly is not None or self.listed.is_locked


def own_modules(paths: Iterable[str]) -> frozenset[str]:
    """The names by which files of the Task might be imported, wherever they are."""
    found: set[str] = set()
    for path in paths:
        if path.endswith(_CODE):
            *folders, name = path.split("/")
            found |= {*folders, name.split(".", maxsplit=1)[0]}
    return frozenset(found)


def missing(imports: Iterable[Import], installed: Installed) -> list[Missing]:
    """The modules that nothing brings, each where it is imported first; none if that is unsure."""
    listed = installed.listed
    if listed.is_open or installed.is_open:
        return []
    there, unknown = names.brought_by([*listed.names, *installed.itself])
    if installed.exactly is not None:
        there, unknown = installed.exactly | installed.itself, installed.exactly
    unnamed = unknown - names.known_distributions()
    found: dict[str, Missing] = {}
    for one in imports:
        first = one.module.split(".")[0]
        wanted = names.distributions(one.module)
        if first in installed.own or first in names.STANDARD or (not wanted and names.is_shared(first)):
            continue
        if any(name in there for name in wanted) or _resembles(first, there):
            continue
        if not wanted and (unnamed or installed.may_have_others or not one.is_certain):
            continue  # something else may be imported by this name, or nothing
        if unknown and not installed.is_complete and any(names.is_common(name) for name in wanted):
            continue  # hardly any package comes without some of these
        proposed = wanted[0] if wanted else ""
        known = found.get(first)
        if known is None or (one.is_certain and not known.is_certain):
            found[first] = Missing(
                module=first, distribution=proposed, place=one.place, is_certain=one.is_certain
            )
    return list(found.values())


def _resembles(module: str, there: Collection[str]) -> bool:
    """Whether the name of a distribution contains that of the module, so that it may well bring it."""
    wanted = names.normalized(module)
    plain = wanted.replace("-", "")
    return any(wanted in re.split(r"[-]", name) or plain in name.replace("-", "") for name in there)


def findings(
    missing: Sequence[Missing], installed: Installed, runtime: Runtime, texts: Mapping[str, str]
) -> Iterator[Finding]:
    """Sentences for what is missing: what surely is, what may be, and names that no package is known by."""
    _, unknown = names.brought_by(installed.listed.names)
    may_come = bool(unknown) and not installed.is_complete
    known = [one for one in missing if one.distribution]
    fixes = add(sorted({one.distribution for one in known}), runtime, texts) if known else ()
    for is_certain in (True, False):
        some = [one for one in known if one.is_certain is is_certain]
        if some:
            rest = _lacking(runtime, len(some), may_come=may_come)
            yield _finding(some, rest, is_error=is_certain and not may_come, fixes=fixes)
            fixes = ()  # the first adds what the second is about, too
    for some in [[one] for one in missing if not one.distribution]:
        where = runtime.file or VENV_FILE
        sentence = (
            f", which is neither a file of the Task nor a package that is known here. Add the file, or the "
            f"package that brings it to {where}."
        )
        yield _finding(some, sentence, is_error=some[0].is_certain and runtime.file is None)


def _finding(some: Sequence[Missing], rest: str, *, is_error: bool, fixes: tuple[Fix, ...] = ()) -> Finding:
    first = some[0]  # the script comes before what it imports
    shown = [str(one) for one in sorted(some, key=lambda one: one.module.casefold())]
    others = {one.place.path for one in some} - {first.place.path}
    who = f"{first.place.path} and its modules import" if others else f"{first.place.path} imports"
    message = f"{who} {enumeration(shown)}{rest}"
    return Finding(
        severity="error" if is_error else "warning", message=message, place=first.place, fixes=fixes
    )


def _lacking(runtime: Runtime, count: int, *, may_come: bool) -> str:
    it = "it" if count == 1 else "them"
    if runtime.file is None:
        return f", and nothing installs {it}: there is no {VENV_FILE}."
    unless = f" Unless another package brings {it}, the script ends there." if may_come else ""
    return f", which {runtime.file} does not list.{unless}"


def add(wanted: Sequence[str], runtime: Runtime, texts: Mapping[str, str]) -> tuple[Fix, ...]:
    """Adds distributions to the file of the runtime, or makes a requirements.txt, where that can be."""
    wanted = [names.requirement(one) for one in wanted]
    what = f"{len(wanted)} packages" if len(wanted) > 3 else ", ".join(wanted)
    if runtime.file is None:
        text = environment_text.with_requirements("", wanted)
        label = f"Add {VENV_FILE} with {what}"
        return (Fix(action="create", path=VENV_FILE, target=VENV_FILE, label=label, text=text),)
    writers: Mapping[str, Callable[[str, Sequence[str]], str | None]] = {
        "requirements": environment_text.with_requirements,
        "conda": environment_text.with_pip,
        "script": environment_text.with_script_block,
        "project": environment_text.with_dependencies if LOCK_FILE not in texts else lambda text, names: None,
    }
    before, writer = texts.get(runtime.file), writers.get(runtime.source)
    after = None if before is None or writer is None else writer(before, wanted)
    if after is None:
        return ()
    label = f"Add {what} to {runtime.file}"
    return (Fix(action="replace", path=runtime.file, target=runtime.file, label=label, text=after),)
