"""The Nodes page: each machine, whether it answers, its load and what it does now. HTTP only."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from coretex_site.lib import web
from coretex_site.lib.web import Request
from projects.access import visible
from runs.models import Execution, Node
from runs.queue import nodes as roster
from runs.queue import wakeups
from runs.states import ACTIVE, State


@dataclass(frozen=True, kw_only=True)
class Condition:
    """How a node is: `dot` is the CSS word, `text` what people read, `since` the moment it began."""

    dot: str
    text: str
    since: datetime | None


def condition(node: Node) -> Condition:
    """Live, not answering or stopped, as its heartbeat tells."""
    if node.stopped_at is not None:
        return Condition(dot="gone", text="Stopped", since=node.stopped_at)
    if node.heartbeat_at is None:
        return Condition(dot="gone", text="Never started", since=None)
    if node.heartbeat_at < timezone.now() - roster.SILENT_AFTER:
        return Condition(dot="late", text="Not answering", since=node.heartbeat_at)
    if node.is_draining:
        return Condition(dot="live", text="Draining", since=None)
    return Condition(dot="live", text="Live", since=None)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A node on the page. `mine` are those of its active Executions that the person may see."""

    node: Node
    condition: Condition
    active: int
    mine: list[Execution]
    may_be_forgotten: bool

    @property
    def hidden(self) -> int:
        return self.active - len(self.mine)


def active_by(column: str, user: User) -> defaultdict[int | None, list[Execution]]:
    """The active Executions that the person may see, by the key of their node or environment."""
    found: defaultdict[int | None, list[Execution]] = defaultdict(list)
    active = Execution.objects.filter(visible(user, through="run__project__"), state__in=ACTIVE)
    for execution in active.select_related("run").order_by("pk"):
        found[getattr(execution, column)].append(execution)
    return found


def rows(user: User) -> list[Row]:
    """All nodes that are not forgotten, the live ones first."""
    busy, mine = roster.busy_slots(), active_by("node_id", user)
    found = [
        Row(
            node=node,
            condition=condition(node),
            active=busy.get(node.pk, 0),
            mine=mine[node.pk],
            may_be_forgotten=roster.is_gone(node) and node.pk not in busy,
        )
        for node in Node.objects.filter(forgotten_at=None)
    ]
    order = {"live": 0, "late": 1, "gone": 2}
    return sorted(found, key=lambda row: (order[row.condition.dot], row.node.name))


@require_safe
def nodes(request: Request) -> HttpResponse:
    context = {
        "section": "nodes",
        "rows": rows(request.user),
        "queued": Execution.objects.filter(state=State.QUEUED).count(),
        "join": join_command(),
        "joins_at_once": settings.DATABASES["default"]["ENGINE"].endswith("postgresql"),
    }
    return web.page(request, "runs/nodes.html", context, fragment="runs/_nodes.html")


def join_command() -> str:
    """What to run on another machine; the passwords stay where they are."""
    return (
        "CORETEX_DATABASE_URL=… CORETEX_BROKER_URL=… "
        f"python3 manage.py node --name NAME --workers 4 --data {settings.DATA_DIR}"
    )


def node_for_staff(user: User, pk: int) -> Node:
    if not user.is_staff:
        raise PermissionDenied("Only staff may change nodes. Ask your administrator.")
    node = Node.objects.filter(pk=pk, forgotten_at=None).first()
    if node is None:
        raise Http404(f"There is no node {pk}.")
    return node


@require_POST
def drain(request: Request, pk: int) -> HttpResponse:
    roster.drain(node_for_staff(request.user, pk))
    return web.go(request, reverse("runs:nodes"))


@require_POST
def resume(request: Request, pk: int) -> HttpResponse:
    node = node_for_staff(request.user, pk)
    roster.resume(node)
    wakeups.wake(node)
    return web.go(request, reverse("runs:nodes"))


@require_POST
def forget(request: Request, pk: int) -> HttpResponse:
    node = node_for_staff(request.user, pk)
    try:
        roster.forget(node)
        messages.success(request, f"{node.name} forgotten. It reappears when it starts again.")
    except roster.StillNeeded as error:
        messages.error(request, str(error))
    return web.go(request, reverse("runs:nodes"))
