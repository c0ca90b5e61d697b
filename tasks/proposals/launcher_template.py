"""Runs a script that takes the values of the form past the command line: with argparse, click or typer.

So a switch can be off and a text can begin with a dash. What is typed on the command line wins over the form.
Without the variable CORETEX_PARAMETERS the script runs as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from importlib.machinery import PathFinder
from itertools import islice
from pathlib import Path, PurePath
from types import ModuleType
from typing import Any

SCRIPT = Path(__file__).with_name("script.py")
COMMAND = "command"  # chooses among commands that have no name of their own


def as_text(value: Any) -> str:
    """A value as a command line has it: of a Dataset its folder."""
    if isinstance(value, dict):
        return str(value["path"]) if "path" in value else json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# argparse


class Word(str):
    """A value among the words of a command line; the blank at its start tells it from an option."""

    value: Any

    def __new__(cls, value: Any) -> Word:
        word = super().__new__(cls, f" {as_text(value)}")
        word.value = value
        return word


class End(argparse.Action):
    """An option that does nothing but end the list before it."""

    def __call__(self, *arguments: Any) -> None:
        pass


def fill_argparse(values: dict[str, Any]) -> None:
    parser_type: Any = argparse.ArgumentParser
    parse, convert = parser_type.parse_known_args, parser_type._get_value
    depth = 0

    def parse_known_args(parser: Any, args: Any = None, namespace: Any = None) -> Any:
        nonlocal depth
        typed = sys.argv[1:] if args is None else list(args)
        if depth or typed in ([], sys.argv[1:]):
            typed = [*words_of(parser, values, typed), *typed]
        depth += 1
        try:
            return parse(parser, typed, namespace)
        finally:
            depth -= 1

    def get_value(parser: Any, action: Any, word: str) -> Any:
        if not isinstance(word, Word):
            return convert(parser, action, word)
        value, text = word.value, as_text(word.value)
        is_text = action.type is not None or isinstance(value, dict)
        is_text = is_text and not isinstance(value, (bool, list, type(None)))
        try:
            result = convert(parser, action, text) if is_text else value
            if action.choices is None or result in action.choices:
                return result
        except Exception:
            if own_choice(action, text) is None:
                raise
        choice = own_choice(action, text)
        return result if choice is None else choice

    parser_type.parse_known_args, parser_type._get_value = parse_known_args, get_value


def own_choice(action: Any, text: str) -> Any:
    """The choice that the form calls `text`, such as a member of an Enum."""
    for choice in islice(action.choices or (), 10_000):
        if text in (str(choice), getattr(choice, "name", None), str(getattr(choice, "value", choice))):
            return choice
    return None


def words_of(parser: Any, values: dict[str, Any], typed: list[str]) -> list[str]:
    """The words that set a parser's options: those of lists end before the positional ones begin."""
    valued = {}
    for action in parser._actions:
        unnamed = isinstance(action, argparse._SubParsersAction) and action.dest == argparse.SUPPRESS
        value = values.get(COMMAND if unnamed else action.dest)
        if value is not None and not isinstance(action, (argparse._HelpAction, argparse._VersionAction)):
            valued[action] = value
    needed = {action for action, value in valued.items() if not is_same(action.default, value)}
    for group in parser._mutually_exclusive_groups:
        if group.required and not needed.intersection(group._group_actions):
            needed.update(group._group_actions)
    options: list[str] = []
    positionals: list[str] = []
    unfilled: list[Any] = []
    for action in parser._actions:
        if action.option_strings:
            if action in valued and (action in needed or action.required):
                options += words_for(action, valued[action])
        elif action not in valued:  # it would take the value of the next one
            unfilled += [action] if action.nargs == argparse.OPTIONAL else []
        elif not typed or typed[0][:1] in parser.prefix_chars:
            positionals += [Word(earlier.default) for earlier in unfilled]
            positionals += words_for(action, valued[action])
            unfilled = []
    end = f"{parser.prefix_chars[0] * 2}\0"
    parser._option_string_actions[end] = End([end], argparse.SUPPRESS, nargs=0)
    return [*options, end, *positionals]


def is_same(default: Any, value: Any) -> bool:
    """Whether a value is the script's own default, which then is left alone; 1 is not 1.0 and not True."""
    if isinstance(default, (tuple, PurePath)):
        default = list(default) if isinstance(default, tuple) else str(default)
    return repr(default) == repr(value)


def words_for(action: Any, value: Any) -> list[str]:
    """The words for one option; where there are none, the value becomes its default."""
    flag = action.option_strings[:1]
    if action.nargs == 0:
        return switch(action, value)
    items = as_list(value)
    if isinstance(action, argparse._AppendAction):
        action.default = None if items else []  # to which what is typed is added
        if action.nargs is None:
            return [word for item in items for word in (*flag, Word(item))]
    if action.nargs in (None, argparse.OPTIONAL):
        return [*flag, Word(value)]
    if not items and not flag:
        action.default = []
    return [*flag, *map(Word, items)]


def switch(action: Any, value: Any) -> list[str]:
    """The word for an option that takes none after it: its own if that says the value."""
    flags: list[str] = action.option_strings
    if isinstance(action, getattr(argparse, "BooleanOptionalAction", ())):
        return [flag for flag in flags if flag.startswith("--no-") is not bool(value)][:1]
    if isinstance(action, argparse._StoreConstAction):
        if is_same(action.const, value):
            return flags[:1]
    elif not isinstance(action, (argparse._CountAction, argparse._AppendConstAction)):
        return flags[:1] if value is True else []
    action.default, action.required = value, False
    return []


# click and typer


def watch_for_click(values: dict[str, Any]) -> None:
    """Fills click as soon as it is imported, also the copy of it that is part of typer."""

    class Finder:
        @staticmethod
        def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
            is_click = name.split(".")[-2:] in (["click", "core"], ["_click", "core"])
            spec: Any = PathFinder.find_spec(name, path, target) if is_click else None
            if spec is not None:
                execute: Any = spec.loader.exec_module
                spec.loader.exec_module = lambda module: fill_click(execute(module) or module, values)
            return spec

    sys.meta_path.insert(0, Finder)


def fill_click(core: Any, values: dict[str, Any]) -> None:
    consume, make = core.Parameter.consume_value, core.Command.make_context

    def consume_value(parameter: Any, context: Any, typed: Any) -> Any:
        value, own = values.get(parameter.name), typed.get(parameter.name)
        if value is None or not parameter.expose_value or (own and isinstance(own, (str, int, list, tuple))):
            return consume(parameter, context, typed)
        items = [item if isinstance(item, bool) else as_text(item) for item in as_list(value)]
        is_list = parameter.nargs != 1 or getattr(parameter, "multiple", False)
        return tuple(items) if is_list else items[0], core.ParameterSource.COMMANDLINE

    def make_context(command: Any, name: Any, args: list[str], *others: Any, **extra: Any) -> Any:
        if not args and values.get(COMMAND) in getattr(command, "commands", ()):
            args = [values[COMMAND]]
        elif not hasattr(command, "commands"):
            command.no_args_is_help = False
        return make(command, name, args, *others, **extra)

    core.Parameter.consume_value, core.Command.make_context = consume_value, make_context


def run(name: str) -> dict[str, Any]:
    """Executes the script as the module `name`; processes that it starts from this file do so too."""
    path = os.environ.get("CORETEX_PARAMETERS")
    if path:
        with open(path, encoding="utf-8") as file:
            values = {key: value for key, value in json.load(file).items() if value is not None}
        fill_argparse(values)
        watch_for_click(values)
    module = ModuleType(name)
    module.__file__, module.__package__ = __file__, __package__
    sys.modules["launcher of " + name] = sys.modules[name]
    sys.modules[name] = module
    exec(compile(SCRIPT.read_bytes(), str(SCRIPT), "exec", dont_inherit=True), vars(module))  # noqa: S102
    return vars(module)


if __name__ in ("__main__", "__mp_main__"):
    globals().update(run(__name__))
