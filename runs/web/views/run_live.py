"""The parts of the Run page that change while the script runs: state, console, metrics. HTTP only."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from coretex_site.lib import downloads, paths
from coretex_site.lib.web import Request
from runs.access import get_execution
from runs.models import Execution
from runs.records import logs, metrics
from runs.web.page_models import artifact_tree, run_page

SEARCH_LIMIT = 200


@require_safe
@never_cache
def live(request: Request, pk: int, number: int) -> HttpResponse:
    """Everything but console and charts if it changed since the version `seen`; else 204, no swap."""
    execution = get_execution(request.user, pk, number)
    if request.GET.get("seen") == run_page.version(execution):
        return HttpResponse(status=204)
    context = {**run_page.about(execution, user=request.user), "oob": True, **intervals()}
    if not execution.is_unfinished:
        context |= leftovers(execution)
    return render(request, "runs/_live.html", context)


def intervals() -> dict[str, Any]:
    return {"interval": settings.LIVE_INTERVAL_MS}


def leftovers(execution: Execution) -> dict[str, Any]:
    """What an Execution left behind, as the page shows it first."""
    return {
        "shelf": artifact_tree.folder(execution, ""),
        "metrics": list(execution.metrics.order_by("is_system", "name")),
    }


@require_safe
@never_cache
def console(request: Request, pk: int, number: int) -> HttpResponse:
    """Lines of the console: `from` an offset on, `before` one, `at` one, or from the `edge` start or end.

    With `follow` it is what was printed since that offset, and the element that asks for the next.
    """
    execution = get_execution(request.user, pk, number)
    ended = not execution.is_unfinished  # asked before reading: what is printed last is then still read
    if (offset := given_offset(request, "follow")) is not None:
        known = given_offset(request, "size") or 0
        if not ended and "size" in request.GET and known == logs.size(execution.pk):
            return HttpResponse(status=204)
        chunk = logs.follow(execution.pk, offset, known=known, ended=ended)
    elif (offset := given_offset(request, "before")) is not None:
        chunk = logs.before(execution.pk, offset)
    elif (offset := given_offset(request, "at")) is not None:
        chunk = logs.around(execution.pk, offset, ended=ended)
    elif (offset := given_offset(request, "from")) is not None:
        chunk = logs.read(execution.pk, offset, ended=ended)
    elif request.GET.get("edge") == "start":
        chunk = logs.read(execution.pk, 0, ended=ended)
    else:
        chunk = logs.tail(execution.pk, ended=ended)
    context = {"execution": execution, "chunk": chunk, "live": not ended, **intervals()}
    template = "runs/_console_live.html" if "follow" in request.GET else "runs/_console_lines.html"
    return render(request, template, context)


def given_offset(request: Request, name: str) -> int | None:
    """The offset of the address; None when it is not there or no number."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@require_safe
@never_cache
def console_search(request: Request, pk: int, number: int) -> HttpResponse:
    """The lines that hold `q`, each with its neighbours."""
    execution = get_execution(request.user, pk, number)
    text = request.GET.get("q", "")
    found = logs.search(execution.pk, text, limit=SEARCH_LIMIT, match_case=request.GET.get("case") == "1")
    return render(request, "runs/_console_hits.html", {"execution": execution, "found": found, "q": text})


@require_safe
@never_cache
def console_download(request: Request, pk: int, number: int) -> HttpResponseBase:
    """The bytes as they were printed."""
    execution = get_execution(request.user, pk, number)
    path = paths.console(execution.pk)
    name = f"run-{pk}-execution-{number}-console.txt"
    if path.is_file():
        return downloads.attachment(request, path, name)
    headers = {**downloads.GUARDS, "Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content_type="application/octet-stream", headers=headers)


@require_safe
@never_cache
def metric_series(request: Request, pk: int, number: int) -> HttpResponse:
    """The points of every metric as JSON, thinned out for drawing; 204 when nothing came since `seen`."""
    execution = get_execution(request.user, pk, number)
    is_live = execution.is_unfinished
    count = str(sum(execution.metrics.values_list("point_count", flat=True)))
    if is_live and request.GET.get("seen") == count:
        return HttpResponse(status=204)
    found = execution.metrics.count()
    # Many curves are small ones: together they stay within what a browser draws at once.
    series = metrics.series(execution, max_points=max(50, min(1000, 20_000 // max(found, 1))))
    return JsonResponse({"live": is_live, "seen": count, "series": series})


@require_safe
@never_cache
def metric_table(request: Request, pk: int, number: int) -> HttpResponse:
    """The last, smallest and largest value of each metric."""
    execution = get_execution(request.user, pk, number)
    found = list(execution.metrics.order_by("is_system", "name"))
    context = {"execution": execution, "metrics": found, "live": execution.is_unfinished}
    return render(request, "runs/_metric_table.html", context)
