"""What requirements.txt may hold, and which Python it is installed for."""

import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from projects.models import Project
from runs.engine.worker import take_one
from runs.models import Environment, Execution
from runs.runtimes import eviction, requirements
from runs.runtimes.ready import forget
from runs.states import Reason, State
from runs.submission import run_actions
from tests.in_tree_backend import BACKEND, BUILD_SYSTEM
from tests.small_tasks import console, fresh, make_task, submit, write
from tests.wheelhouse import only_wheels
from tests.wheels import make_wheel

pytestmark = pytest.mark.django_db(transaction=True)

NOTEBOOK = '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'
IMPORTS = "import alpha, sys\nprint(alpha.VERSION, *sys.version_info[:2])\n"


@pytest.fixture(autouse=True)
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return only_wheels(tmp_path / "wheels", monkeypatch)


def execute(project: Project, files: dict[str, Any], name: str = "Train") -> Execution:
    execution = submit(make_task(project, {"main.py": IMPORTS, **files}, name=name))
    take_one()
    return fresh(execution)


def test_hashes_are_checked(project: Project, wheels: Path) -> None:
    digest = hashlib.sha256((wheels / "alpha-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    task = make_task(
        project, {"main.py": IMPORTS, "requirements.txt": f"alpha==1.0 --hash=sha256:{digest}\n"}
    )
    good = submit(task)
    write(task, {"requirements.txt": f"alpha==1.0 \\\n    --hash=sha256:{'0' * 64}\n"})
    bad = submit(task)
    take_one()
    assert fresh(good).status == State.SUCCEEDED, console(good)
    assert fresh(bad).reason == Reason.ENVIRONMENT
    assert "hash" in console(bad).lower()


@pytest.mark.parametrize("needs", ["alpha", "alpha>1"])
def test_what_executes_a_notebook_needs_no_hash_and_changes_nothing_that_has_one(
    project: Project, wheels: Path, needs: str
) -> None:
    make_wheel(wheels, "nbclient")
    make_wheel(wheels, "ipykernel", requires=(needs,))
    digest = hashlib.sha256((wheels / "alpha-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    listed = f"--require-hashes\nalpha==1.0 --hash=sha256:{digest}\n"
    task = make_task(project, {"main.ipynb": NOTEBOOK, "requirements.txt": listed})
    execution = submit(task, entry="main.ipynb")
    take_one()
    execution = fresh(execution)
    if needs == "alpha":
        assert execution.environment.packages == "alpha==1.0\nipykernel==1.0\nnbclient==1.0"
    else:
        assert execution.reason == Reason.ENVIRONMENT, console(execution)
        assert "ipykernel needs alpha>1" in execution.message


def test_a_wheel_index_may_stand_in_the_file_itself(
    project: Project, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PEP 503: a folder of pages, here as file:// addresses."""
    page = tmp_path / "simple" / "gamma"
    wheel = make_wheel(tmp_path / "elsewhere", "gamma")
    page.mkdir(parents=True)
    (page / "index.html").write_text(f'<a href="{wheel.as_uri()}">{wheel.name}</a>')
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    index = f"--index-url {(tmp_path / 'simple').as_uri()}\ngamma\n"
    execution = execute(project, {"main.py": "import gamma", "requirements.txt": index})
    assert execution.status == State.SUCCEEDED, console(execution)
    assert execution.environment.packages == "gamma==1.0"


def test_the_task_itself_can_be_installed_as_editable(project: Project) -> None:
    backend = (
        "import os, zipfile\n"
        "def build_editable(folder, config_settings=None, metadata_directory=None):\n"
        "    name = 'mine-1.0-py3-none-any.whl'\n"
        "    info = 'mine-1.0.dist-info'\n"
        "    with zipfile.ZipFile(os.path.join(folder, name), 'w') as file:\n"
        "        file.writestr('mine.pth', os.path.abspath('src') + '\\n')\n"
        "        file.writestr(info + '/METADATA', 'Metadata-Version: 2.1\\nName: mine\\nVersion: 1.0\\n')\n"
        "        wheel = 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'\n"
        "        file.writestr(info + '/WHEEL', wheel)\n"
        "        file.writestr(info + '/RECORD', '')\n"
        "    return name\n"
    )
    pyproject = (
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "mine"\nversion = "1.0"\n'
    )
    files = {
        "main.py": "import mine; print(mine.WORD)",
        "requirements.txt": "-e .\nalpha\n",
        "pyproject.toml": pyproject,
        "backend.py": backend,
        "src/mine.py": "WORD = 'editable'",
    }
    execution = execute(project, files)
    assert console(execution).splitlines()[-1] == "editable", console(execution)


def test_a_git_link_without_git_is_missed_in_words(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    link = "alpha @ git+https://git.invalid/alpha.git@main\n"
    execution = execute(project, {"requirements.txt": link})
    assert execution.reason == Reason.ENVIRONMENT
    assert "requirements.txt installs from a git repository, and git is not installed" in execution.message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".python-version", "\ufeff3\r\n".encode("utf-16-le")),
        (".python-version", f"# what we use\n{sys.version_info.major}.{sys.version_info.minor}\n"),
        ("pyproject.toml", '[project]\nname = "x"\nrequires-python = ">=3.8"\n'),
    ],
)
def test_the_task_chooses_among_the_pythons_of_the_machine(
    project: Project, name: str, text: str | bytes
) -> None:
    execution = execute(project, {"requirements.txt": "alpha<2\n", name: text})
    assert execution.status == State.SUCCEEDED, console(execution)
    assert f"({name} asks for" in console(execution)


def python_to_ask_for() -> str:
    """The version of a Python on this machine that is not the server's; of the server's if it is alone."""
    own = sys.version.split()[0]
    for folder in [*os.get_exec_path(), "/usr/bin", "/usr/local/bin"]:
        program = os.path.join(folder, "python3")
        if os.access(program, os.X_OK):
            said = subprocess.run(
                [program, "-V"], capture_output=True, text=True, check=False, cwd="/"
            ).stdout
            version = said.removeprefix("Python ").strip()
            if re.fullmatch(r"3\.\d+\.\d+", version) and version != own:
                return version
    return own


@pytest.mark.parametrize(
    ("name", "text"),
    [(".python-version", "{}\n"), ("pyproject.toml", '[project]\nname = "x"\nrequires-python = "=={}"\n')],
)
def test_a_script_runs_with_the_very_python_it_asks_for(project: Project, name: str, text: str) -> None:
    version = python_to_ask_for()
    source = "import alpha, platform; print(platform.python_version(), alpha.VERSION)"
    files = {"main.py": source, "requirements.txt": "alpha<2", name: text.format(version)}
    execution = execute(project, files)
    assert execution.status == State.SUCCEEDED, console(execution)
    assert console(execution).splitlines()[-1] == f"{version} 1.0"
    assert execution.environment.interpreter == f"Python {version}"
    missing = execute(project, {"main.py": source, ".python-version": "3.5\n"}, "Other")
    assert version in missing.message


def test_on_macos_environment_osx_yml_is_the_one_that_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "environment.yml").write_text("dependencies: [for-linux]\n")
    (tmp_path / "environment-osx.yml").write_text("dependencies: [for-macos]\n")
    linux = requirements.want(tmp_path)
    monkeypatch.setattr("tasks.runtime.sys.platform", "darwin")
    macos = requirements.want(tmp_path)
    assert (linux.file, linux.base.dependencies) == ("environment.yml", ("for-linux",))
    assert (macos.file, macos.base.dependencies) == ("environment-osx.yml", ("for-macos",))


def test_a_python_that_is_not_there_is_missed_with_those_that_are(project: Project) -> None:
    execution = execute(project, {".python-version": "3.5\n"})
    assert execution.reason == Reason.ENVIRONMENT
    assert (
        "No Python on this node matches what .python-version asks for (3.5). There are" in execution.message
    )
    assert sys.version.split()[0] in execution.message


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (".python-version", "--help\n", "must name a version of Python"),
        (".python-version", "/usr/bin/python3\n", "must name a version of Python such as 3.11"),
        ("pyproject.toml", "[project\n", "pyproject.toml cannot be read"),
        ("pyproject.toml", "[project]\nrequires-python = 3\n", "requires-python must be a text such as"),
    ],
)
def test_a_wrong_version_file_gets_a_sentence(project: Project, name: str, text: str, words: str) -> None:
    execution = execute(project, {name: text})
    assert execution.reason == Reason.ENVIRONMENT
    assert words in execution.message


def test_an_empty_version_file_asks_for_nothing(project: Project) -> None:
    files = {".python-version": "\n", "pyproject.toml": 'project = "odd"\n', "requirements.txt": "alpha"}
    assert execute(project, files).status == State.SUCCEEDED


DISTRIBUTIONS = (
    "import importlib.metadata as m\nprint(sorted((d.name, d.version) for d in m.distributions()))\n"
)


def installed(project: Project, files: dict[str, Any], name: str = "Train") -> str:
    execution = execute(project, {"main.py": DISTRIBUTIONS, **files}, name)
    assert execution.status == State.SUCCEEDED, console(execution)
    return console(execution).splitlines()[-1]


def with_wheels(wheels: Path, **files: str | bytes) -> dict[str, str | bytes]:
    """The files of a Task that has the wheels in its own folder."""
    return {f"wheels/{one.name}": one.read_bytes() for one in wheels.iterdir()} | {
        name.replace("_", "."): content for name, content in files.items()
    }


def make_repository(folder: Path) -> Path:
    """A git repository with the project `mine`."""
    (folder / "src").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(BUILD_SYSTEM + '[project]\nname = "mine"\nversion = "1.0"\n')
    (folder / "backend.py").write_text(BACKEND)
    commit(folder, "from git")
    return folder


def commit(repository: Path, word: str) -> None:
    (repository / "src" / "mine.py").write_text(f"WORD = {word!r}\n")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", str(repository)]
    for words in (["init", "-qb", "main"], ["add", "."], ["commit", "-qm", word]):
        subprocess.run([*git, *words], check=True)


def test_an_editable_line_of_a_repository_is_installed_as_it_is(project: Project, tmp_path: Path) -> None:
    line = f"-e git+{make_repository(tmp_path / 'repository').as_uri()}@main#egg=mine\n"
    execution = execute(project, {"main.py": "import mine; print(mine.WORD)", "requirements.txt": line})
    assert execution.status == State.SUCCEEDED, console(execution)
    assert console(execution).splitlines()[-1] == "from git"


@pytest.mark.parametrize("file", ["requirements.txt", "pyproject.toml", "main.py"])
def test_exactly_means_the_commit_of_then(project: Project, wheels: Path, tmp_path: Path, file: str) -> None:
    repository = make_repository(tmp_path / "repository")
    link = f"mine @ git+{repository.as_uri()}@main"
    source = "import mine, alpha; print(mine.WORD, alpha.VERSION)"
    table = f'dependencies = ["alpha", "{link}"]\n'
    files = {
        "requirements.txt": {"main.py": source, file: f"{link}\nalpha\n"},
        "pyproject.toml": {"main.py": source, file: f'[project]\nname = "x"\nversion = "1"\n{table}'},
        "main.py": {file: f"# /// script\n# {table}# ///\n{source}"},
    }[file]
    first = execute(project, files)
    assert console(first).splitlines()[-1] == "from git 2.0", console(first)
    commit(repository, "from later")
    make_wheel(wheels, "alpha", "3.0")
    again_exactly(first, "from git 2.0")


@pytest.mark.parametrize(
    ("line", "listed"),
    [("-e .", "-e file:."), (".", "mine @ file:."), ("./wheels/mine.zip", "mine @ file:./wheels/mine.zip")],
)
def test_exactly_has_what_was_installed_from_the_task(project: Project, line: str, listed: str) -> None:
    files: dict[str, str | bytes] = {
        "pyproject.toml": BUILD_SYSTEM + '[project]\nname = "mine"\nversion = "1.0"\n',
        "backend.py": BACKEND,
        "src/mine.py": "WORD = 'of the Task'\n",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in files.items():
            archive.writestr(f"mine/{path}", text)
    files |= {"wheels/mine.zip": packed.getvalue(), "requirements.txt": f"{line}\n"}
    first = execute(project, {"main.py": "import mine; print(mine.WORD)", **files})
    assert first.status == State.SUCCEEDED, console(first)
    assert first.environment.packages == listed
    again_exactly(first, "of the Task")


def again_exactly(first: Execution, said: str) -> None:
    """Executes again exactly, once the environment of then is gone."""
    Environment.objects.update(unwanted_at=timezone.now())
    eviction.tidy(settings.NODE_NAME)
    forget()
    again = run_actions.again(first.run, by=first.created_by, exactly=first)
    take_one()
    assert console(again).splitlines()[-1] == said, console(again)
    again = fresh(again)
    assert again.environment != first.environment
    assert again.environment.packages == first.environment.packages


def test_lists_in_utf_16_may_refer_to_each_other(project: Project, wheels: Path) -> None:
    more = "--no-index\r\n--find-links wheels\r\nalpha==1.0\r\n".encode("utf-16")
    files = with_wheels(wheels, requirements_txt="-r more.txt\r\n".encode("utf-16"), more_txt=more)
    assert installed(project, files) == "[('alpha', '1.0')]"


def test_pre_releases_are_installed_where_the_list_allows_them(project: Project, wheels: Path) -> None:
    make_wheel(wheels, "alpha", "3.0rc1")
    assert installed(project, {"requirements.txt": "--pre\nalpha\n"}) == "[('alpha', '3.0rc1')]"
    assert installed(project, {"requirements.txt": "alpha\n"}, "Other") == "[('alpha', '2.0')]"


def test_a_list_from_inside_conda_is_told_with_what_to_write(project: Project) -> None:
    line = "alpha @ file:///home/conda/feedstock_root/build_artifacts/alpha_1700/work\n"
    execution = execute(project, {"requirements.txt": line * 2})
    assert execution.reason == Reason.ENVIRONMENT
    assert "requirements.txt:1 names a folder of another machine" in execution.message
    assert "write NAME==VERSION instead, as `pip list --format=freeze`" in execution.message


def test_a_folder_of_wheels_in_a_folder_is_found_as_pip_finds_it(project: Project, wheels: Path) -> None:
    files = with_wheels(wheels, requirements_txt="-r lists/base.txt\n")
    files["lists/base.txt"] = "--no-index\n-f wheels\nalpha\n"
    assert installed(project, files) == "[('alpha', '2.0')]"


@pytest.mark.parametrize(
    "line",
    ["./wheels/alpha-1.0-py3-none-any.whl", "--no-index\n-f wheels\nalpha<2", "-e .\nalpha<2", ".\nalpha<2"],
)
def test_only_what_it_was_built_from_builds_an_environment_again(
    project: Project, wheels: Path, line: str
) -> None:
    project_files = {"pyproject.toml": BUILD_SYSTEM + '[project]\nname = "mine"\nversion = "1.0"\n'}
    files = with_wheels(wheels, requirements_txt=line) | project_files
    files |= {"backend.py": BACKEND, "src/mine.py": "", "main.py": IMPORTS, "README.md": "Some words"}
    task = make_task(project, files)
    first = submit(task)
    write(
        task,
        {"README.md": "Other words", "task.yaml": "name: x\n"}
        if line != "-e .\nalpha<2"
        else {"README.md": "x"},
    )
    second = submit(task)
    changed = "src/mine.py" if "." in line.split("\n")[0].split() else "wheels/alpha-1.0-py3-none-any.whl"
    other = make_wheel(wheels.parent / "other", "alpha", "1.0", requires=("beta",)).read_bytes()
    write(task, {changed: b"WORD = 1\n" if changed.endswith(".py") else other})
    third = submit(task)
    take_one()
    for execution in (first, second, third):
        assert fresh(execution).status == State.SUCCEEDED, console(execution)
    assert fresh(first).environment == fresh(second).environment != fresh(third).environment


def test_a_remark_in_a_list_does_not_build_again(project: Project) -> None:
    task = make_task(project, {"main.py": IMPORTS, "requirements.txt": "alpha<2\n"})
    first = submit(task)
    write(task, {"requirements.txt": "# why\n\nalpha<2  # because\n"})
    second = submit(task)
    take_one()
    assert fresh(first).environment == fresh(second).environment is not None


def test_a_variable_that_the_operator_names_reaches_the_address_of_an_index(
    project: Project, wheels: Path, settings: Any
) -> None:
    settings.INSTALLER_VARIABLES = {"LAB_WHEELS": str(wheels), "LAB_VERSION": "1.0"}
    text = "--find-links file://${LAB_WHEELS}\nalpha==${LAB_VERSION}\n"
    assert installed(project, {"requirements.txt": text}) == "[('alpha', '1.0')]"
    execution = execute(project, {"requirements.txt": "alpha==${HOME}\n"}, "Other")
    assert "requirements.txt:1 uses ${HOME}, which is not set for installing" in execution.message


def test_what_pip_takes_and_uv_does_not_is_left_out_with_a_note(project: Project) -> None:
    text = (
        '--prefer-binary\n--trusted-host host.invalid\nalpha<2 --global-option="-x" --config-settings a=b\n'
    )
    execution = execute(project, {"main.py": DISTRIBUTIONS, "requirements.txt": text})
    assert console(execution).splitlines()[-1] == "[('alpha', '1.0')]", console(execution)
    assert "Note: requirements.txt:1: --prefer-binary is left out" in console(execution)
    assert "Note: requirements.txt:3: --global-option is left out" in console(execution)


@pytest.mark.parametrize(
    "line",
    [
        "--index-url http://user:hunter2@127.0.0.1:1/simple\nnothere",
        "--index-url http://user:hunter2@127.0.0.1:1/simple --no-such",
        "alpha @ http://user:hunter2@127.0.0.1:1/a b",
        "http://hunter2@127.0.0.1:1/a.whl; x",
        "git+http://hunter2@127.0.0.1:1/a.git",
    ],
)
def test_no_password_of_an_address_is_shown_or_kept(project: Project, data_dir: Path, line: str) -> None:
    execution = execute(project, {"requirements.txt": f"{line}\n"})
    assert execution.reason == Reason.ENVIRONMENT
    kept = [path for path in data_dir.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()]
    places = {path.relative_to(data_dir).parts[0] for path in kept}
    assert "hunter2" not in execution.message
    assert places == {"tasks", "snapshots"}, kept


def test_nothing_of_a_task_stays_beside_environments_that_could_not_be_built(
    project: Project, data_dir: Path
) -> None:
    files = {"requirements.txt": "-e .\n", "pyproject.toml": "[build-system]\nrequires = ['nothere']\n"}
    assert execute(project, files).reason == Reason.ENVIRONMENT
    base = data_dir / "environments"
    assert not [path for path in base.rglob("requirements.txt")]
    left = next(base.iterdir()) / "sources" / ("a" * 40)
    (left / "src").mkdir(parents=True)
    eviction.tidy(left.parent.parent.name)
    assert not left.exists()


def test_a_file_that_an_address_does_not_have_is_named(project: Project, tmp_path: Path) -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        line = f"alpha @ http://127.0.0.1:{server.server_port}/alpha-9.0-py3-none-any.whl\n"
        execution = execute(project, {"requirements.txt": line})
        server.shutdown()
    assert "127.0.0.1 has no alpha-9.0-py3-none-any.whl (404 " in execution.message
