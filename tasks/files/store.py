"""The only writer of a Task's files. Knows no HTTP and no Runs.

Everyone who changes files takes the Task's row first, by a conditional write, and keeps it until the new
digest is stored with it: edits wait for each other, on SQLite and PostgreSQL, in one process or in several.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from coretex_site.lib import filetree, paths
from coretex_site.lib.filetree import TreeError
from coretex_site.lib.highlight import MOST_EDITABLE
from tasks.files import rules
from tasks.models import Task
from tasks.taskyaml import spec
from tasks.taskyaml.tree import MAX_BYTES

TASK_YAML = "task.yaml"


class Missing(TreeError):
    """There is no such file, or no such Task any longer."""


class Conflict(TreeError):
    """The file is not the one that was opened: `expected` and `found` are digests, None if it is gone."""

    def __init__(self, path: str, *, expected: str | None, found: str | None) -> None:
        happened = "was deleted or renamed" if found is None else "was changed by someone else"
        super().__init__(
            f"{path} {happened} after you opened it, so your text was not saved. It is still in the editor: "
            "compare it with the current file, then save again or discard it."
        )
        self.path, self.expected, self.found = path, expected, found


def root(task: Task) -> Path:
    return paths.task_files(task.pk)


@contextmanager
def holding(task: Task) -> Iterator[Path]:
    """The folder of the Task's files, which nobody else changes until the block ends."""
    with transaction.atomic():
        if not Task.objects.filter(pk=task.pk).update(revision=F("revision") + 1):
            raise Missing(f"The Task “{task.name}” was deleted.")
        folder = root(task)
        folder.mkdir(parents=True, exist_ok=True)
        yield folder


@contextmanager
def editing(task: Task, *, by: User | None) -> Iterator[Path]:
    """Holds the files for a change by `by` and then stores their digest. A raise leaves the row as it was."""
    with holding(task) as folder:
        yield folder
        fields = {"digest": current_digest(folder), "changed_at": timezone.now(), "changed_by": by}
        Task.objects.filter(pk=task.pk).update(**fields)
    for name, value in fields.items():
        setattr(task, name, value)


# Reading


def list_files(task: Task) -> list[filetree.File]:
    """The Task's files, sorted by path; without what is never frozen (`.git`, `__pycache__` …)."""
    folder = root(task)
    return filetree.walk(folder) if folder.is_dir() else []


def list_folders(task: Task) -> list[str]:
    """The paths of all folders, the empty ones too."""
    folder, found = root(task), []
    for at, names, _ in os.walk(folder):
        names[:] = sorted(name for name in names if name not in filetree.IGNORED)
        found += [Path(at, name).relative_to(folder).as_posix() for name in names]
    return sorted(found)


def locate(task: Task, path: str) -> Path:
    """Where the file `path` is on disk; raises Missing, with a sentence, when there is none."""
    try:
        target = filetree.join(root(task), filetree.safe_path(path))
    except TreeError as error:
        raise Missing(f"There is no file {path} in this Task.") from error
    if not target.is_file():
        raise Missing(f"There is no file {path} in this Task. It may have been renamed or deleted.")
    return target


def read_bytes(task: Task, path: str) -> bytes:
    try:
        return locate(task, path).read_bytes()
    except FileNotFoundError as error:
        raise Missing(f"There is no file {path} in this Task any longer.") from error


def read_spec(task: Task) -> spec.ParsedTask:
    """What the Task's task.yaml declares; nothing, and no mistakes, when there is none."""
    try:
        with locate(task, TASK_YAML).open("rb") as file:
            return spec.parse(file.read(MAX_BYTES + 1))
    except (Missing, FileNotFoundError):
        return spec.parse("")


def current_digest(folder: Path) -> str:
    """Equal to `filetree.digest(folder)`; files that did not change are not read again."""
    return filetree.tree_digest(_entries(folder))


def entries(task: Task) -> dict[str, tuple[bool, str]]:
    """{path: (whether it is executable, SHA-256)}; files that did not change are not read again."""
    return {path: (executable, sha256) for path, executable, sha256 in _entries(root(task))}


def _entries(folder: Path) -> Iterator[tuple[str, bool, str]]:
    for file in filetree.walk(folder):
        yield file.path, file.executable, _file_digest(folder / file.path)


def _file_digest(path: Path) -> str:
    fields = path.stat()
    return _digest_of(str(path), (fields.st_ino, fields.st_size, fields.st_mtime_ns, fields.st_ctime_ns))


@lru_cache(maxsize=50_000)
def _digest_of(path: str, version: tuple[int, ...]) -> str:
    return filetree.file_digest(Path(path))


# Writing


def write(task: Task, path: str, content: bytes, *, expected: str | None, by: User | None) -> str:
    """Replaces a file if it still has the digest `expected` (None: if it is not there), else raises Conflict.

    Returns the new digest.
    """
    path = filetree.safe_path(path)
    with editing(task, by=by) as folder:
        target = filetree.join(folder, path)
        found = filetree.file_digest(target) if target.is_file() else None
        if found != expected:
            raise Conflict(path, expected=expected, found=found)
        if found is None:
            rules.refuse_clashes(folder, [rules.storable(path)])
            rules.refuse_overflow(folder, files=1, size=len(content))
        _put(target, content)
        return filetree.file_digest(target)


def write_text(task: Task, path: str, text: str, *, expected: str | None, by: User | None) -> str:
    """Like `write`, for a text from a browser, whose newlines are all CRLF: the file keeps its own kind."""
    if "\0" in text or len(text) > MOST_EDITABLE:
        raise TreeError(
            f"Only text without NUL characters can be edited here, of at most {MOST_EDITABLE:,} characters. "
            "Upload the file instead."
        )
    try:
        before = read_bytes(task, path)
    except Missing:
        before = b""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    windows = before.count(b"\r\n") * 2 > before.count(b"\n")
    content = (plain.replace("\n", "\r\n") if windows else plain).encode()
    return write(task, path, content, expected=expected, by=by)


def create(task: Task, path: str, content: bytes = b"", *, by: User | None) -> str:
    """Makes a new file, and the folders it is in; returns its path as it is stored."""
    path = rules.storable(path)
    with editing(task, by=by) as folder:
        rules.refuse_clashes(folder, [path])
        rules.refuse_overflow(folder, files=1, size=len(content))
        _put(filetree.join(folder, path), content)
    return path


def create_folder(task: Task, path: str, *, by: User | None) -> str:
    path = rules.storable(path)
    with editing(task, by=by) as folder:
        rules.refuse_clashes(folder, [], folders=[path])
        filetree.join(folder, path).mkdir(parents=True)
    return path


def rename(task: Task, old: str, new: str, *, by: User | None) -> str:
    """Gives a file or a folder another path, and makes the folders on the way; returns the path as stored."""
    old, new = filetree.safe_path(old), rules.storable(new)
    if new == old:
        return new
    if new.startswith(f"{old}/"):
        raise TreeError(f"{old} cannot be moved into itself. Choose a path outside it.")
    with editing(task, by=by) as folder:
        source = filetree.join(folder, old)
        if not source.exists():
            raise Missing(f"There is no {old} in this Task any longer.")
        moved = [old, *(f"{old}/{name}" for name in rules.names(source))]
        becomes = {path: rules.storable(new + path.removeprefix(old)) for path in moved}
        folders = {path for path in moved if (folder / path).is_dir()}
        files = [becomes[path] for path in moved if path not in folders]
        rules.refuse_clashes(folder, files, folders=[becomes[path] for path in folders], without=set(moved))
        target = filetree.join(folder, new)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.rename(source, target)
    return new


def delete(task: Task, path: str, *, by: User | None) -> None:
    """Deletes a file, or a folder with all that is in it."""
    path = filetree.safe_path(path)
    with editing(task, by=by) as folder:
        target = filetree.join(folder, path)
        if not target.exists():
            raise Missing(f"There is no {path} in this Task any longer.")
        if target.is_dir():
            filetree.remove(target)
        else:
            target.unlink()


def add_files(task: Task, staged: Path, *, into: str = "", by: User | None) -> tuple[list[str], list[str]]:
    """Moves the files in `staged` into the Task's folder `into`; returns the paths (added, replaced)."""
    prefix = f"{filetree.safe_path(into)}/" if into.strip("/ ") else ""
    arriving = {rules.storable(prefix + file.path): file for file in filetree.walk(staged)}
    with editing(task, by=by) as folder:
        present = {file.path: file for file in filetree.walk(folder)}
        replaced = sorted(arriving.keys() & present.keys())
        added = sorted(arriving.keys() - present.keys())
        rules.refuse_clashes(folder, added)
        growth = sum(file.size for file in arriving.values()) - sum(present[path].size for path in replaced)
        rules.refuse_overflow(folder, files=len(added), size=growth)
        for path, file in arriving.items():
            target = filetree.join(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(staged / file.path, target)
    return added, replaced


def replace_all(task: Task, staged: Path, *, by: User | None) -> None:
    """Makes the folder `staged` the Task's files, in one rename; it is moved, not copied."""
    with filetree.scratch(paths.scratch(), "task") as outgoing, editing(task, by=by) as folder:
        os.rename(folder, outgoing / "before")
        try:
            os.rename(staged, folder)
        except OSError:
            os.rename(outgoing / "before", folder)
            raise


def remove_all(task_ids: Iterable[int]) -> None:
    """Frees the disk of Tasks that are no more."""
    for task_id in task_ids:
        filetree.remove(paths.task_files(task_id))


def _put(target: Path, content: bytes) -> None:
    """Replaces or makes a file by one rename, so that nobody ever reads half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with filetree.scratch(paths.scratch(), "task") as folder:
        fresh = folder / "file"
        fresh.write_bytes(content)
        fresh.chmod(0o644)
        if target.exists():
            shutil.copymode(target, fresh)
        os.replace(fresh, target)
