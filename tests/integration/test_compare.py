"""Runs side by side, across Batches and Tasks, and a Run against its Task as it is now."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from projects.models import Project
from runs.models import Batch, Environment, Execution, Run
from runs.states import State
from tasks.files import store
from tasks.models import Task
from tests.made_batches import end, make_batch, make_task

ClientOf = Callable[[User], Client]


def ended(values: Mapping[str, Any]) -> tuple[State, dict[str, float], str]:
    return State.SUCCEEDED, {"accuracy": values["rate"]}, ""


@pytest.fixture
def task(project: Project, alice: User) -> Task:
    return make_task(project, alice)


@pytest.fixture
def batch(task: Task, alice: User) -> Batch:
    made = make_batch(task, alice, {"rate": [0.1, 0.2]})
    end(made, ended)
    return made


@pytest.fixture
def browser(client_of: ClientOf, alice: User) -> Client:
    return client_of(alice)


def compare(browser: Client, *runs: Run, **query: str) -> str:
    data = {"run": [run.pk for run in runs], **query}
    response = browser.get(reverse("runs:compare"), data)
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_a_run_against_itself_is_identical_everywhere(browser: Client, batch: Batch) -> None:
    run = batch.runs.first()
    told = compare(browser, run, run)
    assert "They are identical in everything" in told
    assert told.count("identical") >= 7


def test_what_differs_is_shown_and_what_is_the_same_is_folded(browser: Client, batch: Batch) -> None:
    first, second = batch.runs.order_by("cell")
    told = compare(browser, first, second)
    assert "Parameters 1" in told and "rate 0.1 0.2" in told and "4 the same" in told
    assert "accuracy 0.1 0.2" in told
    assert "All files are the same" in told
    assert "identical in all" not in told


def test_what_looks_the_same_on_a_short_line_is_told_apart(browser: Client, task: Task, alice: User) -> None:
    layers = [[64] * 10 + [last] for last in (1, 2)]
    made = make_batch(task, alice, {"layers": layers})
    end(made, lambda values: (State.SUCCEEDED, {"accuracy": 0.8123451 + values["layers"][-1] / 1e9}, ""))
    told = compare(browser, *made.runs.order_by("cell"))
    assert "identical in all" not in told and "Parameters 1" in told and "Last metrics 1" in told
    assert f"layers {layers[0]} {layers[1]}" in told and "accuracy 0.812345101 0.812345102" in told


def test_code_of_other_snapshots_is_a_difference_of_all_files(
    browser: Client, batch: Batch, task: Task, alice: User
) -> None:
    store.create(task, "src/net.py", b"class Net:\n    pass\n", by=alice)
    later = make_batch(task, alice, {"rate": [0.1, 0.2]})
    end(later, ended)
    told = compare(browser, batch.runs.first(), later.runs.order_by("cell").last())
    assert "1 file differs" in told and "added src/net.py" in told and "class Net:" in told


def test_a_run_against_its_task_as_it_is_now(browser: Client, batch: Batch, task: Task, alice: User) -> None:
    run = batch.runs.order_by("cell").first()
    told = compare(browser, run, task="now")
    assert "Train (current)" in told and "All files are the same" in told
    assert "identical in all" in told, "its values are the defaults"
    store.create(task, "more.py", b"x = 1\n", by=alice)
    assert "added more.py" in compare(browser, run, task="now")


def test_runs_of_other_tasks_and_their_environments(
    browser: Client, batch: Batch, project: Project, alice: User
) -> None:
    other = make_batch(make_task(project, alice, name="Validate"), alice, {"rate": [0.5, 0.6]})
    end(other, ended)
    first, second = batch.runs.first(), other.runs.first()
    for run, version in ((first, "2.0.0"), (second, "2.1.0")):
        facts = {"key": version, "node_name": "n", "kind": "venv", "interpreter": "3.11"}
        made = Environment.objects.create(**facts, packages=f"numpy=={version}\nscipy==1.14\n")
        Execution.objects.filter(pk=run.latest_id).update(environment=made)
    told = compare(browser, first, second)
    assert "Task Train Validate" in told
    assert "numpy 2.0.0 2.1.0" in told
    assert "Environment 1" in told


def test_a_run_that_was_never_executed_has_dashes(browser: Client, task: Task, alice: User) -> None:
    waiting = make_batch(task, alice, {"rate": [0.1, 0.2]})
    assert "Queued" in compare(browser, *waiting.runs.all())


def test_strangers_compare_nothing_and_viewers_may(
    client_of: ClientOf, batch: Batch, vera: User, charlie: User
) -> None:
    keys = [run.pk for run in batch.runs.all()]
    assert client_of(vera).get(reverse("runs:compare"), {"run": keys}).status_code == 200
    assert client_of(charlie).get(reverse("runs:compare"), {"run": keys}).status_code == 404
    assert client_of(vera).get(reverse("runs:compare"), {"run": [keys[0], 10**9]}).status_code == 404


def test_nothing_chosen_says_how_to_choose(browser: Client, batch: Batch) -> None:
    assert "Nothing to compare yet" in compare(browser)
    response = browser.post(reverse("runs:compare"), {"run": [batch.runs.first().pk]}, follow=True)
    assert "Choose two or more Runs" in response.content.decode()


def test_ticked_rows_lead_to_an_address_of_at_most_eight(browser: Client, task: Task, alice: User) -> None:
    many = make_batch(task, alice, {"rate": [n / 10 for n in range(1, 11)]})
    response = browser.post(reverse("runs:compare"), {"run": [run.pk for run in many.runs.all()]})
    assert response.status_code == 302
    assert response.headers["Location"].count("run=") == 8
    assert browser.get(response.headers["Location"]).status_code == 200
