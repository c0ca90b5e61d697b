"""What a script finds when it starts: files, parameters, Datasets, environment variables, command line."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from coretex_site.lib import filetree, paths
from coretex_site.lib.smallfile import overwrite
from projects.data.references import RESOLVERS, Given, MissingReferenceError, Resolver
from runs import snapshots
from runs.engine.executor import ROOM, Launch
from runs.fast_path import spares
from runs.fast_path.marks import Marks
from runs.models import Execution, Run
from runs.runtimes import notebook_run
from runs.runtimes.ready import Ready
from runs.states import Reason
from tasks import runtime
from tasks.types.parameters import TYPES

# The variable that every process of a script has, with a value that no other script's has.
MARK = "CORETEX_PARAMETERS"
# The machine's time zone and graphics cards; nothing else of the server's environment. Indexes, certificates
# and proxies are the operator's, for building only: their addresses may hold passwords.
PASSED_ON = frozenset({"TZ"})
PASSED_ON_PREFIXES = ("CUDA_", "NVIDIA_")
NOTEBOOK_PROGRAM = Path(notebook_run.__file__)
# What a spare is good for.
HOME = "home"
PARAMETERS = "parameters"
EXIT = "exit"
USUAL_PATH = "/usr/local/bin:/usr/bin:/bin"
# A socket's path may have 107 bytes, and Python's multiprocessing makes sockets in TMPDIR.
LONGEST_TMPDIR = 70


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


def launch(execution: Execution, environment: Ready) -> Launch:
    """How the script is to be started. Raises Refused when it cannot be."""
    variables = script_environment(execution, environment)
    return Launch(
        command=_command(execution, environment, search=variables["PATH"]),
        folder=paths.work(execution.pk),
        environment=variables,
        console=paths.console(execution.pk),
        exit_file=paths.exit_file(execution.pk),
        mark=MARK,
    )


def script_environment(execution: Execution, environment: Ready) -> dict[str, str]:
    """The script's environment variables, made from scratch."""
    home = str(paths.home(execution.pk))
    if environment.is_conda:
        where = {"CONDA_PREFIX": str(environment.folder), "CONDA_DEFAULT_ENV": environment.folder.name}
    else:
        where = {"VIRTUAL_ENV": str(environment.folder)}
    return {
        "LANG": "C.UTF-8",
        **environment.variables,
        **_passed_on(),
        **where,
        "PATH": f"{environment.programs}{os.pathsep}{_machine_path(os.environ.get('PATH', USUAL_PATH))}",
        "HOME": home,
        "TMPDIR": home if len(os.fsencode(home)) <= LONGEST_TMPDIR else "/tmp",  # noqa: S108
        "USER": "coretex",
        "LOGNAME": "coretex",
        "PYTHONUNBUFFERED": "1",
        "PYTHONNOUSERSITE": "1",
        "CORETEX_PARAMETERS": str(paths.parameters_file(execution.pk)),
        "CORETEX_METRICS": str(paths.metrics_file(execution.pk)),
        "CORETEX_RUN_ID": str(execution.run_id),
        "CORETEX_EXECUTION_ID": str(execution.pk),
    }


@cache
def _passed_on() -> dict[str, str]:
    """What scripts get of the server's own variables, which stay as they are for as long as it runs."""
    # The names first: os.environ decodes each value that is asked for.
    names = [name for name in os.environ if name in PASSED_ON or name.startswith(PASSED_ON_PREFIXES)]
    return {name: os.environ[name] for name in names}


@cache
def _machine_path(path: str) -> str:
    """Where the machine keeps its programs, without the server's own environment."""
    own = os.path.join(sys.prefix, "bin") if sys.prefix != sys.base_prefix else ""
    places = dict.fromkeys(path.split(os.pathsep))
    return os.pathsep.join(place for place in places if os.path.isabs(place) and place != own)


def _command(execution: Execution, environment: Ready, *, search: str) -> list[str]:
    """The words of the script's command line."""
    entry = execution.run.entry_script
    path = paths.work(execution.pk) / entry
    if not path.is_file():
        raise Refused(Reason.SNAPSHOT, f"The Snapshot has no file {entry}, the entry script of this Run.")
    # Nothing may take a name for an option.
    entry = f"./{entry}" if entry.startswith("-") else entry
    python = str(environment.python)
    match runtime.interpreter_of(path.name):
        case "python" | "notebook" if not environment.has_python:
            raise Refused(
                Reason.ENVIRONMENT,
                f"{entry} needs Python, which environment.yml does not list. Add python to its dependencies.",
            )
        case "python":
            return [python, entry]
        case "notebook":
            # Not ours to import from: -I keeps our folder out of what it and the notebook can import.
            return [python, "-I", "-u", str(NOTEBOOK_PROGRAM), entry]
        case None:
            return _executable(entry, path)
        case program:
            found = shutil.which(program, path=search)
            if found is None:
                raise Refused(
                    Reason.ENVIRONMENT,
                    f"{entry} needs {program}, which is not installed on the node {settings.NODE_NAME}. "
                    "Ask your administrator to install it there, or choose another entry script.",
                )
            return [found, entry]


def _executable(entry: str, path: Path) -> list[str]:
    with path.open("rb") as file:
        is_script = file.read(2) == b"#!"
    if is_script and os.access(path, os.X_OK):
        return [f"./{entry.removeprefix('./')}"]
    raise Refused(
        Reason.SNAPSHOT,
        f"{entry} cannot be run: expected a .py, .sh, .R or .ipynb file, or an executable with a #! line.",
    )
