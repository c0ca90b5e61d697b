"""Which function each part of Python code stands in, and what only runs when a file is the script itself."""

import ast
from collections.abc import Iterator

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Scope = tuple[str, ...]


def scope_of(function: ast.AST) -> Scope:
    """The scope of what stands in a function, once `scoped` came by it."""
    return getattr(function, "scope_path", ())


def scoped(tree: ast.Module, skip: frozenset[int] = frozenset()) -> Iterator[tuple[ast.AST, Scope]]:
    """All nodes in the order of the code with the functions they stand in; without those of the ids `skip`.

    Notes at each function its own scope.
    """
    stack: list[tuple[ast.AST, Scope]] = [(tree, ())]
    while stack:
        node, scope = stack.pop()
        if id(node) in skip:
            continue
        if isinstance(node, _FUNCTIONS):
            scope = (*scope, f"{getattr(node, 'name', '')}:{node.lineno}:{node.col_offset}")
            node.scope_path = scope
        yield node, scope
        stack += [(child, scope) for child in reversed(list(ast.iter_child_nodes(node)))]


def only_as_script(tree: ast.Module) -> frozenset[int]:
    """The ids of what an import does not run: `if __name__ == "__main__"` and the functions it calls."""
    guards = [node for node in tree.body if isinstance(node, ast.If) and _is_guard(node.test)]
    called = {
        node.func.id
        for guard in guards
        for node in ast.walk(guard)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in called]
    return frozenset(id(node) for node in [*guards, *functions])


def _is_guard(test: ast.expr) -> bool:
    sides = [test.left, *test.comparators] if isinstance(test, ast.Compare) else []
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
