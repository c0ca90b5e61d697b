"""Snapshots: a Task's files frozen by content, and fresh copies of them. Knows no Executions."""

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from django.utils import timezone
from filelock import FileLock, Timeout

from coretex_site.lib import filetree, paths
from runs.fast_path import spares
from runs.models import Snapshot
from tasks.files import store
from tasks.models import Task
from tasks.taskyaml import spec
from tasks.types.declarations import TaskSpec

# Between freezing and storing the Run that uses it nothing may be taken away.
KEPT_UNUSED = timedelta(hours=1)
LOCK_SECONDS = 60
SHORTEST_DIGEST = 8


class SnapshotError(ValueError):
    """A Snapshot that is not as it was frozen, or a Task that cannot be frozen; the message is a sentence."""


def freeze(task: Task) -> Snapshot:
    """The Snapshot of the Task's files as they are now. The same files are the same Snapshot.

    The files are copied without making their editors wait; if one changed meanwhile they are copied again,
    and then nobody may edit until that is done.
    """
    with filetree.scratch(paths.scratch(), "snapshot") as folder:
        digest, files = _copy(paths.task_files(task.pk), folder / "first")
        source = folder / "first"
        if digest != Task.objects.filter(pk=task.pk).values_list("digest", flat=True).first():
            source = folder / "second"
            with store.holding(task) as held:
                digest, files = _copy(held, source)
        if not files:
            raise SnapshotError(f"The Task “{task.name}” has no files, so there is nothing to run.")
        with _changing_snapshots():
            _place(digest, source, files)
            size = sum((paths.snapshot(digest) / path).stat().st_size for path, _, _ in files)
            snapshot, made = Snapshot.objects.get_or_create(
                digest=digest, defaults={"file_count": len(files), "size": size}
            )
            if not made:
                Snapshot.objects.filter(pk=digest).update(used_at=timezone.now())
    return snapshot


def find(task: Task, text: str) -> Snapshot:
    """The Task's Snapshot whose digest is or begins with `text`. Raises SnapshotError."""
    if not re.fullmatch(rf"[0-9a-f]{{{SHORTEST_DIGEST},64}}", text):
        raise SnapshotError(
            f"A Snapshot is named by {SHORTEST_DIGEST} or more "
            f"characters of its digest (0-9, a-f), but “{text[:80]}” was found."
        )
    begin = Snapshot.objects.filter(digest__startswith=text)
    found = [
        one for one in begin[:100] if one.runs.filter(task=task).exists() or one.batches.filter(task=task)
    ]
    if len(found) != 1:
        which = "Several Snapshots" if found else "No Snapshot"
        raise SnapshotError(
            f"{which} of the Task “{task.name}” {'begin' if found else 'begins'} with {text}."
        )
    return found[0]


def task_differs(task: Task, digest: str) -> bool:
    """Whether the Task's files are others than those of the Snapshot `digest`."""
    return task.digest != digest


def root(digest: str) -> Path:
    """The folder of a Snapshot, for reading."""
    return paths.snapshot(digest)


def check_out(digest: str, target: Path) -> dict[str, str]:
    """A fresh copy of the Snapshot in `target`, every byte compared with what was frozen; {path: sha256}.

    Raises SnapshotError that names what differs; the copy is then not to be used. What this process took
    back from the script before is as good as a fresh one.
    """
    expected = read_list(digest)
    if spares.reuse(digest, target):
        return {path: sha256 for path, _, sha256 in expected}
    try:
        copied = filetree.copy(paths.snapshot(digest), target)
    except FileNotFoundError as error:
        raise SnapshotError(
            f"The Snapshot {digest[:12]} is not complete on disk, so the script was not started: "
            f"{error.filename} is missing. Restore the data folder, or start a new Run from the Task."
        ) from error
    executable = {file.path: file.executable for file in filetree.walk(target)}
    changed = [
        path
        for path, is_executable, sha256 in expected
        if path in copied and (copied[path], executable[path]) != (sha256, is_executable)
    ]
    paths_frozen = {path for path, _, _ in expected}
    problems = {
        "changed": changed,
        "missing": sorted(paths_frozen - copied.keys()),
        "not among the frozen files": sorted(copied.keys() - paths_frozen),
    }
    damage = [f"{names[0]} is {what}{_more(names)}" for what, names in problems.items() if names]
    if damage:
        raise SnapshotError(
            f"The Snapshot {digest[:12]} was altered on disk, so the script was not started: "
            f"{'; '.join(damage)}. Restore it, or start a new Run from the Task."
        )
    return copied


def declared(digest: str) -> TaskSpec:
    """What the task.yaml of a Snapshot declares; nothing when it has no such file.

    A Snapshot never changes, so each is parsed once by a process. Raises SnapshotError.
    """
    return _declared(paths.snapshot(digest), digest)


def declared_or_empty(digest: str) -> TaskSpec:
    """The same for who only looks: nothing when it cannot be read."""
    try:
        return declared(digest)
    except SnapshotError:
        return TaskSpec()


@lru_cache(maxsize=128)
def _declared(folder: Path, digest: str) -> TaskSpec:
    try:
        content = (folder / "task.yaml").read_bytes()
    except OSError as error:
        if all(path != "task.yaml" for path, _, _ in read_list(digest)):
            return TaskSpec()
        raise SnapshotError(f"The Snapshot {digest[:12]} cannot be read: {error}.") from error
    parsed = spec.parse(content)
    if parsed.spec is None:
        first = parsed.errors[0]
        raise SnapshotError(f"task.yaml has an error in line {first.line}: {first.message}.")
    return parsed.spec


def read_list(digest: str) -> Sequence[tuple[str, bool, str]]:
    """(path, executable, sha256) of every file of a Snapshot, proven by its digest."""
    return _read_list(paths.snapshot_list(digest), digest)


@lru_cache(maxsize=32)
def _read_list(file: Path, digest: str) -> Sequence[tuple[str, bool, str]]:
    """What was proven once needs no file any longer: other files would have another digest."""
    try:
        files = tuple((path, bool(mode), sha256) for path, mode, sha256 in json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        files = ()
    if filetree.tree_digest(files) != digest:
        raise SnapshotError(
            f"The list of files of the Snapshot {digest[:12]} is missing or was altered on disk, so the "
            "script was not started. Start a new Run from the Task: freezing the same files repairs it."
        )
    return files


def delete_unused(*, older_than: timedelta = KEPT_UNUSED) -> int:
    """Frees the disk of Snapshots that no Run uses and that were not frozen lately; how many there were."""
    unused = Snapshot.objects.filter(runs=None, batches=None, used_at__lt=timezone.now() - older_than)
    deleted = 0
    for digest in list(unused.values_list("pk", flat=True)):
        with _changing_snapshots():
            if not Snapshot.objects.filter(
                pk=digest, runs=None, batches=None, used_at__lt=timezone.now() - older_than
            ).delete()[0]:
                continue
            with filetree.scratch(paths.scratch(), "snapshot") as folder:
                _set_aside(paths.snapshot(digest), folder)
                _set_aside(paths.snapshot_list(digest), folder)
        deleted += 1
    return deleted


def _copy(source: Path, target: Path) -> tuple[str, list[tuple[str, bool, str]]]:
    """Copies read-only; the digest is that of the copy, whatever happens to the source meanwhile."""
    try:
        digests = filetree.copy(source, target, read_only=True)
    except FileNotFoundError:
        # A file went away while it was copied, or there never was a folder: the other attempt will tell.
        filetree.remove(target)
        target.mkdir()
        digests = {}
    files = [(file.path, file.executable, digests[file.path]) for file in filetree.walk(target)]
    return filetree.tree_digest(files), files


def _place(digest: str, source: Path, files: list[tuple[str, bool, str]]) -> None:
    """Moves a frozen copy to its place, unless it is there whole already; the list of files comes first."""
    final = paths.snapshot(digest)
    final.parent.mkdir(parents=True, exist_ok=True)
    fresh = source.parent / "files.json"
    fresh.write_text(json.dumps(files))
    os.replace(fresh, paths.snapshot_list(digest))
    if not final.is_dir() or filetree.digest(final) != digest:
        _set_aside(final, source.parent)
        os.rename(source, final)


def _set_aside(place: Path, folder: Path) -> None:
    """Takes what lies at the place of a Snapshot into `folder`, which is removed soon."""
    if place.exists():
        os.rename(place, folder / place.name)


def _more(names: list[str]) -> str:
    return f" (and {len(names) - 1:,} more)" if len(names) > 1 else ""


@contextmanager
def _changing_snapshots() -> Iterator[None]:
    """Row and folder of a Snapshot change together, and nobody else changes one meanwhile."""
    paths.locks().mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(paths.locks() / "snapshots.lock", timeout=LOCK_SECONDS):
            yield
    except Timeout as error:
        raise SnapshotError(
            "The server has been busy with the files of other Tasks for a minute. Try again later."
        ) from error
