"""A Task with files, and Runs of it in any state, for tests."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from projects.models import Project
from runs import lifecycle
from runs.models import Run
from runs.runspec import RunSpec
from runs.states import Reason, State
from runs.submission.start import start
from tasks.files import store
from tasks.models import Task

# It takes its parameters as a whole, so that every one of them has an effect.
SCRIPT = "import json, os\n\nprint('hello', json.load(open(os.environ['CORETEX_PARAMETERS'])))\n"
TASK_YAML = """\
param_groups:
  - name: training
    params:
      - {name: epochs, value: 5, data_type: int, required: true, min: 1}
      - {name: rate, value: 5.0, data_type: float}
      - {name: small, value: 1.0e-05, data_type: float}
      - {name: text, value: "", data_type: str}
      - {name: nothing, value: null, data_type: str}
      - {name: shuffle, value: true, data_type: bool}
      - {name: mode, value: {selected: 1, options: [fast, exact]}, data_type: enum}
      - {name: layers, value: [64, 32], data_type: "list[int]"}
"""
DEFAULTS = {
    "epochs": 5,
    "rate": 5.0,
    "small": 1e-05,
    "text": "",
    "nothing": None,
    "shuffle": True,
    "mode": {"selected": 1, "options": ["fast", "exact"]},
    "layers": [64, 32],
}
# The moves that lead from the queue to each state.
PATHS: dict[State, tuple[State, ...]] = {
    State.QUEUED: (),
    State.PREPARING: (State.PREPARING,),
    State.RUNNING: (State.PREPARING, State.RUNNING),
    State.STOPPING: (State.PREPARING, State.STOPPING),
    State.SUCCEEDED: (State.PREPARING, State.RUNNING, State.SUCCEEDED),
    State.FAILED: (State.PREPARING, State.RUNNING, State.FAILED),
    State.STOPPED: (State.STOPPED,),
}


def task_with_files(project: Project, *, name: str = "Train", **files: str) -> Task:
    """`main_py="…"` is the file main.py; without any, a script and a task.yaml of several types."""
    task = Task.objects.create(project=project, name=name, created_by=project.created_by)
    for key, content in (files or {"main_py": SCRIPT, "task_yaml": TASK_YAML}).items():
        store.create(task, key.replace("_", "."), content.encode(), by=project.created_by)
    return task


def submit(task: Task, *, user: User, values: Mapping[str, Any], form_token: str = "", **facts: Any) -> Run:
    """A new Run of main.py, or another `entry_script`, with these values."""
    given = {"entry_script": "main.py", **facts}
    spec = RunSpec(task=task.pk, values={name: [value] for name, value in values.items()}, **given)
    run = start(spec, by=user, form_token=form_token)
    assert isinstance(run, Run)
    return run


def run_of(task: Task, *, user: User, state: State = State.QUEUED, **facts: object) -> Run:
    """A Run with the defaults of the task.yaml above, moved to `state`."""
    values = facts.pop("values", DEFAULTS)
    run = submit(task, values=values, user=user, **facts)
    move_to(run, state)
    return run


def move_to(run: Run, state: State) -> None:
    now, at = timezone.now(), State.QUEUED
    for target in PATHS[state]:
        moment = {"started_at": now} if target == State.RUNNING else {}
        reason = Reason.EXIT_CODE if target == State.FAILED else None
        assert lifecycle.transition(run.latest_id, at, target, reason=reason, **moment)
        at = target
    run.refresh_from_db()
