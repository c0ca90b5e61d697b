"""Repositories as people bring them: nothing is said of what may well work, and what cannot is mended."""

import ast
import json
from collections.abc import Mapping

import pytest

from tasks.preflight import check as checking
from tasks.preflight import modules
from tasks.preflight.check import check
from tasks.preflight.files import Files
from tests.unit.test_preflight_packages import found, notebook, only

CONDA_R = "channels:\n  - conda-forge\n  - bioconda\ndependencies:\n  - r-base\n"
NEWER = "type Pair = tuple[int, int]\n"


@pytest.mark.parametrize(
    "files",
    [
        {"main.py": "import transformers, torch, accelerate\n", "requirements.txt": "transformers[torch]\n"},
        {"main.py": "import distributed, numpy\n", "requirements.txt": "dask[complete]==2024.1\n"},
        {"main.py": "import leidenalg, igraph\n", "requirements.txt": "scanpy[leiden] --hash=sha256:aa\n"},
        {
            "main.py": "import gcsfs\n",
            "environment.yml": "dependencies:\n  - python\n  - pip:\n    - fsspec[gcs]\n",
        },
        {"main.py": "import sklearn, numpy, pandas, matplotlib\n", "requirements.txt": "lab-models\n"},
        {
            "main.py": "from tools import is_torch_available\nif is_torch_available():\n    import torch\n",
            "tools.py": "",
        },
        {
            "main.py": "try:\n    import torch\nexcept ImportError:\n    torch = None\n"
            "if torch is not None:\n    import torchvision\n"
        },
        {
            "main.py": "try:\n    import torch\n    found = True\nexcept ImportError:\n    found = False\n"
            "if found:\n    import timm\n"
        },
        {"main.py": "from sys import platform\nif platform == 'win32':\n    import win32api\n"},
        {"main.py": "import sys\nargs = sys.argv\nif args.use_wandb:\n    import wandb\n"},
        {"main.py": "import sys\nsys.path.append('/opt/lab/lib')\nimport labtools\n"},
        {"main.ipynb": notebook("%%writefile helper.py\nx = 1\n", "import helper\n")},
        {
            "main.ipynb": notebook(
                "!git clone https://example.org/tool\n%cd tool\n", "from tool import model\n"
            )
        },
        {"main.py": NEWER, "pyproject.toml": "[project]\nname='x'\nversion='0'\nrequires-python='>=3.99'\n"},
        {"main.py": NEWER, "environment.yml": "dependencies:\n  - python>=3.12\n"},
        {"main.py": NEWER, "environment.yml": "dependencies:\n  - python\n"},
        {"main.py": f"# /// script\n# requires-python = '>=3.99'\n# dependencies = []\n# ///\n{NEWER}"},
        {"main.py": "resume = False\nif resume:\n    open('last.txt')\n"},
        {"main.py": "import os\nif os.getenv('TPU'):\n    import tpu_tools\n"},
        {"main.py": "def later():\n    import someones_tools\n"},
        {"main.py": "name = 'res'\nopen(f'{name}.csv', 'w')\nopen('res.csv')\n"},
        {
            "main.py": "url = 'https://example.org/y.csv'\nopen(url.split('/')[-1], 'wb').write(get(url))\n"
            "open('y.csv')\n"
        },
        {"main.R": "out <- 'res'\nwrite.csv(x, paste0(out, '.csv'))\nread.csv('res.csv')\n"},
        {"main.R": "resume <- FALSE\nif (resume) load('last.RData')\n"},
        {"main.R": "for (p in c('dplyr', 'x')) library(p, character.only = TRUE)\n"},
        {"main.R": "message(\"library(foo) or foo::bar()\") # library(baz)\nx <- 'a#b'  # baz::f()\n"},
        {
            "main.R": "library(DESeq2)\nlibrary(ggplot2)\nlibrary(S4Vectors)\n",
            "environment.yml": CONDA_R + "  - bioconductor-deseq2\n",
        },
        {
            "main.R": "library(Seurat)\nlibrary(SeuratObject)\nlibrary(patchwork)\n",
            "environment.yml": CONDA_R + "  - r-seurat\n",
        },
    ],
)
def test_nothing_is_said_of_what_may_well_work(files: Mapping[str, str]) -> None:
    assert found(files, next(iter(files))) == ()


@pytest.mark.parametrize(
    ("text", "label", "fixed"),
    [
        ("print(“hello”)\n", "Replace typographic characters", 'print("hello")\n'),
        (
            "if True:\n\u00a0\u00a0print(1)\u200b\n",
            "Replace typographic characters",
            "if True:\n  print(1)\n",
        ),
        ("```python\nprint(1)\n```\n", "Remove the lines with ```", "print(1)\n"),
        (
            "if True:\n        x = 1\n\ty = 2\n",
            "Use spaces for tabs",
            "if True:\n        x = 1\n        y = 2\n",
        ),
        (
            ">>> x = 1\n>>> for y in [x]:\n...     print(y)\n...\n1\n",
            "Keep only what follows >>>",
            "x = 1\nfor y in [x]:\n    print(y)\n\n",
        ),
        ("x = 'é'\n".encode("latin-1"), "Convert to UTF-8", "x = 'é'\n"),
    ],
)
def test_what_one_click_can_mend_in_code_is_mended(text: str | bytes, label: str, fixed: str) -> None:
    one = only({"main.py": text})
    (fix,) = one.fixes
    assert one.is_error and (fix.action, fix.target, fix.label, fix.text) == (
        "replace",
        "main.py",
        label,
        fixed,
    )
    ast.parse(fix.text)
    assert found({"main.py": fix.text}) == ()


def test_a_mistake_that_no_click_mends_offers_none() -> None:
    assert only({"main.py": "def f(:\n    pass\n"}).fixes == ()


def test_python_2_is_named_whichever_python_a_node_has() -> None:
    assert (
        "written for Python 2"
        in only({"main.py": "print 1\n", "environment.yml": "dependencies:\n  - python\n"}).message
    )


def test_python_2_is_named_in_notebooks_too_and_no_other_mistake_of_theirs() -> None:
    one = only({"main.ipynb": notebook("%cd x\nx = 1\n", "# two\nprint x\n")}, "main.ipynb")
    assert one.is_error and str(one.place) == "main.ipynb, cell 2, line 2"
    assert "print needs parentheses" in one.message
    assert found({"main.ipynb": notebook("x = 1 +\n")}, "main.ipynb") == ()
    in_r = notebook("print x\n", kernelspec={"language": "R", "name": "ir"})
    assert found({"main.ipynb": in_r}, "main.ipynb") == ()


@pytest.mark.parametrize("name", ["main.py", "main.R", "main.sh"])
def test_what_has_the_name_of_a_script_and_is_none_is_named(name: str) -> None:
    page = only({name: "<!DOCTYPE html>\n<html></html>\n"}, name)
    assert page.is_error and page.message.startswith(f"{name} is a web page. Download the file itself")
    pointer = only({name: "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n"}, name)
    assert pointer.is_error and "“git lfs pull”" in pointer.message


def test_a_notebook_with_the_name_of_a_script_gets_the_name_of_a_notebook() -> None:
    text = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    one = only({"main.py": text})
    assert one.is_error
    assert [(fix.action, fix.path, fix.target) for fix in one.fixes] == [("rename", "main.py", "main.ipynb")]
    assert found({"main.py": "{'cells': 1}\n"}) == ()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_packages_are_added_to_the_block_of_a_script(newline: str) -> None:
    lines = [
        "#!/usr/bin/env python",
        "# /// script",
        "# dependencies = [",
        '#   "numpy[x]",  # fast',
        "# ]",
        "# ///",
    ]
    code = ["import numpy, seaborn", "print('# ///')", ""]
    one = only({"main.py": newline.join([*lines, *code])})
    (fix,) = one.fixes
    assert fix.label == "Add seaborn to main.py"
    assert fix.text == newline.join([*lines[:4], '#   "seaborn",', *lines[4:], *code])
    assert found({"main.py": fix.text}) == ()


def test_an_extra_of_which_nothing_is_known_makes_a_lack_unsure() -> None:
    one = only({"main.py": "import torch, seaborn\n", "requirements.txt": "numpy[fast]\n"})
    assert not one.is_error and "imports seaborn, which" in one.message


def test_with_nothing_but_r_itself_a_package_of_r_is_surely_missing() -> None:
    one = only({"main.R": "library(BiocParallel)\n", "environment.yml": CONDA_R}, "main.R")
    assert one.is_error
    assert [fix.label for fix in one.fixes] == ["Add bioconductor-biocparallel to environment.yml"]


def test_what_a_script_missed_is_added_unless_only_a_part_of_it_is_missing() -> None:
    contents = {"main.py": b"x = 1\n", "requirements.txt": b"pandas\n"}
    files = Files(paths=tuple(contents), contents=contents)

    def texts(module: str) -> list[str]:
        return [fix.text for fix in checking.install(files, "main.py", module=module)]

    assert texts("umap") == ["pandas\numap-learn\n"]
    assert texts("pkg_resources") == ["pandas\nsetuptools<81\n"]
    assert texts("google.protobuf") == ["pandas\nprotobuf\n"]
    assert texts("pandas") == texts("sklearn.no_such_part") == texts("nobodys_module") == []


def test_modules_are_parsed_once_however_many_scripts_import_them(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    read = modules.read_code
    monkeypatch.setattr(modules, "read_code", lambda text, path: parsed.append(path) or read(text, path))
    scripts = [f"run{number}.py" for number in range(5)]
    texts = {"shared.py": "x = 1\n", **dict.fromkeys(scripts, "import shared\n")}
    files = Files(paths=tuple(texts), contents={path: text.encode() for path, text in texts.items()})
    assert check(files, scripts) == ()
    assert sorted(parsed) == sorted(texts)


def test_what_is_read_for_one_task_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules, "MOST_CODE", 40)
    monkeypatch.setattr(checking, "MOST_SCRIPTS", 1)
    files = {
        "main.py": "import near, far\n",
        "near.py": "import torch\n",
        "far.py": "import jax  # and more\n",
    }
    contents = {path: text.encode() for path, text in files.items()}
    (one,) = check(Files(paths=tuple(files), contents=contents), ["main.py", "far.py"])
    assert one.message.startswith("near.py imports torch, and")
