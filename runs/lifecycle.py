"""The only writer of an Execution's state: a conditional UPDATE and a StateChange, or nothing."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from runs.fast_path import statements
from runs.models import Environment, Execution, Run, StateChange
from runs.states import FINAL, MOVES, Cause, Reason, State


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


QUEUED_BECAUSE = {
    Cause.STARTED: "",
    Cause.AGAIN: "Executed again.",
    Cause.RECOVERED: "Executed again, since the previous Execution was lost.",
}


def transition(
    execution_id: int,
    origin: State | Iterable[State],
    target: State,
    *,
    message: str = "",
    reason: Reason | None = None,
    by: User | None = None,
    only_owner: str | None = None,
    **fields: Any,
) -> bool:
    """Moves an Execution from (one of) `origin` to `target`; False when someone else was first.

    `message` is the sentence kept with the change and on the Execution; `facts` are other columns to set with
    it; with `only_owner` it moves only while that process owns it.
    """
    for state in [origin] if isinstance(origin, State) else list(origin):
        if target not in MOVES[state]:
            raise ValueError(f"An Execution cannot go from {state} to {target}.")
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
            if statements.update(Execution, where=where, fields={**changed, **ended, **fields}):
                change = {"execution": execution_id, "from_state": state.value, "to_state": target.value}
                statements.insert(StateChange, {**change, "message": message, "by": by, "at": now})
                statements.update(Run, where={"latest": execution_id}, fields={"state": target.value})
                return True
    return False


def return_to_queue(execution_id: int, owner: str) -> bool:
    """Gives back an Execution whose script was never started, as its node died before."""
    return transition(
        execution_id,
        State.PREPARING,
        State.QUEUED,
        message="Its node ended before the script was started; it is queued again.",
        only_owner=owner,
        node=None,
        owner="",
        claimed_at=None,
        environment=None,
    )


def adopt(execution_id: int, *, previous: str, owner: str) -> bool:
    """Takes an active Execution over from the process `previous`, which is gone; False if another did."""
    theirs = _unfinished(execution_id, previous)
    return bool(theirs.update(owner=owner, heartbeat_at=timezone.now()))


def heartbeat(execution_id: int, owner: str) -> State | None:
    """Says that `owner` still works on it and tells the state; None means: no longer yours, let go."""
    if not _unfinished(execution_id, owner).update(heartbeat_at=timezone.now()):
        return None
    return state_of(execution_id, owner)


def give_up(execution_id: int, owner: str, reason: Reason, message: str) -> None:
    """Ends what cannot go on or be settled: as failed, or as stopped where that was asked for."""
    active = [State.PREPARING, State.RUNNING]
    if not transition(execution_id, active, State.FAILED, message=message, reason=reason, only_owner=owner):
        transition(execution_id, State.STOPPING, State.STOPPED, message=message, only_owner=owner)


def state_of(execution_id: int, owner: str) -> State | None:
    """The state of an unfinished Execution of `owner`; None when it is not that any longer."""
    state = _unfinished(execution_id, owner).values_list("state", flat=True).first()
    return None if state is None else State(state)


def _unfinished(execution_id: int, owner: str) -> QuerySet[Execution]:
    return Execution.objects.filter(pk=execution_id, owner=owner, finished_at=None)


def is_over(execution_id: int) -> bool:
    """Whether nobody may go on with it: it has ended or was deleted."""
    return not Execution.objects.filter(pk=execution_id, finished_at=None).exists()


def message_of(execution_id: int) -> str:
    return Execution.objects.values_list("message", flat=True).get(pk=execution_id)


def mark_start(execution_id: int, owner: str, **fields: Any) -> bool:
    """Notes that the script runs, just before it is started; False when it is not to be any longer."""
    return transition(execution_id, State.PREPARING, State.RUNNING, only_owner=owner, **fields)


def record(execution_id: int, owner: str, **fields: Any) -> bool:
    """Stores facts that are not the state (environment, shim, …) while `owner` owns the Execution."""
    return bool(_unfinished(execution_id, owner).update(**fields))


def request_stop(execution: Execution, *, by: User | None = None) -> bool:
    """Asks for an end: at once while queued, else the owner ends it (`stopping`). False when it had ended."""
    who = "its owner" if by is None or by.pk == execution.run.created_by_id else by.get_username()
    request: dict[str, Any] = {"by": by, "stop_cause": "user", "stop_requested_by": by}
    unstarted = f"Stopped by {who} before it was started."
    return transition(execution.pk, State.QUEUED, State.STOPPED, message=unstarted, **request) or transition(
        execution.pk,
        [State.PREPARING, State.RUNNING],
        State.STOPPING,
        message=f"Stopped by {who}.",
        **request,
    )


def was_recovered(execution: Execution) -> bool:
    """Whether the Execution before it was lost, so that it is itself the second attempt."""
    before = Execution.objects.filter(run_id=execution.run_id, number__lt=execution.number)
    return before.order_by("-number").values_list("reason", flat=True).first() == Reason.LOST


def next_metrics_offset(execution_id: int, start: int, end: int) -> bool:
    """Claims the bytes from `start` to `end` of the metrics file for storing; False if another did."""
    where = {"id": execution_id, "metrics_offset": start}
    return bool(statements.update(Execution, where=where, fields={"metrics_offset": end}))


def warning(execution_id: int, about: str) -> str:
    """The sentence that was kept about `about` ("metrics", "artifacts"); empty when there is none."""
    warnings: dict[str, str] = Execution.objects.values_list("warnings", flat=True).get(pk=execution_id)
    return warnings.get(about, "")


def warn(execution_id: int, about: str, sentence: str) -> None:
    """Keeps a sentence with the Execution for its page, in place of the one about the same thing before."""
    with transaction.atomic():
        execution = Execution.objects.select_for_update().only("warnings").get(pk=execution_id)
        execution.warnings[about] = sentence
        execution.save(update_fields=["warnings"])
