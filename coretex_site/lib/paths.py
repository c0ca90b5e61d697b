"""Every path under the data folder, each named once. Creates nothing."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

EXECUTIONS_A_FOLDER = 1000


def scratch() -> Path:
    """Where half-made things live until one rename makes them real; on the data folder's file system."""
    return settings.DATA_DIR / "tmp"


def locks() -> Path:
    return settings.DATA_DIR / "locks"


def task_files(task_id: int) -> Path:
    return settings.DATA_DIR / "tasks" / str(task_id)


def dataset_files(dataset_id: int) -> Path:
    return settings.DATA_DIR / "datasets" / str(dataset_id)


def snapshot(digest: str) -> Path:
    return _of_snapshot(settings.DATA_DIR, digest, "")


def snapshot_list(digest: str) -> Path:
    """The paths, modes and digests of a Snapshot's files, beside its folder."""
    return _of_snapshot(settings.DATA_DIR, digest, ".json")


@lru_cache(maxsize=64)
def _of_snapshot(data: Path, digest: str, ending: str) -> Path:
    return data / f"snapshots/{digest[:2]}/{digest}{ending}"


def environments(node_name: str) -> Path:
    """The environments that one node has built; its own disk if CORETEX_ENVIRONMENTS_DIR says so."""
    return settings.ENVIRONMENTS_DIR / node_name


def execution(execution_id: int) -> Path:
    """The folder of one Execution: its console, working folder, inputs, artifacts."""
    return _folder(settings.DATA_DIR, execution_id)


@lru_cache(maxsize=512)
def _of_execution(data: Path, execution_id: int, name: str) -> Path:
    """Neighbours share a folder: a file system keeps what lies together at hand, and a new folder for
    each Execution, far from the one before, costs more than all else that is written for a short script.
    Kept, since who executes one asks dozens of times, and composing a path takes its time.
    """
    return _folder(data, execution_id) / name


@lru_cache(maxsize=64)
def _folder(data: Path, execution_id: int) -> Path:
    return data / f"executions/{execution_id // EXECUTIONS_A_FOLDER}/{execution_id}"


def console(execution_id: int) -> Path:
    """The bytes that the script printed, stdout and stderr in the order written."""
    return _of_execution(settings.DATA_DIR, execution_id, "console")


def console_times(execution_id: int) -> Path:
    """Lines `OFFSET SECONDS`: when the console had grown to OFFSET bytes (Unix time)."""
    return _of_execution(settings.DATA_DIR, execution_id, "console.times")


def progress(execution_id: int) -> Path:
    """A sentence that says how far the preparation is, while there is one."""
    return _of_execution(settings.DATA_DIR, execution_id, "progress")


def work(execution_id: int) -> Path:
    """The fresh copy of the Snapshot in which the script runs."""
    return _of_execution(settings.DATA_DIR, execution_id, "work")


def home(execution_id: int) -> Path:
    """The script's HOME and TMPDIR, gone when it ended."""
    return _of_execution(settings.DATA_DIR, execution_id, "home")


def inputs(execution_id: int) -> Path:
    """The Datasets of an Execution, linked."""
    return _of_execution(settings.DATA_DIR, execution_id, "inputs")


def artifacts(execution_id: int) -> Path:
    """What the Execution left, moved here when it ended."""
    return _of_execution(settings.DATA_DIR, execution_id, "artifacts")


def parameters_file(execution_id: int) -> Path:
    """What the script reads; once it has ended the next one may get the file, with other content."""
    return _of_execution(settings.DATA_DIR, execution_id, "parameters.json")


def metrics_file(execution_id: int) -> Path:
    return _of_execution(settings.DATA_DIR, execution_id, "metrics.jsonl")


def exit_file(execution_id: int) -> Path:
    """Holds the script's exit code and a line end once it ended, written by the shim over blanks.

    Gone or blank when the end of the Execution is stored.
    """
    return _of_execution(settings.DATA_DIR, execution_id, "exit")
