"""Scripts that cannot run as they are: syntax errors, Python 2, marks of a merge. Runs nothing."""

import ast
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tasks import entry_problems
from tasks.environment_files import Fix
from tasks.preflight import names, not_code, repairs
from tasks.preflight.findings import Finding, Severity
from tasks.preflight.imports import Import
from tasks.preflight.modules import Module
from tasks.proposals.code import MAX_CODE, Place
from tasks.runtime import interpreter_of

_CONFLICT = re.compile(r"(?m)^(?:<{7} \S|>{7} \S)")
_SEPARATOR = re.compile(r"(?m)^={7}\r?$")
_PYTHON_2 = re.compile(
    r"Missing parentheses in call to '(\w+)'|multiple exception types must be parenthesized"
)
# {module: the minor version of Python 3 that brought it}
_SINCE = {"tomllib": 11, "zoneinfo": 9, "graphlib": 9}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file that is run or imported. `python` is the minor version that will run it, if that is known.

    `may_be_newer`: another than this Python may run it. `module`: its code, as this Python reads it.
    """

    path: str
    content: bytes
    python: int | None = None
    may_be_newer: bool = False
    module: Module | None = None

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")


def problems(entry: Entry, *, is_entry: bool) -> list[Finding]:
    """What keeps a file from running; of the first kind only, since the others follow from it."""
    path, text = entry.path, entry.text
    conflict = _CONFLICT.search(text)
    if conflict is not None and _SEPARATOR.search(text) is not None:
        place = Place(path=path, line=text.count("\n", 0, conflict.start()) + 1)
        message = f"{path} has the marks of an unfinished merge by git. Choose one of the versions there."
        return [Finding(severity="error", message=message, place=place)]
    other = not_code.finding(path, text)
    if other is not None:
        return [other]
    found = entry_problems.problem(path, entry.content) if is_entry else None
    if found is not None:
        return [_of_entry(path, found)]
    if interpreter_of(path) == "notebook":
        return list(_of_notebook(entry))
    return list(_syntax(entry)) if interpreter_of(path) == "python" else []


def _of_entry(path: str, found: entry_problems.EntryProblem) -> Finding:
    fixes: tuple[Fix, ...] = ()
    if found.fixed is not None:
        text = found.fixed.decode("utf-8", "surrogateescape")
        fixes = (Fix(action="replace", path=path, target=path, label=found.fix, text=text),)
    return Finding(
        severity="error" if found.is_fatal else "warning",
        message=found.sentence,
        place=Place(path=path, line=1),
        fixes=fixes,
    )


def _of_notebook(entry: Entry) -> Iterator[Finding]:
    """Code of Python 2; of any other mistake in a notebook it is unsure whether IPython would accept it."""
    mistake = entry.module.mistake if entry.module is not None else None
    old = None if mistake is None else _PYTHON_2.search(str(mistake.__cause__))
    if mistake is not None and old is not None:
        yield Finding(severity="error", message=_python_2(entry.path, old), place=mistake.place)


def _python_2(path: str, found: re.Match[str]) -> str:
    what = f"{found[1]} needs parentheses" if found[1] else "“except A, B” has become “except (A, B)”"
    return f"{path} is written for Python 2, which nodes do not have: {what}."


def _syntax(entry: Entry) -> Iterator[Finding]:
    """The first mistake in the syntax, as the Python that runs it would name it."""
    content, own = entry.content, sys.version_info.minor
    is_old = entry.python is not None and entry.python < own
    is_parsed = entry.module is not None and entry.module.code is not None
    is_plain = "\ufffd" not in entry.text and b"\0" not in content and b"coding" not in content[:200]
    if len(content) > MAX_CODE or (is_parsed and is_plain and not is_old):
        return
    if b"\0" in content:
        message = f"{entry.path} has NUL bytes, so it is no text. Save it as UTF-8 again."
        yield Finding(severity="error", message=message, place=Place(path=entry.path, line=1))
        return
    version = (3, max(entry.python, 7)) if entry.python is not None and is_old else None
    is_newer = entry.may_be_newer or (entry.python is not None and entry.python > own)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(content, filename=entry.path, feature_version=version)
    except SyntaxError as error:
        if not is_newer or _PYTHON_2.search(error.msg or ""):  # else a newer Python may know that syntax
            yield _of_syntax(entry, error)
    except (RecursionError, MemoryError, ValueError):
        return  # too deep to be read here, which a Python with a larger stack may do


def _of_syntax(entry: Entry, error: SyntaxError) -> Finding:
    path, content = entry.path, entry.content
    python = sys.version_info.minor if entry.python is None else entry.python
    line = min(max(error.lineno or 1, 1), content.count(b"\n") + 1)
    reason = (error.msg or "invalid syntax").split(" (")[0].rstrip(".")
    old = _PYTHON_2.search(reason)
    if old is not None:
        message = _python_2(path, old)
    elif "codec can't decode" in reason or "Non-UTF-8" in reason or error.lineno in (None, 0):
        message = f"{path} is not saved as UTF-8, so Python does not read it. Save it as UTF-8."
    elif isinstance(error, TabError):
        message = f"{path} mixes tabs and spaces, so Python cannot tell its blocks apart. Use spaces only."
    else:
        message = f"{path} is no valid Python 3.{python}: {reason}."
    place = Place(path=path, line=line)
    return Finding(severity="error", message=message, place=place, fixes=repairs.offered(path, content))


def versions(imports: Sequence[Import], python: int | None) -> Iterator[Finding]:
    """Modules of the standard library that this Python has not yet, or no longer."""
    minor = sys.version_info.minor if python is None else python
    seen: set[str] = set()
    for one in imports:
        name = one.module.split(".")[0]
        is_removed = minor >= names.REMOVED.get(name, 1000)
        if name in seen or not (is_removed or minor < _SINCE.get(name, 0) or name in names.PYTHON_2):
            continue
        seen.add(name)
        if name in names.PYTHON_2:
            what = f"a module of Python 2. Python 3 has {names.PYTHON_2[name]} in its place."
        elif is_removed:
            what = f"not in Python 3.{minor}: it was removed in 3.{names.REMOVED[name]}."
        else:
            what = f"not in Python 3.{minor}: it came with 3.{_SINCE[name]}."
        severity: Severity = "error" if one.is_certain else "warning"
        message = f"{one.place.path} imports {name}, which is {what}"
        yield Finding(severity=severity, message=message, place=one.place)
