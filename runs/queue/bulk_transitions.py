"""Transitions of all Runs of a Batch at once, as a few statements: see `runs.lifecycle` for one Execution.

The caller holds the Batch (`scheduler.hold`) in a transaction. Inside one, a Run whose state is not that of
its newest Execution was moved just now: so each statement finds what the one before it changed.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, models
from django.db.models import Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from runs.lifecycle import QUEUED_BECAUSE
from runs.models import Batch, Execution, Run, StateChange
from runs.states import FINAL, MOVES, Cause, State

NEW_OR_ENDED = Q(latest=None) | Q(latest__state__in=FINAL)


def queue(runs: QuerySet[Run], batch: Batch, *, cause: Cause, by: User) -> int:
    """A new Execution for each of `runs` that has none or has ended, in the order of the cells."""
    count = runs.filter(NEW_OR_ENDED, batch=batch).update(state=State.QUEUED)
    if count:
        queue_marked(batch, cause=cause, by=by)
    return count


def queue_marked(batch: Batch, *, cause: Cause, by: User) -> None:
    """A new Execution for each Run of the Batch that says queued and has none, or one that has ended."""
    newest = Execution.objects.aggregate(Max("pk"))["pk__max"] or 0
    run, execution, change = (model._meta.db_table for model in (Run, Execution, StateChange))
    states = ", ".join(["%s"] * len(FINAL))
    _insert(
        Execution,
        columns={"run": "r.id", "number": "COALESCE(e.number, 0) + 1"},
        fields={"cause": cause.value, "created_by": by.pk},
        source=f"{run} r LEFT JOIN {execution} e ON e.id = r.latest_id WHERE r.batch_id = %s "
        f"AND r.state = %s AND (e.id IS NULL OR e.state IN ({states})) ORDER BY r.cell",
        parameters=[batch.pk, State.QUEUED.value, *sorted(FINAL)],
    )
    newer = Execution.objects.filter(run=OuterRef("pk")).order_by("-number").values("pk")[:1]
    Run.objects.filter(NEW_OR_ENDED, batch=batch, state=State.QUEUED).update(latest=Subquery(newer))
    _insert(
        StateChange,
        columns={"execution": "e.id"},
        fields={"to_state": State.QUEUED.value, "by": by.pk, "message": QUEUED_BECAUSE[cause]},
        source=f"{run} r JOIN {execution} e ON e.id = r.latest_id LEFT JOIN {change} c "
        "ON c.execution_id = e.id WHERE r.batch_id = %s AND e.id > %s AND c.id IS NULL ORDER BY e.id",
        parameters=[batch.pk, newest],
    )


def transition(
    batch: Batch,
    origins: Iterable[State],
    target: State,
    *,
    message: str,
    by: User | None = None,
    **fields: Any,
) -> int:
    """Moves the newest Execution of every Run of the Batch from one of `origins` to `target`; how many."""
    origins = list(origins)
    for state in origins:
        if target not in MOVES[state]:
            raise ValueError(f"An Execution cannot go from {state} to {target}.")
    if target in FINAL:
        fields = {"finished_at": timezone.now(), **fields}
    runs = Run.objects.filter(batch=batch, state__in=origins)
    newest = Execution.objects.filter(pk__in=runs.values("latest"), state__in=origins)
    count = newest.update(state=target, message=message, **fields)
    if not count:
        return 0
    run, execution = Run._meta.db_table, Execution._meta.db_table
    states = ", ".join(["%s"] * len(origins))
    _insert(
        StateChange,
        columns={"execution": "e.id", "from_state": "r.state"},
        fields={"to_state": target.value, "message": message, "by": None if by is None else by.pk},
        source=f"{run} r JOIN {execution} e ON e.id = r.latest_id WHERE r.batch_id = %s AND e.state = %s "
        f"AND r.state IN ({states}) ORDER BY e.id",
        parameters=[batch.pk, target.value, *origins],
    )
    runs.filter(latest__state=target).update(state=target)
    return count


def _insert(
    model: type[models.Model],
    *,
    columns: Mapping[str, str],
    fields: Mapping[str, Any],
    source: str,
    parameters: list[Any],
) -> None:
    """Rows made by the database itself: `columns` are SQL over `source`, the rest is the same in all."""
    names, selected, values = [], [], []
    for field in model._meta.concrete_fields:
        if field.primary_key:
            continue
        names.append(connection.ops.quote_name(str(field.column)))
        if field.name in columns:
            selected.append(columns[field.name])
            continue
        value = timezone.now() if getattr(field, "auto_now_add", False) else field.get_default()
        value = fields.get(field.name, value)
        kind = field.db_type(connection) if field.is_relation else field.cast_db_type(connection)
        selected.append(f"CAST(%s AS {kind})")
        values.append(field.get_db_prep_save(value, connection))
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(selected)} FROM {source}",  # noqa: S608
            [*values, *parameters],
        )
