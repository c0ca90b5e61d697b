"""Builds the Runs of a Batch, all or none. Called by workers; knows no HTTP."""

import itertools
import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from runs.models import Batch, Run
from runs.processes import ProcessId
from runs.queue import bulk_transitions, scheduler, wakeups
from runs.states import Cause, State
from runs.submission.errors import SubmitError
from runs.submission.validate import LONGEST_NAME, Plan, validate

log = logging.getLogger(__name__)

# Rows in one statement; Django asks for fewer where the database takes fewer.
ROWS = 1000
# What each of its Runs has from the Batch.
OF_BATCH = (
    *("project_id", "task_id", "snapshot_id", "description", "entry_script"),
    *("wanted_node_id", "time_limit", "created_by_id"),
)


def build(batch_id: int) -> bool:
    """Makes the Runs of the Batch that are not there yet, and queues them; False when another process does.

    They are prepared outside of the transaction and stored in one, so that a killed builder leaves nothing
    and others wait for the database no longer than needed. Two builders that meet are one build.
    """
    owner = str(ProcessId.mine())
    if not _take(batch_id, owner):
        return False
    batch = Batch.objects.select_related("task__project", "snapshot", "created_by").get(pk=batch_id)
    try:
        runs, made = prepare(batch)
    except SubmitError as error:
        return _give_up(batch, owner, str(error))
    except DatabaseError:
        raise
    except Exception:
        # A worker that fails here again and again would never execute anything.
        log.exception("Batch %s cannot be built.", batch.pk)
        return _give_up(batch, owner, "It cannot be built; see the server's log for the reason.")
    with transaction.atomic():
        mine = Batch.objects.filter(pk=batch.pk, builder=owner, built_at=None, finished_at=None)
        if not mine.update(built_at=timezone.now(), builder="", builder_at=None, **made):
            return False
        Run.objects.bulk_create(runs, batch_size=ROWS)
        bulk_transitions.queue_marked(batch, cause=Cause.STARTED, by=batch.created_by)
    wakeups.wake(batch.wanted_node)
    return True


def _take(batch_id: int, owner: str) -> bool:
    """Makes the caller its builder, unless one that lives has it already."""
    batch = Batch.objects.filter(pk=batch_id, built_at=None, finished_at=None).first()
    if batch is None or scheduler.is_being_built(batch):
        return False
    free = Batch.objects.filter(pk=batch_id, built_at=None, finished_at=None, builder=batch.builder)
    return bool(free.update(builder=owner, builder_at=timezone.now()))


def _give_up(batch: Batch, owner: str, sentence: str) -> bool:
    """What was asked for cannot be built; Runs that were there before stay."""
    now = timezone.now()
    fields: dict[str, Any] = {"built_at": now} if batch.runs.exists() else {"finished_at": now}
    mine = Batch.objects.filter(pk=batch.pk, builder=owner, built_at=None)
    return bool(mine.update(build_error=sentence, builder="", builder_at=None, **fields))


def prepare(batch: Batch) -> tuple[list[Run], dict[str, Any]]:
    """The Runs that are asked for and not in the Batch yet, and what it then holds. Raises SubmitError."""
    plan = validate(batch.task, batch.run_spec, snapshot=batch.snapshot)
    alive = set(Run.objects.filter(pk__in=[run for _, run in batch.reused]).values_list("pk", flat=True))
    reused = [[cell, run] for cell, run in batch.reused if run in alive]
    there = batch.runs.count()
    is_first = not there and not batch.earlier_specs
    free = free_cells(batch)
    runs = [
        _run(batch, plan.at(place), plan.digests[place], cell=place if is_first else next(free))
        for place in additions(batch, plan)
    ]
    count = there + len(reused) + len(runs)
    return runs, {"reused": reused, "varying": _varying(batch, plan), "count": count}


def additions(batch: Batch, plan: Plan) -> list[int]:
    """The numbers of those of the plan's Runs that are not in the Batch yet."""
    reused = Run.objects.filter(pk__in=[run for _, run in batch.reused])
    there = Counter(batch.runs.values_list("values_digest", flat=True))
    there.update(reused.values_list("values_digest", flat=True))
    new = []
    for place, digest in enumerate(plan.digests):
        if there[digest]:
            there[digest] -= 1
        else:
            new.append(place)
    return new


def free_cells(batch: Batch) -> Iterator[int]:
    """The numbers of cells that follow those of the Batch."""
    used = [cell for cell, _ in batch.reused] + list(batch.runs.values_list("cell", flat=True))
    return itertools.count(max(used, default=-1) + 1)


def _run(batch: Batch, values: dict[str, Any], digest: str, *, cell: int) -> Run:
    number = f"-{cell + 1}"
    return Run(
        **{column: getattr(batch, column) for column in OF_BATCH},
        name=batch.name[: LONGEST_NAME - len(number)] + number,
        parameters=values,
        batch_id=batch.pk,
        cell=cell,
        values_digest=digest,
        state=State.QUEUED,
    )


def _varying(batch: Batch, plan: Plan) -> list[str]:
    """The parameters that differ among all cells, those that were there before included."""
    several = {*plan.varying, *batch.varying}
    before = batch.runs.order_by("cell").first()
    if before is not None:
        now = plan.at(0)
        several |= {name for name in now if before.parameters.get(name) != now[name]}
    return [name for name in plan.declared.by_name if name in several]
