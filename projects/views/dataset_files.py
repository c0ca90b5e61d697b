"""The files of Datasets over HTTP: upload, look at, download, rename, delete."""

from pathlib import Path

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from coretex_site.lib import downloads, filetree, previews
from coretex_site.lib.filetree import TreeError
from coretex_site.lib.intake import Question
from coretex_site.lib.web import Request, go, page
from projects import access
from projects.data import listing, store, uploads
from projects.data.contents import DatasetError
from projects.models import Dataset, Role, Sample
from projects.views import pending
from projects.views.datasets import dataset_frame


def address(dataset: Dataset, folder: str) -> str:
    where = reverse("projects:dataset", args=[dataset.pk])
    return f"{where}?{urlencode({'folder': folder})}" if folder else where


@require_POST
def dataset_upload(request: Request, pk: int) -> HttpResponse:
    found = access.get_dataset(request.user, pk, need=Role.EDITOR)
    try:
        arrival = uploads.read(request.FILES, request.POST, by=request.user)
        added = uploads.store(found, arrival, by=request.user)
        into = filetree.safe_path(arrival.into) if arrival.into.strip("/ ") else ""
    except Question as question:
        return pending.ask(request, arrival, question)
    except TreeError as error:
        if token := request.POST.get("pending"):
            return pending.again(request, token, error.problems)
        return refuse(request, found, error.problems)
    counts = len(added.added), len(added.replaced), len(added.unchanged)
    messages.success(request, uploads.sentence(*counts))
    pending.done(request, arrival, uploads.notes(arrival, added.taken))
    return go(request, address(found, into))


def refuse(request: Request, dataset: Dataset, problems: list[str]) -> HttpResponse:
    if request.htmx:
        return page(request, "projects/_problems.html", {"problems": problems}, status=422)
    context = dataset_frame(request, dataset) | {"problems": problems, "folder": listing.folder(dataset, "")}
    return page(request, "projects/dataset.html", context, status=422)


@require_safe
def dataset_file(request: Request, pk: int, path: str) -> HttpResponse:
    """A page that shows the file, as far as that kind can be shown."""
    found = access.get_dataset(request.user, pk)
    sample, content = located(found, path)
    folder, _, name = path.rpartition("/")
    context = dataset_frame(request, found) | {
        "sample": sample,
        "name": name,
        "in_folder": folder,
        "crumbs": list(listing.crumbs(folder)),
        "preview": previews.preview(content, name),
        "file": reverse("projects:dataset_raw", args=[pk, path]),
    }
    return page(request, "projects/file.html", context)


def located(dataset: Dataset, path: str) -> tuple[Sample, Path]:
    try:
        return store.locate(dataset, path)
    except DatasetError as error:
        raise Http404(str(error)) from error


@require_safe
def dataset_raw(request: Request, pk: int, path: str) -> HttpResponseBase:
    """The bytes, as a download; with `?picture` as a picture, if it is one."""
    found = access.get_dataset(request.user, pk)
    _, content = located(found, path)
    try:
        return downloads.as_asked(request, content, path)
    except FileNotFoundError as error:  # replaced since it was looked up
        raise Http404(f"The file {path} was just replaced or deleted. Load the page again.") from error


@require_safe
def dataset_download(request: Request, pk: int) -> HttpResponseBase:
    """All files as one zip, made while it is sent."""
    found = access.get_dataset(request.user, pk)
    return downloads.zipped(request, store.contents(found), f"{found.name}.zip")


@require_POST
def dataset_remove(request: Request, pk: int) -> HttpResponse:
    """Deletes the chosen `path`s; those that end with a slash are folders."""
    found = access.get_dataset(request.user, pk, need=Role.EDITOR)
    chosen = request.POST.getlist("path")
    try:
        if not chosen:
            raise DatasetError("No files are selected; select the files to delete first.")
        count = store.remove_files(found, chosen, by=request.user)
    except TreeError as error:
        return refuse(request, found, error.problems)
    messages.success(request, "1 file was deleted." if count == 1 else f"{count:,} files were deleted.")
    return go(request, address(found, request.POST.get("folder", "")))


@require_POST
def dataset_rename(request: Request, pk: int, path: str) -> HttpResponse:
    found = access.get_dataset(request.user, pk, need=Role.EDITOR)
    try:
        new = store.rename(found, path, request.POST.get("path", ""), by=request.user)
    except TreeError as error:
        return refuse(request, found, error.problems)
    messages.success(request, f"The file was renamed to {new}.")
    return redirect("projects:dataset_file", pk, new)
