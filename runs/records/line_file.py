"""A file of lines as a buffer that is read only where it is looked at, and steps through its lines."""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What one answer may hold at most: lines can be long.
MOST_BYTES = 1024 * 1024

Buffer = bytes | mmap.mmap


@contextmanager
def opened(path: Path) -> Iterator[Buffer]:
    """The file as a buffer that is read where it is looked at; empty when nothing was printed yet."""
    try:
        file = path.open("rb")
    except OSError:
        yield b""
        return
    with file:
        try:
            buffer = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:  # an empty file cannot be mapped
            yield b""
            return
        with buffer:
            yield buffer


def line_start(buffer: Buffer, offset: int) -> int:
    offset = max(0, min(offset, len(buffer)))
    return buffer.rfind(b"\n", 0, offset) + 1


def lines_back(buffer: Buffer, offset: int, count: int, *, most: int = MOST_BYTES) -> int:
    """Where the `count`-th line above `offset` begins, but not much more than `most` bytes up."""
    start = offset
    for _ in range(count):
        if start == 0 or (offset - start >= most):
            break
        start = buffer.rfind(b"\n", 0, start - 1) + 1
    return start


def line_ends(buffer: Buffer, start: int, end: int, *, most: int | None = None) -> Iterator[int]:
    count = 0
    while start < end and (most is None or count < most):
        newline = buffer.find(b"\n", start, end)
        start = newline + 1 if newline >= 0 else end
        count += 1
        yield start


def lines_on(buffer: Buffer, start: int, count: int, end: int) -> int:
    """Where the `count`-th line from `start` on ends, at `end` at the latest."""
    for line_end in line_ends(buffer, start, end, most=count):
        start = line_end
    return start


def lines_up(buffer: Buffer, offset: int, count: int, start: int) -> int:
    """Where the `count`-th line above `offset` begins, at `start` at the earliest."""
    return max(start, lines_back(buffer, offset, count, most=max(offset - start, 1)))
