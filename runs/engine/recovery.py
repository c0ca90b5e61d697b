"""Heals what died: Executions without a living owner, scripts cut off, leftovers on disk. Knows no HTTP."""

import logging
import os
import random
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from coretex_site.lib import filetree, paths
from runs import lifecycle, processes, snapshots
from runs.engine import prepare
from runs.engine.executor import read_exit_code
from runs.engine.finalize import settle, settle_ended
from runs.engine.monitor import UNREACHABLE
from runs.engine.outcomes import Outcome
from runs.models import Execution, Node
from runs.processes import ProcessId
from runs.queue import scheduler
from runs.runtimes import eviction
from runs.states import ACTIVE, Reason, State

log = logging.getLogger(__name__)

# A process that lives but said nothing of an Execution for so long has forgotten it.
FORGOTTEN_AFTER = timedelta(minutes=10)
# When a node that answers no more counts as gone; one that was stopped in order may come back to its scripts.
GONE_AFTER = timedelta(minutes=10)
STOPPED_AFTER = timedelta(hours=24)
SCRATCH_KEPT = timedelta(days=1)


def waiting(node: Node) -> int:
    """How much there is for the node to do: Executions to start or to adopt, Batches to attend to."""
    return len(_orphans(node, str(ProcessId.mine()))) + scheduler.waiting(node)


def adopt(node: Node) -> Execution | None:
    """Settles what ended without an owner, and makes the caller that of a script that has none, if any."""
    owner = str(ProcessId.mine())
    for execution in _orphans(node, owner):
        shim = _find_script(execution)
        if shim is None:
            _take_over_ended(execution, owner)
        elif lifecycle.adopt(execution.pk, previous=execution.owner, owner=owner):
            lifecycle.record(execution.pk, owner, shim=shim)
            return _with_run(Execution.objects.all()).get(pk=execution.pk)
    return None


def _with_run(rows: QuerySet[Execution]) -> QuerySet[Execution]:
    return rows.select_related("run", "node")


def _orphans(node: Node, owner: str) -> list[Execution]:
    """The active Executions of a node whose owner is gone; the caller itself works on none any longer."""
    forgotten = timezone.now() - FORGOTTEN_AFTER
    active = Execution.objects.filter(node=node, state__in=ACTIVE).values_list("pk", "owner", "heartbeat_at")
    found = [
        pk
        for pk, other, heartbeat_at in active
        if other == owner
        or not processes.is_alive(other)
        or (heartbeat_at is not None and heartbeat_at < forgotten)
    ]
    return list(_with_run(Execution.objects.filter(pk__in=found)).order_by("pk")) if found else []


def _find_script(execution: Execution) -> str | None:
    """The shim of an Execution's script, if it lives; also one that was started and never noted."""
    if execution.shim:
        return execution.shim if processes.is_alive(execution.shim) else None
    if execution.start_marked_at is None:
        return None
    if read_exit_code(paths.exit_file(execution.pk)) is not None:
        return None  # the shim has ended; what else there is was left running by the script
    leaders = [f for f in processes.marked(prepare.mark(execution.pk)) if f.pid == f.session]
    if not leaders:
        return None
    # A script may make sessions of its own, but never before its shim has one.
    first = min(leaders, key=lambda process: (process.start, process.pid))
    return str(ProcessId(boot=processes.boot_id(), pid=first.pid, start=first.start))


def _take_over_ended(execution: Execution, owner: str) -> None:
    """Ends an Execution whose script has ended, or gives it back when it never had one."""
    if lifecycle.adopt(execution.pk, previous=execution.owner, owner=owner):
        with _failing_alone(execution, owner):
            _settle_or_return(execution, owner)


@contextmanager
def _failing_alone(execution: Execution, owner: str) -> Iterator[None]:
    """One that cannot be settled fails, so that it does not keep a node from all others for ever."""
    try:
        yield
    except UNREACHABLE:
        raise
    except Exception:
        reference = secrets.token_hex(4)
        log.exception("Execution %s cannot be settled, reference %s", execution.pk, reference)
        message = (
            "It ended without a worker, and its results could not be read or stored. "
            f"Give your administrator the reference {reference}."
        )
        lifecycle.give_up(execution.pk, owner, Reason.LOST, message)


def _settle_or_return(execution: Execution, owner: str) -> None:
    _end_processes(execution)
    if execution.start_marked_at is not None:
        # A dead process may have moved it between the look and the adoption.
        execution.refresh_from_db(fields=["state", "message", "stop_cause", "started_at"])
        settle_ended(execution, owner)
    elif not lifecycle.return_to_queue(execution.pk, owner):
        for folder in (paths.work(execution.pk), paths.inputs(execution.pk), paths.home(execution.pk)):
            filetree.remove(folder)
        message = lifecycle.message_of(execution.pk)
        lifecycle.transition(execution.pk, State.STOPPING, State.STOPPED, message=message, only_owner=owner)


def _end_processes(execution: Execution) -> None:
    """Kills what is left of a script or of a build, wherever it went."""
    mark = prepare.mark(execution.pk)
    processes.kill_all(lambda: processes.marked(mark))


CUT_OFF = "Interrupted when the server was stopped; executed again at the next start."


def cut_off(node: Node, *, within_seconds: float) -> None:
    """Ends every script of this node, TERM first and then KILL, and queues their Runs again.

    Takes all of them over first, so that nobody else says how they ended.
    """
    owner = str(ProcessId.mine())
    taken = [
        execution
        for execution in _with_run(Execution.objects.filter(node=node, state__in=ACTIVE)).order_by("pk")
        if lifecycle.adopt(execution.pk, previous=execution.owner, owner=owner)
    ]
    ended = {execution.pk for execution in taken if read_exit_code(paths.exit_file(execution.pk)) is not None}
    marks = [prepare.mark(execution.pk) for execution in taken]
    deadline = time.monotonic() + min(settings.STOP_GRACE, within_seconds / 2)
    for mark in marks:
        for process in processes.marked(mark):
            processes.send(process, processes.TERM)
    while marks and time.monotonic() < deadline:
        marks = [mark for mark in marks if processes.marked(mark)]
        time.sleep(0.05)
    for execution in taken:
        _end_processes(execution)
        if execution.pk in ended or execution.status is State.STOPPING:
            settle_ended(execution, owner)
        elif execution.start_marked_at is not None or not lifecycle.return_to_queue(execution.pk, owner):
            result = Outcome(state=State.FAILED, reason=Reason.LOST, message=CUT_OFF)
            settle(execution, owner, result, always_recover=True)


def tidy() -> None:
    """Frees what nobody needs any longer, and gives up on nodes that are gone. Call it every few minutes."""
    give_up_lost_nodes()
    _tidy_scratch()
    _tidy_executions()
    snapshots.delete_unused()
    eviction.tidy(settings.NODE_NAME)


def give_up_lost_nodes() -> None:
    """Executions of other nodes that do not answer any longer are lost, and executed again elsewhere."""
    now = timezone.now()
    gone = Q(node=None) | Q(node__heartbeat_at__lt=now - GONE_AFTER, node__stopped_at=None)
    gone |= Q(node__stopped_at__lt=now - STOPPED_AFTER)
    rows = Execution.objects.filter(gone, state__in=ACTIVE, heartbeat_at__lt=now - GONE_AFTER)
    owner = str(ProcessId.mine())
    for execution in _with_run(rows.exclude(node__name=settings.NODE_NAME)):
        if not lifecycle.adopt(execution.pk, previous=execution.owner, owner=owner):
            continue
        with _failing_alone(execution, owner):
            if execution.start_marked_at is None and lifecycle.return_to_queue(execution.pk, owner):
                continue
            name = "Its node" if execution.node is None else f"Its node {execution.node.name}"
            silent = timezone.now() - (execution.heartbeat_at or execution.created_at)
            message = f"{name} was lost: it has not answered for {silent // timedelta(minutes=1)} minutes."
            settle(execution, owner, Outcome(state=State.FAILED, reason=Reason.LOST, message=message))


def _tidy_scratch() -> None:
    """Half-made things whose makers were killed."""
    if not paths.scratch().is_dir():
        return
    oldest = time.time() - SCRATCH_KEPT.total_seconds()
    for place in paths.scratch().iterdir():
        with suppress(FileNotFoundError):  # its maker, or another node, was faster
            if place.lstat().st_mtime < oldest:
                filetree.remove(place)


def _tidy_executions() -> None:
    """Folders of Executions that were deleted, when their deletion was cut short; a part of all at a time."""
    root = paths.execution(0).parent.parent
    shards = list(root.iterdir()) if root.is_dir() else []
    if not shards:
        return
    shard = random.choice(shards)  # noqa: S311
    found = {int(name) for name in os.listdir(shard) if name.isdigit()}
    for pk in found - set(Execution.objects.filter(pk__in=found).values_list("pk", flat=True)):
        filetree.remove(paths.execution(pk))
