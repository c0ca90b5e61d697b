"""Batches: started once, built all or none, stopped, executed again and added to."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import F

from projects.models import Project
from runs import snapshots
from runs.analysis import cells
from runs.models import Batch, Execution, Node, Run, Snapshot, StateChange
from runs.queue import scheduler
from runs.runspec import RunSpec
from runs.states import State
from runs.submission import (
    batch_actions,
    batch_upkeep,
    build,
    forecast,
    presets,
    progress,
    reuse,
    run_actions,
)
from runs.submission.errors import SubmitError
from runs.submission.start import default_name, start
from runs.submission.validate import validate
from tasks.models import Task
from tests import small_tasks, some_batches

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(project: Project) -> Task:
    return some_batches.make_task(project)


def all_is_consistent() -> None:
    """Each Run has the state of its newest Execution, and each Execution its first change."""
    assert not Run.objects.exclude(state=F("latest__state")).exists()
    for run in Run.objects.all():
        numbers = list(run.executions.order_by("number").values_list("number", flat=True))
        assert numbers == [*range(1, len(numbers) + 1)]
        assert run.latest == run.executions.order_by("-number").first()
    for execution in Execution.objects.all():
        changes = list(execution.changes.order_by("pk").values_list("from_state", "to_state"))
        assert changes[0] == ("", "queued")
        assert changes[-1][1] == execution.state


# Starting


def test_a_batch_is_there_at_once_and_its_runs_when_a_worker_built_them(task: Task, alice: User) -> None:
    batch = start(some_batches.spec(task), by=alice)
    assert isinstance(batch, Batch)
    assert (batch.is_building, batch.count, batch.varying) == (True, 4, ["a", "b"])
    assert not Run.objects.exists()
    batch_upkeep.attend()
    batch.refresh_from_db()
    assert not batch.is_building
    runs = list(batch.runs.order_by("cell"))
    assert [(run.cell, run.parameters["a"], run.parameters["b"]) for run in runs] == [
        (0, 1, 1),
        (1, 1, 2),
        (2, 2, 1),
        (3, 2, 2),
    ]
    assert {run.snapshot_id for run in runs} == {batch.snapshot_id}
    assert [run.name for run in runs] == [f"train-1-{n}" for n in (1, 2, 3, 4)]
    assert default_name(task) == "train-2"
    all_is_consistent()


def test_one_combination_is_a_run_without_a_batch(task: Task, alice: User) -> None:
    run = start(some_batches.spec(task, values={"a": [5]}, priority=3), by=alice)
    assert isinstance(run, Run)
    assert (run.batch, run.priority, run.state, run.parameters["a"]) == (None, 3, "queued", 5)


def test_a_form_sent_twice_is_one_batch(task: Task, alice: User) -> None:
    spec = some_batches.spec(task)
    first = start(spec, by=alice, form_token="f")
    assert start(spec, by=alice, form_token="f") == first
    assert start(some_batches.spec(task, repeats=2), by=alice, form_token="f") != first
    one = some_batches.spec(task, values={"a": [5]})
    assert start(one, by=alice, form_token="g") == start(one, by=alice, form_token="g")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"priority": 40_000}, "A priority is"),
        ({"node": "absent"}, "There is no node “absent”"),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"time_limit": 10**9}, "time limit"),
        ({"exclude": ["a > 0"]}, "None of the 4 combinations"),
        ({"at_once": 2**40}, "concurrent Runs"),
    ],
)
def test_what_cannot_be_started_leaves_nothing_behind(
    task: Task, alice: User, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(SubmitError, match=said):
        start(some_batches.spec(task, **given), by=alice)
    assert not Batch.objects.exists()


def test_a_batch_runs_the_snapshot_it_names_also_after_the_task_changed(task: Task, alice: User) -> None:
    first = some_batches.start(task)
    small_tasks.write(task, {"main.py": "print(2)"})
    same = some_batches.start(task, snapshot=first.snapshot_id[:10])
    assert same.snapshot_id == first.snapshot_id
    assert some_batches.start(task).snapshot_id != first.snapshot_id


def test_a_snapshot_that_only_a_batch_uses_is_kept(task: Task, alice: User) -> None:
    batch = start(some_batches.spec(task), by=alice)
    assert snapshots.delete_unused(older_than=timedelta(0)) == 0
    assert Snapshot.objects.filter(pk=batch.snapshot_id).exists()


def test_what_succeeded_already_can_be_reused(task: Task, alice: User) -> None:
    first = some_batches.start(task)
    some_batches.run_all(failing={3})
    spec = some_batches.spec(task, values={"a": [1, 2, 3], "b": [1, 2]})
    planned = validate(task, spec)
    found = reuse.already(planned)
    assert sorted(found) == [0, 1, 2]
    batch = start(spec, by=alice, reuse=True)
    assert isinstance(batch, Batch)
    batch_upkeep.attend()
    batch.refresh_from_db()
    assert [run.cell for run in batch.runs.order_by("cell")] == [3, 4, 5]
    assert {run for _, run in batch.reused} == set(first.runs.filter(cell__lt=3).values_list("pk", flat=True))
    assert (progress.of(batch).finished, progress.of(batch).total) == (3, 6)
    with pytest.raises(SubmitError, match="nothing to start"):
        start(some_batches.spec(task, values={"a": [1], "b": [1, 2]}), by=alice, reuse=True)


def test_repeats_without_a_seed_are_reused_as_often_as_they_succeeded(task: Task, alice: User) -> None:
    some_batches.start(task, repeats=2)
    some_batches.run_all(failing={0})
    assert len(reuse.already(validate(task, some_batches.spec(task, repeats=3)))) == 7


def test_other_values_of_the_same_number_are_other_runs(task: Task) -> None:
    some_batches.start(task)
    some_batches.run_all()
    small_tasks.write(task, {"main.py": "print(2)"})
    assert reuse.already(validate(task, some_batches.spec(task))) == {}


# Building


def test_a_builder_that_dies_half_way_leaves_nothing_and_it_is_built_once(
    transactional_db: None, project: Project
) -> None:
    task = some_batches.make_task(project)
    batch = start(some_batches.spec(task), by=task.created_by)
    assert isinstance(batch, Batch)
    die = (
        "import os, signal; from runs.queue import bulk_transitions;"
        "from runs.submission import batch_upkeep;"
        "bulk_transitions.queue_marked = lambda *_, **more: os.kill(os.getpid(), signal.SIGKILL);"
        "batch_upkeep.attend()"
    )
    assert small_tasks.start_worker(die).wait(30) == -9
    batch.refresh_from_db()
    assert (batch.is_building, bool(batch.builder), Run.objects.count()) == (True, True, 0)
    code = "from runs.submission.batch_upkeep import attend; attend()"
    workers = [small_tasks.start_worker(code) for _ in range(3)]
    assert [worker.wait(30) for worker in workers] == [0, 0, 0]
    assert Run.objects.count() == Execution.objects.count() == StateChange.objects.count() == 4
    all_is_consistent()


def test_ten_thousand_runs_are_there_at_once(transactional_db: None, project: Project) -> None:
    task = some_batches.make_task(project)
    values = {"a": [*range(100)], "b": [*range(100)]}
    batch = start(some_batches.spec(task, values=values), by=task.created_by)
    batch_upkeep.attend()
    assert batch.runs.filter(state=State.QUEUED, latest__state=State.QUEUED).count() == 10_000
    assert StateChange.objects.count() == 10_000


def test_a_batch_that_cannot_be_built_says_why(task: Task, alice: User) -> None:
    batch = start(some_batches.spec(task), by=alice)
    assert isinstance(batch, Batch)
    Batch.objects.filter(pk=batch.pk).update(spec={**batch.spec, "values": {"gone": [1, 2]}})
    batch_upkeep.attend()
    batch.refresh_from_db()
    assert "expected a parameter of the Task" in batch.build_error
    assert batch.finished_at is not None
    assert batch_upkeep.attend() == 0


# Stopping and executing again


def test_stop_all_stops_what_waits_and_asks_what_runs(task: Task, alice: User, bob: User) -> None:
    batch = some_batches.start(task)
    running = some_batches.claim()
    assert batch_actions.stop_all(batch, by=bob) == 4
    assert some_batches.states(batch) == ["stopping", "stopped", "stopped", "stopped"]
    assert batch_actions.stop_all(batch, by=bob) == 0
    waiting = batch.runs.get(cell=2).latest
    assert waiting.message == "Stopped by bob before it was started."
    assert waiting.finished_at is not None
    assert waiting.changes.last().by == bob
    assert batch.runs.get(cell=0).latest == running
    all_is_consistent()


def test_a_batch_stopped_before_it_was_built_is_never_built(task: Task, alice: User) -> None:
    batch = start(some_batches.spec(task), by=alice)
    assert isinstance(batch, Batch)
    batch_actions.stop_all(batch, by=alice)
    batch_upkeep.attend()
    batch.refresh_from_db()
    assert (Run.objects.count(), batch.is_building, batch.stop_reason) == (0, False, "Stopped by its owner.")


def test_exactly_the_failed_runs_are_executed_again_and_once(task: Task, alice: User) -> None:
    batch = some_batches.start(task)
    some_batches.run_all(failing={1, 3})
    batch.refresh_from_db()
    assert batch.finished_at is not None
    assert batch_actions.failed_again(batch, by=alice) == 2
    assert batch_actions.failed_again(batch, by=alice) == 0
    batch.refresh_from_db()
    assert batch.finished_at is None
    assert some_batches.states(batch) == ["succeeded", "queued", "succeeded", "queued"]
    assert some_batches.run_all() == [1, 3]
    assert batch.runs.get(cell=1).latest.number == 2
    assert batch.runs.get(cell=1).latest.created_by == alice
    all_is_consistent()


def test_two_clicks_at_the_same_moment_execute_the_failed_ones_once(
    transactional_db: None, project: Project
) -> None:
    task = some_batches.make_task(project)
    batch = some_batches.start(task)
    some_batches.run_all(failing={0, 1, 2})
    click = (
        "from runs.submission import batch_actions; from runs.models import Batch; b = Batch.objects.get();"
        "batch_actions.failed_again(b, by=b.created_by)"
    )
    clicks = [small_tasks.start_worker(click) for _ in range(3)]
    assert [one.wait(30) for one in clicks] == [0, 0, 0]
    assert Execution.objects.filter(run__batch=batch).count() == 7
    all_is_consistent()


def test_chosen_cells_are_executed_again_if_they_have_ended(task: Task, alice: User) -> None:
    batch = some_batches.start(task)
    some_batches.end(some_batches.claim())
    keys = list(batch.runs.filter(cell__lte=1).values_list("pk", flat=True))
    assert batch_actions.cells_again(batch, [*keys, 10**9], by=alice) == 1
    assert batch.runs.get(cell=0).executions.count() == 2
    all_is_consistent()


def test_one_cell_executed_again_from_its_own_page_opens_the_batch_again(task: Task, alice: User) -> None:
    batch = some_batches.start(task)
    some_batches.run_all()
    run_actions.again(batch.runs.get(cell=2), by=alice)
    batch.refresh_from_db()
    assert batch.finished_at is None
    assert some_batches.run_all() == [2]
    batch.refresh_from_db()
    assert batch.finished_at is not None


def test_a_batch_and_all_it_left_is_deleted_once_it_has_ended(task: Task, alice: User) -> None:
    batch = some_batches.start(task)
    with pytest.raises(SubmitError, match="has not ended"):
        batch_actions.delete(batch, by=alice)
    some_batches.run_all()
    assert batch_actions.delete(batch, by=alice) == 4
    assert not Run.objects.exists() and not Batch.objects.exists()


# More values


def test_added_values_make_new_cells_and_repeat_none(task: Task, alice: User) -> None:
    batch = some_batches.start(task)
    some_batches.run_all()
    spec = some_batches.spec(task, values={"a": [1, 2, 3], "b": [1, 2], "c": [0]})
    planned = validate(task, spec)
    assert build.additions(batch, planned) == [4, 5]
    assert batch_actions.add_values(batch, spec, by=alice) == 2
    batch.refresh_from_db()
    assert (batch.is_building, batch.count) == (True, 6)
    with pytest.raises(SubmitError, match="still being built"):
        batch_actions.add_values(batch, spec, by=alice)
    batch_upkeep.attend()
    batch.refresh_from_db()
    assert [run.cell for run in batch.runs.order_by("cell")] == [0, 1, 2, 3, 4, 5]
    assert some_batches.run_all() == [4, 5]
    with pytest.raises(SubmitError, match="already in the Batch"):
        batch_actions.add_values(batch, spec, by=alice)
    other = some_batches.spec(task, values={"a": [1], "b": [1], "c": [0, 9]})
    assert batch_actions.add_values(batch, other, by=alice) == 1
    batch_upkeep.attend()
    batch.refresh_from_db()
    assert batch.varying == ["a", "b", "c"]
    assert len(batch.earlier_specs) == 2
    all_is_consistent()


def test_added_repeats_reuse_each_earlier_run_once_and_never_the_batch_s_own(task: Task, alice: User) -> None:
    some_batches.start(task, values={"a": [1, 2]})
    some_batches.run_all()
    earlier = set(Run.objects.values_list("pk", flat=True))
    batch = some_batches.start(task, values={"a": [1, 2]})
    some_batches.run_all()
    spec = some_batches.spec(task, values={"a": [1, 2]}, repeats=4)
    assert batch_actions.add_values(batch, spec, by=alice, reuse=True) == 6
    batch_upkeep.attend()
    batch.refresh_from_db()
    assert {run for _, run in batch.reused} == earlier
    held = cells.of(batch)
    assert len(held) == batch.count == 8 and len(held.by_run) == 8


def test_added_values_use_the_snapshot_of_the_batch(task: Task, alice: User) -> None:
    batch = some_batches.start(task)
    small_tasks.write(task, {"main.py": "print(2)"})
    batch_actions.add_values(batch, some_batches.spec(task, values={"a": [7], "b": [1, 2]}), by=alice)
    batch_upkeep.attend()
    assert batch.runs.exclude(snapshot=batch.snapshot_id).count() == 0


def test_one_and_one_point_zero_are_one_value_and_run_once(project: Project, alice: User) -> None:
    yaml = "param_groups: [{name: g, params: [{name: rate, value: 0.5, data_type: float}]}]"
    task = small_tasks.make_task(project, {"main.py": "print(1)", "task.yaml": yaml})
    first = some_batches.start(task, values={"rate": [1, 2.0, 2**53 + 1]})
    some_batches.run_all()
    again = RunSpec(task=task.pk, values={"rate": [1.0, 2, 2**53 + 1, 2.0**53]})
    asked = validate(task, again)
    assert sorted(reuse.already(asked)) == [0, 1, 2]
    assert batch_actions.add_values(first, again, by=alice) == 1
    # What a script gets is what was given.
    given = [run.parameters["rate"] for run in first.runs.order_by("cell")]
    assert json.dumps(given) == f"[1, 2.0, {2**53 + 1}]"


# Presets


def test_presets_are_kept_by_name_and_recent_inputs_by_person(task: Task, alice: User, bob: User) -> None:
    spec = some_batches.spec(task)
    presets.save(task, "  fast   ones ", spec, by=alice)
    presets.save(task, "fast ones", RunSpec(task=task.pk, values={"a": [9]}), by=bob)
    (preset,) = task.presets.all()
    assert RunSpec.from_json(preset.spec).values == {"a": [9]}
    with pytest.raises(SubmitError):
        presets.save(task, " ", spec, by=alice)
    some_batches.start(task)
    some_batches.start(task)
    start(some_batches.spec(task, values={"a": [3]}), by=alice)
    labels = [recent.label for recent in presets.recent(task, alice)]
    assert len(labels) == 2
    some_batches.start(task, pairs=[["a", "b"]])
    assert len(presets.recent(task, alice)) == 3, "the same values, put together otherwise"
    assert presets.recent(task, bob) == []


def test_what_is_left_of_a_batch_is_told_while_it_runs(task: Task, alice: User) -> None:
    batch = some_batches.start(task)
    before = forecast.of_batch(batch)
    assert before is not None and before.total is None and "nothing to base" in before.basis
    for _ in range(2):
        some_batches.end(some_batches.claim())
    left = forecast.of_batch(batch)
    assert left is not None and left.total is not None
    assert left.runs == 2 and "last 2 Runs of this Batch" in left.basis
    some_batches.run_all()
    batch.refresh_from_db()
    assert forecast.of_batch(batch) is None


def test_nothing_is_left_to_attend_to_in_the_end(task: Task) -> None:
    some_batches.start(task)
    some_batches.run_all()
    assert scheduler.attention() == 0
    assert build.build(Batch.objects.get().pk) is False
    assert Node.objects.count() == 1
