"""What a script left that is good for the next one of this process: folders as they were, files of ours.

Between short scripts, copying large Snapshots and removing the copies takes longer than the scripts; and some
file systems look at every inode that was freed lately before they give out another. With CORETEX_FAST_PATH=0
nothing is kept, so that every script gets files made for it. Knows no Snapshots.
"""

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePath

from django.conf import settings

from coretex_site.lib import filetree, paths
from coretex_site.lib.smallfile import overwrite
from runs.fast_path.marks import Marks

# {what it is good for: folder}, the oldest first.
_kept: dict[str, Path] = {}
# {what it is good for: file}, where they are.
_offered: dict[str, Path] = {}
MOST_KEPT = 4
# The mode of a file that its owner may read and write.
OURS = 0o600
# (path, executable, sha256) of each file.
Files = Sequence[tuple[str, bool, str]]


def keep(use: str, folder: Path, files: Files, marks: Marks) -> bool:
    """Keeps a folder that its script left as it was: these files and no others, with contents and modes.

    `marks` are those of the files when the folder was made. One with any change, or that cannot be read,
    stays where it is: False.
    """
    with suppress(OSError):
        if settings.FAST_PATH and _is_untouched(folder, files, marks):
            _keep(use, folder)
            return True
    return False


def keep_empty(use: str, folder: Path) -> None:
    """Keeps a folder with nothing in it and the mode of its parent; any other stays where it is."""
    with suppress(OSError):
        is_as_made = folder.lstat().st_mode == folder.parent.stat().st_mode
        if settings.FAST_PATH and is_as_made and not os.listdir(folder):
            _keep(use, folder)


def offer(use: str, file: Path, *, blank: bytes | None = None) -> None:
    """Lets `reuse` take `file`, which nobody needs any longer, from where it is, unless a script replaced it.

    With `blank` that is its content from now on, so that under another name it is taken for nothing else.
    """
    if not settings.FAST_PATH:
        return
    with suppress(OSError):
        status = os.lstat(file)
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and status.st_mode & OURS == OURS:
            if blank is not None:
                overwrite(file, blank)
            _offered[use] = file


def reuse(use: str, target: Path) -> bool:
    """Moves what was kept or offered for `use` to `target`; False when there is none."""
    place = _kept.pop(use, None) or _offered.pop(use, None)
    if place is not None:
        with suppress(OSError):  # someone tidied up, say; a new one is made
            os.rename(place, target)
            return True
    return False


def forget() -> None:
    """Frees the disk of what was kept."""
    _offered.clear()
    while _kept:
        filetree.remove(_kept.popitem()[1])


def _keep(use: str, folder: Path) -> None:
    """Takes `folder` away to where `reuse` finds it, in place of another for the same use."""
    place = paths.scratch() / f"spare-{os.getpid()}-{use}"
    os.utime(folder)  # or it would look as old as its oldest use to who tidies up
    try:
        os.rename(folder, place)
    except OSError:  # something lies there, or its parent is missing
        filetree.remove(place)
        place.parent.mkdir(parents=True, exist_ok=True)
        os.rename(folder, place)
    _kept[use] = place
    if len(_kept) > MOST_KEPT:
        filetree.remove(_kept.pop(next(iter(_kept))))


def _is_untouched(root: Path, files: Files, marks: Marks) -> bool:
    """Whether there are these files, the folders that they are in, and nothing else."""
    missing = {path for path, _, _ in files}
    missing |= {str(above) for path in missing for above in PurePath(path).parents} - {"."}
    folder_mode = root.parent.stat().st_mode
    for folder, folders, names in os.walk(root):
        found = {os.path.relpath(os.path.join(folder, name), root) for name in folders + names}
        if not found <= missing or os.lstat(folder).st_mode != folder_mode:
            return False
        missing -= found
    return not missing and all(_is_same(root, *file, marks) for file in files)


def _is_same(root: Path, path: str, executable: bool, sha256: str, marks: Marks) -> bool:
    status = os.lstat(root / path)
    if marks.shows_same(path, status):
        return stat.S_ISREG(status.st_mode)
    mode = stat.S_IFREG | (0o755 if executable else 0o644)
    is_as_made = status.st_mode == mode and status.st_nlink == 1
    return is_as_made and filetree.file_digest(root / path) == sha256
