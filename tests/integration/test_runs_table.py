"""The table over all Runs that one may see."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects import archiving
from projects.models import Project, Role
from runs.models import Node, Run
from runs.states import State
from runs.web.page_models import run_filters, run_table
from tests.submitted import run_of, task_with_files

ClientOf = Callable[[User], Client]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_table, "PAGE", 4)
    monkeypatch.setattr(run_table.first_of, "__kwdefaults__", {"most": 5})


@pytest.fixture
def runs(project: Project, alice: User, bob: User) -> list[Run]:
    """Nine of two Tasks, in five states, by two people."""
    tasks = [task_with_files(project, name=name) for name in ("Train", "Score")]
    states = [State.QUEUED, State.RUNNING, State.SUCCEEDED, State.FAILED, State.STOPPED]
    return [
        run_of(
            tasks[i % 2], user=alice if i % 3 else bob, state=states[i % 5], name=f"{'abc'[i % 3]}-{i // 4}"
        )
        for i in range(9)
    ]


def listed(client: Client, query: str = "") -> list[int]:
    page = client.get(reverse("runs:list") + query).content.decode()
    return [int(pk) for pk in re.findall(r'id="run-(\d+)-state"', page)]


def walked(client: Client, sort: str) -> tuple[list[int], list[int]]:
    """All rows by going to the last page with Next, and back with Previous."""
    ahead, query = [], f"?sort={sort}"
    while query is not None:
        rows, last = listed(client, query), query
        ahead.append(rows)
        query = link(client, query, "next")
    back, query = [], last
    while query is not None:
        back.insert(0, listed(client, query))
        query = link(client, query, "prev")
    return sum(ahead, []), sum(back, [])


def link(client: Client, query: str, rel: str) -> str | None:
    page = client.get(reverse("runs:list") + query).content.decode()
    found = re.search(rf'rel="{rel}" href="([^"]*)"', page)
    return found[1].replace("&amp;", "&") if found else None


def place_in_life(run: Run) -> int:
    return list(State).index(State(run.state))


ORDERS: dict[str, Callable[[Run], Any]] = {
    "-id": lambda run: -run.pk,
    "id": lambda run: run.pk,
    "-created": lambda run: -run.pk,
    "name": lambda run: (run.name, run.pk),
    "status": lambda run: (place_in_life(run), -run.pk),
    "-status": lambda run: (-place_in_life(run), run.pk),
}


@pytest.mark.parametrize("sort", ORDERS)
def test_pages_walk_every_row_once_in_order_and_back(
    sort: str, runs: list[Run], alice: User, client_of: ClientOf
) -> None:
    expected = [run.pk for run in sorted(runs, key=ORDERS[sort])]
    assert walked(client_of(alice), sort) == (expected, expected)


def test_names_are_sorted_downwards_too(runs: list[Run], alice: User, client_of: ClientOf) -> None:
    expected = [run.pk for run in sorted(runs, key=lambda run: (run.name, run.pk), reverse=True)]
    assert walked(client_of(alice), "-name")[0] == expected


def test_the_pager_says_which_rows_these_are(runs: list[Run], alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    second = link(client, "", "next")
    assert "1–4" in client.get(reverse("runs:list")).content.decode()
    assert "5–8" in client.get(reverse("runs:list") + second).content.decode()


@pytest.mark.parametrize(
    ("query", "keep"),
    [
        ("name=B-", lambda run: run.name.startswith("b-")),
        ("status=failed", lambda run: run.state == "failed"),
        ("status=unfinished", lambda run: run.state in ("queued", "running")),
        ("task_name=sCo", lambda run: run.task.name == "Score"),
        ("by=bob", lambda run: run.created_by.username == "bob"),
        ("by=o&status=queued", lambda run: run.created_by.username == "bob" and run.state == "queued"),
        ("since=2020-01-01&until=2999-12-31", lambda run: True),
        ("since=2999-01-01", lambda run: False),
        ("until=2020-01-01", lambda run: False),
        ("until=9999-12-31", lambda run: False),
        ("since=yesterday", lambda run: False),
        ("id=seven", lambda run: False),
        ("status=sleeping", lambda run: False),
        ("node=nowhere", lambda run: False),
        ("task=0", lambda run: False),
        ("name=%00", lambda run: False),
        ("after=x", lambda run: True),
        ("sort=name&after=5.1.%00", lambda run: True),
        ("sort=status&after=5.1.sleeping", lambda run: True),
        ("sort=nonsense", lambda run: True),
    ],
)
def test_filters_narrow_the_table(
    query: str, keep: Callable[[Run], bool], runs: list[Run], alice: User, client_of: ClientOf
) -> None:
    found = listed(client_of(alice), f"?{query}")
    expected = {run.pk for run in runs if keep(run)}
    assert set(found) <= expected and len(found) == min(4, len(expected))


def test_a_task_a_project_an_id_and_a_node_can_be_asked_for(
    runs: list[Run], alice: User, client_of: ClientOf
) -> None:
    client, run = client_of(alice), runs[2]
    node = Node.objects.create(name="gpu")
    run.latest.node = node
    run.latest.save()
    assert listed(client, f"?id={run.pk}") == listed(client, "?node=gpu") == [run.pk]
    assert set(listed(client, f"?task={run.task_id}")) <= {r.pk for r in runs if r.task_id == run.task_id}
    assert len(listed(client, f"?project={run.project_id}")) == 4
    assert "Task Train" in client.get(reverse("runs:list"), {"task": run.task_id}).content.decode()


def test_runs_of_an_archived_project_are_listed_only_when_they_are_chosen(
    runs: list[Run], alice: User, client_of: ClientOf
) -> None:
    browser = client_of(alice)
    archiving.archive(runs[0].project)
    assert listed(browser) == listed(browser, "?name=a") == listed(browser, "?status=unfinished") == []
    assert listed(browser, f"?id={runs[0].pk}") == [runs[0].pk]
    assert listed(browser, f"?project={runs[0].project_id}") and listed(browser, f"?task={runs[0].task_id}")
    archiving.restore(runs[0].project)
    assert listed(browser)


def test_the_number_of_queries_does_not_grow_with_the_rows(
    runs: list[Run], alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(alice)

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            listed(client)
        return len(queries)

    few = count()
    monkeypatch.setattr(run_table.first_of, "__kwdefaults__", {"most": 9})
    monkeypatch.setattr(run_table, "PAGE", 8)
    assert count() == few <= 9


def test_charlie_sees_no_runs_of_a_private_project_whatever_he_asks_for(
    runs: list[Run], charlie: User, client_of: ClientOf
) -> None:
    client, run = client_of(charlie), runs[0]
    for query in ("", f"?id={run.pk}", f"?task={run.task_id}", f"?project={run.project_id}", "?name=a"):
        page = client.get(reverse("runs:list") + query).content.decode()
        assert f"run-{run.pk}-state" not in page and "Train" not in page
    assert "No Runs yet" in client.get(reverse("runs:list")).content.decode()
    assert f"run-{run.pk}" not in client.get(reverse("runs:states"), {"run": run.pk}).content.decode()


def test_a_public_project_is_seen_by_everybody_and_an_operator_sees_all(
    runs: list[Run], project: Project, charlie: User, client_of: ClientOf
) -> None:
    operator = User.objects.create_superuser("root", password="x")
    assert len(listed(client_of(operator))) == 4
    Project.objects.filter(pk=project.pk).update(visibility=1)
    assert len(listed(client_of(charlie))) == 4


def test_with_more_projects_than_branches_the_same_rows_are_found(
    runs: list[Run], alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_filters, "MOST_BRANCHES", 0)
    assert walked(client_of(alice), "-id")[0] == [run.pk for run in reversed(runs)]


def test_the_unfinished_rows_are_asked_for_until_they_end(
    runs: list[Run], alice: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    unfinished = [run for run in runs if run.state in ("queued", "running")]
    page = client.get(reverse("runs:list"), {"status": "unfinished"}).content.decode()
    assert all(f"run={run.pk}&" in page for run in unfinished)
    answer = client.get(reverse("runs:states"), {"run": [run.pk for run in runs]}).content.decode()
    assert 'hx-trigger="every' in answer and "hx-swap-oob" in answer
    done = [run.pk for run in runs if run.state == "succeeded"]
    answer = client.get(reverse("runs:states"), {"run": done}).content.decode()
    assert "hx-trigger" not in answer and "Succeeded" in answer


def test_chosen_runs_are_stopped(runs: list[Run], bob: User, client_of: ClientOf) -> None:
    data = {"run": [run.pk for run in runs], "action": "stop", "next": "/runs/?name=a"}
    response = client_of(bob).post(reverse("runs:bulk"), data)
    assert response.url == "/runs/?name=a"
    assert set(Run.objects.values_list("state", flat=True)) == {"stopping", "stopped", "succeeded", "failed"}


def test_one_chosen_run_is_told_of_as_one(runs: list[Run], bob: User, client_of: ClientOf) -> None:
    waiting = next(run for run in runs if run.state == "queued")
    data = {"run": waiting.pk, "action": "stop"}
    told = [client_of(bob).post(reverse("runs:bulk"), data, follow=True).content.decode() for _ in range(2)]
    assert "The Run was asked to stop." in told[0] and "The Run has ended already." in told[1]


def test_deleting_many_says_what_is_lost_first(runs: list[Run], alice: User, client_of: ClientOf) -> None:
    ended = [run.pk for run in runs if run.state in ("succeeded", "failed", "stopped")]
    client, data = client_of(alice), {"run": ended, "action": "delete"}
    page = client.post(reverse("runs:bulk"), data)
    assert page.status_code == 200 and f"{len(ended)} Runs" in page.content.decode()
    assert Run.objects.count() == 9
    assert client.post(reverse("runs:bulk"), {**data, "confirmed": "1"}).url == reverse("runs:list")
    assert Run.objects.count() == 9 - len(ended)


def test_an_unfinished_one_among_them_keeps_all(runs: list[Run], alice: User, client_of: ClientOf) -> None:
    data = {"run": [run.pk for run in runs], "action": "delete", "confirmed": "1"}
    page = client_of(alice).post(reverse("runs:bulk"), data, follow=True).content.decode()
    assert "not ended" in page
    assert Run.objects.count() == 9


def test_an_address_elsewhere_is_not_gone_to(runs: list[Run], alice: User, client_of: ClientOf) -> None:
    data = {"run": runs[0].pk, "action": "stop", "next": "https://example.org/"}
    assert client_of(alice).post(reverse("runs:bulk"), data).url == reverse("runs:list")


@pytest.mark.parametrize("action", ["stop", "delete", "again", ""])
@pytest.mark.parametrize("run", ["x", "", "99999999999999999999", "-1"])
def test_anything_can_be_posted_at_once(action: str, run: str, alice: User, client_of: ClientOf) -> None:
    response = client_of(alice).post(reverse("runs:bulk"), {"run": run, "action": action})
    assert response.status_code in (302, 403)


def test_vera_chooses_nothing_and_changes_nothing(
    runs: list[Run], vera: User, charlie: User, client_of: ClientOf
) -> None:
    assert "data-select-row" not in client_of(vera).get(reverse("runs:list")).content.decode()
    states = list(Run.objects.order_by("pk").values_list("state", flat=True))
    for person, status in ((vera, 403), (charlie, 404)):
        for name in ("runs:again", "runs:stop", "runs:delete"):
            assert client_of(person).post(reverse(name, args=[runs[0].pk])).status_code == status
        for action in ("stop", "delete"):
            data = {"run": [run.pk for run in runs], "action": action, "confirmed": "1"}
            client_of(person).post(reverse("runs:bulk"), data)
    assert list(Run.objects.order_by("pk").values_list("state", flat=True)) == states


def test_one_run_is_stopped_executed_again_and_deleted(
    runs: list[Run], bob: User, client_of: ClientOf
) -> None:
    client, run = client_of(bob), runs[0]
    for name in ("runs:stop", "runs:again", "runs:stop"):
        assert client.post(reverse(name, args=[run.pk])).url == run.get_absolute_url()
    run.refresh_from_db()
    assert (run.state, run.executions.count()) == ("stopped", 2)
    assert client.get(reverse("runs:stop", args=[run.pk])).status_code == 405
    assert client.post(reverse("runs:delete", args=[run.pk])).url.startswith(reverse("runs:list"))
    assert not Run.objects.filter(pk=run.pk).exists()


def test_nothing_in_an_archived_project_can_be_changed(
    runs: list[Run], project: Project, alice: User, client_of: ClientOf
) -> None:
    Project.objects.filter(pk=project.pk).update(archived_at=project.created_at)
    assert project.memberships.get(user=alice).role == Role.OWNER
    assert client_of(alice).post(reverse("runs:stop", args=[runs[0].pk])).status_code == 403
    assert "data-select-row" not in client_of(alice).get(reverse("runs:list")).content.decode()
