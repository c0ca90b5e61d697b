"""Where an argparse script can take its defaults from the parameters, and with which lines. Runs nothing."""

import ast
from collections.abc import Iterator

from tasks.codereading.argparsers import ArgparseReader, Parser
from tasks.codereading.constants import dotted
from tasks.codereading.findings import FoundParameter, Insertion

_PARSE = ("parse_args", "parse_known_args", "parse_intermixed_args")
_LINES = """\
import json, os
if "CORETEX_PARAMETERS" in os.environ:
    {parser}.set_defaults(**json.load(open(os.environ["CORETEX_PARAMETERS"])))
"""
_LINES_WITHOUT_NULL = """\
import json, os
if "CORETEX_PARAMETERS" in os.environ:
    chosen = json.load(open(os.environ["CORETEX_PARAMETERS"]))
    {parser}.set_defaults(**{{name: value for name, value in chosen.items() if value is not None}})
"""


def insertion(reader: ArgparseReader, parameters: list[FoundParameter]) -> Insertion | None:
    """Lines that do the whole job, or None where defaults are not enough (required options, commands)."""
    if reader.python.lines or not all(map(_is_fillable, parameters)):
        return None
    spot = next(_spots(reader), None)
    if spot is None:
        return None
    parser, statement = spot
    text = _LINES_WITHOUT_NULL if any(parameter.unread for parameter in parameters) else _LINES
    indent = " " * statement.col_offset
    code = "".join(f"{indent}{line}\n" for line in text.format(parser=parser).splitlines())
    return Insertion(path=reader.python.path, after=statement.lineno - 1, code=code)


def _is_fillable(found: FoundParameter) -> bool:
    exact = found.argument is not None and found.argument.is_exact
    return exact and not found.required and not found.visible_if and not found.is_command


def _spots(reader: ArgparseReader) -> Iterator[tuple[str, ast.stmt]]:
    """(the parser's name, the statement to stand before): where it parses, else where it is handed out."""
    handed_out = []
    lines = reader.python.text.split("\n")
    for statement in ast.walk(reader.python.tree):
        if not isinstance(statement, ast.stmt) or not _begins_its_line(statement, lines):
            continue
        for node in _own_expressions(statement):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr in _PARSE:
                name = dotted(called.value)
                if _is_parser(reader, name):
                    yield name, statement
        if isinstance(statement, ast.Return) and _is_parser(reader, dotted(statement.value)):
            handed_out.append((dotted(statement.value), statement))
    yield from handed_out


def _own_expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """What is evaluated by the statement itself and not by statements or functions inside it."""
    waiting = [child for child in ast.iter_child_nodes(statement) if not isinstance(child, ast.stmt)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Lambda | ast.ExceptHandler | ast.match_case):
            continue
        yield node
        waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]


def _is_parser(reader: ArgparseReader, name: str) -> bool:
    return bool(name) and any(
        known == name and isinstance(made, Parser) and not made.conditions
        for (_, known), made in reader.names.items()
    )


def _begins_its_line(statement: ast.stmt, lines: list[str]) -> bool:
    """Whether lines can be put before it; columns are counted in bytes."""
    before = lines[statement.lineno - 1 : statement.lineno]
    return bool(before) and not before[0].encode("utf-8", "replace")[: statement.col_offset].strip(b" ")
