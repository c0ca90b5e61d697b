"""Errors and warnings of task.yaml on pages: told apart by word, icon and class; a warning stops nothing."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from projects.models import Project
from runs.models import Run
from tasks.models import Task
from tests.browser_like import form_pairs
from tests.small_tasks import make_task
from tests.task_yamls import one

pytestmark = pytest.mark.django_db
WARNED = one("value: 3.10")
WRONG = one("value: 1_000\nmin: a")


@pytest.fixture
def browser(client_of: Callable[[User], Client], alice: User) -> Client:
    return client_of(alice)


def task_of(project: Project, text: str, name: str = "Train") -> Task:
    return make_task(project, {"main.py": "print(1)\n", "task.yaml": text}, name=name)


def problems(html: str) -> list[tuple[str, str, str]]:
    """Class, icon and word of each problem on a page."""
    found = r'class="problem problem-(\w+)".*?icons\.svg#(\w+)".*?class="problem-word">(\w+):</strong>'
    return re.findall(found, html, re.DOTALL)


@pytest.mark.parametrize("page", ["parameters", "file"])
def test_the_pages_of_a_task_tell_errors_and_warnings_apart(
    browser: Client, project: Project, page: str
) -> None:
    task = task_of(project, WRONG)
    arguments = [task.pk, "task.yaml"] if page == "file" else [task.pk]
    html = browser.get(reverse(f"tasks:{page}", args=arguments)).content.decode()
    assert problems(html) == [("warning", "warning", "Warning"), ("error", "error", "Error")]
    assert 'class="banner banner-danger"' in html


def test_what_is_typed_in_the_editor_gets_its_warnings(browser: Client, project: Project) -> None:
    task = task_of(project, "")
    html = browser.post(reverse("tasks:preview", args=[task.pk]), {"text": WARNED}).content.decode()
    assert problems(html) == [("warning", "warning", "Warning")]
    assert "YAML reads 3.10 as the float 3.1" in html


def test_a_task_with_errors_lists_them_when_it_is_to_be_run(browser: Client, project: Project) -> None:
    html = browser.get(reverse("runs:new", args=[task_of(project, WRONG).pk])).content.decode()
    assert problems(html) == [("warning", "warning", "Warning"), ("error", "error", "Error")]
    assert "task.yaml#L6" in html


def test_a_task_with_warnings_shows_them_above_the_form_and_runs(browser: Client, project: Project) -> None:
    address = reverse("runs:new", args=[task_of(project, WARNED).pk])
    html = browser.get(address).content.decode()
    assert problems(html) == [("warning", "warning", "Warning")]
    assert "Warnings in task.yaml" in html
    sent = dict(form_pairs(html, "run-task"))
    browser.post(address, sent)
    assert Run.objects.get().parameters == {"p": 3.1}


def test_a_task_yaml_without_problems_shows_none(browser: Client, project: Project) -> None:
    html = browser.get(reverse("runs:new", args=[task_of(project, one("value: 3.1")).pk])).content.decode()
    assert problems(html) == []
    assert "Warnings in task.yaml" not in html


def test_the_files_of_a_task_say_that_there_are_warnings(browser: Client, project: Project) -> None:
    task = task_of(project, WARNED)
    html = browser.get(reverse("tasks:detail", args=[task.pk])).content.decode()
    assert "task.yaml has 1 warning. The Task can be run." in html
    assert reverse("tasks:parameters", args=[task.pk]) in html
    html = browser.get(
        reverse("tasks:detail", args=[task_of(project, one("value: 1"), "Other").pk])
    ).content.decode()
    assert "warning." not in html
