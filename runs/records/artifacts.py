"""Artifacts: what a script created or changed under its working folder, kept when it ended."""

import errno
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from coretex_site.lib import filetree, paths
from runs import lifecycle
from runs.fast_path.marks import Marks
from runs.models import Artifact
from runs.records import left_files
from tasks.types.scalars import is_storable

MOST_FILES = 10_000
LONGEST_PATH = 1024
# So many files that were not kept are named, and so much of a name is shown.
MOST_NAMED = 50
MOST_PRINTED = 10
LONGEST_SHOWN = 200
BATCH_ROWS = 2000
NOT_KEPT = "Not kept: "
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


def collect(execution_id: int, manifest: Mapping[str, str], *, marks: Marks | None = None) -> list[Artifact]:
    """Keeps the files that differ from those checked out (`manifest`: {path: sha256}), then frees the rest.

    Links to files inside the working folder are kept as these files. What `marks` show to be the same is not
    read. May be done again by another process after it was cut short: what was moved already stays, and
    counts. Raises OSError, with all files where they are, when there is no room for them.
    """
    work, kept = paths.work(execution_id), paths.artifacts(execution_id)
    left_out = _move_changed(work, kept, manifest, marks=marks)
    found = _store(execution_id, kept)
    if left_out:
        lifecycle.warn(execution_id, "artifacts", "\n".join(left_out))
        _print(paths.console(execution_id), left_out)
    free(execution_id)
    return found


def free(execution_id: int) -> None:
    """Removes what only a running script needs."""
    for folder in (paths.work(execution_id), paths.inputs(execution_id), paths.home(execution_id)):
        filetree.remove(folder)


def _move_changed(work: Path, kept: Path, manifest: Mapping[str, str], *, marks: Marks | None) -> list[str]:
    """Moves what changed from `work` to `kept`; lines about what could not be kept."""
    already = len(filetree.walk(kept)) if kept.is_dir() else 0
    room = max(0, MOST_FILES - already)
    left = left_files.look(work, was_moved=lambda path: (kept / path).is_file(), most_links=room)
    lost = left.not_kept
    changed = [name for name in left.files if _is_changed(work, name, manifest.get(name), marks)]
    wanted = sorted([*changed, *left.links])
    for name in wanted:
        if not _can_be_kept(name):
            lost[name] = f"has a name that is no UTF-8 or longer than {LONGEST_PATH:,} characters"
    wanted = [name for name in wanted if name not in lost]
    chosen = wanted[:room]
    links = {name: left.links[name] for name in chosen if name in left.links}
    for name in chosen:
        if name not in links and not _move(work / name, kept / name):
            lost[name] = "was taken away" if not os.path.lexists(work / name) else "could not be read"
    _copy_linked(work, kept, links, lost)
    lines = [f"{NOT_KEPT}{_shown(name)} {lost[name]}." for name in sorted(lost)[:MOST_NAMED]]
    if len(lost) > MOST_NAMED:
        lines.append(f"{NOT_KEPT}{len(lost) - MOST_NAMED:,} more.")
    if len(wanted) > room:
        lines.append(
            f"{NOT_KEPT}all but the first {MOST_FILES:,} by name of the {already + len(wanted):,} files "
            "that the script left."
        )
    return lines


def _copy_linked(work: Path, kept: Path, links: Mapping[str, str], lost: dict[str, str]) -> None:
    """Keeps for each link the file that it leads to; all names of one file are the same file on disk."""
    copies: dict[str, Path] = {}
    for name, file in links.items():
        target, source = kept / name, copies.get(file, kept / file)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if not source.is_file():
                _copy(left_files.open_inside(work, file), target)
                copies[file] = target
            elif not target.is_file():
                _link(source, target)
        except OSError as error:
            if error.errno in NO_ROOM:
                raise
            lost[name] = f"is a link to {_shown(file)}, which could not be read"


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # on a disk that cannot give a file several names
        _copy(os.open(source, os.O_RDONLY | os.O_NOFOLLOW), target)


def _copy(descriptor: int, target: Path) -> None:
    with open(descriptor, "rb") as reader, target.open("wb") as writer:
        shutil.copyfileobj(reader, writer)
    target.chmod(0o644)


def _print(console: Path, lines: list[str]) -> None:
    """Appends the first of the lines to the console, below what the script printed."""
    if len(lines) > MOST_PRINTED:
        lines = [*lines[:MOST_PRINTED], f"{NOT_KEPT}more, which is named beside the Artifacts."]
    with console.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
        text = "".join(f"{line}\n" for line in lines)
        file.write(text.encode() if file.read(1) in (b"", b"\n") else f"\n{text}".encode())


def _shown(name: str) -> str:
    """A path as it can be printed: what is no UTF-8, or no text, is escaped."""
    shown = name if name.isprintable() else ascii(name)[1:-1]
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[: LONGEST_SHOWN - 1]}…"


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
