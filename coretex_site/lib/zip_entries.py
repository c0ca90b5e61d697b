"""What an untrusted zip holds: names in every encoding that is told, links, and what cannot be taken."""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import IO, BinaryIO

from coretex_site.lib.entries import Entry, device_problem, folder_problem, in_annex
from coretex_site.lib.leftovers import by_name, peek
from coretex_site.lib.treepaths import Limits, TreeError, shown_name
from coretex_site.lib.writing import too_many

# Of .ZIP File Format Specification (APPNOTE.TXT) 6.3.10: 4.4.2.2, 4.4.4, 4.4.5 and 4.6.9.
UNIX = {3, 19}  # made by; 19 is macOS
WITH_BACKSLASHES = {0, 10, 14}  # DOS, NTFS and VFAT: there a backslash is no part of a name
ENCRYPTED, UTF8 = 0x1, 0x800
METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 20: "Zstandard", 93: "Zstandard", 95: "xz", 98: "PPMd"}
UNICODE_PATH = 0x7075
DOS_FOLDER = 0x10
LARGEST_DIRECTORY = 32 * 1024**2  # the list of 200,000 files
LONGEST_TARGET = 4096
SPLIT = "is one part of an archive that is split into several files. Make one zip of it."


def zip_entries(opened: zipfile.ZipFile) -> Iterator[Entry]:
    """The entries, without folders and without those that are left out by name."""
    listed = opened.infolist()
    has_slashes = any("/" in info.orig_filename for info in listed)
    for info in listed:
        text, raw = name_of(info)
        backslashes = "\\" in text and (info.create_system in WITH_BACKSLASHES or not has_slashes)
        path = text.replace("\\", "/") if backslashes else text
        yield _entry(opened, info, Entry(path=path, raw=raw, backslashes=backslashes, size=info.file_size))


def name_of(info: zipfile.ZipInfo) -> tuple[str, bytes | None]:
    """The name as text, and its bytes when the zip does not tell their encoding."""
    text = info.orig_filename  # with what stands after a NUL, which `filename` leaves out
    if info.flag_bits & UTF8 or text.isascii():
        return text, None
    raw = text.encode("cp437")  # as which `zipfile` decoded it, each byte a character
    if (unicode_path := _unicode_path(info.extra, raw)) is not None:
        return unicode_path, None
    try:
        return raw.decode(), None
    except UnicodeDecodeError:
        return text, raw


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """The name in Info-ZIP's Unicode Path field, if it is that of this entry."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        field = extra[at + 4 : at + 4 + size]
        if kind == UNICODE_PATH and len(field) > 5 and field[0] == 1:
            if int.from_bytes(field[1:5], "little") != zlib.crc32(raw):
                return None
            return field[5:].decode("utf-8", "surrogateescape")
        at += 4 + size
    return None


def _entry(opened: zipfile.ZipFile, info: zipfile.ZipInfo, entry: Entry) -> Entry:
    unix = info.external_attr >> 16 if info.create_system in UNIX else 0
    kind = stat.S_IFMT(unix)
    entry.is_folder = entry.path.endswith("/") or kind == stat.S_IFDIR
    entry.is_folder |= bool(info.external_attr & DOS_FOLDER) and not info.file_size
    if by_name(entry.path) and not in_annex(entry.path):
        return entry
    shown = f"“{shown_name(entry.path)}”"
    if entry.is_folder:
        entry.problem = "" if entry.raw else folder_problem(entry.path)
    elif kind not in {0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK}:
        entry.problem = device_problem(entry.path)
    elif info.flag_bits & ENCRYPTED:
        raise TreeError(f"{shown} is encrypted. Make the archive without a password.")
    elif info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        method = METHODS.get(info.compress_type, f"method {info.compress_type}")
        entry.problem = f"{shown} is compressed in an unusual way, {method}. Make an ordinary zip (Deflate)."
    else:
        entry.open, entry.executable = _opener(opened, info), bool(unix & 0o100) if unix else None
        if kind == stat.S_IFLNK:
            with entry.open() as reader:
                entry.target = reader.read(LONGEST_TARGET).decode("utf-8", "surrogateescape")
        elif wanted := peek(entry.path):
            with entry.open() as reader:
                entry.beginning = reader.read(wanted)
    return entry


def _opener(
    opened: zipfile.ZipFile, info: zipfile.ZipInfo
) -> Callable[[], AbstractContextManager[IO[bytes]]]:
    return lambda: opened.open(info)


def check_directory(archive: BinaryIO, filename: str, limits: Limits) -> None:
    """Refuses a zip that is one part of several, and one whose list of files would fill the memory.

    `zipfile` reads all of the list at once, and does not look at the number of the part.
    """
    size = archive.seek(0, io.SEEK_END)
    archive.seek(max(0, size - 65_535 - 22 - 20))
    tail = archive.read()
    at = tail.rfind(b"PK\x05\x06")
    listed = 0
    if at >= 0 and len(tail) >= at + 22:
        part = struct.unpack_from("<H", tail, at + 4)[0]
        if part not in {0, 0xFFFF}:  # the latter is in the record of a zip64
            raise TreeError(f"{filename} {SPLIT}")
        listed = struct.unpack_from("<L", tail, at + 12)[0]
        if at >= 20 and tail[at - 20 : at - 16] == b"PK\x06\x07":
            archive.seek(min(size, struct.unpack_from("<Q", tail, at - 12)[0]))
            record = archive.read(56)
            if len(record) == 56:
                listed = max(listed if listed < 0xFFFFFFFF else 0, struct.unpack_from("<Q", record, 40)[0])
    archive.seek(0)
    if min(listed, size) > max(LARGEST_DIRECTORY, 1024**2 + 4 * limits.max_files * 512):
        raise TreeError(too_many(filename, limits))
