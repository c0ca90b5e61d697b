"""The shortcuts for short scripts change nothing but the time it takes: both ways write the same rows."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.db import models

from projects.models import Project
from runs.engine.worker import take_one
from runs.models import Artifact, Batch, Execution, Metric, MetricPoint, Run, StateChange
from runs.runspec import RunSpec
from runs.submission import batch_upkeep, run_actions
from runs.submission.start import start
from tests.small_tasks import console, make_task

# Does what its parameter says: what an Execution can leave, and how it can end.
SCRIPT = """
import json, os, sys
deed = json.load(open(os.environ["CORETEX_PARAMETERS"]))["deed"]
print("deed:", deed)
if deed == "metrics":
    with open(os.environ["CORETEX_METRICS"], "a") as file:
        for x in range(3):
            print(json.dumps({"metric": "loss", "x": x, "y": x / 2}), file=file)
        print("not a metric", file=file)
if deed == "artifact":
    open("made.txt", "w").write("made")
    open("main.py", "a").write("# changed")
if deed == "home":
    open(os.path.expanduser("~/left"), "w").write("left")
sys.exit(3 if deed == "fail" else 0)
"""
TASK_YAML = "param_groups: [{name: g, params: [{name: deed, value: none, data_type: str}]}]"
DEEDS = ["none", "metrics", "artifact", "none", "fail", "home", "none"]
# Keys, moments, and what differs from one process or folder to the next.
NOT_COMPARED = {
    *("id", "run", "execution", "metric", "latest", "environment", "task", "snapshot", "batch", "owner"),
    *("shim", "created_at", "claimed_at", "started_at", "start_marked_at", "finished_at", "heartbeat_at"),
    *("at", "used_at", "built_at", "build_seconds", "name", "values_digest", "spec", "submission"),
    *("metrics_offset", "key", "node", "node_name", "last_used_at", "ready_at", "size", "console_start"),
}
TABLES: tuple[type[models.Model], ...] = (*(Run, Execution, StateChange, Artifact, Metric, MetricPoint),)


def rows() -> dict[str, list[dict[str, Any]]]:
    """All that is stored, in the order in which it came about."""
    return {
        model.__name__: [
            {name: value for name, value in row.items() if name.removesuffix("_id") not in NOT_COMPARED}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in TABLES
    }


def left_on_disk() -> list[str]:
    """What each script printed; the environment, above it, is built only once."""
    consoles = [console(execution) for execution in Execution.objects.order_by("pk")]
    return [text[text.find("deed: ") :] for text in consoles]


def tell_a_story(project: Project, by: User) -> None:
    """Runs alone and in a Batch, one of them executed again, one stopped before it was started."""
    task = make_task(project, {"main.py": SCRIPT, "task.yaml": TASK_YAML}, name="Deeds")
    for deed in DEEDS:
        start(RunSpec(task=task.pk, values={"deed": [deed]}), by=by)
    take_one()
    start(RunSpec(task=task.pk, values={"deed": ["none", "fail", "metrics"]}), by=by)
    batch_upkeep.attend()
    take_one()
    failed = Run.objects.filter(state="failed").order_by("pk")[0]
    run_actions.again(failed, by=by)
    waiting = start(RunSpec(task=task.pk), by=by)
    assert isinstance(waiting, Run)
    run_actions.stop(waiting.latest, by=by)
    take_one()


@pytest.mark.django_db(transaction=True)
def test_both_ways_write_the_same_rows(project: Project, alice: User, settings: LazySettings) -> None:
    found = []
    for fast in (True, False):
        settings.FAST_PATH = fast
        tell_a_story(project, alice)
        found.append((rows(), left_on_disk()))
        Batch.objects.all().delete()
        Run.objects.all().delete()
        project.tasks.all().delete()
    (fast_rows, fast_disk), (plain_rows, plain_disk) = found
    for name, expected in plain_rows.items():
        assert fast_rows[name] == expected, name
    assert fast_disk == plain_disk
    assert len(fast_rows["StateChange"]) > 30
