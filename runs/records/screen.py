r"""The screen of a terminal, bytes → rows, for what moves between lines as several bars do. Knows no files.

A row begins with the `\n` that makes it at the bottom of the screen. Escape sequences reach the last HEIGHT
rows; what has left the screen at its top is settled. Rows are as long as what is written on them: nothing is
wrapped, since a program whose output is no terminal cannot know its width.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from mmap import mmap

from runs.records import console
from runs.records.cells import MOST_COLUMNS, Cells
from runs.records.styles import PLAIN, Style, number, restyle, style_after

# Programs take a screen of 24 or 25 rows when their output is no terminal; some are given more by LINES.
HEIGHT = 50
# A row that the cursor has not come back to for so many times that it went up counts as left.
RECENT_VISITS = 2 * HEIGHT

# What may change another line than the one it stands in. One byte begins it, so that it is looked for fast.
VERTICAL = re.compile(rb"\x1b(?:\[(?:[0-?]*[ABEFHLMJdefsu]|\?(?:47|1047|1049)[hl])|[78Mc])")
TOKEN = re.compile(
    rb"\x1b\[(?P<sgr>[0-9;:]*)m"
    rb"|(?:\x1b\[|\xc2\x9b)(?P<args>[0-?]*)[ -/]*(?P<final>[@-~]?)"
    rb"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"
    rb"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"
    rb"|\x1b(?P<escape>[ -/]*[0-~]?)"
    rb"|(?P<move>[\r\b])"
    rb"|[\x00-\x08\x0a-\x1f\x7f]|\xc2[\x80-\x9f]"
)
# What more bytes may turn into something else: an escape sequence or a character without its end.
UNFINISHED = re.compile(
    rb"(?:\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?|[ -/]*)|\xc2\x9b[0-?]*[ -/]*"
    rb"|[\xc2-\xf4]|[\xe0-\xf4][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf]{2})\Z"
)
LONGEST_SEQUENCE = 4_096
ALTERNATE = ("?47", "?1047", "?1049")


@dataclass(slots=True)
class Row:
    """A row that begins with the byte at `start`: cells, or a whole line that nothing else was written on,
    as (start, end, style in force before it). `visit` numbers the last time that the cursor came back to it;
    `is_revisited` says that this was lately."""

    start: int
    cells: Cells | None = None
    line: tuple[int, int, Style] | None = None
    visit: int = 0
    is_revisited: bool = False

    def copy(self) -> "Row":
        return Row(self.start, self.cells and self.cells.copy(), self.line, self.visit)

    @property
    def is_blank(self) -> bool:
        if self.line is not None:
            return False
        return self.cells is None or not self.cells.parts()

    def render(self, buffer: bytes | mmap, end: int) -> console.Line:
        """What it shows, as the bytes up to `end`, where the next row begins."""
        if self.line is not None:
            return replace(console.line(buffer, *self.line), start=self.start, end=end)
        if self.cells is None:
            return console.of_parts([], self.start, end)
        return console.of_parts(self.cells.parts(), self.start, end, self.cells.hidden)


class Screen:
    """The last `height` rows, the cursor (`row`, `column`) and the style that is written in."""

    def __init__(self, buffer: bytes | mmap, start: int, style: Style = PLAIN, height: int = HEIGHT) -> None:
        self.buffer, self.height = buffer, height
        self.rows = [Row(start)]
        self.row = self.column = 0
        self.style = style
        self.saved: tuple[int, int, Style] = (0, 0, PLAIN)
        # How often the cursor came up.
        self.visits = 0
        # The screen that the alternate one hides, with its cursor.
        self.hidden: tuple[list[Row], int, int] | None = None

    def copy(self, buffer: bytes | mmap) -> "Screen":
        copied = Screen(buffer, 0, self.style, self.height)
        copied.rows = [row.copy() for row in self.rows]
        copied.row, copied.column, copied.saved = self.row, self.column, self.saved
        copied.visits = self.visits
        if self.hidden is not None:
            rows, row, column = self.hidden
            copied.hidden = [each.copy() for each in rows], row, column
        return copied

    @property
    def is_fresh(self) -> bool:
        """Whether the cursor is at the beginning of a last row that nothing was written on."""
        row = self.rows[-1]
        at_bottom = self.row == len(self.rows) - 1 and self.column == 0 and self.hidden is None
        return at_bottom and row.cells is None and row.line is None

    def shown(self, size: int) -> Iterator[tuple[Row, int]]:
        """The rows and their ends, without blank ones at or below the cursor; the last ends at `size`."""
        rows = [*(self.hidden[0] if self.hidden else []), *self.rows]
        cursor = len(rows) - len(self.rows) + self.row
        while len(rows) > cursor and rows[-1].is_blank:
            rows.pop()
        for row in rows:
            row.is_revisited = row.visit > max(0, self.visits - RECENT_VISITS)
        ends = [row.start for row in rows[1:]] + [size]
        yield from zip(rows, ends, strict=False)

    @property
    def start(self) -> int:
        """Where the first row that can still change begins."""
        return (self.hidden[0] if self.hidden else self.rows)[0].start

    # Writing
    def put_line(self, start: int, end: int) -> None:
        """Leaves a line that moves nothing as it is, to be painted when it is looked at."""
        self.rows[-1].line = (start, end, self.style)
        self.style = style_after(bytes(self.buffer[start:end]), self.style)

    def cells(self) -> Cells:
        """The cells of the cursor's row."""
        row = self.rows[self.row]
        if row.cells is None:
            row.cells = Cells()
            if row.line is not None:
                raw, row.cells.hidden = console.visible(self.buffer, *row.line[:2])
                hidden = row.cells.hidden
                row.cells = console.paint(raw.decode("utf-8", "replace"), row.line[2])
                row.cells.hidden += hidden
                row.line = None
        return row.cells

    def newline(self, offset: int) -> Row | None:
        """`\\n`, after which the byte at `offset` comes; the row that this moves out of the screen."""
        self.column = 0
        if self.row + 1 < len(self.rows):
            self.row += 1
            return None
        self.rows.append(Row(offset))
        if len(self.rows) <= self.height:
            self.row += 1
            return None
        gone = self.rows.pop(0)
        return gone if self.hidden is None else None

    def feed(self, data: bytes, offset: int) -> None:
        """Writes bytes without `\\n`, of which the first is at `offset`."""
        position = 0
        for found in TOKEN.finditer(data):
            begin, end = found.span()
            if begin > position:
                self.write(data[position:begin])
            position = end
            kind = found.lastgroup
            if kind == "sgr":
                self.style = restyle(self.style, found["sgr"].decode("ascii"))
            elif kind == "final":
                self.sequence(found["final"], found["args"].decode("ascii"), offset + position)
            elif kind == "move":
                self.column = 0 if found["move"] == b"\r" else max(0, self.column - 1)
            elif kind == "escape":
                self.escape(found["escape"], offset + position)
        if position < len(data):
            self.write(data[position:])

    def write(self, data: bytes) -> None:
        self.column = self.cells().put(self.column, data.decode("utf-8", "replace"), self.style)

    def sequence(self, final: bytes, args: str, offset: int) -> None:
        """`ESC [ args final`, after which the byte at `offset` comes."""
        before = self.row
        count = max(1, number(args, 1))
        match final:
            case b"A" | b"F":
                self.row = max(0, self.row - count)
            case b"B" | b"E" | b"e":
                self.go_to(self.row + count, offset)
            case b"H" | b"f":
                self.go_to(count - 1, offset)
                column = args.partition(";")[2]
                self.column = min(max(1, number(column, 1)) - 1, MOST_COLUMNS)
            case b"d":
                self.go_to(count - 1, offset)
            case b"J":
                self.erase(number(args, 0))
            case b"L" | b"M":
                self.shift(min(count, len(self.rows) - self.row), down=final == b"L")
                self.column = 0
            case b"s":
                self.saved = self.row, self.column, self.style
            case b"u":
                self.restore(offset)
            case b"h" | b"l":
                if args in ALTERNATE:
                    self.alternate(final == b"h", offset)
            case b"G" | b"`" | b"C" | b"a" | b"D" | b"K" | b"P" | b"X" | b"@":
                self.column = self.cells().edit(self.column, final.decode("ascii"), args)
        if final in (b"E", b"F"):
            self.column = 0
        self.revisit(before)

    def revisit(self, before: int) -> None:
        """Notes that the cursor came up from the row `before`."""
        if self.row < before:
            self.visits += 1
            for row in self.rows[self.row : before + 1]:
                row.visit = self.visits

    def escape(self, letter: bytes, offset: int) -> None:
        before = self.row
        match letter:
            case b"7":
                self.saved = self.row, self.column, self.style
            case b"8":
                self.restore(offset)
            case b"M":
                self.row = max(0, self.row - 1)
            case b"c":
                self.erase(2)
                self.row = self.column = 0
                self.style = PLAIN
        self.revisit(before)

    def restore(self, offset: int) -> None:
        row, self.column, self.style = self.saved
        self.go_to(row, offset)

    def go_to(self, row: int, offset: int) -> None:
        """Moves to a row, which is made if it is not there and there are bytes that it can begin with."""
        row = min(max(0, row), self.height - 1)
        missing = min(row - len(self.rows) + 1, offset - self.rows[-1].start)
        self.rows += [Row(offset - number) for number in range(missing - 1, -1, -1)]
        self.row = min(row, len(self.rows) - 1)

    def erase(self, what: int) -> None:
        """From the cursor on (0), up to it (1), everything (2); what has left the screen (3) stays."""
        if what in (0, 1):
            self.cells().edit(self.column, "K", str(what))
        gone = {0: self.rows[self.row + 1 :], 1: self.rows[: self.row], 2: self.rows}.get(what, [])
        for row in gone:
            row.cells, row.line = Cells(), None

    def shift(self, count: int, *, down: bool) -> None:
        """Inserts blank rows at the cursor's (`down`) or deletes rows there: what they show moves."""
        rows = self.rows[self.row :]
        shown = [(row.cells, row.line) for row in rows]
        blank: list[tuple[Cells | None, tuple[int, int, Style] | None]] = [
            (Cells(), None) for _ in range(count)
        ]
        moved = [*blank, *shown[:-count]] if down else [*shown[count:], *blank]
        for row, (cells, line) in zip(rows, moved, strict=True):
            row.cells, row.line = cells, line

    def alternate(self, on: bool, offset: int) -> None:
        """The alternate screen that editors and pagers use: nothing of it is left when it is left."""
        if on and self.hidden is None:
            self.hidden = self.rows, self.row, self.column
            self.rows, self.row, self.column = [Row(offset)], 0, 0
        elif not on and self.hidden is not None:
            self.rows, self.row, self.column = self.hidden
            self.hidden = None


def finished(data: bytes) -> int:
    """How many bytes of `data` can be written though more may follow: not an unfinished sequence."""
    start = max(0, len(data) - LONGEST_SEQUENCE)
    found = UNFINISHED.search(data, start)
    return len(data) if found is None else found.start()
