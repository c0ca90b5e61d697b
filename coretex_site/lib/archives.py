"""Reads untrusted zip and tar archives, and writes zips as streams. Knows nothing of Django."""

import gzip
import io
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from zipstream import ZipStream

from coretex_site.lib.treepaths import Limits, TreeError, is_ignored, safe_path, shown_name
from coretex_site.lib.writing import too_large, too_many

CHUNK = 1024 * 1024
SUFFIXES = (".zip", ".tar.gz", ".tgz", ".tar")
LARGEST_HEADER = 1024**2  # a tar header of names and times is never larger
# What the readers raise for archives that are damaged or were made by nobody. NotImplementedError is what
# zipfile says of a compression that it does not know. Each becomes a sentence that refuses the archive.
DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, struct.error, EOFError, IndexError,
    LookupError, NotImplementedError, OverflowError, RecursionError, UnicodeError, ValueError,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A regular file in an archive; `path` is as it stands there."""

    path: str
    size: int
    executable: bool
    open: Callable[[], AbstractContextManager[IO[bytes]]]


class Entries(list[Entry]):
    """The files of an archive of `packed` bytes."""

    packed = 0


def is_archive(filename: str) -> bool:
    """Whether a file of this name is one that can be unpacked."""
    return filename.lower().endswith(SUFFIXES)


@contextmanager
def list_archive(archive: BinaryIO, filename: str, limits: Limits) -> Iterator[Entries]:
    """The files of a zip, tar or tar.gz, to be opened inside the block in their order.

    Raises TreeError, with all reasons, for links, devices, encrypted files, too much of anything and damage,
    whether found in the list or, inside the block, in the contents.
    """
    packed = archive.seek(0, io.SEEK_END)
    archive.seek(0)
    begin = archive.read(512)
    archive.seek(0)
    try:
        if begin.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            refuse_large_directory(archive, filename, limits)
            with zipfile.ZipFile(archive) as opened:
                yield _checked(opened.infolist(), zip_entry(opened), packed, filename, limits)
        elif begin.startswith(b"\x1f\x8b"):
            with (
                gzip.GzipFile(fileobj=archive) as unzipped,
                tarfile.TarFile(fileobj=Reader(unzipped, filename, limits), mode="r") as opened,
            ):
                yield _checked(members(opened, filename), tar_entry(opened), packed, filename, limits)
        elif begin[257:262] == b"ustar":
            with tarfile.TarFile(fileobj=Reader(archive, filename, limits), mode="r") as opened:
                yield _checked(members(opened, filename), tar_entry(opened), packed, filename, limits)
        else:
            raise TreeError(f"{filename} is not an archive that can be read; expected a zip or a tar.gz.")
    except TreeError:
        raise
    except DAMAGE as error:
        raise TreeError(
            f"{filename} is damaged, cut off or not really an archive of this kind "
            f"({str(error)[:200] or type(error).__name__}). Make it again and upload that."
        ) from error


def _checked(
    items: Iterable[Any],
    read: Callable[[Any], Entry | str | None],
    packed: int,
    filename: str,
    limits: Limits,
) -> Entries:
    """The entries that `read` makes of `items`; a string is a reason to refuse, None a folder."""
    entries, problems = Entries(), []
    entries.packed = packed
    for count, item in enumerate(items):
        if count >= 4 * limits.max_files:  # folders and ignored files are not counted, but not for ever
            raise TreeError(too_many(filename, limits))
        entry = read(item)
        if isinstance(entry, str):
            problems.append(entry)
        elif entry is not None:
            entries.append(entry)
    if problems:
        raise TreeError(*problems)
    if sum(entry.size for entry in entries if not is_ignored(entry.path)) > limits.max_bytes:
        raise TreeError(too_large(filename, limits))
    return entries


def refuse_large_directory(archive: BinaryIO, filename: str, limits: Limits) -> None:
    """Refuses a zip whose list of files would fill the memory: `zipfile` reads all of it at once."""
    size = archive.seek(0, io.SEEK_END)
    archive.seek(max(0, size - 65_535 - 22 - 20))
    tail = archive.read()
    at = tail.rfind(b"PK\x05\x06")
    listed = 0
    if at >= 0 and len(tail) >= at + 22:
        listed = struct.unpack_from("<L", tail, at + 12)[0]
        if at >= 20 and tail[at - 20 : at - 16] == b"PK\x06\x07":
            archive.seek(min(size, struct.unpack_from("<Q", tail, at - 12)[0]))
            record = archive.read(56)
            if len(record) == 56:
                listed = max(listed if listed < 0xFFFFFFFF else 0, struct.unpack_from("<Q", record, 40)[0])
    archive.seek(0)
    if min(listed, size) > 1024**2 + 4 * limits.max_files * 512:
        raise TreeError(too_many(filename, limits))


def zip_entry(opened: zipfile.ZipFile) -> Callable[[zipfile.ZipInfo], Entry | str | None]:
    def read(info: zipfile.ZipInfo) -> Entry | str | None:
        path = info.orig_filename  # with what stands after a NUL, which `filename` leaves out
        unix = info.external_attr >> 16 if info.create_system == 3 else 0
        kind = stat.S_IFMT(unix)
        if kind == stat.S_IFLNK:
            return link(path)
        if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            return device(path)
        if path.endswith("/"):
            return folder(path)
        if info.flag_bits & 0x1:
            return f"“{shown_name(path)}” is encrypted. Make the archive without a password."
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            return f"“{shown_name(path)}” is compressed in an unusual way. Make an ordinary zip (Deflate)."
        return Entry(
            path=path, size=info.file_size, executable=bool(unix & 0o100), open=lambda: opened.open(info)
        )

    return read


def tar_entry(opened: tarfile.TarFile) -> Callable[[tarfile.TarInfo], Entry | str | None]:
    def read(member: tarfile.TarInfo) -> Entry | str | None:
        if member.issym() or member.islnk():
            return link(member.name)
        if member.isdir():
            return folder(member.name)
        if not member.isreg():
            return device(member.name)
        return Entry(
            path=member.name,
            size=member.size,
            executable=bool(member.mode & 0o100),
            open=lambda: tarfile.ExFileObject(opened, member),
        )

    return read


def folder(path: str) -> str | None:
    """Folders are made with their files; one that cannot be is a reason to refuse."""
    try:
        if path.strip("./"):
            safe_path(path)
    except TreeError as error:
        return str(error)
    return f"“{shown_name(path)}” points outside the folder." if ".." in path.split("/") else None


def link(path: str) -> str:
    return (
        f"“{shown_name(path)}” is a link, and links are not accepted. Put the file itself into the archive."
    )


def device(path: str) -> str:
    return f"“{shown_name(path)}” is a device or another special file. Leave it out."


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
    """A tar's bytes, with a bound to what may be read at once and in all: headers are read whole."""

    def __init__(self, source: BinaryIO | gzip.GzipFile, filename: str, limits: Limits) -> None:
        super().__init__()
        self.source, self.filename, self.limits = source, filename, limits
        # Contents, and for each of the files its header and padding.
        self.most = limits.max_bytes + 8192 * limits.max_files + LARGEST_HEADER

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
