"""The page of a Batch and the list of them: progress, map, failures, actions, and who may do what."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects import archiving
from projects.models import Project
from runs.models import Batch, Run
from runs.runspec import RunSpec
from runs.states import State
from runs.submission.start import start
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


def states(batch: Batch) -> list[str]:
    return list(batch.runs.order_by("cell").values_list("state", flat=True))


# What it says


def test_a_batch_that_waits_says_so(browser: Client, batch: Batch) -> None:
    html = page(browser, batch)
    told = words(html)
    assert "0 of 6 Runs have ended" in told
    assert "6 queued" in told
    assert 'id="batch-live"' in html and "hx-get" in html


def test_a_batch_that_is_being_built_says_so(browser: Client, task: Task, alice: User) -> None:
    waiting = start(RunSpec(task=task.pk, values=GRID), by=alice)
    assert isinstance(waiting, Batch)
    told = words(page(browser, waiting))
    assert "Creating 6 Runs" in told
    assert "as soon as the Runs have been created" in told


def test_failures_are_grouped_by_their_last_line_and_what_they_share(browser: Client, batch: Batch) -> None:
    end(batch, memory_runs_out)
    told = words(page(browser, batch))
    assert "2 of 2 , all with size = 64" in told
    assert "MemoryError: no room for" in told
    assert "Execute again" in told


def test_of_very_many_reasons_the_most_common_are_shown(browser: Client, task: Task, alice: User) -> None:
    batch = make_batch(task, alice, {"size": list(range(40))})
    end(batch, lambda values: (State.FAILED, {}, f"KeyError: {'x' * (values['size'] + 1)}\n"))
    html = page(browser, batch)
    assert html.count("failure-line") == 30
    assert "10 other last lines" in words(html)


def test_what_must_fail_again_is_not_to_be_executed_again(browser: Client, batch: Batch) -> None:
    line = "ModuleNotFoundError: No module named 'sklearn'"
    end(batch, lambda values: (State.FAILED, {}, f"{line}\n"))
    html = page(browser, batch)
    assert "no package that brings the module sklearn" in words(html)
    assert 'name="group"' not in html


def test_all_failed_and_nothing_in_common(browser: Client, batch: Batch) -> None:
    end(batch, lambda values: (State.FAILED, {}, "KeyError: 'x'\n"))
    told = words(page(browser, batch))
    assert "6 of 6 KeyError" in told
    assert "all with" not in told


def test_an_ended_batch_asks_no_more_and_is_seen(browser: Client, batch: Batch, alice: User) -> None:
    end(batch, memory_runs_out)
    html = page(browser, batch)
    assert "data-poll" not in html
    batch.refresh_from_db()
    assert batch.seen_at is not None


def test_the_map_has_a_link_for_each_cell(browser: Client, batch: Batch) -> None:
    end(batch, memory_runs_out)
    html = page(browser, batch)
    for run in batch.runs.all():
        assert f'href="{run.get_absolute_url()}" title="Run {run.pk}: {run.state}"' in html


def test_the_map_folds_other_parameters_into_the_filtered_table(
    browser: Client, task: Task, alice: User
) -> None:
    batch = make_batch(task, alice, {**GRID, "optimizer": ["adam", "sgd"]})
    end(batch, memory_runs_out)
    html = page(browser, batch, "?x=rate&y=size")
    assert "Each cell combines all values of optimizer" in html
    assert "2 Runs, all failed" in html
    found = re.search(r'href="([^"]+f\.p%3Arate=0\.1&amp;f\.p%3Asize=16[^"]*)"', html)
    assert found is not None
    table = browser.get(found[1].replace("&amp;", "&")).content.decode()
    assert table.count("data-select-row") == 2


def test_the_map_leads_to_the_runs_without_a_value_too(browser: Client, task: Task, alice: User) -> None:
    batch = make_batch(task, alice, {"rate": [None, 0.5], "optimizer": ["adam", "sgd"]})
    links = re.findall(r'href="([^"]+/table[^"]+)"', page(browser, batch, "?x=rate&y="))
    maps = [link.replace("&amp;", "&") for link in links if "f.p%3Arate" in link]
    assert len(maps) == 2
    assert [browser.get(link).content.decode().count("data-select-row") for link in maps] == [2, 2]


def test_the_map_is_coloured_by_a_metric_and_says_what_is_missing(browser: Client, batch: Batch) -> None:
    end(batch, memory_runs_out)
    html = page(browser, batch, "?colour=metric&metric=accuracy")
    assert 'class="shade-8"' in html and 'class="shade-0"' in html
    assert html.count('title="Run') == 6
    assert 'class="is-missing"' in html


def test_axes_that_do_not_exist_are_as_if_not_asked_for(browser: Client, batch: Batch) -> None:
    assert page(browser, batch, "?x=nothing&y=%00&metric=<b>&colour=metric&sort=x") != ""


def test_live_answers_only_when_something_changed(browser: Client, batch: Batch) -> None:
    html = page(browser, batch)
    address = re.search(r'id="batch-live"[^>]*hx-get="([^"]+)"', html)
    assert address is not None
    again = address[1].replace("&amp;", "&")
    assert browser.get(again).status_code == 204
    end(batch, memory_runs_out)
    response = browser.get(again)
    assert response.status_code == 200
    assert "grid has ended: 4 succeeded, 2 failed." in response.headers["HX-Trigger"]
    assert "hx-get" not in response.content.decode().split("</div>")[0]


def test_the_map_answers_only_when_a_cell_changed(browser: Client, batch: Batch) -> None:
    seen = re.search(r"seen=(\w+)\" hx-trigger=\"every \d+ms, ended", page(browser, batch))
    assert seen is not None
    address = reverse("runs:batch_map", args=[batch.pk])
    assert browser.get(f"{address}?seen={seen[1]}").status_code == 204
    Run.objects.filter(pk=batch.runs.first().pk).update(state=State.RUNNING)
    assert browser.get(f"{address}?seen={seen[1]}").status_code == 200


def test_names_and_values_cannot_write_html(browser: Client, project: Project, alice: User) -> None:
    declared = b"param_groups:\n  - name: g\n    params:\n      - {name: '<i>', value: a, data_type: str}\n"
    task = make_task(project, alice, name="<b>", files={"task.yaml": declared})
    batch = make_batch(task, alice, {"<i>": ["<script>1</script>", "&amp;"]}, name="<u>")
    end(batch, lambda values: (State.FAILED, {"<s>": 1.0}, "<em>wrong</em>\n"))
    for name in ("batch", "batch_table", "batch_charts", "batch_importance", "batch_failures"):
        html = browser.get(reverse(f"runs:{name}", args=[batch.pk])).content.decode()
        for bad in ("<script>1", "<em>", "<u>grid", "<i>", "<s>"):
            assert bad not in html.replace('<i class="', ""), (name, bad)


# What is done from it


def test_failed_ones_are_executed_again_once(browser: Client, batch: Batch) -> None:
    end(batch, memory_runs_out)
    assert "2 Runs queued again" in do(browser, batch, "failed-again")
    assert "None of its Runs has failed" in do(browser, batch, "failed-again")
    assert states(batch).count("queued") == 2


def test_one_group_of_failures_is_executed_again(browser: Client, batch: Batch) -> None:
    end(batch, lambda v: (State.FAILED, {}, "first\n" if v["size"] == 16 else "second\n"))
    groups = re.findall(r'name="group" value="(\w+)"', page(browser, batch))
    assert len(groups) == 2
    assert "4 Runs queued again" in do(browser, batch, "group-again", group=groups[0])
    assert states(batch).count("queued") == 4
    assert "No Run fails like this any longer" in do(browser, batch, "group-again", group="nothing")


def test_ticked_cells_are_executed_again(browser: Client, batch: Batch) -> None:
    end(batch, memory_runs_out)
    keys = list(batch.runs.order_by("cell").values_list("pk", flat=True)[:2])
    assert "2 Runs queued again" in do(browser, batch, "again", run=keys)


def test_it_is_paused_and_goes_on(browser: Client, batch: Batch) -> None:
    assert "Paused. Running Runs will finish" in do(browser, batch, "pause")
    assert "Resume" in words(page(browser, batch))
    assert "Batch resumed" in do(browser, batch, "go-on")


def test_limit_priority_and_stop_after_are_changed(browser: Client, batch: Batch) -> None:
    do(browser, batch, "settings", at_once="2", stop_after="3", priority="-1")
    batch.refresh_from_db()
    assert (batch.at_once, batch.stop_after, batch.priority) == (2, 3, -1)
    do(browser, batch, "settings", at_once="", stop_after="", priority="")
    batch.refresh_from_db()
    assert (batch.at_once, batch.stop_after, batch.priority) == (None, None, 0)


@pytest.mark.parametrize("at_once", ["0", "-1", "many", "1.5", "9" * 30, "²"])
def test_a_limit_that_is_no_number_is_told_in_words(browser: Client, batch: Batch, at_once: str) -> None:
    assert "1 or more" in do(browser, batch, "settings", at_once=at_once)


def test_all_is_stopped_and_then_deleted(browser: Client, batch: Batch) -> None:
    assert "has not ended" in do(browser, batch, "delete")
    assert "6 Runs asked to stop" in do(browser, batch, "stop")
    assert "It had ended already" in do(browser, batch, "stop") or states(batch) == ["stopped"] * 6
    assert "deleted with its 6 Runs" in do(browser, batch, "delete")
    assert not Batch.objects.exists() and not Run.objects.exists()


def test_a_batch_that_is_not_built_yet_is_stopped_and_says_so(
    browser: Client, task: Task, alice: User
) -> None:
    waiting = start(RunSpec(task=task.pk, values=GRID), by=alice)
    said = do(browser, waiting, "stop")
    assert "Stopped before its Runs were created." in said and "ended already" not in said
    waiting.refresh_from_db()
    assert waiting.finished_at is not None and not waiting.runs.exists()


def test_batches_of_an_archived_project_are_listed_only_when_it_is_chosen(
    browser: Client, batch: Batch
) -> None:
    def is_listed(query: str) -> bool:
        return batch.get_absolute_url() in browser.get(reverse("runs:batches") + query).content.decode()

    assert is_listed("")
    archiving.archive(batch.project)
    assert not is_listed("") and not is_listed(f"?name={batch.name}")
    assert is_listed(f"?project={batch.project_id}") and is_listed(f"?task={batch.task_id}")


# Who


@pytest.mark.parametrize(
    "name", ["runs:batch", "runs:batch_live", "runs:batch_map", "runs:batch_failures",
             "runs:batch_table", "runs:batch_charts",
             "runs:batch_data", "runs:batch_curves", "runs:batch_importance"],
)  # fmt: skip
def test_viewers_look_and_strangers_see_nothing(
    client_of: ClientOf, batch: Batch, vera: User, charlie: User, name: str
) -> None:
    address = reverse(name, args=[batch.pk])
    assert client_of(vera).get(address).status_code == 200
    assert client_of(charlie).get(address).status_code == 404
    assert Client().get(address).status_code == 302


@pytest.mark.parametrize(
    "action", ["pause", "go-on", "settings", "stop", "failed-again", "group-again", "again", "add", "delete"]
)
def test_only_editors_act(
    client_of: ClientOf, batch: Batch, bob: User, vera: User, charlie: User, action: str
) -> None:
    address = reverse("runs:batch_do", args=[batch.pk, action])
    assert client_of(charlie).post(address).status_code == 404
    assert client_of(vera).post(address).status_code == 403
    assert client_of(bob).get(address).status_code == 405
    assert client_of(bob).post(address).status_code == 302


def test_an_unknown_action_is_not_found(browser: Client, batch: Batch) -> None:
    assert browser.post(reverse("runs:batch_do", args=[batch.pk, "explode"])).status_code == 404


def test_viewers_are_offered_nothing_they_may_not(client_of: ClientOf, batch: Batch, vera: User) -> None:
    html = page(client_of(vera), batch)
    assert "Stop all" not in html and "Pause" not in html


# The list


def test_the_list_shows_each_batch_with_its_runs_by_state(
    client_of: ClientOf, browser: Client, batch: Batch, charlie: User
) -> None:
    end(batch, memory_runs_out)
    told = words(browser.get(reverse("runs:batches")).content.decode())
    assert "grid" in told and "6 of 6" in told and "Ended" in told
    assert "grid" not in client_of(charlie).get(reverse("runs:batches")).content.decode()


def test_the_list_is_paged_by_key_with_a_constant_number_of_queries(
    browser: Client, batch: Batch, task: Task, alice: User
) -> None:
    with CaptureQueriesContext(connection) as few:
        browser.get(reverse("runs:batches"))
    copy = {f.attname: getattr(batch, f.attname) for f in Batch._meta.concrete_fields if not f.primary_key}
    Batch.objects.bulk_create(Batch(**copy | {"submission": None, "name": f"copy {n}"}) for n in range(60))
    with CaptureQueriesContext(connection) as many:
        first = browser.get(reverse("runs:batches")).content.decode()
    assert len(many) == len(few)
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    second = browser.get(reverse("runs:batches") + older[1]).content.decode()
    assert ">grid</a>" in second and "copy 59" not in second
    assert ">grid</a>" in browser.get(reverse("runs:batches"), {"name": "gri"}).content.decode()


# Ten thousand Runs


def test_a_batch_of_ten_thousand_is_shown_with_the_queries_of_a_small_one(
    browser: Client, batch: Batch, task: Task, alice: User
) -> None:
    end(batch, memory_runs_out)
    large = make_batch(
        task, alice, {"rate": [n / 1000 for n in range(1, 101)], "size": list(range(100, 200))}
    )
    end(large, lambda v: (State.SUCCEEDED, {"accuracy": v["rate"], "loss": 1 - v["rate"]}, ""))
    for name in ("runs:batch", "runs:batch_table", "runs:batch_live"):
        taken = {one.pk: cost(browser, reverse(name, args=[one.pk])) for one in (batch, large)}
        assert taken[large.pk] <= taken[batch.pk], name


def cost(browser: Client, address: str) -> int:
    """The queries of a page that was read before."""
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address).status_code == 200
    return len(queries)
