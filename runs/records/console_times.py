"""When the bytes of a console were printed: the file of `OFFSET SECONDS` lines that the watcher keeps.

Without one all were printed within one look of the watcher, when the console was written last.
"""

from coretex_site.lib import paths
from runs.records.line_file import line_start, opened

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
            low, high = 0, len(buffer)
            while low < high:
                middle = line_start(buffer, (low + high) // 2)
                if middle < low:
                    middle = low
                newline = buffer.find(b"\n", middle)
                if newline < 0:
                    break
                record = parsed(bytes(buffer[middle:newline]))
                if record is not None and record[0] > offset:
                    high = middle
                else:
                    low = newline + 1
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


def parsed(text: bytes) -> tuple[int, int] | None:
    """`OFFSET SECONDS`; None for a line that is not whole."""
    try:
        offset, seconds = text.split()
        return int(offset), int(float(seconds))
    except ValueError:
        return None
