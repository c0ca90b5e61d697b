"""Plain values from YAML nodes, as YAML 1.1 reads them, with a warning where that surprises."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import yaml
from yaml.constructor import SafeConstructor

from tasks.taskyaml import surprises
from tasks.taskyaml.wanted import UNKNOWN, Wanted, within
from tasks.types.scalars import BOOL_TEXTS, FLOAT_TEXT, INT_TEXT, is_storable
from tasks.types.wording import MAX_INT_DIGITS, inline, quote, shorten

Report = Callable[[Literal["error", "warning"], yaml.Node, str], None]

_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = {_TAG + name for name in ("str", "value", "merge")}
_SCALAR_TAGS = _TEXT_TAGS | {_TAG + name for name in ("null", "bool", "int", "float", "timestamp")}
_COLLECTION_TAGS: dict[type, str] = {yaml.SequenceNode: _TAG + "seq", yaml.MappingNode: _TAG + "map"}
_MERGE = _TAG + "merge"


class Unusable(Exception):
    """A node no value can be made of; it has been reported."""


def is_plain(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style is None


class ValueReader:
    """Makes values of nodes and reports every mistake at its node.

    `wanted` says what the place asks for, which decides how a surprising scalar is read: an unquoted `no`
    where a text is wanted is the text, with a warning. "enum" is a mapping of `selected`, an int or ints,
    and `options`, which are texts; "unknown" a value whose data_type follows from it, maybe from its items.
    """

    def __init__(self, report: Report) -> None:
        self.report = report

    def value(self, node: yaml.Node, wanted: Wanted) -> Any:
        """The value; raises Unusable after reporting what is wrong."""
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, wanted)
        if node.tag != _COLLECTION_TAGS[type(node)]:
            self.refuse(node, f"expected a plain value, found the YAML tag {_tag(node)}, which is not read")
        if isinstance(node, yaml.SequenceNode):
            item: Wanted = "unknown item" if wanted == "unknown" else wanted
            return self.gather([partial(self.value, child, item) for child in node.value])
        entries = self.entries(node)
        values = self.gather(
            [partial(self.value, child, within(wanted, key)) for key, (_, child) in entries.items()]
        )
        return dict(zip(entries, values, strict=True))

    def gather(self, reads: list[Callable[[], Any]]) -> list[Any]:
        """Every value read, so that every mistake is reported, or Unusable if any of them was."""
        values, usable = [], True
        for read in reads:
            try:
                values.append(read())
            except Unusable:
                usable = False
        if not usable:
            raise Unusable
        return values

    def entries(self, node: yaml.Node) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """Key text → (key node, value node), with `<<` merged in. A key that stands twice is reported."""
        own: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        merged: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.report(
                    "error",
                    key,
                    "expected a text as a key, found a list or a mapping; put a text that begins with a "
                    "brace in quotes",
                )
            elif key.tag == _MERGE and is_plain(key):
                for name, entry in self.merged_entries(value).items():
                    merged.setdefault(name, entry)
            elif not is_storable(key.value):
                self.report("error", key, "expected a key without NUL characters and halves of characters")
            elif key.value in own:
                first = own[key.value][0].start_mark.line + 1
                self.report(
                    "error", key, f"the key {quote(key.value)} is repeated here, first on line {first}"
                )
            else:
                own[key.value] = (key, value)
        return merged | own

    def merged_entries(self, node: yaml.Node) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for source in sources:
            if not isinstance(source, yaml.MappingNode):
                self.report("error", source, "expected a mapping to merge after <<, found something else")
                continue
            for name, entry in self.entries(source).items():
                found.setdefault(name, entry)
        return found

    def scalar(self, node: yaml.ScalarNode, wanted: Wanted) -> Any:
        if node.tag not in _SCALAR_TAGS:
            self.refuse(node, f"expected a plain value, found the YAML tag {_tag(node)}, which is not read")
        if not is_storable(node.value):
            self.refuse(node, "expected a text without NUL characters and halves of characters, found one")
        if node.tag in _TEXT_TAGS:
            return self.text(node, wanted)
        if is_plain(node) and self.is_meant_as_text(node, wanted):
            return node.value
        value = self.construct(node)
        if surprises.is_implicit(node) and (message := _surprise(node.value, value, wanted)):
            self.report("warning", node, message)
        return value

    def text(self, node: yaml.ScalarNode, wanted: Wanted) -> Any:
        """A text, or the number that a `1e-3` without its point or an `089` is meant to be."""
        if (message := surprises.of_text(node)) and wanted in ("text", *UNKNOWN):
            self.report("warning", node, message)
        if not surprises.is_implicit(node) or not FLOAT_TEXT.fullmatch(node.value):
            return node.value
        reads = f"YAML 1.1 reads {surprises.brief(node.value)} as a text"
        if wanted == "float" or (wanted == "int" and INT_TEXT.fullmatch(node.value)):
            if len(node.value) > MAX_INT_DIGITS:
                return node.value
            number = float(node.value) if wanted == "float" else int(node.value)
            why = surprises.why_a_text(node.value)
            read = f"it was read as the {wanted} {shorten(inline(number), width=30)}"
            self.report("warning", node, f"{reads}, {why}; {read}")
            return number
        if wanted in UNKNOWN:
            kind = "int" if INT_TEXT.fullmatch(node.value) else "float"
            kind = kind if wanted == "unknown" else f"list[{kind}]"
            advice = f"add data_type: {kind} for a number, or quotes for a text"
            self.report("warning", node, f"{reads}, {surprises.why_a_text(node.value)}; {advice}")
        return node.value

    def is_meant_as_text(self, node: yaml.ScalarNode, wanted: Wanted) -> bool:
        """Whether YAML 1.1 reads something else, but a text is what is meant; says so."""
        shown = shorten(node.value, width=30)
        if node.tag == _TAG + "timestamp":
            if wanted not in ("int", "float", "bool"):  # there a text is an error
                message = f"YAML reads {shown} as a date; it was kept as text, put it in quotes"
                self.report("warning", node, message)
            return True
        if wanted != "text":
            return False
        if node.tag == _TAG + "bool" and _is_word(node.value):
            self.report(
                "warning", node, f"YAML reads {shown} as a bool; it was kept as text, put it in quotes"
            )
            return True
        if surprises.SEXAGESIMAL.fullmatch(node.value):
            message = f"YAML reads {shown} as a number to base 60; it was kept as text, put it in quotes"
            self.report("warning", node, message)
            return True
        return False

    def construct(self, node: yaml.ScalarNode) -> Any:
        kind = node.tag.removeprefix(_TAG)
        if kind in ("int", "float") and len(node.value) > MAX_INT_DIGITS:
            # A number to base 60 of a megabyte would take minutes.
            self.refuse(
                node, f"expected a number of at most {MAX_INT_DIGITS:,} characters, found a longer one"
            )
        try:
            return SafeConstructor().construct_object(node)
        except (yaml.YAMLError, ValueError, KeyError, IndexError, AttributeError, OverflowError):
            self.refuse(
                node, f"expected YAML's {kind}, found {quote(node.value)}, which can't be read as one"
            )

    def refuse(self, node: yaml.Node, message: str) -> Any:
        self.report("error", node, message)
        raise Unusable


def _surprise(text: str, value: Any, wanted: Wanted) -> str:
    """What is unexpected about a value other than a text; empty when nothing is, or when it is an error."""
    if isinstance(value, bool):
        meaning = inline(value)
        if wanted not in UNKNOWN or not _is_word(text):
            return ""
        return (
            f"YAML reads {text} without quotes as {meaning}; write {meaning}, or put it in quotes for a text"
        )
    if value is None:
        return surprises.of_null(text) if wanted in ("text", *UNKNOWN) else ""
    if wanted == "text" or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return surprises.of_number(text, value, is_declared=wanted not in UNKNOWN)


def _is_word(text: str) -> bool:
    return text.lower() in BOOL_TEXTS and text.lower() not in ("true", "false")


def _tag(node: yaml.Node) -> str:
    return quote(node.tag.replace(_TAG, "!!"))
