"""How the script of an Execution is started: command line, working folder, environment variables."""

import os
import posixpath
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings

from coretex_site.lib import paths
from runs import snapshots
from runs.engine.executor import Launch
from runs.engine.prepare import MARK, Refused
from runs.models import Execution, Run
from runs.runtimes import notebook_run
from runs.runtimes.ready import Ready
from runs.states import Reason
from tasks import entry_problems, hashbang, python_start, runtime
from tasks.python_start import SOURCE
from tasks.taskyaml.folders import ROOT

# The machine's time zone and graphics cards; nothing else of the server's environment. Indexes, certificates
# and proxies are the operator's, for building only: their addresses may hold passwords.
PASSED_ON = frozenset({"TZ"})
PASSED_ON_PREFIXES = ("CUDA_", "NVIDIA_")
NOTEBOOK_PROGRAM = Path(notebook_run.__file__)
USUAL_PATH = "/usr/local/bin:/usr/bin:/bin"
# A socket's path may have 107 bytes, and Python's multiprocessing makes sockets in TMPDIR.
LONGEST_TMPDIR = 70
# How the packages of an environment name what was installed from the Task's files.
INSTALLED = "file:."


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How the files of a Snapshot want an entry script to be started.

    `program` is "python", "notebook", a program to look up or the path of one; `module` runs a Python file as
    that module. `folders` are looked through by Python for modules, relative to the root; those named `src`
    that task.yaml does not name only where nothing of the Task is installed. `note` is a sentence for the
    console.
    """

    program: str
    options: Sequence[str] = ()
    through_env: Sequence[str] = ()
    module: str = ""
    cwd: str = ROOT
    folders: Sequence[str] = ()
    given: Sequence[str] = ()
    note: str = ""


def plan(run: Run) -> Plan:
    """How the Run's script is to be started. Raises Refused when it cannot work, whatever the environment."""
    try:
        return _plan(paths.snapshot(run.snapshot_id), run.snapshot_id, run.entry_script)
    except snapshots.SnapshotError as error:
        raise Refused(Reason.SNAPSHOT, str(error)) from error


@lru_cache(maxsize=512)
def _plan(folder: Path, digest: str, entry: str) -> Plan:
    """A Snapshot never changes, so its files are read once by a process."""
    files = {path for path, _, _ in snapshots.read_list(digest)}
    if entry not in files:
        raise Refused(Reason.SNAPSHOT, f"The Snapshot has no file {entry}, the entry script of this Run.")
    declared = snapshots.declared(digest)
    kind = runtime.interpreter_of(entry)
    content = (folder / entry).read_bytes()
    problem = entry_problems.problem(entry, content)
    if problem is not None and problem.is_fatal:
        raise Refused(Reason.SNAPSHOT, problem.sentence)
    cwd, given = declared.cwd, declared.python_path
    if cwd != ROOT and not any(path.startswith(f"{cwd}/") for path in files):
        raise Refused(
            Reason.SNAPSHOT, f"task.yaml says “cwd: {cwd}”, but the Snapshot has no file in a folder {cwd}."
        )
    missing = [one for one in given if one != ROOT and not any(path.startswith(f"{one}/") for path in files)]
    notes = [f"task.yaml names {one} as python_path, but the Task has no such folder." for one in missing]
    found = hashbang.read(content) if kind in (None, "bash") else None
    options = () if found is None else found.options
    through_env = () if found is None else found.through_env
    if kind == "python" or (found is not None and found.is_python):
        code = _launched_code(folder, entry, content)
        how = python_start.start(entry, code, files, root_name=paths.work(0).name, given=given)
        return Plan(
            program="python",
            options=options,
            through_env=through_env,
            module=how.module,
            cwd=cwd,
            # A module is looked for in the folder in which Python starts, too.
            folders=(*how.folders, ROOT) if how.module and cwd != ROOT else how.folders,
            given=given,
            note=" ".join(filter(None, [*notes, how.note])),
        )
    program = kind or "" if found is None else found.program
    return Plan(
        program=program,
        options=options,
        through_env=through_env,
        cwd=cwd,
        folders=given,
        note=" ".join(notes),
    )


def _launched_code(folder: Path, entry: str, content: bytes) -> bytes:
    """The code that says how a script is started: its own, of a launcher that of the script it runs."""
    script = runtime.launched(entry)
    name = posixpath.basename(script)
    if name and f'with_name("{name}")'.encode() in content and (folder / script).is_file():
        return (folder / script).read_bytes()
    return content


def launch(execution: Execution, environment: Ready, how: Plan) -> Launch:
    """The script to start. Raises Refused when what runs it is missing."""
    variables = script_environment(execution, environment, how)
    work = paths.work(execution.pk)
    return Launch(
        command=_command(execution.run.entry_script, how, environment, work=work, search=variables["PATH"]),
        folder=work if how.cwd == ROOT else work / how.cwd,
        environment=variables,
        console=paths.console(execution.pk),
        exit_file=paths.exit_file(execution.pk),
        mark=MARK,
    )


def script_environment(execution: Execution, environment: Ready, how: Plan) -> dict[str, str]:
    """The script's environment variables, made from scratch."""
    home = str(paths.home(execution.pk))
    if environment.is_conda:
        where = {"CONDA_PREFIX": str(environment.folder), "CONDA_DEFAULT_ENV": environment.folder.name}
    else:
        where = {"VIRTUAL_ENV": str(environment.folder)}
    if folders := _folders(how, environment):
        where["PYTHONPATH"] = _python_path(paths.work(execution.pk), folders, environment)
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


def _folders(how: Plan, environment: Ready) -> Sequence[str]:
    """Those of the plan; an installed project is imported as it was built, not from its sources."""
    sources = {one for one in how.folders if posixpath.basename(one) == SOURCE and one not in how.given}
    if not sources or how.module or INSTALLED not in environment.row.packages:
        return how.folders
    return [one for one in how.folders if one not in sources]


def _python_path(work: Path, folders: Sequence[str], environment: Ready) -> str:
    """The Task's folders, then those that its environment.yml sets."""
    given = environment.variables.get("PYTHONPATH", "")
    return os.pathsep.join([*(os.path.normpath(work / folder) for folder in folders), *filter(None, [given])])


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


def _command(entry: str, how: Plan, environment: Ready, *, work: Path, search: str) -> list[str]:
    """The words of the script's command line."""
    shown = entry if how.cwd == ROOT else str(work / entry)
    # Nothing may take a name for an option.
    shown = f"./{shown}" if shown.startswith("-") else shown
    if how.program in ("python", "notebook") and not environment.has_python:
        raise Refused(
            Reason.ENVIRONMENT,
            f"{entry} needs Python, which environment.yml does not list. Add python to its dependencies.",
        )
    if how.program == "notebook":
        # Not ours to import from: -I keeps our folder out of what it and the notebook can import.
        folders = [str(folder) for folder in dict.fromkeys([(work / entry).parent, work])]
        return [str(environment.python), "-I", "-u", str(NOTEBOOK_PROGRAM), shown, *folders]
    program = str(environment.python) if how.program == "python" else _find(how.program, entry, search=search)
    through = [_find("env", entry, search=search), *how.through_env] if how.through_env else []
    return [*through, program, *how.options, *(["-m", how.module] if how.module else [shown])]


def _find(program: str, entry: str, *, search: str) -> str:
    """Where a program is; one that is not at its path is looked up by its name."""
    found = shutil.which(program, path=search) or shutil.which(os.path.basename(program), path=search)
    if found is None:
        raise Refused(
            Reason.ENVIRONMENT,
            f"{entry} needs {program}, which is not installed on the node {settings.NODE_NAME}. "
            "Ask your administrator to install it there, or choose another entry script.",
        )
    return found
