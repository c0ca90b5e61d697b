"""Which runtime a Task has and which scripts can be run."""

import pytest

from runs.models import Environment
from runs.templatetags.executions import runtime_of
from tasks import project_tables
from tasks.runtime import Runtime, entry_scripts, find_runtime, interpreter_of

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
    why = "because there is no environment.yml, requirements.txt or pyproject.toml."
    assert runtime.sentence == f"A clean Python with nothing installed, {why}"


def runtime_of_files(files: dict[str, str], entry: str = "main.py") -> Runtime:
    return find_runtime(files, platform="linux", entry=entry, read=lambda path: files.get(path, ""))


BLOCK = "# /// script\n# dependencies = ['alpha']\n# requires-python = '>=3.9'\n# ///\nimport alpha\n"
PROJECT = '[project]\nname = "x"\nversion = "1"\ndependencies = ["alpha"]\n'
BUILD = '[build-system]\nrequires = ["setuptools"]\n'


def test_environment_yaml_is_read_as_environment_yml() -> None:
    runtime = find_runtime(["environment.yaml", "requirements.txt"], platform="linux")
    assert (runtime.kind, runtime.file) == ("conda", "environment.yaml")
    assert find_runtime(["environment-osx.yaml"], platform="darwin").file == "environment-osx.yaml"
    both = find_runtime(["environment.yaml", "environment.yml"], platform="linux")
    assert both.file == "environment.yml"
    assert "environment.yaml is also present, but environment.yml takes precedence" in both.sentence


def test_a_script_that_lists_its_packages_itself_has_a_venv() -> None:
    runtime = runtime_of_files({"main.py": BLOCK, "pyproject.toml": PROJECT})
    assert (runtime.kind, runtime.source, runtime.file) == ("venv", "script", "main.py")
    assert runtime.listed is not None
    assert (runtime.listed.dependencies, runtime.listed.python) == (("alpha",), ">=3.9")
    assert "main.py itself lists packages" in runtime.sentence
    assert "pyproject.toml is also present, but main.py takes precedence" in runtime.sentence


def test_another_entry_script_of_the_same_task_has_another_runtime() -> None:
    files = {"main.py": BLOCK, "train.py": "print()"}
    assert runtime_of_files(files, "train.py").kind == "plain"
    assert runtime_of_files(files, "main.sh").kind == "plain"


def test_requirements_txt_comes_before_what_a_script_or_a_project_lists_and_says_so() -> None:
    runtime = runtime_of_files({"main.py": BLOCK, "pyproject.toml": PROJECT, "requirements.txt": ""})
    assert (runtime.source, runtime.file) == ("requirements", "requirements.txt")
    beside = "a list of packages in main.py and pyproject.toml are also present, but requirements.txt takes"
    assert beside in runtime.sentence


def test_a_project_has_a_venv_with_its_dependencies() -> None:
    runtime = runtime_of_files({"pyproject.toml": PROJECT})
    assert (runtime.kind, runtime.source, runtime.file) == ("venv", "project", "pyproject.toml")
    assert runtime.sentence == "venv, because pyproject.toml lists dependencies."
    package = runtime_of_files({"pyproject.toml": PROJECT + BUILD})
    assert "the project itself is installed too" in package.sentence
    locked = runtime_of_files({"pyproject.toml": PROJECT, "uv.lock": ""})
    assert locked.sentence.startswith("venv with exactly what uv.lock says, because")


@pytest.mark.parametrize(
    ("text", "is_package"),
    [
        (PROJECT, False),
        (PROJECT + BUILD, True),
        (PROJECT + BUILD + "[tool.uv]\npackage = false\n", False),
        (PROJECT + "[tool.uv]\npackage = true\n", True),
        (PROJECT + BUILD + "[tool.poetry]\npackage-mode = false\n", False),
    ],
)
def test_a_project_is_a_package_as_uv_has_it(text: str, is_package: bool) -> None:
    found = runtime_of_files({"pyproject.toml": text}).listed
    assert found is not None
    assert found.is_package is is_package


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[tool.ruff]\nline-length = 100\n",
        '[project]\nname = "x"\nrequires-python = ">=3.9"\n',
        "[project]\ndependencies = []\n",
        BUILD,
    ],
)
def test_a_pyproject_toml_without_dependencies_has_no_environment(text: str) -> None:
    runtime = runtime_of_files({"pyproject.toml": text})
    assert (runtime.kind, runtime.file, runtime.problem) == ("plain", None, "")
    assert "because pyproject.toml lists no dependencies and there is no environment.yml" in runtime.sentence


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"pyproject.toml": "[project\n"}, "pyproject.toml cannot be read: Expected ']'"),
        ({"pyproject.toml": "[project]\ndependencies = 'a'\n"}, "dependencies must be a list of texts"),
        ({"main.py": "#!/usr/bin/env python\n# /// script\n# a = 1\n"}, "main.py:2: the block"),
        ({"main.py": "# /// script\n# a =\n# ///\n"}, "of main.py cannot be read: Invalid value"),
        (
            {"pyproject.toml": PROJECT.replace("alpha", "alpha beta")},
            "'alpha beta' is no dependency",
        ),
        ({"pyproject.toml": PROJECT + "requires-python = '^3.9'\n"}, "such as \">=3.11,<4\", but is '^3.9'"),
        ({"main.py": BLOCK.replace(">=3.9", "3.9")}, "main.py: requires-python must be a text such as"),
        ({"main.py": BLOCK + BLOCK}, "has a block `# /// script` in lines 1 and 6; expected one"),
        ({"main.py": "# /// script\n# requires-python = 3.9\n# ///\n"}, "requires-python must be a text"),
    ],
)
def test_what_cannot_be_read_is_told_in_words(files: dict[str, str], words: str) -> None:
    assert words in runtime_of_files(files).problem


@pytest.mark.parametrize(
    "text",
    [
        BLOCK.replace("\n", "\r\n"),
        "#!/usr/bin/env -S uv run --script\n\n" + BLOCK,
        BLOCK.replace("# ///\n", "#\n# ///\n"),
        BLOCK.replace("# dependencies", "# # a remark\n# dependencies"),
    ],
)
def test_a_block_is_read_as_its_specification_says(text: str) -> None:
    found = runtime_of_files({"main.py": text}).listed
    assert found is not None
    assert found.dependencies == ("alpha",)


@pytest.mark.parametrize("text", ["# /// pyproject\n# a = 1\n# ///\n", "x = '\\\n # /// script\\\n'", ""])
def test_other_comments_are_no_block(text: str) -> None:
    assert runtime_of_files({"main.py": text}).kind == "plain"


def test_scripts_in_other_languages_run_with_what_the_node_has() -> None:
    why = "because there is no environment.yml, requirements.txt or pyproject.toml."
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


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", 'has no name. Add name = "my-project".'),
        ('name = "x"\n', 'has no version. Add version = "1.0".'),
        ('name = "my project"\nversion = "1"\n', "[project].name must be letters, digits, -, _ and ."),
        ('name = "x"\nversion = "one"\n', "[project].version must be a version such as 1.0, but is 'one'."),
        ('name = "x"\nversion = "1"\ndescription = "pr\ufffd"\n', "it must be saved as UTF-8"),
        ('name = "x"\ndynamic = ["version"]\n', ""),
    ],
)
def test_a_project_needs_a_name_and_a_version(text: str, problem: str) -> None:
    said = project_tables.project(f'[project]\n{text}dependencies = ["numpy"]\n').problem
    assert problem in said and bool(problem) == bool(said)


def test_a_project_that_installs_nothing_needs_neither() -> None:
    assert project_tables.project('[project]\nrequires-python = ">=3.11"\n').problem == ""


def test_a_block_that_another_line_ends_names_that_line() -> None:
    listed = project_tables.script('# /// script\n#dependencies = ["a"]\n# ///\n', name="main.py")
    assert listed is not None
    assert listed.problem.endswith("and then a line `# ///`, but line 2 is another.")
