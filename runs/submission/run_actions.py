"""What people do to Runs: execute again, stop, delete. Knows no HTTP; callers check permissions."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction

from coretex_site.lib import filetree, paths
from runs import lifecycle, snapshots
from runs.models import Execution, Run
from runs.queue import scheduler, wakeups
from runs.states import UNFINISHED, Cause
from runs.submission.errors import SubmitError


def again(run: Run, *, by: User, exactly: Execution | None = None) -> Execution:
    """Queues a new Execution of the same Snapshot with the same values; refused while one is unfinished.

    With `exactly` it gets the packages which that Execution had, even if newer ones could be installed.
    """
    if exactly is not None and exactly.environment is None:
        raise SubmitError(
            f"Execution {exactly.number} of Run {run.pk} had no environment whose packages could be "
            "installed again. Use Execute again instead."
        )
    with transaction.atomic():
        scheduler.reopen(run.batch_id)
        locked = Run.objects.select_for_update().get(pk=run.pk)
        if locked.state in UNFINISHED:
            raise SubmitError(f"Run {run.pk} is still {locked.state}. Stop it, or wait until it has ended.")
        execution = lifecycle.queue(
            run, Cause.AGAIN, by=by, exactly=None if exactly is None else exactly.environment
        )
        transaction.on_commit(lambda: wakeups.wake(run.wanted_node))
    return execution


def stop(execution: Execution, *, by: User) -> bool:
    """Asks for its end; False when it has ended already."""
    return lifecycle.request_stop(execution, by=by)


def stop_runs(runs: Iterable[Run], *, by: User) -> int:
    """Asks for the end of the unfinished ones; how many these were."""
    latest = Execution.objects.filter(pk__in=[run.latest_id for run in runs], state__in=UNFINISHED)
    return sum(stop(execution, by=by) for execution in latest.select_related("run"))


def delete_runs(runs: Iterable[Run], *, by: User) -> int:
    """Deletes finished Runs permanently with all they left, and frees the disk; how many were deleted.

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
