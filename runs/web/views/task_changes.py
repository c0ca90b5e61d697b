"""What the Runs add to the Task page: whether its files changed since the last one, how, and its end."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from coretex_site.lib.web import Request, go
from projects.models import Role
from runs import snapshots
from runs.access import visible_runs
from runs.models import Run
from runs.submission import delete_task as departure
from runs.submission.errors import SubmitError
from tasks.access import get_task
from tasks.files import diff, store
from tasks.models import Task


def latest_run(request: Request, task: Task) -> Run | None:
    return visible_runs(request.user).filter(task=task).order_by("-pk").first()


@require_safe
def task_changes(request: Request, pk: int) -> HttpResponse:
    """A badge for the Task page: whether its files differ from the Snapshot of its last Run."""
    task = get_task(request.user, pk)
    run = latest_run(request, task)
    context: dict[str, object] = {"task": task, "run": run}
    if run is not None:
        context["differs"] = snapshots.task_differs(task, run.snapshot_id)
    return render(request, "runs/_task_changes.html", context)


@require_safe
def task_diff(request: Request, pk: int) -> HttpResponse:
    """How the Task's files differ from the Snapshot of its last Run, file by file."""
    task = get_task(request.user, pk)
    run = latest_run(request, task)
    context = {"section": "tasks", "task": task, "run": run}
    if run is not None:
        try:
            context["differences"] = since(task, run.snapshot_id)
        except (snapshots.SnapshotError, FileNotFoundError) as error:
            context["problem"] = str(error)
    return render(request, "runs/task_changes.html", context)


def since(task: Task, digest: str) -> list[diff.FileDifference]:
    """The differences from a Snapshot to the Task's files as they are now."""
    frozen = snapshots.root(digest)
    before = {path: (executable, sha256) for path, executable, sha256 in snapshots.read_list(digest)}
    return diff.compare(
        before,
        store.entries(task),
        read_before=lambda path: (frozen / path).read_bytes(),
        read_after=lambda path: store.read_bytes(task, path),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def delete_task(request: Request, pk: int) -> HttpResponse:
    """Says what will be lost with a Task, and deletes it with its files and Runs."""
    task = get_task(request.user, pk, need=Role.EDITOR)
    if request.method == "POST":
        try:
            departure.delete_task(task, by=request.user)
        except SubmitError as refusal:
            messages.error(request, str(refusal))
            return go(request, reverse("runs:delete_task", args=[pk]))
        messages.success(request, f"Task “{task.name}” deleted.")
        return go(request, f"{reverse('tasks:list')}?project={task.project_id}")
    context = {"section": "tasks", "task": task, "loss": departure.loss_with_task(task)}
    return render(request, "runs/delete_task.html", context)
