"""Files that scripts read and the Task has not, and scripts that cannot run as they are."""

import pytest

from tests.unit.test_preflight_packages import found, notebook, only

PANDAS = {"requirements.txt": "pandas\nnumpy\nscikit-learn\n"}
READS = "import pandas as pd\npd.read_csv('data/train.csv')\n"


@pytest.mark.parametrize(
    "line",
    [
        "pd.read_csv('data/x.csv', sep=';')",
        "open('data/x.csv')",
        "open('data/x.csv', 'rb')",
        "open('data/x.csv', mode='r', encoding='utf-8')",
        "np.load('data/x.csv')",
        "np.loadtxt('data/x.csv')",
        "Path('data/x.csv').read_text()",
        "(Path('data') / 'x.csv').open()",
        "open(os.path.join('data', 'x.csv'))",
        "json.load(open('data/x.csv'))",
        "pd.read_excel(Path('data/x.csv'))",
        "P = 'data/x.csv'\npd.read_csv(P)\nprint('read', 'x')",
        "P = Path('data') / 'x.csv'\nP.read_bytes()",
        "with open('data/x.csv') as file:\n    rows = file.readlines()",
        "def load():\n    return pd.read_csv('data/x.csv')",
    ],
)
def test_a_file_that_is_read_and_not_there_is_named(line: str) -> None:
    head = "import json, os\nimport numpy as np\nimport pandas as pd\nfrom pathlib import Path\n"
    one = only({"main.py": head + line + "\n", **PANDAS})
    assert not one.is_error
    assert one.message == (
        "main.py reads data/x.csv, but the Task has no such file. Add it, or give it to the Run as a dataset."
    )


@pytest.mark.parametrize(
    "code",
    [
        "open('out.txt', 'w').write('1')\nopen('out.txt')\n",
        "open('log.txt', 'a')\nopen('both.txt', 'r+')\nopen('new.txt', 'x')\n",
        "import pandas as pd\nd = pd.DataFrame()\nd.to_csv('a/x.csv')\npd.read_csv('a/x.csv')\n",
        "import numpy as np\nnp.save('a', 1)\nnp.load('a.npy')\n",
        "import os\nos.makedirs('out')\nopen('out/x')\n",
        "P = 'x.csv'\nmake(P)\nopen(P)\n",
        "def make(path):\n    pass\nfor n in 'ab':\n    make(f'data/{n}.csv')\nopen('data/a.csv')\n",
        "import os\nif os.path.exists('x.csv'):\n    open('x.csv')\n",
        "from pathlib import Path\nP = Path('x.json')\nold = P.read_text() if P.exists() else ''\n",
        "import os\nif not os.path.isfile('x.csv'):\n    raise SystemExit(1)\nopen('x.csv')\n",
        "try:\n    open('x.csv')\nexcept FileNotFoundError:\n    pass\n",
        "from contextlib import suppress\nwith suppress(OSError):\n    open('x.csv')\n",
        "import subprocess\nsubprocess.run(['make'])\nopen('x.csv')\n",
        "import zipfile\nz = zipfile.ZipFile('there.zip')\nz.extractall()\nopen('x.csv')\n",
        "import os\nos.chdir('somewhere')\nopen('x.csv')\n",
        "open('/etc/hosts')\nopen('../x')\nopen('~/x')\nopen('http://example.org/x')\nopen('*.csv')\n",
        "name = 'x'\nopen(name + '.csv')\nopen(f'{name}.csv')\nopen(input())\nopen()\n",
        "import sqlite3\nsqlite3.connect('x.db')\n",
        "open('there.zip')\nopen('data')\nopen('data/in.csv')\n",
        "import os\nos.listdir('data')\n",
    ],
)
def test_nothing_is_said_of_what_is_there_made_looked_for_or_unknown(code: str) -> None:
    assert found({"main.py": code, "there.zip": b"", "data/in.csv": "", **PANDAS}) == ()


def test_another_spelling_and_another_folder_are_named() -> None:
    one = only({"main.py": READS, "Data/Train.csv": "", **PANDAS})
    assert "the Task has Data/Train.csv. Upper and lower case matter" in one.message
    one = only({"nb/main.py": READS, "nb/data/train.csv": "", **PANDAS}, "nb/main.py")
    assert "it is at nb/data/train.csv, and scripts are started in the root folder." in one.message
    assert (
        found(
            {"nb/main.py": READS, "nb/data/train.csv": "", "task.yaml": "cwd: nb\n", **PANDAS}, "nb/main.py"
        )
        == ()
    )


@pytest.mark.parametrize(
    "path", ["/home/anna/d.csv", "/Users/bo/d.csv", r"C:\\Users\\bo\\d.csv", "C:/Users/bo/d.csv"]
)
def test_the_home_folder_of_one_computer_is_named(path: str) -> None:
    one = only({"main.py": f"DATA = '{path}'\nprint(open(DATA))\n"})
    assert "which is in the home folder of one computer" in one.message and str(one.place) == "main.py:1"
    assert found({"main.py": f'"""Run it on {path}."""\nprint("see {path}")\n'}) == ()


def test_r_scripts_read_files_too() -> None:
    one = only({"main.R": "# read.csv('no.csv')\nx <- read.csv('a.csv')\n"}, "main.R")
    assert one.message.startswith("main.R reads a.csv, but") and one.place is not None and one.place.line == 2
    assert found({"main.R": "write.csv(x, 'a.csv')\nread.csv('a.csv')\n"}, "main.R") == ()
    assert found({"main.R": "setwd('x')\nread.csv('a.csv')\n"}, "main.R") == ()
    assert "home folder" in only({"main.R": "x <- readRDS('/home/anna/x.rds')\n"}, "main.R").message


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("x = (1,\nprint(2)\n", 1, "main.py is no valid Python 3.11: '(' was never closed."),
        ("print 'hello'\n", 1, "main.py is written for Python 2, which nodes do not have: print needs"),
        ("try:\n    pass\nexcept A, e:\n    pass\n", 3, "main.py is written for Python 2"),
        ("def f():\n\tx = 1\n        y = 2\n", 3, "main.py mixes tabs and spaces"),
        ("def f():\nx = 1\n", 2, "expected an indented block"),
        ("a = 1\n<<<<<<< HEAD\nb = 1\n=======\nb = 2\n>>>>>>> x\n", 2, "the marks of an unfinished merge"),
        (b"x = '\xe9'\n", 1, "main.py is not saved as UTF-8"),
        (b"x = 1\0\n", 1, "main.py has NUL bytes"),
    ],
)
def test_what_python_cannot_read_is_an_error_with_its_line(
    content: str | bytes, line: int, message: str
) -> None:
    one = only({"main.py": content})
    assert one.is_error and one.place is not None and one.place.line == line
    assert message.replace("3.11", one.message[one.message.find("3.") :].split(":")[0]) in one.message


def test_old_encodings_that_say_so_and_markdown_headings_are_no_mistakes() -> None:
    assert found({"main.py": b"# -*- coding: latin-1 -*-\nx = '\xe9'\n"}) == ()
    assert found({"main.py": '"""Title\n=======\n"""\nprint(1)\n'}) == ()
    assert found({"main.py": b"\xef\xbb\xbfprint(1)\r\n"}) == ()
    assert found({"main.py": ""}) == ()


def test_a_mistake_in_a_module_is_found_where_it_is() -> None:
    one = only({"main.py": "import helper\n", "helper.py": "x ===\n", "unused.py": "x ===\n"})
    assert one.is_error and str(one.place) == "helper.py:1"


def test_an_older_python_that_is_asked_for_decides_what_is_valid() -> None:
    code = "match x:\n    case 1:\n        pass\n"
    one = only({"main.py": code, "environment.yml": "dependencies:\n  - python=3.8\n"})
    assert "main.py is no valid Python 3.8: Pattern matching is only supported" in one.message
    assert found({"main.py": code, ".python-version": "3.12\n"}) == ()
    one = only({"main.py": "import tomllib\n", ".python-version": "3.10.4\n"})
    assert one.message == "main.py imports tomllib, which is not in Python 3.10: it came with 3.11."
    one = only({"main.py": "import imp\n", ".python-version": "3.12\n"})
    assert one.message == "main.py imports imp, which is not in Python 3.12: it was removed in 3.12."
    assert "Python 3 has urllib.request in its place" in only({"main.py": "import urllib2\n"}).message


def test_a_shell_script_of_windows_is_converted_by_one_click() -> None:
    one = only({"main.sh": b"#!/bin/bash\r\necho \xe9\r\n"}, "main.sh")
    assert one.is_error and one.fixes[0].label == "Convert to Unix line ends"
    assert one.fixes[0].text.encode("utf-8", "surrogateescape") == b"#!/bin/bash\necho \xe9\n"


def test_a_notebook_that_is_none_is_an_error() -> None:
    assert only({"main.ipynb": "{"}, "main.ipynb").is_error
    assert found({"main.ipynb": notebook("df?", "!ls", "x = 1")}, "main.ipynb") == ()
