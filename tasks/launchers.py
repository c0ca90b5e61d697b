"""A small entry script that hands the parameters to a script as its command line. Knows no disk."""

import json
import posixpath
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby

from tasks.codereading.findings import Conditions, FoundParameter

_HEAD = '''\
"""Runs {script} with the parameters of the form as its command line."""

import json
import os
import shlex
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name({name})


def command_line(chosen):
    """The arguments of {script}; a parameter without a value is left out."""
    line = []
{body}    return line

'''
_HELPERS = {
    "text": '''
def text(value):
    """A value as a command line has it: of a Dataset its folder."""
    if isinstance(value, dict):
        return value["path"] if "path" in value else json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
''',
    "one": """
def one(flag, value):
    if value is None:
        return []
    if flag.startswith("--"):
        return [f"{flag}={text(value)}"]
    return [flag, text(value)] if flag else [text(value)]
""",
    "many": """
def many(flag, values):
    if values is None:
        return []
    return [*([flag] if flag else []), *map(text, values)]
""",
    "each": """
def each(flag, values):
    return [argument for value in values or [] for argument in one(flag, value)]
""",
    "switch": """
def switch(value, on, off):
    flag = "" if value is None else on if value else off
    return [flag] if flag else []
""",
}
_NEEDS = {
    "one": ("text", "one"),
    "truth": ("text", "one"),
    "many": ("text", "many"),
    "each": ("text", "one", "each"),
    "times": (),
    "switch": ("switch",),
}
_TAIL = """

def main():
    path = os.environ.get("CORETEX_PARAMETERS")
    if path is None:
        arguments = sys.argv[1:]
    else:
        with open(path, encoding="utf-8") as file:
            arguments = command_line(json.load(file))
    print("$ python", SCRIPT.name, shlex.join(arguments), flush=True)
    os.execv(sys.executable, [sys.executable, str(SCRIPT), *arguments])


if __name__ == "__main__":
    main()
"""


@dataclass(frozen=True, kw_only=True)
class Launcher:
    """A new file for the Task, to be chosen as the entry script instead of `script`, which stays as it is."""

    path: str
    script: str
    text: str


def launcher(script: str, parameters: Iterable[FoundParameter], *, taken: Collection[str] = ()) -> Launcher:
    """The file that passes `parameters` (those with an Argument) to `script`; its path is none of `taken`."""
    folder, name = posixpath.split(script)
    passed = [parameter for parameter in parameters if parameter.argument is not None]
    needed = {helper for parameter in passed for helper in _NEEDS[parameter.argument.form]}
    helpers = "\n".join(text for helper, text in _HELPERS.items() if helper in needed)
    shown = json.dumps(name, ensure_ascii=True)[1:-1]
    head = _HEAD.format(script=shown, name=json.dumps(name), body="".join(_body(passed)))
    return Launcher(
        path=_free_path(folder, name, taken),
        script=script,
        text=head + helpers + _TAIL,
    )


def _free_path(folder: str, name: str, taken: Collection[str]) -> str:
    stem, number = f"run_{name.removesuffix('.py')}", 1
    lowered = {path.casefold() for path in taken}
    path = posixpath.join(folder, f"{stem}.py")
    while path.casefold() in lowered:
        number += 1
        path = posixpath.join(folder, f"{stem}_{number}.py")
    return path


def _body(parameters: list[FoundParameter]) -> Iterable[str]:
    """The statements: before each command its options, lists of them first, and then what has no flag."""
    with_commands = {len(parameter.visible_if) for parameter in parameters if parameter.is_command}
    ordered = sorted(parameters, key=_order)
    for (conditions, is_positional), members in groupby(ordered, key=lambda p: (p.visible_if, _is_last(p))):
        indent = "    "
        if conditions:
            yield f"{indent}if {_test(conditions)}:\n"
            indent += "    "
        if is_positional and len(conditions) not in with_commands:
            # What follows is no option, even if it begins with a dash.
            yield (
                f'{indent}line += ["--"]\n'
                if not conditions
                else f'{indent}line += ["--"] * ("--" not in line)\n'
            )
        for parameter in members:
            yield f"{indent}line += {_expression(parameter)}\n"


def _is_last(parameter: FoundParameter) -> bool:
    return parameter.argument is not None and not parameter.argument.flag and not parameter.argument.off


def _order(parameter: FoundParameter) -> tuple[int, int]:
    if parameter.is_command:
        stage = 3
    elif _is_last(parameter):
        stage = 2
    else:
        stage = 0 if parameter.argument is not None and parameter.argument.form == "many" else 1
    return len(parameter.visible_if), stage


def _test(conditions: Conditions) -> str:
    return " and ".join(
        f"chosen.get({json.dumps(name)}) == {json.dumps(options[0])}"
        if len(options) == 1
        else f"chosen.get({json.dumps(name)}) in {json.dumps(list(options))}"
        for name, options in conditions
    )


def _expression(parameter: FoundParameter) -> str:
    argument = parameter.argument
    value, flag = f"chosen.get({json.dumps(parameter.name)})", json.dumps(argument.flag)
    if argument.form == "switch":
        return f"switch({value}, {flag}, {json.dumps(argument.off)})"
    if argument.form == "times":
        return f"[{flag}] * ({value} or 0)"
    if argument.form == "truth":
        return f'one({flag}, {{True: "1", False: ""}}.get({value}))'
    return f"{argument.form}({flag}, {value})"
