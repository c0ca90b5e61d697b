"""The one door: a specification becomes a queued Run, or a Batch that a worker builds. Knows no HTTP."""

import hashlib
import json
import re
from dataclasses import asdict, replace
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from runs import lifecycle, snapshots
from runs.models import Batch, Run, Snapshot
from runs.queue import wakeups
from runs.runspec import RunSpec
from runs.states import Cause
from runs.submission import reuse as earlier
from runs.submission import validate
from runs.submission.errors import SubmitError
from runs.submission.notifications import NOBODY, Notify
from runs.submission.validate import Plan
from tasks.models import Task
from tasks.types import equality


def start(
    spec: RunSpec,
    *,
    by: User,
    form_token: str = "",
    reuse: bool = False,
    notify: Notify = NOBODY,
) -> Run | Batch:
    """Starts every Run that `spec` stands for: one alone, several as a Batch that a worker builds.

    The Task's files are frozen, unless the specification names a Snapshot. With `reuse`, Runs that
    succeeded with the same Snapshot and values are not executed again. The same form, by its `form_token`,
    sent twice is one Run or Batch. Callers check whether `by` may. Raises SubmitError; nothing is left
    behind then.
    """
    task = Task.objects.select_related("project").filter(pk=spec.task).first()
    if task is None:
        raise SubmitError(f"There is no Task {spec.task}. It may have been deleted.")
    request = {"spec": asdict(spec), "reuse": reuse, "notify": asdict(notify), "by": by.pk}
    submission = _fingerprint(form_token, request)
    before = _started(submission)
    if before is not None:
        return before
    snapshot = _freeze(task, spec)
    planned = validate.validate(task, spec, snapshot=snapshot, notify=notify)
    if planned.refusal:
        raise SubmitError(planned.refusal)
    reused = earlier.already(planned) if reuse else {}
    if len(reused) == planned.count:
        raise SubmitError(
            "All of these combinations have already succeeded with this Snapshot, so there "
            "is nothing to start. Choose to run them again, or change the values."
        )
    fields = _fields(planned, snapshot, by=by, submission=submission)
    try:
        with transaction.atomic():
            if planned.count == 1:
                started: Run | Batch = _store_run(planned, fields)
            else:
                started = _store_batch(planned, fields, notify=notify, reused=reused)
    except IntegrityError:
        # The same form was sent at the same moment, and that one was first.
        before = _started(submission)
        if before is None:
            raise
        return before
    # A Batch is built first, by one worker.
    transaction.on_commit(lambda: wakeups.wake(started.wanted_node, at_most=1))
    return started


def default_name(task: Task) -> str:
    """`titanic-8` after a Run called `titanic-7`; of a-z, 0-9 and - only."""
    stem = (slugify(task.name) or "run")[: validate.LONGEST_NAME - 12].strip("-_").replace("_", "-")
    names = task.runs.order_by("-pk").values_list("batch__name", "name")
    newest = next((batch or name for batch, name in names[:1]), "")
    counted = re.fullmatch(rf"{re.escape(stem)}-(\d{{1,9}})", newest)
    return f"{stem}-{int(counted[1]) + 1 if counted else 1}"


def _fingerprint(form_token: str, request: dict[str, Any]) -> str | None:
    """Equal only for the same form sent with the same content; None without a token."""
    if not form_token:
        return None
    return hashlib.sha256(json.dumps([form_token, request], sort_keys=True).encode()).hexdigest()


def _started(submission: str | None) -> Run | Batch | None:
    """What the same form has started before."""
    if submission is None:
        return None
    return (
        Batch.objects.filter(submission=submission).first()
        or Run.objects.filter(submission=submission).first()
    )


def _freeze(task: Task, spec: RunSpec) -> Snapshot:
    """The Snapshot that is named, else one of the Task's files as they are now."""
    if spec.snapshot:
        return validate.named_snapshot(task, spec.snapshot)
    try:
        return snapshots.freeze(task)
    except snapshots.SnapshotError as error:
        raise SubmitError(str(error)) from error


def _fields(planned: Plan, snapshot: Snapshot, *, by: User, submission: str | None) -> dict[str, Any]:
    """The columns that a Run and a Batch have in common."""
    spec = planned.spec
    return {
        "project_id": planned.task.project_id,
        "task": planned.task,
        "snapshot": snapshot,
        "name": spec.name or default_name(planned.task),
        "description": spec.description,
        "entry_script": planned.entry_script,
        "wanted_node": planned.node,
        "time_limit": spec.time_limit,
        "priority": spec.priority,
        "created_by": by,
        "submission": submission,
    }


def _store_run(planned: Plan, fields: dict[str, Any]) -> Run:
    """A Run with its first Execution queued."""
    values = planned.at(0)
    digest = equality.fingerprint(planned.entry_script, values)
    run = Run.objects.create(**fields, parameters=values, values_digest=digest)
    lifecycle.queue(run, Cause.STARTED, by=fields["created_by"])
    return run


def _store_batch(planned: Plan, fields: dict[str, Any], *, notify: Notify, reused: dict[int, int]) -> Batch:
    """A Batch whose Runs a worker makes."""
    spec = replace(planned.spec, snapshot=fields["snapshot"].digest, entry_script=planned.entry_script)
    return Batch.objects.create(
        **fields,
        spec=spec.as_json(),
        varying=planned.varying,
        count=planned.count,
        reused=[[cell, run] for cell, run in reused.items()],
        at_once=spec.at_once,
        stop_after=spec.stop_after,
        notify_email=notify.email,
        notify_url=notify.url,
    )
