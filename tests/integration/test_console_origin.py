"""What a script runs with, and which file decided, stands above the console of every Run."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from projects.models import Project
from runs import lifecycle
from runs.models import Environment, Execution
from runs.states import State
from tests.finished_runs import freeze, queued, running


@pytest.fixture
def execution(project: Project, alice: User, tmp_path: Path) -> Execution:
    return queued(project, alice, tmp_path)


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def above_the_console(browser: Client, execution: Execution) -> str:
    html = browser.get(reverse("runs:detail", args=[execution.run_id])).content.decode()
    found = re.search(r'<p class="console-origin".*?</p>', html, re.DOTALL)
    assert found is not None
    assert html.index("data-console-search") < found.start() < html.index('id="console-lines"')
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])).strip().replace(" .", ".")


@pytest.mark.parametrize(
    ("name", "entry", "sentence"),
    [
        ("requirements.txt", "main.py", "venv, because there is requirements.txt."),
        ("environment.yml", "main.py", "Conda, because there is environment.yml."),
        ("notes.txt", "main.py", "A clean Python with nothing installed, because there is no "
         "environment.yml, requirements.txt or pyproject.toml."),
        ("tool.sh", "tool.sh", "The shell as installed on the node, because there is no "
         "environment.yml, requirements.txt or pyproject.toml."),
    ],
)  # fmt: skip
def test_which_file_decided_stands_above_the_console(
    browser: Client, execution: Execution, tmp_path: Path, name: str, entry: str, sentence: str
) -> None:
    run = execution.run
    run.snapshot = freeze({"main.py": "1", name: ""}, tmp_path / "other")
    run.entry_script = entry
    run.save()
    assert above_the_console(browser, execution) == f"{sentence} Its environment has not been built yet."
    running(execution)
    kind = {"requirements.txt": "venv", "environment.yml": "conda"}.get(name, "plain")
    Environment.objects.update(kind=kind, interpreter="Python 3.11")
    languages = "" if entry == "tool.sh" else " Python 3.11."
    expected = f"{sentence}{languages} Environment eeeeeeeeeeee."
    assert above_the_console(browser, execution) == expected
    lifecycle.transition(execution.pk, State.RUNNING, State.SUCCEEDED, exit_code=0)
    assert above_the_console(browser, execution) == expected
    Execution.objects.update(environment=None)
    assert above_the_console(browser, execution) == f"{sentence} No environment was built."


def test_a_node_with_another_platform_decided_by_its_own_file(
    browser: Client, execution: Execution, tmp_path: Path
) -> None:
    execution.run.snapshot = freeze({"main.py": "1", "environment-osx.yml": ""}, tmp_path / "other")
    execution.run.save()
    running(execution)
    Environment.objects.update(kind="conda")
    assert above_the_console(browser, execution).startswith("Conda, because there is environment-osx")
