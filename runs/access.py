"""Which Runs and Batches a person may see and change, by the rule of `projects.access`."""

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404

from projects import access
from projects.models import Role
from runs.models import Batch, Execution, Run


def visible_runs(user: User) -> QuerySet[Run]:
    """The Runs of all Projects that `user` may see."""
    return Run.objects.filter(access.visible(user, through="project__"))


def get_run(user: User, pk: int, *, need: Role = Role.VIEWER) -> Run:
    """The Run `pk`; Http404 when it is not there for them, PermissionDenied when they may only look."""
    runs = Run.objects.select_related("project", "task", "snapshot", "latest", "created_by", "wanted_node")
    return access.find(runs, user, pk, need=need)


def get_execution(user: User, run_pk: int, number: int, *, need: Role = Role.VIEWER) -> Execution:
    """Execution `number` of the Run `run_pk`, with the Run and its Project."""
    run = get_run(user, run_pk, need=need)
    execution = run.executions.select_related("node", "environment").filter(number=number).first()
    if execution is None:
        raise Http404(f"Run {run_pk} has no Execution {number}.")
    execution.run = run
    return execution


def visible_batches(user: User) -> QuerySet[Batch]:
    """The Batches of all Projects that `user` may see."""
    return Batch.objects.filter(access.visible(user, through="project__"))


def get_batch(user: User, pk: int, *, need: Role = Role.VIEWER) -> Batch:
    """The Batch `pk`; Http404 when it is not there for them, PermissionDenied when they may only look."""
    batches = Batch.objects.select_related("project", "task", "snapshot", "created_by", "wanted_node")
    return access.find(batches, user, pk, need=need)
