"""What people do to Runs: submit, execute again, stop, delete. Knows no HTTP; who may is asked before."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from coretex_site.lib import filetree, paths
from runs import lifecycle, snapshots
from runs.models import Execution, Node, Run, Snapshot
from runs.queue import wakeups
from runs.states import UNFINISHED, Cause
from runs.submission import fingerprints
from tasks.models import Task
from tasks.runtime import interpreter_of
from tasks.taskyaml import spec
from tasks.types.declarations import TaskSpec
from tasks.types.parameters import DATASET_TYPES

LONGEST_NAME = 100
LONGEST = 365 * 24 * 3600
TIME_LIMIT = re.compile(
    r"(?:(\d{1,5})\s*d)?\s*(?:(\d{1,6})\s*h)?\s*(?:(\d{1,7})\s*m(?:in)?)?\s*(?:(\d{1,9})\s*s?)?",
    re.ASCII,
)


class SubmitError(ValueError):
    """What was asked for cannot be done; `problems` holds sentences by parameter, if they are about these."""

    def __init__(self, message: str, *, problems: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.problems = dict(problems or {})


def submit(
    task: Task,
    *,
    entry_script: str,
    values: Mapping[str, Any],
    user: AbstractBaseUser,
    name: str = "",
    description: str = "",
    node: Node | None = None,
    time_limit: int | None = None,
    priority: int = 0,
    snapshot: Snapshot | None = None,
    form_token: str = "",
) -> Run:
    """Freezes the Task's files, unless `snapshot` is to be run, and queues a Run of them with these values.

    With `form_token` (of the form it was sent with) the same submission sent twice is one Run. Raises
    SubmitError; nothing is left behind then.
    """
    asked = {
        "task": task,
        "name": name or default_name(task),
        "description": description,
        "entry_script": entry_script,
        "parameters": dict(values),
        "wanted_node": node,
        "time_limit": time_limit,
        "created_by": user,
    }
    if priority:
        asked["priority"] = priority
    submission = fingerprint(form_token, {**asked, "name": name, "snapshot": snapshot})
    before = Run.objects.filter(submission=submission).first() if submission else None
    if before is not None:
        return before
    try:
        snapshot = snapshots.freeze(task) if snapshot is None else snapshot
    except snapshots.SnapshotError as error:
        raise SubmitError(str(error)) from error
    check(snapshot, task, entry_script, values)
    try:
        run = store(**asked, project_id=task.project_id, snapshot=snapshot, submission=submission)
    except IntegrityError:
        # The same form was sent at the same moment, and that one was first.
        return Run.objects.get(submission=submission)
    transaction.on_commit(lambda: wakeups.wake(node))
    return run


def store(
    *, entry_script: str, parameters: Mapping[str, Any], created_by: AbstractBaseUser, **facts: Any
) -> Run:
    """The row of a Run whose values were checked, with its first Execution queued."""
    digest = fingerprints.of(entry_script, parameters)
    asked = {"entry_script": entry_script, "parameters": parameters, "created_by": created_by, **facts}
    with transaction.atomic():
        run = Run.objects.create(**asked, values_digest=digest)
        lifecycle.queue(run, Cause.STARTED, by=created_by)
    return run


def fingerprint(form_token: str, asked: Mapping[str, Any]) -> str | None:
    """Equal only for the same form sent with the same content; None without a token."""
    if not form_token:
        return None
    plain = {key: getattr(value, "pk", value) for key, value in asked.items()}
    return hashlib.sha256(json.dumps([form_token, plain], sort_keys=True).encode()).hexdigest()


def check(snapshot: Snapshot, task: Task, entry_script: str, values: Mapping[str, Any]) -> None:
    """Raises SubmitError unless the frozen files can be run with this script and these values."""
    root = snapshots.root(snapshot.digest)
    try:
        is_there = filetree.join(root, filetree.safe_path(entry_script)).is_file()
    except filetree.TreeError:
        is_there = False
    if not is_there or interpreter_of(entry_script) is None:
        raise SubmitError(f"The Task has no entry script “{entry_script}”. Choose one of its scripts.")
    problems = spec.validate(declared(snapshot), values)
    for parameter, sentence in missing_datasets(declared(snapshot), task, values):
        problems.setdefault(parameter, []).append(sentence)
    if problems:
        raise SubmitError("Some parameters have values that cannot be used.", problems=problems)


def declared(snapshot: Snapshot) -> TaskSpec:
    """What the frozen task.yaml declares."""
    parsed = spec.parse(frozen_spec(snapshot.digest))
    if parsed.spec is None:
        first = parsed.errors[0]
        raise SubmitError(f"task.yaml has a mistake in line {first.line}: {first.message}.")
    return parsed.spec


def frozen_spec(digest: str) -> bytes:
    """The bytes of a Snapshot's task.yaml; none when it has no such file."""
    path = snapshots.root(digest) / "task.yaml"
    return path.read_bytes() if path.is_file() else b""


def missing_datasets(
    declared_spec: TaskSpec, task: Task, values: Mapping[str, Any]
) -> Iterable[tuple[str, str]]:
    """(parameter, sentence) for every id that is no Dataset of the Task's Project."""
    wanted = []
    for parameter in declared_spec.parameters:
        if parameter.data_type in DATASET_TYPES and spec.is_visible(parameter, values):
            value = values.get(parameter.name)
            items = value if isinstance(value, list) else [value]
            wanted += [(parameter.name, item) for item in items if isinstance(item, int)]
    if not wanted:
        return
    known = set(task.project.datasets.filter(pk__in={pk for _, pk in wanted}).values_list("pk", flat=True))
    for name, pk in wanted:
        if pk not in known:
            yield name, f"expected a Dataset of the Project “{task.project.name}”, found the id {pk}"


def default_name(task: Task) -> str:
    """`titanic-8` after a Run called `titanic-7`; of a-z, 0-9 and - only."""
    stem = (slugify(task.name) or "run")[: LONGEST_NAME - 12].strip("-_").replace("_", "-")
    names = task.runs.order_by("-pk").values_list("batch__name", "name")
    newest = next((batch or name for batch, name in names[:1]), "")
    counted = re.fullmatch(rf"{re.escape(stem)}-(\d{{1,9}})", newest)
    return f"{stem}-{int(counted[1]) + 1 if counted else 1}"


def read_time_limit(text: str) -> int | None:
    """Seconds, from `90`, `90s`, `5m`, `1h 30m` or `2d`; None when empty. Raises SubmitError."""
    if not text.strip():
        return None
    match = TIME_LIMIT.fullmatch(text.strip().lower())
    if match is None:
        raise SubmitError(f"Expected a time such as 90 (seconds), 5m, 2h or 1h 30m, found “{text.strip()}”.")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    if not 1 <= total <= LONGEST:
        raise SubmitError("Expected a time limit between 1 second and 365 days. Leave it empty for none.")
    return total


def write_time_limit(seconds: int | None) -> str:
    """The text that read_time_limit reads back: 5400 → `1h 30m`."""
    if seconds is None:
        return ""
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts)


def again(run: Run, *, by: AbstractBaseUser, exactly: Execution | None = None) -> Execution:
    """Queues a new Execution of the same Snapshot with the same values; refused while one is unfinished.

    With `exactly` it gets the packages which that Execution had, even if newer ones could be installed.
    """
    if exactly is not None and exactly.environment is None:
        raise SubmitError(
            f"Execution {exactly.number} of Run {run.pk} had no environment whose packages could be "
            "installed again. Execute the Run again instead."
        )
    with transaction.atomic():
        lifecycle.hold_batch(run)
        locked = Run.objects.select_for_update().get(pk=run.pk)
        if locked.state in UNFINISHED:
            raise SubmitError(f"Run {run.pk} is still {locked.state}. Stop it, or wait until it has ended.")
        execution = lifecycle.queue(
            run, Cause.AGAIN, by=by, exactly=None if exactly is None else exactly.environment
        )
        transaction.on_commit(lambda: wakeups.wake(run.wanted_node))
    return execution


def stop(execution: Execution, *, by: AbstractBaseUser) -> bool:
    """Asks for its end; False when it had ended already."""
    return lifecycle.request_stop(execution, by=by)


def stop_runs(runs: Iterable[Run], *, by: AbstractBaseUser) -> int:
    """Asks for the end of the unfinished ones; how many these were."""
    latest = Execution.objects.filter(pk__in=[run.latest_id for run in runs], state__in=UNFINISHED)
    return sum(stop(execution, by=by) for execution in latest.select_related("run"))


def delete_runs(runs: Iterable[Run], *, by: AbstractBaseUser) -> int:
    """Deletes finished Runs for good with all they left, and frees the disk; how many were deleted.

    Refuses all of them, with a sentence, while one is unfinished.
    """
    keys = [run.pk for run in runs]
    with transaction.atomic():
        locked = list(Run.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
        unfinished = [run.pk for run in locked if run.state in UNFINISHED]
        if unfinished:
            listed = ", ".join(map(str, unfinished[:10]))
            which = f"Run {listed} has" if len(unfinished) == 1 else f"Runs {listed} have"
            raise SubmitError(f"{which} not ended. Stop what is unfinished first, then delete.")
        executions = list(Execution.objects.filter(run__in=locked).values_list("pk", flat=True))
        Run.objects.filter(pk__in=[run.pk for run in locked]).delete()
        transaction.on_commit(lambda: free_disk(executions))
    return len(locked)


def free_disk(executions: Iterable[int]) -> None:
    """Removes the folders of deleted Executions, and Snapshots that no Run has had for a while."""
    for pk in executions:
        filetree.remove(paths.execution(pk))
    snapshots.delete_unused()
