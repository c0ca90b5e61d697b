"""Python scripts are started as Python itself would want it: as a file, or as a module of a package."""

import subprocess
import sys
from pathlib import Path

import pytest

from tasks.python_start import PythonStart, imports, start

# {what is shown: (the files, the entry script, what it prints)}; each is really run.
KINDS: dict[str, tuple[dict[str, str], str, str]] = {
    "a package": (
        {
            "pkg/__init__.py": "",
            "pkg/__main__.py": "from . import core\ncore.go()",
            "pkg/core.py": "def go(): print('went')",
        },
        "pkg/__main__.py",
        "went",
    ),
    "a package without __init__.py": (
        {"pkg/__main__.py": "from .core import go\ngo()", "pkg/core.py": "def go(): print('went')"},
        "pkg/__main__.py",
        "went",
    ),
    "a package that imports itself by name": (
        {
            "pkg/__init__.py": "",
            "pkg/__main__.py": "from pkg.core import go\ngo()",
            "pkg/core.py": "def go(): print(__package__)",
        },
        "pkg/__main__.py",
        "pkg",
    ),
    "a nested package": (
        {
            "a/__init__.py": "q = 'up'",
            "a/b/__init__.py": "",
            "a/b/__main__.py": "from .. import q\nprint(q, __package__)",
        },
        "a/b/__main__.py",
        "up a.b",
    ),
    "a nested package whose parent has no __init__.py": (
        {
            "a/q.py": "q = 'up'",
            "a/b/__init__.py": "",
            "a/b/__main__.py": "from ..q import q\nprint(q, __package__)",
        },
        "a/b/__main__.py",
        "up a.b",
    ),
    "a package in a folder that is none": (
        {
            "code2/pkg/__init__.py": "",
            "code2/pkg/core.py": "x = 1",
            "code2/pkg/__main__.py": "from pkg.core import x\nprint(x, __package__)",
        },
        "code2/pkg/__main__.py",
        "1 pkg",
    ),
    "a package in src": (
        {
            "src/pkg/__main__.py": "from pkg.core import x\nfrom .core import x\nprint(x, __package__)",
            "src/pkg/core.py": "x = 1",
        },
        "src/pkg/__main__.py",
        "1 pkg",
    ),
    "a root that is itself a package": (
        {"__init__.py": "", "__main__.py": "from .core import x\nprint(x)", "core.py": "x = 'root'"},
        "__main__.py",
        "root",
    ),
    "a script beside src": (
        {
            "main.py": "from pkg.core import x\nprint(x)",
            "src/pkg/__init__.py": "",
            "src/pkg/core.py": "x = 5",
        },
        "main.py",
        "5",
    ),
    "a script in a folder beside src": (
        {"scripts/train.py": "from pkg.core import x\nprint(x)", "src/pkg/core.py": "x = 5"},
        "scripts/train.py",
        "5",
    ),
    "a script in a folder of a folder": (
        {"code2/scripts/train.py": "from lib.core import x\nprint(x)", "code2/lib/core.py": "x = 5"},
        "code2/scripts/train.py",
        "5",
    ),
    "a script in a folder with src beside it": (
        {"top/main.py": "from pkg.core import x\nprint(x)", "top/src/pkg/core.py": "x = 5"},
        "top/main.py",
        "5",
    ),
    "a script of a package that also imports by name what is beside it": (
        {
            "pkg/__init__.py": "",
            "pkg/train.py": "from core import x\nfrom .other import y\nprint(x, y)",
            "pkg/core.py": "x = 5",
            "pkg/other.py": "y = 6",
        },
        "pkg/train.py",
        "5 6",
    ),
    "a package with a module that would hide one of Python": (
        {
            "pkg/__init__.py": "",
            "pkg/train.py": "from pkg.types import x\nimport enum\nprint(x)",
            "pkg/types.py": "x = 5",
        },
        "pkg/train.py",
        "5",
    ),
    "a script of a root that is a package": (
        {"__init__.py": "", "train.py": "from . import core\nprint(core.x)", "core.py": "x = 'root'"},
        "train.py",
        "root",
    ),
    "a folder with a __main__.py that imports what is beside it": (
        {"app/__main__.py": "import helper\nprint(helper.x)", "app/helper.py": "x = 'beside'"},
        "app/__main__.py",
        "beside",
    ),
    "a package with a module named like one of Python's": (
        {
            "pkg/__init__.py": "",
            "pkg/__main__.py": "import logging\n"
            "from . import types\n"
            "print(types.x, hasattr(logging, 'info'))",
            "pkg/types.py": "x = 1",
            "pkg/logging.py": "",
        },
        "pkg/__main__.py",
        "1 True",
    ),
    "a script with relative imports": (
        {
            "pkg/__init__.py": "",
            "pkg/train.py": "from .core import x\nprint(x, __name__)",
            "pkg/core.py": "x = 1",
        },
        "pkg/train.py",
        "1 __main__",
    ),
    "a script whose relative import is inside a function": (
        {
            "pkg/train.py": "def main():\n    from .core import x\n    print(x)\nmain()",
            "pkg/core.py": "x = 1",
        },
        "pkg/train.py",
        "1",
    ),
    "a script whose relative import is only tried": (
        {
            "pkg/train.py": "import helper\n"
            "try:\n    from .core import x\nexcept ImportError:\n    from core import x\n"
            "print(x)",
            "pkg/core.py": "x = 1",
            "pkg/helper.py": "",
        },
        "pkg/train.py",
        "1",
    ),
    "a script whose relative import is for type checkers": (
        {
            "pkg/train.py": "from typing import TYPE_CHECKING\n"
            "import helper\n"
            "if TYPE_CHECKING:\n    from .core import x\n"
            "print(helper.x)",
            "pkg/helper.py": "x = 2",
        },
        "pkg/train.py",
        "2",
    ),
    "a package whose folder is no identifier": (
        {"my-pkg/train.py": "from .core import x\nprint(x)", "my-pkg/core.py": "x = 1"},
        "my-pkg/train.py",
        "1",
    ),
    "a script in a folder imports from the root and from beside itself": (
        {
            "scripts/train.py": "import helper, beside\nprint(helper.x, beside.x)",
            "helper.py": "x = 'root'",
            "scripts/beside.py": "x = 'beside'",
        },
        "scripts/train.py",
        "root beside",
    ),
    "what is beside a script comes before the root": (
        {
            "scripts/train.py": "import utils\nprint(utils.x)",
            "utils.py": "x = 'root'",
            "scripts/utils.py": "x = 'beside'",
        },
        "scripts/train.py",
        "beside",
    ),
    "a script in src imports src by name": (
        {"src/train.py": "from src.data import x\nprint(x)", "src/data.py": "x = 1"},
        "src/train.py",
        "1",
    ),
    "a script deep in src imports from src": (
        {"src/models/train.py": "from data.load import x\nprint(x)", "src/data/load.py": "x = 1"},
        "src/models/train.py",
        "1",
    ),
    "a file in the root named like a module of Python's hides nothing": (
        {
            "scripts/train.py": "import random\nprint(random.randint(1, 1))",
            "random.py": "raise SystemExit('hidden')",
        },
        "scripts/train.py",
        "1",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_runs_as_its_author_meant(kind: str, tmp_path: Path) -> None:
    files, entry, said = KINDS[kind]
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    how = start(entry, files[entry].encode(), files, root_name=tmp_path.name)
    command = ["-m", how.module] if how.module else [entry]
    path = ":".join(str((tmp_path / folder).resolve()) for folder in how.folders)
    ran = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, env={"PYTHONPATH": path}, capture_output=True, text=True
    )
    assert (ran.stdout.strip(), ran.returncode) == (said, 0), ran.stderr


def test_a_script_in_the_root_is_run_as_it_always_was() -> None:
    assert start("main.py", b"from .core import x", ["main.py", "core.py"], root_name="work") == PythonStart()
    assert start("main.py", b"", ["main.py"], root_name="work", given=["src"]) == PythonStart(
        folders=("src",)
    )


def test_the_root_is_said_to_be_left_out_when_the_script_wants_something_of_it() -> None:
    paths = ["scripts/train.py", "helper.py", "logging.py"]
    how = start("scripts/train.py", b"import helper", paths, root_name="work")
    assert how.folders == ()
    assert "logging.py would hide Python's own module logging" in how.note
    assert start("scripts/train.py", b"import json", paths, root_name="work").note == ""


def test_folders_and_packages_of_data_hide_nothing() -> None:
    paths = ["scripts/train.py", "types/a.csv", "test/__init__.py", "code/readme.md"]
    assert start("scripts/train.py", b"", paths, root_name="work").folders == (".",)


def test_what_is_given_comes_first() -> None:
    how = start(
        "scripts/train.py", b"", ["scripts/train.py", "lib/a.py"], root_name="work", given=["lib", "."]
    )
    assert how.folders == ("lib", ".")


@pytest.mark.parametrize("path", ["v1.0/train.py", "pkg/train.v2.py"])
def test_a_path_that_cannot_be_a_module_is_run_as_a_file(path: str) -> None:
    assert start(path, b"from .core import x", [path], root_name="work").module == ""


@pytest.mark.parametrize("content", [b"from .core import x\nprint 'two'", b"\xff\xfe", b"(" * 5000, b""])
def test_code_that_cannot_be_parsed_is_read_by_its_lines(content: bytes) -> None:
    assert imports(content).level == content.startswith(b"from")
