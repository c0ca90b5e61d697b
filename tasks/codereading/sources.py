"""Scripts as text → Python trees, notebooks' cells, and the files they pull in. Knows no disk."""

import ast
import json
import posixpath
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tasks.codereading.constants import Constants
from tasks.codereading.findings import Place
from tasks.codereading.scopes import Scope, scoped
from tasks.runtime import interpreter_of
from tasks.types.wording import shorten

MAX_CODE = 400_000
_PYTHON_CELL = re.compile(r"%%(?:time|timeit|capture|prun)\b[^\n]*")
_MAGIC = re.compile(r"^([ \t]*)(?:[%!][^\n]*|[\w.]+\?{1,2}|\?{1,2}[\w.]+)[ \t]*$", re.MULTILINE)
_MAGIC_VALUE = re.compile(r"^([\w, \t]+=[ \t]*)[%!][^\n]*$", re.MULTILINE)
_R_SOURCE = re.compile(r"""\bsource\(\s*(?:file\s*=\s*)?["']([^"'\n]+)["']""")
_SHELL_WORD = re.compile(r"[\w./+-]+")


@dataclass(frozen=True, kw_only=True)
class Python:
    """Parsed Python code of one file; `lines` are (cell, line) of the lines of a notebook."""

    path: str
    tree: ast.Module
    text: str
    lines: tuple[tuple[int, int], ...] = ()

    def place(self, line: int) -> Place:
        if not self.lines:
            return Place(path=self.path, line=line)
        cell, line_of_cell = self.lines[min(line, len(self.lines)) - 1]
        return Place(path=self.path, cell=cell, line=line_of_cell)

    @cached_property
    def constants(self) -> Constants:
        return Constants(self.tree)

    @cached_property
    def nodes(self) -> list[tuple[ast.AST, Scope]]:
        """All nodes in the order of the code, with the functions they stand in."""
        return list(scoped(self.tree))


class Unreadable(ValueError):
    """Code that can't be parsed; the message is a sentence."""


def read_python(text: str, path: str) -> Python:
    """Parses a script or, for a path that ends in .ipynb, a notebook; raises Unreadable."""
    if interpreter_of(path) == "notebook":
        return _read_notebook(text, path)
    if len(text) > MAX_CODE:
        raise Unreadable(f"{path} has {len(text):,} characters; code of more than {MAX_CODE:,} is not read.")
    return Python(path=path, tree=_parse(text, path), text=text)


def _parse(text: str, path: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.removeprefix("\ufeff"))
    except SyntaxError as error:
        message = f"{path} could not be read as Python: line {error.lineno or 1}, {error.msg}."
        raise Unreadable(message) from error
    except ValueError as error:
        raise Unreadable(f"{path} could not be read as Python: {shorten(str(error))}.") from error
    except (RecursionError, MemoryError) as error:
        raise Unreadable(f"{path} is nested too deeply to be read.") from error


def _read_notebook(text: str, path: str) -> Python:
    """The code cells one after the other; magics are left out, and so is a cell that is no Python."""
    sources = _cells(text, path)
    if sum(len(source) for _, source in sources) > MAX_CODE:
        raise Unreadable(f"{path} holds code of more than {MAX_CODE:,} characters, which is not read.")
    code: list[str] = []
    lines: list[tuple[int, int]] = []
    for number, source in sources:
        cleaned = _without_magics(source)
        try:
            _parse(cleaned, path)
        except Unreadable:
            continue
        cell = cleaned.split("\n")
        code += cell
        lines += [(number, line) for line in range(1, len(cell) + 1)]
    joined = "\n".join(code)
    return Python(path=path, tree=_parse(joined, path), text=joined, lines=tuple(lines))


def _cells(text: str, path: str) -> list[tuple[int, str]]:
    """(number from 1, source) of the code cells."""
    try:
        cells = json.loads(text)["cells"]
        found = []
        for number, cell in enumerate(cells, 1):
            if cell["cell_type"] == "code":
                source = cell["source"]
                found.append((number, source if isinstance(source, str) else "".join(source)))
        return found
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise Unreadable(f"{path} could not be read as a notebook.") from error


def _without_magics(source: str) -> str:
    """The cell as plain Python of the same lines; `%%bash` and the like make it empty."""
    source = source.replace("\r\n", "\n")
    if source.lstrip().startswith("%%") and not _PYTHON_CELL.match(source.lstrip()):
        return ""
    return _MAGIC_VALUE.sub(r"\1None", _MAGIC.sub(r"\1pass", source))


class Program:
    """The files that a script pulls in: what it imports, sources or starts; the script first.

    `pythons` are those that were parsed, `imported` those that run in the script's own process. `parsed`
    keeps what was parsed for other programs of the same files.
    """

    def __init__(
        self, files: Mapping[str, str], entry_script: str, *, parsed: dict[str, "Python | Unreadable"]
    ) -> None:
        self.files = files
        self.parsed = parsed
        self.entry_script = entry_script
        self.folder = posixpath.dirname(entry_script)
        self.pythons: dict[str, Python] = {}
        self.others: dict[str, str] = {}
        self.imported: set[str] = {entry_script}
        self.problems: list[str] = []
        waiting = [entry_script]
        while waiting:
            path = waiting.pop(0)
            if path not in self.pythons and path not in self.others and path in files:
                waiting += self._read(path)

    @property
    def paths(self) -> list[str]:
        return [*self.pythons, *self.others]

    def _read(self, path: str) -> list[str]:
        """Keeps one file; returns the files it pulls in."""
        text = self.files[path]
        if interpreter_of(path) not in ("python", "notebook"):
            self.others[path] = text
            return self._mentioned(path, text)
        python = self._parsed(path)
        if isinstance(python, Unreadable):
            self.problems.append(str(python))
            self.others[path] = ""
            return []
        self.pythons[path] = python
        found = [module for node in ast.walk(python.tree) for module in self.modules(node, path)]
        if path in self.imported:
            self.imported.update(found)
        return found

    def _parsed(self, path: str) -> "Python | Unreadable":
        if path not in self.parsed:
            try:
                self.parsed[path] = read_python(self.files[path], path)
            except Unreadable as error:
                self.parsed[path] = error
        return self.parsed[path]

    def _mentioned(self, path: str, text: str) -> list[str]:
        """The scripts that an R or shell script names."""
        words = _R_SOURCE.findall(text) if interpreter_of(path) == "Rscript" else _SHELL_WORD.findall(text)
        found = []
        for word in dict.fromkeys(words):
            candidate = posixpath.normpath(posixpath.join(self.folder, word.lstrip("/")))
            found += [name for name in (posixpath.normpath(word), candidate) if name in self.files]
        return [name for name in found if interpreter_of(name) is not None and name != path]

    def modules(self, node: ast.AST, path: str) -> list[str]:
        """The Task's own files that an import statement in `path` imports."""
        if isinstance(node, ast.Import):
            return [file for alias in node.names for file in self.module_files(alias.name)]
        if not isinstance(node, ast.ImportFrom):
            return []
        base = self.base_of(node, path)
        names = [f"{base}.{alias.name}".strip(".") for alias in node.names]
        return [file for name in [base, *names] if name for file in self.module_files(name)]

    def base_of(self, node: ast.ImportFrom, path: str) -> str:
        """The dotted name of what is imported from, seen from the entry script's folder."""
        if not node.level:
            return node.module or ""
        package = posixpath.relpath(posixpath.dirname(path) or ".", self.folder or ".").split("/")
        parts = [part for part in package if part not in (".", "..")]
        parts = parts[: len(parts) - node.level + 1] if node.level > 1 else parts
        return ".".join([*parts, *((node.module or "").split(".") if node.module else [])])

    def module_files(self, name: str) -> Sequence[str]:
        stem = posixpath.join(self.folder, name.replace(".", "/"))
        return [path for path in (f"{stem}.py", f"{stem}/__init__.py") if path in self.files][:1]
