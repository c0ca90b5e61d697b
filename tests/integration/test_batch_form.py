"""Choosing several values in the Run Task form: counted, started, copied, kept and filled in again."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from projects.models import Dataset, Project
from runs.models import Batch, Preset, Run
from runs.runspec import RunSpec
from runs.states import State
from runs.submission import presets
from runs.web.page_models import prefill
from tasks.files import store
from tasks.models import Task
from tests.browser_like import form_pairs
from tests.html_pages import flat
from tests.submitted import SCRIPT, TASK_YAML, move_to, run_of, task_with_files

ClientOf = Callable[[User], Client]
Data = dict[str, list[str]]
HTMX = {"hx-request": "true"}


@pytest.fixture
def task(project: Project) -> Task:
    return task_with_files(project)


@pytest.fixture
def client(alice: User, client_of: ClientOf) -> Client:
    return client_of(alice)


def address(name: str, task: Task, query: str = "") -> str:
    return reverse(name, args=[task.pk]) + query


def filled(client: Client, task: Task, query: str = "", **values: str) -> Data:
    """The form as it opens, with some controls filled in: v_rate is the several values of rate."""
    page = client.get(address("runs:new", task, query))
    assert page.status_code == 200
    data: Data = {}
    for name, value in form_pairs(page.content.decode(), "run-task", scripted=True):
        data.setdefault(name, []).append(value)
    return data | {name.replace("v_", "v-").replace("p_", "p-"): [value] for name, value in values.items()}


def looked(client: Client, task: Task, data: Data) -> str:
    """What the page shows of it while it is typed."""
    response = client.post(address("runs:check", task), data, headers=HTMX)
    assert response.status_code == 200
    return response.content.decode()


def started(client: Client, task: Task, data: Data) -> Batch:
    response = client.post(address("runs:new", task), data)
    batch = Batch.objects.order_by("pk").last()
    assert batch is not None, response.content.decode()
    assert response.status_code == 302 and response.url == batch.get_absolute_url()
    return batch


def total(html: str) -> str:
    return html.split("Total number of Runs: <strong>")[1].split("<")[0]


def test_several_values_are_counted_shown_and_started_as_one_batch(client: Client, task: Task) -> None:
    data = filled(client, task, v_epochs="1..5 step 2", v_rate="0.1, 0.2", v_layers="[64, 64]\n[32]")
    html = looked(client, task, data)
    assert total(html) == "12" and "3 × 2 × 2" in html and "Start 12 Runs" in html
    batch = started(client, task, data)
    assert (batch.count, batch.varying) == (12, ["epochs", "rate", "layers"])
    assert batch.run_spec.values["layers"] == [[64, 64], [32]]
    assert batch.run_spec.values["shuffle"] == [True]


def test_one_list_is_one_run(client: Client, task: Task) -> None:
    data = filled(client, task, v_layers="[64, 64]")
    assert "Start" not in looked(client, task, data)
    client.post(address("runs:new", task), data)
    assert Run.objects.get().parameters["layers"] == [64, 64] and not Batch.objects.exists()


def test_pairs_exclusions_repeats_and_single_ones_left_out(client: Client, task: Task) -> None:
    data = filled(
        client,
        task,
        v_epochs="1, 2, 3",
        v_rate="0.1, 0.2, 0.3",
        v_mode="fast, exact",
        pairs="epochs, rate",
        exclude="epochs = 1 and mode = 'exact'",
        without='{"epochs": 2, "mode": "fast"}',
    )
    html = flat(looked(client, task, data))
    assert total(html) == "4" and "without 2 combinations" in html
    assert "epochs = 2, mode = " in html
    batch = started(client, task, data | {"at_once": ["2"], "stop_after": ["3"], "priority": ["5"]})
    assert (batch.count, batch.at_once, batch.stop_after, batch.priority) == (4, 2, 3, 5)
    spec = batch.run_spec
    assert (spec.pairs, spec.exclude) == ([["epochs", "rate"]], ["epochs = 1 and mode = 'exact'"])


def test_repeats_with_a_seed_need_no_several_values(client: Client, task: Task) -> None:
    data = filled(client, task, repeats="3", seed_parameter="epochs")
    assert "Start 3 Runs" in looked(client, task, data)
    assert started(client, task, data).varying == ["epochs"]


def test_a_random_sample_is_the_same_for_the_same_seed(client: Client, task: Task) -> None:
    data = filled(client, task, v_epochs="1..100", v_rate="0..1 linear 10", sample="7", sample_seed="3")
    html = looked(client, task, data)
    assert total(html) == "7" and looked(client, task, data).split("<table")[1] == html.split("<table")[1]


def test_what_succeeded_before_can_be_reused(client: Client, task: Task) -> None:
    client.post(address("runs:new", task), filled(client, task, p_epochs="1"))
    move_to(Run.objects.get(), State.SUCCEEDED)
    data = filled(client, task, v_epochs="1, 2, 3")
    html = flat(looked(client, task, data))
    assert "1 of 3 already succeeded with this Snapshot and these values" in html
    assert "Start 3 Runs" in html
    data |= {"reuse": ["1"]}
    assert "Start 2 Runs" in looked(client, task, data)
    assert len(started(client, task, data).reused) == 1


def test_the_same_form_sent_twice_is_one_batch(client: Client, task: Task) -> None:
    data = filled(client, task, v_epochs="1, 2")
    assert started(client, task, data) == started(client, task, data)
    assert Batch.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "sentences"),
    [
        (
            {"v_epochs": "1, x, 0"},
            ["epochs: Value 2: expected an int", "epochs: Value 3: expected at least 1"],
        ),
        ({"v_epochs": "1..9 linear x"}, ["epochs: Expected numbers at regular distances"]),
        ({"v_epochs": "1, 2", "exclude": "epoch = 1"}, ["names &#x27;epoch&#x27;"]),
        ({"v_epochs": "1, 2", "pairs": "epochs, rate"}, ["Paired parameters need equally many values"]),
        ({"v_epochs": "1, 2", "pairs": "[1"}, ["Paired parameters: Line 1"]),
        ({"v_epochs": "1, 2", "repeats": "many"}, ["Repeats: Expected a whole number"]),
        ({"v_epochs": "1, 2", "repeats": "0"}, ["Repeats: Expected 1 or more, found 0."]),
        (
            {"v_epochs": "1, 2", "pairs": "epochs rate"},
            ["“epochs rate”, which is not a parameter of this Task"],
        ),
        ({"v_layers": "[64, 64],[32]"}, ["not understood from &quot;,[32]&quot; on"]),
        ({"v_layers": "[64"}, ["found &quot;[64&quot;; its end is missing"]),
        ({"v_epochs": "1, 2", "notify_url": "ftp://x"}, ["http"]),
        ({"v_epochs": "1, 2", "exclude": "epochs > 0"}, ["None of the 2 combinations is left"]),
        ({"v_epochs": "1, 2", "p_rate": "x"}, ["rate: Expected a float"]),
        ({"v_epochs": "1, 2", "v_mode": "fast, slow"}, ["mode: Value 2: expected one of the options"]),
    ],
)
def test_mistakes_come_back_at_their_fields_with_everything_kept(
    client: Client, task: Task, values: dict[str, str], sentences: list[str]
) -> None:
    data = filled(client, task, **values)
    looked(client, task, data)
    response = client.post(address("runs:new", task), data)
    html = response.content.decode()
    assert response.status_code == 422 and not Batch.objects.exists() and not Run.objects.exists()
    for sentence in sentences:
        assert sentence in html
    kept = form_pairs(html, "run-task", scripted=True)
    for name, value in values.items():
        assert (name.replace("v_", "v-").replace("p_", "p-"), value) in kept


def test_a_pasted_column_with_decimal_commas_is_asked_about_and_not_started(
    client: Client, task: Task
) -> None:
    data = filled(client, task, v_rate="0,1\n0,2")
    html = looked(client, task, data)
    assert "a decimal comma, or two values?" in html and 'data-answer="0.1\n0.2"' in html
    assert client.post(address("runs:new", task), data).status_code == 422 and not Batch.objects.exists()
    assert total(looked(client, task, data | {"v-rate": ["0.1\n0.2"]})) == "2"


def test_while_nothing_can_be_counted_the_form_says_which_parameters_to_mend(
    client: Client, task: Task
) -> None:
    html = looked(client, task, filled(client, task, v_epochs="1, x", v_rate="0.1, y", v_mode="fast"))
    told = html.split('id="run-preview"')[1].split("</p>")[0]
    assert "is fixed" in told and ">epochs</a>" in told and ">rate</a>" in told and ">mode</a>" not in told


def test_a_rule_that_leaves_nothing_out_is_pointed_out(client: Client, task: Task) -> None:
    data = filled(client, task, v_epochs="1, 2", exclude="epochs = '2'")
    html = looked(client, task, data)
    assert total(html) == "2" and "has no effect" in html
    html = looked(client, task, data | {"exclude": ["epochs = 2"]})
    assert total(html) == "1" and "leaves nothing out" not in html


def test_over_the_limit_there_are_both_numbers_and_no_button(client: Client, task: Task) -> None:
    data = filled(client, task, v_epochs="1..1000", v_rate="0..1 linear 1000")
    html = looked(client, task, data)
    assert "1,000,000 Runs" in html and "at most 10,000" in html
    assert "<button" not in html.split('id="run-action"')[1]
    assert client.post(address("runs:new", task), data).status_code == 422


def test_pages_of_combinations(client: Client, task: Task) -> None:
    html = looked(client, task, filled(client, task, v_epochs="1..50") | {"page": ["3"]})
    assert "Page 3 of 3" in html and html.count("data-combination=") == 10


def test_a_selection_of_datasets_is_named(client: Client, project: Project, alice: User) -> None:
    text = "param_groups:\n- name: g\n  params:\n  - {name: data, value: null, data_type: dataset}\n"
    text += '  - {name: more, value: [], data_type: "list[dataset]"}\n'
    task = task_with_files(project, name="Read", main_py=SCRIPT, task_yaml=text)
    keys = [Dataset.objects.create(project=project, name=n, created_by=alice).pk for n in ("cells", "yeast")]
    html = looked(client, task, filled(client, task, v_data="\n".join(map(str, keys)), v_more=f"[]\n{keys}"))
    assert total(html) == "4" and "[cells, yeast]" in html
    wrong = looked(client, task, filled(client, task, v_data=f"{keys[0]}, 999"))
    assert "Value 2: expected a Dataset of this Project, found the id 999" in wrong


def test_a_hidden_parameter_multiplies_only_where_it_is_seen(client: Client, project: Project) -> None:
    text = (
        "param_groups:\n- name: g\n  params:\n"
        "  - {name: mode, value: {selected: 0, options: [fast, exact]}, data_type: enum}\n"
        "  - {name: depth, value: 1, data_type: int, visible_if: {mode: exact}}\n"
    )
    task = task_with_files(project, name="Hidden", main_py=SCRIPT, task_yaml=text)
    html = looked(client, task, filled(client, task, v_mode="fast, exact", v_depth="1, 2, 3"))
    assert total(html) == "4"
    alone = filled(client, task, v_depth="1, 2, x")
    assert "Start" not in looked(client, task, alone)


def test_every_face_opens_the_same_form(client: Client, task: Task) -> None:
    values = {"v_epochs": "1, 2", "v_mode": "exact, fast", "v_layers": "[1]\n[]", "p_text": "é & ü"}
    data = filled(client, task, repeats="2", exclude="epochs = 2 and text = ''", **values)
    html = client.post(address("runs:copy_as", task), data, headers=HTMX).content.decode()
    assert "python3 manage.py run" in html and "&quot;epochs&quot;" in html
    first = started(client, task, data)
    spec = RunSpec(**{**first.run_spec.as_json(), "snapshot": ""})
    for query in (f"?{spec.as_query()}", f"?batch={first.pk}"):
        again = started(client, task, filled(client, task, query))
        assert json.dumps(again.spec["values"]) == json.dumps(first.spec["values"])
        assert (again.spec["repeats"], again.spec["exclude"]) == (2, first.spec["exclude"])
        assert again.pk != first.pk
    for text in (spec.as_yaml(), json.dumps(spec.as_json())):
        page = client.post(address("runs:fill", task), {"text": text}, headers=HTMX)
        assert page.headers["HX-Retarget"] == "#run-task"
        assert ("v-epochs", "1\r\n2") in form_pairs(page.content.decode(), "run-task", scripted=True)


def test_a_snapshot_in_the_address_runs_its_files(client: Client, task: Task, alice: User) -> None:
    first = started(client, task, filled(client, task, v_epochs="1, 2"))
    data = filled(client, task, f"?{first.run_spec.as_query()}")
    assert data["snapshot"] == [first.snapshot_id]
    assert started(client, task, data).snapshot_id == first.snapshot_id


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?v.rate=[", "v.rate was expected as JSON"),
        ("?v.rate=3", "must be a list of one or more"),
        ("?v.nix=[1]", "is not a parameter of this Task"),
        ("?v.rate=[%22x%22]", "its default is shown"),
        ("?snapshot=abc", "A Snapshot is named by"),
        ("?preset=99", "This preset was deleted"),
        ("?entry_script=gone.py", "does not exist; choose another"),
        ("?task=77&repeats=2", "for Task 77"),
        ("?repeats=0", "repeats must be a whole number of 1 or more"),
        ("?values=[1]&v.rate=[1]", "are written in an address as v.NAME"),
        ("?v.mode=[%22gone%22]", "its default is shown"),
        ('?v.mode=[{"selected":0,"options":["gone","fast"]}]', "has no option &quot;gone&quot; any longer"),
        ('?v.mode=[{"selected":7,"options":["gone","fast"]}]', "its default is shown"),
    ],
)
def test_a_wrong_address_is_told_in_words(client: Client, task: Task, query: str, sentence: str) -> None:
    page = client.get(address("runs:new", task, query))
    assert page.status_code == 200 and sentence in page.content.decode()


def test_an_option_is_found_again_when_task_yaml_has_others_now(
    client: Client, task: Task, alice: User
) -> None:
    """What was started lately, a Batch and a preset know an option by its place among those of then."""
    one = started(client, task, filled(client, task, v_rate="1, 2", **{"p_mode": "0"}))
    several = started(client, task, filled(client, task, v_mode="exact, fast"))
    run_of(task, user=alice)  # with exact, the second of two
    text = TASK_YAML.replace("options: [fast, exact]", "options: [new, exact, fast]")
    digest = store.entries(task)["task.yaml"][1]
    store.write_text(task, "task.yaml", text, expected=digest, by=alice)
    options = ["new", "exact", "fast"]
    lately = next(query for recent, query in prefill.recent(task, alice) if "/batches/" not in recent.url)
    for query, chosen in ((f"?batch={one.pk}", "fast"), (f"?{lately}", "exact")):
        data = filled(client, task, query, v_epochs="1, 2")
        place = started(client, task, data).spec["values"]["mode"][0]
        assert place == {"selected": options.index(chosen), "options": options}
    assert filled(client, task, f"?batch={several.pk}")["v-mode"] == ["exact\r\nfast"]


@pytest.mark.parametrize("text", ["", "a: [", "[]", "task: x", "task: 1\nvalues: 3", "{", "*a"])
def test_a_wrong_specification_is_told_in_words(client: Client, task: Task, text: str) -> None:
    response = client.post(address("runs:fill", task), {"text": text}, headers=HTMX)
    assert response.status_code == 422 and "fill-error" in response.content.decode()


def test_presets_are_kept_applied_and_deleted(client: Client, task: Task, alice: User) -> None:
    data = filled(client, task, v_epochs="1, 2", v_rate="0.5") | {"preset_name": ["wide"]}
    page = client.post(address("runs:preset_save", task), data, headers=HTMX)
    preset = Preset.objects.get()
    assert page.status_code == 200 and "wide" in page.content.decode()
    assert filled(client, task, f"?preset={preset.pk}")["v-epochs"] == ["1\r\n2"]
    again = client.post(address("runs:preset_save", task), data | {"preset_name": [" "]}, headers=HTMX)
    assert again.status_code == 422 and Preset.objects.count() == 1
    client.post(reverse("runs:preset_delete", args=[preset.pk]), headers=HTMX)
    assert not task.presets.exists()


def test_what_was_started_lately_is_offered_again(client: Client, task: Task) -> None:
    batch = started(client, task, filled(client, task, v_epochs="1, 2"))
    page = client.get(address("runs:new", task)).content.decode()
    assert f"{batch.name}: 2 Runs" in page


def test_vera_may_not_choose_and_charlie_finds_nothing(
    task: Task, alice: User, vera: User, charlie: User, client_of: ClientOf
) -> None:
    preset = presets.save(task, "mine", RunSpec(task=task.pk), by=alice)
    paths = [address(name, task) for name in ("runs:copy_as", "runs:fill", "runs:preset_save", "runs:check")]
    paths.append(reverse("runs:preset_delete", args=[preset.pk]))
    for who, status in ((vera, 403), (charlie, 404)):
        assert {client_of(who).post(path, {}).status_code for path in paths} == {status}
    assert Preset.objects.exists()


def sent_values(data: Data) -> Any:
    return {name: value for name, value in data.items() if name.startswith("v-")}


def test_with_one_value_each_nothing_else_is_sent(client: Client, task: Task) -> None:
    assert set(map(str, sum(sent_values(filled(client, task)).values(), []))) == {""}
