"""Numbers as people read them in a table. Knows nothing else."""

import math
from decimal import Decimal

# Whole numbers below this are written out, and others below that without what is behind their point.
WRITTEN_OUT = 10**15
ROUNDED = 10**9


def figures(number: float | int | None, digits: int = 5) -> str:
    """`0.1 + 0.2` → `0.3`, `1234567.8` → `1234568`, whole numbers as they are; None is a dash."""
    if number is None:
        return "–"
    if isinstance(number, bool):
        return str(number).lower()
    if isinstance(number, float) and not math.isfinite(number):
        return "–"
    if number == int(number) and abs(number) < WRITTEN_OUT:
        return str(int(number))
    if isinstance(number, int):
        return f"{Decimal(number):.{digits - 1}e}"  # a float may be too small for it
    if 10**digits <= abs(number) < ROUNDED:
        return f"{number:.0f}"
    return f"{number:.{digits}g}"


def percent(share: float) -> str:
    """`0.1234` → `12.3 %`."""
    return f"{100 * share:.1f} %"
