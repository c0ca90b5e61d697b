"""What a Task's folder may hold: limits, clashes of names, uploads on their way in. Knows no Tasks."""

from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from coretex_site.lib import filetree
from coretex_site.lib.filetree import TreeError


def limits() -> filetree.Limits:
    """What an upload, and a Task, may hold at most."""
    return filetree.Limits(
        max_bytes=settings.UPLOAD_MAX_BYTES,
        max_files=settings.UPLOAD_MAX_FILES,
        max_depth=settings.UPLOAD_MAX_DEPTH,
    )


def stage(uploads: list[tuple[str, BinaryIO]], target: Path, *, unpack: bool) -> None:
    """Writes uploaded files (relative path, content) into `target`; one archive is unpacked if `unpack`."""
    archive = uploads[0] if len(uploads) == 1 else None
    if unpack and archive is not None and is_archive(archive[0]):
        filetree.unpack(archive[1], archive[0], target, limits())
    else:
        filetree.write_files(uploads, target, limits())


def is_archive(name: str) -> bool:
    return name.lower().endswith((".zip", ".tar.gz", ".tgz"))


def names(folder: Path) -> list[str]:
    """The paths of all files and folders below `folder`."""
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*")]


def refuse_clashes(folder: Path, new: list[str], *, without: set[str] = frozenset()) -> None:
    """Raises TreeError unless the paths `new` can stand beside what is in `folder`, apart from `without`."""
    present = [path for path in names(folder) if path not in without]
    taken = sorted(set(present) & set(new))
    if taken:
        raise TreeError(f"There is {taken[0]} in this Task already. Choose another name, or delete it first.")
    files = [path for path in present if (folder / path).is_file()]
    folders = [f"{path}/." for path in present if (folder / path).is_dir()]
    problems = filetree.clashes([*files, *new]) or _folder_clashes(folders, new)
    if problems:
        raise TreeError(" ".join(problems))


def _folder_clashes(folders: list[str], new: list[str]) -> list[str]:
    """The new paths that differ from an empty folder's only by case."""
    taken = {path.removesuffix("/.").casefold(): path.removesuffix("/.") for path in folders}
    return [
        f"{path} and {taken[path.casefold()]} differ only in upper and lower case."
        for path in new
        if path.casefold() in taken and taken[path.casefold()] != path
    ]


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
