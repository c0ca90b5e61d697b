"""The Runs table's orders, and its pages by the row they begin after. Knows no HTTP.

Nothing here counts rows or skips them: each Project's (or Task's) own index gives its next rows, and the
first of these make the page, so it costs the same at row 50 and at row 1,000,000.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import QueryDict

from projects import access
from projects.models import Membership, Project, Role
from runs.models import Run
from runs.states import State
from runs.web.page_models.paging import address_with
from runs.web.page_models.run_filters import Rows, key

PAGE = 50
LIFE = list(State)
SORTS = ("id", "created", "name", "status")


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """The row that a page begins after: its key, its value in the sorted column, its place (from 1)."""

    pk: int
    place: int
    value: str = ""

    def __str__(self) -> str:
        return f"{self.pk}.{self.place}.{self.value}"


@dataclass(frozen=True, kw_only=True)
class Page:
    """The rows of a page, the addresses of the pages beside it, and what the pager says."""

    rows: list[Run]
    newer: str | None
    older: str | None
    text: str


def with_columns(runs: QuerySet[Run]) -> QuerySet[Run]:
    """All that a row shows, in the one query; without what it does not show."""
    shown = ("name", "entry_script", "state", "created_at", "task__name", "project__name")
    execution = ("number", "state", "message", "created_at", "started_at", "finished_at")
    related = ("task", "project", "created_by", "latest__node")
    return runs.select_related(*related).only(
        *shown, "created_by__username", *(f"latest__{name}" for name in execution), "latest__node__name"
    )


def read_cursor(text: str | None, sort: str) -> Cursor | None:
    """The cursor of an address; None when there is none, or none that is understood."""
    pk, _, rest = (text or "").partition(".")
    place, _, value = rest.partition(".")
    if not key(pk) or (sort == "status" and value not in LIFE) or "\0" in value:
        return None
    return Cursor(pk=key(pk), place=key(place), value=value)


def page_of(branches: Sequence[Rows], query: QueryDict) -> Page:
    """The page that `after` or `before` in the query asks for, in the order that `sort` says (`-id`)."""
    sort, descending = order_of(query)
    before, after = (read_cursor(query.get(name), sort) for name in ("before", "after"))
    backwards = before is not None
    cursor = before if backwards else after
    found = WALKS[sort](branches, descending != backwards, cursor)
    more, found = len(found) > PAGE, found[:PAGE]
    if backwards:
        found.reverse()
    first = place_of_first(cursor, backwards, len(found))
    last = first + len(found) - 1
    has_newer, has_older = (more, True) if backwards else (cursor is not None, more)
    return Page(
        rows=found,
        newer=address_with(query, before=at(found[0], sort, first)) if found and has_newer else None,
        older=address_with(query, after=at(found[-1], sort, last)) if found and has_older else None,
        text=f"{first:,}–{last:,}" if found else "",
    )


def order_of(query: QueryDict) -> tuple[str, bool]:
    text = query.get("sort", "-id")
    sort = text.removeprefix("-")
    return (sort, text.startswith("-")) if sort in SORTS else ("id", True)


def place_of_first(cursor: Cursor | None, backwards: bool, count: int) -> int:
    if cursor is None:
        return 1
    return max(1, cursor.place - count) if backwards else cursor.place + 1


def at(run: Run, sort: str, place: int) -> Cursor:
    return Cursor(pk=run.pk, place=place, value={"name": run.name, "status": run.state}.get(sort, ""))


def first_of(branches: Sequence[Rows], *order: str, most: int = PAGE + 1) -> list[Run]:
    """The first rows of all branches together, of which each gives its own first ones by its own index."""
    if most <= 0 or not branches:
        return []
    firsts = [rows.order_by(*order).values("pk")[:most] for rows in branches]
    # A subquery around each, since SQLite allows no LIMIT in the parts of a UNION.
    parts = [Run.objects.order_by().filter(pk__in=first).values_list("pk", flat=True) for first in firsts]
    keys = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else firsts[0].values_list("pk", flat=True)
    return list(with_columns(Run.objects.filter(pk__in=list(keys))).order_by(*order)[:most])


def by_key(branches: Sequence[Rows], down: bool, cursor: Cursor | None) -> list[Run]:
    """In the order in which they were made, which is that of their keys."""
    if cursor is not None:
        beyond = "pk__lt" if down else "pk__gt"
        branches = [rows.filter(**{beyond: cursor.pk}) for rows in branches]
    return first_of(branches, "-pk" if down else "pk")


def by_names(branches: Sequence[Rows], down: bool, cursor: Cursor | None) -> list[Run]:
    """Those with the cursor's own name first, then the names beyond it: both walk an index."""
    sign, beyond = ("-", "lt") if down else ("", "gt")
    found: list[Run] = []
    if cursor is not None:
        same = Q(name=cursor.value, **{f"pk__{beyond}": cursor.pk})
        found = first_of([rows.filter(same) for rows in branches], f"{sign}pk")
        branches = [rows.filter(**{f"name__{beyond}": cursor.value}) for rows in branches]
    return found + first_of(branches, f"{sign}name", f"{sign}pk", most=PAGE + 1 - len(found))


def by_states(branches: Sequence[Rows], down: bool, cursor: Cursor | None) -> list[Run]:
    """In the order of a Run's life; in each state the newest first, or last when walked backwards."""
    states = LIFE[::-1] if down else LIFE
    found: list[Run] = []
    for state in states[0 if cursor is None else states.index(State(cursor.value)) :]:
        rows = [branch.filter(state=state) for branch in branches]
        if cursor is not None and cursor.value == state:
            beyond = "pk__gt" if down else "pk__lt"
            rows = [branch.filter(**{beyond: cursor.pk}) for branch in rows]
        found += first_of(rows, "pk" if down else "-pk", most=PAGE + 1 - len(found))
    return found


WALKS = {"id": by_key, "created": by_key, "name": by_names, "status": by_states}


def editable(user: User, runs: Sequence[Run]) -> set[int]:
    """The Projects of these Runs in which `user` may change something."""
    found = workable(user).filter(pk__in={run.project_id for run in runs})
    return set(found.order_by().values_list("pk", flat=True))


def workable(user: User) -> QuerySet[Project]:
    """The Projects in which `user` may change something, and start Runs."""
    found = Project.objects.filter(archived_at=None)
    if user.is_superuser:
        return found
    mine = Membership.objects.filter(user_id=user.pk, role__in=(Role.OWNER, Role.EDITOR))
    return found.filter(pk__in=mine.values("project_id"))


def shown(user: User, keys: Iterable[int]) -> list[Run]:
    """The Runs with these keys that `user` may see, the newest first, with all that a row shows."""
    visible = Run.objects.filter(access.visible(user, through="project__"), pk__in=set(keys))
    return list(with_columns(visible).order_by("-pk"))
