"""Batches as their page finds them: built by the product, then ended as a test says. Nothing is executed."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F, OuterRef
from django.utils import timezone

from coretex_site.lib import paths
from projects.models import Project
from runs.models import Batch, Execution, Metric, MetricPoint, Node, Run
from runs.records import last_words
from runs.runspec import RunSpec
from runs.states import FINAL, Reason, State
from runs.submission import batch_upkeep, build
from runs.submission.start import start
from tasks.files import store
from tasks.models import Task

TASK_YAML = b"""param_groups:
  - name: training
    params:
      - {name: rate, value: 0.1, data_type: float}
      - {name: size, value: 16, data_type: int}
      - {name: optimizer, value: {selected: 0, options: [adam, sgd]}, data_type: enum}
      - {name: layers, value: [64, 64], data_type: "list[int]"}
      - {name: seed, value: 0, data_type: int}
"""
Outcome = tuple[State, Mapping[str, float], str]


def make_task(
    project: Project, by: User, *, name: str = "Train", files: Mapping[str, bytes] | None = None
) -> Task:
    task = Task.objects.create(project=project, name=name, created_by=by)
    for path, content in ({"main.py": b"print(1)\n", "task.yaml": TASK_YAML} | dict(files or {})).items():
        store.create(task, path, content, by=by)
    task.refresh_from_db()
    return task


def make_batch(task: Task, by: User, values: Mapping[str, Any], **spec: Any) -> Batch:
    """Started and built; its Runs wait."""
    batch = start(RunSpec(task=task.pk, values=values, **spec), by=by)
    assert isinstance(batch, Batch)
    assert build.build(batch.pk)
    batch.refresh_from_db()
    return batch


def end(batch: Batch, outcome: Callable[[Mapping[str, Any]], Outcome]) -> None:
    """Gives each Run the state, metrics and console that `outcome` says; some may stay queued."""
    node, _ = Node.objects.get_or_create(
        name="worker-1", defaults={"heartbeat_at": timezone.now(), "workers": 2}
    )
    now = timezone.now()
    ended: dict[State, list[int]] = {}
    printed_last: dict[str, list[int]] = {}
    series, points = [], []
    for run in Run.objects.filter(batch=batch).select_related("latest"):
        values = {
            k: v["options"][v["selected"]] if isinstance(v, dict) else v for k, v in run.parameters.items()
        }
        state, metrics, printed = outcome(values)
        ended.setdefault(state, []).append(run.latest_id)
        for name, number in metrics.items():
            shape = {"minimum": number - 1, "maximum": number, "point_count": 3}
            shape |= {"mean": number - 0.5, "finite_count": 3}
            series.append(Metric(execution_id=run.latest_id, name=name, last=number, **shape))
        if printed:
            console = paths.console(run.latest_id)
            console.parent.mkdir(parents=True, exist_ok=True)
            console.write_text(printed)
        if state is State.FAILED:
            printed_last.setdefault(last_words.line_of(run.latest_id), []).append(run.latest_id)
    for metric in Metric.objects.bulk_create(series, batch_size=1000):
        points += [MetricPoint(metric=metric, x=x, y=metric.last - 1 + x / 2) for x in range(3)]
    MetricPoint.objects.bulk_create(points, batch_size=2000)
    for line, keys in printed_last.items():
        Execution.objects.filter(pk__in=keys).update(last_line=line)
    for state, keys in ended.items():
        facts: dict[str, Any] = {"state": state, "node": node}
        if state is not State.QUEUED:
            facts |= {"claimed_at": now, "started_at": now - timedelta(seconds=90)}
        if state in FINAL:
            facts |= {"finished_at": now}
        if state is State.FAILED:
            message = "The script ended with exit code 1."
            facts |= {"reason": Reason.EXIT_CODE, "exit_code": 1, "message": message}
        for begin in range(0, len(keys), 5000):
            Execution.objects.filter(pk__in=keys[begin : begin + 5000]).update(**facts)
    Run.objects.filter(batch=batch).exclude(state=F("latest__state")).update(
        state=Execution.objects.filter(pk=OuterRef("latest")).values("state")
    )
    batch_upkeep.attend()
    batch.refresh_from_db()


def scored(values: Mapping[str, Any]) -> tuple[State, dict[str, float], str]:
    """The best is rate 0.01 with adam; the size does nothing; size 64 with rate 0.1 fails."""
    if values["size"] == 64 and values["rate"] == 0.1:
        return State.FAILED, {}, "MemoryError\n"
    accuracy = {0.1: 0.5, 0.01: 0.9, 0.001: 0.7}[values["rate"]] + 0.05 * (values["optimizer"] == "adam")
    return State.SUCCEEDED, {"accuracy": accuracy, "loss": 1 - accuracy}, ""
