"""Measures a running server as people use it. `manage.py bench` calls it with that server's settings."""

import argparse
import http.cookiejar
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import django

django.setup()

import batch_rates  # noqa: E402
import environment_costs  # noqa: E402
import large_inputs  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.db import transaction  # noqa: E402
from engine_cpu import SCRIPT, TASK_YAML  # noqa: E402

from coretex_site.lib import paths  # noqa: E402
from projects import auth  # noqa: E402
from projects.models import Membership, Project, Role  # noqa: E402
from runs import lifecycle, snapshots  # noqa: E402
from runs.models import Execution, Run  # noqa: E402
from runs.queue import wakeups  # noqa: E402
from runs.states import FINAL, Cause, State  # noqa: E402
from tasks.files import store  # noqa: E402
from tasks.models import Task  # noqa: E402
from tests.browser_like import form_pairs  # noqa: E402

# Runs of the Batch whose creation is measured.
CREATED = 10_000
POLL = 0.001
PATIENCE = 300.0


class Browser:
    """Opens pages and sends forms, with cookies and without pictures."""

    def __init__(self, address: str) -> None:
        self.address = address
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        # Not even a proxy that the machine is set up for stands between us and our own server.
        self._opener = urllib.request.build_opener(jar, urllib.request.ProxyHandler({}))

    def get(self, path: str) -> str:
        with self._opener.open(self.address + path, timeout=30) as answer:
            return answer.read().decode()

    def post(self, path: str, fields: list[tuple[str, str]]) -> str:
        """Where the answer leads."""
        data = urllib.parse.urlencode(fields).encode()
        headers = {"Referer": self.address + path}
        request = urllib.request.Request(self.address + path, data=data, headers=headers)  # noqa: S310
        try:
            with self._opener.open(request, timeout=30) as answer:
                return answer.url
        except urllib.error.HTTPError as error:
            reasons = re.findall(r'class="error[^>]*>(.*?)</', error.read().decode(), flags=re.DOTALL)
            raise SystemExit(f"The form was refused with {error.code}: {reasons}") from error


def make_task() -> Task:
    user = User.objects.filter(is_superuser=True).first()
    project = Project.objects.create(name=f"Bench {time.time()}", created_by=user)
    Membership.objects.create(project=project, user=user, role=Role.OWNER)
    task = Task.objects.create(project=project, name="Trivial", created_by=user)
    with store.editing(task, by=user) as folder:
        (folder / "main.py").write_text(SCRIPT)
        (folder / "task.yaml").write_text(TASK_YAML)
    return task


def wait_until_ended(executions: list[int]) -> None:
    deadline = time.monotonic() + PATIENCE
    newest = executions[-1]
    ended = Execution.objects.filter(state__in=FINAL)
    # The last one first: who waits shall not be who slows down.
    while not ended.filter(pk=newest).exists() or ended.filter(pk__in=executions).count() < len(executions):
        if time.monotonic() > deadline:
            raise SystemExit(f"{len(executions)} Runs did not end within {PATIENCE:.0f} s.")
        time.sleep(0.05)
    bad = Execution.objects.filter(pk__in=executions).exclude(state=State.SUCCEEDED).first()
    if bad is not None:
        raise SystemExit(f"A Run of the measurement did not succeed: {bad.message}")


def press_run(browser: Browser, task: Task) -> float:
    """Seconds from sending the Run Task form to the first bytes in the console."""
    path = f"/tasks/{task.pk}/run"
    fields = form_pairs(browser.get(path), "run-task")
    began = time.perf_counter()
    sent = ThreadPoolExecutor(1).submit(browser.post, path, fields)
    before = Execution.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    console = None
    while console is None or not (console.exists() and console.stat().st_size):
        if console is None:
            new = Execution.objects.filter(pk__gt=before).values_list("pk", flat=True).first()
            console = paths.console(new) if new is not None else None
        if time.perf_counter() - began > 30:
            raise SystemExit(f"Nothing was printed within 30 s; the form led to {sent.result()}.")
        time.sleep(POLL)
    seconds = time.perf_counter() - began
    wait_until_ended([new])
    return seconds


def same_python(task: Task) -> str:
    """The interpreter of the Task's Runs: another could start faster or slower, and is no comparison."""
    environment = Execution.objects.filter(run__task=task).latest("pk").environment
    return str(paths.environments(environment.node_name) / environment.key / "bin" / "python")


def bare_start(command: list[str], folder: Path, variables: dict[str, str]) -> float:
    """Seconds from starting a bare `python main.py` to its first bytes of output."""
    began = time.perf_counter()
    child = subprocess.Popen(command, cwd=folder, env=variables, stdout=subprocess.PIPE)
    child.stdout.read(1)
    seconds = time.perf_counter() - began
    child.communicate()
    return seconds


def bare_pool(command: list[str], folder: Path, variables: dict[str, str], *, count: int) -> float:
    """Scripts per second of two subprocesses at a time."""

    def one(_: int) -> None:
        subprocess.run(command, cwd=folder, env=variables, stdout=subprocess.DEVNULL, check=True)

    began = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, range(count)))
    return count / (time.perf_counter() - began)


def runs_rate(task: Task, count: int) -> float:
    """Runs per second, from the wake-up to the end of the last."""
    snapshot = snapshots.freeze(task)
    with transaction.atomic():
        executions = [
            lifecycle.queue(
                Run.objects.create(
                    project_id=task.project_id,
                    task=task,
                    snapshot=snapshot,
                    name=f"run-{number}",
                    entry_script="main.py",
                    parameters={"number": number},
                    created_by=task.created_by,
                ),
                Cause.STARTED,
            ).pk
            for number in range(count)
        ]
    began = time.perf_counter()
    wakeups.wake()
    wait_until_ended(executions)
    return count / (time.perf_counter() - began)


def measure(address: str, *, starts: int, count: int, batch: int) -> dict[str, float]:
    """Every number, each ratio with what it was taken from. What is compared is measured in turns."""
    browser = Browser(address)
    user = User.objects.filter(is_superuser=True).first()
    browser.get(auth.make_link(user))
    task = make_task()
    folder = Path(tempfile.mkdtemp(prefix="pool-", dir=settings.DATA_DIR))
    try:
        (folder / "main.py").write_text(SCRIPT)
        (folder / "parameters.json").write_text('{"number": 1}')
        variables = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "CORETEX_PARAMETERS": str(folder / "parameters.json"),
            "CORETEX_METRICS": str(folder / "metrics.jsonl"),
        }
        press_run(browser, task)  # builds the environment, opens every connection
        command = [same_python(task), "main.py"]
        bare, pressed = [], []
        for _ in range(starts):
            bare.append(bare_start(command, folder, variables))
            pressed.append(press_run(browser, task))
        # The pool before and after, since machines get faster and slower by themselves.
        pools = [bare_pool(command, folder, variables, count=count // 2)]
        rate = runs_rate(task, count)
        pools.append(bare_pool(command, folder, variables, count=count // 2))
        large, created = batch_rates.creation(task, CREATED)
        page, queries = batch_rates.page(large)
        small, _ = batch_rates.creation(task, CREATED // 100)
        _, queries_of_small = batch_rates.page(small)
        of_batch, beside = batch_rates.rate(
            task, batch, lambda scripts: scripts / bare_pool(command, folder, variables, count=scripts)
        )
        costs = environment_costs.measure(make_task(), folder)
        costs |= large_inputs.combinations(make_task())
        costs |= large_inputs.console(Run.objects.filter(batch=None, task=task).latest("pk").latest)
    finally:
        shutil.rmtree(folder)
    start, line = statistics.median(bare), statistics.median(pressed)
    pool = statistics.mean(pools)
    return {
        **costs,
        "bare_start_ms": 1000 * start,
        "first_line_ms": 1000 * line,
        "first_line_ratio": line / start,
        "bare_pool_per_second": pool,
        "runs_per_second": rate,
        "rate_ratio": rate / pool,
        "creation_seconds": created,
        "page_ms": 1000 * page,
        "page_queries": queries,
        "page_queries_of_small": queries_of_small,
        "batch_runs": batch,
        "batch_per_second": of_batch,
        "batch_pool_per_second": beside,
        "batch_ratio": of_batch / beside,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--starts", type=int, default=15)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--batch", type=int, default=1000)
    given = parser.parse_args()
    print(json.dumps(measure(given.address, starts=given.starts, count=given.runs, batch=given.batch)))
