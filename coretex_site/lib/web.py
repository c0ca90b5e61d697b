"""What every HTTP layer shares: page or fragment, the security policy, JSON shapes."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.decorators import sync_only_middleware
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)


class Request(HttpRequest):
    """A request as views get it: of someone who is signed in, with what htmx says in its headers."""

    user: User
    htmx: HtmxDetails


@sync_only_middleware
def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: no script but our own static files. A view may set a stricter policy itself.

    Styles may be inline, since the editor and the charts set them from their scripts.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return middleware


def page(
    request: Request,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    fragment: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Renders `fragment` for an htmx request that is not boosted, if there is one, else the whole page."""
    if fragment is not None and request.htmx and not request.htmx.boosted:
        template = fragment
    response = render(request, template, context, status=status)
    if fragment is not None:
        response.headers["Vary"] = "HX-Request"
    return response


def public_json(data: Any, *, content_type: str) -> HttpResponse:
    """For editors and programs anywhere, who may keep it for an hour."""
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=3600"}
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return HttpResponse(text, content_type=content_type, headers=headers)


def go(request: Request, url: str) -> HttpResponse:
    """Sends the browser to `url`: as a redirect to a page's form, as HX-Redirect to htmx."""
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": iri_to_uri(url)})
    return HttpResponseRedirect(url)


def back(request: Request, default: str) -> str:
    """The address of the page that a form says it is on, if it is one of ours, else `default`."""
    page = request.POST.get("next", "")
    return page if url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}) else default
