"""Scripts that cannot run as they are: syntax errors, Python 2, marks of a merge. Runs nothing."""

import ast
import re
import sys
import warnings
from collections.abc import Iterator, Sequence

from tasks import entry_problems
from tasks.environment_files import Fix
from tasks.preflight.findings import Finding, Severity
from tasks.preflight.imports import Import
from tasks.proposals.code import MAX_CODE, Place
from tasks.runtime import interpreter_of

_CONFLICT = re.compile(r"(?m)^(?:<{7} \S|>{7} \S)")
_SEPARATOR = re.compile(r"(?m)^={7}\r?$")
_PYTHON_2 = re.compile(
    r"Missing parentheses in call to '(\w+)'|multiple exception types must be parenthesized"
)
# The minor version of Python 3 that removed a module, and that which brought one.
_REMOVED = {
    "asynchat": 12, "asyncore": 12, "imp": 12, "smtpd": 12, "aifc": 13, "audioop": 13, "cgi": 13,
    "cgitb": 13, "chunk": 13, "crypt": 13, "imghdr": 13, "mailcap": 13, "nis": 13, "nntplib": 13,
    "pipes": 13, "sndhdr": 13, "spwd": 13, "sunau": 13, "telnetlib": 13, "uu": 13, "xdrlib": 13,
}  # fmt: skip
_SINCE = {"tomllib": 11, "zoneinfo": 9, "graphlib": 9}
_OF_PYTHON_2 = {
    "ConfigParser": "configparser", "Queue": "queue", "StringIO": "io.StringIO", "Tkinter": "tkinter",
    "cPickle": "pickle", "cStringIO": "io.StringIO", "httplib": "http.client", "urllib2": "urllib.request",
    "urlparse": "urllib.parse",
}  # fmt: skip


def problems(path: str, content: bytes, *, is_entry: bool, python: int | None) -> list[Finding]:
    """What keeps a file from running; of the first kind only, since the others follow from it.

    `python` is the minor version of Python that will run it, if that is known.
    """
    text = content.decode("utf-8", "replace")
    conflict = _CONFLICT.search(text)
    if conflict is not None and _SEPARATOR.search(text) is not None:
        place = Place(path=path, line=text.count("\n", 0, conflict.start()) + 1)
        message = f"{path} has the marks of an unfinished merge by git. Choose one of the versions there."
        return [Finding(severity="error", message=message, place=place)]
    found = entry_problems.problem(path, content) if is_entry else None
    if found is not None:
        return [_of_entry(path, found)]
    return list(_syntax(path, content, python)) if interpreter_of(path) == "python" else []


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


def _syntax(path: str, content: bytes, python: int | None) -> Iterator[Finding]:
    """The first mistake in the syntax, as the Python that runs it would name it."""
    own = sys.version_info.minor
    if len(content) > MAX_CODE or (python is not None and python > own):
        return  # this Python may not know the syntax of a newer one
    if b"\0" in content:
        message = f"{path} has NUL bytes, so it is no text. Save it as UTF-8 again."
        yield Finding(severity="error", message=message, place=Place(path=path, line=1))
        return
    version = None if python is None or python >= own else (3, max(python, 7))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(content, filename=path, feature_version=version)
    except SyntaxError as error:
        yield _of_syntax(path, content, error, python=own if python is None else python)
    except (RecursionError, MemoryError, ValueError):
        return  # too deep to be read here, which a Python with a larger stack may do


def _of_syntax(path: str, content: bytes, error: SyntaxError, *, python: int) -> Finding:
    line = min(max(error.lineno or 1, 1), content.count(b"\n") + 1)
    reason = (error.msg or "invalid syntax").split(" (")[0].rstrip(".")
    old = _PYTHON_2.search(reason)
    if old is not None:
        what = f"{old[1]} needs parentheses" if old[1] else "“except A, B” has become “except (A, B)”"
        message = f"{path} is written for Python 2, which nodes do not have: {what}."
    elif "codec can't decode" in reason or "Non-UTF-8" in reason or error.lineno in (None, 0):
        message = f"{path} is not saved as UTF-8, so Python does not read it. Save it as UTF-8."
    elif isinstance(error, TabError):
        message = f"{path} mixes tabs and spaces, so Python cannot tell its blocks apart. Use spaces only."
    else:
        message = f"{path} is no valid Python 3.{python}: {reason}."
    return Finding(severity="error", message=message, place=Place(path=path, line=line))


def versions(imports: Sequence[Import], python: int | None) -> Iterator[Finding]:
    """Modules of the standard library that this Python has not yet, or no longer."""
    minor = sys.version_info.minor if python is None else python
    seen: set[str] = set()
    for one in imports:
        name = one.module.split(".")[0]
        is_removed = minor >= _REMOVED.get(name, 1000)
        if name in seen or not (is_removed or minor < _SINCE.get(name, 0) or name in _OF_PYTHON_2):
            continue
        seen.add(name)
        if name in _OF_PYTHON_2:
            what = f"a module of Python 2. Python 3 has {_OF_PYTHON_2[name]} in its place."
        elif is_removed:
            what = f"not in Python 3.{minor}: it was removed in 3.{_REMOVED[name]}."
        else:
            what = f"not in Python 3.{minor}: it came with 3.{_SINCE[name]}."
        severity: Severity = "error" if one.is_certain else "warning"
        message = f"{one.place.path} imports {name}, which is {what}"
        yield Finding(severity=severity, message=message, place=one.place)
