"""Every Template becomes a Task that really runs, with its defaults and with values that matter."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from coretex_site.lib import paths
from projects.models import Project
from runs import snapshots
from runs.models import Execution, Metric
from runs.states import State
from runs.submit import submit
from runs.worker import take_one
from tasks import codetree, create, library, spec
from tests.small_tasks import console, fresh

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _environments(shared_environments: Path) -> None:
    """scikit-learn is installed once for all tests."""


def run(project: Project, by: User, name: str, /, **values: Any) -> Execution:
    """Executes a Task made of the Template, its defaults changed by `values`."""
    template = library.find(name)
    task = create.from_template(create.Details(project=project, name=name, by=by), name)
    chosen = template.spec.defaults()
    for parameter, value in values.items():
        before = chosen[parameter]
        is_enum = isinstance(before, dict) and "options" in before
        chosen[parameter] = (
            {"selected": before["options"].index(value), "options": before["options"]} if is_enum else value
        )
    queued = submit(task, entry_script="main.py", values=chosen, user=by)
    take_one()
    execution = fresh(queued.latest)
    assert execution.status == State.SUCCEEDED, console(execution)
    return execution


def left(execution: Execution, path: str) -> str:
    return (paths.artifacts(execution.pk) / path).read_text()


def artifacts(execution: Execution) -> set[str]:
    return set(execution.artifacts.values_list("path", flat=True))


def last(execution: Execution, metric: str) -> float:
    return Metric.objects.get(execution=execution, name=metric).last


@pytest.mark.parametrize("name", library.KINDS)
def test_a_template_has_no_mistakes_and_says_what_everything_is(name: str) -> None:
    parsed = spec.parse((library.ROOT / name / "task.yaml").read_bytes())
    assert parsed.problems == ()
    assert parsed.spec.name
    assert parsed.spec.description
    assert all(parameter.description for parameter in parsed.spec.parameters)
    assert library.find(name).entry_scripts[0] == "main.py"


@pytest.mark.parametrize("name", library.KINDS)
def test_the_defaults_in_the_script_are_those_of_task_yaml(name: str) -> None:
    source = (library.ROOT / name / "main.py").read_text()
    begin = source.index("DEFAULTS = ")
    end = (
        source.index("\n}\n", begin) + 3 if "{\n" in source[begin : begin + 14] else source.index("\n", begin)
    )
    written: dict[str, Any] = {}
    exec(source[begin:end], written)  # noqa: S102 — our own Template
    declared = {
        p.name: p.value["options"][p.value["selected"]] if p.data_type == "enum" else p.value
        for p in library.find(name).spec.parameters
    }
    assert written["DEFAULTS"] == declared


def test_every_folder_of_the_library_is_a_template() -> None:
    assert {path.name for path in library.ROOT.iterdir() if path.is_dir()} == set(library.KINDS)


def test_hello_greets_in_the_language_that_was_chosen(project: Project, alice: User) -> None:
    execution = run(project, alice, "hello", name="Mira", language="Deutsch", steps=3, pause=0.0)
    assert left(execution, "greeting.txt") == "Hallo, Mira!\n"
    assert "Warming up: 3 of 3" in console(execution)
    assert execution.metrics.get(name="warmth").point_count == 3


def test_fasta_summary_counts_the_sample(project: Project, alice: User) -> None:
    execution = run(project, alice, "fasta-summary")
    summary = json.loads(left(execution, "summary.json"))
    assert (summary["sequences"], summary["bases"], summary["different_words"]) == (40, 21704, 32)
    assert 0.4 < summary["gc"] < 0.6
    assert summary["open_reading_frames"] == left(execution, "frames.csv").count("\n") - 1 > 0
    assert {"sequences.csv", "kmers.csv", "lengths.svg", "kmers.svg"} <= artifacts(execution)
    assert last(execution, "GC content so far") == pytest.approx(summary["gc"], abs=1e-4)


def test_fasta_summary_heeds_what_was_chosen(project: Project, alice: User) -> None:
    chosen = {"minimumLength": 300, "ambiguous": "skip the sequence", "k": 2, "findFrames": False}
    execution = run(project, alice, "fasta-summary", **chosen)
    summary = json.loads(left(execution, "summary.json"))
    assert summary["shortest"] >= 300
    assert summary["left_out"] > 2
    assert summary["different_words"] <= 10
    assert "frames.csv" not in artifacts(execution)


def test_text_keywords_finds_what_each_text_is_about(project: Project, alice: User) -> None:
    execution = run(project, alice, "text-keywords", perText=3, phraseLength=1)
    keywords = left(execution, "keywords.csv")
    assert keywords.count("\n") == 1 + 12 * 3
    assert "glaciers.txt,1,glacier," in keywords
    assert left(execution, "likeness.csv").splitlines()[1].startswith("beekeeping.txt,bees.txt,")
    assert left(execution, "report.md").startswith("# Keywords")


def test_tabular_classification_learns_and_what_is_chosen_matters(project: Project, alice: User) -> None:
    execution = run(project, alice, "tabular-classification")
    scores = json.loads(left(execution, "scores.json"))
    assert scores["accuracy"] > 0.8
    assert {"confusion.png", "predictions.csv"} <= artifacts(execution)
    assert (paths.artifacts(execution.pk) / "confusion.png").read_bytes().startswith(b"\x89PNG")
    assert execution.metrics.get(name="test accuracy").point_count == 60
    assert last(execution, "test accuracy") == pytest.approx(scores["accuracy"])
    assert "scikit-learn" in execution.environment.packages


@pytest.mark.parametrize("model", ["neural network", "gradient boosting"])
def test_tabular_classification_trains_each_model(project: Project, alice: User, model: str) -> None:
    execution = run(project, alice, "tabular-classification", model=model, learningRate=0.05, iterations=15)
    assert json.loads(left(execution, "scores.json"))["accuracy"] > 0.6
    assert execution.metrics.get(name="test loss").point_count == 15


def test_a_task_of_a_template_is_a_copy_that_can_be_changed(project: Project, alice: User) -> None:
    details = create.Details(project=project, name="Mine", by=alice)
    task = create.from_template(details, "hello", schema_url="https://example.org/task.schema.json")
    text = codetree.read_bytes(task, "task.yaml").decode()
    assert text.startswith("# yaml-language-server: $schema=https://example.org/task.schema.json\n")
    codetree.create(task, "more.py", by=alice)
    assert not (library.ROOT / "hello" / "more.py").exists()
    assert snapshots.freeze(task).digest == task.digest
