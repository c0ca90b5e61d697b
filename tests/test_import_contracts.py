"""The import contracts of pyproject.toml, each shown to catch a module that breaks it."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("coretex_site", "projects", "tasks", "runs")
CONTRACTS = [
    contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
]
# A new module that breaks each contract, with what it imports.
VIOLATIONS = {
    "Apps depend one way": ("projects/new.py", "from tasks import models"),
    "Pure modules know no Django": ("tasks/types/new.py", "import django"),
    "The web process never executes": ("runs/web/views/new.py", "from runs.engine import executor"),
    "Only runs.queue.wakeups knows django-q2": ("runs/submission/new.py", "import django_q"),
    "Inside runs, one way": ("runs/queue/new.py", "from runs.submission import start"),
    "Inside runs.web, one way": ("runs/web/forms/new.py", "from runs.web.views import run"),
    "Inside tasks, one way": ("tasks/taskyaml/new.py", "from tasks.views import files"),
    "Inside projects, one way": ("projects/data/new.py", "from projects.views import home"),
}


def test_every_contract_has_a_violation_here() -> None:
    assert sorted(VIOLATIONS) == sorted(CONTRACTS)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """KEPT or BROKEN by contract, for a copy of the house into which all violations are put."""
    copy = tmp_path_factory.mktemp("house")
    for app in APPS:
        shutil.copytree(ROOT / app, copy / app, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for name, code in VIOLATIONS.values():
        (copy / name).write_text(code + "\n")
    linter = Path(sys.executable).parent / "lint-imports"
    result = subprocess.run(
        [linter, "--no-cache"],
        cwd=copy,
        # The copy comes before the installed project.
        env={"PYTHONPATH": str(copy), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    return dict(re.findall(r"^(.+) (KEPT|BROKEN)$", result.stdout, re.M))


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_new_module_that_breaks_a_contract_is_caught(contract: str, verdicts: dict[str, str]) -> None:
    assert verdicts[contract] == "BROKEN"
