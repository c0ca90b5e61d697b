"""The charts of a Batch and what mattered in it. HTTP only."""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from coretex_site.lib.web import Request
from runs.access import get_batch
from runs.analysis import cells, chart_data, refine, scores
from runs.analysis import importance as parameter_importance
from runs.analysis.association import Level
from runs.records.number_text import figures
from runs.web.page_models import batch_page, run_filters
from runs.web.page_models.batch_page import Looked

CURVES = 12


@require_safe
def charts(request: Request, pk: int) -> HttpResponse:
    """Curves, parallel coordinates, a scatter of any two columns, a heat map; drawn by charts of batch.js."""
    looked = Looked(get_batch(request.user, pk), request.GET)
    context = {
        **batch_page.about(looked.batch, user=request.user),
        **looked.context(),
        "current": "charts",
        "table_address": reverse("runs:batch_table", args=[pk]),
        "curve_interval": max(3000, 4 * settings.LIVE_INTERVAL_MS, len(looked.held)),
    }
    return render(request, "runs/batch_charts.html", context)


@require_safe
@never_cache
def data(request: Request, pk: int) -> HttpResponse:
    """The columns of all Runs that pass the filters of the address, as JSON."""
    looked = Looked(get_batch(request.user, pk), request.GET)
    columns = chart_data.columns(looked.held, looked.view, looked.metrics)
    return JsonResponse(columns | {"live": looked.batch.finished_at is None})


@require_safe
@never_cache
def curves(request: Request, pk: int) -> HttpResponse:
    """The points of the chosen metric of the best Runs, or of those named, as JSON."""
    looked = Looked(get_batch(request.user, pk), request.GET)
    held, view = looked.held, looked.view
    named = [key for key in map(run_filters.key, request.GET.getlist("run")) if key in held.by_run]
    most = min(run_filters.key(request.GET.get("most", "")) or CURVES, chart_data.MOST_CURVES)
    runs = named or chart_data.curve_runs(held, view, most=most)
    found = chart_data.curves(looked.batch, view.metric, runs) if view.metric else []
    for curve in found:
        values = held.by_run[curve["run"]].values
        curve["label"] = ", ".join(f"{n} {held.scale(n).text_of(values.get(n))}" for n in held.varying[:4])
    return JsonResponse({"metric": view.metric, "curves": found})


@require_safe
def importance(request: Request, pk: int) -> HttpResponse:
    """Which parameter mattered, and the form for what to try next."""
    looked = Looked(get_batch(request.user, pk), request.GET)
    batch, held, view = looked.batch, looked.held, looked.view
    context = batch_page.about(batch, user=request.user) | looked.context() | {"current": "importance"}
    if view.metric:
        numbers = scores.read(batch, [view.metric], view.aggregate)[view.metric]
        found = parameter_importance.of(held, numbers)
        narrowed = refine.down(held, numbers, view.direction, found)
        context |= {"found": found, "narrowed": narrowed, "levels": levels_of(held, found, view.direction)}
        if narrowed is not None:
            context["next_address"] = (
                f"{reverse('runs:new', args=[batch.task_id])}?{narrowed.spec.as_query()}"
            )
            means = zip(narrowed.best, narrowed.means, narrowed.repeats, strict=True)
            context["best"] = [(cell.run, figures(mean), repeats) for cell, mean, repeats in means]
    return render(request, "runs/batch_importance.html", context)


MOST_LEVELS = 12


def levels_of(
    held: cells.Cells, found: parameter_importance.ParameterImportance, direction: str
) -> list[dict[str, object]]:
    """The mean at each value of each parameter, the best one marked."""
    return [
        {"name": name, "rows": _rows(held.scale(name), levels, direction)}
        for name, levels in (found.levels or {}).items()
        if len(levels) <= MOST_LEVELS
    ]


def _rows(scale: cells.Scale, levels: Sequence[Level], direction: str) -> list[dict[str, object]]:
    best = (max if direction == "max" else min)(level.mean for level in levels)
    differ = len({figures(level.mean) for level in levels}) > 1
    return [
        {
            "text": scale.text_of(level.value),
            "count": level.count,
            "mean": figures(level.mean),
            "is_best": differ and figures(level.mean) == figures(best),
        }
        for level in sorted(levels, key=lambda level: scale.place(level.value))
    ]
