"""Finds connected bright pixels in a grey image. Knows no files and no Pillow."""

from dataclasses import dataclass


@dataclass
class Cell:
    """Bright pixels that touch each other, as (x, y)."""

    pixels: list

    @property
    def area(self):
        return len(self.pixels)

    @property
    def box(self):
        """left, top, right, bottom"""
        columns, rows = zip(*self.pixels)
        return min(columns), min(rows), max(columns), max(rows)

    @property
    def centre(self):
        columns, rows = zip(*self.pixels)
        return sum(columns) / self.area, sum(rows) / self.area

    def touches_edge(self, size):
        left, top, right, bottom = self.box
        return left == 0 or top == 0 or right == size[0] - 1 or bottom == size[1] - 1

    def mean(self, grey, width):
        return sum(grey[y * width + x] for x, y in self.pixels) / self.area


def otsu(histogram):
    """The level that parts a histogram of brightness in two so that the two differ most."""
    total, weighted = sum(histogram), sum(level * count for level, count in enumerate(histogram))
    best, best_level, below, below_weighted = -1.0, 0, 0, 0
    for level, count in enumerate(histogram):
        below, below_weighted = below + count, below_weighted + level * count
        above = total - below
        if below == 0 or above == 0:
            continue
        difference = below_weighted / below - (weighted - below_weighted) / above
        between = below * above * difference**2
        if between > best:
            best, best_level = between, level + 1
    return best_level


def find(grey, size, level):
    """The cells of an image whose pixels are the bytes `grey`, row by row; touching corners count."""
    width, height = size
    open_ = bytearray(value >= level for value in grey)
    found = []
    for start in range(width * height):
        if not open_[start]:
            continue
        open_[start] = 0
        pixels, waiting = [], [start]
        while waiting:
            y, x = divmod(waiting.pop(), width)
            pixels.append((x, y))
            for row in range(max(0, y - 1), min(height, y + 2)):
                for place in range(row * width + max(0, x - 1), row * width + min(width, x + 2)):
                    if open_[place]:
                        open_[place] = 0
                        waiting.append(place)
        found.append(Cell(pixels))
    return found
