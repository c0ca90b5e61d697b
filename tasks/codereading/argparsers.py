"""argparse: the options that a program declares, from its code. Runs nothing and knows no task.yaml."""

import ast
from dataclasses import dataclass, field

from tasks.codereading.arguments import KEYWORDS, ArgumentReader, NoField
from tasks.codereading.calls import argument_of, command_parameter, unnamed_option
from tasks.codereading.constants import Unfoldable, dotted, last_name
from tasks.codereading.declaring import Declaration, declare
from tasks.codereading.findings import FoundParameter, Place
from tasks.codereading.scopes import Scope, scope_of, scoped
from tasks.codereading.sources import Python

_PARSER_NAMES = ("ArgumentParser", "ArgParser", "HelpfulArgumentParser")
_RELEVANT = ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.Call
_GROUPS = ("add_argument_group", "add_mutually_exclusive_group")


@dataclass(eq=False)
class Parser:
    """A parser or a group of one: `conditions` are the commands before it, `heirs` have it as parent."""

    conditions: dict[str, str] = field(default_factory=dict)
    group: str = ""
    variable: str = ""
    has_commands: bool = False
    heirs: "list[Parser]" = field(default_factory=list)

    def reached_by(self) -> list[dict[str, str]]:
        """The commands under which its options exist: one alternative for each parser that has them."""
        return [way for heir in self.heirs for way in heir.reached_by()] or [self.conditions]


@dataclass(eq=False)
class Commands:
    """What add_subparsers returns."""

    parser: Parser
    name: str
    names: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Found:
    """An option with every way to reach it."""

    parameter: FoundParameter
    ways: list[dict[str, str]]


class ArgparseReader:
    """Reads one file: once for which name is which parser, once for the options."""

    def __init__(self, python: Python, *, skip: frozenset[int] = frozenset()) -> None:
        self.python = python
        self.constants = python.constants
        self.found: list[Found] = []
        self.notes: list[str] = []
        self.objects: dict[int, Parser | Commands] = {}
        self.names: dict[tuple[Scope, str], Parser | Commands] = {}
        self.passed: dict[tuple[Scope, str], list[Parser]] = {}
        self.implicit = Parser()
        self.functions = {n.name: n for n in ast.walk(python.tree) if isinstance(n, ast.FunctionDef)}
        returns = {name: dotted(node.returns) for name, node in self.functions.items()}
        self.arguments = ArgumentReader(self.constants, returns)
        nodes = list(scoped(python.tree, skip)) if skip else python.nodes
        nodes = [pair for pair in nodes if isinstance(pair[0], _RELEVANT)]
        for _ in range(2):
            for node, scope in nodes:
                self._bind(node, scope)
        for node, scope in nodes:
            self._bind(node, scope)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                self._read(node, scope)

    # Which name is which parser

    def _bind(self, node: ast.AST, scope: Scope) -> None:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and isinstance(node.value, ast.Call):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            made = self._object(node.value, scope)
            for target in targets:
                if made is not None and (name := dotted(target)):
                    self.names[self._key(scope, name)] = made
                    if isinstance(made, Parser) and not made.variable:
                        made.variable = name
        elif isinstance(node, ast.Call):
            self._object(node, scope)
            self._pass_parsers(node, scope)

    def _pass_parsers(self, call: ast.Call, scope: Scope) -> None:
        """Remembers which parsers a function of this file is called with."""
        function = self.functions.get(dotted(call.func))
        if function is None:
            return
        names = [argument.arg for argument in function.args.args]
        pairs = [*zip(names, call.args, strict=False), *((k.arg, k.value) for k in call.keywords)]
        for name, value in pairs:
            parser = self._object(value, scope)
            if name is not None and isinstance(parser, Parser):
                known = self.passed.setdefault((scope_of(function), name), [])
                if parser not in known:
                    known.append(parser)

    def _object(self, node: ast.AST, scope: Scope) -> Parser | Commands | None:
        if isinstance(node, ast.Name | ast.Attribute):
            return self._named(scope, dotted(node))
        if not isinstance(node, ast.Call):
            return None
        if id(node) not in self.objects:
            made = self._made(node, scope)
            if made is None:
                return None
            self.objects[id(node)] = made
        return self.objects[id(node)]

    def _named(self, scope: Scope, name: str) -> Parser | Commands | None:
        for length in range(len(scope), -1, -1):
            found = self.names.get((scope[:length], name))
            if found is not None:
                return found
        return None

    def _key(self, scope: Scope, name: str) -> tuple[Scope, str]:
        return ((), name) if "." in name else (scope, name)

    def _made(self, call: ast.Call, scope: Scope) -> Parser | Commands | None:
        """The parser that a call makes."""
        if last_name(call.func).endswith(_PARSER_NAMES):
            return self._with_parents(Parser(), call, scope)
        if not isinstance(call.func, ast.Attribute):
            return None
        method, owner = call.func.attr, self._object(call.func.value, scope)
        if method in _GROUPS and isinstance(owner, Parser):
            title = self.constants.text(argument_of(call, "title", 0)) if method == _GROUPS[0] else ""
            group = Parser(owner.conditions, title or owner.group, heirs=[owner])
            return group
        if method == "add_subparsers" and isinstance(owner, Parser):
            owner.has_commands = True
            name = self.constants.text(argument_of(call, "dest")) or "command"
            return Commands(parser=owner, name=name)
        if method == "add_parser" and isinstance(owner, Commands):
            command = self.constants.text(argument_of(call, "name", 0))
            if not command:
                return None
            if command not in owner.names:
                owner.names.append(command)
            parser = Parser({**owner.parser.conditions, owner.name: command}, group=command)
            return self._with_parents(parser, call, scope)
        return None

    def _with_parents(self, parser: Parser, call: ast.Call, scope: Scope) -> Parser:
        parents = argument_of(call, "parents")
        for node in parents.elts if isinstance(parents, ast.List | ast.Tuple) else []:
            parent = self._object(node, scope)
            if isinstance(parent, Parser):
                parent.heirs.append(parser)
        return parser

    # The options

    def _read(self, call: ast.Call, scope: Scope) -> None:
        if call.func.attr == "add_subparsers":
            commands = self.objects.get(id(call))
            if isinstance(commands, Commands) and commands.names:
                found = command_parameter(
                    commands.names,
                    self._place(call),
                    name=commands.name,
                    description=self.constants.text(argument_of(call, "help")),
                    group=commands.parser.group,
                )
                self.found.append(Found(found, commands.parser.reached_by()))
        elif call.func.attr == "add_argument":
            for parser in self._receivers(call, scope):
                self._option(call, parser)

    def _receivers(self, call: ast.Call, scope: Scope) -> list[Parser]:
        """The parsers that `….add_argument(…)` adds to; one that nothing is known of is the program's own."""
        owner = self._object(call.func.value, scope)
        if isinstance(owner, Parser):
            return [owner]
        name = dotted(call.func.value)
        for length in range(len(scope), 0, -1):
            if (scope[:length], name) in self.passed:
                return self.passed[scope[:length], name]
        is_option = all(keyword.arg in KEYWORDS for keyword in call.keywords) and call.args
        return [self.implicit] if is_option else []

    def _option(self, call: ast.Call, parser: Parser) -> None:
        place = self._place(call)
        keywords = self._keywords(call)
        try:
            flags = [self.constants.fold(argument) for argument in call.args]
        except Unfoldable:
            flags = []
        if not flags or not all(isinstance(flag, str) and flag.strip("-") for flag in flags):
            self.notes.append(unnamed_option(place))
            return
        base = Declaration(name="", place=place, group=parser.group)
        try:
            declaration = self.arguments.read(flags, keywords, base)
        except NoField as error:
            self.notes.append(str(error))
            return
        if declaration is not None:
            self.found.append(Found(declare(declaration), parser.reached_by()))

    def _keywords(self, call: ast.Call) -> dict[str, ast.expr]:
        """The keywords, with those of a `**NAMED` dict."""
        found: dict[str, ast.expr] = {}
        for keyword in call.keywords:
            if keyword.arg is not None:
                found[keyword.arg] = keyword.value
                continue
            value = keyword.value
            node = self.constants.names.get(value.id) if isinstance(value, ast.Name) else value
            if isinstance(node, ast.Dict):
                for key, item in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        found[key.value] = item
            elif isinstance(node, ast.Call) and dotted(node.func) == "dict":
                found.update({inner.arg: inner.value for inner in node.keywords if inner.arg is not None})
        return found

    def _place(self, call: ast.Call) -> Place:
        return self.python.place(call.func.end_lineno or call.lineno)
