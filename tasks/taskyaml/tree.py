"""Reads YAML text into nodes that know their place, safely and within limits. Knows nothing of task.yaml."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from tasks.taskyaml.errors import explain

MAX_BYTES = 256 * 1024
MAX_DEPTH = 30
MAX_NODES = 10_000
TAB_WIDTH = 8
_INDENTATION = re.compile(r"[ \t]*(?:-[ \t]+)*")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A mistake in the file: where (line and column count from 1), what, and which parameter if one."""

    severity: Literal["error", "warning"]
    line: int
    column: int
    message: str
    parameter: str | None = None

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.severity}: {self.message}"


@dataclass(frozen=True, kw_only=True)
class Tree:
    """The root node of a text, or None for an empty or unreadable one, and what is wrong with the text."""

    root: yaml.Node | None = None
    problems: tuple[Problem, ...] = ()
    expanded: dict[int, str] = field(default_factory=dict)

    def place(self, mark: yaml.Mark) -> tuple[int, int]:
        """Line and column in the file as it was written, from a mark in the text that was read."""
        return mark.line + 1, original_column(self.expanded.get(mark.line, ""), mark.column) + 1


class Refused(yaml.YAMLError):
    """Valid YAML that is not read, mostly since it is over a limit; raised before a value is made of it."""

    def __init__(self, message: str, mark: yaml.Mark) -> None:
        super().__init__(message)
        self.problem_mark = mark


class _Composer(yaml.SafeLoader):
    """Composes nodes while it counts them with every alias written out, so a bomb never goes off."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0
        self.measures: dict[int, tuple[int, int]] = {}

    def compose_node(self, parent: Any, index: Any) -> yaml.Node | None:
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call] # the stubs leave it out
        is_alias = self.check_event(yaml.AliasEvent)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Refused(f"expected at most {MAX_DEPTH} levels of nesting, found more", mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        if is_alias and id(node) not in self.measures:
            raise Refused(
                "expected an alias of something complete, found one inside what it stands for", mark
            )
        if not is_alias:
            self.measures[id(node)] = self.measure(node)
        size, height = self.measures[id(node)]
        if size > MAX_NODES or len(self.measures) > MAX_NODES:
            what = (
                "values once its aliases are written out"
                if is_alias or size > len(self.measures)
                else "values"
            )
            raise Refused(f"expected at most {MAX_NODES:,} {what}, found more", mark)
        if self.depth + height > MAX_DEPTH:
            raise Refused(f"expected at most {MAX_DEPTH} levels of nesting, found more through aliases", mark)
        return node

    def measure(self, node: yaml.Node | None) -> tuple[int, int]:
        """Nodes and levels below and with this one, aliases counted each time they occur."""
        if isinstance(node, yaml.MappingNode):
            children = [child for pair in node.value for child in pair]
        else:
            children = node.value if isinstance(node, yaml.SequenceNode) else []
        measures = [self.measures[id(child)] for child in children]
        return 1 + sum(size for size, _ in measures), 1 + max((height for _, height in measures), default=0)


def read_tree(source: str | bytes) -> Tree:
    """The nodes of a YAML document; never raises. Tabs used as indentation are read with a warning."""
    try:
        text = _decode(source)
    except _Unreadable as refusal:
        return Tree(problems=(refusal.problem,))
    try:
        return Tree(root=_compose(text))
    except yaml.YAMLError as error:
        tabbed = _expand_tabs(text)
        return _retry(text, error, tabbed) if tabbed[1] else Tree(problems=(_problem(text, error),))


def original_column(prefix: str, column: int) -> int:
    """Where a column of an expanded line was before its indentation was expanded."""
    width = 0
    for position, character in enumerate(prefix):
        if width >= column:
            return position
        width = _next_stop(width) if character == "\t" else width + 1
    return len(prefix) + column - width if prefix else column


class _Unreadable(Exception):
    def __init__(self, message: str, before: str = "") -> None:
        super().__init__(message)
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        self.problem = Problem(severity="error", line=line, column=column, message=message)


def _decode(source: str | bytes) -> str:
    if isinstance(source, str):
        text, size = source, len(source.encode("utf-8", "surrogatepass"))
    else:
        text, size = "", len(source)
    if size > MAX_BYTES:
        raise _Unreadable(f"expected a file of at most {MAX_BYTES:,} bytes, found one of {size:,} bytes")
    if isinstance(source, bytes):
        if source.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise _Unreadable("expected a file in UTF-8, found one in UTF-16; save it as UTF-8")
        try:
            text = source.decode("utf-8")
        except UnicodeDecodeError as error:
            before = source[: error.start].decode("utf-8")
            byte = source[error.start]
            raise _Unreadable(f"expected text in UTF-8, found the byte 0x{byte:02x}", before) from error
    return text.removeprefix("\ufeff")


def _compose(text: str) -> yaml.Node | None:
    composer = _Composer(text)
    try:
        return composer.get_single_node()
    except (ValueError, OverflowError) as error:
        # PyYAML lets these through for an escape beyond Unicode and for a version number of many digits.
        raise Refused(
            "expected YAML, found an escape or a number that is out of range", composer.get_mark()
        ) from error
    finally:
        composer.dispose()


def _next_stop(width: int) -> int:
    return (width // TAB_WIDTH + 1) * TAB_WIDTH


def _expand_tabs(text: str) -> tuple[str, dict[int, str]]:
    """The text with tabs in indentation expanded, and the former beginnings of those lines by line index."""
    lines = text.split("\n")
    prefixes: dict[int, str] = {}
    for index, line in enumerate(lines):
        prefix = found[0] if (found := _INDENTATION.match(line)) else ""
        if "\t" in prefix and line.strip():
            lines[index] = prefix.expandtabs(TAB_WIDTH) + line[len(prefix) :]
            prefixes[index] = prefix
    return "\n".join(lines), prefixes


def _retry(text: str, error: yaml.YAMLError, tabbed: tuple[str, dict[int, str]]) -> Tree:
    expanded_text, prefixes = tabbed
    first = min(prefixes)
    column = prefixes[first].index("\t") + 1
    lines = _line_ranges(sorted(prefixes))
    try:
        root = _compose(expanded_text)
    except yaml.YAMLError as second:
        reason = _problem(text, error if isinstance(error, Refused) else second, prefixes)
        message = (
            f"a tab is used as indentation on {lines}, which YAML forbids; with spaces up to the next "
            f"multiple of {TAB_WIDTH} columns in its place the file can't be read either: "
            f"line {reason.line}: {reason.message}"
        )
        return Tree(problems=(Problem(severity="error", line=first + 1, column=column, message=message),))
    message = (
        f"a tab is used as indentation on {lines}; it was read as spaces up to the next multiple of "
        f"{TAB_WIDTH} columns, please write spaces"
    )
    warning = Problem(severity="warning", line=first + 1, column=column, message=message)
    return Tree(root=root, problems=(warning,), expanded=prefixes)


def _line_ranges(indices: list[int]) -> str:
    """`line 3`, `lines 3, 5-9`: line numbers from indices, neighbours joined."""
    spans: list[list[int]] = []
    for index in indices:
        if spans and spans[-1][1] == index:
            spans[-1][1] = index + 1
        else:
            spans.append([index + 1, index + 1])
    shown = ", ".join(str(start) if start == end else f"{start}-{end}" for start, end in spans[:20])
    word = "line" if len(indices) == 1 else "lines"
    return f"{word} {shown}{' and more' if len(spans) > 20 else ''}"


def _problem(text: str, error: yaml.YAMLError, prefixes: dict[int, str] | None = None) -> Problem:
    line, column, message = explain(text, error)
    column = original_column((prefixes or {}).get(line - 1, ""), column - 1) + 1
    return Problem(severity="error", line=line, column=column, message=message)
