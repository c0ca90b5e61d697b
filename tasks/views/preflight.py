"""Carries out what the Task page offers about how its files would run. HTTP only."""

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from coretex_site.lib.filetree import TreeError
from coretex_site.lib.web import Request, back, go
from tasks.files import store
from tasks.models import Task
from tasks.preflight import reading
from tasks.views.files import changing


@changing
def fix(request: Request, task: Task) -> HttpResponse:
    """Does what the button said, and returns to the page it was on."""
    page = back(request, task.get_absolute_url())
    try:
        messages.success(request, reading.apply_fix(task, request.POST.get("fix", ""), by=request.user))
    except TreeError as error:
        for problem in error.problems:
            messages.error(request, problem)
    path = page.removeprefix(reverse("tasks:folder", args=[task.pk]))
    is_gone = path != page and path and path not in {file.path for file in store.list_files(task)}
    return go(request, task.get_absolute_url() if is_gone else page)
