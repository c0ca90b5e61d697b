"""What a script finds when it starts: its files, its parameters, its Datasets."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coretex_site.lib import filetree, paths
from coretex_site.lib.smallfile import overwrite
from projects.data.references import RESOLVERS, Given, MissingReferenceError, Resolver
from runs import snapshots
from runs.engine.executor import ROOM
from runs.fast_path import spares
from runs.fast_path.marks import Marks
from runs.models import Execution, Run
from runs.states import Reason
from tasks.types.parameters import TYPES

# The variable that every process of a script has, with a value that no other script's has.
MARK = "CORETEX_PARAMETERS"
# What a spare is good for.
HOME = "home"
PARAMETERS = "parameters"
EXIT = "exit"


class Refused(ValueError):
    """An Execution that cannot be started; the message is a sentence, `reason` the word for it."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What was laid out for a script: its files with their digests, and the Datasets as they were read.

    By its `marks` a file tells later whether the script touched it.
    """

    manifest: Mapping[str, str]
    datasets: list[dict[str, Any]]
    marks: Marks


def mark(execution_id: int) -> str:
    """`NAME=VALUE`, set for every process that is started for an Execution."""
    return f"{MARK}={paths.parameters_file(execution_id)}"


def lay_out(execution: Execution) -> Inputs:
    """Checks the Snapshot out and writes the parameters; what an attempt before it left there goes first."""
    work = paths.work(execution.pk)
    home = paths.home(execution.pk)
    if home.parent.exists():
        for folder in (work, home, paths.inputs(execution.pk), paths.exit_file(execution.pk)):
            filetree.remove(folder)
    else:
        _make(home.parent)
    if not spares.reuse(HOME, home):
        home.mkdir()
    spares.reuse(PARAMETERS, paths.parameters_file(execution.pk))
    spares.reuse(EXIT, paths.exit_file(execution.pk))
    run = execution.run
    try:
        manifest = snapshots.check_out(run.snapshot_id, work)
        values, read = _for_script(run, paths.inputs(execution.pk))
    except snapshots.SnapshotError as error:
        raise Refused(Reason.SNAPSHOT, str(error)) from error
    text = json.dumps(values, ensure_ascii=False, indent=2)
    last = paths.parameters_file(execution.pk)
    overwrite(last, text.encode())
    marks = Marks.of(work, manifest, now=last.stat().st_ctime_ns)
    return Inputs(manifest=manifest, datasets=read, marks=marks)


def _make(folder: Path) -> None:
    """Makes the folder of an Execution, and what it is in."""
    try:
        os.mkdir(folder)
    except FileNotFoundError:
        root = folder.parent.parent
        root.mkdir(parents=True, exist_ok=True)
        filetree.spread(root)
        os.makedirs(folder)


def _for_script(run: Run, inputs: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The values as the script gets them, and what is recorded of the data that they name, below `inputs`."""
    declared = snapshots.declared(run.snapshot_id)
    given: dict[tuple[Resolver, int], Given] = {}
    values = {}
    # In the order of task.yaml: a database may keep the names in another.
    ordered = [p.name for p in declared.parameters if p.name in run.parameters]
    for name in dict.fromkeys([*ordered, *run.parameters]):
        value, parameter = run.parameters[name], declared.by_name.get(name)
        if parameter is None or value is None:
            values[name] = value
        elif parameter.data_type in RESOLVERS:
            resolver = RESOLVERS[parameter.data_type]
            found = []
            for pk in resolver.ids(value):
                if (resolver, pk) not in given:
                    given[resolver, pk] = _resolve(resolver, run, name, pk, inputs / str(pk))
                found.append(given[resolver, pk].value)
            values[name] = found if isinstance(value, list) else found[0]
        else:
            values[name] = TYPES[parameter.data_type].for_script(value)
    return values, [one.record for one in given.values()]


def _resolve(resolver: Resolver, run: Run, parameter: str, pk: int, folder: Path) -> Given:
    try:
        return resolver.for_script(run.project_id, pk, folder)
    except MissingReferenceError as error:
        raise Refused(Reason.PARAMETERS, f"The parameter {parameter} {error}") from error


def take_back(execution: Execution, inputs: Inputs) -> None:
    """Keeps for this process's next script what its script left untouched: its files, its empty HOME."""
    spares.keep_empty(HOME, paths.home(execution.pk))
    digest = execution.run.snapshot_id
    spares.keep(digest, paths.work(execution.pk), snapshots.read_list(digest), inputs.marks)


def offer(execution: Execution) -> None:
    """Passes files of a script whose end is stored to the process's next one: they prove nothing now."""
    spares.offer(PARAMETERS, paths.parameters_file(execution.pk))
    spares.offer(EXIT, paths.exit_file(execution.pk), blank=ROOM)
