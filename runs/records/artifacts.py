"""Artifacts: what a script created or changed under its working folder, kept when it ended."""

import errno
import os
import shutil
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from coretex_site.lib import filetree, paths
from runs import lifecycle
from runs.fast_path.marks import Marks
from runs.models import Artifact
from tasks.types.scalars import is_storable

MOST_FILES = 10_000
LONGEST_PATH = 1024
BATCH_ROWS = 2000
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


def collect(execution_id: int, manifest: Mapping[str, str], *, marks: Marks | None = None) -> list[Artifact]:
    """Keeps the files that differ from those checked out (`manifest`: {path: sha256}), then frees the rest.

    What `marks` show to be the same is not read. May be done again by another process after it was cut
    short: what was moved already stays, and counts. Raises OSError, with all files where they are, when there
    is no room for them.
    """
    work, kept = paths.work(execution_id), paths.artifacts(execution_id)
    left_out = _move_changed(work, kept, manifest, marks=marks)
    found = _store(execution_id, kept)
    if left_out:
        lifecycle.warn(execution_id, "artifacts", " ".join(left_out))
    free(execution_id)
    return found


def free(execution_id: int) -> None:
    """Removes what only a running script needs."""
    for folder in (paths.work(execution_id), paths.inputs(execution_id), paths.home(execution_id)):
        filetree.remove(folder)


def _move_changed(work: Path, kept: Path, manifest: Mapping[str, str], *, marks: Marks | None) -> list[str]:
    """Moves what changed from `work` to `kept`; sentences about what could not be kept."""
    already = len(filetree.walk(kept)) if kept.is_dir() else 0
    names, others, closed = _names(work)
    changed = sorted(name for name in names if _is_changed(work, name, manifest.get(name), marks))
    unusable = [name for name in changed if not _can_be_kept(name)]
    changed = [name for name in changed if _can_be_kept(name)]
    room = max(0, MOST_FILES - already)
    failed = [name for name in changed[:room] if not _move(work / name, kept / name)]
    left_out = []
    if len(changed) > room:
        left_out.append(
            f"The script left {already + len(changed):,} files; the first {MOST_FILES:,} by name were kept."
        )
    for names_, why in (
        (unusable, f"have names that are no UTF-8 or longer than {LONGEST_PATH:,} characters"),
        (others, "are neither files nor folders (links, sockets, pipes)"),
        (failed, "could not be read by the server"),
        (closed, "are folders that the server could not open"),
    ):
        if names_:
            shown = ascii(names_[0])[1:-1][:100]
            left_out.append(f"Not kept, since they {why}: {shown}{_more(names_)}.")
    return left_out


def _names(work: Path) -> tuple[list[str], list[str], list[str]]:
    """The paths of files below `work`, of what is neither file nor folder, and of folders that stay closed.

    Without environments. Folders that the script has closed are opened.
    """
    files: list[str] = []
    others: list[str] = []
    closed: list[str] = []

    def note(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # the script took it away
            closed.append(os.path.relpath(error.filename, work))

    if work.is_symlink():
        return files, others, closed
    _open(work)
    for folder, folders, names in os.walk(work, onerror=note):
        if folder != str(work) and "pyvenv.cfg" in names:
            folders.clear()
            continue
        folders[:] = sorted(set(folders) - filetree.IGNORED)
        for name in {*names, *folders} - filetree.IGNORED:
            path = os.path.join(folder, name)
            with suppress(FileNotFoundError):
                mode = os.lstat(path).st_mode
                if stat.S_ISDIR(mode):
                    _open(path)
                else:
                    found = files if stat.S_ISREG(mode) else others
                    found.append(os.path.relpath(path, work))
    return files, others, closed


def _open(folder: str | Path) -> None:
    """Lets us look into a folder that its script has closed, if it is ours."""
    if not os.access(folder, os.R_OK | os.X_OK):
        with suppress(OSError):
            os.chmod(folder, 0o700)


def _is_changed(work: Path, name: str, sha256: str | None, marks: Marks | None) -> bool:
    if sha256 is None:
        return True
    try:
        if marks is not None and marks.shows_same(name, os.lstat(work / name)):
            return False
        return filetree.file_digest(work / name) != sha256
    except OSError:
        return True


def _can_be_kept(name: str) -> bool:
    return is_storable(name) and len(name) <= LONGEST_PATH


def _move(source: Path, target: Path) -> bool:
    """Moves a file; one that has other names elsewhere is copied, so that it is nobody else's.

    False when it cannot be read; OSError when there is no room for it.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.lstat().st_nlink > 1:
            shutil.copyfile(source, target, follow_symlinks=False)
        else:
            os.rename(source, target)
        target.chmod(0o644)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise
        return False
    return True


def _store(execution_id: int, kept: Path) -> list[Artifact]:
    if not kept.is_dir():
        return []
    files = filetree.walk(kept)
    rows = [Artifact(execution_id=execution_id, path=file.path, size=file.size) for file in files]
    Artifact.objects.bulk_create(rows, batch_size=BATCH_ROWS, ignore_conflicts=True)
    return list(Artifact.objects.filter(execution_id=execution_id))


def _more(names: list[str]) -> str:
    return f" and {len(names) - 1:,} more" if len(names) > 1 else ""
