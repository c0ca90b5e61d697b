"""Marks of files by which any later change shows, without reading them again. Knows no Django."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# A file system's clock may stand still for so long, in nanoseconds; what was written and changed again within
# one tick has the same mark.
TICK = 20_000_000


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What files of a folder were at a moment: {path: (inode, time of its last change)}, in nanoseconds.

    The time of the last change of an inode cannot be set by its owner, other than that of its content. It is
    compared for being the same and never for being earlier, since clocks are set back at times.
    """

    taken_at: int
    known: dict[str, tuple[int, int]]

    @classmethod
    def of(cls, root: Path, paths: Iterable[str], *, now: int) -> "Marks":
        """The marks of the files at `paths` below `root`; `now` by the clock of their file system."""
        known = {}
        for path in paths:
            status = os.lstat(f"{root}/{path}")
            known[path] = (status.st_ino, status.st_ctime_ns)
        return cls(taken_at=now, known=known)

    def shows_same(self, path: str, status: os.stat_result) -> bool:
        """Whether the file is surely as it was; False also for one that was too young to tell."""
        mark = self.known.get(path)
        return mark == (status.st_ino, status.st_ctime_ns) and mark[1] < self.taken_at - TICK
