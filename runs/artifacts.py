"""Artifacts: what a script created or changed under its working folder, kept when it ended."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from coretex_site.lib import filetree, paths
from runs import lifecycle
from runs.models import Artifact

MOST_FILES = 10_000
LONGEST_PATH = 1024
BATCH_ROWS = 2000


def collect(execution_id: int, manifest: Mapping[str, str], *, since: int = 0) -> list[Artifact]:
    """Keeps the files that differ from those checked out (`manifest`: {path: sha256}), then frees the rest.

    What was last changed before `since`, in nanoseconds, needs no second look. May be done again by another
    process after it was cut short: what was moved already stays, and counts.
    """
    work, kept = paths.work(execution_id), paths.artifacts(execution_id)
    left_out = _move_changed(work, kept, manifest, since=since)
    found = _store(execution_id, kept)
    if left_out:
        lifecycle.warn(execution_id, "artifacts", " ".join(left_out))
    free(execution_id)
    return found


def free(execution_id: int) -> None:
    """Removes what only a running script needs."""
    for folder in (paths.work(execution_id), paths.inputs(execution_id), paths.home(execution_id)):
        filetree.remove(folder)


def _move_changed(work: Path, kept: Path, manifest: Mapping[str, str], *, since: int) -> list[str]:
    """Moves what changed from `work` to `kept`; sentences about what could not be kept."""
    already = len(filetree.walk(kept)) if kept.is_dir() else 0
    names, others = _names(work)
    changed = sorted(name for name in names if _is_changed(work / name, manifest.get(name), since=since))
    unusable = [name for name in changed if not _is_storable(name)]
    changed = [name for name in changed if _is_storable(name)]
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
    ):
        if names_:
            shown = ascii(names_[0])[1:-1][:100]
            left_out.append(f"Not kept, since they {why}: {shown}{_more(names_)}.")
    return left_out


def _names(work: Path) -> tuple[list[str], list[str]]:
    """The paths of the files below `work`, and of what is neither file nor folder; no environments."""
    files: list[str] = []
    others: list[str] = []
    for prefix, entry in _entries(work):
        if entry.is_file(follow_symlinks=False):
            files.append(prefix + entry.name)
        else:
            others.append(prefix + entry.name)
    return files, others


def _entries(work: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """(`folder/`, entry) for all below `work` that are no folders."""
    open_ = [] if work.is_symlink() else [""]
    while open_:
        prefix = open_.pop()
        try:
            entries = list(os.scandir(work / prefix))
        except OSError:  # the script made it unreadable, or took it away
            continue
        if prefix and any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        for entry in entries:
            if entry.name in filetree.IGNORED:
                continue
            if entry.is_dir(follow_symlinks=False):
                open_.append(f"{prefix}{entry.name}/")
            else:
                yield prefix, entry


def _is_changed(path: Path, sha256: str | None, *, since: int) -> bool:
    if sha256 is None:
        return True
    try:
        # The time of the last change of an inode cannot be set by anyone, other than that of its content.
        return path.lstat().st_ctime_ns >= since and filetree.file_digest(path) != sha256
    except OSError:
        return True


def _is_storable(name: str) -> bool:
    try:
        return "\0" not in name and len(name.encode().decode()) <= LONGEST_PATH
    except UnicodeEncodeError:
        return False


def _move(source: Path, target: Path) -> bool:
    """Moves a file; one that has other names elsewhere is copied, so that it is nobody else's."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.lstat().st_nlink > 1:
            shutil.copyfile(source, target, follow_symlinks=False)
        else:
            os.rename(source, target)
        target.chmod(0o644)
    except OSError:
        return False
    return True


def _store(execution_id: int, kept: Path) -> list[Artifact]:
    if not kept.is_dir():
        return []
    rows = [
        Artifact(execution_id=execution_id, path=file.path, size=file.size) for file in filetree.walk(kept)
    ]
    if not rows:
        return []
    Artifact.objects.bulk_create(rows, batch_size=BATCH_ROWS, ignore_conflicts=True)
    return list(Artifact.objects.filter(execution_id=execution_id))


def _more(names: list[str]) -> str:
    return f" and {len(names) - 1:,} more" if len(names) > 1 else ""
