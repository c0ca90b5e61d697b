"""Small files of ours, read and written without buffers and objects between. Knows nothing of Django.

What Path and open do around a file takes several times as long as the file itself, and some are read or
written for each short script.
"""

import os

MOST = 4096


def read(path: str | os.PathLike[str]) -> bytes:
    """Up to MOST bytes from the beginning of the file; of a pipe in its place none. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.read(descriptor, MOST)
    finally:
        os.close(descriptor)


def overwrite(path: str | os.PathLike[str], content: bytes) -> None:
    """Makes `content` all there is in the file, new or not, and in the disk's room that it has already.

    Not for files that others read meanwhile: see `replace`. Raises OSError.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        os.ftruncate(descriptor, len(content))
    finally:
        os.close(descriptor)


def replace(path: str | os.PathLike[str], content: bytes) -> None:
    """Puts a file with this content in the place of one that others may read, for a single writer."""
    beside = f"{os.fspath(path)}.new"
    overwrite(beside, content)
    os.replace(beside, path)
