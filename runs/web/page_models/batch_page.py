"""What every page of a Batch says about it: how far it is, what may be done. Knows no HTTP."""

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import F
from django.http import QueryDict

from projects import access
from projects.models import Role
from runs.access import visible_batches
from runs.analysis import batch_view, cells, scores
from runs.models import Batch
from runs.states import State
from runs.submission import forecast, progress
from runs.submission.progress import Progress
from runs.web.page_models import run_filters, run_list, state_bar
from runs.web.page_models.paging import page_of
from tasks.models import Task


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
        "notices": list(batch.notices.order_by("-pk")) if not live else [],
        "version": version(batch, done),
    }


@dataclass(frozen=True)
class Looked:
    """A Batch as an address looks at it."""

    batch: Batch
    query: QueryDict

    @cached_property
    def held(self) -> cells.Cells:
        return cells.of(self.batch)

    @cached_property
    def metrics(self) -> list[str]:
        return scores.names(self.batch)

    @cached_property
    def view(self) -> batch_view.View:
        return batch_view.read(self.query, self.batch, self.held, self.metrics)

    def context(self) -> dict[str, Any]:
        """What each map, table and page of charts shows around its own part."""
        return {
            "batch": self.batch,
            "view": self.view,
            "metrics": self.metrics,
            "aggregates": scores.AGGREGATES.items(),
            "directions": batch_view.DIRECTIONS.items(),
            "cell_count": len(self.held),
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
    page = page_of(rows, query, key=F("pk"), descending=True)
    seen_tasks = Task.objects.filter(access.visible(user, through="project__"))
    only_task = seen_tasks.filter(pk=filters.get("task", 0)).first()
    return {
        "section": "runs",
        "rows": with_bars(page.rows),
        "filters": filters,
        "only_task": only_task,
        "may_run": run_list.may_run(user, only_task),
        "only_project": access.projects(user).filter(pk=filters.get("project", 0)).first(),
        "pager": page,
        "live": any(batch.finished_at is None for batch in page.rows),
        "interval": max(2000, settings.LIVE_INTERVAL_MS),
    }


def with_bars(found: list[Batch]) -> list[dict[str, Any]]:
    """Each Batch with its Runs by state; one query for all."""
    rows = []
    for batch, done in zip(found, progress.of_each(found), strict=True):
        parts = state_bar.stretches(done.counts, reused=done.reused, total=done.total)
        rows.append({"batch": batch, "progress": done, "parts": parts, "words": state_bar.words(parts)})
    return rows
