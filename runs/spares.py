"""What a script left that is good for the next one of this process: folders as they were, files of ours.

Between short scripts, copying large Snapshots and removing the copies takes longer than the scripts; and some
file systems look at every inode that was freed lately before they give out another. Knows no Snapshots.
"""

import os
import stat
from pathlib import Path

from coretex_site.lib import filetree, paths
from coretex_site.lib.smallfile import overwrite

# {what it is good for: folder}, the oldest first.
_kept: dict[str, Path] = {}
# {what it is good for: file}, where they are.
_offered: dict[str, Path] = {}
MOST_KEPT = 4
# The mode of a file that its owner may read and write.
OURS = 0o600


def keep(use: str, folder: Path) -> None:
    """Takes `folder` away to where `reuse` finds it, in place of another for the same use. Raises OSError."""
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


def offer(use: str, file: Path, *, blank: bytes | None = None) -> None:
    """Lets `reuse` take `file`, which nobody needs any more, from where it is, unless a script replaced it.

    With `blank` that is its content from now on, so that under another name it is taken for nothing else.
    Raises OSError.
    """
    facts = os.lstat(file)
    if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1 and facts.st_mode & OURS == OURS:
        if blank is not None:
            overwrite(file, blank)
        _offered[use] = file


def has(use: str) -> bool:
    """Whether `reuse` will most likely find something."""
    return use in _kept or use in _offered


def reuse(use: str, target: Path) -> bool:
    """Moves what was kept or offered for `use` to `target`; False when there is none."""
    place = _kept.pop(use, None) or _offered.pop(use, None)
    if place is None:
        return False
    try:
        os.rename(place, target)
    except OSError:  # somebody tidied up, say; a new one is made
        return False
    return True


def forget() -> None:
    """Frees the disk of what was kept."""
    _offered.clear()
    while _kept:
        filetree.remove(_kept.popitem()[1])
