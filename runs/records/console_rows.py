"""The rows of a console by byte offset: lines, and where escapes move between lines what the screen shows.

Most consoles are lines, one for each `\\n`. An escape that goes up reaches `HEIGHT` rows: the lines that are at
most so many lines away from one are a `Scene`, whose rows come from writing it on a screen. So any part of a
file is read alone, and has the same rows whether it is read while it grows or afterwards.

A scene ends at every CELL_BYTES of the file at the latest, with a new screen, so that reading in the middle of
a file of any size costs no more than writing that much.
"""

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from typing import NamedTuple

from runs.records.line_file import MOST_BYTES, Buffer, line_ends, line_start, lines_back
from runs.records.screen import HEIGHT, VERTICAL, Row, Screen, finished
from runs.records.styles import Style, style_after

CELL_BYTES = 8 * 1024 * 1024
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


class Rows(NamedTuple):
    """Rows that stay as they are, up to the byte `end`, and those after it that may change."""

    settled: list[Placed]
    end: int
    living: list[Placed]


@dataclass(slots=True)
class State:
    """A screen after the byte at `position` - 1. `since` counts the lines after the last one that moved
    between lines (None: there was none yet), `passed` the rows that have left the screen."""

    screen: Screen
    position: int
    since: int | None = None
    passed: int = 0
    # Within a line: it is being written, and whether something in it moved between lines.
    is_within: bool = False
    moved: bool = False

    def copy(self, buffer: Buffer) -> "State":
        screen = self.screen.copy(buffer)
        return State(screen, self.position, self.since, self.passed, self.is_within, self.moved)


class Kept(NamedTuple):
    state: State
    witness: bytes


_kept: OrderedDict[tuple[str, int], list[Kept]] = OrderedDict()
_lock = Lock()


def style_at(buffer: Buffer, offset: int) -> Style:
    return style_after(bytes(buffer[max(0, offset - STYLE_BYTES) : offset]))


class Scene:
    """The lines from `start` on that one screen shows. `key` names the file among those that are kept."""

    def __init__(self, buffer: Buffer, key: str, start: int, limit: int) -> None:
        self.buffer, self.key, self.start, self.limit = buffer, (key, start), start, limit
        self.state = State(Screen(buffer, start), start)
        self.is_closed = False

    def rows(self, since: int = 0, *, spare: int = 0, ended: bool = False) -> Iterator[tuple[Placed, bool]]:
        """All rows that end beyond `since`, at least `spare` of those before them, and maybe more; each with
        whether it is settled. Those on the screen come last, and then `is_closed` and `state` are right."""
        state = self.state = self.resume(since, spare) or self.beginning()
        saved = state.position
        while not self.closes(state) and (moved := self.step(state)) is not None:
            yield from ((placed, True) for placed in moved)
            if state.position - saved >= STEP_BYTES:
                saved = state.position
                self.keep(state)
        self.keep(state)
        if self.is_closed:
            yield from ((placed, True) for placed in self.on_screen(state, state.position))
        else:
            shown = state.copy(self.buffer)
            self.write_rest(shown, ended=ended)
            yield from ((placed, ended) for placed in self.on_screen(shown, self.limit))

    def beginning(self) -> State:
        return State(Screen(self.buffer, self.start, style_at(self.buffer, self.start)), self.start)

    def closes(self, state: State) -> bool:
        """Whether what follows no longer reaches these rows: many lines that move nothing, or the limit."""
        if state.position >= self.limit:
            self.is_closed = self.limit < len(self.buffer)
        elif state.since is not None and state.since >= HEIGHT and not state.is_within:
            ahead = lines_on(self.buffer, state.position, HEIGHT, self.limit)
            self.is_closed = VERTICAL.search(self.buffer, state.position, ahead) is None
        return self.is_closed

    def on_screen(self, state: State, end: int) -> list[Placed]:
        return [Placed(row.start, until, row) for row, until in state.screen.shown(end)]

    def step(self, state: State) -> list[Placed] | None:
        """Writes one line, or what is there of the last one; None when there is nothing more to write."""
        buffer, start, screen = self.buffer, state.position, state.screen
        newline = buffer.find(b"\n", start, self.limit)
        end = newline if newline >= 0 else self.limit
        if start >= self.limit:
            return None
        moves = VERTICAL.search(buffer, start, end) is not None
        if screen.is_fresh and not moves and not state.is_within:
            if newline < 0:
                return None
            screen.put_line(start, end + 1)
        else:
            data = bytes(buffer[start:end])
            data = data if newline >= 0 else data[: finished(data)]
            state.moved = state.moved or moves
            screen.feed(data, start)
            state.is_within = True
            if newline < 0:
                state.position = start + len(data)
                return [] if data else None
        return self.end_line(state, end + 1)

    def end_line(self, state: State, offset: int) -> list[Placed]:
        gone = state.screen.newline(offset)
        if state.moved:
            state.since = 0
        elif state.since is not None:
            state.since += 1
        state.position, state.is_within, state.moved = offset, False, False
        if gone is None:
            return []
        state.passed += 1
        return [Placed(gone.start, state.screen.rows[0].start, gone)]

    def write_rest(self, state: State, *, ended: bool) -> None:
        """What `step` left for later: a line without its end, of which more may come."""
        start, end = state.position, self.limit
        if start < end and state.screen.is_fresh and not state.is_within:
            state.screen.rows[-1].line = (start, end, state.screen.style)
        elif start < end and ended:
            state.screen.feed(bytes(self.buffer[start:end]), start)

    # Screens that are kept, so that who follows a console costs only what is new
    def resume(self, since: int, spare: int) -> State | None:
        with _lock:
            kept = [each for each in _kept.get(self.key, []) if self.is_same(each)]
        before = [each.state for each in kept if each.state.screen.start <= since]
        if not before:
            return None
        wanted = before[-1].passed - spare
        usable = before if not spare else [state for state in before if state.passed <= wanted]
        return usable[-1].copy(self.buffer) if usable else None

    def is_same(self, kept: Kept) -> bool:
        position = kept.state.position
        return position <= self.limit and kept.witness == self.witness(position)

    def witness(self, position: int) -> bytes:
        return bytes(self.buffer[max(self.start, position - WITNESS_BYTES) : position])

    def keep(self, state: State) -> None:
        """Keeps the state beside those of earlier steps, and in place of one of the same step."""
        kept = Kept(state.copy(b""), self.witness(state.position))
        step = (state.position - self.start) // STEP_BYTES
        with _lock:
            others = [
                each
                for each in _kept.pop(self.key, [])
                if (each.state.position - self.start) // STEP_BYTES != step and self.is_same(each)
            ]
            _kept[self.key] = sorted([*others, kept], key=position_of)
            while len(_kept) > MOST_SCENES:
                _kept.popitem(last=False)


def position_of(kept: Kept) -> int:
    return kept.state.position


def lines_on(buffer: Buffer, start: int, count: int, end: int) -> int:
    """Where the `count`-th line from `start` on ends, at `end` at the latest."""
    position = start
    for position in line_ends(buffer, start, end, most=count):
        pass
    return position


def lines_up(buffer: Buffer, offset: int, count: int, start: int) -> int:
    """Where the `count`-th line above `offset` begins, at `start` at the earliest."""
    return max(start, lines_back(buffer, offset, count, most=max(offset - start, 1)))


class ConsoleRows:
    """The rows of one console file; `ended` says that nothing will be added to it."""

    def __init__(self, buffer: Buffer, key: str, *, ended: bool = False) -> None:
        self.buffer, self.key, self.ended = buffer, key, ended
        self.size = len(buffer)
        # Up to where there are lines that have an end.
        self.whole = self.size if ended else buffer.rfind(b"\n") + 1

    def cell(self, offset: int) -> tuple[int, int]:
        """The part of the file around the line at `offset` beyond which no screen reaches."""
        number = offset // CELL_BYTES
        while number and not 0 < (start := self.cell_start(number)) <= offset:
            number -= 1
        start = self.cell_start(number)
        number += 1
        while (end := self.cell_start(number)) and end <= start:
            number += 1
        return start, end or self.size

    def cell_start(self, number: int) -> int:
        """The beginning of the first line at or after that many cells; 0 when there is none."""
        place = number * CELL_BYTES
        return self.buffer.find(b"\n", place - 1) + 1 if 0 < place <= self.size else 0

    def scene(self, offset: int) -> Scene | None:
        """The scene that the line at `offset` is part of; None for a line that nothing reaches."""
        line = line_start(self.buffer, offset)
        first, limit = self.cell(line)
        above = lines_up(self.buffer, line, HEIGHT, first)
        below = lines_on(self.buffer, line, HEIGHT + 1, limit)
        found = VERTICAL.search(self.buffer, above, below)
        if found is None:
            return None
        while found is not None:
            moved = line_start(self.buffer, found.start())
            if (known := self.known_start(moved)) is not None:
                return Scene(self.buffer, self.key, known, limit)
            above = lines_up(self.buffer, moved, 2 * HEIGHT, first)
            found = VERTICAL.search(self.buffer, above, moved)
        return Scene(self.buffer, self.key, lines_up(self.buffer, moved, HEIGHT, first), limit)

    def known_start(self, offset: int) -> int | None:
        """Where the kept scene that holds the line at `offset` begins."""
        with _lock:
            kept = [(start, states[-1]) for (key, start), states in _kept.items() if key == self.key]
        for start, last in kept:
            if start <= offset < last.state.position and Scene(self.buffer, self.key, start, self.size).is_same(last):
                return start
        return None

    def scene_after(self, start: int, count: int) -> int:
        """Where the next scene begins, if the next `count` lines from `start` on come to one; else the end."""
        _, limit = self.cell(start)
        ahead = lines_on(self.buffer, start, count + HEIGHT, limit)
        found = VERTICAL.search(self.buffer, start, ahead)
        if found is None:
            return limit
        return max(start, lines_up(self.buffer, line_start(self.buffer, found.start()), HEIGHT, start))

    def scene_before(self, start: int, end: int) -> int:
        """Where the last scene before `end` ended, or the line at `start`, whichever is later."""
        first, limit = self.cell(end - 1)
        start = max(start, first)
        last = None
        for last in VERTICAL.finditer(self.buffer, lines_up(self.buffer, start, HEIGHT, first), end):
            pass
        if last is None:
            return start
        return max(start, lines_on(self.buffer, line_start(self.buffer, last.start()), HEIGHT + 1, limit))

    def forwards(self, start: int, most: int) -> Rows:
        """At most `most` settled rows from the one at `start` on, and the living ones if they come next.

        Not much more than MOST_BYTES are gone through for more than one row; the same holds for `backwards`.
        """
        position = min(max(0, start), self.size)
        if (scene := self.scene(position)) is None:
            position = line_start(self.buffer, position)
        settled: list[Placed] = []
        while position < self.size and len(settled) < most:
            if scene is not None:
                living: list[Placed] = []
                for placed, is_settled in scene.rows(position, ended=self.ended):
                    if placed.end <= position:
                        continue
                    if is_settled and len(settled) == most:
                        return Rows(settled, settled[-1].end, [])
                    (settled if is_settled else living).append(placed)
                if not scene.is_closed:
                    return Rows(settled, self.size if self.ended else scene.state.screen.start, living)
                position = scene.state.position
                if settled and position - settled[0].start >= MOST_BYTES:
                    return Rows(settled, position, self.rest(position))
            else:
                stop = self.scene_after(position, most - len(settled))
                begin = position
                for end in line_ends(
                    self.buffer, position, min(stop, self.whole), most=most - len(settled)
                ):
                    settled.append(Placed(position, end))
                    position = end
                    if position - begin >= MOST_BYTES:
                        return Rows(settled, position, self.rest(position))
                if position < stop:
                    return Rows(settled, position, self.rest(position))
            scene = self.scene(position) if position < self.size else None
        return Rows(settled, position, self.rest(position))

    def rest(self, position: int) -> list[Placed]:
        """The last line without its end, if it stands at `position` and no scene holds it."""
        if self.whole <= position < self.size and self.scene(position) is None:
            return [Placed(position, self.size)]
        return []

    def backwards(self, offset: int, most: int) -> list[Placed]:
        """At most `most` rows that end at `offset` or, if that is within a row, at its beginning."""
        position = min(max(0, offset), self.size)
        found: deque[Placed] = deque()
        taken = 0
        while position > 0 and len(found) < most:
            need = most - len(found)
            scene = self.scene(position - 1)
            if scene is not None:
                rows = scene.rows(position, spare=need, ended=self.ended)
                above = deque((placed for placed, _ in until(rows, position)), maxlen=need)
                start = above[0].start if above else scene.start
            else:
                if not found and offset < self.size:
                    position = line_start(self.buffer, position)
                start = lines_back(self.buffer, position, need, most=max(1, MOST_BYTES - taken))
                start = self.scene_before(start, position)
                ends = [start, *line_ends(self.buffer, start, position)]
                above = deque(Placed(begin, end) for begin, end in pairwise(ends))
            found.extendleft(reversed(above))
            taken += position - start
            position = start
            if found and taken >= MOST_BYTES:
                break
        return list(found)

    def living(self) -> Rows:
        """What may still change at the end, and where it begins."""
        if self.ended:
            return Rows([], self.size, [])
        scene = self.scene(self.size)
        if scene is not None:
            living = [placed for placed, is_settled in scene.rows(self.size) if not is_settled]
            if not scene.is_closed:
                return Rows([], scene.state.screen.start, living)
        return Rows([], self.whole, [Placed(self.whole, self.size)] if self.whole < self.size else [])


def until(rows: Iterator[tuple[Placed, bool]], offset: int) -> Iterator[tuple[Placed, bool]]:
    for placed, is_settled in rows:
        if placed.end > offset:
            return
        yield placed, is_settled
