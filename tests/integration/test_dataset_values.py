"""Runs over several Datasets: pages say their names, and nobody counts with their ids."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from projects.models import Dataset, Project
from runs.analysis import cells, importance, refine
from runs.models import Batch
from runs.runspec import RunSpec
from runs.states import State
from runs.submission.validate import validate
from runs.web.page_models.preview import Preview
from tasks.models import Task
from tests.batch_pages import words
from tests.made_batches import end, make_batch, make_task

TASK_YAML = b"""param_groups:
  - name: inputs
    params:
      - {name: data, value: null, data_type: dataset}
      - {name: more, value: [], data_type: "list[dataset]"}
      - {name: rate, value: 0.1, data_type: float}
"""
NAMES = ("Wheat", "Iris", "7")


@pytest.fixture
def ids(project: Project, alice: User) -> dict[str, int]:
    return {name: Dataset.objects.create(project=project, name=name, created_by=alice).pk for name in NAMES}


@pytest.fixture
def task(project: Project, alice: User) -> Task:
    return make_task(project, alice, files={"task.yaml": TASK_YAML})


def better_with_iris(ids: Mapping[str, int]) -> Callable[[Mapping[str, Any]], Any]:
    return lambda v: (State.SUCCEEDED, {"accuracy": (v["data"] == ids["Iris"]) + v["rate"]}, "")


@pytest.fixture
def batch(task: Task, alice: User, ids: dict[str, int]) -> Batch:
    made = make_batch(task, alice, {"data": list(ids.values()), "rate": [0.1, 0.2]})
    end(made, better_with_iris(ids))
    return made


@pytest.fixture
def browser(client_of: Callable[[User], Client], alice: User) -> Client:
    return client_of(alice)


def page(browser: Client, name: str, *args: object, **query: str) -> str:
    response = browser.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def listed(html: str) -> list[str]:
    """The Dataset of each row of the table, in order."""
    body = html.partition('id="matrix-body"')[2].partition("</tbody>")[0]
    return [name for row in body.split("<tr>") for name in NAMES if f">{name}<" in row]


def test_combinations_and_what_is_left_out_say_names(task: Task, ids: dict[str, int]) -> None:
    both = [ids["Wheat"], ids["7"]]
    spec = RunSpec(
        task=task.pk,
        values={"data": list(ids.values()), "more": [both, []]},
        without=[{"data": ids["Iris"], "more": []}],
    )
    preview = Preview(plan=validate(task, spec))
    assert [row.texts for row in preview.rows][:2] == [["Wheat", "[Wheat, 7]"], ["Wheat", "[]"]]
    assert [said for _, said in preview.unticked] == ["data = Iris, more = []"]


def test_names_of_other_projects_are_not_given_away(task: Task, ids: dict[str, int], charlie: User) -> None:
    other = Project.objects.create(name="Private", created_by=charlie)
    foreign = Dataset.objects.create(project=other, name="Top secret", created_by=charlie).pk
    spec = RunSpec(task=task.pk, values={"data": list(ids.values())}, without=[{"data": foreign}])
    [(_, said)] = Preview(plan=validate(task, spec)).unticked
    assert said == f"data = Dataset {foreign} (not in this Project)"


def test_the_table_sorts_and_filters_by_name(browser: Client, batch: Batch) -> None:
    assert listed(page(browser, "runs:batch_table", batch.pk, sort="p:data")) == [
        *("7", "7", "Iris", "Iris", "Wheat", "Wheat")
    ]
    for text, found in (
        ("iri", ["Iris"] * 2),
        ("=7", ["7"] * 2),
        ("7", ["7"] * 2),
        ("=Wheat", ["Wheat"] * 2),
    ):
        assert listed(page(browser, "runs:batch_table", batch.pk, **{"f.p:data": text})) == found, text


def test_charts_and_the_map_say_names(browser: Client, batch: Batch) -> None:
    answer = json.loads(page(browser, "runs:batch_data", batch.pk))
    [data] = [column for column in answer["columns"] if column["key"] == "p:data"]
    assert data["texts"] == ["7", "Iris", "Wheat"] and "exact" not in data
    assert "Iris" in words(page(browser, "runs:batch", batch.pk))


def test_narrowing_down_tries_no_datasets_between(batch: Batch, ids: dict[str, int]) -> None:
    held = cells.of(batch)
    numbers = {cell.run: float(cell.values["data"] == ids["Iris"]) + cell.values["rate"] for cell in held.all}
    found = refine.down(held, numbers, "max", importance.of(held, numbers))
    [data] = [choice for choice in found.choices if choice.name == "data"]
    assert ids["Iris"] in data.values and set(data.values) <= set(ids.values())
    assert set(data.texts) <= set(NAMES)


def test_a_renamed_dataset_has_its_new_name_and_a_deleted_one_says_so(
    browser: Client, batch: Batch, ids: dict[str, int]
) -> None:
    Dataset.objects.filter(pk=ids["Iris"]).update(name="Iris of 1936")
    Dataset.objects.filter(pk=ids["7"]).delete()
    said = words(page(browser, "runs:batch_table", batch.pk))
    assert "Iris of 1936" in said and f"Dataset {ids['7']} (not in this Project)" in said


def test_a_run_names_and_links_each_of_its_datasets(
    browser: Client, task: Task, alice: User, ids: dict[str, int]
) -> None:
    values = {"data": [ids["Iris"]], "more": [[ids["Wheat"], ids["7"]]], "rate": [0.1, 0.2]}
    run = make_batch(task, alice, values).runs.first()
    Dataset.objects.filter(pk=ids["7"]).delete()
    html = page(browser, "runs:detail", run.pk)
    assert reverse("projects:dataset", args=[ids["Wheat"]]) in html
    assert f"Wheat · deleted ids [{ids['Wheat']}, {ids['7']}]" in words(html)


def test_compared_runs_say_the_names_of_their_datasets(browser: Client, batch: Batch) -> None:
    first, *_, last = batch.runs.order_by("cell").values_list("pk", flat=True)
    response = browser.post(reverse("runs:compare"), {"run": [first, last]}, follow=True)
    said = words(response.content.decode())
    assert "data Wheat 7" in said
