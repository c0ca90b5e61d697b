"""The Runs table and what is done to the Runs chosen in it. HTTP only."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from coretex_site.lib import web
from coretex_site.lib.web import Request
from runs.models import Run
from runs.submission import run_actions
from runs.submission.errors import SubmitError
from runs.web.page_models import run_list, run_table
from runs.web.page_models.run_filters import key

SELECTED_AT_MOST = 500


@require_safe
def list_runs(request: Request) -> HttpResponse:
    context = run_list.runs(request.user, request.GET)
    response = web.page(request, "runs/list.html", context, fragment="runs/_list.html")
    if request.htmx:
        response.headers["HX-Push-Url"] = context["address"]
    return response


@require_safe
def states(request: Request) -> HttpResponse:
    """What changes in the rows of the unfinished Runs that a page shows."""
    keys = [key(text) for text in request.GET.getlist("run")[: run_table.PAGE]]
    return render(request, "runs/_states.html", run_list.states(request.user, keys))


@require_POST
def bulk(request: Request) -> HttpResponse:
    """Stops or deletes the Runs that were ticked; deleting is confirmed on a page that says what is lost."""
    back = web.back(request, reverse("runs:list"))
    keys = {key(text) for text in request.POST.getlist("run")[:SELECTED_AT_MOST]}
    chosen = run_table.shown(request.user, keys)
    mine = [run for run in chosen if run.project_id in run_table.editable(request.user, chosen)]
    if len(mine) < len(chosen):
        left = len(chosen) - len(mine)
        what = "1 of them is unchanged" if left == 1 else f"{left} of them are unchanged"
        messages.warning(request, f"{what}: you only have view access there.")
    if not mine:
        messages.info(request, "No Runs are selected.")
        return web.go(request, back)
    if request.POST.get("action") == "stop":
        return stopped(request, mine, back)
    if request.POST.get("action") == "delete":
        return deleted(request, mine, back)
    raise PermissionDenied("Runs can only be stopped or deleted here.")


def stopped(request: Request, runs: list[Run], back: str) -> HttpResponse:
    count = run_actions.stop_runs(runs, by=request.user)
    stopping = (
        "The Run was asked to stop." if len(runs) == 1 else f"{count} of {len(runs)} Runs asked to stop."
    )
    ended = "The Run has ended already." if len(runs) == 1 else "They have all ended already."
    messages.success(request, stopping if count else ended)
    return web.go(request, back)


def deleted(request: Request, runs: list[Run], back: str) -> HttpResponse:
    if "confirmed" not in request.POST:
        context = {"losses": run_list.loss(runs), "runs": runs, "back": back, "section": "runs"}
        return render(request, "runs/delete.html", context)
    try:
        count = run_actions.delete_runs(runs, by=request.user)
    except SubmitError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{count} Runs were deleted." if count > 1 else "The Run was deleted.")
    return web.go(request, back)
