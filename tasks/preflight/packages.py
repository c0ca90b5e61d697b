"""Packages that Python scripts import and nothing installs, with the lines that would. Runs nothing."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tasks.preflight import environment_text, names
from tasks.preflight.findings import Finding, Mend
from tasks.preflight.imports import Import
from tasks.preflight.listed import Listed
from tasks.proposals.code import Place
from tasks.runtime import VENV_FILE, Runtime

MOST_NAMED = 8
_CODE = (".py", ".pyx", ".so", ".pyd")


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A module that nothing installs, by its first name, and the distribution that would, if that is known."""

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
    """

    listed: Listed
    own: frozenset[str]
    itself: frozenset[str] = frozenset()
    is_open: bool = False
    exactly: frozenset[str] | None = None


def own_modules(paths: Iterable[str]) -> frozenset[str]:
    """The names by which files of the Task might be imported, wherever they are."""
    found: set[str] = set()
    for path in paths:
        if path.endswith(_CODE):
            *folders, name = path.split("/")
            found |= {*folders, name.split(".", maxsplit=1)[0]}
    return frozenset(found)


def missing(imports: Iterable[Import], installed: Installed) -> list[Missing]:
    """The modules that nothing brings, each where it is imported first and for sure; none if that is unsure."""
    listed = installed.listed
    if listed.is_open or installed.is_open:
        return []
    there, unknown = names.brought_by([*listed.names, *installed.itself])
    unnamed = [name for name in unknown if not names.distributions(name.replace("-", "_"))]
    found: dict[str, Missing] = {}
    for one in imports:
        first = one.module.split(".")[0]
        wanted = names.distributions(one.module)
        if first in installed.own or first in names.STANDARD or (not wanted and names.is_shared(first)):
            continue
        if any(name in there for name in wanted) or _resembles(first, there):
            continue
        if installed.exactly is not None and any(name in installed.exactly for name in wanted or [first]):
            continue
        if not wanted and unnamed:
            continue  # one of those may be imported by this name
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
    may_come = bool(unknown) and installed.exactly is None
    known = [one for one in missing if one.distribution]
    for some, is_certain in (([m for m in known if m.is_certain], True), ([m for m in known if not m.is_certain], False)):
        if some:
            mend = add(sorted({one.distribution for one in some}), runtime, texts)
            yield _finding(some, _lacking(runtime, len(some), may_come=may_come), is_certain and not may_come, mend)
    for some in [[one] for one in missing if not one.distribution]:
        where = runtime.file or VENV_FILE
        sentence = (
            f", which is neither a file of the Task nor a package that is known here. Add the file, or the "
            f"package that brings it to {where}."
        )
        yield _finding(some, sentence, some[0].is_certain and not may_come, None)


def _finding(some: Sequence[Missing], rest: str, is_error: bool, mend: Mend | None) -> Finding:
    first = some[0]  # the script comes before what it imports
    shown = [str(one) for one in sorted(some, key=lambda one: one.module.casefold())]
    if len(shown) > MOST_NAMED:
        shown = [*shown[:MOST_NAMED], f"{len(shown) - MOST_NAMED} more"]
    text = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    others = {one.place.path for one in some} - {first.place.path}
    who = f"{first.place.path} and its modules import" if others else f"{first.place.path} imports"
    severity = "error" if is_error else "warning"
    return Finding(severity=severity, message=f"{who} {text}{rest}", place=first.place, mend=mend)


def _lacking(runtime: Runtime, count: int, *, may_come: bool) -> str:
    it = "it" if count == 1 else "them"
    if runtime.file is None:
        return f", and nothing installs {it}: there is no {VENV_FILE}."
    unless = f" Unless another package brings {it}, the script ends there." if may_come else ""
    return f", which {runtime.file} does not list.{unless}"


def add(wanted: Sequence[str], runtime: Runtime, texts: Mapping[str, str]) -> Mend | None:
    """Adds distributions to the file of the runtime, or makes a requirements.txt."""
    what = f"{len(wanted)} packages" if len(wanted) > 3 else ", ".join(wanted)
    if runtime.file is None:
        text = environment_text.with_requirements("", wanted)
        label, done = f"Add {VENV_FILE} with {what}", f"{VENV_FILE} was added, with {what}."
        return Mend(label=label, done=done, path=VENV_FILE, text=text)
    before = texts.get(runtime.file)
    if before is None:
        return None
    is_venv = runtime.kind == "venv"
    after = (environment_text.with_requirements if is_venv else environment_text.with_pip)(before, wanted)
    if after is None:
        return None
    label, done = f"Add {what} to {runtime.file}", f"{runtime.file} now lists {what}."
    return Mend(label=label, done=done, path=runtime.file, text=after)
