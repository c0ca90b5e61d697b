"""Which runtime a Task has and which scripts can be run."""

import pytest

from runs.models import Environment
from runs.templatetags.executions import runtime_of
from tasks.runtime import entry_scripts, find_runtime, interpreter_of

BOTH = ["environment.yml", "requirements.txt", "main.py"]


def test_conda_comes_before_venv_and_says_so() -> None:
    runtime = find_runtime(BOTH, platform="linux")
    assert (runtime.kind, runtime.file) == ("conda", "environment.yml")
    assert "requirements.txt is also present" in runtime.sentence


def test_each_platform_has_its_own_conda_file() -> None:
    assert find_runtime(["environment-osx.yml"], platform="darwin").kind == "conda"
    runtime = find_runtime(BOTH, platform="darwin")
    assert (runtime.kind, runtime.file) == ("venv", "requirements.txt")
    assert "environment.yml is present, but is for Linux" in runtime.sentence


def test_without_an_environment_file_python_is_clean() -> None:
    runtime = find_runtime(["main.py"], platform="linux")
    assert (runtime.kind, runtime.file) == ("plain", None)
    why = "because there is neither environment.yml nor requirements.txt."
    assert runtime.sentence == f"A clean Python with nothing installed, {why}"


def test_scripts_in_other_languages_run_with_what_the_node_has() -> None:
    why = "because there is neither environment.yml nor requirements.txt."
    for names, label, what in (
        (["main.R", "task.yaml"], "R", "R as installed on the node"),
        (["main.sh"], "shell", "The shell as installed on the node"),
        (["main.R", "main.sh"], "R and shell", "R and the shell as installed on the node"),
        (["main.R", "main.py"], "clean Python", "A clean Python with nothing installed"),
    ):
        runtime = find_runtime(names, platform="linux")
        assert (runtime.label, runtime.sentence) == (label, f"{what}, {why}")


@pytest.mark.parametrize(
    ("kind", "script", "words"),
    [
        ("venv", "main.py", "venv, Python 3.11.7"),
        ("plain", "main.py", "clean Python 3.11.7"),
        ("plain", "main.sh", "the shell as installed on the node"),
        ("plain", "fit.R", "R as installed on the node"),
        ("conda", "fit.R", "Conda, Python 3.11.7"),
    ],
)
def test_a_clean_python_is_not_told_of_a_script_in_another_language(
    kind: str, script: str, words: str
) -> None:
    assert runtime_of(Environment(kind=kind, interpreter="Python 3.11.7"), script) == words


def test_main_in_the_root_is_the_default_entry_script() -> None:
    paths = ["a.py", "main.sh", "lib/main.py", "main.R", "main.r", "main.py", "notes.md", "task.yaml"]
    assert entry_scripts(paths) == ["main.py", "main.r", "main.R", "main.sh", "a.py", "lib/main.py"]


def test_a_launcher_comes_before_the_script_that_it_runs() -> None:
    assert entry_scripts(["main.py", "run_main.py", "a.py"]) == ["run_main.py", "main.py", "a.py"]
    assert entry_scripts(["a.py", "train.py", "run_train.py"]) == ["run_train.py", "a.py", "train.py"]
    assert entry_scripts(["main.sh", "run_train.py", "train.py"])[:2] == ["main.sh", "run_train.py"]
    assert entry_scripts(["lib/a.py", "lib/run_b.py", "lib/b.py"])[0] == "lib/run_b.py"
    assert entry_scripts(["a.py", "run_all.py", "run_.py"]) == ["a.py", "run_.py", "run_all.py"]
    assert entry_scripts(["a.py", "lib/run_b.py", "lib/b.py"])[0] == "a.py"


def test_setup_files_and_tests_can_be_run_but_come_last() -> None:
    paths = ["setup.py", "tests/check.py", "test_x.py", "deep/er/train.py", "walk.ipynb", "z.R"]
    assert entry_scripts(paths)[:3] == ["walk.ipynb", "z.R", "deep/er/train.py"]
    assert set(entry_scripts(paths)) == set(paths)


def test_package_files_and_hidden_folders_are_no_entry_scripts() -> None:
    assert entry_scripts(["lib/__init__.py", ".venv/a.py", "__pycache__/b.py", ".hidden.py", "", "py"]) == []


@pytest.mark.parametrize(
    ("path", "interpreter"),
    [
        ("main.py", "python"),
        ("a/b.r", "Rscript"),
        ("b.R", "Rscript"),
        ("c.sh", "bash"),
        ("d.ipynb", "notebook"),
        ("e.txt", None),
    ],
)
def test_the_suffix_says_what_runs_a_script(path: str, interpreter: str | None) -> None:
    assert interpreter_of(path) == interpreter
