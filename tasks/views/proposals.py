"""The page that proposes a task.yaml for a Task that has none. HTTP only: `suggestions` has what it shows."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from coretex_site.lib import highlight
from coretex_site.lib.filetree import TreeError
from coretex_site.lib.web import Request, go
from projects.models import Role
from tasks.access import get_task
from tasks.files import store
from tasks.forms import previews
from tasks.models import Task
from tasks.proposals import suggestions
from tasks.proposals.propose import Proposal
from tasks.views import files


@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: Request, pk: int) -> HttpResponse:
    """The proposed text, to be edited and created, with what to know of it."""
    task = get_task(request.user, pk, need=Role.EDITOR)
    found = suggestions.suggest(task, schema_url=files.schema_url(request))
    if request.method == "POST":
        return create(request, task, found)
    if found is None:
        messages.info(request, "Nothing to propose: the Task has a task.yaml already, or no parameters.")
        return go(request, task.get_absolute_url())
    return render(request, "tasks/propose.html", context_of(request, task, found, found.text))


def create(request: Request, task: Task, found: Proposal | None) -> HttpResponse:
    """Adds task.yaml with the text as it was sent, and the launchers that were ticked."""
    text, ticked = request.POST.get("text", ""), set(request.POST.getlist("also"))
    launchers = [launcher for launcher in found.launchers if launcher.path in ticked] if found else []
    try:
        store.write_text(task, store.TASK_YAML, text, expected=None, by=request.user)
        for launcher in launchers:
            store.create(task, launcher.path, launcher.text.encode(), by=request.user)
    except store.Conflict as conflict:
        return files.conflicting(request, task, conflict, text)
    except TreeError as error:
        if found is None or store.TASK_YAML in {file.path for file in store.list_files(task)}:
            return files.refused(request, task, error.problems)
        context = context_of(request, task, found, text) | {"problems": error.problems, "ticked": ticked}
        return render(request, "tasks/propose.html", context, status=422)
    added = [store.TASK_YAML, *(launcher.path for launcher in launchers)]
    messages.success(request, f"{' and '.join(added)} {'was' if len(added) == 1 else 'were'} added.")
    return go(request, reverse("tasks:file", args=[task.pk, store.TASK_YAML]))


def context_of(request: Request, task: Task, found: Proposal, text: str) -> dict[str, Any]:
    return files.with_tree(request, task, store.TASK_YAML) | {
        "proposal": found,
        "text": text,
        "mode": highlight.editor_mode(store.TASK_YAML),
        "preview": previews.of_text(text, task.project),
    }
