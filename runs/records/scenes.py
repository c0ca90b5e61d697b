"""Parts of a console in which escapes move between lines, written on screens that are kept for a while."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

from runs.records.line_file import Buffer, lines_on
from runs.records.screen import HEIGHT, LONGEST_SEQUENCE, VERTICAL, Row, Screen, finished
from runs.records.styles import Style, style_after

# How far back the style of a line is looked for: colours that go on for longer are rare.
STYLE_BYTES = 65_536
# A screen is kept for every so many bytes of a scene, and for so many scenes.
STEP_BYTES = 1024 * 1024
MOST_SCENES = 16
# What must be the same before a kept screen is written on: the file may have been replaced.
WITNESS_BYTES = 4_096


class Placed(NamedTuple):
    """The bytes of a row: a line when there is no `row` of a screen."""

    start: int
    end: int
    row: Row | None = None


@dataclass(slots=True)
class Written:
    """A screen after the byte at `position` - 1. `since` counts the lines after the last one that moved
    between lines (None: there was none yet), `passed` the rows that have left the screen."""

    screen: Screen
    position: int
    since: int | None = None
    passed: int = 0
    # Within a line: it is being written, and whether something in it moved between lines.
    is_within: bool = False
    moved: bool = False

    def copy(self, buffer: Buffer) -> "Written":
        screen = self.screen.copy(buffer)
        return Written(screen, self.position, self.since, self.passed, self.is_within, self.moved)


class Kept(NamedTuple):
    written: Written
    witness: bytes


_kept: OrderedDict[tuple[str, int], list[Kept]] = OrderedDict()
# From where to where nothing in a file moves between lines, for the long line that was looked at last.
_still: OrderedDict[str, tuple[int, int]] = OrderedDict()
_lock = Lock()


def style_at(buffer: Buffer, offset: int) -> Style:
    return style_after(bytes(buffer[max(0, offset - STYLE_BYTES) : offset]))


class Scene:
    """The lines from `start` on that one screen shows. `key` names the file among those that are kept."""

    def __init__(self, buffer: Buffer, key: str, start: int, limit: int) -> None:
        self.buffer, self.key, self.start, self.limit = buffer, (key, start), start, limit
        self.written = Written(Screen(buffer, start), start)
        self.is_closed = False

    def rows(self, since: int = 0, *, spare: int = 0, ended: bool = False) -> Iterator[tuple[Placed, bool]]:
        """All rows that end beyond `since`, at least `spare` of those before them, and maybe more; each with
        whether it is settled. Those on the screen come last, and then `is_closed` and `written` are right."""
        written = self.written = self.resume(since, spare) or self.beginning()
        saved = written.position
        while not self.closes(written) and (moved := self.step(written)) is not None:
            yield from ((placed, True) for placed in moved)
            if written.position - saved >= STEP_BYTES:
                saved = written.position
                self.keep(written)
        self.keep(written)
        if self.is_closed:
            yield from ((placed, True) for placed in self.on_screen(written, written.position))
        else:
            shown = written.copy(self.buffer)
            self.write_rest(shown, ended=ended)
            yield from ((placed, ended) for placed in self.on_screen(shown, self.limit))

    def beginning(self) -> Written:
        return Written(Screen(self.buffer, self.start, style_at(self.buffer, self.start)), self.start)

    def closes(self, written: Written) -> bool:
        """Whether what follows no longer reaches these rows: many lines that move nothing, or the limit."""
        if written.position >= self.limit:
            self.is_closed = self.limit < len(self.buffer)
        elif written.since is not None and written.since >= HEIGHT and not written.is_within:
            ahead = lines_on(self.buffer, written.position, HEIGHT, self.limit)
            self.is_closed = VERTICAL.search(self.buffer, written.position, ahead) is None
        return self.is_closed

    def on_screen(self, written: Written, end: int) -> list[Placed]:
        return [Placed(row.start, until, row) for row, until in written.screen.shown(end)]

    def step(self, written: Written) -> list[Placed] | None:
        """Writes one line, or what is there of the last one; None when there is nothing more to write."""
        buffer, start, screen = self.buffer, written.position, written.screen
        newline = buffer.find(b"\n", start, self.limit)
        end = newline if newline >= 0 else self.limit
        if start >= self.limit:
            return None
        moves = VERTICAL.search(buffer, start, end) is not None
        if screen.is_fresh and not moves and not written.is_within:
            if newline < 0:
                return None
            screen.put_line(start, end + 1)
        else:
            data = bytes(buffer[start:end])
            data = data if newline >= 0 else data[: finished(data)]
            written.moved = written.moved or moves
            screen.feed(data, start)
            written.is_within = True
            if newline < 0:
                written.position = start + len(data)
                return [] if data else None
        return self.end_line(written, end + 1)

    def end_line(self, written: Written, offset: int) -> list[Placed]:
        gone = written.screen.newline(offset)
        if written.moved:
            written.since = 0
        elif written.since is not None:
            written.since += 1
        written.position, written.is_within, written.moved = offset, False, False
        if gone is None:
            return []
        written.passed += 1
        return [Placed(gone.start, written.screen.rows[0].start, gone)]

    def write_rest(self, written: Written, *, ended: bool) -> None:
        """What `step` left for later: a line without its end, of which more may come."""
        start, end = written.position, self.limit
        if start < end and written.screen.is_fresh and not written.is_within:
            written.screen.rows[-1].line = (start, end, written.screen.style)
        elif start < end and ended:
            written.screen.feed(bytes(self.buffer[start:end]), start)

    # Screens that are kept, so that who follows a console costs only what is new
    def resume(self, since: int, spare: int) -> Written | None:
        with _lock:
            kept = [each for each in _kept.get(self.key, []) if self.is_same(each)]
        before = [each.written for each in kept if each.written.screen.start <= since]
        if not before:
            return None
        wanted = before[-1].passed - spare
        usable = before if not spare else [written for written in before if written.passed <= wanted]
        return usable[-1].copy(self.buffer) if usable else None

    def is_same(self, kept: Kept) -> bool:
        position = kept.written.position
        return position <= self.limit and kept.witness == self.witness(position)

    def witness(self, position: int) -> bytes:
        return bytes(self.buffer[max(self.start, position - WITNESS_BYTES) : position])

    def keep(self, written: Written) -> None:
        """Keeps the written beside those of earlier steps, and in place of one of the same step."""
        kept = Kept(written.copy(b""), self.witness(written.position))
        step = (written.position - self.start) // STEP_BYTES
        with _lock:
            others = [
                each
                for each in _kept.pop(self.key, [])
                if (each.written.position - self.start) // STEP_BYTES != step and self.is_same(each)
            ]
            _kept[self.key] = sorted([*others, kept], key=position_of)
            while len(_kept) > MOST_SCENES:
                _kept.popitem(last=False)


def position_of(kept: Kept) -> int:
    return kept.written.position


def known_start(buffer: Buffer, key: str, offset: int) -> int | None:
    """Where the kept scene of the file `key` that holds the line at `offset` begins."""
    with _lock:
        kept = [(start, states[-1]) for (name, start), states in _kept.items() if name == key]
    for start, last in kept:
        if start <= offset < last.written.position and Scene(buffer, key, start, len(buffer)).is_same(last):
            return start
    return None


def first_move(buffer: Buffer, key: str, start: int, end: int) -> re.Match[bytes] | None:
    """The first escape from `start` to `end` that moves between lines.

    That there is none in a long line, such as a bar that grows for hours, is kept like a screen.
    """
    begin, position = _still.get(key, (0, 0))
    known = begin == start and position <= end
    found = VERTICAL.search(buffer, max(start, position - LONGEST_SEQUENCE) if known else start, end)
    if found is None and end - start >= STEP_BYTES:
        with _lock:
            _still.pop(key, None)
            _still[key] = (start, end)
            while len(_still) > MOST_SCENES:
                _still.popitem(last=False)
    return found


def forget() -> None:
    """Drops everything that is kept."""
    with _lock:
        _kept.clear()
        _still.clear()
