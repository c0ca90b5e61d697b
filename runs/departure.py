"""Deletes a Task for good with all its Runs, and says first what will be lost. Knows no HTTP."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Sum

from runs import submit
from runs.models import Artifact, Execution, Run
from runs.states import UNFINISHED
from tasks import codetree
from tasks.models import Task


class Refused(ValueError):
    """The Task cannot be deleted now; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What is deleted with a Task; sizes in bytes. `unfinished` Runs stand in the way."""

    files: int
    size: int
    runs: int
    executions: int
    artifacts: int
    artifact_size: int
    unfinished: int


def loss_with_task(task: Task) -> Loss:
    files = codetree.list_files(task)
    runs, executions = Run.objects.filter(task=task), Execution.objects.filter(run__task=task)
    artifacts = Artifact.objects.filter(execution__run__task=task)
    return Loss(
        files=len(files),
        size=sum(file.size for file in files),
        runs=runs.count(),
        executions=executions.count(),
        artifacts=artifacts.count(),
        artifact_size=artifacts.aggregate(total=Sum("size"))["total"] or 0,
        unfinished=runs.filter(state__in=UNFINISHED).count(),
    )


def delete_task(task: Task) -> None:
    """Deletes the Task, its files, its Runs and what they left, and frees the disk.

    Raises Refused while a Run has not ended.
    The Task's row is held first, so that no Run of it is submitted meanwhile.
    """
    with transaction.atomic(), codetree.holding(task):
        unfinished = Run.objects.filter(task=task, state__in=UNFINISHED).count()
        if unfinished:
            which = "One of its Runs has" if unfinished == 1 else f"{unfinished} of its Runs have"
            raise Refused(f"{which} not ended. Stop what is unfinished first, then delete the Task.")
        pk = task.pk
        executions = list(Execution.objects.filter(run__task=task).values_list("pk", flat=True))
        Task.objects.filter(pk=pk).delete()
        transaction.on_commit(lambda: (submit.free_disk(executions), codetree.remove_all([pk])))
