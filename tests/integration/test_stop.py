"""Stop: while queued, while preparing, while running, and scripts that do not want to end."""

import threading
from pathlib import Path

import psutil
import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.db import connection

from coretex_site.lib import paths
from projects.models import Project
from runs import lifecycle
from runs.engine.worker import take_one
from runs.models import Execution
from runs.states import State
from tests.small_tasks import console, fresh, make_task, python, submit, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _environments(shared_environments: Path, settings: LazySettings) -> None:
    settings.STOP_GRACE = 1


PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


def stop_when(execution: Execution, seen: str, by: User) -> threading.Thread:
    """Asks for the end as soon as the console holds `seen`."""

    def ask() -> None:
        until(lambda: seen in console(execution))
        lifecycle.request_stop(fresh(execution), by=by)
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_what_waits_is_stopped_at_once(project: Project, alice: User) -> None:
    execution = python(project, "1")
    assert lifecycle.request_stop(execution, by=alice)
    assert fresh(execution).status == State.STOPPED
    assert fresh(execution).message == "Stopped by its owner before it was started."
    assert take_one() == 0


def test_a_running_script_and_its_children_end(project: Project, alice: User, bob: User) -> None:
    source = """
import subprocess, time
print("child", subprocess.Popen(["sleep", "300"]).pid)
print("child", subprocess.Popen(["sleep", "300"], start_new_session=True).pid)
print("ready")
time.sleep(300)
"""
    execution = python(project, source)
    thread = stop_when(execution, "ready", bob)
    take_one()
    thread.join()
    execution = fresh(execution)
    assert (execution.status, execution.message) == (State.STOPPED, "Stopped by bob.")
    assert execution.exit_code == 128 + 15
    assert execution.run.state == State.STOPPED
    children = [int(line.split()[1]) for line in console(execution).splitlines() if line.startswith("child")]
    assert len(children) == 2
    assert not any(map(alive, children))


def test_a_script_can_tidy_up_when_it_is_stopped(project: Project, alice: User) -> None:
    source = """
import signal, sys, time
def end(number, frame):
    open("saved.txt", "w").write("weights")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("ready")
time.sleep(300)
"""
    execution = python(project, source)
    thread = stop_when(execution, "ready", alice)
    take_one()
    thread.join()
    assert fresh(execution).status == State.STOPPED
    assert (paths.artifacts(execution.pk) / "saved.txt").read_text() == "weights"


def test_who_ignores_the_request_is_killed(project: Project, alice: User) -> None:
    source = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready")
time.sleep(300)
"""
    execution = python(project, source)
    thread = stop_when(execution, "ready", alice)
    take_one()
    thread.join()
    execution = fresh(execution)
    assert execution.status == State.STOPPED
    assert execution.message == "Stopped by its owner; it did not end in time when asked to, and was killed."
    assert execution.exit_code == 128 + 9


def test_the_building_of_an_environment_is_stopped_too(project: Project, alice: User, tmp_path: Path) -> None:
    slow = "import os, time\nprint('building', os.getpid(), file=open(%r, 'w'))\ntime.sleep(300)\n"
    files = {
        "main.py": "1",
        "requirements.txt": "./slow",
        "slow/pyproject.toml": PYPROJECT,
        "slow/backend.py": slow % str(tmp_path / "note"),
    }
    execution = submit(make_task(project, files))

    def ask() -> None:
        until(lambda: (tmp_path / "note").is_file() and (tmp_path / "note").read_text().strip())
        lifecycle.request_stop(fresh(execution), by=alice)
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    take_one()
    thread.join()
    assert fresh(execution).status == State.STOPPED, console(execution)
    assert fresh(execution).start_marked_at is None
    assert not alive(int((tmp_path / "note").read_text().split()[1]))


def test_what_has_ended_cannot_be_stopped(project: Project, alice: User) -> None:
    execution = python(project, "1")
    take_one()
    assert not lifecycle.request_stop(fresh(execution), by=alice)
    assert fresh(execution).status == State.SUCCEEDED
