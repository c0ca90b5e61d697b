"""The only writer of an Execution's state: a move is a conditional UPDATE and a StateChange, or nothing."""

from collections import deque
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from runs import statements
from runs.models import Batch, Environment, Execution, Node, Run, StateChange
from runs.queue import scheduler
from runs.states import FINAL, MOVES, Cause, Reason, State

# How many Executions of a lane are read at once: reading one costs as much as reading all of these.
LOOK_AHEAD = 32


def queue(run: Run, cause: Cause, *, by: User | None = None, exactly: Environment | None = None) -> Execution:
    """A new Execution of `run`, at the end of the queue. The caller wakes the nodes after its commit."""
    with transaction.atomic():
        # The write comes first: it makes others who number Executions of this Run wait their turn.
        Run.objects.filter(pk=run.pk).update(state=State.QUEUED)
        number = (run.executions.aggregate(Max("number"))["number__max"] or 0) + 1
        execution = Execution.objects.create(
            run=run, number=number, cause=cause.value, created_by=by, exactly=exactly
        )
        Run.objects.filter(pk=run.pk).update(latest=execution)
        StateChange.objects.create(
            execution=execution, to_state=State.QUEUED, by=by, message=QUEUED_BECAUSE[cause]
        )
    run.state, run.latest = State.QUEUED, execution
    return execution


def hold_batch(run: Run) -> None:
    """Before a Run of a Batch is executed again: the Batch, if any, is held, and has not ended any more."""
    if scheduler.hold(run.batch_id) is not None:
        Batch.objects.filter(pk=run.batch_id).update(finished_at=None, seen_at=None)


QUEUED_BECAUSE = {
    Cause.STARTED: "",
    Cause.AGAIN: "Executed again.",
    Cause.RECOVERED: "Executed again, since the Execution before it was lost.",
}


def claim(node: Node, owner: str) -> Execution | None:
    """The queued Execution that `node` is to execute next, now `preparing` and `owner`'s, if any."""
    return Front(node).claim(owner)


class Front:
    """What stands in front of the lanes that a node serves, a few Executions of each, as it was a moment ago.

    That others were faster is noticed by the claim; a lane that opened since is served after the next `look`.
    `at_hand` tells the environment of an Execution that needs nothing but its files to be started: it is
    noted as started when it is claimed, since between short scripts every transaction counts.
    """

    def __init__(
        self, node: Node, *, at_hand: Callable[[Execution], Environment | None] = lambda execution: None
    ) -> None:
        self._at_hand = at_hand
        self._ahead: dict[scheduler.Lane, deque[Execution]] = {}
        self.look(node)

    def look(self, node: Node) -> None:
        """Sees anew which lanes there are. What was read of one stays, unless an older one is there again."""
        self._node = node
        self._lanes = scheduler.open_to(node)
        self._ahead = {lane: self._still_first(lane) for lane in self._lanes}

    def claim(self, owner: str, *, most_lanes: int | None = None) -> Execution | None:
        """The Execution to start next, now `owner`'s, `preparing` or `running`; None when nothing is left.

        Higher priority first, then the older one. A Batch is served only while it is not paused, has room
        below its limit and has not failed too often; it is held meanwhile, so that its limit is exact.
        With `most_lanes` only so many are looked at.
        """
        for lane in self._lanes[:most_lanes]:
            with statements.together():
                if lane.batch is not None:
                    batch = scheduler.hold(lane.batch, columns=scheduler.ROOM)
                    if batch is None or not scheduler.room(batch, most=1):
                        continue
                while (execution := self._next(lane)) is not None:
                    if self._take(execution, owner):
                        return execution
        return None

    def _take(self, execution: Execution, owner: str) -> bool:
        """Claims one, and notes its start when everything is at hand; False when another was faster."""
        now = timezone.now()
        facts = {"node": self._node, "owner": owner, "claimed_at": now, "heartbeat_at": now}
        environment, state, passed, noted = self._at_hand(execution), State.PREPARING, (), {}
        if environment is not None:
            facts["environment"], state, passed = environment, State.RUNNING, (State.PREPARING,)
            noted = {"started_at": now, "start_marked_at": now}
        if not move(execution.pk, State.QUEUED, state, passed=passed, **facts, **noted):
            return False
        # What was noted beforehand comes true when the script is started.
        for name, value in {**facts, "state": state.value}.items():
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


def move(
    execution_id: int,
    origin: State | Iterable[State],
    target: State,
    *,
    passed: Iterable[State] = (),
    message: str = "",
    reason: Reason | None = None,
    by: User | None = None,
    only_owner: str | None = None,
    **facts: Any,
) -> bool:
    """Moves an Execution from (one of) `origin` to `target`; False when somebody else was first.

    `passed` are states between them that it goes through at once; `message` is the sentence kept with the
    change and on the Execution; `facts` are other columns to set with it; with `only_owner` it moves only
    while that process owns it.
    """
    for state in [origin] if isinstance(origin, State) else list(origin):
        steps = list(pairwise((state, *passed, target)))
        for before, after in steps:
            if after not in MOVES[before]:
                raise ValueError(f"An Execution cannot go from {before} to {after}.")
        where = {"id": execution_id, "state": state.value}
        if only_owner is not None:
            where["owner"] = only_owner
        now = timezone.now()
        changed = {
            "state": target.value,
            "message": message,
            "reason": "" if reason is None else reason.value,
        }
        ended = {"finished_at": now} if target in FINAL else {}
        # No savepoint: who calls this in a transaction of their own wants all of that or nothing.
        with statements.together():
            if statements.update(Execution, where=where, facts={**changed, **ended, **facts}):
                for before, after in steps:
                    change = {"execution": execution_id, "from_state": before.value, "to_state": after.value}
                    statements.insert(StateChange, {**change, "message": message, "by": by, "at": now})
                statements.update(Run, where={"latest": execution_id}, facts={"state": target.value})
                return True
    return False


def return_to_queue(execution_id: int, owner: str) -> bool:
    """Gives back an Execution whose script was never started, as its node died before."""
    return move(
        execution_id,
        [State.PREPARING, State.RUNNING],
        State.QUEUED,
        message="Its node ended before the script was started; it waits again.",
        only_owner=owner,
        node=None,
        owner="",
        claimed_at=None,
        started_at=None,
        start_marked_at=None,
        environment=None,
    )


def adopt(execution_id: int, *, previous: str, owner: str) -> bool:
    """Takes an active Execution over from the process `previous`, which is gone; False if another did."""
    return bool(
        Execution.objects.filter(pk=execution_id, owner=previous, finished_at=None).update(
            owner=owner, heartbeat_at=timezone.now()
        )
    )


def heartbeat(execution_id: int, owner: str) -> State | None:
    """Says that `owner` still works on it and tells the state; None means: no longer yours, let go."""
    mine = Execution.objects.filter(pk=execution_id, owner=owner, finished_at=None)
    if not mine.update(heartbeat_at=timezone.now()):
        return None
    state = mine.values_list("state", flat=True).first()
    return None if state is None else State(state)


def state_of(execution_id: int, owner: str) -> State | None:
    """The state of an unfinished Execution of `owner`; None when it is not that any more."""
    mine = Execution.objects.filter(pk=execution_id, owner=owner, finished_at=None)
    state = mine.values_list("state", flat=True).first()
    return None if state is None else State(state)


def is_over(execution_id: int) -> bool:
    """Whether nobody may go on with it: it has ended or was deleted."""
    return not Execution.objects.filter(pk=execution_id, finished_at=None).exists()


def message_of(execution_id: int) -> str:
    return Execution.objects.values_list("message", flat=True).get(pk=execution_id)


def mark_start(execution_id: int, owner: str, **facts: Any) -> bool:
    """Notes that the script runs, just before it is started; False when it is not to be any more."""
    return move(execution_id, State.PREPARING, State.RUNNING, only_owner=owner, **facts)


def record(execution_id: int, owner: str, **facts: Any) -> bool:
    """Stores facts that are not the state (environment, shim, …) while `owner` owns the Execution."""
    return bool(Execution.objects.filter(pk=execution_id, owner=owner, finished_at=None).update(**facts))


def request_stop(execution: Execution, *, by: User | None = None) -> bool:
    """Asks for an end: at once while queued, else the owner ends it (`stopping`). False when it had ended."""
    who = "its owner" if by is None or by.pk == execution.run.created_by_id else by.get_username()
    asked = {"by": by, "stop_cause": "user", "stop_requested_by": by}
    unstarted = f"Stopped by {who} before it was started."
    return move(execution.pk, State.QUEUED, State.STOPPED, message=unstarted, **asked) or move(
        execution.pk, [State.PREPARING, State.RUNNING], State.STOPPING, message=f"Stopped by {who}.", **asked
    )


def was_recovered(execution: Execution) -> bool:
    """Whether the Execution before it was lost, so that it is itself the second attempt."""
    before = Execution.objects.filter(run_id=execution.run_id, number__lt=execution.number)
    return before.order_by("-number").values_list("reason", flat=True).first() == Reason.LOST


def next_metrics_offset(execution_id: int, start: int, end: int) -> bool:
    """Claims the bytes from `start` to `end` of the metrics file for storing; False if another did."""
    where = {"id": execution_id, "metrics_offset": start}
    return bool(statements.update(Execution, where=where, facts={"metrics_offset": end}))


def warning(execution_id: int, about: str) -> str:
    """The sentence that was kept about `about` ("metrics", "artifacts"); empty when there is none."""
    return (Execution.objects.values_list("warnings", flat=True).get(pk=execution_id)).get(about, "")


def warn(execution_id: int, about: str, sentence: str) -> None:
    """Keeps a sentence with the Execution for its page, in place of the one about the same thing before."""
    with transaction.atomic():
        execution = Execution.objects.select_for_update().only("warnings").get(pk=execution_id)
        execution.warnings[about] = sentence
        execution.save(update_fields=["warnings"])
