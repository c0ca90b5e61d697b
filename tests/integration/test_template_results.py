"""What the Templates find is right: their data was made so that the answers are known."""

import json
import os
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from projects.data import store
from projects.models import Project
from runs.states import State
from tasks import library
from tests.small_tasks import console
from tests.template_runs import artifacts, last, left, picture, run, succeeded, table

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _environments(shared_environments: Path) -> None:
    """Pillow, scikit-learn and nbconvert are installed once for all tests."""


def by_hand(folder: Path, name: str) -> Path:
    """The folder in which a Template was run outside of the product."""
    shutil.copytree(library.ROOT / name, folder)
    entry = library.find(name).entry_scripts[0]
    program = {".py": sys.executable, ".R": "Rscript", ".sh": "bash"}[Path(entry).suffix]
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    done = subprocess.run([program, entry], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def dataset(project: Project, by: User, files: dict[str, str]) -> int:
    """The id of a new Dataset of the Project."""
    made = store.create(project, name=f"{len(files)} files {next(iter(files))}", description="", by=by)
    store.add_files(made, [(path, BytesIO(text.encode())) for path, text in files.items()], by=by)
    return made.pk


def test_the_best_bread_is_where_the_readme_says(project: Project, alice: User) -> None:
    best = {"temperature": 220, "minutes": 35, "water": 0.7, "flour": "wheat"}
    assert last(succeeded(project, alice, "bread-oven", **best), "quality") == pytest.approx(100)
    readme = (library.ROOT / "bread-oven" / "README.md").read_text()
    assert "220 °C for 35 minutes with 0.7 water and wheat: its quality is 100" in readme
    for other in ({"minutes": 45}, {"temperature": 240}, {"water": 0.8}, {"flour": "rye"}, {"scored": False}):
        assert last(succeeded(project, alice, "bread-oven", **best | other), "quality") < 99


def test_no_bread_of_the_table_is_better_than_the_best() -> None:
    program = (
        "import itertools, main; print(max("
        "(round(main.quality(*recipe, True)[0], 6), *recipe) for recipe in itertools.product("
        "(180, 200, 220, 240, 260), (25, 35, 45, 55), (0.6, 0.7, 0.8), main.FLOURS)))"
    )
    command = [sys.executable, "-B", "-c", program]
    found = subprocess.run(
        command, cwd=library.ROOT / "bread-oven", capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "(100.0, 220, 35, 0.7, 'wheat')"


def test_repeated_breads_differ_by_chance_and_by_nothing_else(project: Project, alice: User) -> None:
    one, same, other = (
        last(succeeded(project, alice, "bread-oven", noise=5.0, seed=seed), "quality") for seed in (1, 1, 2)
    )
    assert one == same != other


def test_groups_that_were_put_into_the_table_are_found(project: Project, alice: User) -> None:
    execution = succeeded(project, alice, "clustering")
    assert last(execution, "silhouette") > 0.6
    assert sorted(int(row["rows"]) for row in table(execution, "profile.csv")) == [56, 60, 60, 64]
    assert len(table(execution, "groups.csv")) == 240
    assert picture(execution, "groups.png").startswith(b"\x89PNG")


@pytest.mark.parametrize("method", ["hierarchical", "DBSCAN"])
def test_other_methods_find_about_the_same_groups(project: Project, alice: User, method: str) -> None:
    execution = succeeded(project, alice, "clustering", method=method)
    assert last(execution, "silhouette") > 0.6
    assert last(execution, "groups") == 4


def test_a_forecast_beats_what_was_a_season_ago(project: Project, alice: User) -> None:
    execution = succeeded(project, alice, "sales-forecast", horizon=14, backtests=4)
    scores = json.loads(left(execution, "scores.json"))
    assert last(execution, "error, 1 is as one season ago") < 0.95
    assert scores["mean_error"][scores["method"]] == min(scores["mean_error"].values())
    rows = table(execution, "forecast.csv")
    assert len(rows) == 14
    assert all(float(row["low"]) < float(row["forecast"]) < float(row["high"]) for row in rows)
    assert picture(execution, "forecast.png").startswith(b"\x89PNG")
    assert execution.metrics.get(name="error ahead, regression").point_count == 14


def test_a_series_that_is_too_short_is_refused_in_a_sentence(project: Project, alice: User) -> None:
    execution = run(project, alice, "sales-forecast", horizon=1000)
    assert execution.status == State.FAILED
    assert "There are 1095 points, and 6042 are needed" in console(execution)


def test_every_cell_of_the_images_is_counted(project: Project, alice: User) -> None:
    execution = succeeded(project, alice, "cell-counting")
    assert "culture-a.png: 42 cells" in console(execution)
    assert "culture-b.png: 24 cells" in console(execution)
    assert len(table(execution, "cells.csv")) == last(execution, "cells in all images") == 66
    assert picture(execution, "culture-a-cells.png").startswith(b"\x89PNG")


def test_dirt_counts_when_nothing_holds_it_back(project: Project, alice: User) -> None:
    chosen = {"blur": 0.0, "area": {"from": 1, "to": 900, "step": 20}, "dropEdge": False}
    assert last(succeeded(project, alice, "cell-counting", **chosen), "cells in all images") > 66


def test_reads_lose_their_adapters_and_bad_ends(project: Project, alice: User) -> None:
    execution = succeeded(project, alice, "fastq-quality")
    summary = json.loads(left(execution, "summary.json"))
    assert summary["before"]["reads"] == 300
    assert summary["after"]["reads"] + summary["dropped"] == 300
    assert summary["reads_with_adapter"] > 50
    assert summary["after"]["q30"] > summary["before"]["q30"]
    assert len(table(execution, "positions.csv")) == 100
    assert {"quality.svg", "trimmed.fastq.gz"} <= artifacts(execution)


def test_a_wrong_quality_encoding_is_named(project: Project, alice: User) -> None:
    execution = run(project, alice, "fastq-quality", encoding="Phred+64")
    assert execution.status == State.FAILED
    assert "choose the other encoding" in console(execution)


def test_relatives_are_more_alike_than_strangers(project: Project, alice: User) -> None:
    execution = succeeded(project, alice, "sequence-alignment")
    rows = table(execution, "pairs.csv")
    identity = {frozenset((row["one"], row["other"])): float(row["identity"]) for row in rows}
    assert len(rows) == 28
    assert identity[frozenset(("oak", "beech"))] > 0.9 > identity[frozenset(("oak", "moss"))]
    assert "||||" in left(execution, "alignments.txt")
    assert "identity.svg" in artifacts(execution)


def test_a_local_alignment_scores_at_least_as_much(project: Project, alice: User) -> None:
    chosen = {"reference": "moss", "gapOpen": -10}
    scores = [
        {row["other"]: int(row["score"]) for row in table(execution, "pairs.csv")}
        for execution in (
            succeeded(project, alice, "sequence-alignment", mode=mode, **chosen)
            for mode in ("global", "local")
        )
    ]
    assert len(scores[0]) == 7
    assert all(scores[1][name] >= score for name, score in scores[0].items())


def test_r_finds_the_doses_that_the_assay_was_made_with(project: Project, alice: User) -> None:
    execution = succeeded(project, alice, "dose-response", resamples=40)
    found = {row["compound"]: row for row in table(execution, "curves.csv")}
    made_with = {"Amarin": 0.4, "Belotin": 2.5, "Cadrium": 12, "Dorzen": 40}
    assert {name: float(row["ec50"]) for name, row in found.items()} == pytest.approx(made_with, rel=0.2)
    assert all(float(row["lower"]) < float(row["ec50"]) < float(row["upper"]) for row in found.values())
    assert picture(execution, "curves.png").startswith(b"\x89PNG")
    assert execution.metrics.get(name="EC50").point_count == 4


def test_r_heeds_lists_switches_and_texts(project: Project, alice: User) -> None:
    chosen = {
        "compounds": ["Belotin"],
        "bottom": "fixed to 0",
        "weighted": True,
        "doseUnit": 'n"é\\ 😀',
        "resamples": 0,
    }
    rows = table(succeeded(project, alice, "dose-response", **chosen), "curves.csv")
    assert [(row["compound"], row["bottom"], row["lower"]) for row in rows] == [("Belotin", "0", "NA")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1,]", "a value at character 4"),
        ('{"a" 1}', "expected : at character 6"),
        ("", "a value at character 1"),
    ],
)
def test_the_reader_for_r_says_where_json_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "p.json").write_text(text)
    reader = library.ROOT / "dose-response" / "R" / "json.R"
    program = f'source("{reader}"); read_json("p.json")'
    done = subprocess.run(["Rscript", "-e", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0
    assert message in done.stderr


def test_the_shell_counts_the_log(project: Project, alice: User) -> None:
    execution = succeeded(project, alice, "access-log")
    assert "600 lines, 2 of them not in the common log format, 598 counted" in console(execution)
    counted = {row["status"]: int(row["requests"]) for row in table(execution, "by_status.csv")}
    assert sum(counted.values()) == last(execution, "requests") == 598
    assert {"200", "404"} <= set(counted)


def test_the_shell_heeds_lists_switches_and_texts(project: Project, alice: User) -> None:
    title = 'A `x` $(touch harm) "q" \\ $HOME'
    chosen = {"statuses": [404, 500], "method": "GET", "dropQuery": False, "title": title, "top": 1}
    execution = succeeded(project, alice, "access-log", **chosen)
    assert left(execution, "report.md").startswith(f"# {title}\n")
    assert {row["status"] for row in table(execution, "by_status.csv")} == {"404", "500"}
    assert "harm" not in artifacts(execution)


def test_a_notebook_is_executed_and_kept_with_what_it_shows(project: Project, alice: User) -> None:
    execution = succeeded(project, alice, "weather-notebook", unit="Fahrenheit", year=2023)
    cells = json.loads(left(execution, "main.ipynb"))["cells"]
    shown = json.dumps([cell.get("outputs") for cell in cells], ensure_ascii=False)
    assert "365 days of 2023" in shown
    assert "image/svg+xml" in shown
    assert [row["month"] for row in table(execution, "months.csv")][::11] == ["January", "December"]
    assert execution.metrics.get(name="mean high in °F").point_count == 12


def test_each_entry_script_is_a_mode(project: Project, alice: User) -> None:
    trained = succeeded(project, alice, "language-detection", entry="train.py", smoothing=1.0)
    assert last(trained, "validation accuracy") > 0.9
    validated = succeeded(project, alice, "language-detection", entry="validate.py")
    assert json.loads(left(validated, "scores.json"))["accuracy"] > 0.9
    predicted = succeeded(project, alice, "language-detection", texts=["Il treno parte domani mattina."])
    assert [row["language"] for row in table(predicted, "languages.csv")] == ["italiano"]


def test_a_model_that_was_trained_goes_into_the_next_mode(project: Project, alice: User) -> None:
    sentences = "ones\tone one one\ntwos\ttwo two two\n"
    corpus = dataset(project, alice, {"train.tsv": sentences, "validation.tsv": sentences})
    trained = succeeded(project, alice, "language-detection", entry="train.py", sentences=corpus)
    model = dataset(project, alice, {"model.json": left(trained, "model.json")})
    chosen = {"model": model, "texts": ["two", "one"]}
    predicted = succeeded(project, alice, "language-detection", entry="predict.py", **chosen)
    assert [row["language"] for row in table(predicted, "languages.csv")] == ["twos", "ones"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("bread-oven", "loaf.json"),
        ("fastq-quality", "positions.csv"),
        ("dose-response", "curves.csv"),
        ("access-log", "report.md"),
        ("language-detection", "languages.csv"),
    ],
)
def test_by_hand_a_template_does_what_it_does_with_its_defaults(
    project: Project, alice: User, tmp_path: Path, name: str, path: str
) -> None:
    assert (by_hand(tmp_path / name, name) / path).read_text() == left(succeeded(project, alice, name), path)
