"""What the Run page says about a failed Execution: the line, its place, the cause, what to do first."""

import re
from dataclasses import dataclass
from typing import Literal

from django.urls import reverse

from runs import snapshots
from runs.models import Execution, Run
from runs.records import cause_words, causes, last_words
from runs.records.cause_words import Given
from runs.records.causes import Cause
from runs.records.error_line import ErrorLine
from runs.states import Reason, State
from tasks.environment_files import Fix
from tasks.files import overview, store
from tasks.preflight import reading

# What ends otherwise than by an exit code; where only another try can help, nothing is said of edits.
REMEDIES: dict[str, causes.Remedy] = {
    Reason.TIMEOUT: "change",
    Reason.PARAMETERS: "change",
    Reason.SNAPSHOT: "edit",
    Reason.ENVIRONMENT: "install",
    Reason.LOST: "again",
}


MOST_FIXES = 3
# What the sentences about environments say where another try may help.
PASSES = re.compile(r"Try again later|The disk of this node is full")


@dataclass(frozen=True, kw_only=True)
class Step:
    """What to do first: a link, or with `is_post` a button."""

    label: str
    icon: str
    url: str
    is_post: bool = False


@dataclass(frozen=True, kw_only=True)
class Failure:
    """`line` is what the script said, at `place` of its frozen files (`train.py, line 2`).

    `fixes` are what one click can do about the Task's lists of packages.
    """

    line: str
    place: str
    place_url: str
    cause: str
    first: Step
    remedy: Literal["edit", "change", "install", "again"]
    printed_nothing: bool
    fixes: tuple[Fix, ...] = ()


def of(execution: Execution) -> Failure | None:
    """What is to be said; None of one that has not failed."""
    if execution.status != State.FAILED:
        return None
    is_script = execution.reason in (Reason.EXIT_CODE, Reason.SIGNAL)
    files = _frozen_files(execution) if is_script else set()
    said = last_words.of(execution.pk, since=execution.console_start, files=files) if is_script else None
    printed_nothing = is_script and said is None
    cause = None if said is None else causes.explain(said, _given(execution, files))
    if execution.reason == Reason.SIGNAL:
        # A line from before it was killed may be about something else; the signal itself is not.
        said, cause = None, Cause(sentence="", remedy="change")
    path = "" if said is None else said.path
    place = "" if said is None else _place(execution, said)
    is_own = cause is not None and _is_own(cause.module, files)
    remedy = _of_reason(execution) or (cause.remedy if cause else "edit" if place else "change")
    return Failure(
        line="" if said is None else said.text,
        place=place,
        place_url=_in_snapshot(execution, path, said.line if said and path else 0) if place else "",
        cause="" if cause is None else cause.sentence,
        first=_first(execution, remedy, path, said, is_own=is_own),
        remedy=remedy,
        printed_nothing=printed_nothing,
        fixes=_fixes(execution.run, cause) if remedy == "install" else (),
    )


def _of_reason(execution: Execution) -> causes.Remedy | None:
    """What may help after another end than an exit code; what installers cannot reach may be there later."""
    passes = execution.reason == Reason.ENVIRONMENT and PASSES.search(execution.message)
    return "again" if passes else REMEDIES.get(execution.reason)


def _fixes(run: Run, cause: Cause | None) -> tuple[Fix, ...]:
    """What one click can do about what is installed; a list that is not read may have what is missing."""
    found = overview.fixes_of(run.task, run.entry_script)[:MOST_FIXES]
    if found or cause is None or not (cause.module or cause.r_package):
        return found
    return reading.install(run.task, run.entry_script, module=cause.module, r_package=cause.r_package)


def _is_own(module: str, files: set[str]) -> bool:
    """Whether the Run's files have the module, where Python does not look."""
    return bool(module and cause_words.own_folders(module.partition(".")[0], Given(files=files)))


def _frozen_files(execution: Execution) -> set[str]:
    try:
        return {path for path, _, _ in snapshots.read_list(execution.run.snapshot_id)}
    except snapshots.SnapshotError:
        return set()


def _given(execution: Execution, files: set[str]) -> Given:
    run = execution.run
    cwd = snapshots.declared_or_empty(run.snapshot_id).cwd
    return Given(files=files, values=run.parameters, cwd="" if cwd == "." else cwd)


def _place(execution: Execution, said: ErrorLine) -> str:
    """Where it happened: a line of a file, else a cell of the notebook; empty when neither is known."""
    if said.path:
        return f"{said.path}, line {said.line}"
    return f"{execution.run.entry_script}, cell {said.cell}" if said.cell else ""


def _in_snapshot(execution: Execution, path: str, line: int) -> str:
    """The frozen file; the entry script, without a line, where no path is known."""
    address = reverse("runs:snapshot_file", args=[execution.run_id, path or execution.run.entry_script])
    return f"{address}#L{line}" if line else address


def _first(
    execution: Execution, remedy: causes.Remedy, path: str, said: ErrorLine | None, *, is_own: bool
) -> Step:
    """What to do first. `is_own`: the missing module is among the files, where Python does not look."""
    run = execution.run
    again = Step(label="Execute again", icon="again", url=reverse("runs:again", args=[run.pk]), is_post=True)
    changes = Step(
        label="Run again with changes",
        icon="edit",
        url=f"{reverse('runs:new', args=[run.task_id])}?from={run.pk}",
    )
    if remedy == "again":
        return again
    if remedy == "change":
        return changes
    there = {file.path for file in store.list_files(run.task)}
    if remedy == "install":
        listed = overview.runtime_of(store.root(run.task), there, entry=run.entry_script).file
        if is_own or listed is None or listed not in there:
            return Step(label="Look at the Task's files", icon="edit", url=run.task.get_absolute_url())
        url = reverse("tasks:file", args=[run.task_id, listed])
        return Step(label=f"Edit {listed}", icon="edit", url=url)
    line = said.line if said is not None and path else 0
    wanted = path or run.entry_script
    if wanted not in there:
        return changes
    where = f":{line}" if line else ""
    anchor = f"#L{line}" if line else ""
    return Step(
        label=f"Edit {wanted}{where}",
        icon="edit",
        url=reverse("tasks:file", args=[run.task_id, wanted]) + anchor,
    )
