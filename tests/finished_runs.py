"""Runs as the Run page finds them: rows, and files where the watcher leaves them. Nothing is executed."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from coretex_site.lib import filetree, paths
from projects.models import Project
from runs import lifecycle
from runs.models import Artifact, Environment, Execution, Node, Run, Snapshot
from runs.records import metrics
from runs.states import Cause, Reason, State
from tasks.models import Task

TASK_YAML = """param_groups:
  - name: training
    params:
      - {name: rate, description: Step size, value: 0.1, data_type: float}
      - {name: epochs, value: 3, data_type: int}
      - {name: optimizer, value: {selected: 0, options: [adam, sgd]}, data_type: enum}
"""
FILES = {"main.py": "print('hello')\n", "task.yaml": TASK_YAML, "src/net.py": "class Net:\n    pass\n"}
VALUES = {"rate": 0.5, "epochs": 3, "optimizer": {"selected": 1, "options": ["adam", "sgd"]}}
OWNER = "test"


def freeze(files: Mapping[str, str], folder: Path) -> Snapshot:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    digest = filetree.digest(folder)
    paths.snapshot(digest).parent.mkdir(parents=True, exist_ok=True)
    filetree.copy(folder, paths.snapshot(digest))
    return Snapshot.objects.create(digest=digest, file_count=len(files), size=sum(map(len, files.values())))


def queued(project: Project, by: User, tmp_path: Path, **facts: Any) -> Execution:
    """The first Execution of a new Run, in the queue."""
    task, _ = Task.objects.get_or_create(project=project, name="Train", defaults={"created_by": by})
    snapshot = Snapshot.objects.first() or freeze(FILES, tmp_path / "frozen")
    given = {"name": "wide layers", "entry_script": "main.py", "parameters": VALUES} | facts
    run = Run.objects.create(project=project, task=task, snapshot=snapshot, created_by=by, **given)
    return lifecycle.queue(run, Cause.STARTED, by=by)


def preparing(execution: Execution) -> Execution:
    node, _ = Node.objects.get_or_create(name="worker-1", defaults={"heartbeat_at": timezone.now()})
    now = timezone.now()
    lifecycle.transition(
        execution.pk, State.QUEUED, State.PREPARING, node=node, owner=OWNER, claimed_at=now, heartbeat_at=now
    )
    return fresh(execution)


def running(execution: Execution) -> Execution:
    preparing(execution)
    environment, _ = Environment.objects.get_or_create(
        key="e" * 64,
        node_name="worker-1",
        kind="venv",
        interpreter="3.11",
        packages="numpy==2.0.0\nscipy==1.14",
    )
    read = [{"id": 1, "name": "Cells", "digest": "d" * 64, "file_count": 3, "size": 10}]
    lifecycle.record(execution.pk, OWNER, environment=environment, datasets=read)
    began = timezone.now() - timedelta(seconds=90)
    lifecycle.transition(execution.pk, State.PREPARING, State.RUNNING, started_at=began)
    return fresh(execution)


def succeeded(execution: Execution) -> Execution:
    running(execution)
    lifecycle.transition(execution.pk, State.RUNNING, State.SUCCEEDED, exit_code=0)
    return fresh(execution)


def failed(execution: Execution, message: str) -> Execution:
    running(execution)
    facts: dict[str, Any] = {"reason": Reason.EXIT_CODE, "message": message, "exit_code": 3}
    lifecycle.transition(execution.pk, State.RUNNING, State.FAILED, **facts)
    return fresh(execution)


def fresh(execution: Execution) -> Execution:
    return Execution.objects.select_related("run", "run__project").get(pk=execution.pk)


def prints(execution: Execution, data: bytes, *, at: int | None = None) -> None:
    """Appends to the console, as the script does; with `at`, also to the times, as the watcher does."""
    console = paths.console(execution.pk)
    console.parent.mkdir(parents=True, exist_ok=True)
    with console.open("ab") as file:
        file.write(data)
    if at is not None:
        with paths.console_times(execution.pk).open("a") as file:
            file.write(f"{console.stat().st_size} {at}\n")


def reports(execution: Execution, name: str, points: Iterable[metrics.Point]) -> None:
    """Points of a metric, appended as a script does and stored as the watcher does."""
    file = paths.metrics_file(execution.pk)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lines:
        lines.writelines(json.dumps({"metric": name, "x": x, "y": y}) + "\n" for x, y in points)
    metrics.ingest(execution.pk, final=True)


def content_of(response: Any) -> bytes:
    """The bytes of an answer; reading a streamed one to its end closes it."""
    return b"".join(response.streaming_content) if response.streaming else response.content


def leaves(execution: Execution, files: Mapping[str, bytes]) -> None:
    """Artifacts, as they are when an Execution has ended."""
    for name, content in files.items():
        path = paths.artifacts(execution.pk) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    Artifact.objects.bulk_create(
        [Artifact(execution=execution, path=name, size=len(content)) for name, content in files.items()]
    )
