"""The Artifacts of an Execution as folders to look through. Knows no HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from coretex_site.lib import filetree, paths, previews
from runs.models import Artifact, Execution

FILES_AT_ONCE = 200
PICTURES_AT_ONCE = 24


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file, or a folder with the number and size of the files below it."""

    name: str
    path: str
    size: int
    count: int = 0
    is_folder: bool = False
    is_picture: bool = False


@dataclass(frozen=True, kw_only=True)
class Folder:
    """One folder: `entries` with folders first, `pictures` among them, and what `crumbs` lead here."""

    path: str
    crumbs: list[tuple[str, str]]
    entries: list[Entry]
    pictures: list[Entry]
    total: int
    size: int
    # Entries of this folder that are not in `entries`, and where the next page begins.
    left: int = 0
    next_start: int = 0
    start: int = 0


def folder(execution: Execution, path: str, *, start: int = 0) -> Folder:
    """The Artifacts directly in `path` ("" is the top), FILES_AT_ONCE of them from the `start`-th on."""
    prefix = f"{path}/" if path else ""
    found = execution.artifacts.order_by("path").values_list("path", "size")
    if prefix:
        found = found.filter(path__startswith=prefix)
    folders: dict[str, tuple[int, int]] = {}
    files = []
    total = size = 0
    for full, bytes_ in found.iterator(chunk_size=5000):
        if not full.startswith(prefix):  # SQLite's comparison does not tell capitals apart
            continue
        total, size = total + 1, size + bytes_
        name, slash, _ = full[len(prefix) :].partition("/")
        if slash:
            count, sum_ = folders.get(name, (0, 0))
            folders[name] = (count + 1, sum_ + bytes_)
        else:
            picture = previews.looks_like_picture(name)
            files.append(Entry(name=name, path=full, size=bytes_, is_picture=picture))
    entries = [
        Entry(name=name, path=prefix + name, size=sum_, count=count, is_folder=True)
        for name, (count, sum_) in sorted(folders.items())
    ] + files
    shown = entries[start : start + FILES_AT_ONCE]
    return Folder(
        path=path,
        crumbs=list(crumbs(path)),
        entries=shown,
        pictures=[entry for entry in files if entry.is_picture][:PICTURES_AT_ONCE] if start == 0 else [],
        total=total,
        size=size,
        left=max(0, len(entries) - start - len(shown)),
        next_start=start + len(shown),
        start=start,
    )


def crumbs(path: str) -> Iterator[tuple[str, str]]:
    """(name, path) of every folder on the way to `path`."""
    parts = path.split("/") if path else []
    for index, name in enumerate(parts):
        yield name, "/".join(parts[: index + 1])


def locate(artifact: Artifact) -> Path | None:
    """Where the file lies; None when it is not there."""
    try:
        path = filetree.join(paths.artifacts(artifact.execution_id), artifact.path)
    except filetree.TreeError:
        return None
    return path if path.is_file() else None


def neighbours(artifact: Artifact) -> tuple[str | None, str | None]:
    """The paths of the Artifacts before and after this one."""
    among = Artifact.objects.filter(execution_id=artifact.execution_id)
    before = among.filter(path__lt=artifact.path).order_by("-path").values_list("path", flat=True).first()
    after = among.filter(path__gt=artifact.path).order_by("path").values_list("path", flat=True).first()
    return before, after
