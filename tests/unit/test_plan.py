"""A specification and a Task make a plan: validated, filled in, counted as the form will show it."""

import hashlib
import json
from typing import Any

import pytest
from django.conf import LazySettings
from hypothesis import given
from hypothesis import strategies as st

from projects.models import Dataset, Project
from runs.runspec import RunSpec
from runs.submission.choices import readable
from runs.submission.errors import SubmitError
from runs.submission.validate import Plan, validate
from tasks.models import Task
from tasks.types import declarations, equality
from tests import small_tasks

pytestmark = pytest.mark.django_db

TASK_YAML = """
param_groups:
  - name: inputs
    params:
      - {name: lr, value: 0.1, data_type: float, min: 0}
      - {name: depth, value: 3, data_type: int}
      - {name: seed, value: 7, data_type: int, max: 100}
      - {name: mode, value: {selected: 0, options: [fast, slow, exact]}, data_type: enum}
      - {name: tolerance, value: 5, data_type: int, visible_if: {mode: exact}}
      - {name: layers, value: [64], data_type: "list[int]"}
      - {name: sizes, value: [1.0], data_type: "list[float]"}
      - {name: data, value: null, data_type: dataset}
      - {name: key, value: null, data_type: credentials_secret}
      - {name: title, value: null, data_type: str, required: true, visible_if: {mode: slow}}
"""


@pytest.fixture
def task(project: Project) -> Task:
    return small_tasks.make_task(project, {"main.py": "", "other.py": "", "task.yaml": TASK_YAML})


def make(task: Task, **given: Any) -> Plan:
    return validate(task, RunSpec(task=task.pk, **given))


def mistakes(task: Task, **given: Any) -> SubmitError:
    with pytest.raises(SubmitError) as caught:
        make(task, **given)
    return caught.value


def test_parameters_that_are_not_named_have_their_defaults(task: Task) -> None:
    found = make(task, values={"lr": [0.1, 0.01]})
    assert found.count == 2
    assert found.at(1)["depth"] == 3
    assert found.at(1)["mode"] == {"selected": 0, "options": ["fast", "slow", "exact"]}
    assert found.varying == ["lr"]
    assert found.entry_script == "main.py"


def test_every_wrong_value_has_its_sentence_and_its_place(task: Task) -> None:
    error = mistakes(task, values={"lr": [0.1, "x", -1], "depht": [1], "depth": [True]})
    assert set(error.problems) == {"lr", "depht", "depth"}
    assert set(error.value_problems["lr"]) == {1, 2}
    assert error.problems["lr"][0].startswith("value 2: expected a float")
    assert 'did you mean "depth"' in error.problems["depht"][0]
    assert error.problems["depth"] == ["expected an int, found the bool true"]


def test_options_may_be_written_as_their_texts_and_rules_see_these(task: Task) -> None:
    found = make(
        task, values={"mode": ["fast", "exact"], "depth": [1, 2]}, exclude=["mode = 'fast' and depth = 2"]
    )
    assert [(v["mode"]["selected"], v["depth"]) for v in found] == [(0, 1), (2, 1), (2, 2)]
    assert "expected one of the options" in mistakes(task, values={"mode": ["quick"]}).problems["mode"][0]


def test_parameters_hidden_by_a_condition_do_not_multiply(task: Task) -> None:
    found = make(task, values={"mode": ["fast", "exact"], "tolerance": [1, 2, 3]})
    assert [(v["mode"]["selected"], v["tolerance"]) for v in found] == [(0, 5), (2, 1), (2, 2), (2, 3)]
    never = make(task, values={"mode": ["fast"], "tolerance": [1, 2, "not even a number"]})
    assert never.count == 1


def test_a_value_that_only_some_combinations_need_is_missed_only_there(task: Task) -> None:
    error = mistakes(task, values={"mode": ["fast", "slow"]})
    assert "in 1 of 2 combinations" in error.problems["title"][0]
    assert make(task, values={"mode": ["fast", "slow"]}, exclude=["mode = 'slow'"]).count == 1
    assert make(task, values={"mode": ["fast", "slow"], "title": ["x"]}).count == 2


def test_a_list_is_one_value(task: Task) -> None:
    assert make(task, values={"layers": [[64, 64]]}).count == 1
    assert make(task, values={"layers": [[64, 64], [128]]}).count == 2


def test_secrets_take_one_value(task: Task) -> None:
    assert "expected one value" in mistakes(task, values={"key": ["a", "b"]}).problems["key"][0]


def test_datasets_are_those_of_the_project(task: Task) -> None:
    mine = Dataset.objects.create(project=task.project, name="Leaves", created_by=task.created_by)
    assert make(task, values={"data": [mine.pk]}).count == 1
    assert "expected a Dataset of the Project" in mistakes(task, values={"data": [999]}).problems["data"][0]


def test_repeats_count_the_seed_up_and_refuse_one_that_is_too_large(task: Task) -> None:
    found = make(task, values={"depth": [1, 2]}, repeats=3, seed_parameter="seed")
    assert [(v["depth"], v["seed"]) for v in found] == [(d, s) for d in (1, 2) for s in (7, 8, 9)]
    error = mistakes(task, repeats=95, seed_parameter="seed")
    assert "the seed of the last repeat: expected at most 100, found 101" in error.problems["seed"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"pairs": [["lr", "depth"]], "values": {"lr": [1, 2], "depth": [1, 2, 3]}}, "equally many values"),
        ({"exclude": ["lr ="]}, "cannot be read"),
        ({"exclude": ["speed = 1"]}, "not a parameter of this Task"),
        ({"entry_script": "absent.py"}, "no entry script “absent.py”"),
        ({"snapshot": "0123456789abcdef"}, "No Snapshot of the Task “Train” begins with"),
        ({"snapshot": "x' OR 1"}, "A Snapshot is named by"),
        ({"seed_parameter": "lr", "repeats": 2}, "whole number"),
    ],
)
def test_what_cannot_be_combined_or_run_is_said_in_words(
    task: Task, given: dict[str, Any], said: str
) -> None:
    assert said in str(mistakes(task, **given))


def test_more_than_the_limit_is_refused_with_both_numbers(task: Task, settings: LazySettings) -> None:
    settings.BATCH_LIMIT = 5
    assert "make 6 Runs; a Batch may have at most 5" in make(task, values={"depth": [*range(6)]}).refusal
    nothing = make(task, values={"depth": [1, 2]}, exclude=["depth < 9"])
    assert (nothing.count, nothing.refusal[:4]) == (0, "None")


def test_a_million_combinations_are_counted_and_paged(task: Task) -> None:
    values = {"lr": [x / 100 for x in range(100)], "depth": [*range(100)], "seed": [*range(100)]}
    found = make(task, values=values)
    assert (found.count, found.at(500_000)["lr"]) == (1_000_000, 0.5)
    ruled = make(task, values=values, exclude=["depth > seed and lr < 0.5"])
    assert 0 < ruled.count < 1_000_000
    assert ruled.at(400_000)["depth"] <= ruled.at(400_000)["seed"] or ruled.at(400_000)["lr"] >= 0.5


def test_the_readable_specification_makes_the_same_plan(task: Task) -> None:
    options = ["fast", "slow", "exact"]
    spec = RunSpec(
        task=task.pk,
        values={
            "mode": [{"selected": i, "options": options} for i in (0, 2)],
            **{"depth": [3], "lr": [1, 0.1], "sizes": [[1]]},
        },
        without=[{"mode": {"selected": 0, "options": options}, "lr": 1}],
    )
    found = validate(task, spec)
    read = readable(found.declared, spec)
    assert read.values == {"mode": ["fast", "exact"], "lr": [1, 0.1], "sizes": [[1]]}, "1 is not 1.0"
    assert read.without == [{"mode": "fast", "lr": 1}]
    assert list(validate(task, read)) == list(found)


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "lr": st.lists(st.floats(0, 9) | st.integers(0, 9), min_size=1, max_size=3),
        "depth": st.lists(st.integers(-3, 3), min_size=1, max_size=3),
        "mode": st.lists(st.sampled_from(["fast", "exact"]), min_size=1, max_size=3),
        "tolerance": st.lists(st.integers(0, 3), min_size=1, max_size=3),
        "layers": st.lists(st.lists(st.integers(0, 3), max_size=2), min_size=1, max_size=2),
    },
)


@given(values=VALUES, repeats=st.integers(1, 2))
def test_every_run_of_a_plan_is_one_that_the_form_would_accept(
    task: Task, values: dict[str, Any], repeats: int
) -> None:
    found = make(task, values=values, repeats=repeats)
    runs = list(found)
    assert len(runs) == found.count == len(found.digests)
    for run, digest in zip(runs, found.digests, strict=True):
        assert declarations.validate(found.declared, run) == {}
        assert equality.fingerprint("main.py", run) == digest
        if run["mode"]["selected"] != 2:
            assert run["tolerance"] == 5


SHAPES = st.fixed_dictionaries(
    {},
    optional={
        "lr": st.lists(st.sampled_from([0.1, 1.0, 1, 0, 1e-300]), min_size=1, max_size=3),
        "depth": st.lists(st.integers(-5, 5), min_size=1, max_size=3),
        "mode": st.lists(st.sampled_from(["fast", "exact"]), min_size=1, max_size=2),
        "tolerance": st.lists(st.integers(0, 9), min_size=1, max_size=3),
        "layers": st.lists(st.lists(st.integers(0, 3), max_size=2), min_size=1, max_size=3),
    },
)


@given(
    values=SHAPES,
    repeats=st.integers(1, 3),
    seed=st.sampled_from([None, "seed"]),
    sample=st.none() | st.integers(1, 9),
    exclude=st.sampled_from([[], ["depth > 1"], ["mode = 'exact' and tolerance < 4"]]),
)
def test_digests_made_from_parts_are_those_of_the_whole_values(
    task: Task,
    values: dict[str, Any],
    repeats: int,
    seed: str | None,
    sample: int | None,
    exclude: list[str],
) -> None:
    """Hidden parameters, seeds that count up, samples and exclusions included."""
    found = make(task, values=values, repeats=repeats, seed_parameter=seed, sample=sample, exclude=exclude)
    assert found.digests == [equality.fingerprint("main.py", run) for run in found]


@given(st.dictionaries(st.text(), st.recursive(st.none() | st.floats() | st.text(), st.lists)))
def test_a_fingerprint_is_that_of_the_canonical_json(values: dict[str, Any]) -> None:
    text = json.dumps(["ä.py", equality.numbers_once(values)], sort_keys=True, separators=(",", ":"))
    assert equality.fingerprint("ä.py", values) == hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
