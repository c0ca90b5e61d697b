"""The Task page: its files, read, edited, uploaded, renamed, deleted. HTTP only; `tasks.files` does it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from coretex_site.lib import downloads, filetree, paths, uploading
from coretex_site.lib.filetree import TreeError
from coretex_site.lib.intake import Question
from coretex_site.lib.web import Request, go
from projects.access import may
from projects.data import uploads
from projects.models import Role
from projects.views import pending
from tasks import starters
from tasks.access import get_task
from tasks.files import overview, store
from tasks.files import view as file_view
from tasks.forms import previews
from tasks.models import Task
from tasks.preflight import reading
from tasks.proposals import suggestions
from tasks.views import tree


def frame(request: Request, task: Task, tab: str) -> dict[str, Any]:
    """What every tab of the Task page shows above its content."""
    files = store.list_files(task)
    return {
        "section": "tasks",
        "tab": tab,
        "task": task,
        "files": files,
        "summary": overview.summary(task, files),
        "may_edit": may(request.user, task.project, Role.EDITOR) and task.project.archived_at is None,
    }


def with_tree(request: Request, task: Task, path: str) -> dict[str, Any]:
    """The frame of the Files tab, with `path` chosen in the tree."""
    context = frame(request, task, "files")
    address = reverse("tasks:folder", args=[task.pk])
    folders = store.list_folders(task)
    context |= tree.beside(request, context["files"], folders, chosen=path, address=address)
    context |= {"path": path, "has_folder_pages": True}
    if context["summary"].entry_scripts:
        context["findings"] = reading.findings(task)
    if context["may_edit"] and context["summary"].parsed is None:
        context["proposal"] = suggestions.suggest(task, schema_url=schema_url(request))
    return context


def schema_url(request: Request) -> str:
    return request.build_absolute_uri(reverse("tasks:schema"))


@require_safe
def detail(request: Request, pk: int) -> HttpResponse:
    task = get_task(request.user, pk)
    path = overview.first_to_show([file.path for file in store.list_files(task)])
    if path is None:
        return render(request, "tasks/folder.html", folder_context(request, task, ""))
    return render(request, "tasks/file.html", file_context(request, task, path))


@require_safe
def file(request: Request, pk: int, path: str) -> HttpResponse:
    """The page of a file, or of a folder."""
    task = get_task(request.user, pk)
    if path.strip("/") in store.list_folders(task):
        return render(request, "tasks/folder.html", folder_context(request, task, path.strip("/")))
    try:
        return render(request, "tasks/file.html", file_context(request, task, path))
    except store.Missing as error:
        raise Http404(str(error)) from error


@require_safe
@vary_on_headers("HX-Request")
def folder(request: Request, pk: int) -> HttpResponse:
    """The page of the root folder, or of that which `?folder=` names; for htmx what is in it."""
    task = get_task(request.user, pk)
    folders = store.list_folders(task)
    if request.htmx and not request.htmx.boosted:
        return tree.part(request, store.list_files(task), folders, has_folder_pages=True)
    path = tree.requested_folder(request)
    return render(
        request, "tasks/folder.html", folder_context(request, task, path if path in folders else "")
    )


def file_context(request: Request, task: Task, path: str) -> dict[str, Any]:
    view = file_view.look(task, path)
    context = with_tree(request, task, view.path) | {"view": view, "into": view.folder}
    if view.is_task_yaml and view.kind == "text":
        context["preview"] = previews.of_text(view.text, task.project)
    if view.is_document:
        context["document"] = file_view.document(view.text)
    if view.is_task_yaml:
        context["warnings"] = suggestions.warnings(task)
    return context


def folder_context(request: Request, task: Task, path: str) -> dict[str, Any]:
    context = with_tree(request, task, path)
    within = [entry for entry in context["files"] if entry.path.startswith(f"{path}/") or not path]
    context["names"] = {entry.path for entry in context["files"]}
    readme = f"{path}/README.md".lstrip("/")
    if readme in context["names"]:
        view = file_view.look(task, readme)
        context |= {"view": view, "document": file_view.document(view.text)} if view.is_document else {}
    return context | {"into": path, "count": len(within), "size": sum(entry.size for entry in within)}


@require_safe
def raw(request: Request, pk: int, path: str) -> HttpResponseBase:
    """The bytes of a file, as a download; with `?picture` as a picture, if it is one."""
    task = get_task(request.user, pk)
    try:
        return downloads.as_asked(request, store.locate(task, path), path)
    except (store.Missing, FileNotFoundError) as error:
        raise Http404(str(error)) from error


@require_safe
def download(request: Request, pk: int) -> HttpResponseBase:
    """All files as a zip."""
    task = get_task(request.user, pk)
    files = ((file.path, store.root(task) / file.path) for file in store.list_files(task))
    return downloads.zipped(request, files, f"{task.name}.zip")


def changing(view: Callable[[Request, Task], HttpResponse]) -> Callable[[Request, int], HttpResponse]:
    """A view that changes a Task's files, for who may; what cannot be done is answered with the reasons."""

    @require_POST
    @wraps(view)
    def checked(request: Request, pk: int) -> HttpResponse:
        task = get_task(request.user, pk, need=Role.EDITOR)
        try:
            return view(request, task)
        except TreeError as error:
            return refused(request, task, error.problems)

    return checked


def refused(request: Request, task: Task, problems: list[str]) -> HttpResponse:
    """The reasons: where the form is for a script, else as messages on the Task's page."""
    if token := request.POST.get("pending"):
        return pending.again(request, token, problems)
    if request.htmx:
        return render(request, "tasks/_problems.html", {"problems": problems}, status=422)
    for problem in problems:
        messages.error(request, problem)
    return go(request, reverse("tasks:folder", args=[task.pk]))


@changing
def save(request: Request, task: Task) -> HttpResponse:
    """Stores the editor's text, unless the file was changed since it was opened."""
    path, text = request.POST.get("path", ""), request.POST.get("text", "")
    over = request.POST.get("over")
    expected = request.POST.get("digest", "") if over is None else None if over == "absent" else over
    try:
        digest = store.write_text(task, path, text, expected=expected, by=request.user)
    except store.Conflict as conflict:
        return conflicting(request, task, conflict, text)
    if not request.htmx:
        messages.success(request, f"{path} was saved.")
        return go(request, reverse("tasks:file", args=[task.pk, path]))
    context = with_tree(request, task, path) | {"digest": digest}
    if path == store.TASK_YAML:
        context["warnings"] = suggestions.warnings(task)
    context["size"] = next((entry.size for entry in context["files"] if entry.path == path), 0)
    return render(request, "tasks/_saved.html", context)


def conflicting(request: Request, task: Task, conflict: store.Conflict, text: str) -> HttpResponse:
    """The text comes back with what happened; nothing that was typed is lost."""
    context = {"task": task, "conflict": conflict, "path": conflict.path}
    if request.htmx:
        return render(request, "tasks/_conflict.html", context, status=409)
    view = file_view.of_content(conflict.path, text.encode(), digest=conflict.expected or "")
    context |= with_tree(request, task, conflict.path) | {"view": view, "into": view.folder}
    return render(request, "tasks/file.html", context, status=409)


@require_POST
def preview(request: Request, pk: int) -> HttpResponse:
    """What is being typed: of a task.yaml the form with every mistake, of Markdown how it reads."""
    task = get_task(request.user, pk)
    if file_view.is_document(request.POST.get("path", "")):
        document = file_view.document(request.POST.get("text", ""))
        return render(request, "tasks/_document.html", {"task": task, "document": document})
    found = previews.of_text(request.POST.get("text", ""), task.project)
    return render(request, "tasks/_preview.html", {"task": task, "preview": found})


@changing
def new_file(request: Request, task: Task) -> HttpResponse:
    path = request.POST.get("path", "")
    content = starters.starter(path, schema_url=schema_url(request)).encode()
    path = store.create(task, path, content, by=request.user)
    return go(request, reverse("tasks:file", args=[task.pk, path]))


@changing
def new_folder(request: Request, task: Task) -> HttpResponse:
    path = store.create_folder(task, request.POST.get("path", ""), by=request.user)
    return go(request, reverse("tasks:file", args=[task.pk, path]))


@changing
def rename(request: Request, task: Task) -> HttpResponse:
    old, new = request.POST.get("path", ""), request.POST.get("new_path", "")
    new = store.rename(task, old, new, by=request.user)
    messages.success(request, f"{old} is now {new}.")
    return go(request, reverse("tasks:file", args=[task.pk, new]))


@changing
def remove(request: Request, task: Task) -> HttpResponse:
    """Deletes a file or a folder."""
    path = request.POST.get("path", "")
    store.delete(task, path, by=request.user)
    messages.success(request, f"{path} was deleted.")
    return go(request, task.get_absolute_url())


@changing
def upload(request: Request, task: Task) -> HttpResponse:
    """Adds files; those that have the path of one that is there replace it."""
    arrival = uploads.read(request.FILES, request.POST, by=request.user)
    if not arrival.files:
        raise TreeError("Choose or drop a folder, files or an archive first.")
    try:
        with filetree.scratch(paths.scratch(), "task") as scratch:
            taken = uploading.write(
                arrival.files,
                scratch / "files",
                unpack="unpack" in request.POST,
                choices=arrival.choices,
            )
            added, replaced = store.add_files(task, scratch / "files", into=arrival.into, by=request.user)
    except Question as question:
        return pending.ask(request, arrival, question)
    messages.success(request, uploads.sentence(len(added), len(replaced)))
    pending.done(request, arrival, uploads.notes(arrival, taken))
    return go(request, reverse("tasks:folder", args=[task.pk]))
