"""What the Run page says about one Execution: times, place in the queue, parameters. No HTTP."""

import json
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from coretex_site.lib import filetree, paths
from projects import access
from projects.data.references import DATASETS, RESOLVERS
from projects.models import Role
from runs import snapshots
from runs.models import Batch, Execution, Node, Run
from runs.queue import nodes, scheduler
from runs.states import State
from runs.web.page_models import failure
from tasks import runtime
from tasks.types.declarations import Parameter


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What an id in a value stands for; `name` is empty once that is not in the Project any longer."""

    pk: int
    name: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Value:
    """A parameter of a Run as the page shows it; `default` is None when task.yaml does not declare it."""

    name: str
    data_type: str
    text: str
    description: str = ""
    default: str | None = None
    is_changed: bool = False
    references: Sequence[Reference] = ()


@dataclass(frozen=True, kw_only=True)
class ValueGroup:
    name: str
    values: list[Value]


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A part of an Execution's life: how long it took, or since when it has lasted."""

    label: str
    seconds: float | None = None
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a script runs with: which file decided, the languages in it, and the name of its environment."""

    sentence: str
    languages: str = ""
    environment: str = ""


def about(execution: Execution, *, user: User) -> dict[str, Any]:
    """The context of every fragment that changes while the Execution is unfinished."""
    run = execution.run
    project = run.project
    executions = list(run.executions.select_related("node", "created_by"))
    packages = "" if execution.environment is None else execution.environment.packages.strip()
    may_edit = project.archived_at is None and access.may(user, project, Role.EDITOR)
    return {
        "run": run,
        "execution": execution,
        "executions": executions,
        "newest": executions[0] if executions else execution,
        "changes": list(execution.changes.select_related("by")),
        "stretches": list(stretches(execution)),
        "waiting": waiting(execution) if execution.status == State.QUEUED else "",
        "progress": progress(execution),
        "failure": failure.of(execution),
        "environment": execution.environment,
        "origin": origin(execution),
        "declared": snapshots.declared_or_empty(run.snapshot_id),
        "packages": packages.split("\n") if packages else [],
        "still_there": DATASETS.names(project.pk, {dataset["id"] for dataset in execution.datasets}),
        "may_edit": may_edit,
        "live": execution.is_unfinished,
        "version": version(execution),
    }


def version(execution: Execution) -> str:
    """Differs whenever something that the page shows about the Execution has changed."""
    visible = (
        execution.state,
        execution.run.latest_id,
        execution.node_id,
        execution.environment_id,
        execution.started_at and execution.started_at.timestamp(),
        waiting(execution) if execution.status == State.QUEUED else "",
        progress(execution),
        len(execution.datasets),
        execution.warnings,
    )
    return f"{zlib.crc32(repr(visible).encode()):08x}"


def origin(execution: Execution) -> Origin:
    """From the frozen files, as its node saw them; without these, from its environment alone."""
    run, environment = execution.run, execution.environment
    folder = paths.snapshot(run.snapshot_id)
    try:
        names = os.listdir(folder)
    except OSError:
        names = None
    languages = "" if environment is None else environment.interpreter
    if names is None:
        sentence = "The files that determine its runtime are no longer in the data folder."
    else:
        found = _runtime(
            folder, names, run.entry_script, kind="" if environment is None else environment.kind
        )
        sentence = found.sentence
        if found.kind == "plain" and runtime.interpreter_of(run.entry_script) in runtime.OTHER_LANGUAGES:
            languages = ""  # the machine's own, whose version nobody noted
    short = "" if environment is None else environment.key[:12]
    return Origin(sentence=sentence, languages=languages, environment=short)


def _runtime(folder: Path, names: list[str], entry_script: str, *, kind: str) -> runtime.Runtime:
    """The runtime of one entry script; the node may have another platform than this machine."""
    others = [name for name in names if runtime.interpreter_of(name) is None]
    seen = [*others, PurePosixPath(entry_script).name]
    read = partial(filetree.read_text, folder)
    found = [
        runtime.find_runtime(seen, platform=platform, entry=entry_script, read=read)
        for platform in runtime.CONDA_FILES
    ]
    return next((one for one in found if one.kind == kind), found[0])


def waiting(execution: Execution) -> str:
    """Why a queued Execution waits: how many are before it, and whether anybody is there to take it."""
    batch = execution.run.batch
    if batch is not None and batch.paused_at is not None:
        return "Its Batch is paused. It starts when the Batch is resumed."
    wanted = execution.run.wanted_node
    live = nodes.live_nodes().filter(is_draining=False)
    if wanted is not None:
        live = live.filter(pk=wanted.pk)
    if not live.exists():
        if wanted is None:
            return "No node is running. It starts as soon as one is."
        return f"The node {wanted.name} is not running. It starts as soon as that node does."
    if batch is not None and scheduler.room(batch, most=1) == 0:
        return "Waiting for another Run of its Batch to end, because of the Batch's limit on concurrent Runs."
    ahead = before(execution, live)
    worker = "a free worker" if wanted is None else f"a free worker of the node {wanted.name}"
    if ahead == 0:
        return f"First in the queue, waiting for {worker}."
    return f"{ahead:,} before it in the queue, waiting for {worker}."


def progress(execution: Execution) -> str:
    """How far its preparation is; empty when nothing is known of that."""
    if execution.status != State.PREPARING:
        return ""
    try:
        return paths.progress(execution.pk).read_text("utf-8", "replace")
    except FileNotFoundError:
        return ""


def before(execution: Execution, live: QuerySet[Node]) -> int:
    """How many are started sooner: of a higher priority, or as high and queued earlier.

    Not those of Batches that are paused or at their limit, nor those that only a node can take that is not
    there: they keep nobody waiting.
    """
    batch = execution.run.batch
    mine = execution.run.priority if batch is None else batch.priority
    limited = Batch.objects.filter(finished_at=None, paused_at=None).exclude(at_once=None, stop_after=None)
    held_up = [one.pk for one in limited if one != batch and scheduler.room(one, most=1) == 0]
    queued = Execution.objects.filter(
        Q(run__wanted_node=None) | Q(run__wanted_node__in=live),
        Q(run__batch=None) | ~Q(run__batch__in=held_up),
        state=State.QUEUED,
        run__batch__paused_at=None,
    ).annotate(priority=Coalesce("run__batch__priority", "run__priority"))
    return queued.filter(Q(priority__gt=mine) | Q(priority=mine, pk__lt=execution.pk)).count()


def stretches(execution: Execution) -> Iterator[Stretch]:
    """Waited, prepared, ran: each with its length, the current one with its beginning."""
    steps = [
        ("Waited", execution.created_at),
        ("Prepared", execution.claimed_at),
        ("Ran", execution.started_at),
    ]
    reached = [(label, at) for label, at in steps if at is not None]
    for index, (label, begin) in enumerate(reached):
        end = reached[index + 1][1] if index + 1 < len(reached) else execution.finished_at
        if end is None:
            yield Stretch(label=label, since=begin)
        else:
            yield Stretch(label=label, seconds=max(0.0, (end - begin).total_seconds()))


def values(run: Run) -> dict[str, Any]:
    """The Run's values in the groups of its Snapshot's task.yaml; undeclared ones come last."""
    groups = []
    left = dict(run.parameters)
    for group in snapshots.declared_or_empty(run.snapshot_id).groups:
        shown = [value_of(p, left.pop(p.name), run.project_id) for p in group.parameters if p.name in left]
        if shown:
            groups.append(ValueGroup(name=group.name, values=shown))
    if left:
        others = [Value(name=name, data_type="", text=plain(value)) for name, value in left.items()]
        groups.append(ValueGroup(name="not declared in task.yaml" if groups else "", values=others))
    return {
        "values": groups,
        "value_count": len(run.parameters),
        "changed_count": sum(value.is_changed for group in groups for value in group.values),
    }


def value_of(parameter: Parameter, value: Any, project_id: int) -> Value:
    return Value(
        name=parameter.name,
        data_type=parameter.data_type,
        description=parameter.description,
        text=readable(parameter, value),
        default=readable(parameter, parameter.value),
        is_changed=plain(value) != plain(parameter.value),
        references=list(references(parameter, value, project_id)),
    )


def references(parameter: Parameter, value: Any, project_id: int) -> Iterator[Reference]:
    """What the ids in a value stand for."""
    resolver = RESOLVERS.get(parameter.data_type)
    if resolver is not None and (ids := resolver.ids(value)):
        names = resolver.names(project_id, ids)
        for pk in ids:
            yield Reference(pk=pk, name=names.get(pk, ""), url=resolver.link(pk))


def readable(parameter: Parameter, value: Any) -> str:
    """A value as its type writes it; as JSON what would look like nothing or does not fit the type."""
    if value is None or value == "" or isinstance(value, bool | list) or parameter.type.problems(value):
        return plain(value)
    return parameter.type.to_text(value)


def plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
