"""What operators see of Runs in the admin site, and the actions they have there."""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from projects.models import Project
from runs.models import Execution, Metric, Node, Run
from runs.states import State
from tests.submitted import run_of, task_with_files

ClientOf = Callable[[User], Client]
MODELS = [model for model in apps.get_app_config("runs").get_models() if model.__module__ == "runs.models"]


@pytest.fixture
def operator(client_of: ClientOf, db: None) -> Client:
    return client_of(User.objects.create_superuser("root", password="x"))


@pytest.fixture
def run(project: Project, alice: User) -> Run:
    return run_of(task_with_files(project), user=alice, state=State.RUNNING)


def act(client: Client, model: str, action: str, pk: int) -> str:
    data = {"action": action, "_selected_action": pk}
    return client.post(reverse(f"admin:runs_{model}_changelist"), data, follow=True).content.decode()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_is_registered(model: type) -> None:
    assert admin.site.is_registered(model)


@pytest.mark.parametrize(
    "model", ["run", "execution", "statechange", "node", "snapshot", "metric", "artifact"]
)
def test_lists_can_be_opened_and_searched(model: str, run: Run, operator: Client) -> None:
    Node.objects.create(name="n")
    Metric.objects.create(execution=run.latest, name="loss")
    address = reverse(f"admin:runs_{model}_changelist")
    assert operator.get(address).status_code == 200
    for words in ("1", "a", "99999999999999999999"):
        assert operator.get(address, {"q": words}).status_code in (200, 302)


def test_an_execution_shows_its_history_of_states(run: Run, operator: Client) -> None:
    page = operator.get(reverse("admin:runs_execution_change", args=[run.latest_id])).content.decode()
    for word in ("history of states", "queued", "preparing", "running"):
        assert word in page.lower()
    assert operator.get(reverse("admin:runs_run_change", args=[run.pk])).status_code == 200


def test_facts_cannot_be_edited_or_deleted_there(run: Run, operator: Client) -> None:
    address = reverse("admin:runs_run_change", args=[run.pk])
    assert 'name="name"' not in operator.get(address).content.decode()
    assert operator.post(address, {"name": "other"}).status_code == 403
    assert operator.post(reverse("admin:runs_run_delete", args=[run.pk]), {"post": "yes"}).status_code == 403
    assert operator.get(reverse("admin:runs_run_add")).status_code == 403


@pytest.mark.parametrize("model", ["run", "execution"])
def test_an_operator_stops_and_executes_again(model: str, run: Run, operator: Client) -> None:
    pk = run.pk if model == "run" else run.latest_id
    assert "1 asked to stop" in act(operator, model, "stop", pk)
    run.refresh_from_db()
    assert run.state == State.STOPPING
    assert "is still stopping" in act(operator, model, "execute_again", pk)
    assert run.executions.count() == 1


def test_an_ended_run_is_executed_again(project: Project, alice: User, operator: Client) -> None:
    run = run_of(task_with_files(project), user=alice, state=State.FAILED)
    assert "1 queued again" in act(operator, "run", "execute_again", run.pk)
    assert Execution.objects.filter(run=run, number=2, created_by__username="root").exists()


def test_nodes_are_woken(run: Run, operator: Client) -> None:
    node = Node.objects.create(name="n")
    assert "Woke the live nodes" in act(operator, "run", "wake_nodes", run.pk)
    assert "1 woken" in act(operator, "node", "wake_up", node.pk)


def test_staff_who_may_only_look_have_no_actions(run: Run, client_of: ClientOf) -> None:
    looker = User.objects.create_user("looker", password="x", is_staff=True)
    looker.user_permissions.add(*Permission.objects.filter(codename__in=("view_run", "view_execution")))
    client = client_of(looker)
    assert client.get(reverse("admin:runs_run_changelist")).status_code == 200
    act(client, "run", "stop", run.pk)
    run.refresh_from_db()
    assert run.state == State.RUNNING


def test_people_without_the_admin_site_are_sent_away(alice: User, client_of: ClientOf) -> None:
    assert client_of(alice).get(reverse("admin:runs_run_changelist")).status_code == 302
