"""Which parameters Python code reads by name, once it is known what holds them. Runs nothing."""

import ast
from collections.abc import Iterator

from tasks.codereading.constants import last_name
from tasks.codereading.findings import Default, NameRead, Place, Reads
from tasks.codereading.flow import MAPPING, SPACE, SPACES, Flow, Kind
from tasks.codereading.scopes import Scope
from tasks.codereading.sources import Program, Python

_READING = ast.Subscript | ast.Attribute | ast.Compare | ast.Call | ast.For | ast.comprehension
_READING_METHODS = {"get", "pop", "setdefault"}
_WHOLE_METHODS = {"items", "keys", "values", "popitem", "__iter__"}
_HARMLESS = {
    "print", "pprint", "len", "repr", "str", "bool", "type", "id", "isinstance", "dict", "copy", "deepcopy",
    "dump", "dumps", "debug", "info", "warning", "error", "critical", "log", "exception", *SPACES,
}  # fmt: skip
_TYPES_OF_WRAPPERS = {
    "int": "int", "range": "int", "float": "float", "str": "str", "bool": "bool", "Path": "str",
    "open": "str",
}  # fmt: skip
_TYPES_OF_KEYS = {"path": "dataset", "from": "range", "to": "range", "step": "range"}
_TYPES_OF_ATTRIBUTES = {"samples": "dataset", "download": "dataset"}


def python_reads(program: Program) -> Reads:
    """The names that the Python files of a program read."""
    flow = Flow(program)
    if not flow.has_evidence:
        return Reads()
    collector = _Collector(flow)
    for python in program.pythons.values():
        collector.collect(python)
    return Reads(
        names=tuple(collector.names),
        dynamic=collector.dynamic,
        written=frozenset(collector.written),
        fills_options=collector.fills_options,
        loads=flow.loads or bool(collector.names),
    )


class _Collector:
    """Goes over the code once the flow is known, and writes down every use."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.names: list[NameRead] = []
        self.dynamic: Place | None = None
        self.written: set[str] = set()
        self.fills_options = False
        self.hints: dict[int, str] = {}

    def collect(self, python: Python) -> None:
        for defaults in self.flow.defaults_of(python):
            self._declared(defaults, python)
        nodes = [pair for pair in python.nodes if isinstance(pair[0], _READING)]
        for node, scope in nodes:
            self._hint(node, scope, python)
        for node, scope in nodes:
            for name, default in self._names_in(node, scope, python):
                read = NameRead(
                    name=name,
                    place=python.place(node.lineno),
                    default=default,
                    data_type=self.hints.get(id(node), ""),
                )
                self.names.append(read)

    def _declared(self, defaults: ast.Dict, python: Python) -> None:
        """The names in a dict of defaults that the parameters are laid over."""
        constants = self.flow.constants(python)
        for key, value in zip(defaults.keys, defaults.values, strict=True):
            name = constants.text(key)
            if name and key is not None:
                read = NameRead(
                    name=name,
                    place=python.place(key.lineno),
                    default=constants.default(value),
                    is_declared_only=True,
                )
                self.names.append(read)

    def _kind(self, node: ast.AST, scope: Scope, python: Python) -> Kind | None:
        return self.flow.kind(node, scope, python)

    def _names_in(self, node: ast.AST, scope: Scope, python: Python) -> Iterator[tuple[str, Default | None]]:
        """The names that one node reads itself; notes what is written or cannot be told."""
        if isinstance(node, ast.Subscript) and self._kind(node.value, scope, python) in (MAPPING, SPACE):
            name = self.flow.constants(python).text(node.slice)
            if not isinstance(node.ctx, ast.Load):
                self.written.add(name)
            elif name:
                yield name, None
            else:
                self._give_up(node, python)
        elif isinstance(node, ast.Attribute) and self._kind(node.value, scope, python) == SPACE:
            yield node.attr, None
        elif (
            isinstance(node, ast.Compare)
            and len(node.ops) == 1
            and isinstance(node.ops[0], ast.In | ast.NotIn)
        ):
            if self._kind(node.comparators[0], scope, python) == MAPPING:
                name = self.flow.constants(python).text(node.left)
                if name:
                    yield name, Default()
                else:
                    self._give_up(node, python)
        elif isinstance(node, ast.Call):
            yield from self._names_in_call(node, scope, python)
        elif isinstance(node, ast.For | ast.comprehension) and self._is_mapping(node.iter, scope, python):
            self._give_up(node.iter, python)

    def _names_in_call(
        self, call: ast.Call, scope: Scope, python: Python
    ) -> Iterator[tuple[str, Default | None]]:
        constants, method = self.flow.constants(python), last_name(call.func)
        if isinstance(call.func, ast.Attribute) and self._kind(call.func.value, scope, python) == MAPPING:
            if method in _READING_METHODS and call.args:
                name = constants.text(call.args[0])
                if name:
                    yield name, constants.default(call.args[1] if len(call.args) > 1 else None)
                else:
                    self._give_up(call, python)
            elif method in _WHOLE_METHODS and not self.flow.is_copied(call):
                self._give_up(call, python)
            return
        spread = [k for k in call.keywords if k.arg is None and self._is_mapping(k.value, scope, python)]
        if spread and method == "set_defaults":
            self.fills_options = True
        elif spread and method not in _HARMLESS:
            self._give_up(call, python)
        passed = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg is not None)]
        if method not in _HARMLESS and self.flow.function(call, python) is None:
            for value in passed:
                if self._kind(value, scope, python) in (MAPPING, SPACE):
                    self._give_up(call, python)

    def _is_mapping(self, node: ast.AST, scope: Scope, python: Python) -> bool:
        return self._kind(node, scope, python) == MAPPING

    def _give_up(self, node: ast.AST, python: Python) -> None:
        if self.dynamic is None:
            self.dynamic = python.place(node.lineno)

    def _hint(self, node: ast.AST, scope: Scope, python: Python) -> None:
        """What is done with a value may tell its type: `int(…)`, `…["path"]`."""
        inner, data_type = None, ""
        if isinstance(node, ast.Call) and len(node.args) == 1 and isinstance(node.func, ast.Name):
            inner, data_type = node.args[0], _TYPES_OF_WRAPPERS.get(node.func.id, "")
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            inner, data_type = node.value, _TYPES_OF_KEYS.get(str(node.slice.value), "")
        elif isinstance(node, ast.Call) and last_name(node.func) == "get" and node.args:
            key = node.args[0].value if isinstance(node.args[0], ast.Constant) else ""
            inner, data_type = getattr(node.func, "value", None), _TYPES_OF_KEYS.get(str(key), "")
        elif isinstance(node, ast.Attribute):
            inner, data_type = node.value, _TYPES_OF_ATTRIBUTES.get(node.attr, "")
        if not data_type or inner is None:
            return
        origin = self.flow.origin(inner, scope, python)
        if origin is not None:
            self.hints.setdefault(id(origin), data_type)
