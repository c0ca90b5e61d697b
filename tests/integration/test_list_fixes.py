"""What the page of a Run whose environment failed offers to do about its lists of packages, by one click."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from projects.models import Project
from runs.engine.worker import take_one
from runs.models import Run
from runs.states import State
from tasks.files import store
from tasks.models import Task
from tests.conda_channel import Channel
from tests.small_tasks import console, fresh, make_task, submit
from tests.wheelhouse import only_wheels

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser(client_of: Any, bob: User) -> Client:
    found: Client = client_of(bob)
    return found


@pytest.fixture(autouse=True)
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return only_wheels(tmp_path / "wheels", monkeypatch)


def failed(task: Task, entry: str = "main.py") -> Run:
    execution = submit(task, entry=entry)
    take_one()
    assert fresh(execution).status == State.FAILED
    return execution.run


def offers(browser: Client, run: Run) -> dict[str, str]:
    """{label: key} of the fixes that the page of a Run offers."""
    page = browser.get(run.get_absolute_url()).content.decode()
    found = re.findall(r'name="fix" value="([^"]+)">.*?</svg>\s*(.+?)\s*</button>', page, re.DOTALL)
    return {label: key for key, label in found}


def test_builds_of_another_system_are_left_out_by_one_click(
    project: Project, browser: Client, tmp_path: Path, settings: Any
) -> None:
    channel = Channel(tmp_path / "channel")
    channel.add("hello", "1.2", {"bin/hello": "#!/bin/sh\necho hello\n"}, build="h123_0")
    channel.index()
    settings.CONDA = ""
    text = f"channels: [{channel.url}]\ndependencies:\n  - hello=1.2=hMAC_9\n"
    task = make_task(project, {"main.sh": "hello", "environment.yml": text})
    run = failed(task, "main.sh")
    assert list(offers(browser, run)) == ["Try without builds"]
    key = offers(browser, run)["Try without builds"]
    answer = browser.post(reverse("runs:fix", args=[run.pk]), {"fix": key})
    assert answer.headers["Location"] == f"{reverse('runs:new', args=[task.pk])}?from={run.pk}"
    assert store.read_bytes(task, "environment.yml").decode() == text.replace("=hMAC_9", "")
    second = submit(Task.objects.get(pk=task.pk), entry="main.sh")
    take_one()
    assert fresh(second).status == State.SUCCEEDED
    assert offers(browser, run) == {}


def test_a_list_from_inside_conda_is_cleaned_by_one_click(project: Project, browser: Client) -> None:
    line = "alpha @ file:///home/conda/feedstock_root/build_artifacts/alpha_1700/work\n"
    task = make_task(project, {"main.py": "import alpha", "requirements.txt": line})
    run = failed(task)
    ((label, key),) = offers(browser, run).items()
    assert label == "Replace requirements.txt by the names and versions in it"
    browser.post(reverse("runs:fix", args=[run.pk]), {"fix": key})
    assert store.read_bytes(task, "requirements.txt") == b"alpha\n"


@pytest.mark.parametrize(
    ("content", "label"),
    [
        ("alpha==1.0\r\npywin32==306\r\n".encode("utf-16"), "Leave packages for other systems out"),
        (
            "Package Version\r\n------- -------\r\nalpha   1.0\r\n".encode("utf-16"),
            "Replace requirements.txt",
        ),
        (b"alpha @ file:///C:/x/alpha-1.0-py3-none-any.whl\n", "Replace requirements.txt by the names"),
    ],
)
def test_a_list_frozen_elsewhere_runs_after_one_click(
    project: Project, browser: Client, content: bytes, label: str
) -> None:
    source = "import alpha; print(alpha.VERSION)"
    task = make_task(project, {"main.py": source, "requirements.txt": content})
    run = failed(task)
    ((found, key),) = offers(browser, run).items()
    assert found.startswith(label)
    browser.post(reverse("runs:fix", args=[run.pk]), {"fix": key})
    second = submit(Task.objects.get(pk=task.pk))
    take_one()
    assert fresh(second).status == State.SUCCEEDED, console(second)
    assert console(second).splitlines()[-1] == "1.0"


def test_a_list_of_conda_in_requirements_txt_runs_after_one_click(
    project: Project, browser: Client, tmp_path: Path, settings: Any
) -> None:
    channel = Channel(tmp_path / "channel")
    channel.add("hello", "1.2", {"bin/hello": "#!/bin/sh\necho hello\n"})
    channel.index()
    settings.CONDA = ""
    text = f"name: x\nchannels:\n  - {channel.url}\ndependencies:\n  - hello\n"
    task = make_task(project, {"main.sh": "hello", "requirements.txt": text})
    run = failed(task, "main.sh")
    key = offers(browser, run)["Create environment.yml from this list of Conda"]
    browser.post(reverse("runs:fix", args=[run.pk]), {"fix": key})
    second = submit(Task.objects.get(pk=task.pk), entry="main.sh")
    take_one()
    assert console(second).splitlines()[-1] == "hello"


def test_a_file_that_is_not_read_gets_its_name_where_a_module_is_missing(
    project: Project, browser: Client
) -> None:
    task = make_task(project, {"main.py": "import alpha", "Requirements.txt": "alpha\n"})
    run = failed(task)
    key = offers(browser, run)["Rename to requirements.txt"]
    browser.post(reverse("runs:fix", args=[run.pk]), {"fix": key})
    assert [file.path for file in store.list_files(task)] == ["main.py", "requirements.txt"]


def test_what_is_no_longer_offered_changes_nothing(project: Project, browser: Client) -> None:
    task = make_task(project, {"main.py": "import alpha", "requirements.txt": "nothere\n"})
    run = failed(task)
    answer = browser.post(reverse("runs:fix", args=[run.pk]), {"fix": "create:x:main.py"}, follow=True)
    assert "files have changed since, so nothing was changed" in answer.content.decode()
    assert store.read_bytes(task, "requirements.txt") == b"nothere\n"


def test_who_may_only_look_can_change_nothing(project: Project, client_of: Any, vera: User) -> None:
    task = make_task(project, {"main.py": "import alpha", "Requirements.txt": "alpha\n"})
    run = failed(task)
    assert offers(client_of(vera), run) == {}
    assert client_of(vera).post(reverse("runs:fix", args=[run.pk]), {"fix": "x"}).status_code == 403
