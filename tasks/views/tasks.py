"""The list of Tasks, the ways to make one, the gallery of Templates, a Task's parameters and settings."""

import json
from pathlib import Path

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import F
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coretex_site.lib import uploading
from coretex_site.lib.filetree import TreeError
from coretex_site.lib.intake import Question
from coretex_site.lib.web import Request, go, page, public_json
from projects import access, lists
from projects.data import uploads
from projects.models import Role
from projects.views import pending
from tasks import create, library
from tasks.access import get_task, visible_tasks
from tasks.creation_forms import CreateForm, DetailsForm, ProjectForm
from tasks.files import overview, store, tree, view
from tasks.forms import previews
from tasks.models import Task
from tasks.proposals import suggestions
from tasks.taskyaml.heading import heading
from tasks.views.files import frame, schema_url

SCHEMA = Path(__file__).resolve().parent.parent / "task.schema.json"
ORDERS = {"name": Lower("name"), "changed_at": F("changed_at")}
LONGEST_KEY = 18  # digits; a database has 64 bits


@require_safe
def list_tasks(request: Request) -> HttpResponse:
    """Every Task I may see, by search and Project; those of an archived Project only when it is chosen."""
    search, project = request.GET.get("q", "").strip()[:200], request.GET.get("project", "")
    tasks = visible_tasks(request.user).select_related("changed_by").filter(lists.words(search, "name"))
    chosen = None
    by_project = project.isdecimal() and len(project) <= LONGEST_KEY
    if by_project:
        chosen = access.projects(request.user).filter(pk=project).first()
        tasks = tasks.filter(project=chosen)
    else:
        tasks = tasks.filter(project__archived_at=None)
    shown, sort = lists.page_of(tasks, request.GET, ORDERS)
    context = {
        "section": "tasks",
        "sort": sort,
        "search": search,
        "project": chosen,
        "is_filtered": bool(search) or by_project,
        "projects": access.projects(request.user),
        "rows": [(task, overview.runtime_at(task)) for task in shown],
        "page": shown,
        "may_create": chosen is None or access.may(request.user, chosen, Role.EDITOR),
    }
    return page(request, "tasks/list.html", context, fragment="tasks/_rows.html")


@require_safe
def choose_project(request: Request) -> HttpResponse:
    """The Project first; then the new Task, from the Template that was chosen, if one was."""
    form = ProjectForm(request.GET if "project" in request.GET else None, user=request.user)
    template = request.GET.get("template", "")
    if form.is_valid():
        address = reverse("tasks:create", args=[form.cleaned_data["project"].pk])
        return go(request, f"{address}?template={template}" if template in library.templates() else address)
    context = {"section": "tasks", "form": form, "template": library.find(template)}
    return render(request, "tasks/choose.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def create_task(request: Request, pk: int) -> HttpResponse:
    """A new Task: from the computer, from a Template, or empty."""
    project = access.get_project(request.user, pk, need=Role.EDITOR)
    if request.method != "POST":
        template = library.find(request.GET.get("template", ""))
        initial = (
            {"start": "upload"} if template is None else {"start": "template", "template": template.name}
        )
        if template is not None:
            initial["description"] = template.description
            initial["name"] = "" if create.name_taken(project, template.title) else template.title
        return creation_page(request, CreateForm(project=project, initial=initial))
    try:
        arrival = uploads.read(request.FILES, request.POST, by=request.user)
    except TreeError as error:
        return pending.gone(request, error)
    form = CreateForm(request.POST, project=project, arrival=arrival)
    try:
        if form.is_valid():
            task, notes = make(request, form, arrival)
            messages.success(request, f"Task “{task.name}” created.")
            pending.done(request, arrival, notes)
            return go(request, task.get_absolute_url())
    except Question as question:
        return pending.ask(request, arrival, question)
    except TreeError as error:
        for problem in error.problems:
            form.add_error(None, problem)
    if token := request.POST.get("pending"):
        return pending.again(request, token, problems_of(form))
    return creation_page(request, form)


@require_POST
def describe(request: Request) -> HttpResponse:
    """The name and the description that a task.yaml gives to a new Task, for the form to fill in."""
    found = heading(request.POST.get("text", "").encode())
    return JsonResponse({"name": found.name, "description": found.description})


def problems_of(form: CreateForm) -> list[str]:
    return [str(error) for errors in form.errors.values() for error in errors]


def make(request: Request, form: CreateForm, arrival: uploads.Arrival) -> tuple[Task, list[str]]:
    """The new Task, and notes on what was uploaded."""
    given, notes = form.cleaned_data, list[str]()
    details = create.Details(
        project=form.project, name=given["name"], description=given["description"], by=request.user
    )
    if given["start"] == "upload":
        task = create.from_upload(
            details,
            arrival.files,
            choices=arrival.choices,
            report=lambda taken: notes.extend(uploads.notes(arrival, taken)),
        )
        return task, notes
    if given["start"] == "template":
        return create.from_template(details, given["template"], schema_url=schema_url(request)), notes
    return create.blank(details), notes


def creation_page(request: Request, form: CreateForm) -> HttpResponse:
    status = 422 if form.is_bound else 200
    if form.is_bound and request.htmx:
        return render(request, "tasks/_problems.html", {"problems": problems_of(form)}, status=status)
    context = {"section": "tasks", "form": form, "project": form.project, "limits": uploading.limits()}
    return render(request, "tasks/create.html", context | {"templates": library.templates()}, status=status)


@require_safe
def gallery(request: Request) -> HttpResponse:
    """The Templates, all or of one kind."""
    kinds = library.kinds()
    kind = request.GET.get("kind", "") if request.GET.get("kind") in kinds else ""
    context = {
        "section": "tasks",
        "kind": kind,
        "kinds": kinds,
        "templates": library.of_kind(kind),
        "total": len(library.templates()),
    }
    return page(request, "tasks/gallery.html", context, fragment="tasks/_gallery.html")


@require_safe
def template(request: Request, name: str) -> HttpResponse:
    """A Template with its parameters and its code."""
    found = library.find(name)
    if found is None:
        raise Http404(f"There is no Template {name}.")
    files = found.files()
    paths = [file.path for file in files]
    path = request.GET.get("file", overview.first_to_show(paths))
    if path not in paths:
        raise Http404(f"There is no file {path} in the Template {name}.")
    context = {
        "section": "tasks",
        "template": found,
        "entries": tree.nested(files),
        "view": view.of_content(path, (found.root / path).read_bytes()),
        "path": path,
        "picture": found.picture(path),
        "chosen": "file" in request.GET,
        "preview": previews.of_spec(found.spec, None),
        "form": ProjectForm(user=request.user),
    }
    return render(request, "tasks/template.html", context)


@login_not_required
@require_safe
def schema(request: Request) -> HttpResponse:
    """The JSON Schema of task.yaml, for editors; public, since editors do not sign in."""
    return public_json(json.loads(SCHEMA.read_text()), content_type="application/schema+json")


@require_safe
def parameters(request: Request, pk: int) -> HttpResponse:
    """The parameters that the Task's task.yaml declares, as the form that people fill in."""
    task = get_task(request.user, pk)
    context = frame(request, task, "parameters")
    context["preview"] = previews.of_parsed(store.read_spec(task), task.project)
    if context["summary"].parsed is not None:
        context["warnings"] = suggestions.warnings(task)
    elif context["may_edit"]:
        context["proposal"] = suggestions.suggest(task, schema_url=schema_url(request))
    return render(request, "tasks/parameters.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: Request, pk: int) -> HttpResponse:
    """Name and description; `runs` has the page that deletes, since the Runs go with the Task."""
    need = Role.EDITOR if request.method == "POST" else Role.VIEWER
    task = get_task(request.user, pk, need=need)
    form = DetailsForm(request.POST if request.method == "POST" else None, project=task.project, task=task)
    if request.method == "POST" and form.is_valid():
        try:
            create.describe(task, **form.cleaned_data)
        except TreeError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, "Saved.")
            return go(request, reverse("tasks:settings", args=[task.pk]))
    context = frame(request, task, "settings") | {"form": form}
    return render(request, "tasks/settings.html", context, status=422 if form.is_bound else 200)
