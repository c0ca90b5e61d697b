"""Tasks whose pyproject.toml, uv.lock or script says what to install are built with the real installer."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from projects.models import Project
from runs.engine.worker import take_one
from runs.models import Environment, Execution
from runs.runtimes import eviction
from runs.runtimes.interpreters import find_uv
from runs.states import Reason, State
from runs.submission.run_actions import again
from tests.in_tree_backend import BACKEND, BUILD_SYSTEM
from tests.small_tasks import console, fresh, make_task, submit, write
from tests.wheelhouse import only_wheels
from tests.wheels import make_wheel

pytestmark = pytest.mark.django_db(transaction=True)

PROJECT = '[project]\nname = "mine"\nversion = "1.0"\ndependencies = ["{}"]\n'
IMPORTS = "import alpha, sys\nprint(alpha.VERSION)\n"
VERSION = sys.version.split()[0]


@pytest.fixture(autouse=True)
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return only_wheels(tmp_path / "wheels", monkeypatch)


def execute(
    project: Project, files: dict[str, Any], entry: str = "main.py", name: str = "Train"
) -> Execution:
    execution = submit(make_task(project, {"main.py": IMPORTS, **files}, name=name), entry=entry)
    take_one()
    return fresh(execution)


def last_line(execution: Execution) -> str:
    assert execution.status == State.SUCCEEDED, console(execution)
    return console(execution).splitlines()[-1]


def block(*dependencies: str, python: str = ">=3.8", more: str = "") -> str:
    lines = [f"dependencies = {list(dependencies)}", f'requires-python = "{python}"', *more.splitlines()]
    return "\n".join(["# /// script", *(f"# {line}" for line in lines), "# ///", ""])


def test_the_dependencies_of_a_project_are_installed(project: Project) -> None:
    execution = execute(project, {"pyproject.toml": PROJECT.format("alpha<2")})
    assert last_line(execution) == "1.0"
    assert execution.environment.packages == "alpha==1.0"
    assert "venv, because pyproject.toml lists dependencies." in console(execution)


def test_a_project_with_a_build_system_is_installed_itself_with_its_src_layout(project: Project) -> None:
    files = {
        "pyproject.toml": BUILD_SYSTEM + PROJECT.format("alpha"),
        "backend.py": BACKEND,
        "src/mine/__init__.py": "WORD = 'installed'\n",
        "main.py": "import alpha, mine\nprint(alpha.VERSION, mine.WORD, 'site-packages' in mine.__file__)\n",
    }
    task = make_task(project, files)
    first = submit(task)
    write(task, {"task.yaml": "name: x\n", "README.md": "words"})
    second = submit(task)
    write(task, {"src/mine/__init__.py": "WORD = 'changed'\n"})
    third = submit(task)
    take_one()
    assert last_line(fresh(first)) == "2.0 installed True"
    assert fresh(first).environment == fresh(second).environment
    assert last_line(fresh(third)) == "2.0 changed True"


def test_a_pyproject_toml_that_only_configures_tools_builds_nothing(project: Project) -> None:
    execution = execute(project, {"main.py": "print('ran')", "pyproject.toml": "[tool.ruff]\n"})
    assert (last_line(execution), execution.environment.kind) == ("ran", "plain")


def test_an_edit_of_the_settings_of_tools_does_not_build_again(project: Project) -> None:
    task = make_task(project, {"main.py": IMPORTS, "pyproject.toml": PROJECT.format("alpha")})
    first = submit(task)
    write(task, {"pyproject.toml": "[tool.ruff]\nline-length = 100\n" + PROJECT.format("alpha")})
    second = submit(task)
    take_one()
    assert last_line(fresh(second)) == "2.0"
    assert fresh(first).environment == fresh(second).environment


def lock(files: dict[str, str], folder: Path) -> str:
    """The uv.lock of a project, made by uv itself."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "UV_CACHE_DIR": str(folder / "cache")}
    subprocess.run(
        [find_uv(), "lock", "--quiet", "--python", sys.executable], cwd=folder, env=environment, check=True
    )
    return (folder / "uv.lock").read_text()


def indexed(project: str, index: Path) -> str:
    return f'{project}\n[[tool.uv.index]]\nurl = "{index.as_uri()}"\ndefault = true\n'


def add_to_index(index: Path, wheel: Path) -> None:
    page = index / wheel.name.split("-")[0]
    page.mkdir(parents=True, exist_ok=True)
    (page / wheel.name).write_bytes(wheel.read_bytes())
    links = "".join(f'<a href="{one.as_uri()}">{one.name}</a>\n' for one in sorted(page.glob("*.whl")))
    (page / "index.html").write_text(links)


@pytest.mark.parametrize("is_package", [False, True])
def test_with_uv_lock_exactly_what_it_says_is_installed(
    project: Project, wheels: Path, tmp_path: Path, is_package: bool
) -> None:
    index = tmp_path / "simple"
    add_to_index(index, wheels / "alpha-1.0-py3-none-any.whl")
    text = indexed(PROJECT.format("alpha") + f'requires-python = ">={VERSION}"\n', index)
    text = text if not is_package else BUILD_SYSTEM + text
    sources = {"backend.py": BACKEND} if is_package else {}
    locked = lock({"pyproject.toml": text, **sources}, tmp_path / "author")
    add_to_index(index, wheels / "alpha-2.0-py3-none-any.whl")
    files = {"pyproject.toml": text, "uv.lock": locked, "src/mine.py": "", **sources}
    execution = execute(project, files)
    assert last_line(execution) == "1.0"
    assert "alpha==1.0" in execution.environment.packages.splitlines()
    assert ("mine" in execution.environment.packages) is is_package
    assert "venv with exactly what uv.lock says" in console(execution)
    free = execute(project, {"pyproject.toml": text, "src/mine.py": "", **sources}, name="Free")
    assert last_line(free) == "2.0"


def test_the_packages_that_a_script_lists_are_installed_for_it_alone(project: Project) -> None:
    source = "import importlib.metadata as m\nprint(sorted(d.name for d in m.distributions()))\n"
    files = {"main.py": block("alpha<2") + IMPORTS, "jobs/beta.py": block("beta") + source, "c.py": source}
    task = make_task(project, files)
    runs = [submit(task, entry=entry) for entry in ("main.py", "jobs/beta.py", "c.py")]
    take_one()
    assert [last_line(fresh(one)) for one in runs] == ["1.0", "['alpha', 'beta']", "[]"]
    assert "venv, because jobs/beta.py itself lists packages" in console(runs[1])


def test_an_edit_of_a_script_below_its_block_does_not_build_again(project: Project) -> None:
    task = make_task(project, {"main.py": block("alpha") + IMPORTS})
    first = submit(task)
    write(task, {"main.py": block("alpha") + IMPORTS + "print('more')\n"})
    second = submit(task)
    write(task, {"main.py": block("alpha<2") + IMPORTS})
    third = submit(task)
    take_one()
    assert last_line(fresh(second)) == "more"
    assert last_line(fresh(third)) == "1.0"
    assert fresh(first).environment == fresh(second).environment != fresh(third).environment


def test_a_script_asks_for_its_python(project: Project) -> None:
    execution = execute(project, {"main.py": block("alpha", python=f"=={VERSION}") + IMPORTS})
    assert last_line(execution) == "2.0"
    assert f"(main.py asks for =={VERSION})" in console(execution)
    missing = execute(project, {"main.py": block("alpha", python="<3.5") + IMPORTS}, name="Old")
    assert missing.reason == Reason.ENVIRONMENT
    assert "No Python on this node matches what main.py asks for (<3.5)" in missing.message


def test_a_script_may_name_wheels_beside_it_as_uv_has_it(project: Project, wheels: Path) -> None:
    wheel = make_wheel(wheels.parent / "other", "gamma")
    more = '[tool.uv.sources]\ngamma = { path = "vendor/gamma-1.0-py3-none-any.whl" }'
    files = {
        "main.py": block("gamma", more=more) + "import gamma\nprint(gamma.VERSION)\n",
        "vendor/gamma-1.0-py3-none-any.whl": wheel.read_bytes(),
    }
    assert last_line(execute(project, files)) == "1.0"


def test_a_wrong_block_is_the_message(project: Project) -> None:
    execution = execute(project, {"main.py": "# /// script\n# dependencies = 5\n# ///\n"})
    assert execution.reason == Reason.ENVIRONMENT
    assert "main.py: dependencies must be a list of texts" in execution.message


def test_a_notebook_of_a_project_gets_what_executes_it_on_top(project: Project, wheels: Path) -> None:
    for name in ("nbclient", "ipykernel"):
        make_wheel(wheels, name)
    notebook = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    files = {"pyproject.toml": PROJECT.format("alpha"), "walk.ipynb": notebook}
    execution = execute(project, files, entry="walk.ipynb")
    assert execution.environment is not None, execution.message
    assert execution.environment.packages.splitlines() == ["alpha==2.0", "ipykernel==1.0", "nbclient==1.0"]


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": PROJECT.format("gamma")},
        {"main.py": block("gamma") + "import gamma\nprint(gamma.VERSION)\n"},
        {
            "pyproject.toml": BUILD_SYSTEM + PROJECT.format("gamma"),
            "backend.py": BACKEND,
            "src/mine.py": "",
        },
    ],
    ids=["project", "script", "package"],
)
def test_exactly_means_the_versions_of_then(project: Project, wheels: Path, files: dict[str, str]) -> None:
    make_wheel(wheels, "gamma")
    first = execute(project, {"main.py": "import gamma\nprint(gamma.VERSION)\n", **files})
    assert last_line(first) == "1.0"
    make_wheel(wheels, "gamma", "2.0")
    Environment.objects.update(unwanted_at=timezone.now())
    eviction.tidy(first.environment.node_name)
    exact = again(first.run, by=first.created_by, exactly=first)
    take_one()
    assert last_line(fresh(exact)) == "1.0"
    now = again(first.run, by=first.created_by)
    take_one()
    assert last_line(fresh(now)) == "2.0"


def test_a_file_that_looks_like_a_list_and_is_not_read_is_named_in_every_console(project: Project) -> None:
    task = make_task(project, {"main.py": "print('ran')", "requirements/base.txt": "alpha\n"})
    executions = [submit(task), submit(task)]
    take_one()
    for execution in executions:
        said = "Note: requirements/base.txt is not read: packages are read from requirements.txt in"
        assert said in console(execution)
    other = execute(project, {"main.py": "print('ran')"}, name="Other")
    assert "not read" not in console(other)


def test_a_lock_that_does_not_know_a_dependency_is_the_message(project: Project, tmp_path: Path) -> None:
    text = PROJECT.format("alpha") + f'requires-python = ">={VERSION}"\n'
    locked = lock({"pyproject.toml": text.replace('["alpha"]', "[]")}, tmp_path / "author")
    execution = execute(project, {"pyproject.toml": text, "uv.lock": locked})
    assert execution.reason == Reason.ENVIRONMENT
    assert "uv.lock does not know alpha, which pyproject.toml lists. Run uv lock" in execution.message


def test_exactly_means_the_lock_of_then(project: Project, wheels: Path, tmp_path: Path) -> None:
    index = tmp_path / "simple"
    add_to_index(index, wheels / "alpha-1.0-py3-none-any.whl")
    text = indexed(PROJECT.format("alpha") + f'requires-python = ">={VERSION}"\n', index)
    first = execute(
        project, {"pyproject.toml": text, "uv.lock": lock({"pyproject.toml": text}, tmp_path / "a")}
    )
    assert last_line(first) == "1.0"
    add_to_index(index, wheels / "alpha-2.0-py3-none-any.whl")
    Environment.objects.update(unwanted_at=timezone.now())
    eviction.tidy(first.environment.node_name)
    exact = again(first.run, by=first.created_by, exactly=first)
    take_one()
    assert last_line(fresh(exact)) == "1.0"
    assert fresh(exact).environment.packages == first.environment.packages
