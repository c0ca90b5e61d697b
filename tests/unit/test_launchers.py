"""A launcher: what the form shows is what the script gets, whatever reads its command line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.proposals.propose import launcher
from tests import code_corpus as corpus
from tests.proposals import proposed, spec_of

# Each case in a process of its own, forked from one that has started already.
DRIVER = """\
import os, runpy, sys
for number in range(int(sys.argv[1])):
    if os.fork() == 0:
        os.chdir(str(number))
        sys.argv[1:] = []
        os.environ["CORETEX_PARAMETERS"] = "parameters.json"
        sys.stdout = sys.stderr = open("output", "w")
        try:
            runpy.run_path("run_main.py", run_name="__main__")
        except SystemExit:
            pass
        sys.stdout.flush()
        os._exit(0)
    os.wait()
"""
HOSTILE = ["-a", "--", "--o0", "-1", "", " x", "@f", "=", "--o1=2", "é", "a b", "\n", "-", "%(prog)s"]
TEXTS = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
INTS = st.integers(-(10**20), 10**20)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
WORDS = ["fast", "-slow", "é"]
# (how it is declared with the default {d}, values that its default and the form can have)
Kind = tuple[str, st.SearchStrategy[Any]]
ARGPARSE: list[Kind] = [
    ("'--{n}', type=int, default={d}", INTS),
    ("'--{n}', type=float, default={d}", FLOATS),
    ("'--{n}', default={d}", TEXTS),
    ("'--{n}', required=True", TEXTS),
    ("'--{n}', choices={words}, default={d}", st.sampled_from(WORDS)),
    ("'--{n}', action='store_true', default={d}", st.booleans()),
    ("'--{n}', action='store_false', default={d}", st.booleans()),
    ("'--{n}', action=argparse.BooleanOptionalAction, default={d}", st.booleans()),
    ("'--{n}', type=lambda text: bool(int(text)), default={d}", st.booleans()),
    ("'--{n}', action='count', default={d}", st.integers(0, 5)),
    ("'--{n}', nargs='*', default={d}", st.lists(TEXTS, max_size=3)),
    ("'--{n}', nargs='+', type=int, default={d}", st.lists(INTS, min_size=1, max_size=3)),
    ("'--{n}', nargs=2, type=float, default={d}", st.lists(FLOATS, min_size=2, max_size=2)),
    ("'--{n}', action='append', default={d}", st.lists(TEXTS, max_size=3)),
    ("'{n}', help='positional'", TEXTS),
    ("'{n}', nargs='?', type=int, default={d}", INTS),
]
CLICK: list[Kind] = [
    ("option('--{n}', type=int, default={d})", INTS),
    ("option('--{n}', default={d})", FLOATS),
    ("option('--{n}', default={d})", TEXTS),
    ("option('--{n}', required=True, prompt=True)", TEXTS),
    ("option('--{n}', type=click.Choice({words}), default={d})", st.sampled_from(WORDS)),
    ("option('--{n}', is_flag=True, default={d})", st.booleans()),
    ("option('--{n}/--no-{n}', default={d})", st.booleans()),
    ("option('--{n}', count=True, default={d})", st.integers(0, 5)),
    ("option('--{n}', multiple=True, default={d})", st.lists(TEXTS, max_size=3)),
    ("option('--{n}', nargs=2, type=int, default={d})", st.lists(INTS, min_size=2, max_size=2)),
    ("argument('{n}')", TEXTS),
]


@st.composite
def cases(draw: st.DrawFn, kinds: list[Kind]) -> tuple[list[str], dict[str, Any]]:
    """(options as they are declared, what the form holds); None stands for the default, left as it is."""
    lines: list[str] = []
    values: dict[str, Any] = {}
    for number, (written, strategy) in enumerate(draw(st.lists(st.sampled_from(kinds), max_size=6))):
        lines.append(written.format(n=f"o{number}", d=repr(draw(strategy)), words=WORDS))
        values[f"o{number}"] = draw(strategy if "{d}" not in written else st.none() | strategy)
    return lines, values


def shown_and_got(sources: list[str], values: list[dict[str, Any]]) -> list[tuple[dict[str, Any], str]]:
    """What the form of each proposal shows with the values laid over, and what the script has printed."""
    shown: list[dict[str, Any]] = []
    with TemporaryDirectory() as name:
        for number, (source, chosen) in enumerate(zip(sources, values, strict=True)):
            folder = Path(name, str(number))
            folder.mkdir()
            spec = spec_of(proposed(source))
            form = {p.name: None if p.value is None else p.type.for_script(p.value) for p in spec.parameters}
            form |= {key: value for key, value in chosen.items() if value is not None}
            assert form.keys() == chosen.keys()
            shown.append(form)
            (folder / "main.py").write_text(source, encoding="utf-8")
            (folder / "run_main.py").write_text(launcher("main.py").text, encoding="utf-8")
            (folder / "parameters.json").write_text(json.dumps(form), encoding="utf-8")
        Path(name, "driver.py").write_text(DRIVER)
        subprocess.run([sys.executable, "driver.py", str(len(sources))], cwd=name, check=True)
        outputs = [Path(name, str(number), "output").read_text() for number in range(len(sources))]
    return list(zip(shown, outputs, strict=True))


@settings(max_examples=10)
@given(st.lists(cases(ARGPARSE), min_size=1, max_size=40))
def test_argparse_holds_what_the_form_shows(drawn: list[tuple[list[str], dict[str, Any]]]) -> None:
    head, tail = (
        "import argparse, json\np = argparse.ArgumentParser()\n",
        "print(json.dumps(vars(p.parse_args())))\n",
    )
    sources = [head + "".join(f"p.add_argument({line})\n" for line in lines) + tail for lines, _ in drawn]
    for shown, got in shown_and_got(sources, [values for _, values in drawn]):
        assert repr(json.loads(got)) == repr(shown), got


@settings(max_examples=5)
@given(st.lists(cases(CLICK), min_size=1, max_size=10))
def test_click_gets_what_the_form_shows(drawn: list[tuple[list[str], dict[str, Any]]]) -> None:
    body = "def main(**values):\n    print(json.dumps(values))\nmain()\n"
    head = "import click, json\n@click.command()\n"
    sources = [head + "".join(f"@click.{line}\n" for line in lines) + body for lines, _ in drawn]
    for shown, got in shown_and_got(sources, [values for _, values in drawn]):
        assert json.loads(got) == shown, got


def launch(
    folder: Path, source: str, chosen: dict[str, Any] | None, *typed: str
) -> "subprocess.CompletedProcess[str]":
    (folder / "train.py").write_text(source)
    made = launcher("train.py")
    (folder / made.path).write_text(made.text)
    (folder / "parameters.json").write_text(json.dumps(chosen))
    path = {} if chosen is None else {"CORETEX_PARAMETERS": str(folder / "parameters.json")}
    environment = {"PATH": os.environ["PATH"], **path}
    command = [sys.executable, made.path, *typed]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def got(folder: Path, source: str, chosen: dict[str, Any] | None, *typed: str) -> Any:
    """What the script has printed as JSON on its last line."""
    done = launch(folder, source, chosen, *typed)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def parsing(*options: str, after: str = "print(json.dumps(vars(args)))") -> str:
    lines = "".join(f"p.add_argument({option})\n" for option in options)
    return (
        f"import argparse, enum, json\np = argparse.ArgumentParser()\n{lines}args = p.parse_args()\n{after}\n"
    )


def test_a_switch_that_is_on_by_default_can_be_off(tmp_path: Path) -> None:
    source = parsing("'--compile', action='store_true', default=True", "'--lr', type=float, default=1e-3")
    assert got(tmp_path, source, {"compile": False, "lr": 0.001}) == {"compile": False, "lr": 0.001}


def test_items_that_look_like_options_stay_items(tmp_path: Path) -> None:
    source = parsing("'-a', '--arch', default='x'", "'--names', nargs='*', default=[]", "'file'")
    chosen = {"arch": "--names", "names": ["-a", "b", "--"], "file": "-"}
    assert got(tmp_path, source, chosen) == chosen


def test_a_value_goes_through_the_option_that_it_belongs_to(tmp_path: Path) -> None:
    source = f"""\
import argparse, enum, json
from pathlib import Path
class Mode(enum.Enum):
    FAST = "fast"
class Doubled(argparse.Action):
    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, values * 2)
{
        parsing(
            "'folder', type=Path",
            "'--mode', type=Mode, choices=list(Mode)",
            "'--fold', choices=[1, 2]",
            "'--twice', action=Doubled, type=int",
            "'--sure', type=json.loads",
            "'--free', default=Path('runs')",
            after="print(json.dumps([repr(value) for value in vars(args).values()]))",
        )
    }"""
    dataset = {"id": 3, "name": "leaves", "path": "/data/leaves"}
    chosen = {"folder": dataset, "mode": "fast", "fold": "2", "twice": 4, "sure": False, "free": "runs"}
    path = "PosixPath('/data/leaves')"
    assert got(tmp_path, source, chosen) == [
        path,
        "<Mode.FAST: 'fast'>",
        "2",
        "8",
        "False",
        "PosixPath('runs')",
    ]


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"name": None}, "the following arguments are required: --name"),
        ({"pair": [1, 2, 3]}, "unrecognized arguments"),
        ({"pair": [1]}, "argument --pair: expected 2 arguments"),
        ({"size": "L"}, "argument --size: invalid choice: 'L'"),
        ({"first": 5, "second": 6}, "argument --second: not allowed with argument --first"),
    ],
)
def test_what_the_parser_refuses_is_refused(tmp_path: Path, chosen: dict[str, Any], said: str) -> None:
    source = """\
import argparse
p = argparse.ArgumentParser()
p.add_argument("--name", required=True)
p.add_argument("--pair", nargs=2, type=int)
p.add_argument("--size", choices=["S", "M"])
group = p.add_mutually_exclusive_group()
group.add_argument("--first", type=int, default=1000)
group.add_argument("--second", type=int)
p.parse_args()
"""
    assert launch(tmp_path, source, {"name": "x", "first": 1000, "second": 6}).returncode == 0
    refused = launch(tmp_path, source, {"name": "x"} | chosen)
    assert refused.returncode == 2
    assert said in refused.stderr


def test_an_empty_field_leaves_an_optional_argument_to_its_default(tmp_path: Path) -> None:
    source = parsing("'first', nargs='?', default='a'", "'second', nargs='?', default='b'")
    assert got(tmp_path, source, {"first": None, "second": "c"}) == {"first": "a", "second": "c"}


def test_the_options_of_the_chosen_command_are_set(tmp_path: Path) -> None:
    chosen = {"command": "train", "data": "-x", "epochs": 3, "device": "cuda", "inputs": ["not", "asked"]}
    assert got(tmp_path, corpus.COMMANDS, chosen) == {
        "log_level": "info", "command": "train", "device": "cuda", "seed": 0, "data": "-x", "epochs": 3,
    }  # fmt: skip
    typed = got(tmp_path, corpus.COMMANDS, chosen, "train", "--epochs", "5")
    assert (typed["data"], typed["epochs"]) == ("-x", 5)
    assert got(tmp_path, corpus.CLICK_GROUP, {"command": "drop-all", "debug": True, "force": True}) == {
        "debug": True,
        "force": True,
    }


def test_typer_gets_the_values(tmp_path: Path) -> None:
    source = corpus.TYPER.replace("print(source)", "import json; print(json.dumps(locals(), default=str))")
    chosen = {"source": "--s", "learning_rate": 1e-9, "epochs": 7, "mode": "slow", "norm": "l1"}
    chosen |= {"tags": ["-a"], "verbose": True, "note": ""}
    printed = got(tmp_path, "import json\n" + source.replace("import json; ", ""), chosen)
    assert printed == chosen
    refused = launch(tmp_path, source, chosen | {"epochs": 101})
    assert refused.returncode == 2


def test_processes_that_the_script_starts_get_the_same_values(tmp_path: Path) -> None:
    source = """\
import argparse, json, multiprocessing, os, subprocess, sys
p = argparse.ArgumentParser()
p.add_argument("--name", required=True)
p.add_argument("--rank", type=int, default=0)
args = p.parse_args()

def name_of_worker(_):
    return args.name

if __name__ == "__main__":
    if args.rank:
        print(args.name, args.rank)
    else:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            names = pool.map(name_of_worker, [None])
        again = subprocess.check_output([sys.executable, __file__, "--rank", "2"], text=True)
        print(json.dumps([*names, again.strip()]))
"""
    assert got(tmp_path, source, {"name": "-n", "rank": 0}) == ["-n", "-n 2"]


def test_by_hand_the_launcher_is_the_script(tmp_path: Path) -> None:
    source = parsing("'--name', required=True")
    assert got(tmp_path, source, None, "--name", "x") == {"name": "x"}
    assert got(tmp_path, source, {"name": "form"}, "--name", "typed") == {"name": "typed"}
    assert "Ran as __main__" in launch(tmp_path, '"""Ran as"""\nprint(__doc__, __name__)\n', {}).stdout


def test_a_launcher_takes_a_name_that_is_free() -> None:
    assert launcher("lib/a.py", taken=["lib/RUN_a.py"]).path == "lib/run_run_a.py"
