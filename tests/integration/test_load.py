"""Lists ask the database as often with many rows as with few."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from projects.models import Dataset, Membership, Project, Role, Sample
from runs.models import Batch, Execution, Node, Run
from runs.states import State
from tasks.models import Task
from tests.submitted import run_of, task_with_files

pytestmark = pytest.mark.django_db

MANY = 120


def of_everything(project: Project, by: User, count: int, *, start: int) -> None:
    """`count` more of each thing that a list shows; all in or beside `project`."""
    numbers = range(start, start + count)
    people = User.objects.bulk_create(User(username=f"person-{n}") for n in numbers)
    Membership.objects.bulk_create(
        Membership(project=project, user=user, role=Role.VIEWER) for user in people
    )
    others = Project.objects.bulk_create(Project(name=f"P{n}", created_by=by) for n in numbers)
    Membership.objects.bulk_create(Membership(project=other, user=by, role=Role.OWNER) for other in others)
    Task.objects.bulk_create(Task(project=project, name=f"T{n}", created_by=by) for n in numbers)
    Dataset.objects.bulk_create(Dataset(project=project, name=f"D{n}", created_by=by) for n in numbers)
    data = Dataset.objects.get(name="Files")
    Sample.objects.bulk_create(
        Sample(dataset=data, path=f"f{n:05}.txt", folder="", size=1, digest="0" * 64) for n in numbers
    )
    now = timezone.now()
    nodes = Node.objects.bulk_create(Node(name=f"n{n}", heartbeat_at=now, started_at=now) for n in numbers)
    first = Run.objects.order_by("pk")[0]
    facts = {"project": project, "task": first.task, "snapshot": first.snapshot, "created_by": by}
    runs = Run.objects.bulk_create(
        Run(name=f"R{n}", entry_script="main.py", parameters={"epochs": n}, **facts) for n in numbers
    )
    executions = Execution.objects.bulk_create(
        Execution(run=run, number=1, node=node) for run, node in zip(runs, nodes, strict=True)
    )
    for run, execution in zip(runs, executions, strict=True):
        run.latest = execution
    Run.objects.bulk_update(runs, ["latest"])
    Batch.objects.bulk_create(Batch(name=f"B{n}", spec={}, count=1, **facts) for n in numbers)


@pytest.fixture
def pages(project: Project, alice: User) -> dict[str, str]:
    data = Dataset.objects.create(project=project, name="Files", created_by=alice)
    task = task_with_files(project)
    run_of(task, user=alice, state=State.SUCCEEDED)
    of_everything(project, alice, 3, start=0)
    return {
        "projects": reverse("projects:list"),
        "project": reverse("projects:detail", args=[project.pk]),
        "members": reverse("projects:members", args=[project.pk]),
        "tasks": reverse("tasks:list"),
        "runs": reverse("runs:list"),
        "runs of a Project": reverse("runs:list") + f"?project={project.pk}",
        "runs of a state": reverse("runs:list") + "?status=queued",
        "runs by name": reverse("runs:list") + "?sort=name",
        "choose": reverse("runs:choose"),
        "batches": reverse("runs:batches"),
        "datasets": reverse("projects:all_datasets"),
        "datasets of a Project": reverse("projects:datasets", args=[project.pk]),
        "files of a Dataset": reverse("projects:dataset", args=[data.pk]),
        "nodes": reverse("runs:nodes"),
    }


def count_queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_no_list_asks_more_often_for_more_rows(
    pages: dict[str, str], project: Project, alice: User, client_of: Callable[[User], Client]
) -> None:
    client = client_of(alice)
    before = {name: count_queries(client, address) for name, address in pages.items()}
    of_everything(project, alice, MANY, start=3)
    after = {name: count_queries(client, address) for name, address in pages.items()}
    more = {name: (before[name], after[name]) for name in pages if after[name] > before[name]}
    assert more == {}
    assert max(after.values()) <= 20
