"""One line of a terminal as cells, each a letter in a style, that what is printed rewrites."""

from runs.records.styles import PLAIN, Style, number

# Sequences move so far to the right at most, and so many cells a line has: what is written beyond is counted.
MOST_COLUMNS = 8_192
LINE_CELLS = 2 * MOST_COLUMNS
TAB_WIDTH = 8


class Cells:
    """The letters of a line and their styles. A tab at the end of what is written keeps its letter, so that
    it can be copied; the cells that it spans after the first are empty texts."""

    __slots__ = ("hidden", "letters", "styles", "tabbed")

    def __init__(self) -> None:
        self.letters: list[str] = []
        self.styles: list[Style] = []
        self.tabbed = False
        self.hidden = 0

    def copy(self) -> "Cells":
        copied = Cells()
        copied.letters, copied.styles = [*self.letters], [*self.styles]
        copied.tabbed, copied.hidden = self.tabbed, self.hidden
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
        self.letters[column:end] = text
        self.styles[column:end] = [style] * len(text)
        return end

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
                del self.letters[column : column + count], self.styles[column : column + count]
            elif column < len(self.letters):
                count = min(count, LINE_CELLS - len(self.letters))
                self.letters[column:column] = " " * count
                self.styles[column:column] = [PLAIN] * count
        return column

    def erase(self, column: int, what: int) -> None:
        """From the column to the end (0), from the beginning to the column (1), all of the line (2)."""
        if what == 0:
            del self.letters[column:], self.styles[column:]
        elif what in (1, 2):
            self.blank(0, column + 1 if what == 1 else len(self.letters))

    def blank(self, start: int, end: int) -> None:
        end = min(end, len(self.letters))
        if start < end:
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
                found.append(("".join(letters[begin:index]), styles[begin]))
                begin = index
        return found
