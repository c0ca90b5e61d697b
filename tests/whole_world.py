"""One Project with everything in it, odd names and broken files included, for crawling and for bad input."""

import io
import struct
import zlib
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from projects import archiving
from projects.data import uploads
from projects.models import Dataset, Project, Visibility
from runs import lifecycle
from runs.models import Batch, Environment, Execution, Node, Run
from runs.records import metrics
from runs.runspec import RunSpec
from runs.states import Cause, Reason, State
from runs.submission import build as batch_builder
from runs.submission import presets
from runs.submission.start import start
from tasks.files import store
from tasks.models import Task
from tests import finished_runs
from tests.submitted import DEFAULTS, TASK_YAML, move_to, run_of

PNG = b"\x89PNG\r\n\x1a\n" + b"".join(
    struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    for kind, body in (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\0")),
        (b"IEND", b""),
    )
)
NOTEBOOK = b'{"cells": [{"cell_type": "code", "source": ["1+1"], "outputs": []}], "nbformat": 4}'
# Names that a page can get wrong: as an address, as HTML, as a header, in a sort.
ODD_NAMES = {
    "a b.txt": b"blank",
    "100%.txt": b"percent",
    "q?x=1&y=2#frag.csv": b"a,b\n1,2\n",
    "<b>bold & 'quoted'</b>.txt": b"markup",
    'quo"te.json': b'{"a": [1, 2}',
    "ünï☃ 日本.txt": "naïve".encode(),
    "page.html": b"<script>alert(1)</script>",
    "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "+plus;semi,comma=eq.txt": b"signs",
    "deep/er/than/most/x.png": PNG,
    "notebook.ipynb": NOTEBOOK,
    "binary.bin": bytes(range(256)),
    "empty.csv": b"",
    "latin.csv": b"caf\xe9;1\n",
    "new": b"a file called like an address",
    "-dash": b"like an option",
}
BUILDS = b"dependencies:\n  - hello=1.2=hMAC_9\n"
BROKEN_YAML = """param_groups:
\t- name: inputs
  params:
    - {name: lr, value: x, data_type: float}
    - {name: lr, data_type: nothing}
"""
EVERY_TYPE = """param_groups:
  - name: <i>every</i> type
    params:
      - {name: whole, value: 3, data_type: int, min: 0}
      - {name: real, value: null, data_type: float, required: true}
      - {name: words, value: "a\\nb", data_type: str}
      - {name: switch, value: true, data_type: bool}
      - {name: mode, value: {selected: 0, options: [fast, "<slow>"]}, data_type: enum}
      - {name: span, value: {from: 1, to: 9, step: 2}, data_type: range}
      - {name: sensors, value: {left: 1}, data_type: IMUVectors}
      - {name: data, value: null, data_type: dataset}
      - {name: model, value: null, data_type: model}
      - {name: secret, value: null, data_type: git_secret}
      - {name: layers, value: [1, 2], data_type: "list[int]"}
      - {name: rates, value: [0.5], data_type: "list[float]"}
      - {name: labels, value: [a], data_type: "list[str]"}
      - {name: sets, value: [], data_type: "list[dataset]"}
      - {name: many, value: {selected: [0], options: [x, y]}, data_type: "list[enum]"}
      - {name: keys, value: [], data_type: "list[aws_secret]"}
"""


@dataclass(frozen=True, kw_only=True)
class World:
    """What was made; everything in `projects[0]` is Alice's, with an editor and a viewer."""

    project: Project
    archived: Project
    public: Project
    datasets: list[Dataset]
    tasks: dict[str, Task]
    runs: list[Run]
    batch: Batch
    nodes: list[Node]


def build(project: Project, alice: User, charlie: User) -> World:
    """Everything that the product can hold, small. Charlie has a Project of his own, not this one."""
    archived = archiving.create(Project(name="Old & archived"), by=alice)
    public = archiving.create(Project(name="Public “one”", visibility=Visibility.PUBLIC), by=alice)
    archiving.create(Project(name="Charlie's own"), by=charlie)
    datasets = [
        dataset_of(project, "Cells <raw> & more", ODD_NAMES, alice),
        dataset_of(project, "Empty", {}, alice),
        dataset_of(archived, "Old", {"x.csv": b"a\n1\n"}, alice),
        dataset_of(public, "Open", {"y.csv": b"a\n1\n"}, alice),
    ]
    tasks = tasks_of(project, alice)
    tasks["archived"] = task_of(
        archived, "Archived", {"main.py": b"", "task.yaml": TASK_YAML.encode()}, alice
    )
    tasks["public"] = task_of(public, "Shown", {"main.py": b"", "task.yaml": TASK_YAML.encode()}, alice)
    nodes = nodes_of()
    runs = runs_of(tasks, alice, nodes[0])
    batch = start(
        RunSpec(task=tasks["plain"].pk, name="Both rates", values={"rate": [0.5, 0.25], "epochs": [1, 2]}),
        by=alice,
    )
    batch_builder.build(batch.pk)
    batch.refresh_from_db()
    move_to(batch.runs.order_by("cell")[0], State.FAILED)
    move_to(batch.runs.order_by("cell")[1], State.SUCCEEDED)
    for run in batch.runs.order_by("cell")[:2]:
        leave_things(run)
    store.create(tasks["plain"], "later.py", b"since the last Run", by=alice)
    presets.save(tasks["plain"], "quick <one>", RunSpec(task=tasks["plain"].pk), by=alice)
    archiving.archive(archived)
    return World(
        project=project, archived=archived, public=public, datasets=datasets, tasks=tasks, runs=runs,
        batch=batch, nodes=nodes,
    )  # fmt: skip


def dataset_of(project: Project, name: str, files: dict[str, bytes], by: User) -> Dataset:
    sent = [(path, io.BytesIO(content)) for path, content in files.items()]
    arrival = uploads.Arrival(files=sent, into="", unpack=False)
    return uploads.create(Dataset(project=project, name=name), arrival, by=by)[0]


def task_of(project: Project, name: str, files: dict[str, bytes], by: User) -> Task:
    task = Task.objects.create(project=project, name=name, created_by=by)
    for path, content in files.items():
        store.create(task, path, content, by=by)
    return task


def tasks_of(project: Project, by: User) -> dict[str, Task]:
    script = b"print('hello')\n"
    arguments = b"import argparse\np = argparse.ArgumentParser()\np.add_argument('--rate', type=float)\n"
    arguments += b"p.parse_args()\n"
    many = {f"src/part{number // 10}/m{number}.py": b"x = 1\n" for number in range(35)}
    files = {
        "plain": {"main.py": script, "task.yaml": TASK_YAML.encode(), "environment.yml": b"name: x\n"},
        "types": {"main.py": script, "other.py": script, "task.yaml": EVERY_TYPE.encode()},
        "broken": {"main.py": script, "task.yaml": BROKEN_YAML.encode(), "requirements.txt": b"numpy\n"},
        "unreadable": {"main.py": script, "task.yaml": b"\xff\xfe\x00binary", "reqs.txt": b"numpy\n"},
        "scriptless": {"notes.md": b"# Nothing to run\n"},
        "empty": {},
        "odd": {"main.py": script, "environment.yml": BUILDS, **ODD_NAMES},
        "many": {"main.py": arguments, **many},
    }
    return {name: task_of(project, f"{name.capitalize()} <task>", given, by) for name, given in files.items()}


def nodes_of() -> list[Node]:
    now = timezone.now() + timedelta(hours=1)  # lives on while a long test lasts
    facts = {"hostname": "host <1>", "platform": "Linux", "pid": 1, "started_at": now, "workers": 2}
    return [
        Node.objects.create(name="here", heartbeat_at=now, cpu_percent=5.0, memory_percent=50, **facts),
        Node.objects.create(name="silent", heartbeat_at=now - timedelta(days=1), **facts),
        Node.objects.create(name="gone", heartbeat_at=now, stopped_at=now - timedelta(days=1), **facts),
        Node.objects.create(name="draining", heartbeat_at=now, is_draining=True, **facts),
    ]


def runs_of(tasks: dict[str, Task], by: User, node: Node) -> list[Run]:
    """One in every state, then one that was executed again, one of the public and one of an old Task."""
    runs = [
        run_of(tasks["plain"], user=by, state=state, name=f"{state.value} <run>", node=node, time_limit=60)
        for state in State
    ]
    runs += [run_of(tasks["odd"], user=by, state=State.FAILED, values={})]
    Execution.objects.filter(pk=runs[-1].latest_id).update(reason=Reason.ENVIRONMENT)
    runs += [run_of(tasks["public"], user=by, values=DEFAULTS), run_of(tasks["archived"], user=by)]
    for run in runs:
        if run.latest.started_at is not None:
            leave_things(run)
    move_to(runs[-1], State.SUCCEEDED)
    repeated = runs[list(State).index(State.FAILED)]
    lifecycle.queue(repeated, Cause.AGAIN, by=by)
    for run in runs:
        run.refresh_from_db()
    return runs


def leave_things(run: Run) -> None:
    execution = run.latest
    environment, _ = Environment.objects.get_or_create(
        key="e" * 64, node_name="here", kind="venv", interpreter="3.11", packages="numpy==2.0.0"
    )
    Execution.objects.filter(pk=execution.pk).update(environment=environment)
    finished_runs.prints(execution, b"\x1b[31mred\x1b[0m <b>\n10%\r20%\r\n\xff\xfe bad\n" * 30, at=10)
    finished_runs.leaves(execution, {**ODD_NAMES, "line\nend.txt": b"x", "a/CON/b.txt": b"y"})
    for name in ("loss", "accuracy <b>"):
        finished_runs.reports(execution, name, [(float(x), 1.0 / (x + 1)) for x in range(20)])
    metrics.add_samples(execution.pk, {"cpu": [(0.0, 1.0)]})
