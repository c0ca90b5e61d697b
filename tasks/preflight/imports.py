"""Which modules Python code imports, and how surely it does. Runs nothing."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from tasks.proposals.code import Code, Place, assigned, dotted, last_name

# Whether a statement is executed: always; if something else happens; or its failure is foreseen.
Reach = Literal["always", "maybe", "guarded"]
_CAUGHT = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
_ENDS = {"exit", "quit", "_exit", "abort", "SystemExit"}
_PLATFORM = {
    "platform", "system", "machine", "version_info", "os.name", "find_spec", "environ", "getenv",
}  # fmt: skip
# Flags that say whether something is there: HAS_TORCH, is_torch_available(), IN_COLAB.
_FLAG = re.compile(r"(?i)(?:^|_)(?:has|have|in|with|use)_[a-z]|available|installed|found|windows|colab")


@dataclass(frozen=True, kw_only=True)
class Import:
    """A module by its dotted name. `is_certain`: the code cannot run without it."""

    module: str
    place: Place
    is_certain: bool


def imports_of(code: Code) -> list[Import]:
    """The absolute imports of a file, without those whose failure the code foresees."""
    foreseen = _looked_for(code)
    found = []
    for node, reach in _statements(code.tree):
        if reach == "guarded":
            continue
        for module in _modules(node):
            if module.split(".")[0] not in foreseen:
                place = code.place(node)
                found.append(Import(module=module, place=place, is_certain=reach == "always"))
    return sorted(found, key=lambda one: (one.place.cell or 0, one.place.line))


def _modules(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
        yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name != "*")
        yield from (node.module for alias in node.names if alias.name == "*")


def _looked_for(code: Code) -> set[str]:
    """Modules that the code asks for before it imports them: find_spec("x")."""
    if "find_spec" not in code.text:
        return set()
    calls = (node for node in code.nodes if isinstance(node, ast.Call) and last_name(node) == "find_spec")
    return {code.text_of(call.args[0]).split(".")[0] for call in calls if call.args} - {""}


def _statements(tree: ast.Module) -> Iterator[tuple[ast.stmt, Reach]]:
    """Every statement with whether it is reached; a stack, since code may be nested deeply."""
    flags = _flags(tree)
    open_: list[tuple[ast.stmt, Reach]] = [(node, "always") for node in tree.body]
    while open_:
        node, reach = open_.pop()
        yield node, reach
        for block, inner in _blocks(node, reach, flags):
            open_ += [(statement, inner) for statement in block]


def _flags(tree: ast.Module) -> frozenset[str]:
    """The names that code is left with after an import whose failure it foresees."""
    tries = [node for node in tree.body if isinstance(node, ast.Try) and _foresees(node.handlers)]
    bodies = [
        [*one.body, *one.orelse, *(s for handler in one.handlers for s in handler.body)] for one in tries
    ]
    found: set[str] = set()
    for statement in (statement for body in bodies for statement in body):
        found |= {name for name, _ in assigned(statement)}
        if isinstance(statement, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
    return frozenset(found)


def _blocks(node: ast.stmt, reach: Reach, flags: frozenset[str]) -> Iterator[tuple[list[ast.stmt], Reach]]:
    """The blocks of a statement, each with whether it is reached."""
    if reach == "guarded":
        return
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.body, "maybe"
    elif isinstance(node, ast.If):
        yield from zip((node.body, node.orelse), _branches(node.test, reach, flags), strict=True)
    elif isinstance(node, ast.Try | ast.TryStar):
        inner: Reach = "guarded" if _foresees(node.handlers) else reach
        yield from ((block, inner) for block in (node.body, node.orelse))
        yield from ((handler.body, "guarded") for handler in node.handlers)
        yield node.finalbody, reach
    elif isinstance(node, ast.With | ast.AsyncWith):
        suppresses = any(last_name(item.context_expr) == "suppress" for item in node.items)
        yield node.body, "guarded" if suppresses else reach
    elif isinstance(node, ast.For | ast.AsyncFor | ast.While):
        yield node.body, reach
        yield node.orelse, "maybe"
    elif isinstance(node, ast.Match):
        yield from ((case.body, "maybe") for case in node.cases)
    elif isinstance(node, ast.ClassDef):
        yield node.body, reach


def _branches(test: ast.expr, reach: Reach, flags: frozenset[str]) -> tuple[Reach, Reach]:
    """Whether the two branches of an `if` are reached; `flags` tell what could be imported."""
    if isinstance(test, ast.Constant):
        return (reach, "guarded") if test.value else ("guarded", reach)
    names = {dotted(node) for node in ast.walk(test)} | {last_name(node) for node in ast.walk(test)}
    if "TYPE_CHECKING" in names:
        return "guarded", reach
    if names & (_PLATFORM | flags) or any(_FLAG.search(name) for name in names):
        return "guarded", "guarded"
    return (reach, "maybe") if "__name__" in names else ("maybe", "maybe")


def _foresees(handlers: Iterable[ast.ExceptHandler]) -> bool:
    """Whether the code continues after a failed import: not when all that follows is an end."""
    catching = [handler for handler in handlers if _catches(handler.type)]
    return any(not _ends(handler.body) for handler in catching)


def _catches(kind: ast.expr | None) -> bool:
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(one is None or last_name(one) in _CAUGHT for one in kinds)


def _ends(body: list[ast.stmt]) -> bool:
    last = body[-1]
    is_exit = isinstance(last, ast.Expr) and last_name(last.value) in _ENDS
    imports = any(isinstance(node, ast.Import | ast.ImportFrom | ast.Try) for node in body)
    return (is_exit or isinstance(last, ast.Raise)) and not imports
