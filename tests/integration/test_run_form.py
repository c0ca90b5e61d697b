"""The Run Task screens, as a browser without JavaScript uses them."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.data import store as datasets
from projects.models import Project
from runs.models import Node, Run
from runs.states import State
from runs.web.forms.run import RunForm
from tasks.files import store as task_files
from tasks.models import Task
from tasks.types.declarations import TaskSpec
from tests.browser_like import Pairs, form_pairs
from tests.html_pages import flat
from tests.submitted import DEFAULTS, TASK_YAML, run_of, task_with_files

ClientOf = Callable[[User], Client]


@pytest.fixture
def task(project: Project) -> Task:
    return task_with_files(project)


def address(task: Task, query: str = "") -> str:
    return reverse("runs:new", args=[task.pk]) + query


def shown(client: Client, task: Task, query: str = "") -> Pairs:
    """What pressing Run Task on the form would send."""
    page = client.get(address(task, query))
    assert page.status_code == 200
    return form_pairs(page.content.decode(), "run-task")


def send(client: Client, task: Task, pairs: Pairs, query: str = "", **headers: Any) -> Any:
    data: dict[str, list[str]] = {}
    for name, value in pairs:
        data.setdefault(name, []).append(value)
    return client.post(address(task, query), data, headers=headers)


def changed(pairs: Pairs, **values: str) -> Pairs:
    names = {name.replace("p_", "p-", 1): value for name, value in values.items()}
    return [(name, names.get(name, value)) for name, value in pairs]


def exact(values: dict[str, Any]) -> str:
    """Told apart: 5, 5.0 and true. A database may keep names in another order."""
    return json.dumps(values, sort_keys=True)


def rewrite(task: Task, text: str, by: User) -> None:
    task_files.write(
        task, "task.yaml", text.encode(), expected=task_files.entries(task)["task.yaml"][1], by=by
    )


def test_opening_the_form_and_pressing_run_stores_exactly_the_defaults(
    task: Task, bob: User, client_of: ClientOf
) -> None:
    client = client_of(bob)
    response = send(client, task, shown(client, task))
    run = Run.objects.get()
    assert response.status_code == 302 and response.url == run.get_absolute_url()
    assert exact(run.parameters) == exact(DEFAULTS)
    assert (run.entry_script, run.name, run.wanted_node, run.created_by) == ("main.py", "train-1", None, bob)
    assert run.state == State.QUEUED


def test_htmx_is_sent_to_the_run(task: Task, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    response = send(client, task, shown(client, task), hx_request="true")
    assert response.headers["HX-Redirect"] == Run.objects.get().get_absolute_url()


def test_everything_that_can_be_chosen_is_kept(task: Task, alice: User, client_of: ClientOf) -> None:
    task_files.create(task, "validate.sh", b"", by=alice)
    node = Node.objects.create(name="gpu-1", heartbeat_at=timezone.now())
    client = client_of(alice)
    pairs = changed(
        shown(client, task),
        entry_script="validate.sh",
        node=str(node.pk),
        time_limit="1h 30m",
        name="night run",
        description="to see",
        p_epochs="7",
    )
    send(client, task, pairs)
    run = Run.objects.get()
    assert (run.entry_script, run.wanted_node, run.time_limit) == ("validate.sh", node, 5400)
    assert (run.name, run.description, run.parameters["epochs"]) == ("night run", "to see", 7)


def test_a_node_that_has_gone_is_not_offered(task: Task, alice: User, client_of: ClientOf) -> None:
    Node.objects.create(name="gone-1")
    assert "gone-1" not in client_of(alice).get(address(task)).content.decode()


def test_mistakes_come_back_at_their_fields_with_everything_that_was_typed(
    task: Task, alice: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    typed = changed(shown(client, task), p_epochs="many", time_limit="soon", description=" kept\r\n too ")
    response = send(client, task, typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Expected an int, found &quot;many&quot;" in page and "found “soon”" in page
    token = ("csrfmiddlewaretoken", "")
    assert dict([*form_pairs(page, "run-task"), token]) == dict([*typed, ("checked", "1"), token])
    assert not Run.objects.exists()
    repaired = changed(form_pairs(page, "run-task"), p_epochs="3", time_limit="")
    assert send(client, task, repaired).status_code == 302


def test_the_same_form_sent_twice_is_one_run(task: Task, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    pairs = shown(client, task)
    assert send(client, task, pairs).url == send(client, task, pairs).url
    assert Run.objects.count() == 1
    assert send(client, task, shown(client, task)).url != Run.objects.earliest("pk").get_absolute_url()


def test_a_task_yaml_changed_meanwhile_is_shown_before_anything_runs(
    task: Task, alice: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    pairs = changed(shown(client, task), p_epochs="9")
    rewrite(task, TASK_YAML + "      - {name: extra, value: 1, data_type: int}\n", alice)
    response = send(client, task, pairs)
    page = response.content.decode()
    assert response.status_code == 422 and "task.yaml was changed while this form was open" in page
    assert not Run.objects.exists()
    again = dict(form_pairs(page, "run-task"))
    assert again["p-epochs"] == "9"
    assert send(client, task, changed(list(again.items()), p_extra="2")).status_code == 302


def test_errors_are_told_while_typing_only_for_what_was_touched(
    task: Task, alice: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    pairs = changed(shown(client, task), p_epochs="0")
    response = client.post(reverse("runs:check", args=[task.pk]), dict(pairs))
    page = response.content.decode()
    assert page.count("<li>") == 1 and "Expected at least 1, found 0" in page
    assert "<input" not in page
    facts = json.loads(response.headers["HX-Trigger"])["parameters"]
    assert facts["parameter-0"] == {"hidden": False, "required": True}


def test_run_again_with_changes_is_filled_from_the_earlier_run(
    task: Task, alice: User, client_of: ClientOf
) -> None:
    values = {**DEFAULTS, "epochs": 8, "text": " a\r\nb", "nothing": "", "layers": [], "shuffle": False}
    run = run_of(task, user=alice, values=values, time_limit=5400, description="first try")
    client = client_of(alice)
    query = f"?from={run.pk}"
    send(client, task, shown(client, task, query), query)
    newest = Run.objects.latest("pk")
    assert newest != run
    assert exact(newest.parameters) == exact(values)
    assert (newest.time_limit, newest.description, newest.name) == (5400, "first try", "train-2")


def test_it_says_what_has_changed_in_task_yaml_since(task: Task, alice: User, client_of: ClientOf) -> None:
    run = run_of(
        task,
        user=alice,
        values={**DEFAULTS, "epochs": 8, "mode": {"selected": 0, "options": ["fast", "exact"]}},
    )
    text = TASK_YAML.replace("name: text,", "name: label,").replace("[fast, exact]", "[slow, exact, fast]")
    text = text.replace("name: rate, value: 5.0, data_type: float", "name: rate, value: 5, data_type: int")
    text = text.replace("value: [64, 32]", "value: [16]")
    rewrite(task, text, alice)
    client = client_of(alice)
    page = client.get(address(task, f"?from={run.pk}")).content.decode()
    for note in (
        "&quot;label&quot; was added; its default is shown.",
        "&quot;text&quot; was removed; its value &quot;&quot; is no longer used.",
        "&quot;rate&quot; is int now and was float.",
        "&quot;rate&quot; cannot have its earlier value",
        "The default of &quot;layers&quot; is [16] now and was [64, 32].",
    ):
        assert note in page
    sent = dict(form_pairs(page, "run-task"))
    assert (sent["p-epochs"], sent["p-mode"]) == ("8", "2")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"notes_txt": "x"}, "it has no entry script"),
        ({"main_py": "", "task_yaml": "param_groups: [{params: [{name: x, value: a, data_type: int}]}]"},
         "expected an int"),
        ({"main_py": "", "task_yaml": "a: [\n"}, "task.yaml has errors"),
    ],
)  # fmt: skip
def test_a_task_that_cannot_be_run_says_why(
    files: dict[str, str], words: str, project: Project, alice: User, client_of: ClientOf
) -> None:
    task = task_with_files(project, **files)
    for response in (client_of(alice).get(address(task)), client_of(alice).post(address(task))):
        assert response.status_code in (200, 422)
        assert words in response.content.decode()
    assert client_of(alice).post(reverse("runs:check", args=[task.pk])).status_code in (200, 204)
    assert not Run.objects.exists()


def test_a_dataset_is_picked_with_its_size(project: Project, alice: User, client_of: ClientOf) -> None:
    dataset = datasets.create(project, name="passengers", description="", by=alice)
    datasets.add_files(dataset, [("a.csv", io.BytesIO(b"1" * 2048))], by=alice)
    text = "param_groups: [{name: a, params: [{name: data, data_type: dataset, required: true}]}]"
    task = task_with_files(project, main_py="", task_yaml=text)
    client = client_of(alice)
    assert "passengers · 1 file, 2.0 kB" in client.get(address(task)).content.decode()
    assert send(client, task, shown(client, task)).status_code == 422
    assert send(client, task, changed(shown(client, task), p_data=str(dataset.pk))).status_code == 302
    assert Run.objects.get().parameters == {"data": dataset.pk}


def test_what_changed_since_the_last_run_is_listed(task: Task, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert "This is the first Run of this Task" in client.get(address(task)).content.decode()
    run_of(task, user=alice)
    assert "The same files as" in client.get(address(task)).content.decode()
    task_files.create(task, "new.py", b"", by=alice)
    page = flat(client.get(address(task)).content.decode())
    assert "1 file changed" in page and "new.py" in page


def test_project_and_task_are_chosen_with_search(task: Task, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    choose = reverse("runs:choose")
    assert "Iris" in client.get(choose).content.decode()
    assert "Iris" not in client.get(choose, {"q": "zzz"}).content.decode()
    in_project = client.get(choose, {"project": task.project_id, "q": "trai"}).content.decode()
    assert address(task) in in_project
    assert "No Task matches" in client.get(choose, {"project": task.project_id, "q": "zzz"}).content.decode()
    run_of(task, user=alice)
    assert "Recently run by you" in client.get(choose).content.decode()


def test_only_projects_in_which_one_may_run_are_offered(
    task: Task, vera: User, charlie: User, client_of: ClientOf
) -> None:
    for person in (vera, charlie):
        for query in ({}, {"project": task.project_id}):
            assert "Iris" not in client_of(person).get(reverse("runs:choose"), query).content.decode()


def test_vera_may_not_run_and_charlie_finds_nothing(
    task: Task, vera: User, charlie: User, client_of: ClientOf
) -> None:
    for url in (address(task), reverse("runs:check", args=[task.pk])):
        assert client_of(vera).post(url).status_code == 403
        assert client_of(charlie).post(url).status_code == 404
    assert client_of(vera).get(address(task)).status_code == 403
    assert client_of(charlie).get(address(task)).status_code == 404


def test_an_earlier_run_of_a_project_one_may_not_see_is_not_there(
    task: Task, alice: User, charlie: User, client_of: ClientOf
) -> None:
    run = run_of(task, user=alice)
    own = Project.objects.create(name="Own", created_by=charlie)
    own.memberships.create(user=charlie, role="owner")
    mine = task_with_files(own)
    assert client_of(charlie).get(address(mine, f"?from={run.pk}")).status_code == 404
    assert client_of(charlie).get(address(mine, "?from=999999999999999999999")).status_code == 200


@pytest.mark.parametrize("text", ["soon", "-5", "0", "1.5h", "5x", "99999d", "٣"])
def test_a_time_limit_that_is_none_gets_a_sentence(db: None, text: str) -> None:
    form = RunForm(QueryDict(f"time_limit={text}"), scripts=["main.py"], spec=TaskSpec(), initial={})
    assert form.errors["time_limit"][0].startswith("Expected a time")
