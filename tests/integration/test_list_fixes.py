"""What the page of a Run whose environment failed offers to do about its lists of packages, by one click."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from coretex_site.lib import paths
from projects.models import Project
from runs.engine.worker import take_one
from runs.models import Execution, Run
from runs.states import Reason, State
from tasks.files import store
from tasks.models import Task
from tasks.preflight import names
from tests.conda_channel import Channel
from tests.small_tasks import console, fresh, make_task, submit
from tests.wheelhouse import only_wheels
from tests.wheels import make_wheel

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


@pytest.mark.parametrize(
    ("lists", "label", "file", "text"),
    [
        ({}, "Add requirements.txt with alpha-tools", "requirements.txt", "alpha-tools\n"),
        (
            {"requirements.txt": "beta\n"},
            "Add alpha-tools to requirements.txt",
            "requirements.txt",
            "beta\nalpha-tools\n",
        ),
    ],
)
def test_a_module_that_was_missing_is_added_by_the_first_button_and_the_next_run_succeeds(
    project: Project,
    browser: Client,
    wheels: Path,
    monkeypatch: pytest.MonkeyPatch,
    lists: dict[str, str],
    label: str,
    file: str,
    text: str,
) -> None:
    make_wheel(wheels, "alpha_tools", modules={"alphamodule.py": "VALUE = 7\n"})
    monkeypatch.setattr(names, "_other_names", lambda: {"alphamodule": ("alpha-tools",)})
    code = "import importlib\nprint(importlib.import_module('alphamodule').VALUE)\n"
    task = make_task(project, {"main.py": code, **lists})
    run = failed(task)
    page = browser.get(run.get_absolute_url()).content.decode()
    assert re.findall(r'btn-primary" type="submit">\s*<svg.*?</svg>\s*(.+?)\s*<', page, re.DOTALL)[0] == label
    ((shown, key),) = offers(browser, run).items()
    assert shown == label
    answer = browser.post(reverse("runs:fix", args=[run.pk]), {"fix": key})
    assert answer.headers["Location"] == f"{reverse('runs:new', args=[task.pk])}?from={run.pk}"
    assert store.read_bytes(task, file).decode() == text
    second = submit(Task.objects.get(pk=task.pk))
    take_one()
    assert fresh(second).status == State.SUCCEEDED
    after = browser.get(run.get_absolute_url()).content.decode()
    assert offers(browser, run) == {} and f"Edit {file}" in after


def test_a_module_that_no_package_is_known_for_leads_to_the_file_that_lists_packages(
    project: Project, browser: Client
) -> None:
    code = "import importlib\nimportlib.import_module('nobodys_module')\n"
    listed = make_task(project, {"main.py": code, "requirements.txt": "# none\n"})
    page = browser.get(failed(listed).get_absolute_url()).content.decode()
    href = reverse("tasks:file", args=[listed.pk, "requirements.txt"])
    assert re.search(rf'btn-primary[^>]*href="{href}".*?Edit requirements.txt', page, re.DOTALL)
    bare = make_task(project, {"main.py": code}, name="Bare")
    assert "Look at the Task's files" in html.unescape(
        browser.get(failed(bare).get_absolute_url()).content.decode()
    )


def test_a_module_in_another_folder_of_the_task_is_not_added_to_what_is_listed(
    project: Project, browser: Client
) -> None:
    files = {"main.py": "import numpy\n", "lib/numpy.py": "", "requirements.txt": "# none\n"}
    run = failed(make_task(project, files))
    page = html.unescape(browser.get(run.get_absolute_url()).content.decode())
    assert offers(browser, run) == {} and "The Task has numpy in the folder lib" in page
    assert "Look at the Task's files" in page


@pytest.mark.parametrize(
    ("package", "added"), [("DESeq2", "bioconductor-deseq2"), ("fictional", "r-fictional")]
)
def test_a_package_of_r_that_was_missing_is_added_to_the_environment(
    project: Project, browser: Client, package: str, added: str
) -> None:
    text = "channels: [conda-forge, bioconda]\ndependencies:\n  - r-base\n"
    task = make_task(project, {"main.R": f"library({package})\n", "environment.yml": text})
    execution = submit(task, entry="main.R")
    Execution.objects.filter(pk=execution.pk).update(state=State.FAILED, reason=Reason.EXIT_CODE)
    said = f"Error in library({package}) : there is no package called ‘{package}’\nExecution halted\n"
    console = paths.console(execution.pk)
    console.parent.mkdir(parents=True, exist_ok=True)
    console.write_text(said)
    ((label, key),) = offers(browser, execution.run).items()
    assert label == f"Add {added} to environment.yml"
    browser.post(reverse("runs:fix", args=[execution.run_id]), {"fix": key})
    assert store.read_bytes(task, "environment.yml").decode() == f"{text}  - {added}\n"
    page = browser.get(execution.run.get_absolute_url()).content.decode()
    assert offers(browser, execution.run) == {} and "Edit environment.yml" in page
