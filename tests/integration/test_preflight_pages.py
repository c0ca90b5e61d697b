"""What the Task page and the Run Task form say of files before they run, and what one click does about it."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from projects.models import Project
from runs.models import Batch, Run
from tasks.files import store
from tasks.models import Task
from tests import small_tasks
from tests.browser_like import form_data
from tests.html_pages import flat

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
SCRIPT = "import pandas as pd\n\nprint(pd.read_csv('data/train.csv'))\n"
TASK_YAML = """\
param_groups:
  - name: training
    params:
      - {name: lr, value: 0.1, data_type: float}
      - {name: momentum, value: 0.9, data_type: float}
"""
READS_LR = """\
import json, os
parameters = json.load(open(os.environ["CORETEX_PARAMETERS"]))
print(parameters["lr"])
"""
CLIENT = """\
from coretex import currentTaskRun
run = currentTaskRun()
print(run.parameters["lr"])
everything = [run.parameters]
"""


@pytest.fixture
def browser(client_of: ClientOf, bob: User) -> Client:
    """Bob's, who may edit."""
    return client_of(bob)


def text_of(task: Task, path: str) -> str:
    return store.read_bytes(task, path).decode()


def fix_key(page: str, label: str) -> str:
    """The value of the button with that label."""
    button = page[: page.index(label)].rpartition('name="fix" value="')[2]
    return button.partition('"')[0]


def test_the_task_page_names_what_is_missing_and_one_click_adds_it(browser: Client, project: Project) -> None:
    task = small_tasks.make_task(project, {"main.py": SCRIPT})
    page = browser.get(task.get_absolute_url()).content.decode()
    assert "Before it runs" in page
    assert "main.py imports pandas, and nothing installs it: there is no requirements.txt." in flat(page)
    assert "main.py reads data/train.csv, but the Task has no such file." in flat(page)
    assert f"{reverse('tasks:file', args=[task.pk, 'main.py'])}#L3" in page
    here = reverse("tasks:file", args=[task.pk, "main.py"])
    given = {"fix": fix_key(page, "Add requirements.txt with pandas"), "next": here}
    answer = browser.post(reverse("tasks:fix", args=[task.pk]), given, follow=True)
    assert answer.redirect_chain == [(here, 302)]
    assert text_of(task, "requirements.txt") == "pandas\n"
    page = flat(answer.content.decode())
    assert "requirements.txt was added." in page
    assert "imports pandas" not in page


def test_a_click_on_what_is_no_longer_needed_changes_nothing(browser: Client, project: Project) -> None:
    task = small_tasks.make_task(project, {"main.py": SCRIPT})
    key = fix_key(browser.get(task.get_absolute_url()).content.decode(), "Add requirements.txt with pandas")
    small_tasks.write(task, {"requirements.txt": "pandas==2.2\n"})
    answer = browser.post(reverse("tasks:fix", args=[task.pk]), {"fix": key}, follow=True)
    assert "The files have changed meanwhile, so nothing was done." in flat(answer.content.decode())
    assert text_of(task, "requirements.txt") == "pandas==2.2\n"


def test_a_renamed_file_leads_back_to_a_page_that_is_there(browser: Client, project: Project) -> None:
    task = small_tasks.make_task(project, {"main.py": "import pandas\n", "reqs.txt": "pandas\n"})
    here = reverse("tasks:file", args=[task.pk, "reqs.txt"])
    key = fix_key(browser.get(here).content.decode(), "Rename to requirements.txt")
    answer = browser.post(reverse("tasks:fix", args=[task.pk]), {"fix": key, "next": here}, follow=True)
    assert answer.status_code == 200
    assert "reqs.txt is now requirements.txt." in flat(answer.content.decode())


def test_vera_reads_the_sentences_and_has_no_buttons(
    client_of: ClientOf, vera: User, browser: Client, project: Project
) -> None:
    task = small_tasks.make_task(project, {"main.py": SCRIPT})
    key = fix_key(browser.get(task.get_absolute_url()).content.decode(), "Add requirements.txt with pandas")
    watching = client_of(vera)
    page = watching.get(task.get_absolute_url()).content.decode()
    assert "main.py imports pandas" in flat(page)
    assert 'name="fix"' not in page
    assert watching.post(reverse("tasks:fix", args=[task.pk]), {"fix": key}).status_code == 403


def test_saving_in_the_editor_updates_what_is_found(browser: Client, project: Project) -> None:
    task = small_tasks.make_task(project, {"main.py": SCRIPT})
    digest = store.entries(task)["main.py"][1]
    given = {"path": "main.py", "text": "print(1)\n", "digest": digest}
    answer = browser.post(
        reverse("tasks:save", args=[task.pk]), given, headers={"HX-Request": "true"}
    ).content.decode()
    assert 'id="task-preflight" hx-swap-oob="true"' in answer
    assert "Before it runs" not in answer


@pytest.mark.parametrize("htmx", [False, True])
def test_the_run_form_fixes_and_keeps_what_was_filled_in(
    browser: Client, project: Project, htmx: bool
) -> None:
    task = small_tasks.make_task(project, {"main.py": SCRIPT})
    address = reverse("runs:new", args=[task.pk])
    page = browser.get(address).content.decode()
    assert page.index("main.py imports pandas") < page.index("run-button")
    form = form_data(page, address)
    given = {**form.dict(), "description": "A second try", "fix": fix_key(page, "Add requirements.txt")}
    answer = browser.post(address, given, headers={"HX-Request": "true"} if htmx else {})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "requirements.txt was added." in page
    assert "A second try" in page
    assert "imports pandas" not in page
    assert text_of(task, "requirements.txt") == "pandas\n"
    assert not Run.objects.exists()


def test_the_form_says_which_values_have_no_effect(browser: Client, project: Project) -> None:
    task = small_tasks.make_task(project, {"main.py": READS_LR, "task.yaml": TASK_YAML})
    address = reverse("runs:new", args=[task.pk])
    page = browser.get(address).content.decode()
    assert "main.py never reads momentum, so its value has no effect." in flat(page)
    form = form_data(page, address)
    assert browser.post(address, form.dict()).status_code == 302  # a single Run is not asked about
    assert Run.objects.count() == 1


@pytest.mark.parametrize("htmx", [False, True])
def test_a_batch_over_values_without_effect_is_asked_about_once(
    browser: Client, project: Project, htmx: bool
) -> None:
    task = small_tasks.make_task(project, {"main.py": READS_LR, "task.yaml": TASK_YAML})
    address = reverse("runs:new", args=[task.pk])
    headers = {"HX-Request": "true"} if htmx else {}
    form = form_data(browser.get(address).content.decode(), address).dict()
    answer = browser.post(address, {**form, "v-momentum": "0.8\n0.9"}, headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Runs that differ only in this will do the same. Start them all the same?" in flat(page)
    assert "Start all the same" in page
    assert not Batch.objects.exists()
    again = form_data(page, address).dict()
    assert again["confirmed"] == "momentum"
    wrong = browser.post(address, {**again, "p-lr": "x"}, headers=headers)
    assert wrong.status_code == 422
    assert form_data(wrong.content.decode(), address).dict()["confirmed"] == "momentum"
    answer = browser.post(address, again, headers=headers)
    assert answer.status_code == (204 if htmx else 302)
    assert Batch.objects.get().count == 2


@pytest.mark.parametrize(
    "script",
    [
        READS_LR + "fit(**parameters)\n",
        READS_LR + "for name, value in parameters.items():\n    print(name, value)\n",
        READS_LR + "import lab\nlab.train(parameters)\n",
        CLIENT,
    ],
)
def test_scripts_that_use_their_parameters_as_a_whole_are_not_asked_about(
    browser: Client, project: Project, script: str
) -> None:
    task = small_tasks.make_task(project, {"main.py": script, "task.yaml": TASK_YAML})
    address = reverse("runs:new", args=[task.pk])
    page = browser.get(address).content.decode()
    assert "no effect" not in page
    form = form_data(page, address).dict()
    assert browser.post(address, {**form, "v-momentum": "0.8\n0.9"}).status_code == 302


def test_varying_what_is_read_is_not_asked_about(browser: Client, project: Project) -> None:
    task = small_tasks.make_task(project, {"main.py": READS_LR, "task.yaml": TASK_YAML})
    address = reverse("runs:new", args=[task.pk])
    form = form_data(browser.get(address).content.decode(), address).dict()
    assert browser.post(address, {**form, "v-lr": "0.1\n0.2"}).status_code == 302
