"""Which Runs the table shows: what one may see, narrowed by the filters, as querysets that an index serves.

Knows no HTTP, no order and no pages.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_date

from projects import access
from runs.models import Node, Run
from runs.states import UNFINISHED
from tasks.models import Task

# With more Projects than this the newest rows are looked through instead of each Project's.
MOST_BRANCHES = 100
# Keys follow the time but for Runs made at the same moment, so a range of days is a range of keys.
SKEW = 1000
FILTERS = ("id", "name", "status", "task_name", "node", "by", "since", "until", "task", "project")
# By these someone chooses what is of an archived Project, which has left the lists otherwise.
CHOOSING = {"id", "task", "project"}
Rows = QuerySet[Run]


def key(text: str) -> int:
    """A key as people type it; 0, which is nobody's, if it is none."""
    text = text.strip().removeprefix("#")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


def filled(query: QueryDict) -> dict[str, str]:
    """The filters that are set."""
    return {name: words(query, name) for name in FILTERS if words(query, name)}


def words(query: QueryDict, name: str) -> str:
    """What was typed there; a NUL, which no database can look for, is a character that nothing has."""
    return query.get(name, "").strip().replace("\0", "\ufffd")


def rows_of(user: User, filters: dict[str, str]) -> list[Rows]:
    """The Runs that `user` may see and that pass the filters, one queryset a Project or Task.

    A filter that cannot match leaves none. An archived Project's Runs are there only when they are chosen.
    """
    branches = branches_of(user, filters)
    if filters.get("status") == "unfinished":
        branches = [rows.filter(state=state) for rows in branches for state in sorted(UNFINISHED)]
    for name, text in filters.items():
        if name in NARROW:
            narrow = NARROW[name](text)
            branches = [rows.filter(narrow) for rows in branches]
    return branches


def branches_of(user: User, filters: dict[str, str]) -> list[Rows]:
    places = access.projects(user)
    if not filters.keys() & CHOOSING:
        places = places.filter(archived_at=None)
    if filters.get("project"):
        places = places.filter(pk=key(filters["project"]))
    column = "project_id"
    chosen: Iterable[int] = places.order_by().values_list("pk", flat=True)
    if filters.get("task") or filters.get("task_name"):
        tasks = Task.objects.filter(project__in=places)
        if filters.get("task"):
            tasks = tasks.filter(pk=key(filters["task"]))
        if filters.get("task_name"):
            tasks = tasks.filter(name__icontains=filters["task_name"])
        column, chosen = "task_id", tasks.order_by().values_list("pk", flat=True)
    keys = list(chosen)
    if "by" in filters and "status" not in filters and len(keys) > 1:
        return [anywhere(column, keys).filter(created_by_id=pk) for pk in people(filters["by"])]
    searches = len(keys) > 1 and ("name" in filters or "node" in filters)
    if len(keys) <= MOST_BRANCHES and not searches:
        return [Run.objects.filter(**{column: pk}) for pk in keys]
    # What no index finds is looked for among the newest rows first, in one walk.
    return [anywhere(column, keys)] if keys else []


def anywhere(column: str, keys: list[int]) -> Rows:
    """An expression hides the column's index from the planner, which would sort all rows it leads to."""
    return Run.objects.alias(place=F(column) + 0).filter(place__in=keys)


def people(text: str) -> list[int]:
    found = get_user_model().objects.filter(username__icontains=text).order_by()
    return list(found.values_list("pk", flat=True)[:MOST_BRANCHES])


NOTHING = Q(pk__in=[])


def by_node(text: str) -> Q:
    node = Node.objects.filter(name=text).values_list("pk", flat=True).first()
    return NOTHING if node is None else Q(latest__node_id=node)


def since(text: str) -> Q:
    """From the beginning of a day on, as a time and as a range of keys."""
    begin = midnight(text)
    if begin is None:
        return NOTHING
    first = Run.objects.only("pk").filter(created_at__gte=begin).order_by("created_at").first()
    return NOTHING if first is None else Q(created_at__gte=begin, pk__gte=first.pk - SKEW)


def until(text: str) -> Q:
    """Until the end of a day."""
    end = midnight(text, days=1)
    if end is None:
        return NOTHING
    last = Run.objects.only("pk").filter(created_at__lt=end).order_by("-created_at").first()
    return NOTHING if last is None else Q(created_at__lt=end, pk__lte=last.pk + SKEW)


def midnight(text: str, *, days: int = 0) -> datetime | None:
    """When the day begins, or so many days later; None when it is no day."""
    try:
        day = parse_date(text)
        return None if day is None else datetime.combine(day, time(), UTC) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None


NARROW: dict[str, Callable[[str], Q]] = {
    "id": lambda text: Q(pk=key(text)),
    "name": lambda text: Q(name__icontains=text),
    "status": lambda text: Q() if text == "unfinished" else Q(state=text),
    "node": by_node,
    "by": lambda text: Q(created_by_id__in=people(text)),
    "since": since,
    "until": until,
}
