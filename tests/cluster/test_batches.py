"""Batches in a whole product: built while every worker is busy, and after the workers were killed."""

from runs.models import Batch
from runs.states import State
from runs.submission import batch_actions
from runs.submission.start import start
from tests import some_batches
from tests.cluster.product import Product, until
from tests.cluster.work import Work, kill, process_of


def started(work: Work, name: str, **given: object) -> Batch:
    task = some_batches.make_task(work.project, name=name)
    batch = start(some_batches.spec(task, **given), by=work.user)
    assert isinstance(batch, Batch)
    return batch


def is_there(batch: Batch, field: str) -> bool:
    return Batch.objects.values_list(field, flat=True).get(pk=batch.pk) is not None


def builder(batch: Batch) -> str:
    return Batch.objects.values_list("builder", flat=True).get(pk=batch.pk)


def test_a_batch_is_built_while_every_worker_is_busy_and_executed_after(product: Product, work: Work) -> None:
    runs = [work.long_run() for _ in range(product.workers)]
    for run in runs:
        work.begun(run)
    batch = started(work, "While busy")
    until(lambda: is_there(batch, "built_at"), within=20, what="the Batch to be built")
    assert batch.runs.filter(state=State.QUEUED).count() == 4
    work.open_gate()
    until(lambda: is_there(batch, "finished_at"), within=60, what="the end of the Batch")
    assert some_batches.states(batch) == ["succeeded"] * 4


def test_a_builder_that_is_killed_leaves_one_whole_batch(product: Product, work: Work) -> None:
    batch = started(work, "Killed", values={"a": [*range(60)], "b": [*range(60)]})
    batch_actions.pause(batch)
    kill([process_of(until(lambda: builder(batch), within=20, what="someone to build the Batch"))])
    until(lambda: is_there(batch, "built_at"), within=60, what="the Batch to be built")
    assert batch.runs.filter(state=State.QUEUED, executions__number=1).count() == 3600
    assert batch_actions.stop_all(batch, by=work.user) == 3600
    until(lambda: is_there(batch, "finished_at"), within=20, what="the end of the Batch")
