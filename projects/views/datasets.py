"""Datasets over HTTP: lists, page, create, edit, delete permanently."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from coretex_site.lib import uploading
from coretex_site.lib.filetree import TreeError
from coretex_site.lib.intake import Question
from coretex_site.lib.web import Request, go, page
from projects import access, lists
from projects.data import listing, store, uploads
from projects.forms import DatasetForm, TypedNameForm
from projects.models import Dataset, Role
from projects.views import pending
from projects.views.projects import frame


@require_safe
def all_datasets(request: Request) -> HttpResponse:
    """Those of every Project that I may see."""
    found = lists.datasets(request.user, request.GET)
    context = {"section": "datasets", "found": found, "sort": found.sort}
    return page(request, "projects/all_datasets.html", context, fragment="projects/_datasets.html")


@require_safe
def project_datasets(request: Request, pk: int) -> HttpResponse:
    project = access.get_project(request.user, pk)
    found = lists.datasets(request.user, request.GET, project=project)
    context = frame(request, project, "datasets") | {"found": found, "sort": found.sort}
    return page(request, "projects/datasets.html", context, fragment="projects/_datasets.html")


def dataset_frame(request: Request, dataset: Dataset) -> dict[str, Any]:
    context = frame(request, dataset.project, "datasets")
    return context | {"section": "datasets", "dataset": dataset, "limits": uploading.limits()}


@require_http_methods(["GET", "HEAD", "POST"])
def dataset_create(request: Request, pk: int) -> HttpResponse:
    """With files at once, if any were chosen: then both are there afterwards, or neither."""
    project = access.get_project(request.user, pk, need=Role.EDITOR)
    form = DatasetForm(request.POST if request.method == "POST" else None, instance=Dataset(project=project))
    problems: list[str] = []
    if form.is_bound and form.is_valid():
        try:
            arrival = uploads.read(request.FILES, request.POST, by=request.user)
            made, notes = uploads.create(form.instance, arrival, by=request.user)
        except Question as question:
            return pending.ask(request, arrival, question)
        except TreeError as error:
            problems = error.problems
        else:
            messages.success(request, f"Dataset “{made.name}” created.")
            pending.done(request, arrival, notes)
            return go(request, made.get_absolute_url())
    if token := request.POST.get("pending"):
        problems += [str(problem) for field in form.errors.values() for problem in field]
        return pending.again(request, token, problems)
    if form.is_bound and request.htmx:
        problems += [str(problem) for field in form.errors.values() for problem in field]
        return page(request, "projects/_problems.html", {"problems": problems}, status=422)
    context = frame(request, project, "datasets") | {
        "form": form,
        "problems": problems,
        "limits": uploading.limits(),
    }
    return page(request, "projects/dataset_create.html", context, status=422 if form.is_bound else 200)


@require_safe
def dataset(request: Request, pk: int) -> HttpResponse:
    """One folder of it: `folder`, and `after` or `before` a path."""
    found = access.get_dataset(request.user, pk)
    query = {key: request.GET.get(key, "").replace("\0", "") for key in ("folder", "after", "before")}
    shown = listing.folder(found, query["folder"].strip("/"), after=query["after"], before=query["before"])
    context = dataset_frame(request, found) | {"folder": shown}
    return page(request, "projects/dataset.html", context, fragment="projects/_files.html")


@require_http_methods(["GET", "HEAD", "POST"])
def dataset_edit(request: Request, pk: int) -> HttpResponse:
    found = access.get_dataset(request.user, pk, need=Role.EDITOR)
    form = DatasetForm(request.POST if request.method == "POST" else None, instance=found)
    if form.is_bound and form.is_valid():
        try:
            store.describe(found, **form.cleaned_data)
        except TreeError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, "Dataset saved.")
            return redirect(found)
    found.refresh_from_db()
    context = dataset_frame(request, found) | {"form": form}
    return page(request, "projects/dataset_edit.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def dataset_delete(request: Request, pk: int) -> HttpResponse:
    found = access.get_dataset(request.user, pk, need=Role.EDITOR)
    form = TypedNameForm(request.POST if request.method == "POST" else None, expected=found.name)
    if form.is_bound and form.is_valid():
        project = found.project
        store.delete(found)
        messages.success(request, f"Dataset “{form.expected}” deleted permanently.")
        return redirect("projects:datasets", project.pk)
    context = dataset_frame(request, found) | {"form": form}
    return page(request, "projects/dataset_delete.html", context, status=422 if form.is_bound else 200)
