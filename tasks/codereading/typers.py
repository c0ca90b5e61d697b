"""typer: the options that functions' signatures declare, from the code. Runs nothing, knows no task.yaml."""

import ast
from collections.abc import Sequence
from typing import Any

from tasks.codereading.calls import Imported, argument_of, command_parameter
from tasks.codereading.constants import dotted, last_name
from tasks.codereading.declaring import Declaration, declare, infer_kind, kind_of
from tasks.codereading.findings import Argument, Default, FoundParameter
from tasks.codereading.sources import Python

_LISTS = {"list", "List", "Sequence", "set", "Set"}

_NOT_OPTIONS = {"Context", "CallbackParam"}


class TyperReader:
    """Reads one file for the functions that are commands, and for the one given to typer.run."""

    def __init__(self, python: Python, *, skip: frozenset[int] = frozenset()) -> None:
        self.python = python
        self.constants = python.constants
        self.typer = Imported(python, {"typer"})
        self.found: list[FoundParameter] = []
        self.notes: list[str] = []
        if not self.typer:
            return
        functions = [n for n in python.tree.body if isinstance(n, ast.FunctionDef) and id(n) not in skip]
        commands = {f.name: name for f in functions if (name := self._command_name(f)) is not None}
        calls = [node for node in ast.walk(python.tree) if isinstance(node, ast.Call)]
        given = {dotted(call.args[0]) for call in calls if call.args and self.typer.what(call) == "run"}
        several = len(commands) > 1
        if several:
            first = next(function for function in functions if function.name in commands)
            self.found.append(command_parameter(list(commands.values()), python.place(first.lineno)))
        for function in functions:
            if function.name in commands or function.name in given:
                self._read(function, commands[function.name] if several and function.name in commands else "")

    def _command_name(self, function: ast.FunctionDef) -> str | None:
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and last_name(decorator.func) == "command":
                named = self.constants.text(argument_of(decorator, "name", 0))
                return named or function.name.replace("_", "-").lower()
        return None

    def _read(self, function: ast.FunctionDef, command: str) -> None:
        arguments = function.args
        missing = [None] * (len(arguments.args) - len(arguments.defaults))
        pairs = [
            *zip(arguments.args, [*missing, *arguments.defaults], strict=True),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ]
        for argument, default in pairs:
            if last_name(argument.annotation) not in _NOT_OPTIONS:
                self.found.append(declare(self._declaration(argument, default, command)))

    def _declaration(self, argument: ast.arg, default: ast.expr | None, command: str) -> Declaration:
        annotation, details, names = self._details(argument.annotation, default)
        if details is not None and details is default:
            default = argument_of(details, "default", 0)
        is_missing = default is None or (isinstance(default, ast.Constant) and default.value is Ellipsis)
        folded = Default() if is_missing else self.constants.default(default)
        kind, is_list, choices = self._annotated(annotation)
        if not kind and choices is None:
            kind = infer_kind(folded.value)
        is_argument = self.typer.what(details) == "Argument" if details is not None else is_missing
        flags = [name for name in names if name.startswith("-")]
        return Declaration(
            name=argument.arg,
            place=self.python.place(argument.lineno),
            kind=kind,
            is_list=is_list,
            choices=choices,
            default=folded,
            help=self.constants.text(argument_of(details, "help")) if details is not None else "",
            required=is_missing,
            minimum=self._bound(details, "min"),
            maximum=self._bound(details, "max"),
            group=command,
            visible_if=(("command", (command,)),) if command else (),
            argument=_positional(is_list)
            if is_argument
            else _option(argument.arg, flags, kind, is_list=is_list),
        )

    def _details(
        self, annotation: ast.expr | None, default: ast.expr | None
    ) -> tuple[ast.expr | None, ast.Call | None, list[str]]:
        """(the plain annotation, the call of typer.Option or Argument, the names in it)."""
        annotated = isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Annotated"
        parts = (
            annotation.slice.elts if annotated and isinstance(annotation.slice, ast.Tuple) else [annotation]
        )
        for part in [*parts[1:], default]:
            if isinstance(part, ast.Call) and self.typer.what(part) in ("Option", "Argument"):
                texts = part.args[1:] if part is default else part.args
                return parts[0], part, [self.constants.text(text) for text in texts]
        return parts[0], None, []

    def _annotated(self, node: ast.expr | None) -> tuple[str, bool, Sequence[Any] | None]:
        """(kind, whether it is a list, choices) of a type such as `int`, `list[str]`, `Optional[Mode]`."""
        if isinstance(node, ast.BinOp):
            node = node.right if isinstance(node.left, ast.Constant) else node.left
        if isinstance(node, ast.Subscript):
            outer = last_name(node.value)
            if outer == "Literal":
                items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                return "", False, [item.value for item in items if isinstance(item, ast.Constant)]
            first = (
                node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
            )
            kind, is_list, choices = self._annotated(first)
            return kind, is_list or outer in _LISTS, choices
        if isinstance(node, ast.Name) and node.id in self.constants.enums:
            return "", False, self.constants.items(node)
        return kind_of(node, self.constants, {}), False, None

    def _bound(self, details: ast.Call | None, name: str) -> Any:
        return None if details is None else self.constants.default(argument_of(details, name)).value


def _positional(is_list: bool) -> Argument:
    return Argument(form="many" if is_list else "one")


def _option(name: str, flags: list[str], kind: str, *, is_list: bool) -> Argument:
    written = next((flag for flag in flags if flag.startswith("--")), flags[0] if flags else "")
    on, _, off = written.partition("/")
    word = name.replace("_", "-")
    if kind == "bool" and not is_list:
        return Argument(form="switch", flag=on or f"--{word}", off=off or ("" if on else f"--no-{word}"))
    return Argument(form="each" if is_list else "one", flag=on or f"--{word}")
