"""What people read when a request cannot be taken: broken, too large, of the wrong kind. Knows no pages."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import (
    DisallowedHost,
    RequestDataTooBig,
    TooManyFieldsSent,
)
from django.db import DataError, ProgrammingError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse


def sentence(exception: Exception | None) -> str:
    """What was wrong with the request and what to do; empty when nothing more is known."""
    if isinstance(exception, RequestDataTooBig):
        return (
            f"The submitted text is more than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2} MB, "
            "the most that a form accepts. Nothing was changed. Upload it as a file instead."
        )
    if isinstance(exception, TooManyFieldsSent):
        return (
            f"The form has more than {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:,} fields, "
            "the most that is accepted. Nothing was changed. Upload a folder with this many files "
            "as a zip or tar.gz."
        )
    if isinstance(exception, MultiPartParserError | UnreadablePostError):
        return "The form or upload arrived incomplete or damaged. Nothing was changed. Send it again."
    if isinstance(exception, DisallowedHost):
        return (
            "This server does not accept the host name in the address. "
            "Your administrator can add it to CORETEX_ALLOWED_HOSTS."
        )
    return ""


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler400."""
    status = 413 if isinstance(exception, RequestDataTooBig | TooManyFieldsSent) else 400
    if isinstance(exception, DisallowedHost):
        return HttpResponse(sentence(exception), status=status, content_type="text/plain; charset=utf-8")
    context = {"problem": sentence(exception), "status": status}
    return render(request, "400.html", context, status=status)


class InWords:
    """Middleware: a method that an address does not take is answered with a page, not with nothing; a broken
    cookie counts as none."""

    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A cookie may hold a NUL, which PostgreSQL refuses to look for.
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if "\0" not in value}
        response = self.get_response(request)
        if response.status_code != 405 or response.content or request.method == "HEAD":
            return response
        response.content = render_to_string("405.html", request=request)
        response.headers["Content-Length"] = str(len(response.content))
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The admin site hands what an address says to the database unseen, also what none can hold."""
        beyond = isinstance(exception, OverflowError | DataError) or "NUL (0x00)" in str(exception)
        # PostgreSQL compares no json columns.
        incomparable = isinstance(exception, ProgrammingError) and "operator does not exist" in str(exception)
        if (beyond or incomparable) and request.path.startswith(reverse("admin:index")):
            return bad_request(request, exception)
        return None
