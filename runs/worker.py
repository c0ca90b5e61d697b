"""Looks for work and does it: this is what a wake-up token calls. Knows no queue but the Runs."""

import logging

from django.conf import settings

from runs import attending, execution, lifecycle, reconcile
from runs.models import Execution, Node
from runs.processes import ProcessId
from runs.watching import patiently

log = logging.getLogger(__name__)


def take_one() -> int:
    """Adopts and executes until nothing is left for this node, or it is draining; how many that were.

    Works in any process, with or without a cluster.
    """
    handled = 0
    while patiently(_take):
        handled += 1
    return handled


def _take() -> bool:
    """Executes one, if there is one; also one that an outage of the database had interrupted."""
    owner = str(ProcessId.mine())
    node = _this_node()
    reconcile.heal(node)
    adopted = reconcile.adopt_running(node)
    if adopted is not None:
        execution.resume(adopted, owner)
        return True
    attending.attend()
    if node.is_draining:
        return False
    claimed: Execution | None = lifecycle.claim(node, owner)
    if claimed is None:
        return False
    execution.execute(claimed, owner)
    return True


def _this_node() -> Node:
    """The row of this machine as it is now; a new one when it was never started as a node."""
    node = Node.objects.filter(name=settings.NODE_NAME).first()
    if node is None:
        node, _ = Node.objects.get_or_create(name=settings.NODE_NAME, defaults={"workers": settings.WORKERS})
    return node
