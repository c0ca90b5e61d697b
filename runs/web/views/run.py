"""The Run page, and what was frozen for it: the Snapshot's files and the environment. HTTP only."""

from pathlib import Path

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from coretex_site.lib import downloads, filetree, paths, previews, web
from coretex_site.lib.filetree import TreeError
from coretex_site.lib.web import Request
from projects.models import Role
from runs.access import get_execution, get_run
from runs.models import Execution, Run
from runs.records import logs
from runs.submission import run_actions
from runs.submission.errors import SubmitError
from runs.web.page_models import failure, run_page
from runs.web.views import run_live
from tasks.files import fixes
from tasks.views import tree


@require_safe
def detail(request: Request, pk: int) -> HttpResponse:
    """The Run with its newest Execution."""
    run = get_run(request.user, pk)
    newest = run.executions.order_by("-number").values_list("number", flat=True).first()
    if newest is None:
        raise Http404(f"Run {pk} has no Execution.")
    return show(request, get_execution(request.user, pk, newest))


@require_safe
def execution(request: Request, pk: int, number: int) -> HttpResponse:
    """The Run with one Execution of it."""
    return show(request, get_execution(request.user, pk, number))


def show(request: Request, execution: Execution) -> HttpResponse:
    ended = not execution.is_unfinished
    context = {
        **run_page.about(execution, user=request.user),
        **run_live.intervals(),
        **run_live.leftovers(execution),
        **run_page.values(execution.run),
        "chunk": logs.tail(execution.pk, ended=ended),
        "section": "runs",
    }
    return render(request, "runs/detail.html", context)


@require_safe
@vary_on_headers("HX-Request")
def snapshot(request: Request, pk: int) -> HttpResponse:
    """The frozen files, the entry script shown first; for htmx what is in the folder that is opened."""
    run = get_run(request.user, pk)
    if request.htmx and not request.htmx.boosted:
        return tree.part(request, frozen_files(run))
    return show_file(request, run, run.entry_script)


@require_safe
def snapshot_file(request: Request, pk: int, path: str) -> HttpResponseBase:
    """One frozen file, or with `?download` its bytes."""
    run = get_run(request.user, pk)
    if "download" in request.GET or "picture" in request.GET:
        return downloads.as_asked(request, frozen(run, path), path)
    frozen(run, path)
    return show_file(request, run, path)


def show_file(request: Request, run: Run, path: str) -> HttpResponse:
    files = frozen_files(run)
    address = reverse("runs:snapshot", args=[run.pk])
    there = any(file.path == path for file in files)
    context = {
        **tree.beside(request, files, chosen=path, address=address),
        "run": run,
        "path": path,
        "size": next((file.size for file in files if file.path == path), None),
        "preview": previews.preview(frozen(run, path), path) if there else None,
        "section": "runs",
    }
    return render(request, "runs/snapshot.html", context)


def frozen_files(run: Run) -> list[filetree.File]:
    """All of them; none if the folder is not on the disk any longer."""
    root = paths.snapshot(run.snapshot_id)
    return filetree.walk(root) if root.is_dir() else []


def frozen(run: Run, path: str) -> Path:
    """Where a frozen file lies; Http404 when there is none of that name."""
    try:
        found = filetree.join(paths.snapshot(run.snapshot_id), path)
    except filetree.TreeError as error:
        raise Http404("The Snapshot holds no file of that name.") from error
    if not found.is_file():
        raise Http404("The Snapshot holds no file of that name.")
    return found


@require_safe
def snapshot_zip(request: Request, pk: int) -> HttpResponseBase:
    """All frozen files in one zip."""
    run = get_run(request.user, pk)
    root = paths.snapshot(run.snapshot_id)
    if not root.is_dir():
        raise Http404("The files of this Snapshot are no longer in the data folder.")
    files = ((file.path, root / file.path) for file in filetree.walk(root))
    return downloads.zipped(request, files, f"run-{pk}-snapshot-{run.snapshot_id[:12]}.zip")


@require_safe
def environment(request: Request, pk: int, number: int) -> HttpResponse:
    """The exact packages that the script could import, one a line, in the form pip reads."""
    found = get_execution(request.user, pk, number).environment
    if found is None:
        raise Http404("This Execution had no environment.")
    name = f"run-{pk}-execution-{number}-packages.txt"
    headers = {**downloads.GUARDS, "Content-Disposition": f'attachment; filename="{name}"'}
    text = f"# {found.kind}, {found.interpreter}, {found.key}\n{found.packages.rstrip()}\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)


@require_POST
def again(request: Request, pk: int) -> HttpResponse:
    run = get_run(request.user, pk, need=Role.EDITOR)
    try:
        execution = run_actions.again(run, by=request.user)
        messages.success(request, f"Execution {execution.number} is queued.")
    except SubmitError as error:
        messages.error(request, str(error))
    return web.go(request, run.get_absolute_url())


@require_POST
def fix(request: Request, pk: int) -> HttpResponse:
    """Changes the Task's list of packages as the Run page offered, then shows the form to run it again."""
    run = get_run(request.user, pk, need=Role.EDITOR)
    failed = None if run.latest is None else failure.of(run.latest)
    offered = () if failed is None else failed.fixes
    found = next((one for one in offered if one.key == request.POST.get("fix", "")), None)
    try:
        if found is None:
            raise TreeError("The Task's files have changed since, so nothing was changed.")
        path = fixes.apply(run.task, found, by=request.user)
    except TreeError as error:
        messages.error(request, str(error))
        return web.go(request, run.get_absolute_url())
    done = "changed" if found.action == "replace" else "added"
    messages.success(request, f"{path} of the Task was {done}. Run Task runs it as it is now.")
    return web.go(request, f"{reverse('runs:new', args=[run.task_id])}?from={run.pk}")


@require_POST
def stop(request: Request, pk: int) -> HttpResponse:
    run = get_run(request.user, pk, need=Role.EDITOR)
    if run.latest is None or not run_actions.stop(run.latest, by=request.user):
        messages.info(request, f"Run {pk} has ended already.")
    return web.go(request, run.get_absolute_url())


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    run = get_run(request.user, pk, need=Role.EDITOR)
    try:
        run_actions.delete_runs([run], by=request.user)
    except SubmitError as error:
        messages.error(request, str(error))
        return web.go(request, run.get_absolute_url())
    messages.success(request, f"Run {pk} was deleted.")
    return web.go(request, f"{reverse('runs:list')}?task={run.task_id}")
