"""What reading the code foresees is in the console of a Run before its script starts."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from projects.models import Project
from runs.engine import foreseen
from runs.engine.worker import take_one
from runs.models import Environment
from runs.states import State
from tasks import library
from tasks.models import Task
from tasks.preflight import reading
from tests.small_tasks import console, fresh, make_task, python, submit, write

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_missing_package_is_named_before_the_traceback(
    project: Project, shared_environments: object
) -> None:
    execution = python(project, "print('started')\nimport pandas\n")
    take_one()
    assert fresh(execution).status == State.FAILED
    lines = console(execution).splitlines()
    said = (
        "Before it runs: error: main.py:2: main.py imports pandas, and nothing installs it: "
        "there is no requirements.txt."
    )
    assert lines.index(said) < lines.index("started")
    assert "ModuleNotFoundError" in console(execution)


def test_a_script_without_findings_has_its_console_to_itself(
    project: Project, shared_environments: object
) -> None:
    execution = python(project, "print('started')\n")
    take_one()
    assert "Before it runs" not in console(execution)


def test_the_files_of_a_snapshot_are_read_once_for_all_of_its_runs(
    project: Project, shared_environments: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []
    whole = reading.read_files
    monkeypatch.setattr(reading, "read_files", lambda folder, also="": reads.append(folder) or whole(folder))
    task = make_task(project, {"main.py": "open('not-there.csv')\n"})
    executions = [submit(task) for _ in range(3)]
    while take_one():
        pass
    assert all("main.py reads not-there.csv" in console(execution) for execution in executions)
    assert len(reads) == 1


def test_the_packages_that_are_really_there_decide(project: Project) -> None:
    task = make_task(project, {"main.py": "import numpy, yaml\n", "requirements.txt": "some-lab-tools\n"})
    digest = submit(task).run.snapshot_id
    environment = Environment(kind="venv", packages="numpy==2.1.0\nsome-lab-tools==1.0\n")
    (line,) = foreseen.lines(digest, "main.py", environment)
    assert line.endswith("main.py imports yaml (pyyaml), which requirements.txt does not list.")
    conda = Environment(kind="conda", packages="numpy=2.1=0\npyyaml=6=0\nsome-lab-tools==1.0")
    assert foreseen.lines(digest, "main.py", conda) == ()


@pytest.mark.parametrize("name", sorted(library.templates()))
def test_nothing_is_found_in_the_templates(name: str) -> None:
    template = library.templates()[name]
    for script in template.entry_scripts:
        assert reading.findings_at(template.root, name, script) == ()
        assert reading.unread_parameters(template.root, name, script) == []


def test_an_environment_that_was_built_from_the_same_lists_answers_for_the_pages(project: Project) -> None:
    lists = {"requirements.txt": "some-lab-tools\n"}
    task = make_task(project, {"main.py": "import seaborn\n", **lists})
    (unsure,) = reading.findings(task, "main.py")
    assert not unsure.is_error and "Unless another package brings it" in unsure.message
    execution = submit(task)
    execution.environment = Environment.objects.create(kind="venv", packages="some-lab-tools==1\nscipy==1\n")
    execution.save()
    (sure,) = reading.findings(task, "main.py")
    assert sure.is_error and sure.message == "main.py imports seaborn, which requirements.txt does not list."
    Environment.objects.update(packages="seaborn==0.13\n")
    assert reading.findings(task, "main.py") == ()
    write(task, {"requirements.txt": "other-lab-tools\n"})
    assert not reading.findings(task, "main.py")[0].is_error


def test_a_list_that_is_not_read_is_named_once(project: Project, shared_environments: object) -> None:
    execution = submit(make_task(project, {"main.py": "print('started')\n", "reqs.txt": "pandas\n"}))
    take_one()
    assert console(execution).count("reqs.txt is not read") == 1, console(execution)


def test_code_that_one_click_fixes_runs_then(
    project: Project, client_of: Callable[[User], Client], bob: User, shared_environments: object
) -> None:
    task = make_task(project, {"main.py": "print(“hello”)\n"})
    ((fix,),) = [one.fixes for one in reading.findings(task)]
    client_of(bob).post(reverse("tasks:fix", args=[task.pk]), {"fix": fix.key})
    execution = submit(Task.objects.get(pk=task.pk))
    take_one()
    assert fresh(execution).status == State.SUCCEEDED and "hello" in console(execution)
