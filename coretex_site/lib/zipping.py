"""Writes zips as streams. Knows nothing of Django."""

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from zipstream import ZipStream


def zip_files(files: Iterable[tuple[str, Path]]) -> Iterator[bytes]:
    """One zip of files given as (path inside, path on disk), piece by piece; one that is gone is left out."""
    zipped = ZipStream(compress_type=zipfile.ZIP_DEFLATED, compress_level=1)
    for path, source in files:
        try:
            zipped.add_path(source, path, recurse=False)
        except FileNotFoundError:
            continue
        yield from zipped.all_files()
    yield from zipped.finalize()
