"""Reads the keys of a task.yaml's mappings by kind (text, switch, number, list). Knows not what they mean."""

import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import yaml

from tasks.taskyaml.tree import Problem, Tree
from tasks.taskyaml.values import Unusable, ValueReader, is_plain
from tasks.taskyaml.wanted import Wanted
from tasks.types.wording import found, inline, nearest, quote

MAX_NAME = 100
Entries = Mapping[str, tuple[yaml.Node, yaml.Node]]


class FieldReader:
    """Collects problems while fields are read; those found while `parameter` is set carry its name."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.problems = list(tree.problems)
        self.values = ValueReader(self.report)
        self.parameter: str | None = None
        self.error_count = 0

    def report(self, severity: Literal["error", "warning"], node: yaml.Node, message: str) -> None:
        line, column = self.tree.place(node.start_mark)
        text = message if self.parameter is None else f"{inline(self.parameter)[1:-1]}: {message}"
        self.problems.append(
            Problem(severity=severity, line=line, column=column, message=text, parameter=self.parameter)
        )
        self.error_count += severity == "error"

    def check_keys(self, entries: Entries, known: Iterable[str], synonyms: Mapping[str, str]) -> None:
        """Warns about every key that is not known, with the one that was probably meant."""
        for key, (node, _) in entries.items():
            if key in known:
                continue
            meant = synonyms.get(key.casefold()) or nearest(key, known)
            if meant is not None and meant in known and meant not in entries:
                hint = f"which is ignored; did you mean {quote(meant)}?"
            else:
                hint = "which is kept and ignored"
            self.report("warning", node, f"unknown key {quote(key)}, {hint}")

    def plain(self, entries: Entries, key: str, wanted: Wanted = "other") -> Any:
        """The value of a key, null without it; raises Unusable after reporting why."""
        return self.values.value(entries[key][1], wanted) if key in entries else None

    def readable(self, entries: Entries, key: str, wanted: Wanted = "other") -> Any:
        """The value of a key, null without it; also when it can't be read, which has then been reported."""
        try:
            return self.plain(entries, key, wanted)
        except Unusable:
            return None

    def text(self, entries: Entries, key: str) -> str | None:
        text: str | None = self.fitting(entries, key, "text", "a text", lambda value: isinstance(value, str))
        return text

    def flag(self, entries: Entries, key: str) -> bool:
        return bool(
            self.fitting(entries, key, "bool", "true or false", lambda value: isinstance(value, bool))
        )

    def number(self, entries: Entries, key: str) -> int | float | None:
        number: int | float | None = self.fitting(entries, key, "float", "a number", is_number)
        return number

    def fitting(
        self, entries: Entries, key: str, wanted: Wanted, noun: str, fits: Callable[[Any], bool]
    ) -> Any:
        """The value of a key if it fits; null without one, and after reporting what is wrong with it."""
        value = self.readable(entries, key, wanted)
        if value is None or fits(value):
            return value
        node = entries[key][1]
        hint = quote_hint(node, value) if wanted == "text" else ""
        self.report("error", node, f"expected {noun} for {quote(key)}, found {found(value)}{hint}")
        return None

    def items(self, entries: Entries, key: str, noun: str) -> list[yaml.Node]:
        """The nodes of a list; none if it is null or missing."""
        node = entries[key][1] if key in entries else None
        if node is None or is_null(node):
            return []
        if isinstance(node, yaml.SequenceNode):
            return [*node.value]
        message = f'expected a list of {noun} for {quote(key)}, found {kind(node)}; begin each with "- "'
        self.report("error", node, message)
        return []

    def name(self, node: yaml.Node, entries: Entries) -> str | None:
        """The name of a parameter: a text of 1 to 100 characters without control characters."""
        if "name" not in entries:
            self.report("error", node, 'expected a parameter with a "name", found one without')
            return None
        name = self.text(entries, "name")
        name_node = entries["name"][1]
        if name is None:
            if is_null(name_node):
                self.report("error", name_node, "expected the name of the parameter, found null")
            return None
        if not name.strip():
            problem = "expected the name of the parameter, found an empty text"
        elif len(name) > MAX_NAME:
            problem = f"expected a name of at most {MAX_NAME} characters, found one of {len(name)}"
        elif any(unicodedata.category(character) == "Cc" for character in name):
            problem = f"expected a name without control characters, found {quote(name)}"
        else:
            return name
        self.report("error", name_node, problem)
        return None


def quote_hint(node: yaml.Node, value: Any) -> str:
    """What to add to "expected a text" when quotes would have made it one."""
    return "; put it in quotes" if is_plain(node) and value is not None else ""


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf


def is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def kind(node: yaml.Node) -> str:
    """What a node is, in words."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "null" if is_null(node) else quote(node.value)


def locate(node: yaml.Node, path: tuple[str | int, ...]) -> yaml.Node:
    """The node at a path inside a value, or the last one on the way to it."""
    for step in path:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            matches = [child for key, child in node.value if getattr(key, "value", None) == step]
            node = matches[0] if matches else node
    return node


def holds_parameters(node: yaml.Node) -> bool:
    """Whether a node looks like parameters, or like a group of them."""
    items = node.value if isinstance(node, yaml.SequenceNode) else [node]
    keys = [
        {key.value for key, _ in item.value if isinstance(key, yaml.ScalarNode)}
        for item in items
        if isinstance(item, yaml.MappingNode)
    ]
    return any(
        "params" in names or ("name" in names and isinstance(node, yaml.SequenceNode)) for names in keys
    )
