"""click: the options that a program declares, from its code. Runs nothing and knows no task.yaml."""

import ast
from dataclasses import replace
from typing import Any

from tasks.codereading.calls import Imported, argument_of, command_parameter, unnamed_option
from tasks.codereading.constants import Unfoldable, dotted, last_name
from tasks.codereading.declaring import Declaration, declare, kind_of
from tasks.codereading.findings import Argument, Default, FoundParameter
from tasks.codereading.sources import Python

CLICK_MODULES = {"click", "rich_click", "asyncclick", "cloup"}
_CLICK_KINDS = {
    "INT": "int", "FLOAT": "float", "BOOL": "bool", "STRING": "str", "UUID": "str", "IntRange": "int",
    "FloatRange": "float", "Path": "str", "File": "str", "DateTime": "str", "Tuple": "str",
}  # fmt: skip
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


class ClickReader:
    """Reads one file for @click.option and @click.argument, and for the commands they belong to."""

    def __init__(self, python: Python, *, skip: frozenset[int] = frozenset()) -> None:
        self.python = python
        self.constants = python.constants
        self.click = Imported(python, CLICK_MODULES)
        self.found: list[FoundParameter] = []
        self.notes: list[str] = []
        if not self.click:
            return
        functions = [n for n in ast.walk(python.tree) if isinstance(n, _FUNCTIONS) and id(n) not in skip]
        self.shared = {
            name: value
            for name, value in self.constants.names.items()
            if isinstance(value, ast.Call) and self.click.what(value) in ("option", "argument")
        }
        groups = {f.name for f in functions if any(self._makes(d) == "group" for d in f.decorator_list)}
        commands = {
            f.name: command for f in functions if (command := self._command_name(f, groups)) is not None
        }
        if commands:
            first = next((function for function in functions if function.name in groups), functions[0])
            self.found.append(command_parameter(list(commands.values()), python.place(first.lineno)))
        for function in sorted(functions, key=lambda f: (f.name not in groups, f.lineno)):
            command = commands.get(function.name)
            for decorator in function.decorator_list:
                self._read(self._resolved(decorator), command)

    def _resolved(self, decorator: ast.expr) -> ast.expr:
        return self.shared.get(decorator.id, decorator) if isinstance(decorator, ast.Name) else decorator

    def _makes(self, decorator: ast.expr) -> str:
        """`group` or `command`, also for those of another group (`@cli.command()`)."""
        name = last_name(decorator.func if isinstance(decorator, ast.Call) else decorator)
        return self.click.what(decorator) or (name if name in ("group", "command") else "")

    def _command_name(self, function: Any, groups: set[str]) -> str | None:
        """The name of a command of one of the groups."""
        for decorator in function.decorator_list:
            func = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(func, ast.Attribute) and func.attr == "command" and dotted(func.value) in groups:
                call = decorator if isinstance(decorator, ast.Call) else None
                first = call.args[0] if call and call.args else None
                named = next((k.value for k in call.keywords if k.arg == "name"), None) if call else None
                return self.constants.text(first or named) or function.name.replace("_", "-").lower()
        return None

    def _read(self, call: ast.expr, command: str | None) -> None:
        what = self.click.what(call)
        if not isinstance(call, ast.Call) or what not in ("option", "argument"):
            return
        place = self.python.place(call.func.end_lineno or call.lineno)
        keywords = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
        try:
            names = [self.constants.fold(argument) for argument in call.args]
        except Unfoldable:
            names = []
        if not names or not all(isinstance(name, str) and name.strip("-/") for name in names):
            self.notes.append(unnamed_option(place))
            return
        base = Declaration(
            name="",
            place=place,
            group=command or "",
            visible_if=(("command", (command,)),) if command else (),
            help=self.constants.text(keywords.get("help")),
            default=self._default(keywords),
        )
        declared = self._declaration(what, names, keywords, base)
        if declared is not None:
            self.found.append(declare(declared))

    def _declaration(
        self, what: str, names: list[str], keywords: dict[str, ast.expr], base: Declaration
    ) -> Declaration | None:
        flags = [name for name in names if name.startswith("-")]
        on, _, off = max(flags, key=lambda flag: len(flag) - len(flag.lstrip("-")), default="").partition("/")
        own = next((name for name in names if not name.startswith("-")), "")
        # For several flags, click takes the first of those with most dashes.
        base = replace(base, name=(own or on.strip().lstrip("-")).replace("-", "_").lower())
        if "flag_value" in keywords:
            self.notes.append(f"{base.place}: {on} stores a constant, which no field can stand for.")
            return None
        has_default = base.default.value is not None or bool(base.default.unread)
        if off or self._is_true(keywords, "is_flag"):
            default = base.default if has_default else Default(value=False)
            argument = Argument(form="switch", flag=on.strip(), off=off.strip())
            return replace(base, kind="bool", default=default, argument=argument)
        if self._is_true(keywords, "count"):
            default = base.default if has_default else Default(value=0)
            argument = Argument(form="times", flag=on)
            return replace(base, kind="int", minimum=0, default=default, argument=argument)
        nargs = self.constants.default(keywords.get("nargs")).value
        is_tuple = isinstance(keywords.get("type"), ast.Tuple)
        is_many = is_tuple or (isinstance(nargs, int) and nargs != 1)
        is_each = self._is_true(keywords, "multiple")
        base = self._typed(keywords, base)
        is_required = self._is_true(keywords, "required") or "prompt" in keywords
        if what == "argument":
            is_required = not ("default" in keywords or nargs == -1 or "required" in keywords) or is_required
        return replace(
            base,
            is_list=is_many or is_each,
            required=is_required,
            argument=Argument(form="many" if is_many else "each" if is_each else "one", flag=on),
        )

    def _typed(self, keywords: dict[str, ast.expr], base: Declaration) -> Declaration:
        node = keywords.get("type")
        name = last_name(node.func if isinstance(node, ast.Call) else node)
        if name == "Choice" and isinstance(node, ast.Call):
            return replace(base, choices=self.constants.items(argument_of(node, "choices", 0)))
        kind = _CLICK_KINDS.get(name) or kind_of(node, self.constants, {})
        if name not in ("IntRange", "FloatRange") or not isinstance(node, ast.Call):
            return replace(base, kind=kind or ("str" if node is None and base.default.value is None else ""))
        minimum = self.constants.default(argument_of(node, "min", 0)).value
        maximum = self.constants.default(argument_of(node, "max", 1)).value
        ends = {keyword.arg: self.constants.default(keyword.value).value for keyword in node.keywords}
        if name == "IntRange":  # an open end is the next int; of floats there is no next one
            minimum = minimum + 1 if ends.get("min_open") and isinstance(minimum, int) else minimum
            maximum = maximum - 1 if ends.get("max_open") and isinstance(maximum, int) else maximum
        return replace(base, kind=kind, minimum=minimum, maximum=maximum)

    def _default(self, keywords: dict[str, ast.expr]) -> Default:
        return self.constants.default(keywords.get("default"))

    def _is_true(self, keywords: dict[str, ast.expr], name: str) -> bool:
        return self.constants.default(keywords.get(name)).value is True
