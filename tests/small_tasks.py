"""Tasks of a few lines, really executed by `take_one()` in the process of the test or in a child of it."""

import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections

from coretex_site.lib import filetree, paths
from projects.models import Project
from runs import lifecycle, snapshots
from runs.engine.worker import take_one
from runs.models import Execution, Node, Run
from runs.states import Cause
from tasks.models import Task

ROOT = Path(__file__).resolve().parent.parent


def make_task(project: Project, files: Mapping[str, str | bytes], *, name: str = "Train") -> Task:
    task = Task.objects.create(project=project, name=name, created_by=project.created_by)
    write(task, files)
    return task


def write(task: Task, files: Mapping[str, str | bytes]) -> None:
    """Puts files into a Task, as an edit does."""
    folder = paths.task_files(task.pk)
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content.encode() if isinstance(content, str) else content)
    task.digest = filetree.digest(folder)
    task.save()


def submit(
    task: Task, *, entry: str = "main.py", values: dict[str, Any] | None = None, **facts: Any
) -> Execution:
    """The first Execution of a new Run of the Task as it is now, in the queue."""
    run = Run.objects.create(
        project=task.project,
        task=task,
        snapshot=snapshots.freeze(task),
        name=f"{task.name} again",
        entry_script=entry,
        parameters=values or {},
        created_by=task.created_by,
        **facts,
    )
    return lifecycle.queue(run, Cause.STARTED, by=task.created_by)


def python(project: Project, source: str, **facts: Any) -> Execution:
    """A queued Execution of one Python file."""
    name = f"Task {Task.objects.count()}"
    return submit(make_task(project, {"main.py": source}, name=name), **facts)


def fresh(execution: Execution) -> Execution:
    return Execution.objects.select_related("run", "node", "environment").get(pk=execution.pk)


def console(execution: Execution) -> str:
    path = paths.console(execution.pk)
    return path.read_text(errors="replace") if path.is_file() else ""


def this_node(**facts: Any) -> Node:
    return Node.objects.update_or_create(name=settings.NODE_NAME, defaults=facts)[0]


def until(condition: Callable[[], Any], *, seconds: float = 15.0) -> Any:
    """What the condition returns once that is true; fails when it never is."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


def start_worker(code: str = "take_one()") -> subprocess.Popen[bytes]:
    """A process with a worker in it, on the database and the data folder of this test."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        host = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
        url = f"postgres://{host}/{database['NAME']}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "coretex_site.settings",
        "CORETEX_DATABASE_URL": url,
        "CORETEX_DATA_DIR": str(settings.DATA_DIR),
        "CORETEX_ENVIRONMENTS_DIR": str(settings.ENVIRONMENTS_DIR),
        "CORETEX_NODE_NAME": settings.NODE_NAME,
        "CORETEX_STOP_GRACE": str(settings.STOP_GRACE),
    }
    program = f"import django; django.setup(); from runs.engine.worker import take_one; {code}"
    return subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment)


def fork_workers(count: int) -> list[int]:
    """That many processes with a worker in each, forked from this one since starting them anew takes long.

    Each ends with 0 when its worker did. Nothing of the test may be open in a child: its database least.
    """
    connections.close_all()
    found = []
    for _ in range(count):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                take_one()
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                connections.close_all()
                os._exit(code)
        found.append(pid)
    return found
