"""Counts by state as a bar of stretches and as words. Knows no Runs."""

from collections.abc import Mapping
from dataclasses import dataclass

from runs.states import State

# Left to right: what is done, what is being done, what waits.
ORDER = (
    State.SUCCEEDED,
    State.FAILED,
    State.STOPPED,
    State.STOPPING,
    State.RUNNING,
    State.PREPARING,
    State.QUEUED,
)


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A part of the bar: from `start`, `width` wide, of 100."""

    state: State
    count: int
    start: float
    width: float


def stretches(counts: Mapping[State, int], *, reused: int = 0, total: int | None = None) -> list[Stretch]:
    """Reused Runs count as succeeded; what is missing to `total` waits."""
    held = {state: counts.get(state, 0) for state in ORDER}
    held[State.SUCCEEDED] += reused
    whole = sum(held.values())
    if total is not None and total > whole:
        held[State.QUEUED] += total - whole
        whole = total
    found, start = [], 0.0
    for state, count in held.items():
        if count:
            width = 100 * count / whole
            found.append(Stretch(state=state, count=count, start=round(start, 3), width=round(width, 3)))
            start += width
    return found


def words(parts: list[Stretch]) -> str:
    """`34 succeeded, 2 failed`"""
    return ", ".join(f"{part.count:,} {part.state.value}" for part in parts) or "no Runs yet"
