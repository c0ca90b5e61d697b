"""What people do to Batches: pause, stop, execute again, add values, delete. Callers check permissions."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from runs.models import Batch, Execution
from runs.queue import bulk_transitions, scheduler, wakeups
from runs.runspec import RunSpec
from runs.states import FINAL, UNFINISHED, Cause, State
from runs.submission import build, reuse, run_actions
from runs.submission.errors import SubmitError
from runs.submission.validate import Plan, limit, queue_problems, validate

# While it runs


def pause(batch: Batch) -> bool:
    """Starts none of its Runs any longer; those that run go on. False when it was paused or has ended."""
    unpaused = Batch.objects.filter(pk=batch.pk, paused_at=None, finished_at=None)
    return bool(unpaused.update(paused_at=timezone.now()))


def resume(batch: Batch) -> bool:
    """False when it was not paused."""
    resumed = Batch.objects.filter(pk=batch.pk, paused_at__isnull=False).update(paused_at=None)
    _wake(batch)
    return bool(resumed)


def change_settings(batch: Batch, *, at_once: int | None, stop_after: int | None, priority: int) -> None:
    """How many of its Runs may run at the same time, after how many failures no other starts, how urgent.

    What already runs above the limit finishes; those that failed already count.
    """
    problems = list(queue_problems(at_once=at_once, stop_after=stop_after, priority=priority))
    if problems:
        raise SubmitError(*problems)
    Batch.objects.filter(pk=batch.pk).update(at_once=at_once, stop_after=stop_after, priority=priority)
    _wake(batch)


def stop_all(batch: Batch, *, by: User) -> int:
    """Stops what waits and asks what runs to end; how many Runs that were."""
    who = "its owner" if by.pk == batch.created_by_id else by.get_username()
    request: dict[str, Any] = {"by": by, "stop_cause": "user", "stop_requested_by": by}
    with transaction.atomic():
        held = scheduler.hold(batch.pk)
        if held is None or held.finished_at is not None:
            return 0
        waiting = f"Stopped by {who} before it was started."
        stopped = bulk_transitions.transition(held, [State.QUEUED], State.STOPPED, message=waiting, **request)
        active = [State.PREPARING, State.RUNNING]
        stopped += bulk_transitions.transition(
            held, active, State.STOPPING, message=f"Stopped by {who}.", **request
        )
        fields: dict[str, Any] = {"stopped_at": timezone.now(), "stop_reason": f"Stopped by {who}."}
        if held.built_at is None:
            fields |= _unbuilt(held)
        Batch.objects.filter(pk=held.pk).update(**fields)
    _wake(batch)
    return stopped


def _unbuilt(batch: Batch) -> dict[str, Any]:
    """Of a Batch that is stopped before a worker built it, or built what was added: that stays undone."""
    there = batch.runs.count() + len(batch.reused)
    now = timezone.now()
    return {"built_at": now, "builder": "", "count": there} if there else {"finished_at": now}


# Executing again


def failed_again(batch: Batch, *, by: User) -> int:
    """Executes exactly the failed Runs again; how many that are, and 0 when someone just did."""
    return _again(batch, Q(state=State.FAILED), by=by)


def cells_again(batch: Batch, runs: Iterable[int], *, by: User) -> int:
    """Executes those of the Runs with these keys again that have ended; how many these were."""
    return _again(batch, Q(state__in=FINAL, pk__in=list(runs)), by=by)


def _again(batch: Batch, which: Q, *, by: User) -> int:
    with transaction.atomic():
        held = scheduler.hold(batch.pk)
        if held is None:
            return 0
        # Failures before this do not count any longer towards stopping it.
        newest = Execution.objects.aggregate(Max("pk"))["pk__max"] or 0
        queued = bulk_transitions.queue(held.runs.filter(which), held, cause=Cause.AGAIN, by=by)
        if queued:
            Batch.objects.filter(pk=held.pk).update(failures_after=newest, **BEGUN_ANEW)
    _wake(batch)
    return queued


BEGUN_ANEW = {"finished_at": None, "stopped_at": None, "stop_reason": "", "seen_at": None}


# More values


def with_more(batch: Batch, spec: RunSpec) -> Plan:
    """The plan of `spec` with the Snapshot and entry script of the Batch. Raises SubmitError."""
    spec = replace(spec, snapshot=batch.snapshot_id, entry_script=batch.entry_script, task=batch.task_id)
    plan = validate(batch.task, spec, snapshot=batch.snapshot)
    if plan.refusal:
        raise SubmitError(plan.refusal)
    return plan


def check_room(batch: Batch, new: int) -> None:
    """Raises SubmitError when the Batch would be larger than one may be."""
    if batch.count + new > limit():
        raise SubmitError(
            f"The Batch would have {batch.count + new:,} Runs; the most allowed is {limit():,}."
        )


def add_values(batch: Batch, spec: RunSpec, *, by: User, reuse: bool = False) -> int:
    """Adds the combinations of `spec` that the Batch does not have; how many cells that are.

    Snapshot and entry script stay those of the Batch. Raises SubmitError.
    """
    plan = with_more(batch, spec)
    with transaction.atomic():
        held = scheduler.hold(batch.pk)
        if held is None or held.built_at is None:
            raise SubmitError(
                "The Batch is still being built. Add values when all its Runs have been created."
            )
        new = build.additions(held, plan)
        if not new:
            raise SubmitError("Each of these combinations is already in the Batch.")
        check_room(held, len(new))
        free = build.free_cells(held)
        found = reusable(held, plan, new) if reuse else []
        Batch.objects.filter(pk=held.pk).update(
            spec=plan.spec.as_json(),
            earlier_specs=[*held.earlier_specs, held.spec],
            reused=[*held.reused, *([next(free), run] for run in found)],
            count=F("count") + len(new),
            built_at=None,
            build_error="",
            **BEGUN_ANEW,
        )
    _wake(batch)
    return len(new)


def reusable(batch: Batch, plan: Plan, new: list[int]) -> list[int]:
    """Earlier Runs that stand for cells to be added; none that stands for one of the Batch already."""
    there = [run for _, run in batch.reused]
    others = reuse.succeeded(plan).exclude(batch=batch).exclude(pk__in=there)
    return list(reuse.match([plan.digests[place] for place in new], others).values())


def delete(batch: Batch, *, by: User) -> int:
    """Deletes the Batch with its Runs and all they left; how many Runs. Refused while one is unfinished."""
    with transaction.atomic():
        held = scheduler.hold(batch.pk)
        if held is None:
            return 0
        if held.is_building or held.runs.filter(state__in=UNFINISHED).exists():
            raise SubmitError(f"Batch {batch.pk} has not ended. Stop it first, then delete it.")
        deleted = run_actions.delete_runs(held.runs.all(), by=by)
        held.delete()
    return deleted


def _wake(batch: Batch) -> None:
    transaction.on_commit(lambda: wakeups.wake(batch.wanted_node))
