"""What a Task's folder may hold: how much, and which names beside each other. Knows no Tasks."""

from collections.abc import Collection, Iterable
from pathlib import Path

from coretex_site.lib import filetree
from coretex_site.lib.filetree import TreeError
from coretex_site.lib.uploading import limits


def storable(path: str) -> str:
    """The normal form of a path that a Task may have; raises TreeError with the reason why it may not."""
    path = filetree.safe_path(path)
    if filetree.is_ignored(path):
        ignored = next(part for part in path.split("/") if filetree.is_ignored(part))
        raise TreeError(f"{ignored} is a name that tools create, and is never part of a Task.")
    if path.count("/") >= limits().max_depth:
        raise TreeError(f"{path} is too many folders deep; {limits().max_depth} is the most.")
    return path


def names(folder: Path) -> list[str]:
    """The paths of all files and folders below `folder`."""
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*")]


def refuse_clashes(
    folder: Path, new: Iterable[str], *, folders: Iterable[str] = (), without: Collection[str] = ()
) -> None:
    """Raises TreeError unless the files `new` and `folders` can stand beside what is in `folder`.

    The paths `without` count as gone.
    """
    new, folders = list(new), list(folders)
    present = [path for path in names(folder) if path not in without]
    taken = sorted(set(present) & {*new, *folders})
    if taken:
        raise TreeError(f"This Task already has {taken[0]}. Choose another name, or delete it first.")
    files = [path for path in present if (folder / path).is_file()]
    folders += [path for path in present if (folder / path).is_dir()]
    # A folder stands for itself, since an empty one has no file that would.
    problems = filetree.clashes([*files, *new, *(f"{path}/\0" for path in folders)])
    if problems:
        raise TreeError(*problems)


def refuse_overflow(folder: Path, *, files: int, size: int) -> None:
    present, most = filetree.walk(folder), limits()
    if len(present) + files > most.max_files:
        raise TreeError(
            f"The Task would have {len(present) + files:,} files; at most {most.max_files:,} are allowed."
        )
    total = sum(file.size for file in present) + size
    if total > most.max_bytes:
        raise TreeError(
            f"The Task would hold {total / 1024**2:,.0f} MB; "
            f"at most {most.max_bytes / 1024**2:,.0f} MB are allowed."
        )
