"""The Nodes page: what everybody sees, and what only staff may do."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.models import Project
from runs import lifecycle
from runs.models import Execution, Node, Run, Snapshot
from runs.queue import claims, nodes, wakeups
from runs.states import Cause, State
from tasks.models import Task
from tests.html_pages import flat

LONG_AGO = timedelta(hours=1)
ClientOf = Callable[[User], Client]


def node(name: str, *, beat: timedelta = timedelta(), stopped: bool = False, **facts: object) -> Node:
    at = timezone.now() - beat
    return Node.objects.create(
        name=name, workers=2, hostname="host", heartbeat_at=at, stopped_at=at if stopped else None, **facts
    )


@pytest.fixture
def run(project: Project, alice: User) -> Run:
    task = Task.objects.create(project=project, name="Train", created_by=alice)
    snapshot = Snapshot.objects.create(digest="0" * 64, file_count=1, size=1)
    run = Run.objects.create(
        project=project,
        task=task,
        snapshot=snapshot,
        name="train-1",
        entry_script="main.py",
        created_by=alice,
    )
    lifecycle.queue(run, Cause.STARTED, by=alice)
    return run


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_user("steve", is_staff=True)


def test_each_node_is_shown_with_its_state(client_of: ClientOf, alice: User) -> None:
    node("worker-live", cpu_percent=12.4, memory_percent=50.0, disk_free=5 * 1024**3)
    node("worker-silent", beat=timedelta(minutes=1))
    node("worker-stopped", beat=LONG_AGO, stopped=True)
    page = client_of(alice).get(reverse("runs:nodes")).content.decode()
    for text in ("worker-live", "Live", "12 %", "5.0 GB", "Not answering", "Stopped", "0 of 2"):
        assert text in page
    assert page.index("worker-live") < page.index("worker-silent") < page.index("worker-stopped")


def test_a_run_is_named_only_to_those_who_may_see_it(
    client_of: ClientOf, alice: User, charlie: User, run: Run
) -> None:
    busy = node("busy")
    claims.Front(busy).claim("owner")
    assert "train-1" in client_of(alice).get(reverse("runs:nodes")).content.decode()
    strange = flat(client_of(charlie).get(reverse("runs:nodes")).content.decode())
    assert "train-1" not in strange
    assert "1 in Projects of others" in strange
    assert "1 of 2" in strange


def test_the_page_refreshes_itself_with_a_fragment(client_of: ClientOf, alice: User) -> None:
    fragment = client_of(alice).get(reverse("runs:nodes"), headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every' in fragment
    assert "<html" not in fragment


def test_staff_drain_and_resume_a_node(client_of: ClientOf, staff: User) -> None:
    worker = node("worker")
    assert client_of(staff).post(reverse("runs:drain", args=[worker.pk])).status_code == 302
    worker.refresh_from_db()
    assert worker.is_draining
    assert client_of(staff).post(reverse("runs:resume", args=[worker.pk])).status_code == 302
    worker.refresh_from_db()
    assert not worker.is_draining


@pytest.mark.parametrize("action", ["runs:drain", "runs:resume", "runs:forget"])
def test_nobody_but_staff_changes_a_node(client_of: ClientOf, alice: User, action: str) -> None:
    worker = node("worker", beat=LONG_AGO)
    assert client_of(alice).post(reverse(action, args=[worker.pk])).status_code == 403
    worker.refresh_from_db()
    assert not worker.is_draining
    assert worker.forgotten_at is None


def test_a_node_that_is_gone_can_be_forgotten(client_of: ClientOf, staff: User) -> None:
    gone = node("gone-for-good", beat=LONG_AGO)
    answer = client_of(staff).post(reverse("runs:forget", args=[gone.pk]), follow=True)
    assert "forgotten. It reappears" in answer.content.decode()
    assert "gone-for-good" not in client_of(staff).get(reverse("runs:nodes")).content.decode()
    assert client_of(staff).post(reverse("runs:forget", args=[gone.pk])).status_code == 404


def test_a_node_that_answers_is_not_forgotten(client_of: ClientOf, staff: User) -> None:
    live = node("alive")
    answer = client_of(staff).post(reverse("runs:forget", args=[live.pk]), follow=True)
    assert "answered a moment ago" in answer.content.decode()
    assert "alive" in client_of(staff).get(reverse("runs:nodes")).content.decode()


def test_a_node_that_a_run_waits_for_is_not_forgotten(run: Run) -> None:
    gone = node("wanted", beat=LONG_AGO)
    Run.objects.filter(pk=run.pk).update(wanted_node=gone)
    with pytest.raises(nodes.StillNeeded, match="1 unfinished Run is to be executed on it"):
        nodes.forget(gone)


def test_tokens_go_to_live_nodes_with_free_slots_and_never_more_than_needed(run: Run) -> None:
    free, draining, silent = node("free"), node("draining", is_draining=True), node("silent", beat=LONG_AGO)
    for _ in range(3):
        wakeups.wake()
    assert tokens(free) == 1
    assert tokens(draining) == tokens(silent) == 0
    wakeups.purge("free")
    assert tokens(free) == 0


def test_a_busy_node_gets_no_token(run: Run) -> None:
    busy = node("one-slot")
    Node.objects.filter(pk=busy.pk).update(workers=1)
    Execution.objects.create(run=run, number=7, state=State.RUNNING, node=busy)
    wakeups.wake()
    assert tokens(busy) == 0


def test_a_run_that_wants_another_node_wakes_only_that_one(run: Run) -> None:
    one, other = node("one"), node("other")
    Run.objects.filter(pk=run.pk).update(wanted_node=other)
    wakeups.wake()
    assert (tokens(one), tokens(other)) == (0, 1)


def tokens(worker: Node) -> int:
    return wakeups.broker_of(worker.name).queue_size()


def test_healthz_names_what_is_missing(client: Client, db: None) -> None:
    answer = client.get(reverse("healthz"))
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unavailable",
        "database": "ok",
        "data_folder": "ok",
        "nodes": "No node is running.",
    }
    node("worker")
    assert client.get(reverse("healthz")).status_code == 200


def test_healthz_notices_a_data_folder_that_is_gone(client: Client, db: None, data_dir: object) -> None:
    node("worker")
    data_dir.rmdir()
    answer = client.get(reverse("healthz"))
    assert answer.status_code == 503
    assert answer.json()["data_folder"] == "The data folder cannot be written."
