"""The table of a Batch and the numbers of its charts."""

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from projects.models import Project
from runs.analysis import batch_view, cells, scores
from runs.models import Batch, Metric, MetricPoint
from runs.runspec import RunSpec
from runs.states import State
from runs.submission import build
from runs.submission.start import start
from tasks.models import Task
from tests.finished_runs import content_of
from tests.html_pages import flat
from tests.made_batches import end, make_batch, make_task, scored

ClientOf = Callable[[User], Client]


def scored_small(values: Mapping[str, Any]) -> tuple[State, dict[str, float], str]:
    return State.SUCCEEDED, {"accuracy": 1 - values["rate"], "loss": values["rate"]}, ""


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


def table(browser: Client, batch: Batch, **query: str) -> str:
    response = browser.get(reverse("runs:batch_table", args=[batch.pk]), query)
    assert response.status_code == 200
    return response.content.decode()


def rows(html: str) -> list[list[str]]:
    """The texts of each row, after the box that chooses it."""
    body = html.partition('id="matrix-body"')[2].partition("</tbody>")[0]
    found = []
    for row in re.findall(r"<tr>(.*?)</tr>", body, flags=re.S):
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row, flags=re.S)[1:]
        found.append([" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells])
    return found


def heads(html: str) -> list[str]:
    found = html.partition('id="matrix-head"')[2].partition("</tr>")[0]
    return [
        " ".join(re.sub(r"<[^>]+>", " ", h).split()) for h in re.findall(r"<th.*?</th>", found, flags=re.S)
    ][1:]


def marked(html: str, mark: str) -> list[str]:
    return re.findall(rf'is-{mark}">.*?<span class="clip"[^>]*>([^<]+)<', html, flags=re.S)


# Columns


def test_only_what_varies_is_shown_by_default(browser: Client, batch: Batch) -> None:
    assert heads(table(browser, batch)) == [
        "Run", "rate", "size", "optimizer", "Status", "accuracy", "loss", "Time",
    ]  # fmt: skip


def test_columns_are_chosen_by_address_and_kept_for_the_task(
    client_of: ClientOf, browser: Client, batch: Batch, vera: User
) -> None:
    address = reverse("runs:batch_columns", args=[batch.pk])
    chosen = {"column": ["m:loss", "p:layers"], "sort": "m:loss"}
    shown = browser.post(address, chosen, follow=True)
    assert heads(shown.content.decode()) == ["Run", "loss", "layers"]
    assert "sort=m%3Aloss" in shown.redirect_chain[0][0]
    assert "Time" in heads(table(client_of(vera), batch)), "what was not kept changed for others"
    browser.post(address, {**chosen, "keep": "1", "metric": "loss", "direction": "min"})
    kept = table(client_of(vera), batch)
    assert heads(kept) == ["Run", "rate", "size", "optimizer", "loss", "layers"], (
        "what varies is always there"
    )
    assert marked(kept, "best") == ["0.05"] * 2
    assert client_of(vera).post(address, {**chosen, "keep": "1"}).status_code == 403


def test_the_copied_link_shows_the_same_whatever_is_kept(browser: Client, batch: Batch) -> None:
    html = table(browser, batch, sort="-m:accuracy", columns="m:accuracy,p:rate", **{"f.p:rate": "0.01..1"})
    copied = re.search(r'data-copy="([^"]+)"', html)
    assert copied is not None
    browser.post(
        reverse("runs:batch_columns", args=[batch.pk]), {"column": ["time"], "keep": "1", "metric": "loss"}
    )
    parts = urlsplit(copied[1].replace("&amp;", "&"))
    again = browser.get(f"{parts.path}?{parts.query}").content.decode()
    assert (heads(again), rows(again)) == (heads(html), rows(html))


# Order, filters, marks


def test_rows_are_sorted_by_any_column_and_what_has_no_value_comes_last(
    browser: Client, batch: Batch
) -> None:
    for sort, reverse_ in (("m:accuracy", False), ("-m:accuracy", True)):
        column = [row[5] for row in rows(table(browser, batch, sort=sort))]
        assert column[-2:] == ["–", "–"]
        numbers = [float(text.split()[0]) for text in column[:-2]]
        assert numbers == sorted(numbers, reverse=reverse_)
    assert [row[1] for row in rows(table(browser, batch, sort="p:rate"))][::4] == ["0.001", "0.01", "0.1"]
    assert rows(table(browser, batch, sort="state"))[-1][4] == "Failed"
    assert len(rows(table(browser, batch, sort="-time"))) == 12


@pytest.mark.parametrize(
    ("column", "text", "count"),
    [("p:rate", "0.01", 4), ("p:rate", "0.005..0.5", 8), ("p:rate", ">= 0.01", 8), ("p:rate", "0.1|0.001", 8),
     ("p:optimizer", "ADA", 6), ("p:optimizer", "=adam", 6), ("p:optimizer", "=ada", 0),
     ("state", "failed", 2),
     ("m:accuracy", "> 0.9", 2), ("m:accuracy", "..0.6", 2), ("p:layers", "[64, 64]", 12)],
)  # fmt: skip
def test_filters(browser: Client, batch: Batch, column: str, text: str, count: int) -> None:
    html = table(browser, batch, **{f"f.{column}": text})
    assert html.count("data-select-row") == count
    if not count:
        assert "No Run matches" in html


def test_a_filter_that_says_nothing_is_told_and_lets_all_pass(browser: Client, batch: Batch) -> None:
    html = table(browser, batch, **{"f.p:rate": "> much"})
    assert "rate: expected a number after &gt;" in html
    assert len(rows(html)) == 12


def test_best_and_worst_are_marked_by_metric_and_direction(browser: Client, batch: Batch) -> None:
    html = table(browser, batch, metric="accuracy")
    # The size does nothing, so two Runs are as good; of the two worst one failed.
    assert (marked(html, "best"), marked(html, "worst")) == (["0.95", "0.95"], ["0.5"])
    html = table(browser, batch, metric="loss")
    assert (marked(html, "best")[0], marked(html, "worst")[0]) == ("0.05", "0.5"), "less loss is better"
    html = table(browser, batch, metric="accuracy", direction="min")
    assert marked(html, "best")[0] == "0.5"


@pytest.mark.parametrize(
    ("aggregate", "best"), [("last", "0.95"), ("minimum", "-0.05"), ("maximum", "0.95"), ("mean", "0.45")]
)
def test_a_metric_is_its_last_smallest_largest_or_mean_point(
    browser: Client, batch: Batch, aggregate: str, best: str
) -> None:
    assert marked(table(browser, batch, metric="accuracy", aggregate=aggregate), "best")[0] == best


def test_the_best_is_told_by_what_the_script_reported_first(browser: Client, task: Task, alice: User) -> None:
    batch = make_batch(task, alice, {"rate": [0.1, 0.2]})
    end(batch, lambda v: (State.SUCCEEDED, {"score": v["rate"], "another": 1 - v["rate"]}, ""))
    html = table(browser, batch)
    assert marked(html, "best") == ["0.2"]
    assert [name for name in heads(html) if name in ("score", "another")] == ["score", "another"]


def test_by_what_the_best_is_told_is_kept_for_the_task(
    browser: Client, batch: Batch, task: Task, alice: User, client_of: ClientOf, vera: User
) -> None:
    address = reverse("runs:batch_importance", args=[batch.pk]) + "?metric=loss&direction=max"
    keep = reverse("runs:batch_do", args=[batch.pk, "keep-metric"])
    assert "Use loss for this Task" in browser.get(address).content.decode()
    chosen = {"metric": "loss", "aggregate": "minimum", "direction": "max", "next": address}
    assert client_of(vera).post(keep, chosen).status_code == 403
    response = browser.post(keep, chosen)
    assert response.headers["Location"] == address
    other = make_batch(task, alice, {"rate": [0.1, 0.01]})
    end(other, scored_small)
    held = cells.of(other)
    view = batch_view.read(QueryDict(), other, held, scores.names(other))
    assert (view.metric, view.aggregate, view.direction) == ("loss", "minimum", "max")
    assert "p:rate" in view.columns, "columns are as they were"
    told = browser.get(reverse("runs:batch_importance", args=[other.pk])).content.decode()
    assert "Keep loss" not in told, "it is kept already"
    assert "Keep loss" not in client_of(vera).get(address).content.decode(), "a viewer keeps nothing"


def test_repeats_are_one_row_with_mean_and_deviation(browser: Client, task: Task, alice: User) -> None:
    batch = make_batch(task, alice, {"rate": [0.1, 0.2]}, repeats=3, seed_parameter="seed")
    end(batch, lambda v: (State.SUCCEEDED, {"accuracy": v["rate"] + v["seed"]}, ""))
    together = rows(table(browser, batch))
    assert [row[0] for row in together] == ["3 Runs", "3 Runs"]
    accuracy = together[0][heads(table(browser, batch)).index("accuracy")]
    assert accuracy.split()[:3] == ["1.1", "±", "1"]
    assert "Median time 1 min 30 s, over 6 Runs that succeeded" in flat(table(browser, batch))
    assert "seed" not in heads(table(browser, batch)) and "seed" in heads(table(browser, batch, group="0"))
    assert len(rows(table(browser, batch, group="0"))) == 6


def test_pages_of_many_rows(browser: Client, task: Task, alice: User) -> None:
    batch = make_batch(task, alice, {"rate": [n / 100 for n in range(1, 61)]})
    first = table(browser, batch)
    assert len(rows(first)) == 50 and "1–50 of 60" in first
    assert len(rows(table(browser, batch, page="2"))) == 10
    assert len(rows(table(browser, batch, page="99"))) == 10
    assert len(rows(table(browser, batch, page="-1"))) == 50


def test_reused_runs_stand_in_their_cells(browser: Client, batch: Batch, task: Task, alice: User) -> None:
    more = {"rate": [0.01, 0.5], "size": [16], "optimizer": ["adam"]}
    wider = start(RunSpec(task=task.pk, values=more), by=alice, reuse=True)
    if isinstance(wider, Batch):
        assert build.build(wider.pk)
        wider.refresh_from_db()
        found = rows(table(browser, wider))
        assert [row[1] for row in found] == ["0.01", "0.5"]
        assert found[0][heads(table(browser, wider)).index("accuracy")].startswith("0.95")


# Downloads


def test_csv_and_json_hold_everything_that_passes(browser: Client, batch: Batch) -> None:
    address = reverse("runs:batch_download", args=[batch.pk, "csv"])
    lines = list(csv.DictReader(io.StringIO(content_of(browser.get(address)).decode())))
    assert len(lines) == 12
    assert lines[0].keys() == {
        "run", "cell", "state", "rate", "size", "optimizer", "layers", "seed", "accuracy", "loss", "seconds",
    }  # fmt: skip
    assert (lines[0]["optimizer"], lines[0]["layers"], lines[0]["seconds"]) == ("adam", "[64, 64]", "90.0")
    narrowed = browser.get(
        reverse("runs:batch_download", args=[batch.pk, "json"]), {"f.p:rate": "0.01", "sort": "-m:accuracy"}
    )
    held = json.loads(content_of(narrowed))
    assert [row[held["columns"].index("rate")] for row in held["rows"]] == [0.01] * 4
    assert held["rows"][0][held["columns"].index("layers")] == [64, 64]
    assert browser.get(reverse("runs:batch_download", args=[batch.pk, "xls"])).status_code == 404


def test_a_spreadsheet_runs_nothing_of_it(browser: Client, project: Project, alice: User) -> None:
    declared = b"param_groups:\n  - name: g\n    params:\n      - {name: note, value: a, data_type: str}\n"
    task = make_task(project, alice, name="Notes", files={"task.yaml": declared})
    batch = make_batch(task, alice, {"note": ["=1+1", "@x", "fine"]})
    told = content_of(browser.get(reverse("runs:batch_download", args=[batch.pk, "csv"]))).decode()
    assert "'=1+1" in told and "'@x" in told and ",fine," in told


# Charts


def test_charts_get_columns_of_numbers_and_faces(browser: Client, batch: Batch) -> None:
    data = browser.get(reverse("runs:batch_data", args=[batch.pk])).json()
    by_key = {column["key"]: column for column in data["columns"]}
    assert len(data["runs"]) == 12
    assert by_key["p:optimizer"]["texts"] == ["adam", "sgd"]
    assert by_key["p:rate"]["exact"] == [0.001, 0.01, 0.1]
    assert by_key["m:accuracy"]["values"].count(None) == 2
    assert data["metric"] == "m:accuracy" and data["direction"] == "max"


def test_a_short_curve_keeps_its_points_beside_a_long_one(browser: Client, batch: Batch) -> None:
    long, short = Metric.objects.filter(name="accuracy", execution__run__batch=batch)[:2]
    MetricPoint.objects.bulk_create(MetricPoint(metric=long, x=x, y=1.0) for x in range(3, 1000))
    Metric.objects.filter(pk=long.pk).update(point_count=1000, last=2.0)
    runs = [metric.execution.run_id for metric in (long, short)]
    told = browser.get(reverse("runs:batch_curves", args=[batch.pk]), {"run": runs}).json()
    found = {curve["run"]: curve["x"] for curve in told["curves"]}
    assert found[runs[1]] == [0, 1, 2]
    assert len(found[runs[0]]) == 334 and found[runs[0]][-1] == 999


def test_curves_are_those_of_the_best_runs(browser: Client, batch: Batch) -> None:
    told = browser.get(reverse("runs:batch_curves", args=[batch.pk]), {"most": "2"}).json()
    assert [curve["label"] for curve in told["curves"]] == [
        "rate 0.01, size 16, optimizer adam", "rate 0.01, size 64, optimizer adam",
    ]  # fmt: skip
    assert told["curves"][0]["x"] == [0, 1, 2]
