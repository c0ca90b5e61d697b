"""Whether the product can work at all: database, data folder, a live node. Tells no names or paths."""

import logging
import tempfile
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from projects.models import Project
from runs.queue.nodes import live_nodes
from runs.queue.wakeups import first_line

log = logging.getLogger(__name__)


def check_database() -> str:
    """What is wrong with it; "" when nothing is."""
    try:
        Project.objects.order_by().values_list("pk").first()
    except DatabaseError as error:
        log.error("The database cannot be used: %s", first_line(error))
        return "The database cannot be used."
    return ""


def check_data_folder() -> str:
    try:
        with tempfile.TemporaryFile(dir=settings.DATA_DIR) as file:
            file.write(b"x")
    except OSError as error:
        log.error("The data folder cannot be written: %s", first_line(error))
        return "The data folder cannot be written."
    return ""


def check_nodes() -> str:
    try:
        return "" if live_nodes().exists() else "No node is running."
    except DatabaseError:
        return "Whether a node is running is not known, since the database cannot be used."


CHECKS: dict[str, Callable[[], str]] = {
    "database": check_database,
    "data_folder": check_data_folder,
    "nodes": check_nodes,
}


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when all checks are fine, else 503; says of each what is wrong."""
    wrong = {name: check() for name, check in CHECKS.items()}
    healthy = not any(wrong.values())
    answer = {"status": "ok" if healthy else "unavailable"}
    answer |= {name: text or "ok" for name, text in wrong.items()}
    return JsonResponse(answer, status=200 if healthy else 503)
