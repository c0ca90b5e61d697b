"""Optimal alignment of two sequences with affine gaps: Gotoh's three matrices. Knows no files."""

from dataclasses import dataclass

NEVER = float("-inf")
# Where an alignment comes from: both letters, a gap in the second sequence, a gap in the first.
BOTH, GAP_BELOW, GAP_ABOVE, START = range(4)


@dataclass(frozen=True)
class Scoring:
    match: int
    mismatch: int
    gap_open: int
    gap_extend: int


@dataclass(frozen=True)
class Alignment:
    """`above` and `below` are equally long, with - in gaps; the starts count from 0."""

    score: int
    above: str
    below: str
    above_start: int
    below_start: int

    @property
    def length(self):
        return len(self.above)

    @property
    def gaps(self):
        return self.above.count("-") + self.below.count("-")

    @property
    def identity(self):
        same = sum(one == other for one, other in zip(self.above, self.below))
        return same / self.length if self.length else 0.0

    def text(self, width):
        """Three lines for each `width` letters, with places counted from 1."""
        lines, above, below = [], self.above_start, self.below_start
        for begin in range(0, self.length, width):
            one, other = self.above[begin : begin + width], self.below[begin : begin + width]
            bars = "".join("|" if a == b else " " if "-" in (a, b) else "." for a, b in zip(one, other))
            lines += [f"{above + 1:>6} {one}", f"{'':>6} {bars}", f"{below + 1:>6} {other}", ""]
            above, below = above + len(one.replace("-", "")), below + len(other.replace("-", ""))
        return "\n".join(lines)


def align(one, other, scoring, *, local):
    """The best alignment, end to end or local (empty when nothing scores above 0)."""
    rows, columns = len(one) + 1, len(other) + 1
    best = [[[NEVER] * columns for _ in range(rows)] for _ in range(3)]
    both, below, above = best
    came = [[bytearray([START]) * columns for _ in range(rows)] for _ in range(3)]
    both[0][0] = 0
    for row in range(rows):
        for column in range(columns):
            if row and column:
                points = scoring.match if one[row - 1] == other[column - 1] else scoring.mismatch
                before, state = _best(best, row - 1, column - 1)
                if local and before <= 0:
                    before, state = 0, START
                both[row][column], came[BOTH][row][column] = before + points, state
            if local and not (row and column):
                both[row][column] = 0
            if row:
                _gap(best, came, GAP_BELOW, (row, column), (row - 1, column), scoring)
            if column:
                _gap(best, came, GAP_ABOVE, (row, column), (row, column - 1), scoring)
    if local:
        score, row, column = max((both[r][c], -r, -c) for r in range(rows) for c in range(columns))
        row, column, state = -row, -column, BOTH
        if score <= 0:
            return Alignment(0, "", "", 0, 0)
    else:
        row, column = rows - 1, columns - 1
        score, state = _best(best, row, column)
    return _trace(one, other, came, (score, row, column, state))


def _best(best, row, column):
    """The highest score of the three ways to end here, and which one."""
    return _highest(best[BOTH][row][column], best[GAP_BELOW][row][column], best[GAP_ABOVE][row][column])


def _highest(both, below, above):
    """Of equal ones the letters, before gaps."""
    if both >= below and both >= above:
        return both, BOTH
    return (below, GAP_BELOW) if below >= above else (above, GAP_ABOVE)


def _gap(best, came, state, here, before, scoring):
    """A gap goes on, or opens after the best alignment that does not end with it."""
    (row, column), (old_row, old_column) = here, before
    ways = [best[from_][old_row][old_column] + scoring.gap_open for from_ in (BOTH, GAP_BELOW, GAP_ABOVE)]
    ways[state] += scoring.gap_extend - scoring.gap_open
    best[state][row][column], came[state][row][column] = _highest(*ways)


def _trace(one, other, came, end):
    score, row, column, state = end
    above, below = [], []
    while state != START and (row or column):
        from_ = came[state][row][column]
        if state != GAP_ABOVE:
            row -= 1
        if state != GAP_BELOW:
            column -= 1
        above.append("-" if state == GAP_ABOVE else one[row])
        below.append("-" if state == GAP_BELOW else other[column])
        state = from_
    return Alignment(score, "".join(reversed(above)), "".join(reversed(below)), row, column)
