"""Where the contents of Samples lie, and how a change of them is kept whole. Knows no HTTP.

The content of every Sample lies once under its SHA-256, read-only, and never changes; which path has which
content is in the rows. A change first stores contents, then commits the rows, then removes contents that no
row has any longer, under a lock that all changes of the Dataset take. So what is on disk is always enough for
the rows that a reader sees, whenever something dies in between.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from filelock import FileLock, Timeout

from coretex_site.lib import filetree, paths
from coretex_site.lib.filetree import TreeError
from projects.models import Dataset, Sample

LOCK_SECONDS = 60
AT_ONCE = 500  # values in one query


class DatasetError(TreeError):
    """What was asked of a Dataset cannot be done; the message says why and what to do."""


def digest_of(rows: Iterable[tuple[str, str]]) -> str:
    """One digest for all (path, SHA-256); equal to `filetree.digest` of a folder that holds the same."""
    return filetree.tree_digest((path, False, sha256) for path, sha256 in rows)


def content_path(dataset_id: int, digest: str) -> Path:
    """Where the content with this SHA-256 lies."""
    return paths.dataset_files(dataset_id) / digest[:2] / digest


class Change:
    """What one change did on the disk: contents that it stored, and digests that may be needed no more."""

    def __init__(self, dataset_id: int) -> None:
        self.dataset_id = dataset_id
        self.placed: list[Path] = []
        self.obsolete: set[str] = set()

    def place(self, source: Path, sha256: str) -> None:
        content = content_path(self.dataset_id, sha256)
        if content.exists():
            return
        content.parent.mkdir(parents=True, exist_ok=True)
        source.chmod(0o444)
        os.rename(source, content)
        self.placed.append(content)

    def tidy(self) -> None:
        """Removes contents that no row has any longer."""
        kept = set()
        obsolete = sorted(self.obsolete - {""})
        for start in range(0, len(obsolete), AT_ONCE):
            used = Sample.objects.filter(
                dataset=self.dataset_id, digest__in=obsolete[start : start + AT_ONCE]
            )
            kept |= set(used.values_list("digest", flat=True))
        for sha256 in set(obsolete) - kept:
            content_path(self.dataset_id, sha256).unlink(missing_ok=True)


@contextmanager
def changing(dataset: Dataset, *, by: User | None) -> Iterator[Change]:
    """One change at a time, kept whole with the Dataset's totals or not at all."""
    change = Change(dataset.pk)
    with lock(dataset.pk):
        try:
            with transaction.atomic(durable=True):
                fields: dict[str, object] = {"changed_at": timezone.now(), "changed_by": by}
                rows = Dataset.objects.filter(pk=dataset.pk)
                if not rows.update(**fields):
                    raise DatasetError(f"The Dataset “{dataset.name}” was deleted.")
                yield change
                fields |= dataset.samples.aggregate(file_count=Count("pk"), size=Coalesce(Sum("size"), 0))
                fields["digest"] = digest_of(dataset.samples.values_list("path", "digest"))
                rows.update(**fields)
        except BaseException:
            for content in change.placed:
                content.unlink(missing_ok=True)
            raise
        change.tidy()
    for name, value in fields.items():
        setattr(dataset, name, value)


@contextmanager
def lock(dataset_id: int) -> Iterator[None]:
    paths.locks().mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(paths.locks() / f"dataset-{dataset_id}", timeout=LOCK_SECONDS):
            yield
    except Timeout as error:
        raise DatasetError(
            "Someone else has been changing this Dataset for a minute. Try again later."
        ) from error


def free(folders: Iterable[Path]) -> None:
    """Removes folders from the disk: each is gone at once by a rename, then its bytes."""
    for folder in folders:
        with filetree.scratch(paths.scratch(), "dataset") as outgoing, suppress(FileNotFoundError):
            os.rename(folder, outgoing / "gone")
