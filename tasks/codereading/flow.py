"""Which names of a program hold its parameters: followed from the file through names, calls and imports."""

import ast
import re
from collections.abc import Mapping
from typing import Literal, TypeVar

from tasks.codereading.constants import Constants, dotted, last_name
from tasks.codereading.scopes import Scope, scope_of
from tasks.codereading.sources import Program, Python

Kind = Literal["file", "mapping", "space"]
FILE: Kind = "file"
MAPPING: Kind = "mapping"
SPACE: Kind = "space"

VARIABLE = "CORETEX_PARAMETERS"
_LOADERS = {"load", "loads", "safe_load", "full_load", "decode", "parse_raw", "model_validate_json"}
_OPENERS = {"open", "Path", "PurePath", "str", "fspath", "expanduser", "abspath", "realpath", "StringIO"}
_COPIERS = {"dict", "copy", "deepcopy"}
SPACES = {"SimpleNamespace", "Namespace", "Box", "Munch", "DotDict", "AttrDict", "EasyDict", "DotMap"}
_RUN = re.compile(r"run\d*$|experiment$", re.IGNORECASE)
_BINDING = ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.AugAssign | ast.withitem | ast.Return | ast.Call
_MAX_ROUNDS = 6
_Key = tuple[str, Scope, str]
_T = TypeVar("_T")


class Flow:
    """What every name of the program holds; settled after a few rounds over all of its files."""

    def __init__(self, program: Program) -> None:
        self.program = program
        texts = [python.text for python in program.pythons.values()]
        self.has_evidence = any(VARIABLE in text or "parameters" in text for text in texts)
        self.is_ours = any(VARIABLE in text or "coretex" in text for text in texts)
        self.loads = False
        self.kinds: dict[_Key, Kind] = {}
        self.origins: dict[_Key, ast.AST] = {}
        self.returns: dict[tuple[str, str], Kind] = {}
        self._functions: dict[tuple[str, str], ast.FunctionDef | ast.AsyncFunctionDef] = {}
        self._imports: dict[tuple[str, str], tuple[str, str]] = {}
        self._known: dict[int, Kind | None] = {}
        self._own_parameters: set[tuple[str, Scope]] = set()
        self._given_parameters: set[tuple[str, Scope]] = set()
        self._called: set[tuple[str, str]] = set()
        self._copied: set[int] = set()
        if self.has_evidence:
            self._settle()

    def constants(self, python: Python) -> Constants:
        return python.constants

    def is_copied(self, call: ast.Call) -> bool:
        """Whether `.items()` only serves to copy the whole mapping."""
        return id(call) in self._copied

    def defaults_of(self, python: Python) -> list[ast.Dict]:
        """The dicts that the parameters are laid over, as in `{**DEFAULTS, **parameters}`."""
        found: dict[int, ast.Dict] = {}
        for node, scope in python.nodes:
            below: list[ast.expr] = []
            if isinstance(node, ast.Dict) and self.kind(node, scope, python) == MAPPING:
                below = [value for key, value in zip(node.keys, node.values, strict=True) if key is None]
                if any(key is not None for key in node.keys):
                    found[id(node)] = node
            elif isinstance(node, ast.BinOp) and self.kind(node, scope, python) == MAPPING:
                below = [node.left, node.right]
            for value in below:
                named = self.constants(python).names.get(dotted(value)) if dotted(value) else value
                if isinstance(named, ast.Dict) and self.kind(named, scope, python) is None:
                    found[id(named)] = named
        return list(found.values())

    # Settling

    def _settle(self) -> None:
        for python in self.program.pythons.values():
            for node, scope in python.nodes:
                self._note(node, scope, python)
        binding = {
            path: [pair for pair in python.nodes if isinstance(pair[0], _BINDING)]
            for path, python in self.program.pythons.items()
        }
        for _ in range(_MAX_ROUNDS):
            self._known.clear()
            before = len(self.kinds), len(self.returns), len(self.origins)
            for path, python in self.program.pythons.items():
                for node, scope in binding[path]:
                    self._follow(node, scope, python)
            if before == (len(self.kinds), len(self.returns), len(self.origins)):
                return

    def _note(self, node: ast.AST, scope: Scope, python: Python) -> None:
        """Functions, imports, and where `parameters` is a name of the code's own."""
        path = python.path
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._functions.setdefault((path, node.name), node)
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            if any(argument.arg == "parameters" for argument in arguments):
                self._given_parameters.add((path, scope_of(node)))
        elif isinstance(node, ast.ClassDef):
            for child in node.body:
                if isinstance(child, ast.FunctionDef) and child.name == "__init__":
                    self._functions[path, node.name] = child
        elif isinstance(node, ast.ImportFrom):
            base = self.program.base_of(node, path)
            for alias in node.names:
                name = alias.asname or alias.name
                for file in self.program.module_files(base) if base else ():
                    self._imports[path, name] = (file, alias.name)
                for file in self.program.module_files(f"{base}.{alias.name}".strip(".")):
                    self._imports[path, name] = (file, "")
        elif isinstance(node, ast.Import):
            for alias in node.names:
                for file in self.program.module_files(alias.name):
                    self._imports[path, alias.asname or alias.name] = (file, "")
        elif isinstance(node, ast.Name) and node.id == "parameters" and not isinstance(node.ctx, ast.Load):
            self._own_parameters.add((path, scope))
        elif isinstance(node, ast.DictComp):
            self._copied.add(id(node.generators[0].iter))
        elif isinstance(node, ast.Call) and (node.args or node.keywords):
            self._called.add((path, last_name(node.func)))

    def _follow(self, node: ast.AST, scope: Scope, python: Python) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind(target, node.value, scope, python)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr | ast.AugAssign) and node.value is not None:
            self._bind(node.target, node.value, scope, python)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._bind(node.optional_vars, node.context_expr, scope, python)
        elif isinstance(node, ast.Return) and node.value is not None and scope:
            kind = self.kind(node.value, scope, python)
            if kind is not None:
                self.returns.setdefault((python.path, scope[-1].split(":")[0]), kind)
        elif isinstance(node, ast.Call):
            self._pass(node, scope, python)

    def _bind(self, target: ast.expr, value: ast.expr, scope: Scope, python: Python) -> None:
        name = dotted(target)
        if name:
            self._keep((python.path, () if "." in name else scope, name), value, scope, python)

    def _keep(self, key: _Key, value: ast.expr, scope: Scope, python: Python) -> None:
        kind = self.kind(value, scope, python)
        if kind is not None:
            self.kinds.setdefault(key, kind)
        elif (origin := self.origin(value, scope, python)) is not None:
            self.origins.setdefault(key, origin)

    def _pass(self, call: ast.Call, scope: Scope, python: Python) -> None:
        """Binds the arguments of a function of the program to what it is called with."""
        found = self.function(call, python)
        if found is None:
            return
        path, function = found
        names = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]
        if names[:1] in (["self"], ["cls"]):
            names = names[1:]
        pairs = [*zip(names, call.args, strict=False), *((k.arg, k.value) for k in call.keywords)]
        for name, value in pairs:
            if name is not None:
                self._keep((path, scope_of(function), name), value, scope, python)

    def function(
        self, call: ast.Call, python: Python
    ) -> tuple[str, ast.FunctionDef | ast.AsyncFunctionDef] | None:
        """The function of the program that is called, with its file; of a class its __init__."""
        path, name = python.path, last_name(call.func)
        if isinstance(call.func, ast.Attribute):
            owner = dotted(call.func.value)
            if owner not in ("self", "cls"):
                path = self._imports.get((path, owner), ("", ""))[0]
        elif (path, name) not in self._functions:
            path, name = self._imports.get((path, name), ("", ""))
        function = self._functions.get((path, name))
        return None if function is None else (path, function)

    # Questions

    def origin(self, node: ast.AST, scope: Scope, python: Python) -> ast.AST | None:
        """The expression that read the parameter whose value this is."""
        if isinstance(node, ast.Subscript):
            return node if self.kind(node.value, scope, python) in (MAPPING, SPACE) else None
        if isinstance(node, ast.Attribute) and self.kind(node.value, scope, python) == SPACE:
            return node
        if isinstance(node, ast.Call) and last_name(node.func) in ("get", "pop"):
            owner = getattr(node.func, "value", None)
            return node if owner is not None and self.kind(owner, scope, python) == MAPPING else None
        return self._look_up(self.origins, dotted(node), scope, python)

    def kind(self, node: ast.AST, scope: Scope, python: Python) -> Kind | None:
        """Whether an expression is the parameters' file (or its path or text), their mapping, or neither."""
        if id(node) not in self._known:
            self._known[id(node)] = self._kind(node, scope, python)
        return self._known[id(node)]

    def _kind(self, node: ast.AST, scope: Scope, python: Python) -> Kind | None:
        if isinstance(node, ast.Name):
            return self._kind_of_name(node, scope, python)
        if isinstance(node, ast.Attribute):
            return self._kind_of_attribute(node, scope, python)
        if isinstance(node, ast.Call):
            return self._kind_of_call(node, scope, python)
        if isinstance(node, ast.Subscript):
            return FILE if self.constants(python).text(node.slice) == VARIABLE else None
        if isinstance(node, ast.DictComp) and isinstance(node.generators[0].iter, ast.Call):
            method = node.generators[0].iter.func
            whole = isinstance(method, ast.Attribute) and method.attr == "items"
            return self.kind(method.value, scope, python) if whole else None
        return self._first([self.kind(part, scope, python) for part in _parts(node)])

    def _kind_of_name(self, node: ast.Name, scope: Scope, python: Python) -> Kind | None:
        kind = self._look_up(self.kinds, node.id, scope, python)
        if kind is not None or node.id != "parameters":
            return kind
        return MAPPING if self._is_free(scope, python) else None

    def _is_free(self, scope: Scope, python: Python) -> bool:
        """Whether `parameters` comes from nowhere in the code, or as an argument that nobody here gives."""
        for length in range(len(scope), -1, -1):
            at = (python.path, scope[:length])
            if at in self._own_parameters:
                return False
            if at in self._given_parameters:
                name = scope[length - 1].split(":")[0]
                return self.is_ours and not any((path, name) in self._called for path in self.program.pythons)
        return (python.path, "parameters") not in self._imports

    def _kind_of_attribute(self, node: ast.Attribute, scope: Scope, python: Python) -> Kind | None:
        if node.attr == "parameters" and self._is_run(node.value):
            self.loads = True
            return MAPPING
        owner = dotted(node.value)
        module = self._imports.get((python.path, owner))
        if module is not None and not module[1]:
            return self.kinds.get((module[0], (), node.attr))
        return self.kinds.get((python.path, (), dotted(node))) if owner else None

    def _is_run(self, node: ast.expr) -> bool:
        """`taskRun`, `self.run`, `currentTaskRun()`."""
        name = last_name(node.func if isinstance(node, ast.Call) else node)
        return bool(_RUN.search(name)) and (self.is_ours or name in ("taskRun", "task_run", "run"))

    def _kind_of_call(self, call: ast.Call, scope: Scope, python: Python) -> Kind | None:
        name, constants = last_name(call.func), self.constants(python)
        if any(constants.text(argument) == VARIABLE for argument in call.args[:1]):
            return FILE
        if isinstance(call.func, ast.Attribute):
            owner = self.kind(call.func.value, scope, python)
            if owner == FILE or (owner == MAPPING and name == "copy"):
                return owner
        given = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg is None)]
        kind = self._first([self.kind(argument, scope, python) for argument in given])
        if kind == FILE and name in _LOADERS:
            self.loads = True
            return MAPPING
        if (kind == FILE and name in _OPENERS) or (kind == MAPPING and name in _COPIERS):
            return kind
        if kind == MAPPING and name in SPACES:
            return SPACE
        function = self.function(call, python)
        return None if function is None else self.returns.get((function[0], function[1].name))

    def _look_up(self, table: Mapping[_Key, _T], name: str, scope: Scope, python: Python) -> _T | None:
        if not name:
            return None
        for length in range(len(scope), -1, -1):
            if (python.path, scope[:length], name) in table:
                return table[python.path, scope[:length], name]
        imported = self._imports.get((python.path, name))
        return table.get((imported[0], (), imported[1])) if imported is not None else None

    def _first(self, kinds: list[Kind | None]) -> Kind | None:
        return next((kind for kind in kinds if kind is not None), None)


def _parts(node: ast.AST) -> list[ast.expr]:
    """The expressions of which one may be what the whole is."""
    if isinstance(node, ast.Dict):
        return [value for key, value in zip(node.keys, node.values, strict=True) if key is None]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [node.left, node.right]
    if isinstance(node, ast.BoolOp):
        return list(node.values)
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.NamedExpr | ast.Await):
        return [node.value]
    return []
