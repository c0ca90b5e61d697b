"""When the bytes of a console were printed: the file of `OFFSET SECONDS` lines that the watcher keeps.

Without one all were printed within one look of the watcher, when the console was written last.
"""

from bisect import bisect_right

from coretex_site.lib import paths
from runs.records.line_file import Buffer, line_start, opened

# What one search reads on from where it ended: more than the lines of an answer need.
BLOCK_BYTES = 65_536


class Times:
    """The times of one console's bytes, searched by halving.

    The records after the one found are kept, so that the lines of a chunk cost one search.
    """

    def __init__(self, execution_id: int) -> None:
        self.path, self.console = paths.console_times(execution_id), paths.console(execution_id)
        self.records: list[tuple[int, int]] = []
        self.index = 0
        self.exhausted = False

    def at(self, offset: int) -> int | None:
        """When the byte at `offset` was there. Offsets are to be asked for in rising order."""
        while self.index < len(self.records) and self.records[self.index][0] <= offset:
            self.index += 1
        if self.index == len(self.records) and not self.exhausted:
            self.records, self.index = self.load(offset), 0
            self.exhausted = not self.records
        return self.records[self.index][1] if self.index < len(self.records) else None

    def load(self, offset: int) -> list[tuple[int, int]]:
        """The records from the one that covers `offset` on, as many as a chunk can need."""
        with opened(self.path) as buffer:
            if not buffer:
                return self.of_console(offset)
            first = bisect_right(range(len(buffer)), offset, key=lambda place: offset_at(buffer, place))
            low = line_start(buffer, first)
            block = bytes(buffer[low : low + BLOCK_BYTES])
        records = (parsed(text) for text in block.split(b"\n"))
        return [record for record in records if record is not None]

    def of_console(self, offset: int) -> list[tuple[int, int]]:
        """One record for the whole console, if it reaches beyond `offset`."""
        try:
            status = self.console.stat()
        except OSError:
            return []
        return [(status.st_size, int(status.st_mtime))] if status.st_size > offset else []


def offset_at(buffer: Buffer, place: int) -> int:
    """The offset that the line around `place` names; 0 when it is not whole."""
    start = line_start(buffer, place)
    newline = buffer.find(b"\n", start)
    record = parsed(bytes(buffer[start:newline]))
    return 0 if record is None else record[0]


def parsed(text: bytes) -> tuple[int, int] | None:
    """`OFFSET SECONDS`; None for a line that is not whole."""
    try:
        offset, seconds = text.split()
        return int(offset), int(float(seconds))
    except ValueError:
        return None
