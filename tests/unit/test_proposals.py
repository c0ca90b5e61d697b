"""A task.yaml is proposed from code that is read and not run."""

from typing import Any

import pytest

from tasks.proposals.code import Place
from tests import code_corpus as corpus
from tests.proposals import URL, names_read, options, proposed, read_names, spec_of


def summary(source: str) -> dict[str, tuple[str, Any]]:
    return {name: (option.kind, option.default) for name, option in options(source).items()}


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
    assert found["learning_rate"].help == "Step size of the optimiser"
    assert found["learning_rate"].group == "Optimiser"
    assert found["model"].help == "Architecture"
    assert found["amp"].help == "Mixed precision, 50% faster"
    assert found["data_dir"].place == Place(path="main.py", line=17)
    proposal = proposed(corpus.TRAINING)
    assert [group.name for group in spec_of(proposal).groups] == ["parameters", "Optimiser"]
    assert "# main.py:17 --data-dir" in proposal.text
    assert "value: null  # in the code: os.cpu_count()" in proposal.text
    assert proposal.text.startswith(f"# yaml-language-server: $schema={URL}\n")


def test_options_of_commands_are_asked_for_with_their_command() -> None:
    proposal = proposed(corpus.COMMANDS)
    spec = spec_of(proposal)
    conditions = {p.name: p.visible_if[0].values if p.visible_if else () for p in spec.parameters}
    assert conditions == {
        "log_level": (),
        "command": (),
        "device": (),  # what belongs to a parent parser, or is added in a function, is asked for always
        "seed": (),
        "data": ("train",),
        "epochs": ("train",),
        "inputs": ("predict",),
        "threshold": ("predict",),
        "format": ("export",),
    }
    assert spec.by_name["command"].required and spec.by_name["epochs"].required


def test_options_are_found_in_the_modules_that_a_script_imports() -> None:
    found = proposed(corpus.SHARED_OPTIONS, "train.py").parameters
    assert [(option.name, str(option.place)) for option in found] == [
        ("epochs", "options.py:5"),
        ("extra", "lib/extra.py:2"),
    ]


def test_an_option_whose_name_is_computed_is_pointed_out() -> None:
    source = "import argparse\np = argparse.ArgumentParser()\nfor n in NAMES:\n    p.add_argument(f'--{n}')\n"
    assert [note for note in proposed(source).notes if "run time" in note] == [
        "main.py:4: the name of this option is only known at run time; add it by hand."
    ]


@pytest.mark.parametrize(
    ("arguments", "data_type", "value"),
    [
        ('"--x", default=5', "int", 5),
        ('"--x", default="5", type=int', "int", 5),
        ('"--x", default=1, type=float', "float", 1),
        ('"--x", default=None', "str", None),
        ('"--x", type=float, default=float("inf")', "float", None),
        ('"--x", type=int, default=2**5', "int", None),
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
    ],
)
def test_defaults_and_types_are_those_the_script_would_get(
    arguments: str, data_type: str, value: Any
) -> None:
    source = f"import argparse\np = argparse.ArgumentParser()\np.add_argument({arguments})\np.parse_args()\n"
    assert summary(source) == {"x": (data_type, value)}
    assert spec_of(proposed(source)).by_name["x"].value == value


# click and typer


def test_click_options_become_parameters() -> None:
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


def test_commands_of_a_click_group_are_chosen_in_the_form() -> None:
    proposal = proposed(corpus.CLICK_GROUP)
    spec = spec_of(proposal)
    assert {p.name: p.visible_if[0].values if p.visible_if else () for p in spec.parameters} == {
        "command": (),
        "debug": (),
        "count": ("init",),
        "force": ("drop-all",),
    }


def test_a_typer_signature_is_read() -> None:
    found = options(corpus.TYPER)
    assert {name: (option.kind, option.default, option.required) for name, option in found.items()} == {
        "source": ("str", None, True),
        "learning_rate": ("float", 0.1, False),
        "epochs": ("int", 10, False),
        "mode": ("enum", {"selected": 0, "options": ["fast", "slow"]}, False),
        "norm": ("enum", {"selected": 1, "options": ["l1", "l2"]}, False),
        "tags": ("list[str]", None, False),
        "verbose": ("bool", False, False),
        "note": ("str", None, False),
    }
    assert (found["epochs"].minimum, found["epochs"].maximum, found["epochs"].help) == (
        1,
        100,
        "How long",
    )
    assert found["note"].help == "For the log"
    spec_of(proposed(corpus.TYPER))


# Names that are read


def test_names_are_followed_from_the_file_to_where_they_are_used() -> None:
    reads = names_read(corpus.PLAIN)
    used = {read.name: (read.place.line, read.kind) for read in reads.names}
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
    assert {(read.name, read.place.line, read.kind) for read in r.names} == {
        ("iterations", 5, ""),
        ("alpha", 6, ""),
        ("reads", 7, "dataset"),
    }
    shell = names_read(corpus.SHELL, "main.sh")
    assert {(read.name, read.place.line) for read in shell.names} == {("threads", 4), ("reads", 5)}
    assert {str(read.place) for read in names_read(corpus.NOTEBOOK, "main.ipynb").names} == {
        "main.ipynb, cell 5, line 2",
        "main.ipynb, cell 5, line 3",
    }
    for text, path in ((corpus.R, "main.R"), (corpus.SHELL, "main.sh"), (corpus.NOTEBOOK, "main.ipynb")):
        assert spec_of(proposed({path: text})).parameters


def test_several_scripts_share_one_task_yaml_with_a_group_each() -> None:
    files = {"main.py": corpus.ONE_LINER, "train.py": corpus.TRAINING}
    spec = spec_of(proposed(files, "main.py", "train.py"))
    assert [group.name for group in spec.groups] == ["main.py", "train.py", "train.py: Optimiser"]
