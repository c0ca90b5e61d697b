"""What waits: the queued Runs a node may start next, and Batches that need attention. Moves nothing.

A lane is a queue that is served from its front: one for each Batch, one for the Runs that are alone and
may run anywhere, and one for those that are to run on this node. However long a lane is, only its first
Run is looked at, so that ten thousand Runs of a paused Batch cost nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from runs import processes
from runs.fast_path import statements
from runs.models import Batch, Execution, Node, Notice, Run
from runs.states import ACTIVE, UNFINISHED, State

# The columns that say what may start; specifications can be long.
LOOKED_AT = (
    *("built_at", "paused_at", "finished_at", "wanted_node_id", "priority", "at_once", "stop_after"),
    *("failures_after", "builder", "builder_at"),
)
# How long a builder that cannot be asked, as it is on another machine, may take.
BUILD_SECONDS = timedelta(seconds=120)


@dataclass(frozen=True, kw_only=True)
class Lane:
    """A queue with at least one Run in it; `head` is the Execution to start first."""

    batch: int | None
    priority: int
    head: int = field(compare=False)


def open_to(node: Node) -> list[Lane]:
    """The lanes that `node` serves, the one to serve first in front."""
    lanes = [Lane(batch=None, priority=priority, head=head) for priority, head in _single_heads(node)]
    lanes += [Lane(batch=batch.pk, priority=batch.priority, head=head) for batch, head in _served(node)]
    # Those that may run anywhere and those that are to run here are one lane for each priority.
    return list(dict.fromkeys(sorted(lanes, key=lambda lane: (-lane.priority, lane.head))))


def _served(node: Node) -> list[tuple[Batch, int]]:
    """The Batches with something to start on `node`, each with the Execution at its head."""
    heads = Run.objects.filter(batch=OuterRef("pk"), state=State.QUEUED).order_by("latest_id")
    unfinished = Batch.objects.filter(finished_at=None).only(*LOOKED_AT).order_by("pk")
    return [
        (batch, batch.head)
        for batch in unfinished.annotate(head=Subquery(heads.values("latest")[:1]))
        # Here and not in the query, or SQLite reads all Batches there ever were.
        if batch.head is not None
        and batch.built_at is not None
        and batch.paused_at is None
        and batch.wanted_node_id in (None, node.pk)
    ]


def single_runs(wanted_node: Node | None) -> QuerySet[Run]:
    """The queued Runs that are alone and are to run on `wanted_node` (None: anywhere), the first in front."""
    alone = Run.objects.filter(batch=None, state=State.QUEUED, wanted_node=wanted_node)
    # By the whole index, or PostgreSQL sorts: it does not see that the node is one and the same.
    return alone.order_by("wanted_node_id", "-priority", "latest_id")


def _single_heads(node: Node) -> Iterable[tuple[int, int]]:
    for wanted in (None, node):
        yield from single_runs(wanted).values_list("priority", "latest")[:1]


def hold(batch_id: int | None) -> Batch | None:
    """The Batch, locked until the transaction ends, with what says what may start; None when it is gone.

    Who starts, stops or queues Runs of a Batch holds it first, so that its limit is never exceeded.
    """
    return statements.find(Batch, batch_id, LOOKED_AT, locked=True)


def reopen(batch_id: int | None) -> None:
    """Before one of its Runs is executed again: the Batch, if any, is held, and has not ended any longer."""
    if batch_id is not None and hold(batch_id) is not None:
        Batch.objects.filter(pk=batch_id).update(finished_at=None, seen_at=None)


def front(lane: Lane, node: Node, *, count: int) -> list[Execution]:
    """The first `count` queued Executions of the lane as it is now, each with its Run."""
    if lane.batch is None:
        found = [run for wanted in (None, node) for run in _with_latest(single_runs(wanted))[:count]]
        found = [run for run in found if run.priority == lane.priority]
    else:
        queued = Run.objects.filter(batch=lane.batch, state=State.QUEUED).order_by("latest_id")
        found = list(_with_latest(queued)[:count])
    executions = []
    for run in found:
        if run.latest is not None:
            run.latest.run = run
            executions.append(run.latest)
    return sorted(executions, key=lambda execution: execution.pk)[:count]


def _with_latest(runs: QuerySet[Run]) -> QuerySet[Run]:
    return runs.exclude(latest=None).select_related("latest")


def room(batch: Batch, *, most: int) -> int:
    """How many Runs of the Batch may start now, up to `most`. Exact while it is held."""
    if batch.paused_at is not None or batch.built_at is None or has_failed_enough(batch):
        return 0
    if batch.at_once is None:
        return most
    return min(most, max(0, batch.at_once - batch.runs.filter(state__in=ACTIVE).count()))


def has_failed_enough(batch: Batch) -> bool:
    """Whether as many Runs have failed as were allowed to, so that none is to start any longer."""
    return batch.stop_after is not None and failures(batch) >= batch.stop_after


def failures(batch: Batch) -> int:
    """The Runs that failed since the Batch was started or executed again."""
    return batch.runs.filter(state=State.FAILED, latest__gt=batch.failures_after).count()


def startable(node: Node, *, most: int) -> int:
    """How many queued Executions `node` could start now, counted up to `most`."""
    count = sum(single_runs(wanted).order_by()[:most].count() for wanted in (None, node))
    for batch, _ in _served(node):
        if count >= most:
            break
        may_start = room(batch, most=most)
        count += batch.runs.filter(state=State.QUEUED)[:may_start].count() if may_start else 0
    return min(count, most)


def to_attend() -> list[Batch]:
    """The Batches to build, to stop after failures, or to end, as far as one can tell without a lock."""
    unfinished = Run.objects.filter(batch=OuterRef("pk"), state__in=UNFINISHED)
    batches = Batch.objects.filter(finished_at=None).only(*LOOKED_AT)
    batches = batches.annotate(has_unfinished=Exists(unfinished))
    return [batch for batch in batches.order_by("pk") if _needs_attention(batch, batch.has_unfinished)]


def _needs_attention(batch: Batch, has_unfinished: bool) -> bool:
    if batch.built_at is None:
        return not is_being_built(batch)
    return not has_unfinished or (batch.stop_after is not None and has_failed_enough(batch))


def is_being_built(batch: Batch) -> bool:
    """Whether a process that lives, as far as one can tell, builds it."""
    if not batch.builder or batch.builder_at is None:
        return False
    if processes.is_here(batch.builder):
        return processes.is_alive(batch.builder)
    return batch.builder_at > timezone.now() - BUILD_SECONDS


def notices_due() -> QuerySet[Notice]:
    return Notice.objects.filter(due_at__lte=timezone.now())


def waiting(node: Node) -> int:
    """How much `node` could do now, counted up to a little more than it can do at once."""
    most = 0 if node.is_draining else 2 * node.workers
    return startable(node, most=most) + attention()


def attention() -> int:
    """How much there is to do for Batches besides executing their Runs."""
    return len(to_attend()) + notices_due().count()
