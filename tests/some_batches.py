"""Batches of tests: a Task with whole numbers as parameters, and Executions that end without a script."""

from typing import Any

from projects.models import Project
from runs import lifecycle
from runs.models import Batch, Execution, Node, Run
from runs.queue import claims
from runs.runspec import RunSpec
from runs.states import State
from runs.submission import batch_upkeep
from runs.submission import start as submission
from tasks.models import Task
from tests import small_tasks

TASK_YAML = "param_groups:\n  - name: inputs\n    params:\n" + "".join(
    f"      - {{name: {name}, value: 0, data_type: int}}\n" for name in ("a", "b", "c", "seed")
)


def make_task(project: Project, *, source: str = "print(1)", name: str = "Train") -> Task:
    return small_tasks.make_task(project, {"main.py": source, "task.yaml": TASK_YAML}, name=name)


def spec(task: Task, **given: Any) -> RunSpec:
    """By default four combinations."""
    return RunSpec(task=task.pk, **{"values": {"a": [1, 2], "b": [1, 2]}, **given})


def start(task: Task, **given: Any) -> Batch:
    """A Batch whose Runs are all there."""
    batch = submission.start(spec(task, **given), by=task.created_by)
    assert isinstance(batch, Batch)
    batch_upkeep.attend()
    batch.refresh_from_db()
    return batch


def node(name: str = "worker-1") -> Node:
    return Node.objects.get_or_create(name=name, defaults={"workers": 2})[0]


def claim(at: Node | None = None) -> Execution | None:
    return claims.Front(at or node()).claim("someone")


def end(execution: Execution, state: State = State.SUCCEEDED) -> None:
    lifecycle.transition(execution.pk, State.PREPARING, State.RUNNING)
    assert lifecycle.transition(execution.pk, State.RUNNING, state)


def run_all(*, failing: set[int] = frozenset(), at: Node | None = None) -> list[int]:
    """Ends everything that may start; the cells in `failing` fail. The cells in the order of their start."""
    cells = []
    while (execution := claim(at)) is not None:
        cells.append(execution.run.cell)
        end(execution, State.FAILED if execution.run.cell in failing else State.SUCCEEDED)
        batch_upkeep.attend()
    return cells


def states(batch: Batch) -> list[str]:
    return list(Run.objects.filter(batch=batch).order_by("cell").values_list("state", flat=True))
