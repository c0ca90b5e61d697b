"""The notice, in whatever page a person is on, that a Batch of theirs has ended. HTTP only."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from coretex_site.lib.web import Request
from runs.access import get_batch
from runs.submission import notifications


@login_not_required
@require_safe
@never_cache
def ended(request: Request) -> HttpResponse:
    """What ended since they looked; 204 while that is what the page shows already.

    Someone who is signed out meanwhile is not sent to sign in: the page may hold what they are writing.
    """
    if not request.user.is_authenticated:
        return HttpResponse(status=204)
    notifications.look_at(request.user, request.htmx.current_url_abs_path or "")
    found = notifications.unseen(request.user)
    if notifications.mark(found) == request.GET.get("shown", ""):
        return HttpResponse(status=204)
    return render(request, "runs/_ended.html", notifications.shown(found))


@require_POST
def dismiss(request: Request, pk: int) -> HttpResponse:
    """Takes one notice away permanently, on every page."""
    notifications.mark_seen(get_batch(request.user, pk).pk, request.user)
    if not request.htmx:
        return redirect("runs:batches")
    return render(request, "runs/_ended.html", notifications.shown(notifications.unseen(request.user)))
