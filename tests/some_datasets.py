"""Files put into a Dataset by its verbs, and what is on disk of it."""

import io

from coretex_site.lib import paths
from projects.data import store
from projects.models import Dataset


def put(dataset: Dataset, files: dict[str, bytes], into: str = "") -> store.Added:
    uploads = [(path, io.BytesIO(content)) for path, content in files.items()]
    return store.add_files(dataset, uploads, by=dataset.created_by, into=into)


def files_of(dataset: Dataset) -> dict[str, bytes]:
    """What the rows say, read from the disk."""
    return {path: content.read_bytes() for path, content in store.contents(dataset)}


def nothing_half_made() -> bool:
    return not paths.scratch().exists() or list(paths.scratch().iterdir()) == []
