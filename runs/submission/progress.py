"""How far a Batch is: its Runs by state, and what is left to wait for. Knows no HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from runs.models import Batch, Run
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


def of(batch: Batch) -> Progress:
    """Where the Batch is now."""
    return of_each([batch])[0]


def of_each(batches: Sequence[Batch]) -> list[Progress]:
    """Where each of the Batches is now; one query for all."""
    counts = {batch.pk: dict.fromkeys(State, 0) for batch in batches}
    runs = Run.objects.filter(batch__in=list(counts)).order_by().values_list("batch", "state")
    for pk, state, count in runs.annotate(Count("pk")):
        counts[pk][State(state)] = count
    return [_progress(batch, counts[batch.pk]) for batch in batches]


def _progress(batch: Batch, counts: dict[State, int]) -> Progress:
    reused = len(batch.reused)
    return Progress(
        total=batch.count if batch.built_at is None else sum(counts.values()) + reused,
        counts=counts,
        reused=reused,
        is_building=batch.is_building,
        is_paused=batch.is_paused,
        is_finished=batch.finished_at is not None,
    )
