"""The notice that a Batch has ended, in whatever page a person is on."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.models import Project
from runs.models import Batch
from runs.runspec import RunSpec
from runs.states import State
from runs.submission import batch_actions, batch_upkeep, notifications
from runs.submission.start import start
from tasks.models import Task
from tests.html_pages import flat
from tests.made_batches import end, make_batch, make_task

LIST = "http://testserver/tasks/"
GRID = {"rate": [0.1, 0.01], "size": [16, 32, 64]}


@pytest.fixture
def task(project: Project, alice: User) -> Task:
    return make_task(project, alice)


@pytest.fixture
def browser(client_of: Callable[[User], Client], alice: User) -> Client:
    return client_of(alice)


def look(browser: Client, *, shown: str = "", page: str = LIST) -> tuple[int, str]:
    """What a page at the address `page` is told, while it shows the notices of the mark `shown`."""
    headers = {"HX-Request": "true", "HX-Current-URL": page}
    response = browser.get(reverse("runs:ended"), {"shown": shown} if shown else {}, headers=headers)
    return response.status_code, response.content.decode()


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def memory_runs_out(values: Mapping[str, Any]) -> tuple[State, dict[str, float], str]:
    """Size 64 fails."""
    return (State.FAILED if values["size"] == 64 else State.SUCCEEDED), {}, ""


def well(values: Mapping[str, Any]) -> tuple[State, dict[str, float], str]:
    return State.SUCCEEDED, {}, ""


def test_every_page_of_somebody_signed_in_asks_and_no_other(browser: Client) -> None:
    html = flat(browser.get(reverse("projects:list")).content.decode())
    assert f'hx-get="{reverse("runs:ended")}" hx-trigger="load, look"' in html
    assert reverse("runs:ended") not in Client().get(reverse("sign_in")).content.decode()


def test_a_page_is_told_once_with_what_came_of_it(browser: Client, task: Task, alice: User) -> None:
    batch = make_batch(task, alice, GRID)
    assert look(browser)[0] == 204
    end(batch, memory_runs_out)
    status, html = look(browser)
    assert status == 200
    assert f"{batch.name} has ended: 4 of 6 Runs succeeded, 2 failed." in words(html)
    assert f'href="{batch.get_absolute_url()}"' in html
    assert "toast-warning" in html
    assert look(browser, shown=notifications.mark(notifications.unseen(alice)))[0] == 204


def test_one_in_which_all_succeeded_is_told_as_a_success(browser: Client, task: Task, alice: User) -> None:
    end(make_batch(task, alice, GRID), well)
    assert "toast-success" in look(browser)[1]


def test_a_dismissed_notice_never_comes_again_until_it_ends_again(
    browser: Client, task: Task, alice: User
) -> None:
    batch = make_batch(task, alice, GRID)
    end(batch, memory_runs_out)
    response = browser.post(reverse("runs:batch_dismiss", args=[batch.pk]), headers={"HX-Request": "true"})
    assert "has ended" not in words(response.content.decode())
    assert look(browser)[0] == 204
    batch_actions.failed_again(batch, by=alice)
    assert look(browser)[0] == 204
    end(batch, well)
    assert "has ended: all 6 Runs succeeded." in words(look(browser)[1])


def test_without_scripts_dismissing_goes_to_the_batches(browser: Client, task: Task, alice: User) -> None:
    batch = make_batch(task, alice, GRID)
    end(batch, well)
    response = browser.post(reverse("runs:batch_dismiss", args=[batch.pk]))
    assert response.headers["Location"] == reverse("runs:batches")
    assert not notifications.unseen(alice).exists()


def test_whoever_is_on_one_of_its_pages_needs_no_notice(browser: Client, task: Task, alice: User) -> None:
    batch = make_batch(task, alice, GRID)
    end(batch, well)
    table = "http://testserver" + reverse("runs:batch_table", args=[batch.pk]) + "?group=1"
    assert look(browser, page=table)[0] == 204
    assert look(browser)[0] == 204, "and the next page they open does not tell them either"


def test_only_its_creator_is_told_and_only_while_they_may_see_it(
    client_of: Callable[[User], Client], task: Task, alice: User, bob: User, charlie: User
) -> None:
    batch = make_batch(task, bob, GRID)
    end(batch, well)
    assert look(client_of(alice))[0] == 204
    refused = client_of(charlie).post(reverse("runs:batch_dismiss", args=[batch.pk]))
    assert refused.status_code == 404
    client_of(alice).post(reverse("runs:batch_dismiss", args=[batch.pk]))
    assert look(client_of(bob))[0] == 200, "what Alice dismisses is not Bob's notice"
    task.project.memberships.filter(user=bob).delete()
    assert look(client_of(bob))[0] == 204


def test_several_are_listed_and_many_are_counted(browser: Client, task: Task, alice: User) -> None:
    made = [make_batch(task, alice, {"rate": [0.1, 0.2]}) for _ in range(5)]
    for batch in made:
        end(batch, well)
    _, html = look(browser)
    assert html.count('aria-label="Dismiss: ') == 3
    assert "2 other Batches ended as well" in words(html)


def test_asking_for_nothing_costs_one_query_beside_the_session(
    browser: Client, task: Task, alice: User
) -> None:
    make_batch(task, alice, GRID)
    with CaptureQueriesContext(connection) as queries:
        assert look(browser)[0] == 204
    about_batches = [query for query in queries if "runs_batch" in query["sql"]]
    assert len(about_batches) == 1 and len(queries) == 3


def test_a_page_whose_session_ended_is_told_nothing_and_sent_nowhere() -> None:
    assert look(Client()) == (204, "")


def test_a_batch_that_was_stopped_before_it_was_made_is_told(
    browser: Client, task: Task, alice: User
) -> None:
    batch = start(RunSpec(task=task.pk, values=GRID), by=alice)
    assert isinstance(batch, Batch)
    batch_actions.stop_all(batch, by=alice)
    batch_upkeep.attend()
    assert "has ended: no Run was executed." in words(look(browser)[1])
