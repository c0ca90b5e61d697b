"""What every page of a Batch says about it: how far it is, what may be done. Knows no HTTP."""

import zlib
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Count
from django.http import QueryDict

from projects import access
from projects.models import Role
from runs.access import visible_batches
from runs.analysis import cells
from runs.models import Batch, Run
from runs.states import FINAL, State
from runs.submission import forecast, notifications, progress
from runs.submission.progress import Progress
from runs.web.page_models import run_filters, run_list, state_bar
from tasks.models import Task

PAGE = 50


def about(batch: Batch, *, user: User) -> dict[str, Any]:
    """The context of the head of each of its pages and of what changes in it while it is unfinished."""
    done = progress.of(batch)
    parts = state_bar.stretches(done.counts, reused=done.reused, total=done.total)
    editable = batch.project.archived_at is None and access.may(user, batch.project, Role.EDITOR)
    live = batch.finished_at is None
    return {
        "section": "runs",
        "batch": batch,
        "progress": done,
        "parts": parts,
        "words": state_bar.words(parts),
        "waiting": done.total - done.finished - done.active,
        "failed": done.counts[State.FAILED],
        "may_edit": editable,
        "live": live,
        "left": forecast.of_batch(batch),
        "interval": settings.LIVE_INTERVAL_MS,
        "map_interval": max(2 * settings.LIVE_INTERVAL_MS, done.total),
        "notices": list(notifications.of(batch)) if not live else [],
        "version": version(batch, done),
    }


def version(batch: Batch, done: Progress) -> str:
    """Differs whenever something that the head of the page shows has changed."""
    visible = (
        sorted(done.counts.items()),
        done.total,
        batch.built_at,
        batch.build_error,
        batch.finished_at,
        batch.paused_at,
        batch.stop_reason,
        (batch.priority, batch.at_once, batch.stop_after),
    )
    return f"{zlib.crc32(repr(visible).encode()):08x}"


def version_of_cells(found: cells.Cells) -> str:
    """Differs whenever a cell is in another state."""
    return f"{zlib.crc32(','.join(cell.state for cell in found.all).encode()):08x}"


def batches(user: User, query: QueryDict) -> dict[str, Any]:
    """The context of the list of Batches: a page of them by key, the newest first.

    Those of an archived Project only when it or its Task is chosen.
    """
    rows = visible_batches(user).select_related("task", "project", "created_by")
    name = run_filters.words(query, "name")
    filters: dict[str, int | str] = {}
    for key in ("project", "task"):
        if query.get(key):
            filters[key] = run_filters.key(query.get(key, ""))
            rows = rows.filter(**{key: filters[key]})
    if not filters:
        rows = rows.filter(project__archived_at=None)
    if name:
        filters["name"] = name
        rows = rows.filter(name__icontains=name)
    before, after = run_filters.key(query.get("before", "")), run_filters.key(query.get("after", ""))
    if before:
        found = list(rows.filter(pk__gt=before).order_by("pk")[: PAGE + 1])
    else:
        found = list((rows.filter(pk__lt=after) if after else rows).order_by("-pk")[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    if before:
        found.reverse()
    has_newer, has_older = (more, True) if before else (bool(after), more)
    seen_tasks = Task.objects.filter(access.visible(user, through="project__"))
    only_task = seen_tasks.filter(pk=filters.get("task", 0)).first()
    return {
        "section": "runs",
        "rows": with_bars(found),
        "filters": filters,
        "only_task": only_task,
        "may_run": run_list.may_run(user, only_task),
        "only_project": access.projects(user).filter(pk=filters.get("project", 0)).first(),
        "pager": {
            "newer": address(query, before=found[0].pk) if found and has_newer else None,
            "older": address(query, after=found[-1].pk) if found and has_older else None,
        },
        "live": any(batch.finished_at is None for batch in found),
        "interval": max(2000, settings.LIVE_INTERVAL_MS),
    }


def address(query: QueryDict, **cursor: int) -> str:
    other = query.copy()
    for name in ("before", "after"):
        other.pop(name, None)
    other.update({name: str(value) for name, value in cursor.items()})
    return f"?{other.urlencode()}"


def with_bars(found: Iterable[Batch]) -> list[dict[str, Any]]:
    """Each Batch with its Runs by state; one query for all."""
    found = list(found)
    counted: dict[int, dict[State, int]] = {batch.pk: {} for batch in found}
    by_state = Run.objects.filter(batch__in=list(counted)).order_by().values("batch", "state")
    for row in by_state.annotate(count=Count("pk")):
        counted[row["batch"]][State(row["state"])] = row["count"]
    rows = []
    for batch in found:
        counts, reused = counted[batch.pk], len(batch.reused)
        parts = state_bar.stretches(
            counts, reused=reused, total=batch.count if batch.built_at is None else None
        )
        ended = reused + sum(counts.get(state, 0) for state in FINAL)
        total = sum(part.count for part in parts)
        rows.append(
            {"batch": batch, "parts": parts, "words": state_bar.words(parts), "ended": ended, "total": total}
        )
    return rows
