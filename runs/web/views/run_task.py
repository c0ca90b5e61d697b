"""Run Task: the choice of a Task, its form, and what the form would start. HTTP only."""

import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coretex_site.lib import web
from coretex_site.lib.web import Request
from projects.models import Role
from runs.access import get_run
from runs.models import Batch
from runs.submission import notifications
from runs.web.page_models import prefill, run_list
from runs.web.page_models.run_filters import key
from runs.web.page_models.run_form import Screen
from tasks.access import get_task

# Run Task


@require_safe
def choose(request: Request) -> HttpResponse:
    """Project, then Task."""
    context = run_list.choices(request.user, request.GET)
    return web.page(request, "runs/choose.html", context, fragment="runs/_choose.html")


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, pk: int) -> HttpResponse:
    """The Run Task form of a Task."""
    screen = screen_of(request, pk)
    if request.method != "POST" or screen.spec is None or screen.summary.cannot_run:
        return show(request, screen, status=200 if request.method != "POST" else 422)
    began = timezone.now()
    started = screen.submit(by=request.user)
    if started is None:
        return show(request, screen, status=422)
    if started.created_at < began:
        what = "Batch" if isinstance(started, Batch) else "Run"
        messages.info(request, f"This form had been sent before: this is the {what} that it started.")
    return web.go(request, started.get_absolute_url())


@require_POST
def check(request: Request, pk: int) -> HttpResponse:
    """The errors of what was typed so far, and what it would start.

    The browser is told which parameters are hidden and required.
    """
    screen = screen_of(request, pk)
    if screen.spec is None:
        return HttpResponse(status=204)
    if screen.is_several:
        screen.look_ahead()
    inputs = screen.parameters.inputs
    touched = set(inputs) if "checked" in request.POST else screen.parameters.touched
    context = {"inputs": inputs.items(), "touched": touched, "screen": screen, "task": screen.task}
    response = render(request, "runs/_check.html", context)
    facts = {
        drawn.id: {"hidden": drawn.is_hidden, "required": drawn.is_required} for drawn in inputs.values()
    }
    response.headers["HX-Trigger"] = json.dumps({"parameters": facts})
    return response


def screen_of(request: Request, pk: int) -> Screen:
    """The form of the Task, filled from a Run, Batch, preset or specification if the address says so."""
    task = get_task(request.user, pk, need=Role.EDITOR)
    data = request.POST if request.method == "POST" else None
    page = key(request.POST.get("page", "")) or 1
    source = key(request.GET.get("from", ""))
    if source:
        return Screen(task=task, source=get_run(request.user, source), data=data, page=page)
    wanted = prefill.read(request.GET, task, user=request.user)
    return Screen(task=task, data=data, page=page, asked=wanted, notices=list(wanted.problems))


def show(request: Request, screen: Screen, *, status: int) -> HttpResponse:
    context = {"screen": screen, "task": screen.task, "section": "runs"}
    if screen.spec is None or screen.summary.cannot_run:
        return render(request, "runs/cannot_run.html", context, status=status)
    context |= {
        "mail_is_set_up": notifications.mail_is_set_up(),
        "recent": prefill.recent(screen.task, request.user),
    }
    return web.page(request, "runs/new.html", context, fragment="runs/_new.html", status=status)
