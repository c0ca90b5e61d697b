"""Looks for work and does it: this is what a wake-up token calls. Knows no queue but the Runs."""

import time

from django.conf import settings

from runs.engine import execution, recovery
from runs.engine.monitor import patiently
from runs.fast_path import spares
from runs.models import Node
from runs.processes import ProcessId
from runs.queue.claims import Front
from runs.submission import batch_upkeep

# Between short scripts, so that looking around costs less than they do.
LOOK_EVERY = 2.0


def take_one() -> int:
    """Adopts and executes until nothing is left for this node, or it is draining; how many that were.

    Works in any process, with or without a cluster.
    """
    worker = Worker()
    try:
        while patiently(worker.do_something):
            pass
    finally:
        spares.forget()
    return worker.handled


class Worker:
    """One call of `take_one`. What it knows of the node is LOOK_EVERY seconds old at most."""

    def __init__(self) -> None:
        self.handled = 0
        self._owner = str(ProcessId.mine())
        self._front: Front | None = None
        self._looked_at = 0.0

    def do_something(self) -> bool:
        """Adopts or executes one; False when nothing is to do. May be interrupted and called again."""
        if not self._knows_enough():
            return self._look_around() or self._execute_next()
        # What was known a moment ago can be wrong only in that there is more to do by now.
        return self._execute_next() or self._look_around() or self._execute_next()

    def _look_around(self) -> bool:
        """Heals, attends to Batches, and sees which lanes there are; True when it adopted a script."""
        node = _this_node()
        adopted = recovery.adopt(node)
        if adopted is not None:
            execution.resume(adopted, self._owner)
            self.handled += 1
            return True
        batch_upkeep.attend()
        if node.is_draining:
            self._front = None
        elif self._front is None:
            self._front = Front(node)
        else:
            self._front.look(node)
        self._looked_at = time.monotonic()
        return False

    def _execute_next(self) -> bool:
        claimed = None if self._front is None else self._front.claim(self._owner)
        if claimed is None:
            return False
        execution.execute(claimed, self._owner)
        self.handled += 1
        return True

    def _knows_enough(self) -> bool:
        return time.monotonic() - self._looked_at <= LOOK_EVERY


def _this_node() -> Node:
    """The row of this machine as it is now; a new one when it was never started as a node."""
    node = Node.objects.filter(name=settings.NODE_NAME).first()
    if node is None:
        node, _ = Node.objects.get_or_create(name=settings.NODE_NAME, defaults={"workers": settings.WORKERS})
    return node
