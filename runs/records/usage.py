"""What a script uses of its machine: processor, memory, disk. Knows no Django and no Runs."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

CPU = "CPU (%)"
MEMORY = "Memory (MB)"
DISK = "Disk (MB)"
NAMES = frozenset({CPU, MEMORY, DISK})
# The longer a script runs, the rarer it is looked at, so that its charts stay small: every 2 s at first,
# every 30 s after two hours.
SHORTEST, LONGEST, SHARE = 2.0, 30.0, 1 / 240
# Measuring the folder may take this share of the time.
DISK_SHARE = 0.02


class Meter:
    """Samples the processes that `pids` names and the bytes below `folder`; `age` in seconds at the start."""

    def __init__(self, pids: Callable[[], list[int]], folder: Path, *, age: float = 0.0) -> None:
        self._pids, self._folder = pids, folder
        self._began = time.monotonic() - age
        self._due = time.monotonic() + SHORTEST / 2
        self._disk_due = 0.0
        self._disk_bytes = 0
        self._spent: dict[int, float] = {}
        self._looked_at: float | None = None

    def sample(self) -> dict[str, tuple[float, float]]:
        """{name: (seconds since the script's start, value)}; nothing when it is not time yet."""
        now = time.monotonic()
        if now < self._due:
            return {}
        age = now - self._began
        self._due = now + min(max(SHORTEST, age * SHARE), LONGEST)
        spent, resident = self._processes()
        points = {MEMORY: resident / 1024**2, DISK: self._disk(now) / 1024**2}
        if self._looked_at is not None:
            used = sum(max(0.0, seconds - self._spent.get(pid, 0.0)) for pid, seconds in spent.items())
            points[CPU] = 100 * used / (now - self._looked_at)
        self._spent, self._looked_at = spent, now
        return {name: (round(age, 1), round(value, 2)) for name, value in points.items()}

    def _processes(self) -> tuple[dict[int, float], int]:
        """Processor seconds by pid, and resident bytes of all."""
        spent: dict[int, float] = {}
        resident = 0
        for pid in self._pids():
            with suppress(psutil.Error):
                process = psutil.Process(pid)
                times = process.cpu_times()
                spent[pid] = times.user + times.system
                resident += process.memory_info().rss
        return spent, resident

    def _disk(self, now: float) -> int:
        if now >= self._disk_due:
            self._disk_bytes = folder_bytes(self._folder)
            self._disk_due = now + (time.monotonic() - now) / DISK_SHARE
        return self._disk_bytes


def folder_bytes(folder: Path) -> int:
    """Bytes of the files below `folder`; what goes away while it is looked at does not count."""
    total = 0
    for current, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(current, name)).st_size
    return total
