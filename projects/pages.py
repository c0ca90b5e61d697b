"""The pages that belong to no Project: the start and the guide."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from coretex_site.lib.web import page


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("projects:list")


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    return page(request, "help.html", {"section": "help"})
