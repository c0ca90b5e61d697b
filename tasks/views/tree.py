"""The tree of files beside a page, and what is in a folder that is opened, also of Snapshots. HTTP only."""

from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from coretex_site.lib.filetree import File
from coretex_site.lib.web import Request
from tasks.files import tree


def requested_folder(request: Request) -> str:
    return request.GET.get("folder", "").strip("/")


def beside(
    request: Request, files: list[File], folders: Iterable[str] = (), *, chosen: str, address: str
) -> dict[str, Any]:
    """What the tree of a page needs. `address` is the root's; that of a file has its path after it."""
    return {"branch": _tree(request, files, folders, chosen).branch(), "tree_address": address}


def part(
    request: Request, files: list[File], folders: Iterable[str] = (), *, has_folder_pages: bool = False
) -> HttpResponse:
    """For htmx: what is in the folder that `?folder=` names, or the `?way=` earlier or later part of it."""
    folder = requested_folder(request)
    branch = _tree(request, files, folders, "").branch(folder)
    if branch is None:
        raise Http404(f"There is no folder {folder}.")
    context = {"branch": branch, "tree_address": request.path, "has_folder_pages": has_folder_pages}
    return render(request, "tasks/_branch.html", context | {"way": request.GET.get("way", "")})


def _tree(request: Request, files: list[File], folders: Iterable[str], chosen: str) -> tree.Tree:
    folder, text = requested_folder(request), request.GET.get("start", "")
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    starts = {folder: int(text)} if is_number else {}
    return tree.grow(files, folders, chosen=[one for one in (chosen, folder) if one], starts=starts)
