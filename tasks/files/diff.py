"""How two trees of files differ, file by file and line by line. Knows no disk, no Django, no HTTP."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from coretex_site.lib.highlight import as_text

# What is compared line by line: beyond it, comparing takes longer than anybody waits.
MOST_BYTES = 1024**2
MOST_LINES = 20_000
CONTEXT = 3
# So many files are compared; of those beyond it only the paths are told.
MOST_FILES = 200

UNREAD = f"Not compared, since more than {MOST_FILES} files differ."

Kind = Literal["added", "removed", "changed"]
Entries = Mapping[str, tuple[bool, str]]
Read = Callable[[str], bytes]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of a difference, with its numbers in the two files, None where it is not in one."""

    kind: Literal["added", "removed", "context", "hunk"]
    text: str
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, kw_only=True)
class FileDifference:
    """How one file differs. `note` says in words what lines cannot, such as that the file is not text."""

    path: str
    kind: Kind
    lines: tuple[Line, ...] = field(default=())
    note: str = ""

    @property
    def added(self) -> int:
        return sum(line.kind == "added" for line in self.lines)

    @property
    def removed(self) -> int:
        return sum(line.kind == "removed" for line in self.lines)


def changed_paths(before: Entries, after: Entries) -> dict[str, Kind]:
    """The paths that differ, in order. An entry is (whether it is executable, digest of its content)."""
    found: dict[str, Kind] = {}
    for path in sorted({*before, *after}):
        if path not in before:
            found[path] = "added"
        elif path not in after:
            found[path] = "removed"
        elif before[path] != after[path]:
            found[path] = "changed"
    return found


def compare(before: Entries, after: Entries, *, read_before: Read, read_after: Read) -> list[FileDifference]:
    """The differences of two trees; the `read_…` give a path's content."""
    differences = []
    for number, (path, kind) in enumerate(changed_paths(before, after).items()):
        if number >= MOST_FILES:
            differences.append(FileDifference(path=path, kind=kind, note=UNREAD))
            continue
        old = b"" if kind == "added" else read_before(path)
        new = b"" if kind == "removed" else read_after(path)
        differences.append(compare_file(path, kind, old=old, new=new))
    return differences


def compare_file(path: str, kind: Kind, *, old: bytes, new: bytes) -> FileDifference:
    if old == new:
        note = "Empty file." if kind != "changed" else "Only the executable permission differs."
        return FileDifference(path=path, kind=kind, note=note)
    if max(len(old), len(new)) > MOST_BYTES:
        note = f"Too large to be compared line by line: {_sizes(kind, old, new)}."
        return FileDifference(path=path, kind=kind, note=note)
    was, now = as_text(old), as_text(new)
    if was is None or now is None:
        return FileDifference(path=path, kind=kind, note=f"Not text: {_sizes(kind, old, new)}.")
    return FileDifference(path=path, kind=kind, lines=_lines(was, now), note=_newline_note(was, now))


def _lines(old: str, new: str) -> tuple[Line, ...]:
    before, after = old.splitlines(), new.splitlines()
    if max(len(before), len(after)) > MOST_LINES:
        return (Line(kind="hunk", text=f"{len(before):,} lines became {len(after):,}: too many to compare."),)
    found: list[Line] = []
    matcher = difflib.SequenceMatcher(None, before, after)
    for group in matcher.get_grouped_opcodes(CONTEXT):
        first, last = group[0], group[-1]
        spans = f"@@ -{_span(first[1], last[2])} +{_span(first[3], last[4])} @@"
        found.append(Line(kind="hunk", text=spans))
        for tag, start, end, new_start, new_end in group:
            if tag == "equal":
                found += [
                    Line(
                        kind="context", text=before[start + i], before=start + i + 1, after=new_start + i + 1
                    )
                    for i in range(end - start)
                ]
                continue
            found += [Line(kind="removed", text=before[i], before=i + 1) for i in range(start, end)]
            found += [Line(kind="added", text=after[i], after=i + 1) for i in range(new_start, new_end)]
    return tuple(found)


def _span(start: int, end: int) -> str:
    """As unified differences write it: the first line, from 1, or the line before when there is none."""
    return f"{start + 1 if end > start else start},{end - start}"


def _newline_note(old: str, new: str) -> str:
    if old.splitlines() == new.splitlines():
        return "Only the line endings differ."
    return ""


def _sizes(kind: Kind, old: bytes, new: bytes) -> str:
    if kind == "added":
        return f"{len(new):,} bytes"
    if kind == "removed":
        return f"{len(old):,} bytes before"
    return f"{len(old):,} bytes before, {len(new):,} bytes now"
