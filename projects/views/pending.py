"""What must be known before an upload is stored, over HTTP: what is left out, how names are read."""

import json
from collections.abc import Sequence
from typing import cast

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from coretex_site.lib import pending, uploading
from coretex_site.lib.filetree import TreeError
from coretex_site.lib.intake import Question
from coretex_site.lib.uploading import Upload
from coretex_site.lib.web import Request, go
from projects.data import uploads
from projects.data.uploads import Arrival

# What the page asks for itself, and what belongs to the files.
NOT_KEPT = {
    "csrfmiddlewaretoken",
    "paths",
    "folder",
    "skipped",
    "ignored",
    "pending",
    "encoding",
    "confirmed",
}


def ask(request: Request, arrival: Arrival, question: Question) -> HttpResponse:
    """Keeps the archive, and leads to the page that asks; its answer comes as the same form again."""
    name, file = uploading.the_one_file(arrival.files) or arrival.files[0]
    fields = {name: str(value) for name, value in request.POST.items() if name not in NOT_KEPT}
    if arrival.choices.encoding and not question.readings:
        fields["encoding"] = arrival.choices.encoding
    about = pending.about(question, name, user=request.user.pk, action=request.path, fields=fields)
    if arrival.pending:
        pending.ask(arrival.pending, about)
        token = arrival.pending
    else:
        token = pending.keep(cast("Upload", file), about)
    return go(request, reverse("projects:pending", args=[token]))


def again(request: Request, token: str, problems: Sequence[str]) -> HttpResponse:
    """Back to the page that asks, since what was decided led to these problems."""
    try:
        pending.find(token, user=request.user.pk)
    except TreeError as error:
        return gone(request, error)
    for problem in problems:
        messages.error(request, problem)
    return go(request, reverse("projects:pending", args=[token]))


def done(request: Request, arrival: Arrival, notes: Sequence[str]) -> None:
    """Says what whoever uploaded it should know, and removes an archive that waited."""
    for note in notes:
        messages.info(request, note, extra_tags="stays")
    if arrival.pending:
        pending.drop(arrival.pending)


@require_POST
def ignored(request: Request) -> HttpResponse:
    """{ignore file: {what it names: places in `listed`}} for a folder that a browser is about to send.

    The ignore files themselves come as `files` and `paths`; `listed` is a JSON list of all paths.
    """
    try:
        sent = uploads.read(request.FILES, request.POST, by=request.user).files
        return JsonResponse(uploads.ignored(sent, json.loads(request.POST.get("listed", "[]"))))
    except (ValueError, RecursionError) as error:
        return HttpResponse(str(error), status=422, content_type="text/plain")


@require_safe
def review(request: Request, token: str) -> HttpResponse:
    """How the names can be read, and what .gitignore leaves out."""
    try:
        found = pending.find(token, user=request.user.pk)
    except TreeError as error:
        return gone(request, error)
    hidden = {name: value for name, value in found.fields.items() if name not in {"name", "gitignore"}}
    if not found.ignored and "gitignore" in found.fields:
        hidden["gitignore"] = found.fields["gitignore"]
    context = {"section": "projects", "found": found, "token": token, "hidden": hidden}
    return render(request, "projects/pending.html", context)


@require_POST
def discard(request: Request, token: str) -> HttpResponse:
    try:
        found = pending.find(token, user=request.user.pk)
    except TreeError as error:
        return gone(request, error)
    pending.drop(token)
    messages.success(request, f"{found.filename} was discarded.")
    return go(request, reverse("projects:list"))


def gone(request: Request, error: TreeError) -> HttpResponse:
    """Somebody else's upload answers like one that is no longer there."""
    messages.error(request, str(error))
    return go(request, reverse("projects:list"))
