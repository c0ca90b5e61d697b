"""Durations as people read and write them. Knows no Django."""

import math
import re

DAY, HOUR, MINUTE = 86400, 3600, 60
WRITTEN = re.compile(
    r"(?:(\d{1,5})\s*d)?\s*(?:(\d{1,6})\s*h)?\s*(?:(\d{1,7})\s*m(?:in)?)?\s*(?:(\d{1,9})\s*s?)?",
    re.ASCII,
)


def duration(seconds: float) -> str:
    """For reading: `38 ms`, `0.4 s`, `42 s`, `3 min 05 s`, `1 h 02 min`, `2 d 3 h`."""
    seconds = max(0.0, seconds)
    if 0.0005 <= seconds < 0.0995:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = math.floor(seconds + 0.5)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE:02d} s"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE:02d} min"
    return f"{whole // DAY} d {whole % DAY // HOUR} h"


def write(seconds: int) -> str:
    """For a field, exact, so that `parse` reads it back: 5400 → `1h 30m`."""
    parts = []
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"


def parse(text: str) -> int | None:
    """Whole seconds, from `90`, `90s`, `5m`, `1h 30m` or `2d`; None for anything else."""
    match = WRITTEN.fullmatch(text.strip().lower())
    if match is None or not text.strip():
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return days * DAY + hours * HOUR + minutes * MINUTE + seconds
