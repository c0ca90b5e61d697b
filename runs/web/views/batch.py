"""The Batches and the page of one: how far it is, its map, its failures. HTTP only."""

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from coretex_site.lib import web
from coretex_site.lib.web import Request
from projects.models import Role
from runs import snapshots
from runs.access import get_batch
from runs.analysis import cells, failures, heatmap, scores
from runs.submission import notifications
from runs.web.page_models import add_values as adding
from runs.web.page_models import batch_page, heatmap_html, state_bar
from runs.web.page_models.batch_page import Looked


@require_safe
def list_batches(request: Request) -> HttpResponse:
    context = batch_page.batches(request.user, request.GET)
    return web.page(request, "runs/batches.html", context, fragment="runs/_batches.html")


@require_safe
def batch(request: Request, pk: int) -> HttpResponse:
    """How far the Batch is, its cells on a map, and why some failed."""
    found = get_batch(request.user, pk)
    notifications.mark_seen(pk, request.user)
    looked = Looked(found, request.GET)
    context = batch_page.about(found, user=request.user) | map_of(looked)
    if context["failed"]:
        context["failures"] = failures.groups(looked.held)
    context["may_add"] = context["may_edit"] and found.built_at is not None and len(looked.held) > 0
    context["current"] = "map"
    return render(request, "runs/batch.html", context)


@require_safe
def add_values(request: Request, pk: int) -> HttpResponse:
    """The form of “Add values”, which can be long; the page of the Batch asks for it when it is opened."""
    found = get_batch(request.user, pk, need=Role.EDITOR)
    context = batch_page.about(found, user=request.user)
    context["adding"] = adding.fields(found, snapshots.declared_or_empty(found.snapshot_id))
    return web.page(request, "runs/batch_adding.html", context, fragment="runs/_batch_adding.html")


def map_of(looked: Looked) -> dict[str, Any]:
    """The context of the map that an address asks for."""
    batch, held, view = looked.batch, looked.held, looked.view
    by_metric = view.colour == "metric" and view.metric in looked.metrics
    numbers = scores.read(batch, [view.metric], view.aggregate)[view.metric] if by_metric else None
    counts = held.counts()
    drawn = heatmap.draw(
        held,
        x=view.x,
        y=view.y,
        numbers=numbers,
        table=reverse("runs:batch_table", args=[batch.pk]),
        run=reverse("runs:detail", args=[0]).replace("0", "{}"),
        best=view.direction,
    )
    return looked.context() | {
        "map": drawn,
        "map_html": heatmap_html.table(drawn),
        "shades": range(heatmap.SHADES),
        "axes": held.varying,
        "map_version": batch_page.version_of_cells(held),
        "states": [state for state in state_bar.ORDER if counts[state]],
    }


@require_safe
@never_cache
def cell_map(request: Request, pk: int) -> HttpResponse:
    """The map; 204 when no cell has changed since the version `seen`."""
    found = get_batch(request.user, pk)
    looked = Looked(found, request.GET)
    if request.GET.get("seen") == batch_page.version_of_cells(looked.held) and found.finished_at is None:
        return HttpResponse(status=204)
    context = batch_page.about(found, user=request.user) | map_of(looked)
    return render(request, "runs/_batch_map.html", context)


@require_safe
@never_cache
def failed(request: Request, pk: int) -> HttpResponse:
    """The failures, grouped."""
    found = get_batch(request.user, pk)
    context = batch_page.about(found, user=request.user)
    context["failures"] = failures.groups(cells.of(found))
    return web.page(request, "runs/batch_failures.html", context, fragment="runs/_batch_failures.html")


@require_safe
@never_cache
def live(request: Request, pk: int) -> HttpResponse:
    """The head of the page if it changed since the version `seen`; else 204, no swap."""
    found = get_batch(request.user, pk)
    context = batch_page.about(found, user=request.user)
    if request.GET.get("seen") == context["version"]:
        return HttpResponse(status=204)
    response = render(request, "runs/_batch_live.html", {**context, "oob": True})
    events: dict[str, Any] = {}
    if str(context["failed"]) != request.GET.get("failed", "0"):
        events["failures"] = True
    if not context["live"]:
        kind = "warning" if context["failed"] else "success"
        events |= {
            "ended": True,
            "toast": {"text": f"{found.name} has ended: {context['words']}.", "kind": kind},
        }
    if events:
        response.headers["HX-Trigger"] = json.dumps(events)
    return response
