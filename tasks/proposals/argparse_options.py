"""argparse: the options that a file declares. Runs nothing and knows no task.yaml."""

import ast
from dataclasses import dataclass, replace
from typing import Any

from tasks.proposals.code import Code, argument_of, dotted, last_name
from tasks.proposals.options import CONSTANT, UNNAMED, Option, Options, kind_of

_PARSERS = ("ArgumentParser", "ArgParser")
_KEYWORDS = {
    "action", "nargs", "const", "default", "type", "choices", "required", "help", "metavar", "dest",
    "version", "deprecated",
}  # fmt: skip


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
        if "add_argument" not in code.text:
            return
        choosers: dict[str, ast.Call] = {}
        for node in code.nodes:
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                made = self._parser(node.value)
                self.parsers.update({dotted(target): made for target in targets if made is not None})
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                made = self._parser(node)
                if made is not None and made.chooser and node.func.attr == "add_subparsers":
                    choosers[made.chooser] = node
                elif node.func.attr == "add_argument":
                    self._option(node, self._parser(node.func.value))
        for name, call in choosers.items():
            if self.commands.get(name):
                text = code.text_of(argument_of(call, "help"))
                self.add_command(name, self.commands[name], call, text=text)

    def _parser(self, node: ast.AST) -> _Parser | None:
        """The parser that an expression stands for."""
        if not isinstance(node, ast.Call):
            return self.parsers.get(dotted(node))
        if last_name(node).endswith(_PARSERS):
            return _Parser()
        owner = self._parser(node.func.value) if isinstance(node.func, ast.Attribute) else None
        method = last_name(node)
        if owner is None or method not in (
            "add_argument_group", "add_mutually_exclusive_group", "add_subparsers", "add_parser"
        ):  # fmt: skip
            return None
        if method == "add_argument_group":
            return replace(owner, group=self.code.text_of(argument_of(node, "title", 0)) or owner.group)
        if method == "add_subparsers":  # commands of commands are not told apart
            chooser = self.code.text_of(argument_of(node, "dest")) or "command"
            return replace(owner, chooser="" if owner.under else chooser)
        command = self.code.text_of(argument_of(node, "name", 0))
        if method == "add_parser" and owner.chooser and command:
            self.commands.setdefault(owner.chooser, []).append(command)
            return _Parser(group=command, under=(owner.chooser, (command,)))
        return owner

    def _option(self, call: ast.Call, parser: _Parser | None) -> None:
        keywords = self._keywords(call)
        if parser is None and not (call.args and set(keywords) <= _KEYWORDS):
            return
        flags = [self.code.text_of(argument) for argument in call.args]
        if not flags or not all(flag.strip("-") for flag in flags):
            self.note(call, UNNAMED)
            return
        is_positional = not flags[0].startswith("-")
        long = next((flag for flag in flags if flag.startswith("--")), flags[0])
        name = self.code.text_of(keywords.get("dest")) or long
        default, unread = self.code.default(keywords.get("default"))
        if unread.endswith("SUPPRESS"):
            unread = ""
        nargs = self.code.value_or(keywords.get("nargs"), last_name(keywords.get("nargs")))
        option = Option(
            name=name if is_positional or "dest" in keywords else long.lstrip("-").replace("-", "_"),
            place=self.code.place(call),
            flag="" if is_positional else long,
            default=default,
            unread=unread,
            help=self.code.text_of(keywords.get("help")),
            required=(is_positional and nargs not in ("?", "*"))
            or self.code.value_or(keywords.get("required")) is True,
            group=parser.group if parser else "",
            under=parser.under if parser else None,
        )
        self._typed(call, option, nargs, keywords)

    def _typed(self, call: ast.Call, option: Option, nargs: Any, keywords: dict[str, ast.expr]) -> None:
        node = keywords.get("action")
        action = self.code.text_of(node) or last_name(node)
        is_told = option.default is not None or option.unread
        if action in ("store_const", "append_const"):
            self.note(call, f"{option.flag} {CONSTANT}")
        elif action in ("store_true", "store_false"):
            default = option.default if is_told else action == "store_false"
            self.found.append(replace(option, kind="bool", default=default))
        elif action == "BooleanOptionalAction":
            self.found.append(replace(option, kind="bool"))
        elif action == "count":
            self.found.append(replace(option, kind="int", minimum=0))
        elif action not in ("help", "version"):
            kind = kind_of(keywords.get("type"))
            is_list = nargs in ("+", "*", "REMAINDER", "...") or isinstance(nargs, int)
            typed = replace(
                option,
                kind=kind or ("" if option.default is not None or "type" in keywords else "str"),
                is_list=is_list or action in ("append", "extend"),
                choices=self.code.choices(keywords.get("choices")),
            )
            self.found.append(typed)

    def _keywords(self, call: ast.Call) -> dict[str, ast.expr]:
        return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
