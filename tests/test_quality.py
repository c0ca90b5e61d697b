"""The tools that look at all of the code: linter, formatter, types, import contracts, migrations, checks."""

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

# Hints to operators about programs that only some Tasks need (R, bash, git, Conda): whether this machine has
# them says nothing about the code, so that the check looks at everything else.
OF_THIS_MACHINE = ["coretex.W002", "coretex.W003", "coretex.W004", "coretex.W005"]
# `check` has no option that leaves checks out, and the setting must stay as it is for everybody else.
DEPLOYMENT = f"""
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "coretex_site.settings"
import django
from django.conf import settings
settings.SILENCED_SYSTEM_CHECKS = [*settings.SILENCED_SYSTEM_CHECKS, *{OF_THIS_MACHINE}]
django.setup()
from django.core.management import call_command
call_command("check", deploy=True, fail_level="WARNING")
"""

COMMANDS = {
    "ruff check": [PROGRAMS / "ruff", "check", "--no-cache", "."],
    "ruff format": [PROGRAMS / "ruff", "format", "--no-cache", "--check", "."],
    "types": [PROGRAMS / "mypy", "--cache-dir", os.devnull],
    "import contracts": [PROGRAMS / "lint-imports", "--no-cache"],
    "template format": [PROGRAMS / "djhtml", "--check", "--tabwidth", "2", "templates"],
    "template lint": [PROGRAMS / "djlint", "--lint", "templates"],
    "migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment checks": [sys.executable, "-c", DEPLOYMENT],
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


def test_a_line_of_a_template_has_at_most_120_columns() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > 120
    ]
    assert not long


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
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    # Redis is looked for before it is imported.
    wanted = [*project["dependencies"], *project["optional-dependencies"]["redis"]]
    declared = {re.split(r"[\[<>=! ]", text)[0].lower().replace("_", "-") for text in wanted}
    own = {"coretex_site", "projects", "tasks", "runs"}
    holders = packages_distributions()
    undeclared = set()
    for path in (path for app in own for path in (ROOT / app).rglob("*.py")):
        # Neither Templates nor what executes notebooks is run by the server's Python.
        if "templates_library" in path.parts or path.name == "notebook_run.py":
            continue
        # `compression` is in the standard library of Python 3.14, and in no other.
        for module in top_level_imports(path) - own - {*sys.stdlib_module_names, "compression"}:
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


def test_the_deployment_check_passes_without_r_bash_and_git_and_fails_for_what_is_ours(
    tmp_path: Path,
) -> None:
    """With an empty PATH nothing is found; without HTTPS cookies are not safe, which it must tell."""

    def check(**changed: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": str(tmp_path), "CORETEX_DATA_DIR": str(tmp_path), **changed}
        return subprocess.run(
            COMMANDS["deployment checks"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    passed = check(CORETEX_HTTPS="1")
    assert passed.returncode == 0, passed.stderr
    assert check(CORETEX_HTTPS="0").returncode != 0
