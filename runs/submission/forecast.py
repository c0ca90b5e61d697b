"""How long Runs will take and how much disk they will need, from earlier Executions. Knows no HTTP."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from runs.models import Artifact, Batch, Execution, Node, Run
from runs.queue import nodes as roster
from runs.records import logs
from runs.states import ACTIVE, UNFINISHED, State
from tasks.models import Task

# As many of the newest are enough to know, and few enough to be read with every keystroke.
MOST_BASED_ON = 50


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A range: nine of ten are above `low`, nine of ten are below `high`."""

    low: float
    middle: float
    high: float

    def times(self, factor: float) -> "Spread":
        return Spread(low=self.low * factor, middle=self.middle * factor, high=self.high * factor)


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Seconds and bytes; None where there is nothing to base them on, which `basis` says."""

    runs: int
    basis: str
    run: Spread | None
    total: Spread | None
    disk: Spread | None
    slots: int
    waiting_before: int
    made_at: datetime

    @property
    def finish_at(self) -> tuple[datetime, datetime] | None:
        """The earliest and the latest likely end, if they could start now."""
        if self.total is None:
            return None
        low, high = timedelta(seconds=self.total.low), timedelta(seconds=self.total.high)
        return self.made_at + low, self.made_at + high


def of(
    task: Task, *, runs: int, entry_script: str = "", at_once: int | None = None, node: Node | None = None
) -> Forecast:
    """What `runs` Runs of the Task will take, from its newest Executions that succeeded."""
    succeeded = Run.objects.filter(task=task, state=State.SUCCEEDED)
    same = succeeded.filter(entry_script=entry_script) if entry_script else succeeded
    newest = _newest(same)
    script = f"of {entry_script} " if entry_script else ""
    if not newest and entry_script:
        newest, script = _newest(succeeded), "with other entry scripts "
    basis = "No earlier Run of this Task has succeeded, so there is nothing to base an estimate on."
    if newest:
        which = "Run" if len(newest) == 1 else f"{len(newest)} Runs"
        basis = f"Based on the last {which} {script}of this Task that succeeded."
    waiting = Run.objects.filter(state__in=UNFINISHED).count()
    return _forecast(newest, runs, basis, slots=_slots(at_once, node), waiting=waiting)


def of_batch(batch: Batch) -> Forecast | None:
    """What is left of a Batch that runs; None when it has ended or is not built yet.

    From its own Executions once there are some, else from earlier ones of the Task. What runs already
    counts half.
    """
    if batch.finished_at is not None or batch.built_at is None:
        return None
    active = batch.runs.filter(state__in=ACTIVE).count()
    queued = batch.runs.filter(state=State.QUEUED).count()
    left = queued + math.ceil(active / 2)
    own = _newest(batch.runs.filter(state=State.SUCCEEDED))
    if not own:
        return of(
            batch.task,
            runs=left,
            entry_script=batch.entry_script,
            at_once=batch.at_once,
            node=batch.wanted_node,
        )
    which = "first Run" if len(own) == 1 else f"last {len(own)} Runs"
    basis = f"Based on the {which} of this Batch that succeeded."
    slots = _slots(batch.at_once, batch.wanted_node)
    return _forecast(own, left, basis, slots=slots, waiting=0)


def _newest(runs: QuerySet[Run]) -> dict[int, float]:
    """The seconds that the newest of these Runs took, by the key of the Execution."""
    keys = list(runs.order_by("-pk").values_list("latest", flat=True)[:MOST_BASED_ON])
    timed = Execution.objects.filter(pk__in=keys, claimed_at__isnull=False, finished_at__isnull=False)
    took = timed.values_list("pk", F("finished_at") - F("claimed_at"))
    return {pk: max(0.0, time.total_seconds()) for pk, time in took}


def _slots(at_once: int | None, node: Node | None) -> int:
    """How many of them can run at the same time; one at least, as a node may come."""
    nodes = roster.live_nodes().filter(is_draining=False)
    workers = sum((nodes if node is None else nodes.filter(pk=node.pk)).values_list("workers", flat=True))
    return max(1, workers if at_once is None else min(workers, at_once))


def _forecast(took: dict[int, float], runs: int, basis: str, *, slots: int, waiting: int) -> Forecast:
    run = total = disk = None
    if took:
        seconds, sizes = list(took.values()), _sizes(list(took))
        run, total = _spread(seconds), _duration(seconds, runs, slots)
        disk = replace(_spread(sizes), middle=statistics.fmean(sizes)).times(runs)
    return Forecast(
        runs=runs,
        basis=basis,
        run=run,
        total=total,
        disk=disk,
        slots=slots,
        waiting_before=waiting,
        made_at=timezone.now(),
    )


def _spread(values: Sequence[float]) -> Spread:
    """Between the two nearest values."""
    several = values if len(values) > 1 else [*values, *values]
    deciles = statistics.quantiles(several, n=10, method="inclusive")
    return Spread(low=deciles[0], middle=deciles[4], high=deciles[8])


def _duration(seconds: Sequence[float], runs: int, slots: int) -> Spread:
    """Of all Runs together, one round after the other: 5 Runs of a minute on 4 workers take two minutes."""
    spread, mean = _spread(seconds), statistics.fmean(seconds)
    rounds = math.ceil(runs / slots)
    # The mean of so many Runs lies closer to what is known than a single one does.
    certainty = math.sqrt(max(1, min(runs, len(seconds))))
    low = mean - (mean - min(spread.low, mean)) / certainty
    high = mean + (max(spread.high, mean) - mean) / certainty
    return Spread(low=low, middle=mean, high=high).times(rounds)


def _sizes(executions: Sequence[int]) -> list[float]:
    """Bytes that each Execution left: Artifacts and console."""
    found = Artifact.objects.filter(execution__in=executions).order_by().values_list("execution")
    artifacts = dict(found.annotate(Sum("size")))
    return [float(artifacts.get(pk, 0) + logs.size(pk)) for pk in executions]
