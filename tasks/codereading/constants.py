"""Constant expressions of Python code → values, without running it. Knows no options and no parameters."""

import ast
import math
import posixpath
from collections.abc import Callable
from typing import Any

from tasks.codereading.arithmetic import calculate, is_finite
from tasks.codereading.findings import Default
from tasks.types.wording import shorten

_MAX_DEPTH = 40
_MAX_ITEMS = 1000
_MAX_STEPS = 20_000
_CONVERSIONS: dict[str, Callable[[Any], Any]] = {"int": int, "float": float, "str": str, "bool": bool}
_PATHS = {"Path", "PurePath", "PosixPath", "PurePosixPath", "join"}


class Unfoldable(Exception):
    """An expression whose value only running the code could tell."""


class Constants:
    """The names of a program that are assigned once, and its classes of constants (Enum)."""

    def __init__(self, tree: ast.AST) -> None:
        self.names: dict[str, ast.expr] = {}
        self.enums: dict[str, ast.ClassDef] = {}
        self.steps = 0
        spoilt: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and any("Enum" in dotted(base) for base in node.bases):
                self.enums[node.name] = node
            for name, value in _assigned(node):
                if name in self.names:
                    spoilt.add(name)
                if value is not None:
                    self.names[name] = value
                else:
                    spoilt.add(name)
        for name in spoilt:
            self.names.pop(name, None)

    def default(self, node: ast.expr | None) -> Default:
        """The value of an expression (null without one), or its text if it can't be folded."""
        if node is None:
            return Default()
        try:
            return Default(value=self.fold(node))
        except Unfoldable:
            return Default(unread=shorten(" ".join(ast.unparse(node).split())))

    def text(self, node: ast.expr | None) -> str:
        """The text of an expression, what can't be folded in it left out; empty if it is no text."""
        try:
            value = self.fold(node) if node is not None else ""
        except Unfoldable:
            return ""
        return value if isinstance(value, str) else ""

    def fold(self, node: ast.expr, depth: int = 0) -> Any:
        """The value, with lists for tuples and sets; raises Unfoldable."""
        handler = _FOLDERS.get(type(node))
        # Names that stand for pairs of names that stand for pairs … would never end.
        self.steps = self.steps + 1 if depth else 0
        if handler is None or depth > _MAX_DEPTH or self.steps > _MAX_STEPS:
            raise Unfoldable
        try:
            return handler(self, node, depth + 1)
        except (ArithmeticError, ValueError, TypeError, LookupError) as error:
            raise Unfoldable from error

    def items(self, node: ast.expr | None) -> list[Any] | None:
        """The items of something iterable, for choices: a list, the keys of a dict, an Enum's values."""
        if node is None:
            return None
        if isinstance(node, ast.Call) and not node.keywords:
            name = dotted(node.func)
            if name in ("list", "tuple", "set", "sorted") and len(node.args) == 1:
                inner = self.items(node.args[0])
                return sorted(inner) if name == "sorted" and _sortable(inner) else inner
            if isinstance(node.func, ast.Attribute) and node.func.attr == "keys":
                return self.items(node.func.value)
        if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
            return self._comprehended(node)
        if isinstance(node, ast.Name) and node.id in self.enums:
            return [value for _, value in self.members(node.id)]
        if isinstance(node, ast.Name) and isinstance(self.names.get(node.id), ast.Dict):
            return self.items(self.names[node.id])
        if (
            isinstance(node, ast.Attribute)
            and node.attr == "__members__"
            and dotted(node.value) in self.enums
        ):
            return [name for name, _ in self.members(dotted(node.value))]
        try:
            if isinstance(node, ast.Dict):
                return [self.fold(key) for key in node.keys if key is not None]
            value = self.fold(node)
        except Unfoldable:
            return None
        return list(value) if isinstance(value, list | dict) else None

    def members(self, enum: str) -> list[tuple[str, Any]]:
        """(name, value) of an Enum's members whose values are constants."""
        found = []
        for statement in self.enums[enum].body:
            for name, value in _assigned(statement):
                default = self.default(value)
                found.append((name, name.lower() if default.unread else default.value))
        return found

    def _comprehended(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> list[Any] | None:
        """`[mode.value for mode in Mode]`, `.name`, or the item itself."""
        source = node.generators[0].iter
        if len(node.generators) != 1 or node.generators[0].ifs:
            return None
        if isinstance(node.elt, ast.Attribute) and dotted(source) in self.enums:
            column = {"name": 0, "value": 1}.get(node.elt.attr)
            return None if column is None else [member[column] for member in self.members(dotted(source))]
        same = isinstance(node.elt, ast.Name) and dotted(node.generators[0].target) == node.elt.id
        return self.items(source) if same else None


def dotted(node: ast.AST | None) -> str:
    """`a.b.c` of names and attributes; of a call what is called; of anything else an empty text."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Call) and not parts:
        return dotted(node.func)
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def last_name(node: ast.AST | None) -> str:
    """The last part of a dotted name: `load` of `json.load`, also after a call."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _assigned(node: ast.AST) -> list[tuple[str, ast.expr | None]]:
    """Names that a statement binds, with the value where it is plain."""
    if isinstance(node, ast.Assign):
        return [
            (name.id, node.value if name is target else None)
            for target in node.targets
            for name in ast.walk(target)
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
        ]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        return [(node.target.id, node.value)]
    if isinstance(node, ast.AugAssign | ast.For) and isinstance(node.target, ast.Name):
        return [(node.target.id, None)]
    return []


def _sortable(items: list[Any] | None) -> bool:
    return items is not None and len({type(item) for item in items}) <= 1


def _constant(constants: Constants, node: ast.Constant, depth: int) -> Any:
    if isinstance(node.value, float) and not math.isfinite(node.value):
        raise Unfoldable
    if node.value is None or isinstance(node.value, bool | int | float | str):
        return node.value
    raise Unfoldable


def _sequence(constants: Constants, node: ast.List | ast.Tuple | ast.Set, depth: int) -> list[Any]:
    if len(node.elts) > _MAX_ITEMS:
        raise Unfoldable
    return [constants.fold(item, depth) for item in node.elts]


def _mapping(constants: Constants, node: ast.Dict, depth: int) -> dict[Any, Any]:
    if None in node.keys:
        raise Unfoldable
    pairs = zip(node.keys, node.values, strict=True)
    return {
        constants.fold(key, depth): constants.fold(value, depth) for key, value in pairs if key is not None
    }


def _name(constants: Constants, node: ast.Name, depth: int) -> Any:
    if node.id not in constants.names:
        raise Unfoldable
    return constants.fold(constants.names[node.id], depth)


def _attribute(constants: Constants, node: ast.Attribute, depth: int) -> Any:
    """`Mode.FAST`, `Mode.FAST.value`."""
    owner, name = node.value, node.attr
    if (
        name in ("value", "name")
        and isinstance(owner, ast.Attribute)
        and dotted(owner.value) in constants.enums
    ):
        members = dict(constants.members(dotted(owner.value)))
        return members[owner.attr] if name == "value" else owner.attr
    if dotted(owner) in constants.enums:
        return dict(constants.members(dotted(owner)))[name]
    raise Unfoldable


def _unary(constants: Constants, node: ast.UnaryOp, depth: int) -> Any:
    value = constants.fold(node.operand, depth)
    if isinstance(node.op, ast.Not):
        return not value
    if isinstance(node.op, ast.Invert):
        raise Unfoldable
    return -value if isinstance(node.op, ast.USub) else +value


def _binary(constants: Constants, node: ast.BinOp, depth: int) -> Any:
    value = calculate(node.op, constants.fold(node.left, depth), constants.fold(node.right, depth))
    if value is None:
        raise Unfoldable
    return value


def _formatted(constants: Constants, node: ast.JoinedStr, depth: int) -> str:
    pieces = []
    for piece in node.values:
        plain = isinstance(piece, ast.FormattedValue) and piece.format_spec is None and piece.conversion == -1
        if not plain and not isinstance(piece, ast.Constant):
            raise Unfoldable
        pieces.append(
            str(constants.fold(piece.value if isinstance(piece, ast.FormattedValue) else piece, depth))
        )
    return "".join(pieces)


def _conditional(constants: Constants, node: ast.IfExp, depth: int) -> Any:
    return constants.fold(node.body if constants.fold(node.test, depth) else node.orelse, depth)


def _call(constants: Constants, node: ast.Call, depth: int) -> Any:
    name = last_name(node.func)
    if dotted(node.func) == "dict" and not node.args:
        return {k.arg: constants.fold(k.value, depth) for k in node.keywords if k.arg is not None}
    if node.keywords or len(node.args) > _MAX_ITEMS:
        raise Unfoldable
    arguments = [constants.fold(argument, depth) for argument in node.args]
    if name in _PATHS and arguments and all(isinstance(argument, str) for argument in arguments):
        return posixpath.join(*arguments)
    if dotted(node.func) in ("os.getenv", "os.environ.get") and len(arguments) == 2:
        return arguments[1]
    if (
        dotted(node.func) in _CONVERSIONS
        and len(arguments) == 1
        and not isinstance(arguments[0], list | dict)
    ):
        value = _CONVERSIONS[name](arguments[0])
        if is_finite(value):
            return value
    if name in ("list", "tuple", "set", "frozenset") and len(arguments) <= 1:
        return list(arguments[0]) if arguments else []
    if name == "range" and all(isinstance(argument, int) for argument in arguments):
        numbers = range(*arguments)
        if len(numbers) <= _MAX_ITEMS:
            return list(numbers)
    raise Unfoldable


_FOLDERS: dict[type[ast.expr], Callable[[Constants, Any, int], Any]] = {
    ast.Constant: _constant,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Dict: _mapping,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.JoinedStr: _formatted,
    ast.IfExp: _conditional,
    ast.Call: _call,
}
