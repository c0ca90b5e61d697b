"""Questions about Python calls and imports that every reader of options asks. Knows no parser."""

import ast
from collections.abc import Collection, Sequence

from tasks.codereading.constants import dotted
from tasks.codereading.declaring import Declaration, declare
from tasks.codereading.findings import Argument, FoundParameter, Place
from tasks.codereading.sources import Python


class Imported:
    """The names under which a file has imported some modules and what is in them."""

    def __init__(self, python: Python, modules: Collection[str]) -> None:
        self.modules: set[str] = set()
        self.names: dict[str, str] = {}
        mentioned = any(module in python.text for module in modules)
        for node, _ in python.nodes if mentioned else ():
            if isinstance(node, ast.Import):
                self.modules |= {alias.asname or alias.name for alias in node.names if alias.name in modules}
            elif isinstance(node, ast.ImportFrom) and node.module in modules and not node.level:
                self.names |= {alias.asname or alias.name: alias.name for alias in node.names}

    def __bool__(self) -> bool:
        return bool(self.modules or self.names)

    def what(self, node: ast.AST | None) -> str:
        """`option` for `click.option`, called or not, and for the name it was imported as; else empty."""
        called = node.func if isinstance(node, ast.Call) else node
        if isinstance(called, ast.Attribute) and dotted(called.value) in self.modules:
            return called.attr
        return self.names.get(called.id, "") if isinstance(called, ast.Name) else ""


def argument_of(call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """What a call gives for a parameter, by position or by name."""
    if position is not None and len(call.args) > position:
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def command_parameter(
    names: Sequence[str], place: Place, *, name: str = "command", description: str = "", group: str = ""
) -> FoundParameter:
    """The parameter that chooses the command. Without one there is nothing to do, so it is required."""
    found = Declaration(
        name=name,
        place=place,
        choices=names,
        help=description or "Which command is executed",
        required=True,
        group=group,
        argument=Argument(),
        is_command=True,
    )
    return declare(found)


def unnamed_option(place: Place) -> str:
    return f"{place}: how this option is called is only known when the script runs; add it by hand."
