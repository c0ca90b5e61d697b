"""The recipes of CONTRIBUTING.md, followed to the letter in a copy of the repository."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
RECIPES = ["Add a parameter type", "Add a runtime", "Add a page"]
BLOCK = re.compile(r"^(?P<fence>```+)(?P<kind>\w+)\n(?P<text>.*?)^(?P=fence)$", re.M | re.S)
COPIED = ("coretex_site", "projects", "tasks", "runs", "static", "templates", "tests", "docs")


@dataclass(frozen=True, kw_only=True)
class Step:
    """A block of a recipe: a change of a file, a new file, or (`sh`) commands."""

    kind: str
    text: str
    path: str
    is_new: bool


def steps(recipe: str) -> Iterator[Step]:
    """The blocks of a recipe; each is for the path that the prose named last."""
    section = PAGE.split(f"\n## {recipe}\n")[1].split("\n## ")[0]
    path, is_new, end = "", False, 0
    for block in BLOCK.finditer(section):
        prose = section[end : block.start()]
        end = block.end()
        if named := re.findall(r"(New file )?`([\w.-]+(?:/[\w.-]+)+)`", prose):
            is_new, path = bool(named[-1][0]), named[-1][1]
        yield Step(kind=block["kind"], text=block["text"], path=path, is_new=is_new)


def follow(step: Step, house: Path) -> None:
    """Writes the new file, or changes the one place where the unchanged and removed lines are."""
    file = house / step.path
    if step.kind != "diff":
        assert step.is_new and not file.exists(), f"{step.path} is not announced as new, or is there already"
        file.write_text(step.text)
        return
    lines = step.text.splitlines(keepends=True)
    assert {line[0] for line in lines} <= {" ", "+", "-"}, step.text
    before = "".join(line[1:] for line in lines if line[0] != "+")
    after = "".join(line[1:] for line in lines if line[0] != "-")
    text = file.read_text()
    places = text.count(f"\n{before}")
    assert places == 1, f"{step.path} has {places} places for\n{step.text}"
    file.write_text(text.replace(f"\n{before}", f"\n{after}"))


def run(words: list[str | Path], house: Path) -> None:
    result = subprocess.run(
        words,
        cwd=house,
        # The copy comes before the installed project.
        env={**os.environ, "PYTHONPATH": str(house), "CORETEX_DATA_DIR": str(house / "var")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository in which all recipes were followed."""
    copy = tmp_path_factory.mktemp("house")
    unwanted = shutil.ignore_patterns("__pycache__", "screenshots")
    for name in COPIED:
        shutil.copytree(ROOT / name, copy / name, ignore=unwanted)
    for file in ROOT.iterdir():
        if file.is_file() and file.name != ".git":
            shutil.copy(file, copy)
    for recipe in RECIPES:
        for step in steps(recipe):
            if step.kind != "sh":
                follow(step, copy)
    return copy


def test_every_recipe_of_the_page_is_tried_here() -> None:
    assert re.findall(r"^## (Add .+)$", PAGE, re.M) == RECIPES


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_ends_with_tests_that_pass(recipe: str, house: Path) -> None:
    commands = [line for step in steps(recipe) if step.kind == "sh" for line in step.text.splitlines()]
    assert commands
    for command in commands:
        program, script, action, *arguments = shlex.split(command)
        assert (program, script, action) == ("python3", "manage.py", "test")
        # What follows `test` is passed on to pytest, which fails when nothing is chosen. No recipe changes a
        # table, and without migrations a database is made in half the time.
        options = ["-q", "-p", "no:cacheprovider", "--no-migrations"]
        run([sys.executable, "-m", "pytest", *options, *arguments], house)


def test_what_the_recipes_write_has_nothing_for_the_linters_to_find(house: Path) -> None:
    programs = Path(sys.executable).parent
    templates = [step.path for recipe in RECIPES for step in steps(recipe) if step.path.endswith(".html")]
    run([programs / "ruff", "check", "--no-cache", "."], house)
    run([programs / "ruff", "format", "--no-cache", "--check", "."], house)
    run([programs / "djhtml", "--check", "--tabwidth", "2", *templates], house)
    run([programs / "djlint", "--lint", *templates], house)
    run([programs / "lint-imports", "--no-cache"], house)


def test_a_recipe_that_no_longer_fits_is_caught(house: Path) -> None:
    gone = Step(kind="diff", text=' "no such line"\n+"new"\n', path="tasks/runtime.py", is_new=False)
    with pytest.raises(AssertionError, match="has 0 places"):
        follow(gone, house)
