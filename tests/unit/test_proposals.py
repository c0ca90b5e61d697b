"""A task.yaml is proposed from code that is read and not run."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tasks.codereading.findings import Place
from tasks.codereading.reading import read_program

from tasks.taskyaml.spec import TaskSpec
from tests import code_corpus as corpus
from tests.proposals import URL, names_read, options, proposed, read_names, spec_of


def summary(source: str) -> dict[str, tuple[str, Any]]:
    return {name: (option.data_type, option.value) for name, option in options(source).items()}


def run(folder: Path, script: str, *arguments: str, chosen: dict[str, Any] | None = None) -> Any:
    """What a script prints as JSON on its last line, with parameters in the file or without that file."""
    environment = {"PATH": os.environ["PATH"]}
    if chosen is not None:
        (folder / "parameters.json").write_text(json.dumps(chosen))
        environment["CORETEX_PARAMETERS"] = str(folder / "parameters.json")
    command = [sys.executable, script, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def values_of(spec: TaskSpec, **changed: Any) -> dict[str, Any]:
    """What a script gets when the form is submitted as it opens, but for what is changed."""
    values = {p.name: None if p.value is None else p.type.for_script(p.value) for p in spec.parameters}
    return values | changed


# argparse


def test_every_kind_of_argparse_option_becomes_a_parameter() -> None:
    assert summary(corpus.TRAINING) == {
        "data_dir": ("str", "data"),
        "model": ("enum", {"selected": 1, "options": ["mlp", "resnet", "vit"]}),
        "workers": ("int", None),
        "amp": ("bool", False),
        "shuffle": ("bool", True),
        "pretrained": ("bool", True),
        "cache": ("bool", False),
        "learning_rate": ("float", 0.001),
        "weight_decay": ("float", -0.5),
        "batch_size": ("int", 32),
        "layers": ("list[int]", [64, 32]),
        "betas": ("list[float]", [0.9, 0.999]),
        "fold": ("enum", {"selected": 0, "options": ["0", "1", "2", "3", "4"]}),
        "tags": ("list[str]", []),
        "note": ("str", None),
        "verbose": ("int", 0),
    }


def test_descriptions_groups_and_places_are_kept() -> None:
    found = options(corpus.TRAINING)
    assert found["learning_rate"].description == "Step size of the optimiser"
    assert found["learning_rate"].group == "Optimiser"
    assert found["model"].description == "Architecture"
    assert found["amp"].description == "Mixed precision, 50% faster"
    assert found["data_dir"].place == Place(path="main.py", line=17)
    proposal = proposed(corpus.TRAINING)
    assert [group.name for group in spec_of(proposal).groups] == ["parameters", "Optimiser"]
    assert "# main.py:17 --data-dir" in proposal.text
    assert "value: null  # in the code: os.cpu_count()" in proposal.text
    assert proposal.text.startswith(f"# yaml-language-server: $schema={URL}\n")


def test_the_lines_of_the_note_make_argparse_take_its_values_from_the_form(tmp_path: Path) -> None:
    proposal = proposed(corpus.TRAINING)
    note = next(note for note in proposal.notes if note.code)
    lines = corpus.TRAINING.splitlines(keepends=True)
    assert "args = parser.parse_args()" in lines[note.after]
    (tmp_path / "main.py").write_text("".join([*lines[: note.after], note.code, *lines[note.after :]]))
    untouched = run(tmp_path, "main.py")
    spec = spec_of(proposal)
    assert run(tmp_path, "main.py", chosen=values_of(spec)) == untouched
    changed = {
        "learning_rate": 0.5,
        "layers": [1],
        "amp": True,
        "model": "vit",
        "fold": "3",
        "shuffle": False,
    }
    assert run(tmp_path, "main.py", chosen=values_of(spec, **changed)) == untouched | changed | {"fold": 3}
    again = names_read((tmp_path / "main.py").read_text())
    assert again.fills_options and again.dynamic is None


def test_the_launcher_passes_every_value_on_and_leaves_the_script_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(corpus.TRAINING)
    proposal = proposed(corpus.TRAINING)
    launcher = proposal.launchers[0]
    (tmp_path / launcher.path).write_text(launcher.text)
    spec, untouched = spec_of(proposal), run(tmp_path, "main.py")
    assert run(tmp_path, launcher.path, chosen=values_of(spec)) == untouched
    changed = {
        "data_dir": "-odd $name", "model": "mlp", "workers": 3, "amp": True, "shuffle": False,
        "pretrained": False, "cache": True, "learning_rate": 1e-9, "weight_decay": -2.5, "batch_size": 7,
        "layers": [-1, 2],
        "betas": [0.1, 0.2], "tags": ["a b", ""], "note": "", "verbose": 2,
    }  # fmt: skip
    assert run(tmp_path, launcher.path, chosen=values_of(spec, **changed)) == untouched | changed
    assert run(tmp_path, launcher.path, "--note", "by hand")["note"] == "by hand"


def test_a_dataset_reaches_the_command_line_as_its_folder(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(corpus.TRAINING)
    launcher = proposed(corpus.TRAINING).launchers[0]
    (tmp_path / launcher.path).write_text(launcher.text)
    chosen = {"data_dir": {"id": 3, "name": "leaves", "path": "/data/leaves"}}
    assert run(tmp_path, launcher.path, chosen=chosen)["data_dir"] == "/data/leaves"


def test_options_of_commands_are_asked_for_with_their_command(tmp_path: Path) -> None:
    proposal = proposed(corpus.COMMANDS)
    spec = spec_of(proposal)
    conditions = {p.name: p.visible_if[0].values if p.visible_if else () for p in spec.parameters}
    assert conditions == {
        "log_level": (),
        "command": (),
        "device": ("train", "predict"),
        "seed": ("train", "predict"),
        "data": ("train",),
        "epochs": ("train",),
        "inputs": ("predict",),
        "threshold": ("predict",),
        "format": ("export",),
    }
    assert spec.by_name["command"].required and spec.by_name["epochs"].required
    assert not [note for note in proposal.notes if note.code], "defaults are not enough for commands"
    (tmp_path / "main.py").write_text(corpus.COMMANDS)
    launcher = proposal.launchers[0]
    (tmp_path / launcher.path).write_text(launcher.text)
    chosen = values_of(spec, command="train", data="-x", epochs=3, inputs=["not", "asked"])
    expected = {
        "log_level": "info",
        "command": "train",
        "device": "cpu",
        "seed": 0,
        "data": "-x",
        "epochs": 3,
    }
    assert run(tmp_path, launcher.path, chosen=chosen) == expected
    chosen = values_of(spec, command="predict", inputs=["a", "b"], device="cuda", log_level="debug")
    expected = {"log_level": "debug", "command": "predict", "device": "cuda", "seed": 0, "inputs": ["a", "b"]}
    assert run(tmp_path, launcher.path, chosen=chosen) == expected | {"threshold": 0.5}


def test_positional_arguments_are_required_and_passed_on(tmp_path: Path) -> None:
    proposal = proposed(corpus.POSITIONAL)
    spec = spec_of(proposal)
    assert spec.by_name["fasta"].required and not spec.by_name["out"].required
    (tmp_path / "main.py").write_text(corpus.POSITIONAL)
    launcher = proposal.launchers[0]
    (tmp_path / launcher.path).write_text(launcher.text)
    for strict in (True, False):
        chosen = values_of(spec, fasta="-reads.fa", strict=strict, include=["chr1", "-x"], exact=True)
        assert run(tmp_path, launcher.path, chosen=chosen) == {
            "fasta": "-reads.fa", "out": "counts.tsv", "k": 21, "strict": strict, "include": ["chr1", "-x"],
            "fast": False, "exact": True,
        }  # fmt: skip


def test_options_are_found_in_the_modules_that_a_script_imports() -> None:
    reading = read_program(corpus.SHARED_OPTIONS, "train.py")
    assert [(o.name, str(o.place)) for o in reading.options.parameters] == [
        ("epochs", "options.py:5"),
        ("extra", "lib/extra.py:2"),
    ]
    assert reading.options.insertion is not None and reading.options.insertion.path == "options.py"


def test_an_option_whose_name_is_computed_is_pointed_out() -> None:
    source = "import argparse\np = argparse.ArgumentParser()\nfor n in NAMES:\n    p.add_argument(f'--{n}')\n"
    assert [note.text for note in proposed(source).notes] == [
        "main.py:4: how this option is called is only known when the script runs; add it by hand."
    ]


@pytest.mark.parametrize(
    ("arguments", "data_type", "value"),
    [
        ('"--x", default=5', "int", 5),
        ('"--x", default="5", type=int', "int", 5),
        ('"--x", default=1, type=float', "float", 1),
        ('"--x", default=None', "str", None),
        ('"--x", type=float, default=float("inf")', "float", None),
        ('"--x", type=int, default=10**10**10', "int", None),
        ('"--x", default=True, type=lambda t: bool(int(t))', "bool", True),
        ('"--x", choices=["", "a"], default="a"', "str", "a"),
        ('"--x", choices=[1, 2], type=int, default=2', "enum", {"selected": 1, "options": ["1", "2"]}),
        ('"--x", choices=["a"], default="b"', "enum", {"selected": None, "options": ["a"]}),
        ('"--x", nargs="?", const="c", default="d"', "str", "d"),
        (
            '"--x", nargs="*", choices=["a", "b"], default=["b"]',
            "list[enum]",
            {"selected": [1], "options": ["a", "b"]},
        ),
        ('"--x", action="append", type=int', "list[int]", None),
        ('"--x", default={"a": 1}', "str", None),
        ('"--x", type=int, default=-1_000', "int", -1000),
        ('"--x", default=argparse.SUPPRESS, help=argparse.SUPPRESS', "str", None),
        ('"--x", **dict(type=int, default=3)', "int", 3),
    ],
)
def test_defaults_and_types_are_those_the_script_would_get(
    arguments: str, data_type: str, value: Any
) -> None:
    source = f"import argparse\np = argparse.ArgumentParser()\np.add_argument({arguments})\np.parse_args()\n"
    assert summary(source) == {"x": (data_type, value)}
    assert spec_of(proposed(source)).by_name["x"].value == value


# click and typer


def test_click_options_become_parameters(tmp_path: Path) -> None:
    proposal = proposed(corpus.CLICK)
    spec = spec_of(proposal)
    assert {p.name: (p.data_type, p.value, p.required) for p in spec.parameters} == {
        "source": ("str", None, True),
        "rest": ("list[str]", None, False),
        "mode": ("enum", {"selected": 0, "options": ["fast", "exact"]}, False),
        "number": ("int", 3, False),
        "ratio": ("float", 0.5, False),
        "shout": ("bool", False, False),
        "dry_run": ("bool", False, False),
        "tags": ("list[str]", None, False),
        "size": ("list[int]", [640, 480], False),
        "verbose": ("int", 0, False),
        "name": ("str", None, True),
        "seed": ("int", 42, False),
    }
    assert (spec.by_name["number"].minimum, spec.by_name["number"].maximum) == (1, 10)
    assert (spec.by_name["ratio"].minimum, spec.by_name["ratio"].maximum) == (0, 1)
    (tmp_path / "main.py").write_text(corpus.CLICK)
    launcher = proposal.launchers[0]
    (tmp_path / launcher.path).write_text(launcher.text)
    changed = {
        "source": "-s", "rest": ["a", "-b"], "mode": "exact", "shout": True, "tags": ["x", "-y"],
        "name": "Ada", "verbose": 3, "size": [1, -2],
    }  # fmt: skip
    chosen = values_of(spec, **changed)
    assert run(tmp_path, launcher.path, chosen=chosen) == chosen


def test_commands_of_a_click_group_are_chosen_in_the_form(tmp_path: Path) -> None:
    proposal = proposed(corpus.CLICK_GROUP)
    spec = spec_of(proposal)
    assert {p.name: p.visible_if[0].values if p.visible_if else () for p in spec.parameters} == {
        "command": (),
        "debug": (),
        "count": ("init",),
        "force": ("drop-all",),
    }
    (tmp_path / "main.py").write_text(corpus.CLICK_GROUP)
    launcher = proposal.launchers[0]
    (tmp_path / launcher.path).write_text(launcher.text)
    chosen = values_of(spec, command="drop-all", force=True, debug=True)
    assert run(tmp_path, launcher.path, chosen=chosen) == {"debug": True, "force": True}


def test_a_typer_signature_is_read() -> None:
    found = options(corpus.TYPER)
    assert {name: (option.data_type, option.value, option.required) for name, option in found.items()} == {
        "source": ("str", None, True),
        "learning_rate": ("float", 0.1, False),
        "epochs": ("int", 10, False),
        "mode": ("enum", {"selected": 0, "options": ["fast", "slow"]}, False),
        "norm": ("enum", {"selected": 1, "options": ["l1", "l2"]}, False),
        "tags": ("list[str]", None, False),
        "verbose": ("bool", False, False),
        "note": ("str", None, False),
    }
    assert (found["epochs"].minimum, found["epochs"].maximum, found["epochs"].description) == (
        1,
        100,
        "How long",
    )
    assert found["note"].description == "For the log"
    spec_of(proposed(corpus.TYPER))


# Names that are read


def test_names_are_followed_from_the_file_to_where_they_are_used() -> None:
    reads = names_read(corpus.PLAIN)
    used = {read.name: (read.place.line, read.data_type) for read in reads.names if not read.is_declared_only}
    assert used == {
        "epochs": (17, "int"),
        "rate": (18, ""),
        "images": (23, "dataset"),
        "verbose": (26, ""),
        "limit": (28, "float"),
        "labels": (28, ""),
    }
    assert reads.dynamic is None and reads.loads


def test_a_task_yaml_is_proposed_from_names_and_their_defaults() -> None:
    spec = spec_of(proposed(corpus.PLAIN))
    assert {p.name: (p.data_type, p.value, p.required) for p in spec.parameters} == {
        "epochs": ("int", 10, False),
        "rate": ("float", 0.1, False),
        "labels": ("list[str]", ["a", "b"], False),
        "unused": ("str", None, False),
        "images": ("dataset", None, True),
        "verbose": ("bool", False, False),
        "limit": ("float", None, True),
    }


def test_the_one_liner_and_the_platform_client_are_understood() -> None:
    assert read_names(corpus.ONE_LINER) == {"lr", "steps", "seed"}
    assert read_names(corpus.PLATFORM) == {"dataset", "epochs", "batchSize"}
    assert spec_of(proposed(corpus.PLATFORM)).by_name["dataset"].data_type == "dataset"
    assert read_names('print(parameters["x"], parameters.get("y", 2))') == {"x", "y"}


def test_a_mapping_that_happens_to_be_called_parameters_is_none_of_ours() -> None:
    assert names_read(corpus.NOT_OURS).names == ()
    assert names_read("import inspect\ninspect.signature(f).parameters['x']").names == ()


def test_r_shell_and_notebooks_are_read() -> None:
    r = names_read(corpus.R, "main.R")
    assert {(read.name, read.place.line, read.data_type) for read in r.names} == {
        ("iterations", 5, "int"),
        ("alpha", 7, ""),
        ("reads", 8, "dataset"),
        ("odd name", 10, ""),
        ("made", 11, ""),
    }
    assert r.written == {"made"} and r.dynamic is None
    shell = names_read(corpus.SHELL, "main.sh")
    assert {(read.name, read.place.line) for read in shell.names} == {
        ("threads", 5), ("reads", 6), ("sample", 7), ("first", 8), ("second", 8), ("quality", 10),
    }  # fmt: skip
    assert {str(read.place) for read in names_read(corpus.NOTEBOOK, "main.ipynb").names} == {
        "main.ipynb, cell 6, line 2",
        "main.ipynb, cell 6, line 3",
    }
    for text, path in ((corpus.R, "main.R"), (corpus.SHELL, "main.sh"), (corpus.NOTEBOOK, "main.ipynb")):
        assert spec_of(proposed({path: text})).parameters


def test_a_shell_script_is_read_with_the_scripts_that_it_starts() -> None:
    files = {
        "main.sh": corpus.SHELL,
        "plot.R": 'p <- jsonlite::fromJSON(Sys.getenv("CORETEX_PARAMETERS"))\np$colour\n',
    }
    reads = read_program(files, "main.sh").reads
    assert "colour" in {read.name for read in reads.names}


def test_several_scripts_share_one_task_yaml_with_a_group_each() -> None:
    files = {"main.py": corpus.ONE_LINER, "train.py": corpus.TRAINING}
    spec = spec_of(proposed(files, "main.py", "train.py"))
    assert [group.name for group in spec.groups] == ["main.py", "train.py", "train.py: Optimiser"]
