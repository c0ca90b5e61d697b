"""How fast a running server makes and executes Batches. Used by `measure.py`."""

import statistics
import time
from collections.abc import Callable
from http import HTTPStatus

from django.db import connection, transaction
from django.db.models import Max, Min
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from runs.models import Batch, Execution, Metric, Run
from runs.runspec import RunSpec
from runs.states import ACTIVE, State
from runs.submission import batch_actions
from runs.submission import start as submission
from tasks.models import Task

PATIENCE = 600.0
PAGES = 7
LOOK_EVERY = 0.02
# Who waits for what has times of its own shall not slow it down.
LOOK_SELDOM = 0.8
# How often a Batch continues and a bare pool has its turn.
TURNS = 4


def wait_for(batch: Batch, field: str, *, every: float = LOOK_EVERY) -> None:
    deadline = time.monotonic() + PATIENCE
    while Batch.objects.values_list(field, flat=True).get(pk=batch.pk) is None:
        if time.monotonic() > deadline:
            raise SystemExit(f"The Batch of {batch.count} has no {field} after {PATIENCE:.0f} s.")
        time.sleep(every)


def start(task: Task, count: int, name: str) -> Batch:
    spec = RunSpec(task=task.pk, name=name, values={"number": list(range(count))})
    batch = submission.start(spec, by=task.created_by)
    if not isinstance(batch, Batch):
        raise SystemExit("A Batch has two or more Runs; ask for more.")
    return batch


def creation(task: Task, count: int) -> tuple[Batch, float]:
    """The seconds from pressing Start until all Runs are there and queued; they are stopped then."""
    began = time.perf_counter()
    batch = start(task, count, "creation")
    batch_actions.pause(batch)
    wait_for(batch, "built_at")
    seconds = time.perf_counter() - began
    queued = Run.objects.filter(batch=batch, state=State.QUEUED, latest__state=State.QUEUED).count()
    if queued != count:
        raise SystemExit(f"{queued} of {count} Runs are queued.")
    batch_actions.stop_all(batch, by=task.created_by)
    wait_for(batch, "finished_at")
    return batch, seconds


def page(batch: Batch) -> tuple[float, int]:
    """Processor seconds and queries of the page of a Batch, as if its Runs had succeeded with a metric."""
    latest = batch.runs.values("latest")
    with transaction.atomic():
        Execution.objects.filter(pk__in=latest).update(state=State.SUCCEEDED)
        batch.runs.update(state=State.SUCCEEDED)
        metrics = [
            Metric(execution_id=pk, name="loss", point_count=1, last=value, minimum=value, maximum=value)
            for value, pk in enumerate(latest.values_list("latest", flat=True))
        ]
        Metric.objects.bulk_create(metrics, batch_size=5000)
    browser = Client(headers={"host": "127.0.0.1"})
    browser.force_login(batch.created_by)
    address = reverse("runs:batch", args=[batch.pk])
    with CaptureQueriesContext(connection) as queries:
        if browser.get(address).status_code != HTTPStatus.OK:
            raise SystemExit(f"The page of a Batch of {batch.count} cannot be seen.")
    count = len(queries)
    seconds = []
    for _ in range(PAGES):
        # What a worker of the web server keeps of a Batch is there for the second who looks.
        began = time.process_time()
        browser.get(address)
        seconds.append(time.process_time() - began)
    return statistics.median(seconds), count


def rate(task: Task, count: int, pool_seconds: Callable[[int], float]) -> tuple[float, float]:
    """Runs of one queued Batch and scripts of a bare pool per second, taken in turns.

    Machines get faster and slower by themselves within seconds, so the Batch is paused now and then while
    the pool executes half as many scripts. Its own seconds are those from a first start to a last end.
    """
    batch = start(task, count, "rate")
    batch_actions.pause(batch)
    wait_for(batch, "built_at")
    ended = Execution.objects.filter(run__batch=batch, state=State.SUCCEEDED)
    scripts = count // (2 * TURNS)
    seconds, bare = 0.0, pool_seconds(scripts)
    for turn in range(TURNS):
        known = set(ended.values_list("pk", flat=True))
        batch_actions.resume(batch)
        wait_until(batch, lambda wanted=count * (turn + 1) // TURNS: ended.count() >= wanted)
        batch_actions.pause(batch)
        wait_until(batch, lambda: not batch.runs.filter(state__in=ACTIVE).exists())
        times = ended.exclude(pk__in=known).aggregate(first=Min("started_at"), last=Max("finished_at"))
        if times["last"] is not None:
            seconds += (times["last"] - times["first"]).total_seconds()
        bare += pool_seconds(scripts)
    return count / seconds, (TURNS + 1) * scripts / bare


def wait_until(batch: Batch, is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        bad = batch.runs.filter(state__in=[State.FAILED, State.STOPPED]).first()
        if bad is not None:
            raise SystemExit(f"Run {bad.pk} of the measurement did not succeed.")
        if time.monotonic() > deadline:
            raise SystemExit(f"The Batch of {batch.count} did not get on for {PATIENCE:.0f} s.")
        time.sleep(LOOK_SELDOM)
