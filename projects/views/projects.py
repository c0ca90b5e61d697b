"""The pages of Projects over HTTP: list, page, create, edit, archive, delete permanently."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coretex_site.lib.web import Request, page
from projects import access, archiving, deletion, lists
from projects.forms import ProjectForm, TypedNameForm
from projects.models import Project, ProjectType, Role

NEWEST = 6  # Tasks, Runs and Datasets that a Project's page shows


def frame(request: Request, project: Project, tab: str) -> dict[str, Any]:
    """What the tabs and buttons of every page of a Project need."""
    role = access.role_in(request.user, project)
    return {
        "section": "projects",
        "project": project,
        "tab": tab,
        "role": role,
        "is_owner": role == Role.OWNER,
        "can_edit": role in {Role.OWNER, Role.EDITOR} and project.archived_at is None,
    }


@require_safe
def show_list(request: Request) -> HttpResponse:
    found = lists.projects(request.user, request.GET)
    context = {"section": "projects", "found": found, "sort": found.sort, "types": ProjectType.choices}
    return page(request, "projects/list.html", context, fragment="projects/_list.html")


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: Request) -> HttpResponse:
    form = ProjectForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        project = archiving.create(form.instance, by=request.user)
        messages.success(request, f"Project “{project.name}” created.")
        return redirect(project)
    status = 422 if form.is_bound else 200
    return page(request, "projects/create.html", {"section": "projects", "form": form}, status=status)


@require_safe
def detail(request: Request, pk: int) -> HttpResponse:
    project = access.get_project(request.user, pk)
    context = frame(request, project, "overview") | {
        "tasks": project.tasks.order_by("-pk")[:NEWEST],
        "runs": project.runs.select_related("task").order_by("-pk")[:NEWEST],
        "datasets": project.datasets.order_by("-pk")[:NEWEST],
        "memberships": project.memberships.select_related("user"),
    }
    return page(request, "projects/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    project = access.get_project(request.user, pk, need=Role.OWNER)
    form = ProjectForm(request.POST if request.method == "POST" else None, instance=project)
    if form.is_bound and form.is_valid():
        form.save()
        messages.success(request, "Project settings saved.")
        return redirect("projects:edit", pk)
    project.refresh_from_db()  # the form has put what was typed into it
    context = frame(request, project, "settings") | {"form": form}
    return page(request, "projects/edit.html", context, status=422 if form.is_bound else 200)


@require_POST
def archive(request: Request, pk: int) -> HttpResponse:
    project = access.get_project(request.user, pk, need=Role.OWNER)
    archiving.archive(project)
    messages.success(request, f"Project “{project.name}” archived: it can be viewed, not changed.")
    return redirect(project)


@require_POST
def restore(request: Request, pk: int) -> HttpResponse:
    project = access.get_project(request.user, pk, need=Role.OWNER)
    archiving.restore(project)
    messages.success(request, f"Project “{project.name}” restored.")
    return redirect(project)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: Request, pk: int) -> HttpResponse:
    project = access.get_project(request.user, pk, need=Role.OWNER)
    form = TypedNameForm(request.POST if request.method == "POST" else None, expected=project.name)
    obstacle = deletion.obstacle(project)
    if form.is_bound and obstacle is None and form.is_valid():
        try:
            deletion.delete(project)
        except deletion.DeletionError as error:
            obstacle = str(error)
        else:
            messages.success(request, f"Project “{project.name}” deleted permanently.")
            return redirect("projects:list")
    losses = deletion.losses(project)
    context = frame(request, project, "settings") | {
        "form": form,
        "obstacle": obstacle,
        "losses": losses,
        "total": sum(loss.size for loss in losses),
    }
    status = 409 if form.is_bound and obstacle else 422 if form.is_bound else 200
    return page(request, "projects/delete.html", context, status=status)
