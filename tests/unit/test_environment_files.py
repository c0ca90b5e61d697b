"""Files that look like lists of packages and are not read: each with why, and what one click can do."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.environment_files import Ignored, ignored
from tasks.runtime import Runtime, find_runtime


def found(*paths: str, text: str = "") -> tuple[Ignored, ...]:
    return ignored(paths, runtime(paths, text), platform="linux")


def runtime(paths: Iterable[str], text: str = "") -> Runtime:
    names = [path for path in paths if "/" not in path]
    return find_runtime(names, platform="linux", read=lambda path: text)


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("conda.yaml", "Rename to environment.yml"),
        ("conda.yml", "Copy as environment.yml"),
        ("env.yml", "Rename to environment.yml"),
        ("environment-gpu.yml", "Copy as environment.yml"),
        ("Environment.yml", "Rename to environment.yml"),
        ("environment.yml.txt", "Rename to environment.yml"),
        ("environment-osx.yml", "Copy as environment.yml"),
        ("src/environment.yml", "Move to environment.yml"),
        ("Requirements.txt", "Rename to requirements.txt"),
        ("requirements.in", "Create requirements.txt with the line -r requirements.in"),
        ("requirements-dev.txt", "Create requirements.txt with the line -r requirements-dev.txt"),
        ("dev_requirements.txt", "Rename to requirements.txt"),
        ("requirements/base.txt", "Create requirements.txt with the line -r requirements/base.txt"),
        ("src/requirements.txt", "Create requirements.txt with the line -r src/requirements.txt"),
        ("requirments.txt", "Rename to requirements.txt"),
        ("requirements.txt.txt", "Rename to requirements.txt"),
        ("reqs.txt", "Rename to requirements.txt"),
        ("setup.py", "Create requirements.txt with the line ."),
        ("setup.cfg", "Create requirements.txt with the line ."),
        ("src/pyproject.toml", "Create requirements.txt with the line ./src"),
    ],
)
def test_a_near_miss_says_why_and_what_to_do(path: str, label: str) -> None:
    (file,) = found("main.py", path)
    assert file.path == path
    assert file.why.endswith(".")
    assert label in [fix.label for fix in file.fixes]


@pytest.mark.parametrize(
    "path", ["Pipfile", "Pipfile.lock", "poetry.lock", "uv.lock", "renv.lock", "pixi.toml"]
)
def test_what_other_tools_read_is_named_without_a_fix(path: str) -> None:
    (file,) = found("main.py", path)
    assert file.fixes == ()
    assert file.sentence.startswith(f"{path} is not read: ")


@pytest.mark.parametrize(
    "path",
    [
        "main.py", "task.yaml", "requests.txt", "required_columns.txt", "request.py", "docker-compose.yml",
        "requirements.md", ".github/requirements.txt", "node_modules/requirements.txt", "config.yaml",
        "a/b/c/requirements.txt", "environment.py", "data.txt", "pyproject.toml",
    ],
)  # fmt: skip
def test_other_files_are_not_mentioned(path: str) -> None:
    assert found(path) == ()


def test_nothing_is_mentioned_of_a_task_that_has_an_environment() -> None:
    assert found("requirements.txt", "requirements-dev.txt", "conda.yaml", "setup.py") == ()
    assert found("environment.yaml", "Requirements.txt") == ()


def test_the_likeliest_comes_first_and_few_are_listed() -> None:
    lists = [f"requirements/{name}.txt" for name in ("dev", "docs", "base", "lint", "test", "extra", "more")]
    files = found(*lists, "setup.py")
    assert [file.path for file in files[:2]] == ["setup.py", "requirements/base.txt"]
    assert len(files) == 5


def test_a_fix_does_not_replace_another_file() -> None:
    (first, second) = found("requirements/base.txt", "REQUIREMENTS.TXT")
    assert first.path == "REQUIREMENTS.TXT"
    assert [fix.label for fix in first.fixes] == ["Rename to requirements.txt"]
    assert second.fixes == ()


def test_a_project_of_another_tool_is_named() -> None:
    text = '[tool.poetry.dependencies]\npython = "^3.9"\n[build-system]\nrequires = ["poetry-core"]\n'
    (file,) = found("pyproject.toml", text=text)
    assert "[tool.poetry.dependencies], which only Poetry reads" in file.why
    assert [fix.text for fix in file.fixes] == [".\n"]
    (groups,) = found("pyproject.toml", text='[dependency-groups]\ndev = ["pytest"]\n')
    assert "only [project] dependencies are installed" in groups.why


def test_the_key_of_a_fix_names_that_change_and_no_other() -> None:
    (fix,) = found("conda.yaml")[0].fixes[:1]
    assert fix.key == found("conda.yaml")[0].fixes[0].key
    others = [replace(fix, target="x.yml"), replace(fix, text="x"), replace(fix, action="copy")]
    assert len({fix.key, *(one.key for one in others)}) == 4


@given(st.lists(st.text("aeimnqrstuv-_./ yltxRE", min_size=1, max_size=24), max_size=8))
def test_every_offered_fix_is_possible(paths: list[str]) -> None:
    for file in found(*paths):
        assert file.path in paths
        for fix in file.fixes:
            assert fix.target in {"environment.yml", "requirements.txt"}
            others = [path for path in paths if path != fix.path or fix.action != "rename"]
            assert fix.target not in others


def test_dynamic_dependencies_are_had_by_installing_the_project() -> None:
    text = '[project]\nname = "x"\nversion = "1"\ndynamic = ["dependencies"]\n'
    file = found("pyproject.toml", "main.py", text=text)[0]
    assert file.path == "pyproject.toml"
    assert "known only when the project itself is installed" in file.why
    assert [fix.label for fix in file.fixes] == ["Create requirements.txt with the line ."]
