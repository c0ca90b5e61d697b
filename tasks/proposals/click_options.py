"""click and typer: the options that a file's functions declare. Runs nothing and knows no task.yaml."""

import ast
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from tasks.proposals.code import Code, argument_of, dotted, last_name
from tasks.proposals.options import CONSTANT, UNNAMED, Option, Options, kind_of, kind_of_value

_LISTS = {"list", "List", "Sequence", "set", "Set", "tuple", "Tuple"}
_CONTEXTS = {"Context", "CallbackParam"}
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class _FunctionOptions(Options):
    """What click and typer share: functions become commands by their decorators."""

    def __init__(self, code: Code, modules: Collection[str]) -> None:
        super().__init__(code)
        self.modules: set[str] = set()
        self.imported: dict[str, str] = {}
        for node in code.nodes:
            if isinstance(node, ast.Import):
                self.modules |= {alias.asname or alias.name for alias in node.names if alias.name in modules}
            elif isinstance(node, ast.ImportFrom) and node.module in modules:
                self.imported |= {alias.asname or alias.name: alias.name for alias in node.names}
        self.functions = [node for node in code.nodes if isinstance(node, _Function)]

    def what(self, node: ast.AST | None) -> str:
        """`option` for `click.option`, called or not, and for the name it was imported as; else empty."""
        owner, _, name = dotted(node).rpartition(".")
        return name if owner in self.modules else "" if owner else self.imported.get(name, "")

    def commands_of(self, owners: Collection[str]) -> dict[str, str]:
        """{function: command} of those decorated with `@OWNER.command()`."""
        found: dict[str, str] = {}
        for function in self.functions:
            for decorator in function.decorator_list:
                owner, _, method = dotted(decorator).rpartition(".")
                if method == "command" and owner in owners:
                    named = self.code.text_of(argument_of(decorator, "name", 0))
                    found[function.name] = named or function.name.replace("_", "-").lower()
        return found

    def option(self, name: str, node: ast.AST, command: str | None, details: ast.AST | None) -> Option:
        """What all options have: their place, their command, their help."""
        place, text = self.code.place(node), self.code.text_of(argument_of(details, "help"))
        under = ("command", (command,)) if command else None
        return Option(name=name, place=place, help=text, group=command or "", under=under)

    def bounds(self, call: ast.AST | None, *, is_range: bool = False) -> dict[str, Any]:
        ends = [
            argument_of(call, name, place if is_range else None) for place, name in enumerate(("min", "max"))
        ]
        return {"minimum": self.code.value_or(ends[0]), "maximum": self.code.value_or(ends[1])}


class ClickOptions(_FunctionOptions):
    """@click.option and @click.argument, and the commands of a group that they belong to."""

    def __init__(self, code: Code) -> None:
        super().__init__(code, {"click", "rich_click", "cloup"})
        groups = {f.name for f in self.functions if any(self.what(d) == "group" for d in f.decorator_list)}
        commands = self.commands_of(groups)
        for function in self.functions:
            for decorator in function.decorator_list:
                shared = code.names.get(decorator.id) if isinstance(decorator, ast.Name) else None
                call = shared or decorator
                if isinstance(call, ast.Call) and self.what(call) in ("option", "argument"):
                    self._read(call, commands.get(function.name))
        if commands:
            self.add_command("command", commands.values())

    def _read(self, call: ast.Call, command: str | None) -> None:
        names = [self.code.text_of(argument) for argument in call.args]
        # Of several flags, click takes the first of those with most dashes.
        flags = [name for name in names if name.startswith("-")]
        longest = max(flags, key=lambda flag: len(flag) - len(flag.lstrip("-")), default="")
        on, _, off = (part.strip() for part in longest.partition("/"))
        own = next((name for name in names if not name.startswith("-")), on.lstrip("-"))
        default, unread = self.code.default(argument_of(call, "default"))
        option = self.option(own.replace("-", "_").lower(), call, command, call)
        option = replace(option, flag=on, default=default, unread=unread)
        if not own:
            self.note(call, UNNAMED)
        elif argument_of(call, "flag_value") is not None:
            self.note(call, f"{on} {CONSTANT}")
        elif off or self.is_true(call, "is_flag"):
            is_known = default is not None or unread
            self.found.append(replace(option, kind="bool", default=default if is_known else False))
        elif self.is_true(call, "count"):
            self.found.append(replace(option, kind="int", minimum=0, default=default or 0))
        else:
            self.found.append(self._typed(call, option))

    def _typed(self, call: ast.Call, option: Option) -> Option:
        node, nargs = argument_of(call, "type"), self.code.value_or(argument_of(call, "nargs"))
        required = self.is_true(call, "required") or argument_of(call, "prompt") is not None
        if not option.flag and option.default is None and argument_of(call, "required") is None:
            required = nargs != -1  # an argument
        is_list = isinstance(node, ast.Tuple) or nargs not in (None, 1) or self.is_true(call, "multiple")
        option = replace(option, required=required, is_list=is_list)
        if last_name(node) == "Choice":
            return replace(option, choices=self.code.choices(argument_of(node, "choices", 0)))
        if last_name(node) not in ("IntRange", "FloatRange"):
            kind = kind_of(node.elts[0] if isinstance(node, ast.Tuple) and node.elts else node)
            return replace(option, kind=kind or ("str" if node is None and option.default is None else ""))
        return replace(option, kind=kind_of(node), **self.bounds(node, is_range=True))


class TyperOptions(_FunctionOptions):
    """The arguments of the functions that are commands, and of the one given to typer.run."""

    def __init__(self, code: Code) -> None:
        super().__init__(code, {"typer"})
        apps = {name for name, value in code.names.items() if self.what(value) == "Typer"}
        commands = self.commands_of(apps)
        runs = [node for node in code.nodes if isinstance(node, ast.Call) and self.what(node) == "run"]
        given = {dotted(argument) for call in runs for argument in call.args}
        for function in self.functions:
            if function.name in commands or function.name in given:
                self._read(function, commands.get(function.name) if len(commands) > 1 else None)
        if len(commands) > 1:
            self.add_command("command", commands.values())

    def _read(self, function: _Function, command: str | None) -> None:
        arguments = function.args
        missing = [None] * (len(arguments.args) - len(arguments.defaults))
        defaults = [*missing, *arguments.defaults, *arguments.kw_defaults]
        for argument, default in zip([*arguments.args, *arguments.kwonlyargs], defaults, strict=True):
            if last_name(argument.annotation) not in _CONTEXTS:
                self.found.append(self._option(argument, default, command))

    def _option(self, argument: ast.arg, given: ast.expr | None, command: str | None) -> Option:
        parts = [argument.annotation]
        if isinstance(parts[0], ast.Subscript) and last_name(parts[0].value) == "Annotated":
            parts = _items(parts[0].slice)
        calls = [part for part in [*parts[1:], given] if self.what(part) in ("Option", "Argument")]
        details = next(iter(calls), None)
        given = argument_of(details, "default", 0) if details is not None and details is given else given
        is_missing = given is None or (isinstance(given, ast.Constant) and given.value is Ellipsis)
        default, unread = (None, "") if is_missing else self.code.default(given)
        kind, is_list, choices = self._annotated(parts[0])
        is_argument = self.what(details) == "Argument" if details is not None else is_missing
        flag = "" if is_argument else f"--{argument.arg.replace('_', '-')}"
        kind = kind or ("" if choices else kind_of_value(default))
        option = replace(self.option(argument.arg, argument, command, details), **self.bounds(details))
        option = replace(option, default=default, unread=unread, required=is_missing)
        return replace(option, flag=flag, kind=kind, is_list=is_list, choices=choices)

    def _annotated(self, node: ast.expr | None) -> tuple[str, bool, list[Any] | None]:
        """(kind, whether it is a list, choices) of a type such as `int`, `list[str]`, `Optional[Mode]`."""
        if isinstance(node, ast.BinOp):
            node = node.right if isinstance(node.left, ast.Constant) else node.left
        if isinstance(node, ast.Subscript):
            inner = _items(node.slice)
            if last_name(node.value) == "Literal":
                return "", False, [self.code.value_or(item) for item in inner]
            kind, is_list, choices = self._annotated(inner[0])
            return kind, is_list or last_name(node.value) in _LISTS, choices
        members = self.code.enums.get(dotted(node))
        return kind_of(node), False, list(members.values()) if members else None


def _items(node: ast.expr) -> list[ast.expr | None]:
    """What stands in the brackets of a type."""
    return [*node.elts] if isinstance(node, ast.Tuple) and node.elts else [node]
