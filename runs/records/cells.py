"""One line of a terminal as cells, each a letter in a style, that what is printed rewrites."""

import re
import unicodedata

from runs.records.styles import PLAIN, Style, number

# Sequences move so far to the right at most, and so many cells a line has: what is written beyond is counted.
MOST_COLUMNS = 8_192
LINE_CELLS = 2 * MOST_COLUMNS
TAB_WIDTH = 8
# Stands in the second cell of a letter that is two wide.
HALF = "\0"
# Where letters of another width than 1 are: those that follow or combine, and those of East Asia and emoji.
_UNUSUAL = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u0f84\u1000-\u1cff\u1dc0-\u1dff\u200b-\u200f\u20d0-\u20f0"
    "\u231a-\u27bf\u2b1b-\u2b55\u2e80-\U0010ffff]"
)


class Cells:
    """The letters of a line and their styles. A tab at the end of what is written keeps its letter, so that
    it can be copied; the cells that it spans after the first are empty texts. With `wide` a letter may take
    two cells, and those that combine are in one."""

    __slots__ = ("hidden", "letters", "styles", "tabbed", "wide")

    def __init__(self) -> None:
        self.letters: list[str] = []
        self.styles: list[Style] = []
        self.tabbed = self.wide = False
        self.hidden = 0

    def copy(self) -> "Cells":
        copied = Cells()
        copied.letters, copied.styles = [*self.letters], [*self.styles]
        copied.tabbed, copied.wide, copied.hidden = self.tabbed, self.wide, self.hidden
        return copied

    def put(self, column: int, text: str, style: Style) -> int:
        """Writes `text` from `column` on; the column after it."""
        if "\t" not in text:
            return self.write(column, text, style)
        for position, part in enumerate(text.split("\t")):
            if position:
                column = self.tab(column, style)
            column = self.write(column, part, style)
        return column

    def write(self, column: int, text: str, style: Style) -> int:
        if not text.isascii() and _UNUSUAL.search(text) is not None:
            self.wide = True
            return self.write_cells(column, self.cells_of(column, text), style)
        return self.write_cells(column, text, style)

    def cells_of(self, column: int, text: str) -> list[str]:
        """The cells that letters of any width take; one of none goes into the cell before it."""
        cells: list[str] = []
        for letter in text:
            width = width_of(letter)
            if width == 0 and cells:
                cells[-2 if cells[-1] == HALF else -1] += letter
            elif width == 0 and 0 < column <= len(self.letters):
                self.letters[column - (2 if self.letters[column - 1] == HALF else 1)] += letter
            else:
                cells += [letter, HALF] if width == 2 else [letter]
        return cells

    def write_cells(self, column: int, text: str | list[str], style: Style) -> int:
        length = len(self.letters)
        if column + len(text) > LINE_CELLS:
            shown = max(0, LINE_CELLS - column)
            self.hidden += len(text) - shown
            text = text[:shown]
        if not text:
            return column
        if column > length:
            self.letters.extend(" " * (column - length))
            self.styles.extend([PLAIN] * (column - length))
        elif column < length and self.tabbed:
            self.expand()
        end = column + len(text)
        if self.wide:
            self.halve(column, end)
        self.letters[column:end] = text
        self.styles[column:end] = [style] * len(text)
        return end

    def halve(self, column: int, end: int) -> None:
        """Blanks for the halves of wide letters, of which the others are between `column` and `end`."""
        if 0 < column < len(self.letters) and self.letters[column] == HALF:
            self.letters[column - 1] = " "
        if end < len(self.letters) and self.letters[end] == HALF:
            self.letters[end] = " "

    def tab(self, column: int, style: Style) -> int:
        stop = (column // TAB_WIDTH + 1) * TAB_WIDTH
        if stop > LINE_CELLS:
            return column
        length = len(self.letters)
        if column >= length:
            self.letters.extend([*" " * (column - length), "\t", *[""] * (stop - column - 1)])
            self.styles.extend([PLAIN] * (column - length) + [style] * (stop - column))
            self.tabbed = True
        return stop

    def expand(self) -> None:
        """Blanks in place of tabs, before something is written over them."""
        self.letters = [letter if letter not in ("\t", "") else " " for letter in self.letters]
        self.tabbed = False

    def edit(self, column: int, final: str, args: str) -> int:
        """Applies the sequence `ESC [ args final`, if it is one within a line; the column after it."""
        count = max(1, number(args, 1))
        if final in "G`":
            return min(count - 1, MOST_COLUMNS)
        if final in "Ca":
            return min(column + count, max(column, MOST_COLUMNS))
        if final == "D":
            return max(0, column - count)
        if final in "K@PX":
            if self.tabbed:
                self.expand()
            if final == "K":
                self.erase(column, number(args, 0))
            elif final == "X":
                self.blank(column, column + count)
            elif final == "P":
                if self.wide:
                    self.halve(column, column + count)
                del self.letters[column : column + count], self.styles[column : column + count]
            elif column < len(self.letters):
                count = min(count, LINE_CELLS - len(self.letters))
                self.letters[column:column] = " " * count
                self.styles[column:column] = [PLAIN] * count
        return column

    def erase(self, column: int, what: int) -> None:
        """From the column to the end (0), from the beginning to the column (1), all of the line (2)."""
        if what == 0:
            if self.wide:
                self.halve(column, len(self.letters))
            del self.letters[column:], self.styles[column:]
        elif what in (1, 2):
            self.blank(0, column + 1 if what == 1 else len(self.letters))

    def blank(self, start: int, end: int) -> None:
        end = min(end, len(self.letters))
        if start < end:
            if self.wide:
                self.halve(start, end)
            self.letters[start:end] = " " * (end - start)
            self.styles[start:end] = [PLAIN] * (end - start)

    def parts(self) -> list[tuple[str, Style]]:
        """Neighbours of one style joined; blanks that nothing was written on after do not count."""
        letters, styles = self.letters, self.styles
        end = len(letters)
        while end and letters[end - 1] == " " and styles[end - 1] == PLAIN:
            end -= 1
        found: list[tuple[str, Style]] = []
        begin = 0
        for index in range(1, end + 1):
            if index == end or styles[index] != styles[begin]:
                text = "".join(letters[begin:index])
                found.append((text.replace(HALF, "") if self.wide else text, styles[begin]))
                begin = index
        return found


def width_of(letter: str) -> int:
    """How many cells a letter takes in a terminal: 2 of East Asia and emoji, 0 when it combines or joins."""
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in ("W", "F") else 1
