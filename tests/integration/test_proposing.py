"""A task.yaml is proposed on the Task's pages, created by one click, and compared with the scripts."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from projects.models import Project
from tasks.files import overview, store
from tasks.models import Task
from tasks.proposals import suggestions
from tests import code_corpus as corpus
from tests.html_pages import flat
from tests.small_tasks import make_task, write

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
READS = (
    "import json, os\nparameters = json.load(open(os.environ['CORETEX_PARAMETERS']))\n"
    "print(parameters['rate'], parameters['epochs'])\n"
)
DECLARES = "param_groups:\n  - name: inputs\n    params:\n      - {name: rat, value: 0.1, data_type: float}\n"

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(project: Project) -> Task:
    return make_task(project, {"train.py": corpus.TRAINING})


@pytest.fixture
def browser(client_of: ClientOf, bob: User) -> Client:
    """Bob's, who may edit."""
    return client_of(bob)


def url(name: str, task: Task, *rest: str) -> str:
    return reverse(name, args=[task.pk, *rest])


def files(task: Task) -> set[str]:
    return {file.path for file in store.list_files(task)}


@pytest.mark.parametrize(
    ("name", "rest"), [("tasks:detail", ()), ("tasks:folder", ()), ("tasks:parameters", ())]
)
def test_a_task_without_task_yaml_is_offered_one(
    browser: Client, task: Task, name: str, rest: tuple[str, ...]
) -> None:
    assert url("tasks:propose", task) in browser.get(url(name, task, *rest)).content.decode()
    write(task, {"task.yaml": DECLARES})
    assert url("tasks:propose", task) not in browser.get(url(name, task, *rest)).content.decode()


def test_nothing_is_offered_for_code_without_parameters(browser: Client, project: Project) -> None:
    task = make_task(project, {"main.py": "print(1)"})
    assert url("tasks:propose", task) not in browser.get(url("tasks:detail", task)).content.decode()
    assert browser.get(url("tasks:propose", task)).status_code == 302


def test_those_who_may_only_look_are_offered_nothing(
    client_of: ClientOf, task: Task, vera: User, charlie: User
) -> None:
    assert url("tasks:propose", task) not in client_of(vera).get(url("tasks:detail", task)).content.decode()
    for send in ("get", "post"):
        assert getattr(client_of(vera), send)(url("tasks:propose", task)).status_code == 403
        assert getattr(client_of(charlie), send)(url("tasks:propose", task)).status_code == 404
        assert getattr(Client(), send)(url("tasks:propose", task)).status_code == 302
    assert files(task) == {"train.py"}


def test_the_proposal_shows_its_text_its_form_and_what_to_know(browser: Client, task: Task) -> None:
    page = browser.get(url("tasks:propose", task)).content.decode()
    assert "- name: learning-rate" in page or "- name: learning_rate" in page
    assert "Step size of the optimiser" in page
    assert "train.py takes its options from the command line" in page
    assert '<input type="checkbox" name="also" value="run_train.py" checked>' in flat(page)
    assert files(task) == {"train.py"}


def test_one_click_creates_task_yaml_as_it_was_edited(browser: Client, task: Task) -> None:
    text = suggestions.suggest(task, schema_url="https://example.org/").text
    edited = text.replace("Step size of the optimiser", "How far one step goes")
    answer = browser.post(url("tasks:propose", task), {"text": edited.replace("\n", "\r\n")})
    assert answer["Location"] == url("tasks:file", task, "task.yaml")
    assert store.read_bytes(task, "task.yaml").decode() == edited
    assert files(task) == {"train.py", "task.yaml"}
    assert store.read_spec(task).problems == ()
    page = flat(browser.get(answer["Location"]).content.decode())
    assert "never reads the parameters, so the values in the form have no effect" in page


def test_the_script_that_passes_the_parameters_on_is_added_when_ticked(browser: Client, task: Task) -> None:
    text = suggestions.suggest(task, schema_url="https://example.org/").text
    browser.post(url("tasks:propose", task), {"text": text, "also": ["run_train.py", "../x", "other.py"]})
    assert files(task) == {"train.py", "task.yaml", "run_train.py"}
    assert suggestions.warnings(Task.objects.get(pk=task.pk)) == []
    assert overview.summary(task).entry_scripts == ["run_train.py", "train.py"]


def test_a_refused_text_keeps_what_was_unticked(browser: Client, task: Task) -> None:
    page = flat(browser.post(url("tasks:propose", task), {"text": "a\0b"}).content.decode())
    assert 'value="run_train.py" >' in page and "checked" not in page.partition("</form>")[0]
    assert files(task) == {"train.py"}


def test_a_task_yaml_that_somebody_made_meanwhile_is_not_lost(browser: Client, task: Task) -> None:
    browser.get(url("tasks:propose", task))
    write(task, {"task.yaml": DECLARES})
    answer = browser.post(url("tasks:propose", task), {"text": "param_groups: []", "also": ["run_train.py"]})
    assert answer.status_code == 409
    assert "param_groups: []" in answer.content.decode()
    assert store.read_bytes(task, "task.yaml").decode() == DECLARES
    assert files(task) == {"train.py", "task.yaml"}


@pytest.mark.parametrize("text", ["a\0b", "x" * 3_000_000])
def test_what_is_no_text_to_be_edited_is_refused(browser: Client, task: Task, text: str) -> None:
    assert browser.post(url("tasks:propose", task), {"text": text}).status_code in {400, 422}
    assert files(task) == {"train.py"}


@pytest.mark.parametrize(("name", "rest"), [("tasks:file", ("task.yaml",)), ("tasks:parameters", ())])
def test_names_that_only_one_side_knows_are_listed_with_their_places(
    browser: Client, client_of: ClientOf, project: Project, vera: User, name: str, rest: tuple[str, ...]
) -> None:
    task = make_task(project, {"main.py": READS, "task.yaml": DECLARES})
    for member in (browser, client_of(vera)):
        page = flat(member.get(url(name, task, *rest)).content.decode())
        assert f"{url('tasks:file', task, 'main.py')}#L3" in page
        assert "main.py, line 3" in page
        assert "task.yaml, line 4" in page
        assert "no script reads this parameter" in page
    write(task, {"task.yaml": DECLARES.replace("name: rat,", "name: rate,")})
    page = flat(browser.get(url(name, task, *rest)).content.decode())
    assert "no script reads this parameter" not in page and "main.py, line 3" in page


def test_warnings_follow_a_save(browser: Client, project: Project) -> None:
    task = make_task(project, {"main.py": READS, "task.yaml": DECLARES})
    both = DECLARES.replace("rat,", "rate,") + "      - {name: epochs, value: 1}\n"
    digest = browser.get(url("tasks:file", task, "task.yaml")).context["view"].digest
    data = {"path": "task.yaml", "text": both, "digest": digest}
    answer = browser.post(url("tasks:save", task), data, headers=HTMX).content.decode()
    assert 'id="task-warnings" hx-swap-oob="true"> </div>' in flat(answer)


def test_the_offer_follows_a_save(browser: Client, project: Project) -> None:
    task = make_task(project, {"main.py": "print(1)\n"})
    digest = browser.get(url("tasks:file", task, "main.py")).context["view"].digest
    data = {"path": "main.py", "text": READS, "digest": digest}
    answer = browser.post(url("tasks:save", task), data, headers=HTMX).content.decode()
    assert "2 parameters were found in the code" in flat(answer)
