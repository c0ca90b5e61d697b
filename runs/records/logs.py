"""The console of an Execution by byte offset, with times, and searched. Never holds a whole file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from coretex_site.lib import paths
from runs.records import console
from runs.records.console_times import Times
from runs.records.line_file import MOST_BYTES, Buffer, line_ends, line_start, lines_back, opened

CHUNK_LINES = 500
# Who is further behind than this reads on at the end; what was left out is read when it is scrolled to.
CATCH_UP_BYTES = MOST_BYTES
CATCH_UP_LINES = 2 * CHUNK_LINES
# How far back the style of a line is looked for: colours that go on for longer are rare.
STYLE_BYTES = 65_536
NEEDLE_LENGTH = 200


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A line and when its first byte was printed (Unix seconds); None when that was not recorded."""

    line: console.Line
    at: int | None

    @property
    def clock(self) -> str:
        """`14:03:59` in UTC; blank when it is not known."""
        return "" if self.at is None else datetime.fromtimestamp(self.at, UTC).strftime("%H:%M:%S")

    @property
    def exact(self) -> str:
        return (
            "" if self.at is None else datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        )


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Complete lines from `start` to `end`, the `living` one if the file ends after them, its `size`."""

    lines: list[Shown]
    start: int
    end: int
    size: int
    living: Shown | None = None

    @property
    def at_end(self) -> bool:
        return self.end >= self.size or self.living is not None


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A line that was found, and its neighbours."""

    shown: Shown
    before: list[Shown]
    after: list[Shown]
    # The text of the line cut up: every second part, from the second on, is what was looked for.
    parts: list[str]


@dataclass(frozen=True, kw_only=True)
class Found:
    hits: list[Hit]
    # Whether there are more than were asked for.
    more: bool


def size(execution_id: int) -> int:
    """Bytes printed so far."""
    try:
        return paths.console(execution_id).stat().st_size
    except OSError:
        return 0


def read(execution_id: int, start: int, limit: int = CHUNK_LINES, *, ended: bool = False) -> Chunk:
    """At most `limit` lines from `start` on, which is moved back to the beginning of its line.

    With `ended` the last line counts as complete though no `\\n` follows it.
    """
    with opened(paths.console(execution_id)) as buffer:
        start = line_start(buffer, start)
        whole = len(buffer) if ended else buffer.rfind(b"\n") + 1
        ends: list[int] = []
        for end in line_ends(buffer, start, whole, most=limit):
            ends.append(end)
            if end - start >= MOST_BYTES:
                break
        lines = render(execution_id, buffer, start, ends)
        position = ends[-1] if ends else start
        living = None
        if whole <= position < len(buffer):
            living = render(execution_id, buffer, position, [len(buffer)])[0]
        return Chunk(lines=lines, start=start, end=position, size=len(buffer), living=living)


def before(execution_id: int, offset: int, limit: int = CHUNK_LINES) -> Chunk:
    """At most `limit` lines that end at `offset`, a line's beginning: what stands above it."""
    with opened(paths.console(execution_id)) as buffer:
        offset = line_start(buffer, offset)
        start = lines_back(buffer, offset, limit)
        ends = list(line_ends(buffer, start, offset))
        lines = render(execution_id, buffer, start, ends)
        return Chunk(lines=lines, start=start, end=offset, size=len(buffer))


def tail(execution_id: int, limit: int = CHUNK_LINES, *, ended: bool = False) -> Chunk:
    """The last `limit` lines."""
    with opened(paths.console(execution_id)) as buffer:
        end = len(buffer) if ended else buffer.rfind(b"\n") + 1
        start = lines_back(buffer, end, limit)
    return read(execution_id, start, limit, ended=ended)


def follow(execution_id: int, start: int, *, ended: bool = False) -> Chunk:
    """What was printed since `start`; only the end of it when that is too much to send."""
    if size(execution_id) - start <= CATCH_UP_BYTES:
        chunk = read(execution_id, start, CATCH_UP_LINES, ended=ended)
        if chunk.at_end:
            return chunk
    return tail(execution_id, ended=ended)


def around(execution_id: int, offset: int, *, ended: bool = False) -> Chunk:
    """A chunk with the line at `offset` in its middle."""
    with opened(paths.console(execution_id)) as buffer:
        start = lines_back(buffer, line_start(buffer, offset), CHUNK_LINES // 2)
    return read(execution_id, start, CHUNK_LINES, ended=ended)


def search(
    execution_id: int, text: str, *, context: int = 2, limit: int = 200, match_case: bool = False
) -> Found:
    """The first `limit` lines that read `text`, each with `context` neighbours on both sides.

    Letters beyond ASCII are found as they are written; a change of colour within the text does no harm.
    """
    text = text[:NEEDLE_LENGTH]
    hits: list[Hit] = []
    with opened(paths.console(execution_id)) as buffer:
        if not text.strip():
            return Found(hits=[], more=False)
        for start, end in matching_lines(buffer, text, match_case=match_case):
            style = style_at(buffer, start)
            line = console.line(buffer, start, end, style)
            wanted, there = (text, line.text) if match_case else (text.lower(), line.text.lower())
            if wanted not in there:
                continue  # it stood in an escape sequence, or was overwritten
            if len(hits) == limit:
                return Found(hits=hits, more=True)
            first = lines_back(buffer, start, context)
            after = list(line_ends(buffer, end, len(buffer), most=context))
            hits.append(
                Hit(
                    shown=Shown(line=line, at=Times(execution_id).at(start)),
                    parts=parts_of(line.text, text, match_case=match_case),
                    before=render(execution_id, buffer, first, list(line_ends(buffer, first, start))),
                    after=render(execution_id, buffer, end, after),
                )
            )
    return Found(hits=hits, more=False)


def parts_of(line: str, text: str, *, match_case: bool) -> list[str]:
    """`line` split at every `text` in it, with what stands there kept; long ones near the first only."""
    parts = re.split(f"({re.escape(text)})", line, flags=0 if match_case else re.IGNORECASE)
    if len(parts[0]) > NEEDLE_LENGTH:
        parts[0] = "… " + parts[0][-NEEDLE_LENGTH:]
    if len(parts) > 2 and len(parts[-1]) > NEEDLE_LENGTH:
        parts[-1] = parts[-1][:NEEDLE_LENGTH] + " …"
    return parts[: 2 * NEEDLE_LENGTH]


def matching_lines(buffer: Buffer, text: str, *, match_case: bool) -> Iterator[tuple[int, int]]:
    """Where the lines lie whose bytes hold `text`, colours between its letters left aside."""
    between = rb"(?:\x1b\[[0-9;:]*m)*" if buffer.find(b"\x1b[") >= 0 else b""
    letters = [re.escape(letter.encode()) for letter in text.encode("utf-8", "replace").decode()]
    pattern = re.compile(between.join(letters), 0 if match_case else re.IGNORECASE)
    position = 0
    while (found := pattern.search(buffer, position)) is not None:
        start = buffer.rfind(b"\n", 0, found.start()) + 1
        newline = buffer.find(b"\n", found.end())
        position = newline + 1 if newline >= 0 else len(buffer)
        yield start, position


def style_at(buffer: Buffer, offset: int) -> console.Style:
    return console.style_after(bytes(buffer[max(0, offset - STYLE_BYTES) : offset]))


def render(execution_id: int, buffer: Buffer, start: int, ends: list[int]) -> list[Shown]:
    """The lines that begin at `start` and end at `ends`, with their times."""
    if not ends:
        return []
    style = style_at(buffer, start)
    times = Times(execution_id)
    shown = []
    for end in ends:
        shown.append(Shown(line=console.line(buffer, start, end, style), at=times.at(start)))
        if end - start > STYLE_BYTES:
            style = style_at(buffer, end)
        else:
            style = console.style_after(bytes(buffer[start:end]), style)
        start = end
    return shown
