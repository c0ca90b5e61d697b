"""What a node executes next: the front of each lane it serves, claimed with one conditional UPDATE."""

from collections import deque
from typing import Any

from django.utils import timezone

from runs.fast_path import statements
from runs.lifecycle import transition
from runs.models import Execution, Node
from runs.queue import scheduler
from runs.states import State

# How many Executions of a lane are read at once: reading one costs as much as reading all of these.
LOOK_AHEAD = 32


class Front:
    """What is in front of the lanes that a node serves, a few Executions of each, as it was a moment ago.

    That others were faster is noticed by the claim; a lane that opened since is served after the next `look`.
    """

    def __init__(self, node: Node) -> None:
        self._ahead: dict[scheduler.Lane, deque[Execution]] = {}
        self.look(node)

    def look(self, node: Node) -> None:
        """Sees anew which lanes there are; what was read of one is kept, unless an older one is back."""
        self._node = node
        self._lanes = scheduler.open_to(node)
        self._ahead = {lane: self._still_first(lane) for lane in self._lanes}

    def claim(self, owner: str) -> Execution | None:
        """The Execution to start next, now `owner`'s and `preparing`; None when nothing is left.

        Higher priority first, then the older one. A Batch is served only while it is not paused, has room
        below its limit and has not failed too often; it is held meanwhile, so that its limit is exact.
        """
        for lane in self._lanes:
            with statements.together():
                if lane.batch is not None:
                    batch = scheduler.hold(lane.batch)
                    if batch is None or not scheduler.room(batch, most=1):
                        continue
                while (execution := self._next(lane)) is not None:
                    if self._take(execution, owner):
                        return execution
        return None

    def _take(self, execution: Execution, owner: str) -> bool:
        """False when another was faster."""
        now = timezone.now()
        fields: dict[str, Any] = {"node": self._node, "owner": owner, "claimed_at": now, "heartbeat_at": now}
        if not transition(execution.pk, State.QUEUED, State.PREPARING, **fields):
            return False
        for name, value in {**fields, "state": State.PREPARING.value}.items():
            setattr(execution, name, value)
        return True

    def _still_first(self, lane: scheduler.Lane) -> deque[Execution]:
        ahead = self._ahead.get(lane)
        return ahead if ahead and ahead[0].pk <= lane.head else deque()

    def _next(self, lane: scheduler.Lane) -> Execution | None:
        ahead = self._ahead[lane]
        if not ahead:
            ahead.extend(scheduler.front(lane, self._node, count=LOOK_AHEAD))
        return ahead.popleft() if ahead else None
