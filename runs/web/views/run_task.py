"""Run Task: the choice of a Task, its form, and what the form would start. HTTP only."""

import json

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coretex_site.lib import web
from coretex_site.lib.filetree import TreeError
from coretex_site.lib.web import Request
from projects.models import Role
from runs.models import Batch, Run
from runs.submission.errors import SubmitError
from runs.submission.start import start
from runs.web.page_models import prefill, run_list
from runs.web.page_models.run_filters import key
from runs.web.page_models.run_form import RunTaskForm
from runs.web.page_models.run_task import RunTaskPage
from tasks.access import get_task
from tasks.preflight import reading

# Run Task


@require_safe
def choose(request: Request) -> HttpResponse:
    """Project, then Task."""
    context = run_list.choices(request.user, request.GET)
    return web.page(request, "runs/choose.html", context, fragment="runs/_choose.html")


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, pk: int) -> HttpResponse:
    """The Run Task form of a Task."""
    form = read_form(request, pk)
    if request.method != "POST":
        return show(request, form, status=200)
    if "fix" in request.POST:
        return fix(request, form)
    began = timezone.now()
    try:
        started = start_what(form, by=request.user)
    except SubmitError as error:
        form.show_problems(error)
        started = None
    if started is None:
        return show(request, form, status=422)
    if started.created_at < began:
        what = "Batch" if isinstance(started, Batch) else "Run"
        messages.info(request, f"This form was already submitted: this is the {what} that it started.")
    return web.go(request, started.get_absolute_url())


def fix(request: Request, form: RunTaskForm) -> HttpResponse:
    """Does what a button above Start said, and shows the form again as it was filled."""
    try:
        done = reading.apply_fix(form.task, request.POST["fix"], script=form.script, by=request.user)
    except TreeError as error:
        form.notices += error.problems
        return show(request, form, status=422)
    form = read_form(request, form.task.pk)
    form.done = done
    return show(request, form, status=200)


def start_what(form: RunTaskForm, *, by: User) -> Run | Batch | None:
    """Starts what the form asks for; None when it cannot be read. Raises SubmitError."""
    if not form.can_run or not form.is_valid():
        return None
    if form.question:
        form.asks = True
        return None
    return start(
        form.spec(),
        by=by,
        form_token=form.run.cleaned_data["token"],
        reuse=form.combine.cleaned_data["reuse"],
        notify=form.combine.notify,
    )


@require_POST
def check(request: Request, pk: int) -> HttpResponse:
    """The errors of what was typed so far, and what it would start.

    The browser is told which parameters are hidden and required.
    """
    form = read_form(request, pk)
    if form.declared is None:
        return HttpResponse(status=204)
    if form.is_several:
        form.preview  # noqa: B018 - finds what is wrong with the values together
    inputs = form.parameters.inputs
    touched = set(inputs) if "checked" in request.POST else form.parameters.touched
    context = {"inputs": inputs.items(), "touched": touched, "form": form, "task": form.task}
    response = render(request, "runs/_check.html", context)
    parameters = {
        drawn.id: {"hidden": drawn.is_hidden, "required": drawn.is_required} for drawn in inputs.values()
    }
    response.headers["HX-Trigger"] = json.dumps({"parameters": parameters})
    return response


def read_form(request: Request, pk: int) -> RunTaskForm:
    """The form of the Task, filled from a Run, Batch, preset or specification if the address says so."""
    task = get_task(request.user, pk, need=Role.EDITOR)
    return RunTaskForm(
        task=task,
        data=request.POST if request.method == "POST" else None,
        page=key(request.POST.get("page", "")) or 1,
        prefill=prefill.read(request.GET, task, user=request.user),
    )


def show(request: Request, form: RunTaskForm, *, status: int) -> HttpResponse:
    context = {"form": form, "task": form.task, "section": "runs", "page": RunTaskPage(form, request.user)}
    if not form.can_run:
        return render(request, "runs/cannot_run.html", context, status=status)
    return web.page(request, "runs/new.html", context, fragment="runs/_new.html", status=status)
