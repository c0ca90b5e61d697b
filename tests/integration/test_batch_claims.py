"""Which Run starts next: priority, pauses, limits and failures of Batches, also with many workers at once."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.models import Project
from runs import lifecycle
from runs.models import Batch, Run
from runs.queue import claims, scheduler
from runs.states import ACTIVE, State
from runs.submission import batch_actions, batch_upkeep
from runs.submission.errors import SubmitError
from runs.submission.notifications import Notify
from runs.submission.start import start
from runs.web.page_models import run_page
from tasks.models import Task
from tests import small_tasks, some_batches

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(project: Project) -> Task:
    return some_batches.make_task(project)


def change(batch: Batch, *, at_once: int | None = None, priority: int = 0) -> None:
    batch_actions.change_settings(batch, at_once=at_once, stop_after=None, priority=priority)


def claimed(count: int) -> list[tuple[str, int | None]]:
    """(name of the Batch or Run, cell) of the next claims."""
    found = [some_batches.claim() for _ in range(count)]
    return [(e.run.batch.name if e.run.batch else e.run.name, e.run.cell) for e in found if e is not None]


def test_older_first_also_between_batches_and_single_runs(task: Task, alice: User) -> None:
    some_batches.start(task, name="first", values={"a": [1, 2]})
    start(some_batches.spec(task, name="alone", values={"a": [1]}), by=alice)
    some_batches.start(task, name="second", values={"a": [1, 2]})
    assert claimed(9) == [("first", 0), ("first", 1), ("alone", None), ("second", 0), ("second", 1)]


def test_higher_priority_goes_first_and_can_be_changed_while_it_runs(task: Task, alice: User) -> None:
    low = some_batches.start(task, name="low", values={"a": [1, 2, 3]})
    some_batches.start(task, name="high", values={"a": [1, 2]}, priority=5)
    start(some_batches.spec(task, name="urgent", values={"a": [1]}, priority=9), by=alice)
    assert claimed(2) == [("urgent", None), ("high", 0)]
    change(low, priority=6)
    assert claimed(9) == [("low", 0), ("low", 1), ("low", 2), ("high", 1)]
    with pytest.raises(SubmitError, match="A priority is"):
        change(low, priority=9999)


def test_a_paused_batch_starts_nothing_until_it_goes_on(task: Task) -> None:
    batch = some_batches.start(task, name="one", values={"a": [1, 2, 3]})
    assert claimed(1) == [("one", 0)]
    assert batch_actions.pause(batch) is True
    assert batch_actions.pause(batch) is False
    assert claimed(1) == []
    assert scheduler.waiting(some_batches.node()) == 0
    assert batch_actions.resume(batch) is True
    assert batch_actions.resume(batch) is False
    assert scheduler.waiting(some_batches.node()) == 2
    assert claimed(9) == [("one", 1), ("one", 2)]


def test_a_limit_is_kept_and_can_be_changed_while_it_runs(task: Task) -> None:
    batch = some_batches.start(task, name="one", values={"a": [*range(6)]}, at_once=2)
    first = some_batches.claim()
    assert claimed(5) == [("one", 1)]
    change(batch, at_once=3)
    assert scheduler.waiting(some_batches.node()) == 1
    assert claimed(5) == [("one", 2)]
    change(batch, at_once=1)
    some_batches.end(first)
    assert claimed(5) == []
    change(batch, at_once=None)
    assert claimed(5) == [("one", 3), ("one", 4), ("one", 5)]
    with pytest.raises(SubmitError, match="concurrent Runs"):
        change(batch, at_once=0)


def test_a_full_or_paused_batch_does_not_hold_up_others(task: Task) -> None:
    full = some_batches.start(task, name="full", values={"a": [1, 2, 3]}, at_once=1)
    paused = some_batches.start(task, name="paused", values={"a": [1, 2]})
    some_batches.start(task, name="free", values={"a": [1, 2]})
    batch_actions.pause(paused)
    assert claimed(9) == [("full", 0), ("free", 0), ("free", 1)]
    assert full.runs.filter(state__in=ACTIVE).count() == 1


def test_a_batch_stops_after_as_many_failures_as_were_asked_for(task: Task, alice: User) -> None:
    batch = some_batches.start(task, values={"a": [*range(6)]}, stop_after=2)
    assert some_batches.run_all(failing={1, 3, 4}) == [0, 1, 2, 3]
    batch.refresh_from_db()
    assert some_batches.states(batch)[4:] == ["stopped", "stopped"]
    assert batch.stop_reason == "Stopped after 2 failed Runs, as set."
    message = batch.runs.get(cell=5).latest.message
    assert message == "Stopped before it was started, because 2 Runs of the Batch failed."
    assert batch.finished_at is not None
    # Executed again they have as many failures as before.
    assert batch_actions.cells_again(batch, batch.runs.values_list("pk", flat=True), by=alice) == 6
    assert some_batches.run_all(failing={0}) == [0, 1, 2, 3, 4, 5]
    batch.refresh_from_db()
    assert batch.stop_reason == ""


def test_nothing_starts_between_the_last_failure_and_the_stop(task: Task) -> None:
    some_batches.start(task, values={"a": [*range(4)]}, stop_after=1)
    running = some_batches.claim()
    some_batches.end(some_batches.claim(), State.FAILED)
    assert some_batches.claim() is None
    batch_upkeep.attend()
    some_batches.end(running)
    assert some_batches.claim() is None


def test_by_default_a_failure_stops_nothing_else(task: Task) -> None:
    some_batches.start(task)
    assert some_batches.run_all(failing={0, 1, 2, 3}) == [0, 1, 2, 3]


def test_a_batch_for_one_node_is_executed_there(task: Task) -> None:
    here, there = some_batches.node("here"), some_batches.node("there")
    some_batches.start(task, node="there", values={"a": [1, 2]})
    assert some_batches.claim(here) is None
    assert scheduler.waiting(here) == 0
    assert some_batches.claim(there) is not None


CLAIM_ALL = """
import sys
from runs import lifecycle
from runs.queue import claims
from runs.submission import batch_upkeep
from runs.models import Node, Run
from runs.states import ACTIVE, State
node = Node.objects.get(name="worker-1")
while Run.objects.filter(state="queued").exists():
    execution = claims.Front(node).claim("someone")
    if execution is None:
        continue
    active = Run.objects.filter(batch=execution.run.batch_id, state__in=ACTIVE).count()
    if active > 2:
        sys.exit(f"{active} at once")
    lifecycle.transition(execution.pk, State.PREPARING, State.RUNNING)
    lifecycle.transition(execution.pk, State.RUNNING, State.SUCCEEDED)
    batch_upkeep.attend()
"""


def test_many_workers_never_exceed_the_limit_and_end_the_batch_once(
    transactional_db: None, project: Project
) -> None:
    task = some_batches.make_task(project)
    some_batches.node()
    batch = start(
        some_batches.spec(task, values={"a": [*range(40)]}, at_once=2),
        by=task.created_by,
        notify=Notify(url="http://127.0.0.1:9/"),
    )
    batch_upkeep.attend()
    workers = [small_tasks.start_worker(CLAIM_ALL) for _ in range(4)]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0, 0]
    batch_upkeep.attend()
    batch.refresh_from_db()
    assert some_batches.states(batch) == ["succeeded"] * 40
    assert set(batch.runs.values_list("latest__number", flat=True)) == {1}
    assert batch.notices.count() == 1


def test_scripts_of_a_batch_are_really_executed(transactional_db: None, project: Project) -> None:
    source = (
        "import json, os, sys\n"
        "values = json.load(open(os.environ['CORETEX_PARAMETERS']))\n"
        "sys.exit(3 if values['a'] == 2 and values['b'] == 2 else 0)\n"
    )
    task = some_batches.make_task(project, source=source)
    batch = start(some_batches.spec(task), by=task.created_by)
    small_tasks.this_node(workers=2)
    workers = [small_tasks.start_worker() for _ in range(2)]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    batch.refresh_from_db()
    assert some_batches.states(batch) == ["succeeded", "succeeded", "succeeded", "failed"]
    assert batch.finished_at is not None


def test_a_claim_costs_the_same_with_ten_thousand_queued(task: Task) -> None:
    three_batches(task, 10)
    small = effort_of_claims()
    three_batches(task, 100)
    assert effort_of_claims() < 2 * small


def three_batches(task: Task, size: int) -> None:
    """Of `size`² Runs one that is paused, and one that is not; between them one with room for five."""
    values = {"a": [*range(size)], "b": [*range(size)]}
    batch_actions.pause(some_batches.start(task, values=values))
    some_batches.start(task, values={"a": [*range(size)], "b": [1, 2]}, at_once=5)
    some_batches.start(task, values=values)


def effort_of_claims() -> int:
    """What twenty cost the database: instructions of SQLite's machine; elsewhere statements."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    if connection.vendor == "sqlite":
        connection.connection.set_progress_handler(count, 1)
    with CaptureQueriesContext(connection) as queries:
        assert all(some_batches.claim() for _ in range(20))
    if connection.vendor == "sqlite":
        connection.connection.set_progress_handler(None, 0)
    return steps or len(queries)


def test_lost_in_a_batch_is_executed_again_within_its_limit(task: Task) -> None:
    batch = some_batches.start(task, values={"a": [1, 2, 3]}, at_once=1)
    execution = some_batches.claim()
    assert lifecycle.return_to_queue(execution.pk, "someone")
    assert Run.objects.filter(batch=batch, state=State.QUEUED).count() == 3
    assert claimed(5) == [(batch.name, 0)]


def test_a_run_is_told_only_of_those_that_are_started_before_it(task: Task) -> None:
    node = some_batches.node()
    type(node).objects.filter(pk=node.pk).update(heartbeat_at=timezone.now())
    type(node).objects.create(name="gone", workers=1)

    def said(batch: Batch) -> str:
        return run_page.waiting(batch.runs.get(cell=0).latest).partition(",")[0]

    paused = some_batches.start(task, values={"a": [1, 2]})
    full = some_batches.start(task, values={"a": [3, 4]}, at_once=1)
    some_batches.start(task, values={"a": [5, 6]}, node="gone")
    mine = some_batches.start(task, values={"a": [7, 8]})
    assert said(mine) == "4 before it in the queue"
    batch_actions.pause(paused)
    assert said(mine) == "2 before it in the queue"
    claimed = some_batches.claim()
    assert claimed is not None and claimed.run.batch_id == full.pk
    assert said(mine) == "First in the queue"
    urgent = some_batches.start(task, values={"a": [9, 10]}, priority=5)
    assert (said(urgent), said(mine)) == ("First in the queue", "2 before it in the queue")
    claimed = some_batches.claim()
    assert claimed is not None and claimed.run.batch_id == urgent.pk


def test_a_run_says_what_it_waits_for(task: Task) -> None:
    batch = some_batches.start(task, values={"a": [1, 2, 3]}, at_once=1)
    node = some_batches.node()
    type(node).objects.filter(pk=node.pk).update(heartbeat_at=timezone.now())
    last = batch.runs.get(cell=2).latest
    assert run_page.waiting(last) == "2 before it in the queue, waiting for a free worker."
    some_batches.claim()
    assert run_page.waiting(last).startswith("Waiting for another Run of its Batch to end")
    batch_actions.pause(batch)
    last = batch.runs.get(cell=2).latest
    assert run_page.waiting(last) == "Its Batch is paused. It starts when the Batch is resumed."


def test_a_run_that_was_given_back_goes_before_those_that_were_read_ahead(task: Task) -> None:
    some_batches.start(task, name="one", values={"a": [*range(4)]})
    front = claims.Front(some_batches.node())
    first, second = front.claim("someone"), front.claim("someone")
    assert (first.run.cell, second.run.cell) == (0, 1)
    assert lifecycle.return_to_queue(first.pk, "someone")
    front.look(some_batches.node())
    assert [front.claim("someone").run.cell for _ in range(3)] == [0, 2, 3]
    assert front.claim("someone") is None
