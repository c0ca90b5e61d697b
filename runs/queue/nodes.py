"""The nodes as a whole: who answers, how busy each is, draining, forgetting. Knows no HTTP, no django-q2."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from runs.models import Environment, Execution, Node, Run
from runs.queue import scheduler
from runs.states import ACTIVE, UNFINISHED

# Nodes say that they live every HEARTBEAT seconds; one that has not for SILENT_AFTER does not answer.
HEARTBEAT = 5
SILENT_AFTER = timedelta(seconds=20)
# A node that is silent for this long may be forgotten.
GONE_AFTER = timedelta(minutes=10)


class StillNeeded(ValueError):
    """The node cannot be forgotten; the message says why and what to do."""


def live_nodes() -> QuerySet[Node]:
    """The nodes that have said lately that they work."""
    return Node.objects.filter(stopped_at=None, heartbeat_at__gte=timezone.now() - SILENT_AFTER)


def is_gone(node: Node) -> bool:
    """Whether it has been silent for so long that it may be forgotten."""
    last = node.stopped_at or node.heartbeat_at
    return last is None or last < timezone.now() - GONE_AFTER


def busy_slots() -> dict[int, int]:
    """How many Executions each node works on, by the node's key; nodes without any are left out."""
    active = Execution.objects.filter(state__in=ACTIVE).order_by()
    return dict(active.values_list("node").annotate(Count("pk")))


def free_slots(node: Node, *, waiting: int) -> int:
    """How many of its workers have nothing to do, when `waiting` are queued or to be adopted."""
    orphans = max(0, waiting - scheduler.waiting(node))
    return node.workers - busy_slots().get(node.pk, 0) + orphans


def drain(node: Node) -> None:
    """It finishes what it executes and takes nothing new."""
    Node.objects.filter(pk=node.pk).update(is_draining=True)


def resume(node: Node) -> None:
    Node.objects.filter(pk=node.pk).update(is_draining=False)


def forget(node: Node) -> None:
    """Takes it off the Nodes page; what it executed keeps its name. Raises StillNeeded."""
    with transaction.atomic():
        waiting = Run.objects.filter(wanted_node=node, state__in=UNFINISHED).count()
        if waiting:
            raise StillNeeded(
                f"{node.name} cannot be forgotten: {waiting} unfinished "
                f"{'Run is' if waiting == 1 else 'Runs are'} to be executed on it. Stop them, or start it."
            )
        limit = timezone.now() - GONE_AFTER
        gone = Q(stopped_at__lt=limit) | Q(stopped_at=None, heartbeat_at__lt=limit) | Q(heartbeat_at=None)
        if not Node.objects.filter(gone, pk=node.pk).update(forgotten_at=timezone.now()):
            raise StillNeeded(f"{node.name} answered a moment ago; try again later.")


def mark_unwanted(rows: QuerySet[Environment]) -> int:
    """Has their nodes remove these environments as soon as no script uses them; how many were there."""
    return rows.filter(removed_at=None, unwanted_at=None).update(unwanted_at=timezone.now())
