"""What a browser sends when files are uploaded to a Dataset, and storing it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, BinaryIO

from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from projects.data import store as datasets
from projects.data.contents import DatasetError
from projects.models import Dataset


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Uploaded files with their relative paths, the folder they go to, and whether an archive is unpacked."""

    files: Sequence[tuple[str, BinaryIO]]
    into: str
    unpack: bool


def read(uploaded: MultiValueDict[str, Any], fields: QueryDict) -> Arrival:
    """`files`, in the same order `paths` (their names if there are none), `into`, and `keep_archive`."""
    pairs = zip(uploaded.getlist("files"), chain(fields.getlist("paths"), repeat("")), strict=False)
    return Arrival(
        files=[(path or file.name or "", file) for file, path in pairs],
        into=fields.get("into", "").strip("/ "),
        unpack="keep_archive" not in fields,
    )


def store(dataset: Dataset, arrival: Arrival, *, by: User) -> datasets.Added:
    """Adds the files; a single archive is unpacked. Raises TreeError, and then nothing was added."""
    if not arrival.files:
        raise DatasetError("No files were received; choose files, a folder, or a zip or tar.gz.")
    return datasets.add_files(dataset, arrival.files, by=by, into=arrival.into, unpack=arrival.unpack)


def sentence(added: int, replaced: int, unchanged: int = 0) -> str:
    """`3 files added, 1 replaced, 2 unchanged.`"""
    counts = [
        f"{added:,} {'file' if added == 1 else 'files'} added",
        f"{replaced:,} replaced" if replaced else "",
        f"{unchanged:,} unchanged" if unchanged else "",
    ]
    return ", ".join(filter(None, counts)) + "."


def create(dataset: Dataset, arrival: Arrival, *, by: User) -> Dataset:
    """Stores a new Dataset with the files, if there are any; raises TreeError, and then there is neither."""
    made = datasets.create(dataset.project, name=dataset.name, description=dataset.description, by=by)
    if arrival.files:
        try:
            store(made, arrival, by=by)
        except BaseException:
            datasets.delete(made)
            raise
    return made
