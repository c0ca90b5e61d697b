"""What workers do for Batches besides executing Runs: build, stop after failures, end, tell."""

from django.db import transaction
from django.utils import timezone

from runs.models import Batch
from runs.queue import bulk_transitions, scheduler
from runs.states import UNFINISHED, State
from runs.submission import build, notifications


def attend() -> int:
    """Does all there is to do now; how much that was. Any number of processes may call it at once."""
    done = 0
    for batch in scheduler.to_attend():
        if batch.built_at is None:
            done += build.build(batch.pk)
        else:
            done += stop_after_failures(batch) + end(batch)
    return done + notifications.send_due()


def stop_after_failures(batch: Batch) -> bool:
    """Stops what waits once as many Runs failed as were allowed to; what runs finishes."""
    if batch.stop_after is None or not scheduler.has_failed_enough(batch):
        return False
    with transaction.atomic():
        held = scheduler.hold(batch.pk)
        if held is None or not scheduler.has_failed_enough(held):
            return False
        failed = scheduler.failures(held)
        runs = "Run" if failed == 1 else "Runs"
        message = f"Stopped before it was started, because {failed:,} {runs} of the Batch failed."
        stopped = bulk_transitions.transition(held, [State.QUEUED], State.STOPPED, message=message)
        if stopped:
            reason = f"Stopped after {failed:,} failed {runs}, as set."
            Batch.objects.filter(pk=held.pk).update(stopped_at=timezone.now(), stop_reason=reason)
    return bool(stopped)


def end(batch: Batch) -> bool:
    """Notes that no Run of the Batch is unfinished, and whom to tell; once, however many look at it."""
    if batch.runs.filter(state__in=UNFINISHED).exists():
        return False
    with transaction.atomic():
        held = scheduler.hold(batch.pk)
        if held is None or held.finished_at is not None or held.built_at is None:
            return False
        # Looked at again: while it is held nobody executes one of its Runs again.
        if held.runs.filter(state__in=UNFINISHED).exists():
            return False
        Batch.objects.filter(pk=held.pk).update(finished_at=timezone.now(), paused_at=None, seen_at=None)
        notifications.make(held)
    return True
