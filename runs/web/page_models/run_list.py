"""What the Runs table, the choice of a Task to run, and the page before deleting show. Knows no HTTP."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Q, Sum
from django.http import QueryDict
from django.urls import reverse

from coretex_site.templatetags.ui import human_bytes
from projects import access
from runs.models import Artifact, Execution, Metric, Node, Run
from runs.states import UNFINISHED, State
from runs.web.page_models import run_filters, run_table
from tasks.models import Task

CHOICES_SHOWN = 100
RECENT = 6


def runs(user: User, query: QueryDict) -> dict[str, Any]:
    """The context of the Runs table."""
    filters = run_filters.filled(query)
    page = run_table.page_of(run_filters.rows_of(user, filters), query)
    sort, descending = run_table.order_of(query)
    seen_tasks = Task.objects.filter(access.visible(user, through="project__"))
    only_task = seen_tasks.filter(pk=run_filters.key(filters.get("task", ""))).first()
    return {
        "section": "runs",
        "pager": page,
        "runs": page.rows,
        "filters": filters,
        "sort": f"-{sort}" if descending else sort,
        "states": list(State),
        "nodes": list(Node.objects.values_list("name", flat=True)),
        "editable": run_table.editable(user, page.rows),
        "unfinished": [run for run in page.rows if run.state in UNFINISHED],
        "only_task": only_task,
        "may_run": may_run(user, only_task),
        "only_project": access.projects(user).filter(pk=run_filters.key(filters.get("project", ""))).first(),
        "address": address(query),
    }


def address(query: QueryDict) -> str:
    """The table's address with these filters, without the empty ones."""
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        kept.setlist(name, [value for value in values if value])
    return f"{reverse('runs:list')}?{kept.urlencode()}".removesuffix("?")


def states(user: User, keys: Iterable[int]) -> dict[str, Any]:
    """The context of what changes in the rows of unfinished Runs."""
    shown = run_table.shown(user, keys)
    return {"runs": shown, "unfinished": [run for run in shown if run.state in UNFINISHED]}


def may_run(user: User, task: Task | None) -> bool:
    """Whether a button that runs `task` leads somewhere; without a Task it leads to the choice of one."""
    return task is None or run_table.workable(user).filter(pk=task.project_id).exists()


def choices(user: User, query: QueryDict) -> dict[str, Any]:
    """The context of choosing a Project, then a Task of it."""
    places = run_table.workable(user)
    words, chosen = run_filters.words(query, "q"), run_filters.key(query.get("project", ""))
    project = places.filter(pk=chosen).first() if chosen else None
    context: dict[str, Any] = {"section": "runs", "q": words, "project": project}
    if project is None:
        found = places.annotate(task_count=Count("tasks"))
        if words:
            found = found.filter(Q(name__icontains=words) | Q(description__icontains=words))
        recent = Run.objects.filter(created_by_id=user.pk, project__in=places).order_by("-pk")
        keys = list(dict.fromkeys(recent.values_list("task_id", flat=True)[:CHOICES_SHOWN]))[:RECENT]
        lately = Task.objects.select_related("project").in_bulk(keys)
        return {**context, "projects": found[:CHOICES_SHOWN], "recent": [lately[key] for key in keys]}
    tasks = project.tasks.all()
    if words:
        tasks = tasks.filter(Q(name__icontains=words) | Q(description__icontains=words))
    return {**context, "tasks": tasks[:CHOICES_SHOWN]}


def loss(runs: list[Run]) -> list[str]:
    """What is lost with these Runs, in words."""
    executions = Execution.objects.filter(run__in=runs)
    artifacts = Artifact.objects.filter(execution__run__in=runs).aggregate(
        count=Count("pk"), size=Sum("size")
    )
    counts = (
        (len(runs), "Run", "Runs"),
        (executions.count(), "Execution with its console", "Executions with their consoles"),
        (artifacts["count"], "Artifact", "Artifacts"),
        (Metric.objects.filter(execution__run__in=runs).count(), "Metric", "Metrics"),
    )
    words = [f"{count:,} {one if count == 1 else many}" for count, one, many in counts if count]
    size = artifacts["size"] or 0
    return [*words, f"{human_bytes(size)} of Artifacts on disk"] if size else words
