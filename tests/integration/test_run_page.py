"""The Run page: what it says in each state, to whom, and how it changes while it is looked at."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from coretex_site.lib import paths
from projects.models import Project
from runs import lifecycle
from runs.models import Execution, Node
from runs.records import metrics
from runs.states import Cause, State
from tests.finished_runs import (
    content_of,
    failed,
    fresh,
    leaves,
    preparing,
    prints,
    queued,
    reports,
    running,
    succeeded,
)
from tests.html_pages import flat

ClientOf = Callable[[User], Client]


@pytest.fixture
def execution(project: Project, alice: User, tmp_path: Path) -> Execution:
    return queued(project, alice, tmp_path)


@pytest.fixture
def browser(client_of: ClientOf, alice: User) -> Client:
    return client_of(alice)


def page(browser: Client, execution: Execution) -> str:
    response = browser.get(reverse("runs:detail", args=[execution.run_id]))
    assert response.status_code == 200
    return response.content.decode()


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def live_url(html: str) -> str:
    found = re.search(r'id="run-live"[^>]*hx-get="([^"]+)"', html)
    assert found is not None, "the page does not ask for news"
    return found[1].replace("&amp;", "&")


def test_it_says_who_ran_what_where_and_for_how_long(browser: Client, execution: Execution) -> None:
    told = words(page(browser, succeeded(execution)))
    for said in ("wide layers", "Succeeded", "alice", "main.py", "worker-1", "1 min 30 s", "Exit code 0",
                 "Cells", "2 packages", "numpy==2.0.0"):  # fmt: skip
        assert said in told, said


def test_values_stand_in_their_groups_with_types_and_what_was_changed(
    browser: Client, execution: Execution
) -> None:
    told = words(page(browser, execution))
    assert "training rate float 0.5 default 0.1 epochs int 3 optimizer enum sgd default adam" in told


def test_values_that_task_yaml_does_not_declare_are_shown_too(browser: Client, execution: Execution) -> None:
    execution.run.parameters = {"rate": 0.5, "extra": [1, "<b>"]}
    execution.run.save()
    html = page(browser, execution)
    assert "not declared in task.yaml" in html
    assert "[1, &quot;&lt;b&gt;&quot;]" in html


def test_a_snapshot_that_is_gone_from_the_disk_does_not_break_the_page(
    browser: Client, execution: Execution
) -> None:
    paths.snapshot(execution.run.snapshot_id).rename(paths.scratch())
    html = page(browser, execution)
    assert "optimizer" in html
    assert "are no longer in the data folder. Its environment has not been built yet" in words(html)
    response = browser.get(reverse("runs:snapshot", args=[execution.run_id]))
    assert "The file is missing" in response.content.decode()
    assert browser.get(reverse("runs:snapshot_zip", args=[execution.run_id])).status_code == 404


def test_queued_without_a_node_it_says_so(browser: Client, execution: Execution) -> None:
    assert "No node is running." in page(browser, execution)


def test_queued_it_says_its_place(browser: Client, execution: Execution, tmp_path: Path) -> None:
    node = Node.objects.create(name="worker-1", heartbeat_at=timezone.now())
    later = queued(execution.run.project, execution.run.created_by, tmp_path)
    other = queued(execution.run.project, execution.run.created_by, tmp_path, wanted_node=node)
    assert "First in the queue, waiting for a free worker." in page(browser, execution)
    assert "1 before it in the queue" in page(browser, later)
    assert "2 before it in the queue, waiting for a free worker of the node worker-1." in page(browser, other)
    Node.objects.update(stopped_at=timezone.now())
    assert "The node worker-1 is not running." in page(browser, other)


def test_while_it_is_prepared_the_installer_speaks_in_the_console(
    browser: Client, execution: Execution
) -> None:
    prints(preparing(execution), b"Resolved 5 packages\n")
    html = page(browser, execution)
    assert "Preparing on worker-1" in html
    assert "Resolved 5 packages" in html


def test_a_dataset_that_was_deleted_since_is_still_named(browser: Client, execution: Execution) -> None:
    html = page(browser, succeeded(execution))
    assert "Cells <span" in html
    assert "(deleted since)" in html


def test_why_it_failed_stands_on_top(browser: Client, execution: Execution) -> None:
    failed(execution, "The script ended with exit code 3.")
    html = page(browser, execution)
    assert "Execution 1 failed" in html
    assert html.index("exit code 3.") < html.index('id="console"')


def test_what_went_less_well_is_said(browser: Client, execution: Execution) -> None:
    succeeded(execution)
    sentences = {"metrics": "2 lines could not be used.", "artifacts": "A link was left out."}
    Execution.objects.filter(pk=execution.pk).update(warnings=sentences)
    html = page(browser, execution)
    assert all(sentence in html for sentence in sentences.values())


def test_an_earlier_execution_stays_readable(browser: Client, execution: Execution) -> None:
    prints(failed(execution, "The script ended with exit code 3."), b"first attempt\n")
    second = lifecycle.queue(execution.run, Cause.AGAIN, by=execution.run.created_by)
    prints(second, b"second attempt\n")
    assert "second attempt" in page(browser, execution)
    html = browser.get(reverse("runs:execution", args=[execution.run_id, 1])).content.decode()
    assert "first attempt" in html
    assert "This is Execution 1 of 2." in html
    assert browser.get(reverse("runs:execution", args=[execution.run_id, 3])).status_code == 404


def test_it_asks_for_news_only_while_it_is_unfinished(browser: Client, execution: Execution) -> None:
    assert 'hx-trigger="every' in page(browser, running(execution))
    lifecycle.transition(execution.pk, State.RUNNING, State.SUCCEEDED)
    assert 'hx-trigger="every' not in page(browser, execution)


def test_no_news_is_no_answer_and_a_new_state_brings_every_part(
    browser: Client, execution: Execution
) -> None:
    url = live_url(page(browser, running(execution)))
    assert browser.get(url).status_code == 204
    leaves(execution, {"result.txt": b"42"})
    reports(execution, "loss", [(0, 1.5)])
    lifecycle.transition(execution.pk, State.RUNNING, State.SUCCEEDED, exit_code=0)
    html = browser.get(url).content.decode()
    parts = set(re.findall(r'id="(run-[a-z-]+)"[^>]*hx-swap-oob="true"', html))
    assert parts == {
        "run-badge", "run-actions", "run-banner", "run-facts", "run-executions", "run-history",
        "run-artifacts", "run-metric-table",
    }  # fmt: skip
    assert "result.txt" in html
    assert 'id="console-origin" hx-swap-oob="true"' in html
    assert 'hx-trigger="every' not in html


def test_metrics_come_as_points_and_as_a_table(browser: Client, execution: Execution) -> None:
    running(execution)
    reports(execution, "loss", [(0, 1.5), (1, None), (2, 0.25)])
    metrics.add_samples(execution.pk, {"CPU (%)": [(0, 50.0)]})
    url = reverse("runs:metrics", args=[execution.run_id, 1])
    answer = browser.get(url).json()
    assert answer["live"] is True
    assert answer["series"]["loss"] == {"x": [0, 1, 2], "y": [1.5, None, 0.25], "is_system": False}
    assert browser.get(url, {"seen": answer["seen"]}).status_code == 204
    table = browser.get(reverse("runs:metric_table", args=[execution.run_id, 1])).content.decode()
    assert words(table).split("Points")[1].split() == [
        "loss",
        "0.25",
        "0.25",
        "1.5",
        "3",
        "CPU",
        "(%)",
        "50",
        "50",
        "50",
        "1",
    ]


def test_the_snapshot_shows_its_files_in_colours(browser: Client, execution: Execution) -> None:
    html = browser.get(reverse("runs:snapshot", args=[execution.run_id])).content.decode()
    assert "entry script" in html
    assert '<span class="nb">print</span>' in html
    other = reverse("runs:snapshot_file", args=[execution.run_id, "src/net.py"])
    assert '<span class="nc">Net</span>' in browser.get(other).content.decode()
    response = browser.get(f"{other}?download")
    assert response["Content-Disposition"] == 'attachment; filename="net.py"'
    assert content_of(response) == b"class Net:\n    pass\n"


@pytest.mark.parametrize(
    "path", ["nothing.py", "../../../db.sqlite3", "/etc/passwd", "src", "src/../main.py", "a\nb"]
)
def test_nothing_but_the_frozen_files_can_be_asked_for(
    browser: Client, execution: Execution, path: str
) -> None:
    for query in ("", "?download", "?picture"):
        url = reverse("runs:snapshot_file", args=[execution.run_id, path])
        assert browser.get(url + query).status_code == 404


def test_the_packages_can_be_had_as_text(browser: Client, execution: Execution) -> None:
    url = reverse("runs:environment", args=[execution.run_id, 1])
    assert browser.get(url).status_code == 404
    running(execution)
    assert browser.get(url).content.decode() == f"# venv, 3.11, {'e' * 64}\nnumpy==2.0.0\nscipy==1.14\n"


def all_urls(execution: Execution) -> list[str]:
    leaves(succeeded(execution), {"result.txt": b"42"})
    prints(execution, b"hello\n")
    run, attempt = [execution.run_id], [execution.run_id, 1]
    of_the_run = ("runs:detail", "runs:snapshot", "runs:snapshot_zip")
    of_the_execution = (
        "runs:execution", "runs:live", "runs:console", "runs:console_search", "runs:console_download",
        "runs:metrics", "runs:metric_table", "runs:environment", "runs:artifacts", "runs:artifacts_zip",
    )  # fmt: skip
    return [
        *(reverse(name, args=run) for name in of_the_run),
        reverse("runs:snapshot_file", args=[*run, "main.py"]),
        *(reverse(name, args=attempt) for name in of_the_execution),
        *(reverse(name, args=[*attempt, "result.txt"]) for name in ("runs:artifact", "runs:artifact_file")),
    ]


def test_members_see_all_of_it_and_strangers_nothing(
    client_of: ClientOf, execution: Execution, bob: User, vera: User, charlie: User
) -> None:
    for url in all_urls(execution):
        for member in (execution.run.created_by, bob, vera):
            response = client_of(member).get(url)
            assert response.status_code == 200, url
            content_of(response)
        assert client_of(charlie).get(url).status_code == 404, url
        assert Client().get(url).status_code == 302, url
        assert client_of(vera).post(url).status_code == 405, url


def test_only_who_may_act_sees_the_actions(
    client_of: ClientOf, execution: Execution, bob: User, vera: User
) -> None:
    running(execution)
    assert "Stop </button>" in flat(page(client_of(bob), execution))
    assert "/stop" not in page(client_of(vera), execution)
    lifecycle.transition(execution.pk, State.RUNNING, State.SUCCEEDED)
    assert "Execute again" in page(client_of(bob), execution)
    told = page(client_of(vera), execution)
    assert "Execute again" not in told
    assert "Delete" not in told
    Project.objects.update(archived_at=timezone.now())
    assert "Execute again" not in page(client_of(bob), execution)


def test_the_page_takes_the_same_number_of_queries_however_much_there_is(
    browser: Client, execution: Execution, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    leaves(succeeded(execution), {f"file-{number}.txt": b"x" for number in range(300)})
    for number in range(5):
        succeeded(lifecycle.queue(execution.run, Cause.AGAIN, by=execution.run.created_by))
        reports(execution, f"metric-{number}", [(0, 1.0)])
    with django_assert_num_queries(12):
        browser.get(reverse("runs:execution", args=[execution.run_id, 1]))


def test_a_poll_without_news_costs_few_queries(
    browser: Client, execution: Execution, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    url = live_url(page(browser, running(execution)))
    with django_assert_num_queries(5):
        assert browser.get(url).status_code == 204


def test_numbers_that_no_row_can_have_are_not_there(browser: Client, execution: Execution) -> None:
    for pk in (0, 10**30):
        assert browser.get(f"/runs/{pk}/").status_code == 404
        assert browser.get(f"/runs/{execution.run_id}/executions/{pk}/").status_code == 404
    assert fresh(execution).run.name == "wide layers"
