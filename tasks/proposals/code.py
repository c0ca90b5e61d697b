"""Scripts and notebooks as text → Python trees, their literals, the files they import. Runs nothing."""

import ast
import json
import posixpath
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tasks.runtime import interpreter_of
from tasks.types.wording import shorten

MAX_CODE = 400_000
MAX_CHOICES = 1000
NO_LITERAL = (ValueError, TypeError, SyntaxError, MemoryError, RecursionError)
_MAGIC = re.compile(r"[%!?]|\w+ = [%!]|[\w.]+\?{1,2}\s*$")
_IMPORT = re.compile(r"(?m)^[ \t]*(?:from|import)[ \t]+(\.?)([\w.]*)(?:[ \t]+import[ \t(]+([\w, ]*))?")


@dataclass(frozen=True, kw_only=True, order=True)
class Place:
    """A line of a file, from 1; in a notebook a line of the cell of that number."""

    path: str
    line: int
    cell: int | None = None

    def __str__(self) -> str:
        cell = "" if self.cell is None else f", cell {self.cell}, line "
        return f"{self.path}{cell or ':'}{self.line}"


class Unreadable(ValueError):
    """Code that can't be parsed; the message is a sentence. `place` is that of a mistake, if there is one."""

    place: Place | None = None


@dataclass(frozen=True, kw_only=True)
class Code:
    """Parsed Python code of one file; `lines` are (cell, line) of the lines of a notebook."""

    path: str
    tree: ast.Module
    text: str
    lines: tuple[tuple[int, int], ...] = ()

    def place(self, node: ast.AST) -> Place:
        line: int = getattr(node, "lineno", 1)
        cell, line = self.lines[min(line, len(self.lines)) - 1] if self.lines else (None, line)
        return Place(path=self.path, cell=cell, line=line)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes in the order of the code."""
        walked = ast.walk(self.tree)
        return sorted(walked, key=lambda n: (getattr(n, "lineno", 0), getattr(n, "col_offset", 0)))

    @cached_property
    def names(self) -> dict[str, ast.expr]:
        """What each name that is bound only once in the file is assigned."""
        bound = Counter(n.id for n in self.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
        pairs = [pair for node in self.nodes for pair in assigned(node)]
        return {name: value for name, value in pairs if bound[name] == 1}

    @cached_property
    def enums(self) -> dict[str, dict[str, Any]]:
        """The members of the classes of constants whose values are literals; of auto() the lowered name."""
        found: dict[str, dict[str, Any]] = {}
        for node in self.nodes:
            if isinstance(node, ast.ClassDef) and any("Enum" in dotted(base) for base in node.bases):
                pairs = [pair for statement in node.body for pair in assigned(statement)]
                found[node.name] = {
                    n: v.value if isinstance(v, ast.Constant) else n.lower() for n, v in pairs
                }
        return found

    def value(self, node: ast.AST | None) -> Any:
        """The value of a literal, of a name for one, of a member of an Enum; lists for tuples and sets.

        Raises one of NO_LITERAL for what only running the code could tell.
        """
        if isinstance(node, ast.Name):
            node = self.names.get(node.id)
        if isinstance(node, ast.Attribute):
            enum, _, member = dotted(node).removesuffix(".value").rpartition(".")
            if member in self.enums.get(enum, ()):
                return self.enums[enum][member]
        if isinstance(node, ast.Call) and last_name(node) == "Path" and len(node.args) == 1:
            node = node.args[0]
        return json.loads(json.dumps(ast.literal_eval(node), default=sorted))  # type: ignore[arg-type]

    def value_or(self, node: ast.AST | None, other: Any = None) -> Any:
        try:
            return self.value(node)
        except NO_LITERAL:
            return other

    def text_of(self, node: ast.AST | None) -> str:
        """The text of a literal; empty if it is none."""
        value = self.value_or(node)
        return value if isinstance(value, str) else ""

    def default(self, node: ast.AST | None) -> tuple[Any, str]:
        """(the value, "") of a default, or (None, the expression) where it is no literal."""
        if node is None:
            return None, ""
        try:
            return self.value(node), ""
        except NO_LITERAL:
            source = ast.get_source_segment(self.text, node) or "an expression"
            return None, shorten(" ".join(source.split()))

    def choices(self, node: ast.AST | None) -> list[Any] | None:
        """The items of a list, the keys of a dict, the values of an Enum; also sorted, or of a range."""
        if isinstance(node, ast.Call):
            name, arguments = last_name(node.func), [self.value_or(argument) for argument in node.args]
            if name == "range" and arguments and all(isinstance(argument, int) for argument in arguments):
                return list(range(*arguments[:3])[:MAX_CHOICES]) if 0 not in arguments[2:] else None
            if name in ("list", "tuple", "set", "sorted") and len(node.args) == 1:
                inner = self.choices(node.args[0])
                kinds = {type(item) for item in inner or ()}
                is_sorted = name == "sorted" and (kinds == {str} or kinds <= {int, float})
                return sorted(inner) if inner and is_sorted else inner
            return self.choices(getattr(node.func, "value", None)) if name == "keys" else None
        if isinstance(node, ast.ListComp) and last_name(node.elt) == "value":
            node = node.generators[0].iter
        if isinstance(node, ast.Name) and node.id in self.enums:
            return list(self.enums[node.id].values())
        node = self.names.get(node.id) if isinstance(node, ast.Name) else node
        if isinstance(node, ast.Dict):
            return [self.value_or(key) for key in node.keys]
        value = self.value_or(node)
        return list(value) if isinstance(value, list) else None


def assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names that a plain assignment binds, with the value."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    targets = [node.target] if isinstance(node, ast.AnnAssign | ast.NamedExpr) else targets
    for target in targets:
        if isinstance(target, ast.Name) and (value := getattr(node, "value", None)) is not None:
            yield target.id, value


def dotted(node: ast.AST | None) -> str:
    """`a.b.c` of names and attributes; of a call what is called; of anything else an empty text."""
    parts: list[str] = []
    node = node.func if isinstance(node, ast.Call) else node
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def last_name(node: ast.AST | None) -> str:
    """The last part of a dotted name: `load` of `json.load`, also when it is called."""
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def argument_of(call: ast.AST | None, name: str, position: int | None = None) -> ast.expr | None:
    """What a call gives for a parameter, by position or by name."""
    if not isinstance(call, ast.Call):
        return None
    if position is not None and len(call.args) > position:
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def read_code(text: str, path: str) -> Code:
    """Parses a script or, for a path that ends in .ipynb, a notebook; raises Unreadable."""
    lines: list[tuple[int, int, str]] = []
    try:
        lines = _cell_lines(text) if interpreter_of(path) == "notebook" else []
        text = "\n".join(line for _, _, line in lines) if lines else text.removeprefix("\ufeff")
        if len(text) > MAX_CODE:
            raise ValueError(f"more than {MAX_CODE:,} characters of code")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, filename=path)
    except (SyntaxError, ValueError, TypeError, LookupError) as error:
        unreadable = Unreadable(f"{path} could not be read as Python: {shorten(str(error))}.")
        if isinstance(error, SyntaxError) and error.lineno and lines:
            cell, line, _ = lines[min(error.lineno, len(lines)) - 1]
            unreadable.place = Place(path=path, cell=cell, line=line)
        raise unreadable from error
    except (RecursionError, MemoryError) as error:
        raise Unreadable(f"{path} is nested too deeply to be read.") from error
    return Code(path=path, tree=tree, text=text, lines=tuple((cell, line) for cell, line, _ in lines))


def _cell_lines(text: str) -> list[tuple[int, int, str]]:
    """(cell, line of it, text) of a notebook's code; what only notebooks understand is left out."""
    found: list[tuple[int, int, str]] = []
    for number, cell in enumerate(json.loads(text)["cells"], 1):
        source = "".join(cell["source"]) if cell["cell_type"] == "code" else "%%"
        if not source.startswith("%%") or source.startswith("%%time"):
            for place, line in enumerate(source.splitlines(), 1):
                plain = line.lstrip()
                found.append((number, place, line.replace(plain, "pass") if _MAGIC.match(plain) else line))
    return found


def imported_with(files: Mapping[str, str], script: str) -> list[str]:
    """A script and, following its imports, the Python files of the same Task."""
    folder, found = posixpath.dirname(script), [script]
    for path in found:
        for dot, module, names in _IMPORT.findall(files[path]):
            base = posixpath.join(posixpath.dirname(path) if dot else folder, module.replace(".", "/"))
            stems = [base, *(posixpath.join(base, name.strip()) for name in names.split(","))]
            paths = [f"{stem}{ending}" for stem in stems for ending in (".py", "/__init__.py")]
            found += [file for file in dict.fromkeys(paths) if file in files and file not in found]
    return found
