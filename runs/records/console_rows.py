"""The rows of a console by byte offset: lines, and where escapes move between lines what a screen shows.

Most consoles are lines, one for each `\\n`. An escape that goes up reaches `HEIGHT` rows: the lines that are
at most so many lines away from one are a `Scene`, whose rows come from writing it on a screen. So any part of
a file is read alone, and has the same rows whether it is read while it grows or afterwards.

A scene ends with its cell of CELL_BYTES at the latest, and the next begins with a new screen, so that reading
in the middle of a file of any size costs no more than writing that much.
"""

from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from runs.records.line_file import MOST_BYTES, Buffer, line_ends, line_start, lines_back, lines_on, lines_up
from runs.records.scenes import Placed, Scene, first_move, known_start
from runs.records.screen import HEIGHT, VERTICAL

CELL_BYTES = 8 * 1024 * 1024


class Rows(NamedTuple):
    """Rows that stay as they are, up to the byte `end`, and those after it that may change."""

    settled: list[Placed]
    end: int
    living: list[Placed]


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
        found = first_move(self.buffer, self.key, above, below)
        if found is None:
            return None
        while found is not None:
            moved = line_start(self.buffer, found.start())
            if (known := known_start(self.buffer, self.key, moved)) is not None:
                return Scene(self.buffer, self.key, known, limit)
            above = lines_up(self.buffer, moved, 2 * HEIGHT, first)
            found = VERTICAL.search(self.buffer, above, moved)
        return Scene(self.buffer, self.key, lines_up(self.buffer, moved, HEIGHT, first), limit)

    def scene_after(self, start: int, count: int) -> int:
        """Where the next scene begins, if the next `count` lines come to one; else the end of the cell."""
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
        above = lines_up(self.buffer, start, HEIGHT, first)
        moves = deque(VERTICAL.finditer(self.buffer, above, end), maxlen=1)
        if not moves:
            return start
        return max(start, lines_on(self.buffer, line_start(self.buffer, moves[0].start()), HEIGHT + 1, limit))

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
                    return Rows(settled, self.size if self.ended else scene.written.screen.start, living)
                position = scene.written.position
                if settled and position - settled[0].start >= MOST_BYTES:
                    return Rows(settled, position, self.rest(position))
            else:
                stop = self.scene_after(position, most - len(settled))
                begin = position
                for end in line_ends(self.buffer, position, min(stop, self.whole), most=most - len(settled)):
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
                return Rows([], scene.written.screen.start, living)
        return Rows([], self.whole, [Placed(self.whole, self.size)] if self.whole < self.size else [])


def until(rows: Iterator[tuple[Placed, bool]], offset: int) -> Iterator[tuple[Placed, bool]]:
    for placed, is_settled in rows:
        if placed.end > offset:
            return
        yield placed, is_settled
