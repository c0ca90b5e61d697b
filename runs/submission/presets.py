"""Values for a Task's form under a name, and those that a person used lately. Knows no HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.auth.models import User

from runs.models import Batch, Preset, Run
from runs.runspec import RunSpec, to_json
from runs.submission.errors import SubmitError
from tasks.models import Task

LONGEST_NAME = 100


@dataclass(frozen=True, kw_only=True)
class Recent:
    """What someone started: the specification, and where it can be seen."""

    label: str
    spec: RunSpec
    at: datetime
    url: str


def save(task: Task, name: str, spec: RunSpec, *, by: User) -> Preset:
    """Keeps the specification under `name`, in place of the one that had it before."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise SubmitError(f"Expected a name of 1 to {LONGEST_NAME} characters for the preset.")
    preset, _ = Preset.objects.update_or_create(
        task=task, name=name, defaults={"spec": spec.as_json(), "created_by": by}
    )
    return preset


def delete(preset: Preset) -> None:
    preset.delete()


def recent(task: Task, user: User, *, most: int = 10) -> list[Recent]:
    """The specifications that the person started last, newest first; names do not make them different."""
    found: dict[str, Recent] = {}
    for one in sorted(_started(task, user, most), key=lambda recent: recent.at, reverse=True):
        found.setdefault(to_json(replace(one.spec, name="", description="").as_json()), one)
    return list(found.values())[:most]


def _started(task: Task, user: User, most: int) -> Iterator[Recent]:
    # More than asked for, as some may have the same values.
    batches = Batch.objects.filter(task=task, created_by=user).order_by("-pk")[: 3 * most]
    for batch in batches:
        label = f"{batch.name}: {batch.count:,} Runs"
        spec = replace(batch.run_spec, snapshot="")
        yield Recent(label=label, spec=spec, at=batch.created_at, url=batch.get_absolute_url())
    alone = Run.objects.filter(task=task, created_by=user, batch=None).select_related("wanted_node")
    for run in alone.order_by("-pk")[: 3 * most]:
        yield Recent(label=run.name, spec=spec_of(run), at=run.created_at, url=run.get_absolute_url())


def spec_of(run: Run) -> RunSpec:
    """The specification that makes the same Run of the Task's files as they are now."""
    return RunSpec(
        task=run.task_id,
        entry_script=run.entry_script,
        name=run.name,
        description=run.description,
        node="" if run.wanted_node is None else run.wanted_node.name,
        time_limit=run.time_limit,
        values={name: [value] for name, value in run.parameters.items()},
        priority=run.priority,
    )
