"""Numbers as people read them in a table. Knows nothing else."""

import math


def figures(number: float | int | None, digits: int = 5) -> str:
    """`0.1 + 0.2` → `0.3`, `1234567.8` → `1.2346e+06`, whole numbers as they are; None is a dash."""
    if number is None:
        return "–"
    if isinstance(number, bool):
        return str(number).lower()
    if isinstance(number, int):
        return str(number) if abs(number) < 10**15 else f"{number:.{digits - 1}e}"
    if not math.isfinite(number):
        return "–"
    if number == int(number) and abs(number) < 10**digits:
        return str(int(number))
    return f"{number:.{digits}g}"


def percent(share: float) -> str:
    """`0.1234` → `12.3 %`."""
    return f"{100 * share:.1f} %"
