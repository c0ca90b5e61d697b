"""What mattered in a Batch, and Narrow down: the form of the next one."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.models import Project
from runs.models import Batch, Node
from runs.runspec import RunSpec
from runs.states import State
from runs.submission.validate import validate
from tasks.models import Task
from tests.html_pages import flat
from tests.made_batches import end, make_batch, make_task, scored

ClientOf = Callable[[User], Client]


@pytest.fixture
def task(project: Project, alice: User) -> Task:
    return make_task(project, alice)


@pytest.fixture
def batch(task: Task, alice: User) -> Batch:
    chosen = {"rate": [0.1, 0.01, 0.001], "size": [16, 64], "optimizer": ["adam", "sgd"]}
    made = make_batch(task, alice, chosen, name="grid")
    end(made, scored)
    return made


@pytest.fixture
def browser(client_of: ClientOf, alice: User) -> Client:
    return client_of(alice)


# What mattered, and what is next


def importance(browser: Client, batch: Batch, **query: str) -> str:
    response = browser.get(reverse("runs:batch_importance", args=[batch.pk]), query)
    assert response.status_code == 200
    return flat(response.content.decode())


def test_what_mattered_is_told_with_what_is_missing(browser: Client, batch: Batch) -> None:
    told = " ".join(re.sub(r"<[^>]+>", " ", importance(browser, batch)).split())
    assert "2 of 12 missing, all rate = 0.1, size = 64" in told
    assert told.index("rate") < told.index("optimizer")


def test_narrow_down_fixes_what_did_not_matter_and_refines_the_rest(browser: Client, batch: Batch) -> None:
    html = importance(browser, batch).partition("next-title")[2]
    form = re.search(r'href="(/tasks/\d+/run\?[^"]+)"', html)
    assert form is not None
    spec = RunSpec.from_query(urlsplit(form[1].replace("&amp;", "&")).query)
    assert spec.values["size"] in ([16], [64])
    assert 0.01 in spec.values["rate"] and len(spec.values["rate"]) >= 4
    assert all(0.001 < rate < 0.1 for rate in spec.values["rate"])
    assert spec.values["optimizer"] == ["adam"]
    assert browser.get(form[1].replace("&amp;", "&")).status_code == 200


def test_narrow_down_leaves_out_what_the_batch_left_out(browser: Client, task: Task, alice: User) -> None:
    rule = "rate > 0.24 and optimizer = 'adam'"
    chosen = {"rate": [0.1, 0.2, 0.3], "optimizer": ["adam", "sgd"]}
    batch = make_batch(task, alice, chosen, exclude=[rule])
    end(batch, lambda values: (State.SUCCEEDED, {"accuracy": 1 - abs(values["rate"] - 0.2)}, ""))
    html = importance(browser, batch).partition("next-title")[2]
    form = re.search(r'href="(/tasks/\d+/run\?[^"]+)"', html)
    assert form is not None
    spec = RunSpec.from_query(urlsplit(form[1].replace("&amp;", "&")).query)
    assert spec.exclude == [rule]
    planned = validate(task, spec)
    assert planned.design.combination_count < planned.design.product
    assert f"{planned.design.combination_count} combination" in html


def test_narrow_down_keeps_pairs_and_unticked_combinations_and_says_what_it_drops(
    browser: Client, task: Task, alice: User
) -> None:
    # 40 Runs, of which the best 3 are told by rate and size together.
    chosen = {
        "rate": [n / 20 for n in range(1, 21)],
        "size": list(range(20, 0, -1)),
        "optimizer": ["adam", "sgd"],
    }
    unticked = [{"rate": 0.3, "optimizer": "sgd"}, {"rate": 1.0, "optimizer": "adam"}]
    batch = make_batch(task, alice, chosen, pairs=[["rate", "size"]], without=unticked)
    end(batch, lambda values: (State.SUCCEEDED, {"accuracy": 1 - abs(values["rate"] - 0.31)}, ""))
    html = importance(browser, batch).partition("next-title")[2]
    form = re.search(r'href="(/tasks/\d+/run\?[^"]+)"', html)
    assert form is not None
    spec = RunSpec.from_query(urlsplit(form[1].replace("&amp;", "&")).query)
    assert spec.pairs == [["rate", "size"]] and len(spec.values["rate"]) > 1
    assert {(rate, size) for rate, size in zip(spec.values["rate"], spec.values["size"], strict=True)} <= {
        (rate, size) for rate, size in zip(chosen["rate"], chosen["size"], strict=True)
    }
    assert "rate and size stay paired" in html
    assert len(spec.without) < 2 and "no longer tried" in html
    assert f"{validate(task, spec).design.combination_count} combination" in html


def test_narrow_down_counts_up_from_the_same_seed_on_the_same_node(
    browser: Client, task: Task, alice: User
) -> None:
    Node.objects.create(name="gpu", workers=1)
    chosen = {"rate": [0.1, 0.2], "seed": [40]}
    batch = make_batch(task, alice, chosen, repeats=2, seed_parameter="seed", node="gpu")
    end(batch, lambda values: (State.SUCCEEDED, {"accuracy": values["rate"]}, ""))
    form = re.search(r'href="(/tasks/\d+/run\?[^"]+)"', importance(browser, batch).partition("next-title")[2])
    assert form is not None
    spec = RunSpec.from_query(urlsplit(form[1].replace("&amp;", "&")).query)
    assert (spec.values["seed"], spec.repeats, spec.node) == ([40], 2, "gpu")


def test_narrow_down_takes_the_best_by_the_mean_of_its_repeats(
    browser: Client, task: Task, alice: User
) -> None:
    """One lucky Run of an unsteady combination is no reason to go there."""
    chosen = {"optimizer": ["adam", "sgd"], "rate": [0.1, 0.2], "seed": [0]}
    batch = make_batch(task, alice, chosen, repeats=2, seed_parameter="seed")
    unsteady = {0: 0.99, 1: 0.1}
    end(
        batch,
        lambda v: (
            State.SUCCEEDED,
            {"accuracy": unsteady[v["seed"]] if v["optimizer"] == "sgd" else 0.7 + v["rate"]},
            "",
        ),
    )
    html = importance(browser, batch).partition("next-title")[2]
    form = re.search(r'href="(/tasks/\d+/run\?[^"]+)"', html)
    assert form is not None
    spec = RunSpec.from_query(urlsplit(form[1].replace("&amp;", "&")).query)
    assert spec.values["optimizer"] == ["adam"]
    assert "0.9, the mean of 2 repeats" in html


def test_narrow_down_goes_beyond_the_last_value_that_was_tried(
    browser: Client, task: Task, alice: User
) -> None:
    batch = make_batch(task, alice, {"size": [16, 32, 64]})
    end(batch, lambda v: (State.SUCCEEDED, {"accuracy": v["size"] / 100}, ""))
    html = importance(browser, batch).partition("next-title")[2]
    form = re.search(r'href="(/tasks/\d+/run\?[^"]+)"', html)
    assert form is not None
    spec = RunSpec.from_query(urlsplit(form[1].replace("&amp;", "&")).query)
    assert max(spec.values["size"]) == 128 and min(spec.values["size"]) > 32
    assert "beyond, since that is at the edge of what was tried" in html


def test_viewers_see_what_is_next_without_the_button(client_of: ClientOf, batch: Batch, vera: User) -> None:
    html = importance(client_of(vera), batch)
    assert "Refine" in html and "Open form with these values" not in html


def test_random_samples_are_measured_by_ranks(browser: Client, task: Task, alice: User) -> None:
    values = {"rate": [n / 50 for n in range(1, 31)], "size": list(range(16, 46))}
    batch = make_batch(task, alice, values, sample=40, sample_seed=7)
    end(batch, lambda v: (State.SUCCEEDED, {"accuracy": v["rate"]}, ""))
    told = " ".join(re.sub(r"<[^>]+>", " ", importance(browser, batch)).split())
    assert "random sample" in told and "100.0 %" in told and "higher values, higher metric" in told


def test_without_metrics_pages_say_what_to_wait_for(browser: Client, task: Task, alice: User) -> None:
    batch = make_batch(task, alice, {"rate": [0.1, 0.2]})
    assert "No metrics yet" in importance(browser, batch)
    assert "No metrics yet" in browser.get(reverse("runs:batch_charts", args=[batch.pk])).content.decode()
    assert browser.get(reverse("runs:batch_data", args=[batch.pk])).status_code == 200
    end(batch, lambda v: (State.FAILED, {}, "boom"))
    Batch.objects.filter(pk=batch.pk).update(finished_at=timezone.now())
    assert "None of its Runs reported a metric" in importance(browser, batch)
