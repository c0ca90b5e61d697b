"""What is done to a Batch from its page. HTTP only."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from coretex_site.lib import web
from coretex_site.lib.web import Request
from projects.models import Role
from runs import snapshots
from runs.access import get_batch
from runs.analysis import batch_view, cells, failures
from runs.models import Batch
from runs.runspec import RunSpec
from runs.submission import batch_actions
from runs.submission.errors import SubmitError
from runs.web.page_models import add_values, run_filters
from runs.web.page_models.batch_page import Looked

SELECTED_AT_MOST = 500


@require_POST
def act(request: Request, pk: int, action: str) -> HttpResponse:
    """Does one of ACTIONS, says what came of it, and goes back to the page."""
    if action not in ACTIONS:
        raise Http404(f"There is no Batch action {action}.")
    batch = get_batch(request.user, pk, need=Role.EDITOR)
    try:
        said = ACTIONS[action](batch, request.POST, request.user)
    except SubmitError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
        if action == "delete":
            return web.go(request, f"{reverse('runs:batches')}?task={batch.task_id}")
    return web.go(request, web.back(request, batch.get_absolute_url()))


def pause(batch: Batch, data: QueryDict, by: User) -> str:
    if batch_actions.pause(batch):
        return "Paused. Running Runs will finish; no new ones start."
    return "This Batch is already paused, or has ended."


def go_on(batch: Batch, data: QueryDict, by: User) -> str:
    return "Batch resumed." if batch_actions.resume(batch) else "This Batch is not paused."


def settings(batch: Batch, data: QueryDict, by: User) -> str:
    """The limit of Runs at once, the priority and after how many failures it stops, together."""
    batch_actions.change_settings(
        batch,
        at_once=whole(data.get("at_once", ""), "of 1 or more for concurrent Runs"),
        stop_after=whole(data.get("stop_after", ""), "of 1 or more for failures before stopping"),
        priority=whole(data.get("priority", ""), "for the priority") or 0,
    )
    return "Saved. Applies to Runs started from now on."


def whole(text: str, words: str) -> int | None:
    """A whole number as it was typed, None for an empty field; SubmitError says what was expected."""
    try:
        return int(text) if text.strip() else None
    except ValueError:
        raise SubmitError(
            f"Expected a whole number {words}, or nothing; found “{text.strip()[:40]}”."
        ) from None


def stop(batch: Batch, data: QueryDict, by: User) -> str:
    count = batch_actions.stop_all(batch, by=by)
    if count:
        return f"{runs(count)} asked to stop."
    return "Stopped before its Runs were created." if batch.is_building else "It has already ended."


def failed_again(batch: Batch, data: QueryDict, by: User) -> str:
    count = batch_actions.failed_again(batch, by=by)
    return (
        f"{runs(count)} queued again." if count else "None of its Runs has failed: they are already queued."
    )


def group_again(batch: Batch, data: QueryDict, by: User) -> str:
    """The Runs that failed with one last line."""
    found = [group for group in failures.groups(cells.of(batch)) if group.key == data.get("group")]
    count = batch_actions.cells_again(batch, [run for group in found for run in group.runs], by=by)
    return f"{runs(count)} queued again." if count else "No Run fails like this any longer."


def again(batch: Batch, data: QueryDict, by: User) -> str:
    """The Runs that were ticked."""
    keys = {run_filters.key(text) for text in data.getlist("run")[:SELECTED_AT_MOST]}
    count = batch_actions.cells_again(batch, keys, by=by)
    if count < len(keys):
        return f"{runs(count)} queued again; the others have not ended, or belong to other Batches."
    return f"{runs(count)} queued again."


def add(batch: Batch, data: QueryDict, by: User) -> str:
    """More values for its parameters: the combinations that it does not have yet."""
    count = batch_actions.add_values(batch, wanted(batch, data), by=by, reuse="reuse" in data)
    return f"{runs(count)} added."


def wanted(batch: Batch, data: QueryDict) -> RunSpec:
    """The specification that the fields of “Add values” make."""
    return add_values.read(batch, snapshots.declared_or_empty(batch.snapshot_id), data)


@require_POST
def adds(request: Request, pk: int) -> HttpResponse:
    """How many Runs the values that are being typed would add; nothing is added."""
    batch = get_batch(request.user, pk, need=Role.EDITOR)
    shown = add_values.fields(batch, snapshots.declared_or_empty(batch.snapshot_id), request.POST)
    context = {"batch": batch, "reuse": "reuse" in request.POST, "adding": shown, "oob": True}
    try:
        context["addition"] = add_values.look_ahead(batch, wanted(batch, request.POST))
    except SubmitError as error:
        context["refusal"] = str(error)
    return render(request, "runs/_batch_adds.html", context)


def keep_metric(batch: Batch, data: QueryDict, by: User) -> str:
    """Sets the target metric, for all Batches of the Task."""
    view = Looked(batch, data).view
    if not view.metric:
        raise SubmitError("None of its Runs has reported a metric yet, so there is none to use.")
    batch_view.keep_metric(batch, view)
    return f"{view.metric} is now the target metric of this Task."


def delete(batch: Batch, data: QueryDict, by: User) -> str:
    count = batch_actions.delete(batch, by=by)
    return f"Batch “{batch.name}” deleted with its {runs(count)}."


def runs(count: int) -> str:
    return "1 Run" if count == 1 else f"{count:,} Runs"


ACTIONS: dict[str, Callable[[Batch, QueryDict, User], str]] = {
    "pause": pause,
    "go-on": go_on,
    "settings": settings,
    "stop": stop,
    "failed-again": failed_again,
    "group-again": group_again,
    "again": again,
    "add": add,
    "keep-metric": keep_metric,
    "delete": delete,
}
