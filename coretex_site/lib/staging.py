"""Half-made files on the data folder's disk, until a rename makes them real; uploads are written there."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from coretex_site.lib import filetree, paths
from coretex_site.lib.uploading import limits


@contextmanager
def folder(what: str) -> Iterator[Path]:
    """A new folder with `what` in its name; it and what is left in it go when the block ends."""
    paths.scratch().mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f"{what}-", dir=paths.scratch()))
    try:
        yield made
    finally:
        filetree.remove(made)


def write(
    uploads: Sequence[tuple[str, BinaryIO]], target: Path, *, unpack: bool, strip: bool = False
) -> dict[str, str]:
    """Writes uploaded files (relative path, content) below `target`; one archive is unpacked if `unpack`.

    With `strip`, a single folder around everything is left out, as it always is in archives. Returns
    {path: sha256}; raises TreeError.
    """
    if unpack and len(uploads) == 1 and filetree.is_archive(uploads[0][0]):
        filename, archive = uploads[0]
        return filetree.unpack(archive, filename, target, limits())
    return filetree.write_files(uploads, target, limits(), strip=strip)
