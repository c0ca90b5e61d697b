"""The Runs' part in deleting a Project permanently, see `projects.deletion`."""

from collections.abc import Callable

from django.db.models import Sum

from projects.deletion import Loss
from projects.models import Project
from runs.models import Artifact, Execution, Metric, MetricPoint, Run, StateChange
from runs.states import UNFINISHED
from runs.submission import run_actions


def losses(project: Project) -> list[Loss]:
    """The size is that of what the Executions left as Artifacts."""
    left = Artifact.objects.filter(execution__run__project=project).aggregate(size=Sum("size"))
    return [Loss(what="Runs", one="Run", count=project.runs.count(), size=left["size"] or 0)]


def obstacle(project: Project) -> str | None:
    """A sentence while an Execution of the Project is unfinished."""
    count = Execution.objects.filter(run__project=project, state__in=UNFINISHED).count()
    if not count:
        return None
    which = "An Execution has" if count == 1 else f"{count:,} Executions have"
    return f"{which} not ended yet. Stop the Project's Runs, or wait until they have ended, then delete it."


def delete(project: Project) -> Callable[[], None]:
    """From the points up: each step is one statement, however many rows there are."""
    executions = list(Execution.objects.filter(run__project=project).values_list("pk", flat=True))
    MetricPoint.objects.filter(metric__execution__run__project=project).delete()
    for model in (Metric, Artifact, StateChange):
        model.objects.filter(execution__run__project=project).delete()
    Execution.objects.filter(run__project=project).delete()
    Run.objects.filter(project=project).delete()
    return lambda: run_actions.free_disk(executions)
