"""Both ways to start a Run store the same rows, until only one of them is left."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.forms.models import model_to_dict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects.models import Dataset, Project
from runs.models import Run
from runs.runspec import RunSpec
from runs.submission import batch_actions, run_actions
from runs.submission.plan import PlanError
from runs.submission.run_actions import SubmitError
from tests.submitted import task_with_files

TASK_YAML = """
param_groups:
- name: g
  params:
  - {name: i, value: 3, data_type: int, required: true, min: 0}
  - {name: f, value: 0.5, data_type: float}
  - {name: s, value: null, data_type: str, required: true}
  - {name: b, value: true, data_type: bool}
  - {name: e, value: {selected: 0, options: [a, b, c]}, data_type: enum, required: true}
  - {name: r, value: {from: 1, to: 5, step: 1}, data_type: range}
  - {name: l, value: [1, 2], data_type: "list[int]"}
  - {name: le, value: {selected: [0], options: [x, y]}, data_type: "list[enum]"}
  - {name: d, value: null, data_type: dataset}
  - {name: ld, value: [], data_type: "list[dataset]"}
  - {name: v, value: 1.5, data_type: float, visible_if: {b: true}}
  - {name: m, value: {x: 1}, data_type: IMUVectors}
"""
numbers = st.integers(-5, 2**40) | st.floats(allow_nan=False, allow_infinity=False)
odd = st.none() | numbers | st.text(max_size=5) | st.booleans()
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "i": odd,
        "f": numbers | odd,
        "s": st.text(max_size=8) | odd,
        "b": st.booleans() | odd,
        "e": st.fixed_dictionaries({"selected": st.integers(-1, 3), "options": st.just(["a", "b", "c"])}),
        "r": st.fixed_dictionaries({k: st.integers(0, 6) for k in ("from", "to", "step")}),
        "l": st.lists(st.integers() | odd, max_size=3),
        "le": st.fixed_dictionaries({"selected": st.lists(st.integers(0, 2)), "options": st.just(["x", "y"])}),
        "d": st.none() | st.integers(1, 3),
        "ld": st.lists(st.integers(1, 3), max_size=2),
        "v": numbers,
        "m": st.dictionaries(st.text(min_size=1, max_size=2), st.integers(), max_size=2),
        "zz": st.just(1),
    },
)


def row(run: Run) -> dict[str, Any]:
    found = model_to_dict(run, exclude=["id", "latest", "submission", "name"])
    found["parameters"] = json.dumps(run.parameters, sort_keys=True)
    return {**found, "executions": list(run.executions.values("number", "cause", "state", "created_by", "node"))}


@pytest.mark.django_db
def test_both_doors_store_the_same(project: Project, alice: User) -> None:
    task = task_with_files(project, main_py="", task_yaml=TASK_YAML)
    Dataset.objects.create(project=project, name="mine", created_by=alice)
    counts = {"ok": 0, "refused": 0}

    @settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
    @given(values=VALUES)
    def same(values: dict[str, Any]) -> None:
        from tasks.files import store
        full = {**store.read_spec(task).spec.defaults(), "s": "x", **values}
        try:
            one: Any = row(run_actions.submit(task, entry_script="main.py", values=full, user=alice))
        except SubmitError as e:
            one = set(e.problems)
        spec = RunSpec(task=task.pk, entry_script="main.py", values={k: [v] for k, v in full.items()})
        try:
            other: Any = row(batch_actions.start(task, spec, by=alice))
        except (PlanError, SubmitError) as e:
            other = set(e.problems)
        counts["ok" if isinstance(one, dict) else "refused"] += 1
        if isinstance(one, dict) and isinstance(other, dict):
            assert one == other
        else:
            assert one == other, (full,)

    same()
    print(counts)
