"""What an untrusted tar holds, whatever it is compressed with."""

import gzip
import io
import tarfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import IO, BinaryIO

from coretex_site.lib.entries import Entry, device_problem, folder_problem
from coretex_site.lib.leftovers import by_name, peek
from coretex_site.lib.treepaths import Limits, TreeError
from coretex_site.lib.writing import MOST_RATIO, too_large

LARGEST_HEADER = 1024**2  # a tar header of names and times is never larger
MOST_TIMES = 8  # as much as is accepted may be read for what is left out


def is_tar(begin: bytes) -> bool:
    """Whether a file with these first 512 bytes is a tar, the old ones without a magic number too."""
    if begin[257:262] == b"ustar":
        return True
    try:
        return bool(tarfile.TarInfo.frombuf(begin, "utf-8", "surrogateescape").name)
    except tarfile.HeaderError:
        return False


def tar_entries(opened: tarfile.TarFile, filename: str) -> Iterator[Entry]:
    """The entries in their order."""
    for member in members(opened, filename):
        yield _entry(opened, member)


def _entry(opened: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    entry = Entry(path=member.name, size=member.size, executable=bool(member.mode & 0o100))
    entry.is_folder = member.isdir()
    if not _encodable(member.name):
        entry.raw = member.name.encode("utf-8", "surrogateescape")
    if by_name(entry.path):
        if member.isreg():  # a link may lead to it
            entry.open = _opener(opened, member)
    elif entry.is_folder:
        entry.problem = "" if entry.raw else folder_problem(member.name)
    elif member.issym() or member.islnk():
        entry.target, entry.is_hard, entry.size = member.linkname, member.islnk(), 0
    elif not member.isreg():
        entry.problem = device_problem(member.name)
    else:
        entry.open = _opener(opened, member)
        if wanted := peek(entry.path):
            with entry.open() as reader:
                entry.beginning = reader.read(wanted)
    return entry


def _encodable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _opener(
    opened: tarfile.TarFile, member: tarfile.TarInfo
) -> Callable[[], AbstractContextManager[IO[bytes]]]:
    return lambda: tarfile.ExFileObject(opened, member)


def members(opened: tarfile.TarFile, filename: str) -> Iterator[tarfile.TarInfo]:
    """The members, and TreeError when they end before the archive does: `tarfile` stops without a word."""
    while (member := opened.next()) is not None:
        # Else each is kept; they are only needed once. The stubs leave this list out.
        opened.members.clear()  # type: ignore[attr-defined]
        yield member
    opened.fileobj.seek(opened.offset)
    end = opened.fileobj.read(tarfile.BLOCKSIZE)
    if len(end) < tarfile.BLOCKSIZE or end.count(0) < len(end):
        raise TreeError(f"{filename} is cut off or damaged. Make it again and upload that.")
    while opened.fileobj.read(LARGEST_HEADER):  # to the end, where gzip keeps its check sum
        pass


class Reader(io.RawIOBase):
    """A tar's bytes, with a bound to what may be read at once and in all: headers are read whole.

    `packed` is the size of the file that they come from.
    """

    def __init__(
        self, source: BinaryIO | gzip.GzipFile, filename: str, limits: Limits, *, packed: int
    ) -> None:
        super().__init__()
        self.source, self.filename, self.limits = source, filename, limits
        # Contents, and for each of the files its header and padding; more for what is left out.
        stored = limits.max_bytes + 8192 * limits.max_files + LARGEST_HEADER
        self.most = max(stored, min(MOST_TIMES * limits.max_bytes, MOST_RATIO * packed))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.source.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_SET and offset > self.most:
            raise TreeError(too_large(self.filename, self.limits))
        return self.source.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= LARGEST_HEADER:
            raise TreeError(f"{self.filename} is damaged: it contains an impossibly large header.")
        if self.source.tell() > self.most:
            raise TreeError(too_large(self.filename, self.limits))
        return self.source.read(size)
