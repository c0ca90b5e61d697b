"""Run Task, the Runs table, and what is done to Runs from it and from the Run page. HTTP only."""

import json

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coretex_site.lib import web
from projects.models import Role
from runs.access import get_run
from runs.models import Batch, Run
from runs.submission import notifications, run_actions
from runs.submission.errors import SubmitError
from runs.web.page_models import prefill, run_list, run_table
from runs.web.page_models.run_filters import key
from runs.web.page_models.run_form import Screen
from tasks.access import get_task

SELECTED_AT_MOST = 500


# Run Task


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Project, then Task."""
    context = run_list.choices(request.user, request.GET)
    return web.page(request, "runs/choose.html", context, fragment="runs/_choose.html")


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, pk: int) -> HttpResponse:
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
def check(request: HttpRequest, pk: int) -> HttpResponse:
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


def screen_of(request: HttpRequest, pk: int) -> Screen:
    """The form of the Task, filled from a Run, Batch, preset or specification if the address says so."""
    task = get_task(request.user, pk, need=Role.EDITOR)
    data = request.POST if request.method == "POST" else None
    page = key(request.POST.get("page", "")) or 1
    source = key(request.GET.get("from", ""))
    if source:
        return Screen(task=task, source=get_run(request.user, source), data=data, page=page)
    wanted = prefill.read(request, task)
    return Screen(task=task, data=data, page=page, asked=wanted, notices=list(wanted.problems))


def show(request: HttpRequest, screen: Screen, *, status: int) -> HttpResponse:
    context = {"screen": screen, "task": screen.task, "section": "runs"}
    if screen.spec is None or screen.summary.cannot_run:
        return render(request, "runs/cannot_run.html", context, status=status)
    context |= {
        "mail_is_set_up": notifications.mail_is_set_up(),
        "recent": prefill.recent(screen.task, request.user),
    }
    return web.page(request, "runs/new.html", context, fragment="runs/_new.html", status=status)


# The Runs table


@require_safe
def list_runs(request: HttpRequest) -> HttpResponse:
    context = run_list.runs(request.user, request.GET)
    response = web.page(request, "runs/list.html", context, fragment="runs/_list.html")
    if request.htmx:
        response.headers["HX-Push-Url"] = context["address"]
    return response


@require_safe
def states(request: HttpRequest) -> HttpResponse:
    """What changes in the rows of the unfinished Runs that a page shows."""
    keys = [key(text) for text in request.GET.getlist("run")[: run_table.PAGE]]
    return render(request, "runs/_states.html", run_list.states(request.user, keys))


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Stops or deletes the Runs that were ticked; deleting is confirmed on a page that says what is lost."""
    back = return_address(request)
    keys = {key(text) for text in request.POST.getlist("run")[:SELECTED_AT_MOST]}
    chosen = run_table.shown(request.user, keys)
    mine = [run for run in chosen if run.project_id in run_table.editable(request.user, chosen)]
    if len(mine) < len(chosen):
        left = len(chosen) - len(mine)
        what = "1 of them is left as it is" if left == 1 else f"{left} of them are left as they are"
        messages.warning(request, f"{what}: there you may only look.")
    if not mine:
        messages.info(request, "No Runs were chosen.")
        return web.go(request, back)
    if request.POST.get("action") == "stop":
        return stopped(request, mine, back)
    if request.POST.get("action") == "delete":
        return deleted(request, mine, back)
    raise PermissionDenied("Runs can be stopped and deleted here, nothing else.")


def stopped(request: HttpRequest, runs: list[Run], back: str) -> HttpResponse:
    count = run_actions.stop_runs(runs, by=request.user)
    asked = "The Run was asked to stop." if len(runs) == 1 else f"{count} of {len(runs)} Runs asked to stop."
    ended = "The Run had ended." if len(runs) == 1 else "They had all ended."
    messages.success(request, asked if count else ended)
    return web.go(request, back)


def deleted(request: HttpRequest, runs: list[Run], back: str) -> HttpResponse:
    if "confirmed" not in request.POST:
        context = {"losses": run_list.loss(runs), "runs": runs, "back": back, "section": "runs"}
        return render(request, "runs/delete.html", context)
    try:
        count = run_actions.delete_runs(runs, by=request.user)
    except SubmitError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{count} Runs were deleted." if count > 1 else "The Run was deleted.")
    return web.go(request, back)


def return_address(request: HttpRequest) -> str:
    """Where the person came from, if it is a page of ours."""
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return back if safe else reverse("runs:list")


# One Run


@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_run(request.user, pk, need=Role.EDITOR)
    try:
        execution = run_actions.again(run, by=request.user)
        messages.success(request, f"Execution {execution.number} is queued.")
    except SubmitError as error:
        messages.error(request, str(error))
    return web.go(request, run.get_absolute_url())


@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_run(request.user, pk, need=Role.EDITOR)
    if run.latest is None or not run_actions.stop(run.latest, by=request.user):
        messages.info(request, f"Run {pk} had ended already.")
    return web.go(request, run.get_absolute_url())


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_run(request.user, pk, need=Role.EDITOR)
    try:
        run_actions.delete_runs([run], by=request.user)
    except SubmitError as error:
        messages.error(request, str(error))
        return web.go(request, run.get_absolute_url())
    messages.success(request, f"Run {pk} was deleted.")
    return web.go(request, f"{reverse('runs:list')}?task={run.task_id}")
