"""Workers are killed: what they worked on goes on as if nothing had happened, or is executed again once."""

import os
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

from coretex_site.lib import filetree, paths
from projects.models import Project
from runs import lifecycle, processes
from runs.engine import prepare, recovery
from runs.engine.executor import read_exit_code
from runs.engine.worker import take_one
from runs.models import Environment, Execution, Node
from runs.queue import claims
from runs.states import Cause, Reason, State
from tests.small_tasks import console, fresh, python, start_worker, submit, this_node, until

pytestmark = pytest.mark.django_db(transaction=True)

SLOW = """
import os, time
print("began", os.getpid(), flush=True)
while not os.path.exists({gate!r}):
    time.sleep(0.02)
open("left.txt", "w").write("x")
open(os.environ["CORETEX_METRICS"], "a").write('{{"metric": "m", "x": 1, "y": 2}}\\n')
print("done", flush=True)
raise SystemExit({code})
"""


@pytest.fixture(autouse=True)
def _environments(shared_environments: Path, settings: LazySettings) -> None:
    settings.STOP_GRACE = 1


def begun(project: Project, gate: Path, *, code: int = 0, **facts: object) -> tuple[Execution, int]:
    """An Execution whose script runs and whose worker was killed; and the script's pid."""
    execution = python(project, SLOW.format(gate=str(gate), code=code), **facts)
    worker = start_worker()
    until(lambda: "began" in console(execution) and fresh(execution).shim)
    worker.kill()
    worker.wait()
    pid = next(int(line.split()[1]) for line in console(execution).splitlines() if line.startswith("began"))
    assert psutil.pid_exists(pid)
    return fresh(execution), pid


def test_a_script_outlives_its_worker_and_is_adopted(project: Project, tmp_path: Path) -> None:
    execution, _ = begun(project, tmp_path / "gate", code=4)
    assert recovery.waiting(execution.node) == 1

    def open_gate_once_adopted() -> None:
        until(lambda: fresh(execution).owner != execution.owner)
        (tmp_path / "gate").touch()
        connection.close()

    thread = threading.Thread(target=open_gate_once_adopted)
    thread.start()
    assert take_one() == 1
    thread.join()
    execution = fresh(execution)
    assert (execution.status, execution.reason, execution.exit_code) == (State.FAILED, Reason.EXIT_CODE, 4)
    assert console(execution).count("done") == 1
    assert [a.path for a in execution.artifacts.all()] == ["left.txt"]
    assert execution.metrics.get(name="m").point_count == 1
    assert execution.run.executions.count() == 1


def test_what_ended_without_a_worker_is_settled(project: Project, tmp_path: Path) -> None:
    execution, _ = begun(project, tmp_path / "gate")
    (tmp_path / "gate").touch()
    until(lambda: read_exit_code(paths.exit_file(execution.pk)) is not None)
    ended_at = paths.exit_file(execution.pk).stat().st_mtime
    assert recovery.adopt(execution.node) is None
    execution = fresh(execution)
    assert (execution.status, execution.exit_code) == (State.SUCCEEDED, 0)
    assert abs(execution.finished_at.timestamp() - ended_at) < 0.01
    assert [a.path for a in execution.artifacts.all()] == ["left.txt"]
    assert execution.metrics.get(name="m").point_count == 1
    assert take_one() == 0


def test_the_time_limit_holds_for_an_adopted_script(project: Project, tmp_path: Path) -> None:
    execution, pid = begun(project, tmp_path / "gate", time_limit=1)
    take_one()
    assert fresh(execution).reason == Reason.TIMEOUT
    assert not psutil.pid_exists(pid)


def test_an_adopted_script_can_be_stopped(project: Project, tmp_path: Path) -> None:
    execution, pid = begun(project, tmp_path / "gate")
    lifecycle.request_stop(execution, by=project.created_by)
    take_one()
    assert fresh(execution).status == State.STOPPED
    assert fresh(execution).message == "Stopped by its owner."
    assert not psutil.pid_exists(pid)


def test_a_script_that_was_started_and_never_noted_is_found(project: Project, tmp_path: Path) -> None:
    execution, _ = begun(project, tmp_path / "gate")
    # As if its worker had been killed between the start and the note of it.
    Execution.objects.filter(pk=execution.pk).update(shim="")
    adopted = recovery.adopt(execution.node)
    assert adopted is not None
    assert processes.is_alive(adopted.shim)
    (tmp_path / "gate").touch()
    take_one()
    assert fresh(execution).status == State.SUCCEEDED


def test_what_died_with_its_script_is_lost_and_executed_again_once(project: Project, tmp_path: Path) -> None:
    execution, _ = begun(project, tmp_path / "gate")
    shim = processes.ProcessId.parse(execution.shim)
    os.killpg(shim.pid, signal.SIGKILL)
    until(lambda: not processes.is_alive(execution.shim))
    (tmp_path / "gate").touch()
    assert take_one() == 1
    execution = fresh(execution)
    assert (execution.status, execution.reason) == (State.FAILED, Reason.LOST)
    assert execution.message.endswith("It is executed again.")
    second = execution.run.executions.get(number=2)
    assert (second.cause, second.status) == (Cause.RECOVERED.value, State.SUCCEEDED)
    assert execution.run.executions.count() == 2


def test_who_is_lost_twice_in_a_row_is_not_executed_again(project: Project) -> None:
    execution = python(project, "import os; os.kill(os.getppid(), 9); os.kill(os.getpid(), 9)")
    assert take_one() == 2
    first, second = execution.run.executions.order_by("number")
    assert first.reason == second.reason == Reason.LOST
    assert "lost twice in a row and is not executed again" in second.message


def leave_what_no_database_takes(execution: Execution) -> None:
    """As a script can that writes where it should not: an Artifact whose name is no UTF-8."""
    folder = paths.artifacts(execution.pk)
    folder.mkdir(parents=True)
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).touch()


def test_what_cannot_be_settled_fails_and_keeps_nobody_waiting(
    project: Project, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    execution, _ = begun(project, tmp_path / "gate")
    os.killpg(processes.ProcessId.parse(execution.shim).pid, signal.SIGKILL)
    until(lambda: not processes.is_alive(execution.shim))
    leave_what_no_database_takes(execution)
    other = python(project, "print('next')")
    assert take_one() == 1
    execution = fresh(execution)
    assert (execution.status, execution.reason) == (State.FAILED, Reason.LOST)
    reference = execution.message.split()[-1].rstrip(".")
    assert reference in caplog.text
    assert fresh(other).status == State.SUCCEEDED


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_a_folder_or_a_pipe_in_place_of_the_exit_code_is_none(
    make: Callable[[Path], None], project: Project, tmp_path: Path
) -> None:
    execution, _ = begun(project, tmp_path / "gate")
    os.killpg(processes.ProcessId.parse(execution.shim).pid, signal.SIGKILL)
    until(lambda: not processes.is_alive(execution.shim))
    paths.exit_file(execution.pk).unlink()
    make(paths.exit_file(execution.pk))
    (tmp_path / "gate").touch()
    assert take_one() == 1
    first, second = execution.run.executions.order_by("number")
    assert (first.status, first.reason) == (State.FAILED, Reason.LOST)
    assert second.status == State.SUCCEEDED


def test_what_a_script_left_running_is_not_taken_for_its_shim(project: Project, tmp_path: Path) -> None:
    source = """
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print("began", os.getpid(), flush=True)
while not os.path.exists({gate!r}):
    time.sleep(0.02)
"""
    execution = python(project, source.format(gate=str(tmp_path / "gate")))
    worker = start_worker()
    until(lambda: "began" in console(execution) and fresh(execution).shim)
    worker.kill()
    worker.wait()
    shim = fresh(execution).shim
    # As if it had been killed before it could note the shim.
    Execution.objects.filter(pk=execution.pk).update(shim="")
    adopted = recovery.adopt(fresh(execution).node)
    assert adopted is not None
    assert adopted.shim == shim
    Execution.objects.filter(pk=execution.pk).update(shim="", owner="another-boot:1:1")
    (tmp_path / "gate").touch()
    until(lambda: not processes.is_alive(shim))
    assert recovery.adopt(fresh(execution).node) is None
    assert fresh(execution).status == State.SUCCEEDED
    assert not processes.marked(prepare.mark(execution.pk))


def test_what_was_never_started_waits_again(project: Project) -> None:
    execution = python(project, "print('at last')")
    worker = start_worker(
        "from runs.queue import claims; from runs.engine import worker; "
        "from runs.processes import ProcessId; claims.Front(worker._this_node()).claim(str(ProcessId.mine()))"
    )
    worker.wait()
    assert fresh(execution).status == State.PREPARING
    assert take_one() == 1
    execution = fresh(execution)
    assert execution.status == State.SUCCEEDED
    assert execution.run.executions.count() == 1
    assert (
        "it is queued again"
        in execution.changes.get(to_state=State.QUEUED, from_state=State.PREPARING).message
    )


KILLED_BEFORE_THE_SECOND_SCRIPT = """
import os
from runs.engine import executor
launch, launched = executor.launch, []
def launch_one(what):
    if launched:
        os.kill(os.getpid(), 9)
    launched.append(what)
    return launch(what)
executor.launch = launch_one
take_one()
"""


def two_alike(project: Project, source: str, **facts: Any) -> list[Execution]:
    """Executions of two Runs of one Snapshot, so that all is at hand for the second after the first."""
    first = python(project, source)
    return [first, submit(first.run.task, **facts)]


def test_a_script_whose_start_was_noted_and_never_came_is_lost_and_executed_again(project: Project) -> None:
    first, second = two_alike(project, "print('at last')")
    worker = start_worker(f"exec({KILLED_BEFORE_THE_SECOND_SCRIPT!r})")
    assert worker.wait(30) == -signal.SIGKILL
    first, second = fresh(first), fresh(second)
    assert (first.status, second.status) == (State.SUCCEEDED, State.RUNNING)
    assert take_one() == 1
    second = fresh(second)
    assert (second.status, second.reason) == (State.FAILED, Reason.LOST)
    assert "It is executed again." in second.message
    recovered = second.run.executions.get(number=2)
    assert recovered.status == State.SUCCEEDED
    assert console(recovered) == "at last\n"


def test_a_script_that_needs_no_preparation_has_been_prepared_too(project: Project) -> None:
    _, second = two_alike(project, "print(1)")
    assert take_one() == 2
    second = fresh(second)
    states = [State.QUEUED, State.PREPARING, State.RUNNING, State.SUCCEEDED]
    assert list(second.changes.order_by("pk").values_list("to_state", flat=True)) == states
    assert second.claimed_at < second.started_at
    assert second.environment_id == fresh(second.run.task.runs.first().latest).environment_id


def test_what_cannot_be_started_after_all_was_never_started(project: Project) -> None:
    _, second = two_alike(project, "print(1)", entry="missing.py")
    assert take_one() == 2
    second = fresh(second)
    assert (second.status, second.reason) == (State.FAILED, Reason.SNAPSHOT)
    assert (second.started_at, second.start_marked_at) == (None, None)
    assert "missing.py" in second.message


def test_an_environment_that_goes_at_the_last_moment_is_built_again(
    project: Project, tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENVIRONMENTS_DIR = tmp_path / "environments"
    first, second = two_alike(project, "print(1)")
    lay_out = prepare.lay_out

    def lay_out_and_lose(execution: Execution) -> prepare.Inputs:
        if execution.pk == second.pk:
            environment = Environment.objects.get()
            filetree.remove(paths.environments(environment.node_name) / environment.key)
            Environment.objects.update(removed_at=timezone.now())
        return lay_out(execution)

    monkeypatch.setattr(prepare, "lay_out", lay_out_and_lose)
    assert take_one() == 2
    first, second = fresh(first), fresh(second)
    assert second.status == State.SUCCEEDED
    assert "Building environment" in console(second)
    assert second.environment_id != first.environment_id
    assert second.started_at > second.claimed_at


def test_a_living_worker_is_left_alone(project: Project, tmp_path: Path) -> None:
    execution = python(project, SLOW.format(gate=str(tmp_path / "gate"), code=0))
    worker = start_worker()
    until(lambda: "began" in console(execution) and fresh(execution).status == State.RUNNING)
    assert take_one() == 0
    assert recovery.waiting(fresh(execution).node) == 0
    (tmp_path / "gate").touch()
    assert worker.wait(10) == 0
    assert fresh(execution).status == State.SUCCEEDED


def test_a_worker_that_is_stopped_for_a_while_lets_go_of_what_was_adopted(
    project: Project, tmp_path: Path
) -> None:
    execution = python(project, SLOW.format(gate=str(tmp_path / "gate"), code=0))
    worker = start_worker()
    until(lambda: "began" in console(execution) and fresh(execution).status == State.RUNNING)
    worker.send_signal(signal.SIGSTOP)
    Execution.objects.filter(pk=execution.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    assert recovery.adopt(this_node()) is not None
    worker.send_signal(signal.SIGCONT)
    assert worker.wait(10) == 0
    assert fresh(execution).status == State.RUNNING
    (tmp_path / "gate").touch()
    take_one()
    assert fresh(execution).status == State.SUCCEEDED
    assert console(execution).count("done") == 1


def test_cut_off_ends_every_script_and_queues_it_again(project: Project, tmp_path: Path) -> None:
    execution, pid = begun(project, tmp_path / "gate")
    recovery.cut_off(execution.node, within_seconds=4)
    assert not psutil.pid_exists(pid)
    execution = fresh(execution)
    assert (execution.status, execution.reason) == (State.FAILED, Reason.LOST)
    assert execution.message == recovery.CUT_OFF
    assert execution.run.state == State.QUEUED
    assert execution.run.executions.count() == 2


def test_the_runs_of_a_node_that_is_gone_are_executed_elsewhere(project: Project) -> None:
    long_ago = timezone.now() - timedelta(minutes=11)
    gone = Node.objects.create(name="gone", heartbeat_at=long_ago)
    execution = python(project, "print('here')")
    claims.Front(gone).claim("another-boot:1:1")
    facts = {"heartbeat_at": long_ago, "start_marked_at": long_ago}
    Execution.objects.filter(pk=execution.pk).update(**facts)
    recovery.tidy()
    execution = fresh(execution)
    assert execution.reason == Reason.LOST
    assert execution.message == (
        "Its node gone was lost: it has not answered for 11 minutes. It is executed again."
    )
    assert take_one() == 1
    assert execution.run.executions.get(number=2).status == State.SUCCEEDED


def test_one_of_a_lost_node_that_cannot_be_settled_does_not_hold_up_the_others(project: Project) -> None:
    long_ago = timezone.now() - timedelta(minutes=11)
    gone = Node.objects.create(name="gone", heartbeat_at=long_ago)
    executions = [python(project, "print('here')") for _ in range(2)]
    for _ in executions:
        claims.Front(gone).claim("another-boot:1:1")
    Execution.objects.update(heartbeat_at=long_ago, start_marked_at=long_ago)
    leave_what_no_database_takes(executions[0])
    recovery.tidy()
    first, second = map(fresh, executions)
    assert (first.status, second.status) == (State.FAILED, State.FAILED)
    assert "Give your administrator the reference" in first.message
    assert second.message.endswith("It is executed again.")
