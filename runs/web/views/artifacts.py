"""Artifacts by folder, each as a preview, a picture or a download, all as one zip. HTTP only."""

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from coretex_site.lib import downloads, previews
from coretex_site.lib.web import Request, page
from runs.access import get_execution
from runs.models import Artifact, Execution
from runs.web.page_models import artifact_tree


def get_artifact(execution: Execution, path: str) -> Artifact:
    artifact = execution.artifacts.filter(path=path).first()
    if artifact is None:
        raise Http404("This Execution has no Artifact of that name.")
    return artifact


@require_safe
def artifacts(request: Request, pk: int, number: int) -> HttpResponse:
    """One folder of the Artifacts, as a page or as the fragment on the Run page."""
    execution = get_execution(request.user, pk, number)
    text = request.GET.get("start", "")
    start = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    folder = artifact_tree.folder(execution, request.GET.get("folder", "").replace("\0", ""), start=start)
    context = {"run": execution.run, "execution": execution, "shelf": folder, "section": "runs"}
    if start and request.htmx:
        return render(request, "runs/_artifact_rows.html", context)
    return page(request, "runs/artifacts.html", context, fragment="runs/_artifacts.html")


@require_safe
def artifact(request: Request, pk: int, number: int, path: str) -> HttpResponse:
    """An Artifact with its preview."""
    execution = get_execution(request.user, pk, number)
    found = get_artifact(execution, path)
    file = artifact_tree.locate(found)
    before, after = artifact_tree.neighbours(found)
    context = {
        "run": execution.run,
        "execution": execution,
        "artifact": found,
        "preview": previews.preview(file, found.path) if file is not None else None,
        "crumbs": list(artifact_tree.crumbs(found.path))[:-1],
        "name": found.path.rsplit("/", 1)[-1],
        "previous": before and artifact_url("artifact", execution, before),
        "next": after and artifact_url("artifact", execution, after),
        "section": "runs",
    }
    return render(request, "runs/artifact.html", context)


def artifact_url(view: str, execution: Execution, path: str) -> str:
    return reverse(f"runs:{view}", args=[execution.run_id, execution.number, path])


@require_safe
def artifact_file(request: Request, pk: int, number: int, path: str) -> HttpResponseBase:
    """The bytes: as a picture for an `<img>` with `?picture`, else as a download."""
    execution = get_execution(request.user, pk, number)
    file = artifact_tree.locate(get_artifact(execution, path))
    if file is None:
        raise Http404("The file of this Artifact is no longer in the data folder.")
    return downloads.as_asked(request, file, path)


@require_safe
def artifacts_zip(request: Request, pk: int, number: int) -> HttpResponseBase:
    """All Artifacts in one zip, made while it is sent."""
    execution = get_execution(request.user, pk, number)
    if not execution.artifacts.exists():
        raise Http404("This Execution has no Artifacts.")
    files = (
        (found.path, artifact_tree.locate(found)) for found in execution.artifacts.order_by("path").iterator()
    )
    there = ((path, file) for path, file in files if file is not None)
    return downloads.zipped(request, there, f"run-{pk}-execution-{number}-artifacts.zip")
