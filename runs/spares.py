"""Folders that a script left as they were, kept by this process for its next script. Knows no Snapshots.

Between short scripts, copying large Snapshots and removing the copies takes longer than the scripts; and some
file systems look at every inode that was freed lately before they give out another.
"""

import os
from pathlib import Path

from coretex_site.lib import filetree, paths

# {what it is good for: folder}, the oldest first.
_kept: dict[str, Path] = {}
MOST_KEPT = 4


def keep(use: str, folder: Path) -> None:
    """Takes `folder` away to where `reuse` finds it, in place of another for the same use. Raises OSError."""
    place = paths.scratch() / f"spare-{os.getpid()}-{use}"
    filetree.remove(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    os.utime(folder)  # or it would look as old as its oldest use to who tidies up
    os.rename(folder, place)
    _kept[use] = place
    if len(_kept) > MOST_KEPT:
        filetree.remove(_kept.pop(next(iter(_kept))))


def reuse(use: str, target: Path) -> bool:
    """Moves the folder that was kept for `use` to `target`; False when there is none."""
    place = _kept.pop(use, None)
    if place is None:
        return False
    try:
        os.rename(place, target)
    except FileNotFoundError:  # somebody tidied up
        return False
    return True


def forget() -> None:
    """Frees the disk of what was kept."""
    while _kept:
        filetree.remove(_kept.popitem()[1])
