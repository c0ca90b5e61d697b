"""The list of Batches. HTTP only."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from coretex_site.lib import web
from coretex_site.lib.web import Request
from runs.web.page_models import batch_page


@require_safe
def list_batches(request: Request) -> HttpResponse:
    context = batch_page.batches(request.user, request.GET)
    return web.page(request, "runs/batches.html", context, fragment="runs/_batches.html")
