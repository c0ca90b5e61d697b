"""The environments of all nodes: size, age, who uses them, build log, delete. HTTP only."""

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Max, Q
from django.http import Http404, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from coretex_site.lib import web
from coretex_site.lib.web import Request
from projects.access import visible
from projects.models import Role
from runs.access import get_execution
from runs.models import Environment, Execution
from runs.queue import nodes
from runs.states import ACTIVE
from runs.submission import run_actions
from runs.submission.errors import SubmitError
from runs.web.views.nodes import active_by

MOST_SHOWN = 500


@require_safe
def environments(request: Request) -> HttpResponse:
    """Those that are on a disk, the last used first, with what is known of their use."""
    rows = Environment.objects.filter(removed_at=None).annotate(
        executions_count=Count("executions"),
        active_count=Count("executions", filter=Q(executions__state__in=ACTIVE)),
        last_execution=Max("executions__created_at"),
    )
    found = list(rows.order_by(F("used_at").desc(), "-pk")[:MOST_SHOWN])
    mine = active_by("environment_id", request.user)
    context = {
        "section": "nodes",
        "rows": [(row, mine[row.pk], row.active_count - len(mine[row.pk])) for row in found],
        "total": sum(row.size for row in found),
        "most": MOST_SHOWN if len(found) == MOST_SHOWN else None,
    }
    return web.page(request, "runs/environments.html", context)


def _for(user: User, pk: int) -> Environment:
    """An environment whose packages the person may read: staff, and who may see a Run that used it."""
    row = Environment.objects.filter(pk=pk).first()
    used = Execution.objects.filter(visible(user, through="run__project__"), environment_id=pk)
    if row is None or not (user.is_staff or used.exists()):
        raise Http404(f"There is no environment {pk}.")
    return row


@require_safe
def one(request: Request, pk: int) -> HttpResponse:
    row = _for(request.user, pk)
    used = Execution.objects.filter(visible(request.user, through="run__project__"), environment=row)
    context = {
        "section": "nodes",
        "environment": row,
        "packages": row.packages.splitlines(),
        "executions": used.select_related("run").order_by("-pk")[:20],
    }
    return web.page(request, "runs/environment.html", context)


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    """Marks it; its node removes it, since the files are on that machine."""
    if not request.user.is_staff:
        raise PermissionDenied("Only staff may delete environments. Ask your administrator.")
    row = _for(request.user, pk)
    nodes.mark_unwanted(Environment.objects.filter(pk=row.pk))
    messages.success(
        request,
        f"Environment {row.key[:12]} will be removed by {row.node_name} as soon as no script is using it.",
    )
    return web.go(request, reverse("runs:environments"))


@require_POST
def again_exactly(request: Request, pk: int, number: int) -> HttpResponse:
    """Executes a Run again with the packages of one of its Executions."""
    execution = get_execution(request.user, pk, number, need=Role.EDITOR)
    try:
        new = run_actions.again(execution.run, by=request.user, exactly=execution)
        messages.success(
            request, f"Execution {new.number} is queued, with the packages of Execution {number}."
        )
    except SubmitError as error:
        messages.error(request, str(error))
    return web.go(request, execution.run.get_absolute_url())


urlpatterns = [
    path("nodes/environments/", environments, name="environments"),
    path("nodes/environments/<int:pk>/", one, name="one_environment"),
    path("nodes/environments/<int:pk>/delete", delete, name="delete_environment"),
    path("runs/<int:pk>/executions/<int:number>/again", again_exactly, name="again_exactly"),
]
