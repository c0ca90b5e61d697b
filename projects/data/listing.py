"""One folder of a Dataset, a page of files at a time, however many there are. Knows no HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Sum

from projects.models import Dataset, Sample

FILES_AT_ONCE = 200


@dataclass(frozen=True, kw_only=True)
class Subfolder:
    """A folder in a folder, with what is below it at any depth."""

    path: str
    name: str
    file_count: int
    size: int


@dataclass(frozen=True, kw_only=True)
class Folder:
    """`files` is one page of those directly in it; `before` and `after` are the paths that lead to others."""

    path: str
    subfolders: list[Subfolder]
    files: list[Sample]
    file_count: int
    first: int
    before: str | None
    after: str | None

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        return list(crumbs(self.path))

    @property
    def text(self) -> str:
        """What is shown of the files: `201–400 of 10,000 files`."""
        last = self.first + len(self.files) - 1
        return f"{self.first:,}–{last:,} of {self.file_count:,} files" if self.files else ""


def crumbs(path: str) -> Iterator[tuple[str, str]]:
    """(name, path) of every folder on the way to `path`, itself included."""
    parts = path.split("/") if path else []
    for depth, name in enumerate(parts, 1):
        yield name, "/".join(parts[:depth])


def folder(dataset: Dataset, path: str, *, after: str = "", before: str = "") -> Folder:
    """The folder `path` ("" is the top); one that is not there is empty."""
    here = dataset.samples.filter(folder=path)
    if before:
        files = list(here.filter(path__lt=before).order_by("-path")[:FILES_AT_ONCE])[::-1]
    else:
        files = list(here.filter(path__gt=after).order_by("path")[:FILES_AT_ONCE])
    skipped = here.filter(path__lt=files[0].path).count() if files else 0
    total = here.count()
    return Folder(
        path=path,
        subfolders=subfolders(dataset, path),
        files=files,
        file_count=total,
        first=skipped + 1,
        before=files[0].path if skipped else None,
        after=files[-1].path if files and skipped + len(files) < total else None,
    )


def subfolders(dataset: Dataset, path: str) -> list[Subfolder]:
    prefix = f"{path}/" if path else ""
    found: dict[str, list[int]] = {}
    rows = dataset.samples.filter(folder__startswith=prefix).exclude(folder=path).order_by()
    for below, count, size in rows.values_list("folder").annotate(Count("pk"), Sum("size")):
        if not below.startswith(prefix):  # SQLite's comparison does not tell capitals apart
            continue
        totals = found.setdefault(below[len(prefix) :].partition("/")[0], [0, 0])
        totals[0] += count
        totals[1] += size
    return [
        Subfolder(path=prefix + name, name=name, file_count=count, size=size)
        for name, (count, size) in sorted(found.items())
    ]
