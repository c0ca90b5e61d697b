"""“Add values” of a Batch: what it shows, what it says beforehand, what it refuses."""

import re
from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from projects.models import Project
from runs.models import Batch
from tasks.models import Task
from tests.batch_pages import GRID, do, memory_runs_out, page, words
from tests.made_batches import end, make_batch, make_task

ClientOf = Callable[[User], Client]


@pytest.fixture
def task(project: Project, alice: User) -> Task:
    return make_task(project, alice)


@pytest.fixture
def batch(task: Task, alice: User) -> Batch:
    return make_batch(task, alice, GRID, name="grid")


@pytest.fixture
def browser(client_of: ClientOf, alice: User) -> Client:
    return client_of(alice)


def add_form(browser: Client, batch: Batch) -> str:
    """The form of “Add values”, to which the page of the Batch leads."""
    address = reverse("runs:batch_adding", args=[batch.pk])
    assert address in page(browser, batch)
    fragment = browser.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment and "<html" in browser.get(address).content.decode()
    return fragment


def test_values_are_added_later(browser: Client, batch: Batch) -> None:
    end(batch, memory_runs_out)
    assert re.search(r'name="v-rate"[^>]*>&#10;0\.1\n0\.01</textarea>', add_form(browser, batch))
    assert "3 Runs added" in do(browser, batch, "add", **{"v-rate": "0.1, 0.01, 0.5", "v-size": "16, 32, 64"})
    batch.refresh_from_db()
    assert batch.count == 9 and batch.is_building
    assert "still being built" in do(browser, batch, "add", **{"v-rate": "0.7"})


@pytest.mark.parametrize(
    ("typed", "told"),
    [("0.1, 0.01", "already in the Batch"), ("fast", "expected"), ("[1", "rate")],
)
def test_values_that_add_nothing_or_are_wrong_are_told(
    browser: Client, batch: Batch, typed: str, told: str
) -> None:
    end(batch, memory_runs_out)
    assert told in do(browser, batch, "add", **{"v-rate": typed})
    assert batch.runs.count() == 6


def adds(browser: Client, batch: Batch, **typed: str) -> str:
    """What the page says, while someone types, that these values would add."""
    data = {name.replace("_", "-", 1): text for name, text in typed.items()}
    response = browser.post(reverse("runs:batch_adds", args=[batch.pk]), data, headers={"HX-Request": "true"})
    assert response.status_code == 200
    return words(response.content.decode())


def test_it_is_said_beforehand_how_many_runs_values_add(browser: Client, batch: Batch) -> None:
    end(batch, memory_runs_out)
    assert f'hx-post="{reverse("runs:batch_adds", args=[batch.pk])}"' in add_form(browser, batch)
    told = adds(browser, batch, v_rate="0.1, 0.01, 0.5, 0.7", v_size="16, 32, 64")
    assert "Adds 6 Runs 12 combinations, 6 of them in the Batch already" in told
    assert "Add 6 Runs" in told
    assert "Adds 1 Run" in adds(browser, batch, v_rate="0.9", v_size="16")
    assert batch.runs.count() == 6
    assert "6 Runs added" in do(
        browser, batch, "add", **{"v-rate": "0.1, 0.01, 0.5, 0.7", "v-size": "16, 32, 64"}
    )


def test_values_are_added_with_the_notation_of_the_form(browser: Client, batch: Batch) -> None:
    end(batch, memory_runs_out)
    html = add_form(browser, batch)
    assert "data-pick-all>Both" in html and "data-spacing-open" in html
    typed = {"v_rate": "0.1..0.4 linear 4\n0.01", "v_size": "16..64 log 3", "v_layers": "[64, 64]"}
    assert "Adds 9 Runs 15 combinations, 6 of them" in adds(browser, batch, **typed)
    assert "9 Runs added" in do(browser, batch, "add", **{f"v-{n[2:]}": text for n, text in typed.items()})


def test_a_value_that_stands_twice_is_pointed_out_before_it_is_added(browser: Client, batch: Batch) -> None:
    end(batch, memory_runs_out)
    told = adds(browser, batch, v_rate="0.1, 0.5, 0.5")
    assert "3 values, 1 duplicate" in told and "Remove duplicates" in told


def test_values_that_go_together_stand_side_by_side_when_more_are_added(
    browser: Client, task: Task, alice: User
) -> None:
    given = {"rate": [0.1, 0.01, 0.1], "size": [16, 8, 32]}
    paired = make_batch(task, alice, given, pairs=[["rate", "size"]])
    end(paired, memory_runs_out)
    text = add_form(browser, paired)
    assert ">&#10;0.1\n0.01\n0.1</textarea>" in text and ">&#10;16\n8\n32</textarea>" in text
    assert "Adds nothing" in adds(browser, paired, v_rate="0.1, 0.01, 0.1", v_size="16, 8, 32")
    more = {"v_rate": "0.1, 0.01, 0.1, 1", "v_size": "16, 8, 32, 64"}
    assert "Adds 1 Run 4 combinations, 3 of them" in adds(browser, paired, **more)
    assert "4 values" in adds(browser, paired, v_rate="0.1, 0.01, 0.1, 1", v_size="16, 8, 32")


def test_values_that_add_nothing_say_so_beforehand(browser: Client, batch: Batch) -> None:
    end(batch, memory_runs_out)
    assert "each of these 6 combinations is in the Batch already" in adds(browser, batch, v_rate="0.1, 0.01")
    assert "this combination is in the Batch already" in adds(browser, batch, v_rate="0.1", v_size="16")
    assert "expected" in adds(browser, batch, v_rate="fast")


def test_what_succeeded_elsewhere_is_said_to_be_used_again(
    browser: Client, batch: Batch, task: Task, alice: User
) -> None:
    end(batch, memory_runs_out)
    end(make_batch(task, alice, {"rate": [0.5, 0.7]}), memory_runs_out)
    typed = {"v_rate": "0.5, 0.7, 0.9", "v_size": "16"}
    assert "2 of 3 already succeeded" in (told := adds(browser, batch, **typed)) and "tick the box" in told
    assert "are reused instead of being executed again" in adds(browser, batch, **typed, reuse="1")


def test_more_than_a_batch_may_have_is_refused_beforehand_with_both_numbers(
    browser: Client, batch: Batch, settings: LazySettings
) -> None:
    end(batch, memory_runs_out)
    settings.BATCH_LIMIT = 8
    assert "would have 9 Runs; the most allowed is 8" in adds(browser, batch, v_rate="0.5")
    thousand = ",".join(map(str, range(1000)))
    told = adds(browser, batch, v_rate=thousand, v_size=thousand)
    assert "1,000,000 Runs" in told and "at most 8" in told


def test_only_who_may_add_values_is_told_what_they_would_add(
    client_of: ClientOf, batch: Batch, vera: User, charlie: User
) -> None:
    address = reverse("runs:batch_adds", args=[batch.pk])
    assert client_of(vera).post(address, {"v-rate": "1"}).status_code == 403
    assert client_of(charlie).post(address, {"v-rate": "1"}).status_code == 404
    form = reverse("runs:batch_adding", args=[batch.pk])
    assert client_of(vera).get(form).status_code == 403
    assert form not in page(client_of(vera), batch)
