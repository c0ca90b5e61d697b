"""What is said about Runs that have not started yet, from those that have ended."""

from datetime import timedelta

import pytest
from django.utils import timezone

from coretex_site.lib import paths
from projects.models import Project
from runs.models import Artifact, Execution, Node, Run
from runs.submission import forecast
from tasks.models import Task
from tests import some_batches

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(project: Project) -> Task:
    return some_batches.make_task(project)


def ended(task: Task, *seconds: float, size: int = 0, script: str = "main.py") -> None:
    """Runs that succeeded, each in so many seconds."""
    some_batches.start(task, values={"a": [*range(len(seconds) + 1)]})
    some_batches.run_all()
    now = timezone.now()
    executions = Execution.objects.filter(run__task=task, environment=None).order_by("-pk")[: len(seconds)]
    for execution, took in zip(executions, seconds, strict=True):
        Execution.objects.filter(pk=execution.pk).update(
            claimed_at=now - timedelta(seconds=took), finished_at=now
        )
        Run.objects.filter(pk=execution.run_id).update(entry_script=script)
        Artifact.objects.create(execution=execution, path="out", size=size)
        paths.console(execution.pk).parent.mkdir(parents=True, exist_ok=True)
        paths.console(execution.pk).write_bytes(b"x" * 10)
    Run.objects.filter(task=task).exclude(latest__in=list(executions)).delete()


def test_without_an_earlier_run_it_says_that_there_is_nothing(task: Task) -> None:
    found = forecast.of(task, runs=12)
    assert (found.run, found.total, found.disk, found.finish_at) == (None, None, None, None)
    assert "nothing to base an estimate on" in found.basis


def test_time_and_disk_are_ranges_around_what_earlier_runs_took(task: Task) -> None:
    ended(task, 10, 20, 30, size=90)
    found = forecast.of(task, runs=10, entry_script="main.py")
    assert found.basis == "Based on the last 3 Runs of main.py of this Task that succeeded."
    assert found.run is not None and found.total is not None and found.disk is not None
    assert found.run.middle == pytest.approx(20)
    assert found.total.middle == pytest.approx(200)
    assert found.total.low < 200 < found.total.high
    assert found.disk.middle == 1000
    first, last = found.finish_at
    assert timedelta(seconds=100) < first - found.made_at < last - found.made_at < timedelta(seconds=300)


def test_more_workers_make_it_shorter_up_to_the_limit_and_the_number_of_runs(task: Task) -> None:
    ended(task, 10, 10)
    now = timezone.now()
    Node.objects.create(name="live", workers=4, heartbeat_at=now)
    Node.objects.create(name="gone", workers=50, heartbeat_at=now - timedelta(hours=1))
    draining = Node.objects.create(name="draining", workers=50, heartbeat_at=now, is_draining=True)

    def seconds(runs: int, **given: object) -> float:
        return round(forecast.of(task, runs=runs, **given).total.middle)

    assert (seconds(8), seconds(8, at_once=2), seconds(1), seconds(8, node=draining)) == (20, 40, 10, 80)
    assert (seconds(9), seconds(3, at_once=2), seconds(0)) == (30, 20, 0), "the last round is a whole one"


def test_another_entry_script_is_better_than_nothing_and_said(task: Task) -> None:
    ended(task, 5, script="other.py")
    found = forecast.of(task, runs=2, entry_script="main.py")
    assert found.basis == "Based on the last Run with other entry scripts of this Task that succeeded."


def test_one_run_that_took_long_widens_the_range(task: Task) -> None:
    ended(task, *[10] * 9, 1000)
    found = forecast.of(task, runs=1)
    assert found.run is not None and found.run.middle == pytest.approx(10)
    assert found.total is not None and found.total.high > 100
