"""Which parameters a script reads by name: in Python by its tree, else by a pattern. Runs nothing."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tasks.proposals.code import Code, Place, assigned, dotted, last_name
from tasks.proposals.options import Option, kind_of

VARIABLE = "CORETEX_PARAMETERS"
MAX_LINE = 1000
_ROUNDS = 5
GETTERS = {"get", "pop", "setdefault"}
_PASSING = {
    "load", "loads", "safe_load", "full_load", "open", "Path", "str", "read", "read_text", "get", "getenv",
    "dict", "copy", "deepcopy", "items",
}  # fmt: skip
HARMLESS = _PASSING | {"print", "len", "repr", "bool", "exists", "is_file", "dump", "dumps", "info"}
_COMMENT = re.compile(r"(?:^|\s)#.*")
_R_LOADED = re.compile(r"\s*([A-Za-z][\w.]*)\s*(?:<-|=).*\b(?:fromJSON|read_json)\(")
_R_USE = (
    r"""(?<![\w.$])(?:{names})(?:\$(?P<name>[A-Za-z][\w.]*)|\[\["(?P<quoted>[^"]+)"\]\])"""
    r"""(?P<folder>\$path\b)?(?![\w.]|\s*<-)"""
)
_JQ = re.compile(rf"""\bjq (?:-\w+ )*["']?\.(?P<name>\w+)(?P<quoted>)(?P<folder>\.path\b)?.*\b{VARIABLE}""")


@dataclass(frozen=True, kw_only=True)
class Reads:
    """How a file uses the parameters.

    `names` are what it reads, with the default for each; `defaults` what only stands in a dict that they are
    laid over; `loads`: it reads them at all; `dynamic` is the first place whose names are not written down;
    `fills_options`: they become the defaults of an argparse parser.
    """

    names: tuple[Option, ...] = ()
    defaults: tuple[Option, ...] = ()
    loads: bool = False
    dynamic: Place | None = None
    fills_options: bool = False


def text_reads(text: str, path: str) -> Reads:
    """`parameters$x` and `parameters[["x"]]` in R, `jq .x "$CORETEX_PARAMETERS"` in a shell script."""
    lines = [_COMMENT.sub("", line[:MAX_LINE]) for line in text.split("\n")] if VARIABLE in text else []
    pattern = _JQ
    if path.lower().endswith(".r"):
        loaded = {match[1] for line in lines if (match := _R_LOADED.match(line))} or {"parameters"}
        pattern = re.compile(_R_USE.format(names="|".join(map(re.escape, sorted(loaded)))))
    found: list[Option] = []
    for number, line in enumerate(lines, 1):
        for match in pattern.finditer(line):
            place, kind = Place(path=path, line=number), "dataset" if match["folder"] else ""
            name = match["name"] or match["quoted"]
            found.append(Option(name=name, place=place, kind=kind, required=True))
    return Reads(names=tuple(found), loads=VARIABLE in text)


def code_reads(code: Code) -> Reads:
    """The names that Python code reads from what it loads, or from `parameters` of the platform's client."""
    return PythonReads(code).reads() if VARIABLE in code.text or "parameters" in code.text else Reads()


class PythonReads:
    """Finds the names that hold the parameters or their file, regardless of scope, and then every use."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.is_client = "coretex" in code.text
        self.functions = {node.name: node for node in code.nodes if isinstance(node, ast.FunctionDef)}
        bindings = [pair for node in code.nodes for pair in self._bindings(node)]
        others = {name for name, _ in bindings}
        others |= {node.asname or node.name for node in code.nodes if isinstance(node, ast.alias)}
        if not self.is_client and VARIABLE not in code.text:
            others |= {node.arg for node in code.nodes if isinstance(node, ast.arg)}
        self.holders = {"parameters"} - others  # comes from nowhere in the code
        for _ in range(_ROUNDS):
            self.holders |= {name for name, value in bindings if name and self.holds(value)}
        self.hints: dict[ast.AST, str] = {}  # what is done with a value may tell its type
        folders = {inner: dotted(inner) for node in code.nodes if (inner := _folder_of(node)) is not None}
        for node in code.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
                self.hints[node.args[0]] = kind_of(node)
            is_folder = any(name in folders.values() for name, _ in assigned(node))
            self.hints |= {value: "dataset" for _, value in assigned(node) if is_folder}
        self.hints |= dict.fromkeys(folders, "dataset")

    def _bindings(self, node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
        """Names with what they are bound to: by assignment, `with`, a call of a function here, its return."""
        yield from assigned(node)
        if isinstance(node, ast.withitem) and node.optional_vars is not None:
            yield dotted(node.optional_vars), node.context_expr
        elif isinstance(node, ast.Call) and dotted(node) in self.functions:
            names = [argument.arg for argument in self.functions[dotted(node)].args.args]
            yield from zip(names, node.args, strict=False)
            yield from ((keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg)
        elif isinstance(node, ast.FunctionDef):
            returns = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return)]
            yield from ((f"{node.name}()", value) for value in returns if value is not None)

    def holds(self, node: ast.AST | None) -> bool:
        """Whether an expression is the mapping of the parameters, a copy, or the file or text it is in."""
        if isinstance(node, ast.Constant):
            return node.value == VARIABLE
        if isinstance(node, ast.Subscript):
            return self.holds(node.slice)
        if isinstance(node, ast.Call):
            owner = getattr(node.func, "value", None) if last_name(node) not in GETTERS else None
            passed = [*node.args, owner] if last_name(node) in _PASSING else []
            return f"{dotted(node)}()" in self.holders or any(map(self.holds, passed))
        if isinstance(node, ast.Attribute) and node.attr == "parameters" and self.is_client:
            return "run" in last_name(node.value).lower()
        if isinstance(node, ast.Dict | ast.DictComp | ast.comprehension | ast.IfExp | ast.BinOp | ast.BoolOp):
            return any(map(self.holds, ast.iter_child_nodes(node)))
        return isinstance(node, ast.Name | ast.Attribute) and dotted(node) in self.holders

    def reads(self) -> Reads:
        names: list[Option] = []
        defaults: list[Option] = []
        dynamic: list[Place] = []
        fills = False
        for node in self.code.nodes:
            key, default = self._key(node)
            name = self.code.text_of(key)
            if name:
                option = self._option(name, node, default)
                is_required = isinstance(node, ast.Subscript)
                names.append(replace(option, kind=self.hints.get(node, ""), required=is_required))
            elif key is not None or self._is_dynamic(node):
                dynamic.append(self.code.place(getattr(node, "iter", node)))
            if isinstance(node, ast.Dict) and self.holds(node):
                defaults += self._defaults(node)
            spread = [pair.value for pair in getattr(node, "keywords", ()) if pair.arg is None]
            fills = fills or (last_name(node) == "set_defaults" and any(map(self.holds, spread)))
        return Reads(
            names=tuple(names),
            defaults=tuple(defaults),
            loads=bool(names) or VARIABLE in self.code.text,
            dynamic=None if fills else next(iter(dynamic), None),
            fills_options=fills,
        )

    def _key(self, node: ast.AST) -> tuple[ast.expr | None, ast.expr | None]:
        """(the key, the default) where an item of the mapping is used."""
        others: list[ast.expr] = []
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            owner, key = node.value, node.slice
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            owner, key = node.comparators[0], node.left
        elif isinstance(node, ast.Call) and last_name(node) in GETTERS and node.args:
            owner, key, *others = getattr(node.func, "value", node), *node.args
        else:
            return None, None
        return (key, next(iter(others), None)) if self.holds(owner) else (None, None)

    def _is_dynamic(self, node: ast.AST) -> bool:
        """Whether the whole mapping is gone through, or given to what is not in this file."""
        if isinstance(node, ast.For | ast.comprehension):
            return self.holds(node.iter)
        if not isinstance(node, ast.Call) or last_name(node) in HARMLESS:
            return False
        spread = any(pair.arg is None and self.holds(pair.value) for pair in node.keywords)
        given = [*node.args, *(pair.value for pair in node.keywords)]
        return spread or (dotted(node) not in self.functions and any(map(self.holds, given)))

    def _option(self, name: str, node: ast.AST, default: ast.expr | None) -> Option:
        value, unread = self.code.default(default)
        return Option(name=name, place=self.code.place(node), default=value, unread=unread)

    def _defaults(self, node: ast.Dict) -> Iterator[Option]:
        """The names in a dict of defaults that the parameters are laid over."""
        for key, value in zip(node.keys, node.values, strict=True):
            named = self.code.names.get(value.id) if isinstance(value, ast.Name) else None
            if key is not None and (name := self.code.text_of(key)):
                yield self._option(name, key, value)
            elif key is None and isinstance(named, ast.Dict) and not self.holds(named):
                yield from self._defaults(named)


def _folder_of(node: ast.AST) -> ast.expr | None:
    """The `x` of `x["path"]`, or of what the platform's client does with a Dataset."""
    is_path = getattr(getattr(node, "slice", None), "value", None) == "path"
    is_used = getattr(node, "attr", "") in ("samples", "download")
    return getattr(node, "value", None) if is_path or is_used else None
