"""Parameters without effect: only where it is sure that a script never reads them."""

import json

import pytest

from tasks.preflight.effects import sentence, without_effect
from tasks.taskyaml.spec import parse

SPEC = parse(
    "param_groups:\n  - name: g\n    params:\n"
    "      - {name: lr, value: 1, data_type: float}\n      - {name: momentum, value: 1, data_type: float}\n"
).spec
HEAD = "import json, os, sys\nfrom pathlib import Path\n"
LOAD = "p = json.load(open(os.environ['CORETEX_PARAMETERS']))\n"


def unread(code: str, script: str = "main.py", **files: str) -> list[str]:
    assert SPEC is not None
    texts = {script: code} | {name.replace("_py", ".py"): text for name, text in files.items()}
    return without_effect(SPEC, texts, script)


@pytest.mark.parametrize(
    "code",
    [
        LOAD + "print(p['lr'])\n",
        "with open(os.environ['CORETEX_PARAMETERS']) as f:\n    p = json.load(f)\nfit(p['lr'], p.get('n'))\n",
        "p = json.loads(Path(os.environ['CORETEX_PARAMETERS']).read_text())\nlr = float(p['lr'])\n",
        "def load():\n    return json.load(open(os.environ['CORETEX_PARAMETERS']))\np = load()\nf(p['lr'])\n",
        "p = {'lr': 1, **json.load(open(os.environ['CORETEX_PARAMETERS']))}\nprint(p['lr'])\n",
        LOAD + "def run(q):\n    return q['lr']\nrun(p)\n",
        LOAD + "model.eval()\nmodel.compile(p['lr'])\n",
        LOAD + "if 'lr' in p:\n    print(p['lr'])\n# momentum is for later\n",
        LOAD + "momentum = 0.9\nprint(p['lr'], momentum)\n",
    ],
)
def test_what_is_never_read_by_name_has_no_effect(code: str) -> None:
    assert unread(HEAD + code) == ["momentum"]


@pytest.mark.parametrize(
    "code",
    [
        LOAD + "print(p['lr'])\nfit(**p)\n",
        LOAD + "print(p['lr'])\nfor k, v in p.items():\n    print(k)\n",
        LOAD + "print(p['lr'])\nq = {k: v for k, v in p.items()}\n",
        LOAD + "print(p['lr'])\nmodel.set_params(p)\n",
        LOAD + "print(p['lr'])\nglobals().update(p)\n",
        LOAD + "print(p['lr'])\nkey = sys.argv[0]\nprint(p[key])\n",
        LOAD + "print(p['lr'])\nclass A:\n    def __init__(self):\n        self.p = p\n",
        LOAD + "print(p['lr'])\nq = [p]\n",
        LOAD + "print(p['lr'])\nq = {'all': p}\n",
        LOAD + "print(p['lr'])\na, b = p, 1\n",
        LOAD + "print(p['lr'])\nf = lambda: p\n",
        LOAD + "print(p['lr'])\nq = p.values()\n",
        LOAD + "print(p['lr'])\nget = p.get\n",
        LOAD + "print(p['lr'])\njson.dump(p, open('config.json', 'w'))\n",
        LOAD + "print(p['lr'])\nimport subprocess\nsubprocess.run(['train'])\n",
        LOAD + "print(p['lr'])\nname = 'momentum'\n",
        LOAD + "from types import SimpleNamespace as N\np = N(**p)\nprint(p.lr)\n",
        LOAD + "print(p)\n",
        "P = {'lr': 1}\nP.update(json.load(open(os.environ['CORETEX_PARAMETERS'])))\nprint(P['lr'])\n",
        "class C:\n    def load(self):\n        return json.load(open(os.environ['CORETEX_PARAMETERS']))\n"
        "p = C().load()\nprint(p['lr'])\n",
        "from coretex import currentTaskRun\nprint(currentTaskRun().parameters)\n",
        "from lab_library import parameters\nprint(parameters.lr)\n",
        "import runpy\nrunpy.run_path('other.py')\n",
        "exec(open('other.py').read())\n",
        "print((\n",
    ],
)
def test_nothing_is_said_where_it_is_not_sure(code: str) -> None:
    assert unread(HEAD + code) == []


def test_a_script_that_takes_no_parameters_at_all_reads_none_of_them() -> None:
    assert unread("print('hello')\n") == ["lr", "momentum"]
    assert unread(
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--lr')\np.parse_args()\n"
    ) == [
        "lr",
        "momentum",
    ]


def test_modules_that_share_what_holds_the_parameters_are_not_judged() -> None:
    config = HEAD + LOAD + "print(p['lr'])\n"
    assert unread("from config import p\nprint(p['lr'])\n", config_py=config) == []
    assert unread("import config\nprint(config.p['lr'])\n", config_py=config) == []
    assert unread(config + "import helper\nhelper.go(p['lr'])\n", helper_py="def go(x):\n    print(x)\n") == [
        "momentum"
    ]


def test_notebooks_r_and_shell() -> None:
    def cells(*texts: str) -> str:
        return json.dumps({"cells": [{"cell_type": "code", "source": [text]} for text in texts]})

    assert unread(cells(HEAD + LOAD, "print(p['lr'])"), "main.ipynb") == ["momentum"]
    assert unread(cells(HEAD + LOAD, "print(p['lr'])", "!train"), "main.ipynb") == []
    load = "parameters <- jsonlite::fromJSON(Sys.getenv('CORETEX_PARAMETERS'))\n"
    assert unread(load + "print(parameters$lr)\n", "main.R") == ["momentum"]
    assert unread(load + "print(parameters$lr)\ndo.call(f, parameters)\n", "main.R") == []
    assert unread(load + "print(parameters$lr)\nf(parameters)\n", "main.R") == []
    assert unread(load + "print(parameters$lr)\nx <- parameters[[name]]\n", "main.R") == []
    assert unread("x <- 1\n", "main.R") == ["lr", "momentum"]
    assert unread("library(lab)\nrun()\n", "main.R") == []
    assert unread("echo 1\n", "main.sh") == []


def test_the_sentence_names_a_few_and_counts_the_rest() -> None:
    assert sentence([], "a.py") == ""
    assert sentence(["x"], "a.py") == "a.py never reads x, so its value has no effect."
    assert sentence(["x", "y"], "a.py") == "a.py never reads x and y, so their values have no effect."
    assert sentence([*"abcdefg"], "a.py").startswith("a.py never reads a, b, c, d, e and 2 more, so")
