"""How far a Batch is: its Runs by state, and what is left to wait for. Knows no HTTP."""

from dataclasses import dataclass

from django.db.models import Count

from runs.models import Batch
from runs.states import ACTIVE, FINAL, State


@dataclass(frozen=True, kw_only=True)
class Progress:
    """`counts` has every state; cells of reused Runs count as succeeded."""

    total: int
    counts: dict[State, int]
    reused: int
    is_building: bool
    is_paused: bool
    is_finished: bool

    @property
    def own(self) -> int:
        """Runs that are its own: those it reused are not deleted with it."""
        return self.total - self.reused

    @property
    def finished(self) -> int:
        return self.reused + sum(self.counts[state] for state in FINAL)

    @property
    def active(self) -> int:
        return sum(self.counts[state] for state in ACTIVE)

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.finished / self.total if self.total else 1.0


def counts(batch: Batch) -> dict[State, int]:
    """How many of its Runs are in each state."""
    found = dict(batch.runs.order_by().values_list("state").annotate(Count("pk")))
    return {state: found.get(state.value, 0) for state in State}


def of(batch: Batch) -> Progress:
    """Where the Batch is now; one query."""
    by_state = counts(batch)
    reused = len(batch.reused)
    total = batch.count if batch.built_at is None else sum(by_state.values()) + reused
    return Progress(
        total=total,
        counts=by_state,
        reused=reused,
        is_building=batch.is_building,
        is_paused=batch.is_paused,
        is_finished=batch.finished_at is not None,
    )
