"""What people do to Batches: start, pause, stop, execute again, add values, delete. Who may: asked before."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from runs.models import Batch, Execution, Run, Snapshot
from runs.queue import bulk_transitions, scheduler, wakeups
from runs.runspec import RunSpec
from runs.states import FINAL, UNFINISHED, Cause, State
from runs.submission import fingerprints, plan, run_actions
from runs.submission.notifications import Notify
from runs.submission.run_actions import SubmitError
from runs.submission.validate import NOBODY, check, check_number, check_priority, find_node, freeze
from tasks.models import Task

__all__ = ["Notify", "SubmitError", "check", "start"]


def start(
    task: Task,
    spec: RunSpec,
    *,
    by: AbstractBaseUser,
    form_token: str = "",
    reuse: bool = False,
    notify: Notify = NOBODY,
) -> Run | Batch:
    """Starts every Run that `spec` stands for: one alone, several as a Batch that a worker builds.

    With `reuse`, Runs that succeeded with the same Snapshot and values are not executed again. The same
    form sent twice is one Run or Batch. Raises PlanError or SubmitError; nothing is left behind then.
    """
    asked = {"task": task, "spec": spec.as_json(), "reuse": reuse, "notify": asdict(notify), "by": by}
    submission = run_actions.fingerprint(form_token, asked)
    before = _started(submission)
    if before is not None:
        return before
    check(spec, notify)
    snapshot = freeze(task, spec)
    asked_for = plan.make(task, spec, snapshot=snapshot)
    if asked_for.refusal:
        raise SubmitError(asked_for.refusal)
    reused = plan.already(asked_for) if reuse else {}
    if len(reused) == asked_for.count:
        raise SubmitError(
            "Every one of these combinations has already succeeded with this Snapshot, so there is nothing "
            "to start. Choose to run them again, or change the values."
        )
    try:
        with transaction.atomic():
            started = _store(asked_for, snapshot, submission, by=by, notify=notify, reused=reused)
    except IntegrityError:
        # The same form was sent at the same moment, and that one was first.
        before = _started(submission)
        if before is None:
            raise
        return before
    transaction.on_commit(lambda: wakeups.wake(started.wanted_node))
    return started


def _started(submission: str | None) -> Run | Batch | None:
    if submission is None:
        return None
    return (
        Batch.objects.filter(submission=submission).first()
        or Run.objects.filter(submission=submission).first()
    )


def _store(
    asked: plan.Plan,
    snapshot: Snapshot,
    submission: str | None,
    *,
    by: AbstractBaseUser,
    notify: Notify,
    reused: dict[int, int],
) -> Run | Batch:
    spec = replace(asked.spec, snapshot=snapshot.digest, entry_script=asked.entry_script)
    facts: dict[str, Any] = {
        "project_id": asked.task.project_id,
        "task": asked.task,
        "snapshot": snapshot,
        "name": spec.name or run_actions.default_name(asked.task),
        "description": spec.description,
        "entry_script": asked.entry_script,
        "wanted_node": find_node(spec),
        "time_limit": spec.time_limit,
        "priority": spec.priority,
        "created_by": by,
        "submission": submission,
    }
    if asked.count == 1:
        return run_actions.store(parameters=asked.at(0), **facts)
    return Batch.objects.create(
        **facts,
        spec=spec.as_json(),
        varying=asked.varying,
        count=asked.count,
        reused=[[cell, run] for cell, run in reused.items()],
        at_once=spec.at_once,
        stop_after=spec.stop_after,
        notify_email=notify.email,
        notify_url=notify.url,
    )


# While it runs


def pause(batch: Batch) -> bool:
    """Starts none of its Runs any more; those that run go on. False when it was paused or has ended."""
    unpaused = Batch.objects.filter(pk=batch.pk, paused_at=None, finished_at=None)
    return bool(unpaused.update(paused_at=timezone.now()))


def resume(batch: Batch) -> bool:
    """False when it was not paused."""
    resumed = Batch.objects.filter(pk=batch.pk, paused_at__isnull=False).update(paused_at=None)
    _wake(batch)
    return bool(resumed)


def set_limit(batch: Batch, at_once: int | None) -> None:
    """How many of its Runs may run at the same time; what already runs above it goes on to its end."""
    check_number("Runs at once", at_once)
    Batch.objects.filter(pk=batch.pk).update(at_once=at_once)
    _wake(batch)


def set_stop_after(batch: Batch, failures: int | None) -> None:
    """After how many failures no other Run starts; those that failed already count."""
    check_number("failures to stop after", failures)
    Batch.objects.filter(pk=batch.pk).update(stop_after=failures)
    _wake(batch)


def set_priority(batch: Batch, priority: int) -> None:
    """Higher first, among all that wait."""
    check_priority(priority)
    Batch.objects.filter(pk=batch.pk).update(priority=priority)


def stop_all(batch: Batch, *, by: AbstractBaseUser) -> int:
    """Stops what waits and asks what runs to end; how many Runs that were."""
    who = "its owner" if by.pk == batch.created_by_id else by.get_username()
    asked = {"by": by, "stop_cause": "user", "stop_requested_by": by}
    with transaction.atomic():
        held = scheduler.hold(batch.pk)
        if held is None or held.finished_at is not None:
            return 0
        waiting = f"Stopped by {who} before it was started."
        stopped = bulk_transitions.move(held, [State.QUEUED], State.STOPPED, message=waiting, **asked)
        active = [State.PREPARING, State.RUNNING]
        stopped += bulk_transitions.move(held, active, State.STOPPING, message=f"Stopped by {who}.", **asked)
        facts: dict[str, Any] = {"stopped_at": timezone.now(), "stop_reason": f"Stopped by {who}."}
        if held.built_at is None:
            facts |= _unbuilt(held)
        Batch.objects.filter(pk=held.pk).update(**facts)
    _wake(batch)
    return stopped


def _unbuilt(batch: Batch) -> dict[str, Any]:
    """Of a Batch that is stopped before a worker built it, or built what was added: that stays undone."""
    there = batch.runs.count() + len(batch.reused)
    now = timezone.now()
    return {"built_at": now, "builder": "", "count": there} if there else {"finished_at": now}


# Executing again


def failed_again(batch: Batch, *, by: AbstractBaseUser) -> int:
    """Executes exactly the failed Runs again; how many that are, and 0 when somebody just did."""
    return _again(batch, Q(state=State.FAILED), by=by)


def cells_again(batch: Batch, runs: Iterable[int], *, by: AbstractBaseUser) -> int:
    """Executes those of the Runs with these keys again that have ended; how many these were."""
    return _again(batch, Q(state__in=FINAL, pk__in=list(runs)), by=by)


def _again(batch: Batch, which: Q, *, by: AbstractBaseUser) -> int:
    with transaction.atomic():
        held = scheduler.hold(batch.pk)
        if held is None:
            return 0
        # Failures before this do not count any more towards stopping it.
        newest = Execution.objects.aggregate(Max("pk"))["pk__max"] or 0
        queued = bulk_transitions.queue(held.runs.filter(which), held, cause=Cause.AGAIN, by=by)
        if queued:
            Batch.objects.filter(pk=held.pk).update(failures_after=newest, **BEGUN_ANEW)
    _wake(batch)
    return queued


BEGUN_ANEW = {"finished_at": None, "stopped_at": None, "stop_reason": "", "seen_at": None}


# More values


def additions(batch: Batch, asked: plan.Plan) -> list[int]:
    """The numbers of those of the plan's Runs that are not in the Batch yet."""
    reused = Run.objects.filter(pk__in=[run for _, run in batch.reused])
    there = Counter(batch.runs.values_list("values_digest", flat=True))
    there.update(reused.values_list("values_digest", flat=True))
    new = []
    for place, digest in enumerate(asked.digests):
        if there[digest]:
            there[digest] -= 1
        else:
            new.append(place)
    return new


def with_more(batch: Batch, spec: RunSpec) -> plan.Plan:
    """The plan of `spec` with the Snapshot and entry script of the Batch. Raises PlanError or SubmitError."""
    spec = replace(spec, snapshot=batch.snapshot_id, entry_script=batch.entry_script, task=batch.task_id)
    check(spec)
    asked = plan.make(batch.task, spec, snapshot=batch.snapshot)
    if asked.refusal:
        raise SubmitError(asked.refusal)
    return asked


def check_room(batch: Batch, new: int) -> None:
    """Raises SubmitError when the Batch would be larger than one may be."""
    limit = plan.limit()
    if batch.count + new > limit:
        raise SubmitError(f"The Batch would have {batch.count + new:,} Runs, and may have at most {limit:,}.")


def add_values(batch: Batch, spec: RunSpec, *, by: AbstractBaseUser, reuse: bool = False) -> int:
    """Adds the combinations of `spec` that the Batch does not have; how many cells that are.

    Snapshot and entry script stay those of the Batch. Raises PlanError or SubmitError.
    """
    asked = with_more(batch, spec)
    with transaction.atomic():
        held = scheduler.hold(batch.pk)
        if held is None or held.built_at is None:
            raise SubmitError("The Batch is still being built. Add values when all its Runs are there.")
        new = additions(held, asked)
        if not new:
            raise SubmitError("Each of these combinations is in the Batch already.")
        check_room(held, len(new))
        cells = [cell for cell, _ in held.reused] + list(held.runs.values_list("cell", flat=True))
        free = max(cells, default=-1) + 1
        found = reusable(held, asked, new) if reuse else []
        Batch.objects.filter(pk=held.pk).update(
            spec=asked.spec.as_json(),
            earlier_specs=[*held.earlier_specs, held.spec],
            reused=[*held.reused, *([free + step, run] for step, run in enumerate(found))],
            count=F("count") + len(new),
            built_at=None,
            build_error="",
            **BEGUN_ANEW,
        )
    _wake(batch)
    return len(new)


def reusable(batch: Batch, asked: plan.Plan, new: list[int]) -> list[int]:
    """Earlier Runs that stand for cells to be added; none that stands for one of the Batch already."""
    there = [run for _, run in batch.reused]
    others = plan.succeeded(asked).exclude(batch=batch).exclude(pk__in=there)
    return list(fingerprints.match([asked.digests[place] for place in new], others).values())


def delete(batch: Batch, *, by: AbstractBaseUser) -> int:
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
