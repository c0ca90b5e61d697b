"""The console of an Execution by byte offset, with times, and searched. Never holds a whole file."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from coretex_site.lib import paths
from runs.records import console
from runs.records.console_rows import ConsoleRows
from runs.records.console_times import Times
from runs.records.line_file import MOST_BYTES, Buffer, line_start, lines_back, opened
from runs.records.scenes import STYLE_BYTES, Placed, Scene, style_at
from runs.records.screen import HEIGHT, VERTICAL
from runs.records.styles import PLAIN, style_after

CHUNK_LINES = 500
# Who is further behind than this reads on at the end; what was left out is read when it is scrolled to.
CATCH_UP_BYTES = MOST_BYTES
CATCH_UP_LINES = 2 * CHUNK_LINES
NEEDLE_LENGTH = 200


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A line and when its first byte was printed (Unix seconds); None when that was not recorded.

    `is_rewritten` says that it is a bar, or another line that the script comes back to, or has no end yet.
    """

    line: console.Line
    at: int | None
    is_rewritten: bool = False

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
    """Lines from `start` to `end` that stay as they are, the `living` ones if they come next, and the `size`
    of the file. Living are the last line without its end, and all that escape sequences may still reach."""

    lines: list[Shown]
    start: int
    end: int
    size: int
    living: list[Shown] = field(default_factory=list)

    @property
    def at_end(self) -> bool:
        return self.end >= self.size or bool(self.living)


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


@contextmanager
def rows_of(execution_id: int, *, ended: bool = False) -> Iterator[ConsoleRows]:
    path = paths.console(execution_id)
    with opened(path) as buffer:
        yield ConsoleRows(buffer, str(path), ended=ended)


def read(execution_id: int, start: int, limit: int = CHUNK_LINES, *, ended: bool = False) -> Chunk:
    """At most `limit` lines from `start` on, which is moved back to the beginning of its line.

    With `ended` nothing is living: the last line counts as complete though no `\\n` follows it.
    """
    with rows_of(execution_id, ended=ended) as rows:
        return chunk_from(execution_id, rows, start, limit)


def chunk_from(execution_id: int, rows: ConsoleRows, start: int, limit: int) -> Chunk:
    settled, end, living = rows.forwards(start, limit)
    start = settled[0].start if settled else end
    shown = render(execution_id, rows.buffer, [*settled, *living])
    lines, alive = shown[: len(settled)], shown[len(settled) :]
    return Chunk(lines=lines, start=start, end=end, size=rows.size, living=alive)


def before(execution_id: int, offset: int, limit: int = CHUNK_LINES) -> Chunk:
    """At most `limit` lines that end at `offset`, a line's beginning: what stands above it."""
    with rows_of(execution_id) as rows:
        above = rows.backwards(offset, limit)
        start, end = (above[0].start, above[-1].end) if above else (0, 0)
        lines = render(execution_id, rows.buffer, above)
        return Chunk(lines=lines, start=start, end=end, size=rows.size)


def tail(execution_id: int, limit: int = CHUNK_LINES, *, ended: bool = False) -> Chunk:
    """The last `limit` lines, and the living ones after them; these alone if they were written for long."""
    with rows_of(execution_id, ended=ended) as rows:
        _, end, living = rows.living()
        settled = rows.backwards(end, limit) if rows.size - end < MOST_BYTES else []
        shown = render(execution_id, rows.buffer, [*settled, *living])
        lines, alive = shown[: len(settled)], shown[len(settled) :]
        start = settled[0].start if settled else end
        return Chunk(lines=lines, start=start, end=end, size=rows.size, living=alive)


def follow(execution_id: int, start: int, *, known: int = 0, ended: bool = False) -> Chunk:
    """What was printed since `start`; only the end of it when that is too much to send.

    `known` is the size that the file had when the lines up to `start` were read. The chunk begins above
    `start` when something was printed since then that has changed lines there.
    """
    with rows_of(execution_id, ended=ended) as rows:
        scene = rows.scene(start) if 0 < start <= rows.size else None
        if scene is not None and not reaches(scene, known):
            changed = rows.backwards(start, HEIGHT)
            start = changed[0].start if changed else start
        if scene is not None or rows.size - start <= CATCH_UP_BYTES:
            chunk = chunk_from(execution_id, rows, start, CATCH_UP_LINES)
            if chunk.at_end:
                return chunk
    return tail(execution_id, ended=ended)


def reaches(scene: Scene, size: int) -> bool:
    """Whether the scene was there already when its file had so many bytes: then all it could change lived."""
    above = lines_back(scene.buffer, line_start(scene.buffer, size), HEIGHT, most=scene.limit)
    return VERTICAL.search(scene.buffer, max(above, scene.start), size) is not None


def around(execution_id: int, offset: int, *, ended: bool = False) -> Chunk:
    """A chunk with the line at `offset` in its middle."""
    with rows_of(execution_id, ended=ended) as rows:
        above = rows.backwards(offset, CHUNK_LINES // 2)
        return chunk_from(execution_id, rows, above[0].start if above else 0, CHUNK_LINES)


def search(
    execution_id: int, text: str, *, context: int = 2, limit: int = 200, match_case: bool = False
) -> Found:
    """The first `limit` lines that read `text`, each with `context` neighbours on both sides.

    Letters beyond ASCII are found as they are written; a change of colour within the text does no harm.
    """
    text = text[:NEEDLE_LENGTH]
    hits: list[Hit] = []
    with rows_of(execution_id, ended=True) as rows:
        if not text.strip():
            return Found(hits=[], more=False)
        for placed in candidates(rows, text, match_case=match_case):
            line = rendered(rows.buffer, placed)
            wanted, there = (text, line.text) if match_case else (text.lower(), line.text.lower())
            if wanted not in there:
                continue  # it stood in an escape sequence, or was overwritten
            if len(hits) == limit:
                return Found(hits=hits, more=True)
            above = rows.backwards(placed.start, context)
            below = rows.forwards(placed.end, context).settled
            hits.append(
                Hit(
                    shown=Shown(line=line, at=Times(execution_id).at(placed.start)),
                    parts=parts_of(line.text, text, match_case=match_case),
                    before=render(execution_id, rows.buffer, above),
                    after=render(execution_id, rows.buffer, below),
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


def candidates(rows: ConsoleRows, text: str, *, match_case: bool) -> Iterator[Placed]:
    """The lines whose bytes hold `text`, colours between its letters left aside; of a scene all rows."""
    buffer = rows.buffer
    between = rb"(?:\x1b\[[0-9;:]*m)*" if buffer.find(b"\x1b[") >= 0 else b""
    letters = [re.escape(letter.encode()) for letter in text.encode("utf-8", "replace").decode()]
    pattern = re.compile(between.join(letters), 0 if match_case else re.IGNORECASE)
    position = 0
    while (found := pattern.search(buffer, position)) is not None:
        if (scene := rows.scene(found.start())) is not None:
            yield from (placed for placed, _ in scene.rows(ended=True))
            position = scene.written.position if scene.is_closed else len(buffer)
            continue
        start = buffer.rfind(b"\n", 0, found.start()) + 1
        newline = buffer.find(b"\n", found.end())
        position = newline + 1 if newline >= 0 else len(buffer)
        yield Placed(start, position)


def rendered(buffer: Buffer, placed: Placed) -> console.Line:
    if placed.row is not None:
        return placed.row.render(buffer, placed.end)
    return console.line(buffer, placed.start, placed.end, style_at(buffer, placed.start))


def render(execution_id: int, buffer: Buffer, rows: list[Placed]) -> list[Shown]:
    """The rows, one after the other, with their times."""
    times = Times(execution_id)
    shown = []
    style, styled = PLAIN, -1  # the style in force before the byte at `styled`
    for start, end, row in rows:
        unfinished = buffer[end - 1 : end] != b"\n"
        if row is not None:
            rewritten = unfinished or row.is_revisited
            shown.append(Shown(line=row.render(buffer, end), at=times.at(start), is_rewritten=rewritten))
            continue
        if styled != start:
            style = style_at(buffer, start)
        line = console.line(buffer, start, end, style)
        shown.append(Shown(line=line, at=times.at(start), is_rewritten=unfinished))
        far = end - start > STYLE_BYTES
        style = style_at(buffer, end) if far else style_after(bytes(buffer[start:end]), style)
        styled = end
    return shown
