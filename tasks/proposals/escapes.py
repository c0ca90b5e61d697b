"""Whether code uses the parameters in ways that do not name what it reads. Runs nothing."""

import ast

from tasks.proposals.code import Code, dotted, last_name
from tasks.proposals.reads import GETTERS, HARMLESS, PythonReads

_CLOSING = {"close", "exists", "is_file"}
# Calls that only show what they are given: what is written to a file is a result.
_SHOWING = HARMLESS - {"dump", "dumps"}


def escapes(code: Code) -> bool:
    """Whether the mapping of the parameters goes where its use cannot be followed by name.

    It does when it is gone through, unpacked, kept in an object or a list, or given to code that is not here.
    """
    reads = PythonReads(code)
    parents = {child: node for node in code.nodes for child in ast.iter_child_nodes(node)}
    return any(
        isinstance(node, ast.expr)
        and not isinstance(getattr(node, "ctx", None), ast.Store)
        and reads.holds(node)
        and not _is_followed(reads, node, parents)
        for node in code.nodes
    )


def holders(code: Code) -> frozenset[str]:
    """The names that hold the parameters in a file, and of functions that return them."""
    return frozenset(name.removesuffix("()") for name in PythonReads(code).holders)


def _is_followed(reads: PythonReads, node: ast.expr, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether what happens to an expression that holds the parameters is known."""
    parent = parents[node]
    if isinstance(parent, ast.Dict):
        return node not in parent.values or parent.keys[parent.values.index(node)] is None
    if isinstance(parent, ast.expr) and not isinstance(parent, ast.Attribute) and reads.holds(parent):
        return not isinstance(parent, ast.DictComp)
    match parent:
        case ast.Assign():
            return all(isinstance(target, ast.Name) for target in parent.targets)
        case ast.AnnAssign() | ast.AugAssign() | ast.NamedExpr():
            return isinstance(parent.target, ast.Name)
        case ast.withitem():
            return parent.optional_vars is None or isinstance(parent.optional_vars, ast.Name)
        case ast.Subscript():
            return node is parent.value and bool(reads.code.text_of(parent.slice))
        case ast.Attribute():
            return _is_followed_method(reads, parent, parents[parent])
        case ast.Call():
            is_shown = last_name(parent) in _SHOWING or (
                last_name(parent) == "dumps" and last_name(parents.get(parent)) in _SHOWING
            )
            return is_shown or dotted(parent) in reads.functions
        case ast.keyword():
            call = parents[parent]
            return parent.arg is not None and dotted(call) in reads.functions
        case ast.Return():
            return _is_plain_function(parent, parents)
        case ast.Compare() | ast.Expr() | ast.If() | ast.While() | ast.UnaryOp() | ast.Assert():
            return True
        case ast.FormattedValue() | ast.Delete():
            return True
    return False


def _is_followed_method(reads: PythonReads, attribute: ast.Attribute, call: ast.AST) -> bool:
    if not isinstance(call, ast.Call) or call.func is not attribute:
        return reads.holds(attribute)
    if attribute.attr in GETTERS:
        return bool(call.args) and bool(reads.code.text_of(call.args[0]))
    return attribute.attr in _CLOSING or reads.holds(call)


def _is_plain_function(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether a `return` is in a function at the top of the file, whose calls are followed by its name."""
    while not isinstance(node, ast.FunctionDef):
        if node not in parents or isinstance(node, ast.Lambda | ast.AsyncFunctionDef):
            return False
        node = parents[node]
    return isinstance(parents.get(node), ast.Module)
