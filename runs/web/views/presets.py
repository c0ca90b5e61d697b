"""The specification behind the Run Task form: copied, read back, kept as a preset. HTTP only."""

import json
from dataclasses import replace

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from coretex_site.lib import web
from coretex_site.lib.web import Request
from projects.models import Role
from runs.models import Preset
from runs.runspec import SCHEMA, RunSpec, RunSpecError
from runs.submission import command_line, presets
from runs.submission.choices import readable
from runs.submission.errors import SubmitError
from runs.submission.start import default_name
from runs.web.page_models import prefill
from runs.web.page_models.run_form import RunTaskForm
from runs.web.page_models.run_task import RunTaskPage
from runs.web.views.run_task import read_form, show
from tasks.access import get_task
from tasks.types.declarations import TaskSpec


@login_not_required
@require_safe
def schema(request: Request) -> HttpResponse:
    """The JSON Schema of a specification; public, since editors do not sign in."""
    return web.public_json(SCHEMA, content_type="application/schema+json")


@require_POST
def copy_as(request: Request, pk: int) -> HttpResponse:
    """What the form holds as an address, YAML, JSON and a command."""
    form = read_form(request, pk)
    context: dict[str, object] = {"problem": problem_of(form)}
    if not context["problem"]:
        spec = kept(form)
        address = f"{reverse('runs:new', args=[pk])}?{spec.as_query()}"
        context["notations"] = [
            ("url", "Address of this form", request.build_absolute_uri(address)),
            ("command", "Command", command_line.as_command(spec)),
            ("yaml", "YAML", spec.as_yaml()),
            ("json", "JSON", json.dumps(spec.as_json(), ensure_ascii=False, indent=2)),
        ]
    return render(request, "runs/_copy_as.html", context)


def problem_of(form: RunTaskForm) -> str:
    """Why the form holds no specification now; empty when it does."""
    if form.declared is None or not form.parameters.is_valid() or not form.combine.is_valid():
        return "Fix the invalid values first."
    return ""


@require_POST
def fill(request: Request, pk: int) -> HttpResponse:
    """The form filled from YAML or JSON."""
    task = get_task(request.user, pk, need=Role.EDITOR)
    try:
        filled = prefill.of_text(request.POST.get("text", "").strip(), task)
    except RunSpecError as error:
        if request.htmx:
            return render(request, "runs/_fill_error.html", {"problem": str(error)}, status=422)
        messages.error(request, str(error))
        return web.go(request, reverse("runs:new", args=[pk]))
    form = RunTaskForm(task=task, prefill=filled)
    response = show(request, form, status=200)
    if request.htmx:
        response.headers["HX-Retarget"] = "#run-task"
        response.headers["HX-Reswap"] = "outerHTML show:window:top"
        response.headers["HX-Trigger-After-Swap"] = "filled"
    return response


@require_POST
def save_preset(request: Request, pk: int) -> HttpResponse:
    """Keeps what the form holds under a name."""
    form = read_form(request, pk)
    problem = problem_of(form)
    if not problem:
        try:
            presets.save(form.task, request.POST.get("preset_name", ""), kept(form), by=request.user)
        except SubmitError as error:
            problem = str(error)
    return listed(request, form, problem=problem)


def kept(form: RunTaskForm) -> RunSpec:
    """What the form holds, without what it fills in by itself."""
    spec = form.spec()
    own_name = "" if spec.name == default_name(form.task) else spec.name
    return readable(form.declared or TaskSpec(), replace(spec, name=own_name))


@require_POST
def delete_preset(request: Request, pk: int) -> HttpResponse:
    preset = Preset.objects.filter(pk=pk).select_related("task").first()
    if preset is None:
        raise Http404
    task = get_task(request.user, preset.task_id, need=Role.EDITOR)
    presets.delete(preset)
    return listed(request, RunTaskForm(task=task))


def listed(request: Request, form: RunTaskForm, *, problem: str = "") -> HttpResponse:
    """The menu of presets again, or the whole form for a browser without scripts."""
    if not request.htmx:
        if problem:
            messages.error(request, problem)
        return web.go(request, reverse("runs:new", args=[form.task.pk]))
    page = RunTaskPage(form, request.user)
    context = {"form": form, "page": page, "task": form.task, "problem": problem}
    return render(request, "runs/_presets.html", context, status=422 if problem else 200)
