"""Scripts for the product to execute, which last until a test lets them go."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import psutil
from django.contrib.auth.models import User

from coretex_site.lib import paths
from projects.models import Project
from runs import processes
from runs.models import Execution, Node, Run
from runs.runspec import RunSpec
from runs.states import State
from runs.submission.start import start
from tasks import create
from tests.cluster.product import is_alive, until

LONG = """
import os, pathlib, sys, time
print("begun", os.getpid(), flush=True)
while not pathlib.Path({gate!r}).exists():
    time.sleep(0.05)
pathlib.Path("left.txt").write_text("left behind")
print("over", flush=True)
sys.exit(3)
"""
SHORT = "print('done')\n"


class Work:
    """Runs of scripts that wait for the gate, and of scripts that end at once."""

    def __init__(self, folder: Path) -> None:
        self.gate = folder / "gate"
        self.user = User.objects.get(username="admin")
        self.project, _ = Project.objects.get_or_create(name="Killing", created_by=self.user)

    def open_gate(self) -> None:
        self.gate.touch()

    def run(self, script: str, *, node: Node | None = None) -> Run:
        number = self.project.tasks.count() + 1
        details = create.Details(project=self.project, name=f"Task {number}", by=self.user)
        task = create.from_upload(details, [("main.py", BytesIO(script.encode()))])
        spec = RunSpec(task=task.pk, node="" if node is None else node.name)
        run = start(spec, by=self.user)
        assert isinstance(run, Run)
        return run

    def short_run(self, *, node: Node | None = None) -> Run:
        return self.run(SHORT, node=node)

    def long_run(self) -> Run:
        """Prints “begun”, waits for the gate, leaves an artifact, prints “over”, ends with exit code 3."""
        return self.run(LONG.format(gate=str(self.gate)))

    def worker(self, run: Run) -> psutil.Process:
        """The process that works on a Run which has begun, also when it was adopted just now."""

        def alive() -> psutil.Process | None:
            owner = run.executions.get(number=1).owner
            return process_of(owner) if processes.is_alive(owner) else None

        return until(alive, within=20, what="a worker that attends to the script")

    def begun(self, run: Run) -> psutil.Process:
        """The process of the script of a long Run, once it has begun."""
        execution = run.executions.get(number=1)
        # A print of two words is two writes.
        words = until(lambda: printed(execution).split()[1:2], within=40, what="the script to begin")
        return psutil.Process(int(words[0]))


def process_of(name: str) -> psutil.Process:
    """The process that a ProcessId names."""
    return psutil.Process(processes.ProcessId.parse(name).pid)


def printed(execution: Execution) -> str:
    console = paths.console(execution.pk)
    text = console.read_text() if console.is_file() else ""
    return text[text.find("begun") :] if "begun" in text else ""


def wait_until_ended(run: Run, *, number: int = 1, within: float = 60) -> Execution:
    def ended() -> Execution | None:
        execution = run.executions.filter(number=number).first()
        return execution if execution is not None and not execution.is_unfinished else None

    return until(ended, within=within, what=f"the end of Execution {number} of Run {run.pk}")


def wait_until_all_ended(runs: Iterable[Run], *, within: float = 60) -> None:
    for run in runs:
        assert wait_until_ended(run, within=within).status == State.SUCCEEDED


def assert_as_if_nothing_had_happened(run: Run) -> None:
    """A long Run whose gate is open: one Execution with its console, exit code and artifact."""
    execution = wait_until_ended(run)
    assert (execution.status, execution.reason, execution.exit_code) == (State.FAILED, "exit_code", 3)
    assert printed(execution).splitlines()[-1] == "over"
    assert [artifact.path for artifact in execution.artifacts.all()] == ["left.txt"]
    assert run.executions.count() == 1


def kill(them: Iterable[psutil.Process]) -> None:
    """kill -9, all of them as nearly at once as can be."""
    for process in them:
        if is_alive(process):
            process.kill()
