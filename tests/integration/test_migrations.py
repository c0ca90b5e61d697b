"""A database of an earlier version keeps its facts, and gets what newer tables need."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection

from coretex_site.lib import paths
from projects.models import Project
from runs.models import Execution, Metric, MetricPoint, Run
from runs.states import State
from tests.made_batches import Outcome, end, make_batch, make_task

naming = importlib.import_module("runs.migrations.0003_numbers_written_once")
filling = importlib.import_module("runs.migrations.0002_what_tables_need")


@pytest.fixture
def executions(project: Project, alice: User) -> list[Execution]:
    """Of a Batch in which the first failed; as an earlier version left them."""

    def outcome(values: Mapping[str, Any]) -> Outcome:
        if values["rate"] == 0.1:
            return State.FAILED, {}, "loading\n\x1b[31mKeyError: 'x'\x1b[0m\n\n"
        return State.SUCCEEDED, {"loss": 1.0}, ""

    batch = make_batch(make_task(project, alice), alice, {"rate": [0.1, 0.2, 0.3]})
    end(batch, outcome)
    Execution.objects.update(last_line="")
    Metric.objects.update(mean=None, finite_count=0)
    return list(Execution.objects.order_by("run__cell"))


def fill() -> None:
    with connection.schema_editor() as editor:
        filling.fill_means(apps, editor)
        filling.fill_last_lines(apps, editor)


@pytest.mark.django_db(transaction=True)
def test_metrics_of_an_earlier_version_get_their_mean(executions: list[Execution]) -> None:
    plain, large = (execution.metrics.get(name="loss") for execution in executions[1:])
    MetricPoint.objects.create(metric=plain, x=4, y=None)
    MetricPoint.objects.filter(metric=large).update(y=1.5e308)
    Metric.objects.filter(pk=large.pk).update(minimum=1.5e308, maximum=1.5e308)
    empty = Metric.objects.create(execution=executions[0], name="nothing", point_count=1)
    MetricPoint.objects.create(metric=empty, x=0, y=None)
    fill()
    told = dict(Metric.objects.values_list("pk", "mean"))
    assert told == {plain.pk: pytest.approx(0.5), large.pk: pytest.approx(1.5e308), empty.pk: None}
    counts = dict(Metric.objects.values_list("pk", "finite_count"))
    assert counts == {plain.pk: 3, large.pk: 3, empty.pk: 0}


@pytest.mark.django_db(transaction=True)
def test_failures_of_an_earlier_version_get_their_last_line(executions: list[Execution]) -> None:
    fill()
    told = [Execution.objects.get(pk=execution.pk).last_line for execution in executions]
    assert told == ["KeyError: 'x'", "", ""]


@pytest.mark.django_db(transaction=True)
def test_runs_of_an_earlier_version_are_found_by_their_values_whole_floats_included(
    project: Project, alice: User
) -> None:
    batch = make_batch(make_task(project, alice), alice, {"rate": [1.0, 0.5]})
    before = dict(Run.objects.values_list("pk", "values_digest"))
    batch.runs.filter(cell=0).update(values_digest="as it was named")
    with connection.schema_editor() as editor:
        naming.name_anew(apps, editor)
    assert dict(Run.objects.values_list("pk", "values_digest")) == before


def test_executions_of_an_earlier_version_are_found_in_their_new_folders(data_dir: Path) -> None:
    root = data_dir / "executions"
    for old in ("007/7", "123/123123", "999/1999", "lost+found/x"):
        (root / old).mkdir(parents=True)
        (root / old / "console").write_text(old)
    filling.move_beside_neighbours(apps, None)
    assert [paths.console(pk).read_text() for pk in (7, 123123, 1999)] == ["007/7", "123/123123", "999/1999"]
    assert sorted(path.name for path in root.iterdir()) == ["0", "1", "123", "lost+found"]
    filling.move_beside_neighbours(apps, None)
    assert paths.console(7).read_text() == "007/7"
