"""Folders of files: walk, digest, copy, hand out as zip. `intake` fills them. Knows no Django."""

import codecs
import fcntl
import hashlib
import os
import shutil
import stat
import struct
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from coretex_site.lib.treepaths import (
    IGNORED,
    File,
    Limits,
    TreeError,
    clashes,
    is_ignored,
    join,
    safe_path,
    shown_name,
)
from coretex_site.lib.writing import CHUNK
from coretex_site.lib.zipping import zip_files

__all__ = [
    "HEAD_BYTES", "IGNORED", "File", "Limits", "TreeError", "clashes", "copy", "digest", "file_digest",
    "head", "is_ignored", "join", "remove", "safe_path", "scratch", "shown_name", "spread", "tree_digest",
    "walk", "zip_files",
]  # fmt: skip

# Of include/uapi/linux/fs.h: _IOR('f', 1, long), _IOW('f', 2, long), and the flag that chattr calls T.
LONG = struct.calcsize("l")
GET_FLAGS = 2 << 30 | LONG << 16 | ord("f") << 8 | 1
SET_FLAGS = 1 << 30 | LONG << 16 | ord("f") << 8 | 2
TOP_OF_HIERARCHY = 0x00020000
# Enough to see what a file is; Linux itself reads 256 bytes for a #! line, see BINPRM_BUF_SIZE.
HEAD_BYTES = 512


def walk(root: Path) -> list[File]:
    """The regular files below `root`, sorted by path; without IGNORED names and without links."""
    found, folders = [], [("", root)]
    while folders:
        prefix, folder = folders.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name in IGNORED:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append((f"{prefix}{entry.name}/", folder / entry.name))
                elif entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    executable = bool(status.st_mode & 0o100)
                    found.append(File(path=prefix + entry.name, size=status.st_size, executable=executable))
    return sorted(found, key=lambda file: file.path)


def read_text(root: Path, path: str, *, most: int = 1_000_000) -> str:
    """The text of a file in UTF-8, or in UTF-16 with its mark; empty when it cannot be read.

    One of more than `most` bytes is not read.
    """
    try:
        target = join(root, safe_path(path))
        if not target.is_file() or target.stat().st_size > most:
            return ""
        content = target.read_bytes()
        is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return content.decode("utf-16" if is_utf_16 else "utf-8-sig", "replace")
    except (TreeError, OSError):
        return ""


def file_digest(path: Path) -> str:
    """SHA-256, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def head(root: Path, path: str) -> bytes:
    """The first HEAD_BYTES of a file below `root`; nothing of one that cannot be read, or is a link."""
    with suppress(OSError):
        descriptor = os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            return os.read(descriptor, HEAD_BYTES)
        finally:
            os.close(descriptor)
    return b""


def tree_digest(entries: Iterable[tuple[str, bool, str]]) -> str:
    """One digest for all (path, executable, sha256); their order does not matter."""
    total = hashlib.sha256()
    for path, executable, sha256 in sorted(entries):
        line = f"{'x' if executable else '-'} {sha256} {path}\0"
        total.update(line.encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def digest(root: Path) -> str:
    return tree_digest((file.path, file.executable, file_digest(root / file.path)) for file in walk(root))


def copy(source: Path, target: Path, *, read_only: bool = False) -> dict[str, str]:
    """Copies what `walk(source)` finds into `target`, and returns {path: sha256 of what was written}.

    Files get mode 0644 or, if executable, 0755; with `read_only` 0444 or 0555. Folders stay writable, since
    a folder that is not cannot be renamed.
    """
    digests: dict[str, str] = {}
    made = {target}
    target.mkdir(parents=True, exist_ok=True)
    for file in walk(source):
        to = target / file.path
        if to.parent not in made:
            to.parent.mkdir(parents=True, exist_ok=True)
            made.add(to.parent)
        mode = (0o444 if read_only else 0o644) | (0o111 if file.executable else 0)
        descriptor = os.open(source / file.path, os.O_RDONLY | os.O_NOFOLLOW)
        with open(descriptor, "rb") as reader, to.open("xb") as writer:
            total = hashlib.sha256()
            while chunk := reader.read(CHUNK):
                total.update(chunk)
                writer.write(chunk)
            os.fchmod(writer.fileno(), mode)
        digests[file.path] = total.hexdigest()
    return digests


@contextmanager
def scratch(parent: Path, what: str) -> Iterator[Path]:
    """A new folder in `parent`, with `what` in its name; it and what is left in it go when the block ends."""
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{what}-", dir=parent))
    try:
        yield folder
    finally:
        remove(folder)


def spread(folder: Path) -> None:
    """Tells ext4 that the folders in `folder` have nothing to do with each other, as `chattr +T` does.

    Each new one then gets a part of the disk that is free, away from where much was deleted lately: without
    a journal ext4 looks at each inode freed in the last minutes before it gives out another there (see
    recently_deleted in fs/ext4/ialloc.c), which makes a new file up to thirty times as slow. Other file
    systems have no such hint, and need none.
    """
    if sys.platform != "linux":
        return
    with suppress(OSError):  # not our own, or on a file system that knows no such flags
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            flags = bytearray(LONG)
            fcntl.ioctl(descriptor, GET_FLAGS, flags)
            (known,) = struct.unpack_from("i", flags)
            struct.pack_into("i", flags, 0, known | TOP_OF_HIERARCHY)
            fcntl.ioctl(descriptor, SET_FLAGS, flags)
        finally:
            os.close(descriptor)


def remove(path: Path) -> None:
    """Removes a file, a link or a whole folder, read-only ones too. What is not there is removed already."""
    with suppress(FileNotFoundError):
        if not stat.S_ISDIR(path.lstat().st_mode):
            path.unlink()
            return
        with suppress(OSError):  # it holds something
            path.rmdir()
            return
        try:
            shutil.rmtree(path)
        except PermissionError:
            path.chmod(0o700)
            # Those below are opened before they are looked into, however a script had closed them.
            for folder, names, _ in os.walk(path):
                for name in names:
                    inner = os.path.join(folder, name)
                    if not os.path.islink(inner):
                        os.chmod(inner, 0o700)
            shutil.rmtree(path)
