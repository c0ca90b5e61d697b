"""Deletes a Task permanently with all its Runs, and says first what will be lost. Knows no HTTP."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Sum

from runs.models import Artifact, Execution, Run
from runs.states import UNFINISHED
from runs.submission import run_actions
from tasks.files import store
from tasks.models import Task


def loss_with_task(task: Task) -> dict[str, int]:
    """What is deleted with a Task; sizes in bytes. `unfinished` Runs stand in the way."""
    files = store.list_files(task)
    runs, executions = Run.objects.filter(task=task), Execution.objects.filter(run__task=task)
    artifacts = Artifact.objects.filter(execution__run__task=task)
    return {
        "files": len(files),
        "size": sum(file.size for file in files),
        "runs": runs.count(),
        "executions": executions.count(),
        "artifacts": artifacts.count(),
        "artifact_size": artifacts.aggregate(total=Sum("size", default=0))["total"],
        "unfinished": runs.filter(state__in=UNFINISHED).count(),
    }


def delete_task(task: Task, *, by: User) -> None:
    """Deletes the Task, its files, its Runs and what they left, and frees the disk.

    Raises SubmitError, with a sentence, while a Run has not ended. The Task's row is held first, so
    that no Run of it is submitted meanwhile.
    """
    with transaction.atomic(), store.holding(task):
        pk = task.pk
        run_actions.delete_runs(Run.objects.filter(task=task), by=by)
        Task.objects.filter(pk=pk).delete()
        transaction.on_commit(lambda: store.remove_all([pk]))
