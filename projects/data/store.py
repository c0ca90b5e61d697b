"""The only writer of Datasets' files: add, remove, rename, link for a Run. Knows no HTTP."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from coretex_site.lib import filetree, paths, uploading
from coretex_site.lib.intake import Choices, Taken
from projects.data.contents import AT_ONCE, DatasetError, changing, content_path, digest_of, free, lock
from projects.models import Dataset, Project, Sample


@dataclass(frozen=True, kw_only=True)
class Added:
    """Paths that an upload made, that it gave new contents, and that had the same contents before."""

    added: list[str]
    replaced: list[str]
    unchanged: list[str]
    taken: Taken


def create(project: Project, *, name: str, description: str, by: User) -> Dataset:
    try:
        with transaction.atomic():
            return Dataset.objects.create(project=project, name=name, description=description, created_by=by)
    except IntegrityError as error:
        raise DatasetError(f"This Project already has a Dataset “{name}”. Choose another name.") from error


def describe(dataset: Dataset, *, name: str, description: str) -> None:
    try:
        with transaction.atomic():
            Dataset.objects.filter(pk=dataset.pk).update(name=name, description=description)
    except IntegrityError as error:
        raise DatasetError(f"This Project already has a Dataset “{name}”. Choose another name.") from error
    dataset.name, dataset.description = name, description


def locate(dataset: Dataset, path: str) -> tuple[Sample, Path]:
    """The Sample at `path` and its content on disk; DatasetError with a sentence when there is none."""
    # PostgreSQL refuses to look for a NUL.
    sample = None if "\0" in path else dataset.samples.filter(path=path).first()
    if sample is None or not (content := content_path(dataset.pk, sample.digest)).is_file():
        shown = filetree.shown_name(path)
        raise DatasetError(f"There is no file {shown} in this Dataset. It may have been renamed or deleted.")
    return sample, content


def contents(dataset: Dataset) -> Iterator[tuple[str, Path]]:
    """(path, where its content lies) of every Sample."""
    for path, digest in dataset.samples.order_by("path").values_list("path", "digest"):
        yield path, content_path(dataset.pk, digest)


def digest(dataset: Dataset) -> str:
    """One digest for all paths and contents as they are now."""
    return digest_of(dataset.samples.values_list("path", "digest"))


def link_into(dataset: Dataset, target: Path) -> dict[str, str | int]:
    """Puts every file of the Dataset as it is now below `target`, read-only; returns what was put there.

    `{id, name, digest, file_count, size}`. Files are hard links, or where the file system refuses these
    symbolic ones. `target` must not be there or be empty; after a failure it is gone.
    """
    for last in (False, False, True):
        rows = list(dataset.samples.order_by("path").values_list("path", "digest", "size"))
        try:
            _link(dataset.pk, rows, target)
        except FileNotFoundError as error:
            filetree.remove(target)
            if last:
                raise DatasetError(
                    f"A file of the Dataset “{dataset.name}” is missing on the server's disk. Upload "
                    "it again, or tell your administrator."
                ) from error
            continue  # replaced since the rows were read: they are others now
        except BaseException:
            filetree.remove(target)
            raise
        break
    if not Dataset.objects.filter(pk=dataset.pk).exists():
        filetree.remove(target)
        raise DatasetError(f"The Dataset “{dataset.name}” has been deleted. Choose another.")
    return {
        "id": dataset.pk,
        "name": dataset.name,
        "digest": digest_of((path, sha256) for path, sha256, _ in rows),
        "file_count": len(rows),
        "size": sum(size for _, _, size in rows),
    }


def _link(dataset_id: int, rows: list[tuple[str, str, int]], target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    folders = {target}
    for path, sha256, _ in rows:
        to = target / path
        if to.parent not in folders:
            to.parent.mkdir(parents=True, exist_ok=True)
            folders |= {to.parent, *(p for p in to.parents if p.is_relative_to(target))}
        content = content_path(dataset_id, sha256)
        try:
            os.link(content, to)
        except FileNotFoundError:
            raise
        except OSError:  # another disk, no hard links there, or too many links of one file
            os.symlink(content.resolve(strict=True), to)
    for folder in sorted(folders, reverse=True):
        folder.chmod(0o555)


# Changes


def add_files(
    dataset: Dataset,
    uploads: Sequence[tuple[str, BinaryIO]],
    *,
    by: User | None,
    into: str = "",
    unpack: bool = False,
    choices: Choices | None = None,
) -> Added:
    """Stores uploaded files, given with their relative paths, in the folder `into`; all of them or none.

    With `unpack`, a single archive is unpacked.
    """
    prefix = f"{filetree.safe_path(into)}/" if into.strip("/ ") else ""
    with filetree.scratch(paths.scratch(), "dataset") as folder:
        taken = uploading.write(uploads, folder / "files", unpack=unpack, choices=choices)
        digests = taken.digests
        arriving = {filetree.safe_path(prefix + path): path for path in digests}
        with changing(dataset, by=by) as change:
            present = dict(dataset.samples.values_list("path", "digest"))
            if problems := filetree.clashes([*present, *arriving]):
                raise DatasetError(*problems)
            fresh = [path for path, source in arriving.items() if present.get(path) != digests[source]]
            samples = []
            for path in fresh:
                source = folder / "files" / arriving[path]
                size = source.stat().st_size
                change.place(source, digests[arriving[path]])
                change.obsolete.add(present.get(path, ""))
                samples.append(
                    Sample(
                        dataset=dataset,
                        path=path,
                        folder=path.rpartition("/")[0],
                        size=size,
                        digest=digests[arriving[path]],
                    )
                )
            Sample.objects.bulk_create(
                samples,
                update_conflicts=True,
                unique_fields=["dataset", "path"],
                update_fields=["size", "digest", "created_at"],
                batch_size=AT_ONCE,
            )
    return Added(
        added=sorted(path for path in fresh if path not in present),
        replaced=sorted(path for path in fresh if path in present),
        unchanged=sorted(arriving.keys() - set(fresh)),
        taken=taken,
    )


def remove_files(dataset: Dataset, chosen: Iterable[str], *, by: User | None) -> int:
    """Removes the files at these paths, and all below those that end with a slash; how many these were."""
    exact = set(chosen)
    folders = tuple(path for path in exact if path.endswith("/") and path.strip("/"))
    with changing(dataset, by=by) as change:
        doomed = [
            (pk, sha256)
            for pk, path, sha256 in dataset.samples.values_list("pk", "path", "digest")
            if path in exact or (folders and path.startswith(folders))
        ]
        if not doomed:
            raise DatasetError("None of these files is in the Dataset any longer. Nothing was deleted.")
        for start in range(0, len(doomed), AT_ONCE):
            Sample.objects.filter(pk__in=[pk for pk, _ in doomed[start : start + AT_ONCE]]).delete()
        change.obsolete |= {sha256 for _, sha256 in doomed}
    return len(doomed)


def rename(dataset: Dataset, old: str, new: str, *, by: User | None) -> str:
    """Moves the file `old` to the path `new`; returns that in its normal form."""
    new, old = filetree.safe_path(new), old.replace("\0", "")
    with changing(dataset, by=by):
        others = set(dataset.samples.exclude(path=old).values_list("path", flat=True))
        if new in others:
            raise DatasetError(f"There is already a file {new}. Choose another name, or delete it first.")
        if problems := filetree.clashes([*others, new]):
            raise DatasetError(*problems)
        if not dataset.samples.filter(path=old).update(path=new, folder=new.rpartition("/")[0]):
            raise DatasetError(f"There is no file {filetree.shown_name(old)} in this Dataset any longer.")
    return new


def delete(dataset: Dataset) -> None:
    """Deletes the Dataset permanently and frees its disk."""
    with lock(dataset.pk):
        Dataset.objects.filter(pk=dataset.pk).delete()
        free([paths.dataset_files(dataset.pk)])
