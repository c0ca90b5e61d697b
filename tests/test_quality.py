"""The tools that look at all of the code: linter, formatter, import contracts, migrations, checks."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# lint-imports and ruff are installed beside the interpreter, which need not be on PATH.
PROGRAMS = Path(sys.executable).parent

COMMANDS = {
    "ruff check": [PROGRAMS / "ruff", "check", "--no-cache", "."],
    "ruff format": [PROGRAMS / "ruff", "format", "--no-cache", "--check", "."],
    "import contracts": [PROGRAMS / "lint-imports", "--no-cache"],
    "migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment checks": [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_is_found_by(name: str, tmp_path: Path) -> None:
    environment = {**os.environ, "CORETEX_HTTPS": "1", "CORETEX_DATA_DIR": str(tmp_path)}
    result = subprocess.run(
        [str(word) for word in COMMANDS[name]],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


def test_every_setting_stands_in_the_example_and_no_other() -> None:
    read = set(re.findall(r"env\.\w+\(\s*\"(CORETEX_\w+)\"", (ROOT / "coretex_site/settings.py").read_text()))
    shown = set(re.findall(r"^#?(CORETEX_\w+)=", (ROOT / ".env.example").read_text(), re.M))
    assert read == shown


def test_the_defaults_in_the_example_are_those_of_the_settings(tmp_path: Path) -> None:
    """What the example shows as the default changes nothing when it is set."""
    text = (ROOT / ".env.example").read_text()
    numbers = dict(re.findall(r"^#(CORETEX_\w+)=(\d+)$", text, re.M))
    code = (ROOT / "coretex_site/settings.py").read_text()
    for variable, value in numbers.items():
        default = re.search(rf"\"{variable}\",\s*([\w.() ]+)", code)
        assert default is not None, variable
        shown = {"True": "1", "False": "0"}.get(default[1], default[1].replace("_", ""))
        assert shown == value or not shown.isdigit(), variable


def test_nothing_that_a_start_makes_is_seen_by_git() -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        return
    made = [".venv/x", "var/x", "coretex_server.egg-info/x", "build/x", ".env", "runs/__pycache__/x.pyc"]
    result = subprocess.run(
        ["git", "check-ignore", *made], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.stdout.split() == made


def test_every_package_that_is_imported_is_declared() -> None:
    """What happens to be installed here may be missing where only pyproject.toml's dependencies are."""
    declared = {
        re.split(r"[\[<>=! ]", text)[0].lower().replace("_", "-")
        for text in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    }
    own = {"coretex_site", "projects", "tasks", "runs"}
    holders = packages_distributions()
    undeclared = set()
    for path in (path for app in own for path in (ROOT / app).rglob("*.py")):
        # Neither Templates nor what executes notebooks is run by the server's Python.
        if "templates_library" in path.parts or path.name == "notebookrun.py":
            continue
        for module in top_level_imports(path) - own - set(sys.stdlib_module_names):
            names = {name.lower().replace("_", "-") for name in holders.get(module, [module])}
            if not names & declared:
                undeclared.add(f"{path.relative_to(ROOT)} imports {module}")
    assert not undeclared


def top_level_imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
