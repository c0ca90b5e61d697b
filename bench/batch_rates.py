"""How fast a running server makes and executes Batches. Used by `measure.py`."""

import time

from runs.batching import batches
from runs.models import Batch, Run
from runs.runspec import RunSpec
from runs.states import State
from tasks.models import Task

PATIENCE = 600.0
LOOK_EVERY = 0.05


def wait_for(batch: Batch, field: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while Batch.objects.values_list(field, flat=True).get(pk=batch.pk) is None:
        if time.monotonic() > deadline:
            raise SystemExit(f"The Batch of {batch.count} has no {field} after {PATIENCE:.0f} s.")
        time.sleep(LOOK_EVERY)


def start(task: Task, count: int, name: str) -> Batch:
    spec = RunSpec(task=task.pk, name=name, values={"number": list(range(count))})
    batch = batches.start(task, spec, by=task.created_by)
    if not isinstance(batch, Batch):
        raise SystemExit("A Batch has two or more Runs; ask for more.")
    return batch


def creation_seconds(task: Task, count: int) -> float:
    """From pressing Start until all Runs are there and queued; they are stopped then."""
    began = time.perf_counter()
    batch = start(task, count, "creation")
    batches.pause(batch)
    wait_for(batch, "built_at")
    seconds = time.perf_counter() - began
    queued = Run.objects.filter(batch=batch, state=State.QUEUED, latest__state=State.QUEUED).count()
    if queued != count:
        raise SystemExit(f"{queued} of {count} Runs are queued.")
    batches.stop_all(batch, by=task.created_by)
    wait_for(batch, "finished_at")
    return seconds


def rate(task: Task, count: int) -> float:
    """Runs per second of one Batch, from when all are queued to its end; how fast they are is told before."""
    batch = start(task, count, "rate")
    wait_for(batch, "finished_at")
    batch.refresh_from_db()
    seconds = (batch.finished_at - batch.built_at).total_seconds()
    succeeded = batch.runs.filter(state=State.SUCCEEDED).count()
    if succeeded != count:
        raise SystemExit(f"{succeeded} of {count} Runs succeeded.")
    return count / seconds
