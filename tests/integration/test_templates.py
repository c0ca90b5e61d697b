"""Every Template becomes a Task that really runs, with its defaults and with values that matter."""

import ast
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from coretex_site.lib import filetree
from projects.models import Project
from runs import snapshots
from tasks import create, library, runtime
from tasks.files import store
from tasks.proposals.mismatches import mismatches
from tasks.taskyaml import spec
from tests.small_tasks import console
from tests.template_runs import artifacts, last, left, picture, succeeded

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _environments(shared_environments: Path) -> None:
    """scikit-learn is installed once for all tests."""


@pytest.mark.parametrize("name", library.KINDS)
def test_a_template_has_no_mistakes_and_says_what_everything_is(name: str) -> None:
    parsed = spec.parse((library.ROOT / name / "task.yaml").read_bytes())
    assert parsed.problems == ()
    assert parsed.spec.name
    assert parsed.spec.description
    assert all(parameter.description for parameter in parsed.spec.parameters)
    assert (library.ROOT / name / "README.md").read_text().startswith("# ")


@pytest.mark.parametrize("name", library.KINDS)
def test_a_template_reads_the_parameters_that_it_declares(name: str) -> None:
    template = library.find(name)
    paths = runtime.entry_scripts(file.path for file in template.files())
    files = {path: (template.root / path).read_text() for path in paths}
    assert mismatches(template.spec, files, template.entry_scripts) == []
    assert sum(text.count("\n") for text in files.values()) <= 300


@pytest.mark.parametrize("name", library.KINDS)
def test_the_data_of_a_template_is_small(name: str) -> None:
    assert sum(file.size for file in library.find(name).files()) < 200_000


PYTHON = {
    name: file
    for name in library.KINDS
    for file in filetree.walk(library.ROOT / name)
    if file.path.endswith(".py") and "\nDEFAULTS = " in (library.ROOT / name / file.path).read_text()
}


@pytest.mark.parametrize("name", PYTHON)
def test_the_defaults_in_the_script_are_those_of_task_yaml(name: str) -> None:
    tree = ast.parse((library.ROOT / name / PYTHON[name].path).read_text())
    written = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DEFAULTS"
    )
    declared = {
        p.name: p.value["options"][p.value["selected"]] if p.data_type == "enum" else p.value
        for p in library.find(name).spec.parameters
    }
    assert written == declared


def test_scripts_of_every_language_have_defaults() -> None:
    assert set(library.KINDS) - set(PYTHON) == {"dose-response", "access-log", "weather-notebook"}


def test_a_template_knows_its_modes_from_what_they_import() -> None:
    assert library.find("language-detection").entry_scripts == ("predict.py", "train.py", "validate.py")
    assert library.find("fasta-summary").entry_scripts == ("main.py",)
    assert library.find("dose-response").entry_scripts == ("main.R",)


def test_every_folder_of_the_library_is_a_template() -> None:
    assert {path.name for path in library.ROOT.iterdir() if path.is_dir()} == set(library.KINDS)


def test_hello_greets_in_the_language_that_was_chosen(project: Project, alice: User) -> None:
    execution = succeeded(project, alice, "hello", name="Mira", language="Deutsch", steps=3, pause=0.0)
    assert left(execution, "greeting.txt") == "Hallo, Mira!\n"
    assert "Warming up: 3 of 3" in console(execution)
    assert execution.metrics.get(name="warmth").point_count == 3


def test_fasta_summary_counts_the_sample(project: Project, alice: User) -> None:
    execution = succeeded(project, alice, "fasta-summary")
    summary = json.loads(left(execution, "summary.json"))
    assert (summary["sequences"], summary["bases"], summary["different_words"]) == (40, 21704, 32)
    assert 0.4 < summary["gc"] < 0.6
    assert summary["open_reading_frames"] == left(execution, "frames.csv").count("\n") - 1 > 0
    assert {"sequences.csv", "kmers.csv", "lengths.svg", "kmers.svg"} <= artifacts(execution)
    assert last(execution, "GC content so far") == pytest.approx(summary["gc"], abs=1e-4)


def test_fasta_summary_heeds_what_was_chosen(project: Project, alice: User) -> None:
    chosen = {"minimumLength": 300, "ambiguous": "skip the sequence", "k": 2, "findFrames": False}
    execution = succeeded(project, alice, "fasta-summary", **chosen)
    summary = json.loads(left(execution, "summary.json"))
    assert summary["shortest"] >= 300
    assert summary["left_out"] > 2
    assert summary["different_words"] <= 10
    assert "frames.csv" not in artifacts(execution)


def test_text_keywords_finds_what_each_text_is_about(project: Project, alice: User) -> None:
    execution = succeeded(project, alice, "text-keywords", perText=3, phraseLength=1)
    keywords = left(execution, "keywords.csv")
    assert keywords.count("\n") == 1 + 12 * 3
    assert "glaciers.txt,1,glacier," in keywords
    assert left(execution, "likeness.csv").splitlines()[1].startswith("beekeeping.txt,bees.txt,")
    assert left(execution, "report.md").startswith("# Keywords")


def test_tabular_classification_learns_and_what_is_chosen_matters(project: Project, alice: User) -> None:
    execution = succeeded(project, alice, "tabular-classification")
    scores = json.loads(left(execution, "scores.json"))
    assert scores["accuracy"] > 0.8
    assert {"confusion.png", "predictions.csv"} <= artifacts(execution)
    assert picture(execution, "confusion.png").startswith(b"\x89PNG")
    assert execution.metrics.get(name="test accuracy").point_count == 60
    assert last(execution, "test accuracy") == pytest.approx(scores["accuracy"])
    assert "scikit-learn" in execution.environment.packages


@pytest.mark.parametrize("model", ["neural network", "gradient boosting"])
def test_tabular_classification_trains_each_model(project: Project, alice: User, model: str) -> None:
    execution = succeeded(
        project, alice, "tabular-classification", model=model, learningRate=0.05, iterations=15
    )
    assert json.loads(left(execution, "scores.json"))["accuracy"] > 0.6
    assert execution.metrics.get(name="test loss").point_count == 15


def test_a_task_of_a_template_is_a_copy_that_can_be_changed(project: Project, alice: User) -> None:
    details = create.Details(project=project, name="Mine", by=alice)
    task = create.from_template(details, "hello", schema_url="https://example.org/task.schema.json")
    text = store.read_bytes(task, "task.yaml").decode()
    assert text.startswith("# yaml-language-server: $schema=https://example.org/task.schema.json\n")
    store.create(task, "more.py", by=alice)
    assert not (library.ROOT / "hello" / "more.py").exists()
    assert snapshots.freeze(task).digest == task.digest


def test_the_gallery_can_be_narrowed_to_a_kind(client_of: Callable[[User], Client], charlie: User) -> None:
    browser = client_of(charlie)
    whole = browser.get(reverse("tasks:gallery")).content.decode()
    assert all(template.title in whole for template in library.templates().values())
    narrowed = browser.get(reverse("tasks:gallery"), {"kind": "bioinformatics"}).content.decode()
    assert "FASTQ quality" in narrowed and "Access log" not in narrowed
    unknown = browser.get(reverse("tasks:gallery"), {"kind": "<b>"}).content.decode()
    assert "FASTQ quality" in unknown and "Access log" in unknown


@pytest.mark.parametrize("name", library.KINDS)
def test_every_file_of_a_template_has_a_page(
    client_of: Callable[[User], Client], charlie: User, name: str
) -> None:
    browser, address = client_of(charlie), reverse("tasks:template", args=[name])
    first = browser.get(address).content.decode()
    assert "Run it by hand" in first or "By hand" in first
    for file in library.find(name).files():
        answer = browser.get(address, {"file": file.path})
        assert answer.status_code == 200
        assert "This file is not text" not in answer.content.decode()


def test_the_documents_count_the_templates_rightly() -> None:
    words = {14: "fourteen", 15: "fifteen", 16: "sixteen", 17: "seventeen", 18: "eighteen"}
    for document in ("README.md", "CHANGELOG.md"):
        text = (settings.BASE_DIR / document).read_text().lower()
        assert words[len(library.KINDS)] in text
