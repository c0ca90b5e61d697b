"""Runs side by side. HTTP only."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from coretex_site.lib import web
from coretex_site.lib.web import Request
from runs.access import visible_runs
from runs.analysis import compare as comparing
from runs.analysis.compare import Side
from runs.web.page_models import run_filters


@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: Request) -> HttpResponse:
    """The Runs of the address (`?run=1&run=2`; with `task=now` the Task of the first); a form posts them."""
    if request.method == "POST":
        return chosen(request)
    keys = list(map(run_filters.key, request.GET.getlist("run")))[: comparing.MOST]
    related = ("task__project", "project", "created_by", "latest__node", "latest__environment", "batch")
    found = visible_runs(request.user).select_related(*related).in_bulk(keys)
    missing = [key for key in keys if key not in found]
    if missing:
        raise Http404(f"There is no Run {missing[0]}, or you do not have access to it.")
    sides = [Side(task=found[key].task, run=found[key]) for key in keys]
    if sides and request.GET.get("task") == "now":
        sides.append(Side(task=sides[0].task))
    context: dict[str, object] = {"section": "runs", "sides": sides}
    if len(sides) > 1:
        context["found"] = comparing.compare(sides)
    return render(request, "runs/compare.html", context)


def chosen(request: Request) -> HttpResponse:
    """From ticked rows to the address that shows them."""
    keys = list(dict.fromkeys(key for key in map(run_filters.key, request.POST.getlist("run")) if key))
    if len(keys) < 2:
        messages.info(request, "Choose two or more Runs to compare.")
        return web.go(request, web.back(request, reverse("runs:list")))
    if len(keys) > comparing.MOST:
        messages.info(request, f"The first {comparing.MOST} of {len(keys)} Runs are compared.")
    query = "&".join(f"run={key}" for key in keys[: comparing.MOST])
    return redirect(f"{reverse('runs:compare')}?{query}")
