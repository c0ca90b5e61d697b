"""argparse: the options that a file declares. Runs nothing and knows no task.yaml."""

import ast
from dataclasses import dataclass, replace
from functools import partial

from tasks.proposals.code import Code, argument_of, dotted, last_name
from tasks.proposals.options import CONSTANT, UNNAMED, Option, Options, kind_of

_SWITCHES = {"store_true": False, "store_false": True, "BooleanOptionalAction": None, "count": None}


@dataclass(frozen=True, kw_only=True)
class _Parser:
    """A parser, a group of one, or what add_subparsers returns: then `chooser` names its parameter."""

    group: str = ""
    under: tuple[str, tuple[str, ...]] | None = None
    chooser: str = ""


class ArgparseOptions(Options):
    """Goes over the code once, and remembers on the way which name is which parser."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.parsers: dict[str, _Parser] = {}
        self.commands: dict[str, list[str]] = {}
        for node in code.nodes if "add_argument" in code.text else ():
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                made = self._parser(node.value)
                self.parsers.update({dotted(target): made for target in node.targets if made is not None})
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                self._parser(node)
                if node.func.attr == "add_argument":
                    self._read(node, self._parser(node.func.value) or _Parser())
        for name, commands in self.commands.items():
            self.add_command(name, commands)

    def _parser(self, node: ast.AST) -> _Parser | None:
        """The parser that an expression stands for."""
        if not isinstance(node, ast.Call):
            return self.parsers.get(dotted(node))
        method = last_name(node)
        if method.endswith(("ArgumentParser", "ArgParser")):
            return _Parser()
        owner = self._parser(node.func.value) if isinstance(node.func, ast.Attribute) else None
        if owner is None or method == "add_mutually_exclusive_group":
            return owner
        if method == "add_argument_group":
            return replace(owner, group=self.code.text_of(argument_of(node, "title", 0)) or owner.group)
        if method == "add_subparsers":  # commands of commands are not distinguished
            chooser = self.code.text_of(argument_of(node, "dest")) or "command"
            return replace(owner, chooser="" if owner.under else chooser)
        command = self.code.text_of(argument_of(node, "name", 0)) if method == "add_parser" else ""
        if owner.chooser and command:
            self.commands.setdefault(owner.chooser, []).append(command)
            return _Parser(group=command, under=(owner.chooser, (command,)))
        return owner if method == "add_parser" else None

    def _read(self, call: ast.Call, parser: _Parser) -> None:
        given, text_of = partial(argument_of, call), self.code.text_of
        flags = [text_of(argument) for argument in call.args]
        if not flags or not all(flag.strip("-") for flag in flags):
            self.note(call, UNNAMED)
            return
        is_positional = not flags[0].startswith("-")
        long = next((flag for flag in flags if flag.startswith("--")), flags[0])
        default, unread = self.code.default(given("default"))
        nargs = self.code.value_or(given("nargs"), last_name(given("nargs")))
        option = Option(
            name=text_of(given("dest")) or (long if is_positional else long.lstrip("-").replace("-", "_")),
            place=self.code.place(call),
            flag="" if is_positional else long,
            default=default,
            unread="" if unread.endswith("SUPPRESS") else unread,
            help=text_of(given("help")),
            required=(is_positional and nargs not in ("?", "*")) or self.is_true(call, "required"),
            group=parser.group,
            under=parser.under,
        )
        action, is_known = (
            text_of(given("action")) or last_name(given("action")),
            default is not None or unread,
        )
        if action in ("store_const", "append_const"):
            self.note(call, f"{long} {CONSTANT}")
        elif action in _SWITCHES:
            kind, minimum = ("int", 0) if action == "count" else ("bool", None)
            default = default if is_known else _SWITCHES[action]
            self.found.append(replace(option, kind=kind, minimum=minimum, default=default))
        elif action not in ("help", "version"):
            kind = kind_of(given("type")) or ("" if is_known or given("type") else "str")
            is_list = nargs in ("+", "*", "REMAINDER", "...") or isinstance(nargs, int)
            is_list, choices = is_list or action in ("append", "extend"), self.code.choices(given("choices"))
            self.found.append(replace(option, kind=kind, is_list=is_list, choices=choices))
