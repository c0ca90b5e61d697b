"""What the Run page says of a script that failed: its line, the place, the cause, and what to do first."""

import html
import os
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from projects.models import Project
from runs.engine.worker import take_one
from runs.models import Execution
from tasks.files import store
from tests.small_tasks import make_task, python, submit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser(client_of: Any, bob: User) -> Client:
    found: Client = client_of(bob)
    return found


def banner_of(client: Client, execution: Execution) -> str:
    take_one()
    page = client.get(execution.run.get_absolute_url()).content.decode()
    part = page[page.index('id="run-banner"') : page.index('class="columns"')]
    return html.unescape(re.sub(r"\s+", " ", part))


def test_a_script_that_fails_is_told_with_its_line_place_cause_and_what_to_do_first(
    project: Project, browser: Client
) -> None:
    task = make_task(
        project,
        {
            "main.py": "import json, os\nvalues = json.load(open(os.environ['CORETEX_PARAMETERS']))\n"
            "print(float(values['rate']))\n",
            "task.yaml": "parameters:\n  - {name: rate, data_type: str, value: abc}\n",
        },
    )
    execution = submit(task, values={"rate": "abc"})
    banner = banner_of(browser, execution)
    assert "ValueError: could not convert string to float: 'abc'" in banner
    assert f'href="/runs/{execution.run_id}/snapshot/main.py#L3">main.py, line 3</a>' in banner
    assert "The parameter rate has the value abc" in banner
    assert re.search(rf'btn-primary[^>]*href="/tasks/{task.pk}/run\?from={execution.run_id}"', banner)
    assert "Run again with changes" in banner and "Execute again" not in banner


def test_a_line_that_is_wrong_is_edited_first(project: Project, browser: Client) -> None:
    execution = python(project, "x = 1\nprint(y)\n")
    banner = banner_of(browser, execution)
    assert f'href="/tasks/{execution.run.task_id}/files/main.py#L2"' in banner
    assert "Edit main.py:2" in banner
    page = browser.get(execution.run.get_absolute_url()).content.decode()
    assert not re.search(r'btn-primary"[^>]*title="The same Snapshot', page)


def test_what_may_go_well_the_next_time_is_executed_again_first(project: Project, browser: Client) -> None:
    banner = banner_of(browser, python(project, "raise OSError(28, 'No space left on device')"))
    assert "The disk is full" in banner
    assert re.search(r"btn-primary.*Execute again", banner)


def test_an_empty_console_is_said_to_be_empty(project: Project, browser: Client) -> None:
    banner = banner_of(browser, python(project, "import os; os._exit(3)"))
    assert "ended with exit code 3. It printed nothing." in banner
    assert "Show end of console" not in banner


def test_a_killed_script_is_started_with_other_values(project: Project, browser: Client) -> None:
    banner = banner_of(
        browser, python(project, "import os; print('error: x', flush=True); os.kill(os.getpid(), 9)")
    )
    assert "killed by signal KILL (9), as happens when memory runs out" in banner
    assert "error: x" not in banner
    assert re.search(r"btn-primary.*Run again with changes", banner)


def test_a_file_that_is_no_longer_in_the_task_is_not_to_be_edited(project: Project, browser: Client) -> None:
    task = make_task(project, {"main.py": "import helper", "helper.py": "1 / 0"})
    execution = submit(task)
    store.delete(task, "helper.py", by=task.created_by)
    banner = banner_of(browser, execution)
    assert "helper.py, line 1" in banner and "Edit" not in banner
    assert re.search(r"btn-primary.*Run again with changes", banner)


def test_the_place_is_in_the_task_where_a_compiled_package_names_files_of_its_own(
    project: Project, browser: Client
) -> None:
    source = "code = compile('1 / 0', 'pandas/_libs/parsers.pyx', 'exec')\nexec(code)\n"
    banner = banner_of(browser, python(project, source))
    assert "Edit main.py:2" in banner and "parsers.pyx" not in banner


def test_who_may_only_look_sees_no_button_in_it(project: Project, client_of: Any, vera: User) -> None:
    banner = banner_of(client_of(vera), python(project, "1 / 0"))
    assert "ZeroDivisionError: division by zero" in banner
    assert "btn-primary" not in banner


def test_what_installers_cannot_reach_is_tried_again_first(
    project: Project, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    task = make_task(project, {"main.py": "import alpha", "requirements.txt": "alpha"})
    banner = banner_of(browser, submit(task))
    assert "127.0.0.1 cannot be reached from this node. Try again later" in banner
    assert re.search(r"btn-primary.*Execute again", banner)
