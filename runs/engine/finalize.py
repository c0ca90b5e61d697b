"""Ends an Execution: keeps what its script left, writes its final state, queues a lost one again."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from coretex_site.lib import paths
from runs import lifecycle, snapshots
from runs.engine import prepare
from runs.engine.executor import read_exit_code
from runs.engine.outcomes import Outcome, outcome
from runs.engine.prepare import Inputs
from runs.models import Execution
from runs.records import artifacts, last_words, metrics
from runs.states import Cause, Reason, State

# Nobody takes an Execution away from a living process that said so lately that it works on it.
SURELY_OURS = timedelta(minutes=1)


def settle(
    execution: Execution,
    owner: str,
    result: Outcome,
    *,
    inputs: Inputs | None = None,
    always_recover: bool = False,
) -> bool:
    """Keeps artifacts and metrics and ends the Execution; False when it is not `owner`'s any longer.

    Everything that a finished Execution left can be seen as soon as it is finished.
    """
    if not keep(execution, owner, inputs=inputs):
        return False
    with transaction.atomic():
        return end(execution, owner, result, always_recover=always_recover)


def keep(execution: Execution, owner: str, *, inputs: Inputs | None = None) -> bool:
    """Keeps the artifacts and most metrics, before the end; False when it is not `owner`'s any longer.

    `inputs` is what this process laid out for it, if it was this one.
    """
    claimed_lately = timezone.now() - (execution.heartbeat_at or timezone.now()) < SURELY_OURS
    if not claimed_lately and lifecycle.state_of(execution.pk, owner) is None:
        return False
    if execution.start_marked_at is None:
        # No script was there to leave anything: what lies there are files of ours, perhaps half of them.
        artifacts.free(execution.pk)
    elif inputs is None:
        artifacts.collect(execution.pk, _manifest(execution))
    else:
        prepare.take_back(execution, inputs)
        artifacts.collect(execution.pk, inputs.manifest, marks=inputs.marks)
    if metrics.size(execution.pk) > metrics.CHUNK_BYTES:
        # Nobody else waits for the database while much of it is stored.
        metrics.ingest(execution.pk)
    return True


def end(execution: Execution, owner: str, result: Outcome, *, always_recover: bool = False) -> bool:
    """Stores the last metrics and the end, in the caller's transaction; False when it is another's.

    A request to stop that came before that counts, also when the script ended by itself meanwhile. A lost
    one is executed again once, since one that is lost twice in a row may be what ends its nodes; with
    `always_recover` always.
    """
    metrics.ingest(execution.pk, final=True)
    fields: dict[str, Any] = {"exit_code": result.exit_code, "only_owner": owner}
    fields["finished_at"] = _finished_at(execution)
    if result.reason is Reason.EXIT_CODE:
        fields["last_line"] = last_words.line_of(execution.pk, since=execution.console_start)
    message = result.message
    if result.state is not State.STOPPED:
        if _move(execution, result, fields, always_recover=always_recover):
            return True
        message = lifecycle.message_of(execution.pk)
    return lifecycle.transition(execution.pk, State.STOPPING, State.STOPPED, message=message, **fields)


def _move(execution: Execution, result: Outcome, fields: dict[str, Any], *, always_recover: bool) -> bool:
    """Moves it to its end unless a stop was asked for; a lost one is queued again in the same transaction."""
    is_lost = result.reason is Reason.LOST
    message = result.message
    recovers = is_lost and (always_recover or not lifecycle.was_recovered(execution))
    if is_lost and not always_recover:
        again = (
            "It is executed again." if recovers else "It was lost twice in a row and is not executed again."
        )
        message = f"{message} {again}"
    origins = [State.RUNNING, State.PREPARING] if result.state is State.FAILED else [State.RUNNING]
    moved = lifecycle.transition(
        execution.pk, origins, result.state, message=message, reason=result.reason, **fields
    )
    if moved and recovers:
        lifecycle.queue(execution.run, Cause.RECOVERED, exactly=execution.exactly)
    return moved


def settle_ended(execution: Execution, owner: str) -> bool:
    """Ends an Execution whose script ended while nobody watched, from what it left on disk."""
    stopping = execution.status is State.STOPPING
    result = outcome(
        read_exit_code(paths.exit_file(execution.pk)),
        cause="user" if stopping else "timeout" if execution.stop_cause == "timeout" else "",
        stop_message=execution.message,
        time_limit=execution.run.time_limit,
    )
    return settle(execution, owner, result)


def _manifest(execution: Execution) -> dict[str, str]:
    """{path: sha256} of what was checked out; what cannot be determined counts as made by the script."""
    try:
        return {path: sha256 for path, _, sha256 in snapshots.read_list(execution.run.snapshot_id)}
    except snapshots.SnapshotError:
        return {}


def _finished_at(execution: Execution) -> datetime:
    """When the script wrote its exit code, if it did, however late that was noticed."""
    now = timezone.now()
    file = paths.exit_file(execution.pk)
    if read_exit_code(file) is None:
        return now
    ended = datetime.fromtimestamp(os.stat(file).st_mtime, tz=UTC)
    return min(max(ended, execution.started_at or ended), now)
