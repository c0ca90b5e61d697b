"""Tasks made of Templates, really executed, and what they left."""

import csv
from io import StringIO
from typing import Any

from django.contrib.auth.models import User

from coretex_site.lib import paths
from projects.models import Project
from runs.engine.worker import take_one
from runs.models import Execution, Metric
from runs.states import State
from tasks import create, library
from tasks.models import Task
from tests.small_tasks import console, fresh
from tests.submitted import submit


def run(project: Project, by: User, name: str, /, *, entry: str = "", **values: Any) -> Execution:
    """Executes a Task of the Template, its defaults changed by `values`; the next Run has the same Task."""
    template = library.find(name)
    task = Task.objects.filter(project=project, template=name).first()
    if task is None:
        task = create.from_template(create.Details(project=project, name=name, by=by), name)
    chosen = template.spec.defaults()
    for parameter, value in values.items():
        before = chosen[parameter]
        is_enum = isinstance(before, dict) and "options" in before
        chosen[parameter] = (
            {"selected": before["options"].index(value), "options": before["options"]} if is_enum else value
        )
    queued = submit(task, entry_script=entry or template.entry_scripts[0], values=chosen, user=by)
    take_one()
    return fresh(queued.latest)


def succeeded(project: Project, by: User, name: str, /, *, entry: str = "", **values: Any) -> Execution:
    execution = run(project, by, name, entry=entry, **values)
    assert execution.status == State.SUCCEEDED, console(execution)
    return execution


def left(execution: Execution, path: str) -> str:
    return (paths.artifacts(execution.pk) / path).read_text()


def table(execution: Execution, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(left(execution, path))))


def picture(execution: Execution, path: str) -> bytes:
    return (paths.artifacts(execution.pk) / path).read_bytes()


def artifacts(execution: Execution) -> set[str]:
    return set(execution.artifacts.values_list("path", flat=True))


def last(execution: Execution, metric: str) -> float:
    return Metric.objects.get(execution=execution, name=metric).last
