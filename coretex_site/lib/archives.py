"""Opens untrusted archives of every usual kind by what is in them. Knows nothing of Django."""

import gzip
import io
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from coretex_site.lib.entries import Entry
from coretex_site.lib.leftovers import LeftOut, by_name
from coretex_site.lib.streams import Decompressed, decoder_of
from coretex_site.lib.tar_entries import Reader, is_tar, tar_entries
from coretex_site.lib.treepaths import Limits, TreeError, shown_name
from coretex_site.lib.writing import too_many
from coretex_site.lib.zip_entries import SPLIT, check_directory, zip_entries

KINDS = "a zip, or a tar, plain or compressed with gzip, bzip2, xz or Zstandard"
TARS = r"tar|tgz|tbz|tb2|tbz2|txz|tlz|tzst|tar\.(gz|bz2|xz|lzma|zst|zstd)"
REFUSED = r"7z|rar|taz|tar\.(z|lz|lz4|lzo|br)|(zip|7z)\.\d{3}|z\d\d"
SUFFIX = re.compile(rf".*\.(zip|{TARS}|{REFUSED})", re.IGNORECASE | re.DOTALL)
# What browsers and programs append to a name, or leave of one.
MAIMED = re.compile(rf"[^.]+|.*\.(zip|{TARS})\W.*|.*\.(gz|bz2|xz|lzma|zst)", re.IGNORECASE | re.DOTALL)
SPLIT_ZIP = (b"PK\x07\x08", b"PK00")
SPLIT_NAME = re.compile(r".*\.(z\d\d|\d{3}|part\d+\.rar)", re.IGNORECASE | re.DOTALL)
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# Magic numbers of what is not unpacked here.
OTHERS = {
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a rar archive",
    b"\x04\x22\x4d\x18": "an LZ4 file",
    b"\x1f\x9d": "a file of the old compress program",
    b"LZIP": "an lzip file",
    b"MSCF": "a cabinet archive",
    b"xar!": "a xar archive",
}
WEB_PAGE = "is a web page, not an archive: a sign-in or an error page, perhaps. Download it again."
TEXTS = {
    b"version https://git-lfs": "is a pointer to a file in Git LFS, not the file itself. Run `git lfs pull`, "
    "then upload the file.",
    b"<!doctype html": WEB_PAGE,
    b"<html": WEB_PAGE,
}
# What the readers raise for archives that are damaged or were made by nobody. NotImplementedError is what
# zipfile says of a compression that it does not know. Each becomes a sentence that refuses the archive.
DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, struct.error, EOFError, IndexError,
    LookupError, NotImplementedError, OverflowError, RecursionError, UnicodeError, ValueError,
)  # fmt: skip
MOST_LISTED = 200_000  # entries that are kept in memory until it is known which are left out


class Unreadable(TreeError):
    """This is no archive, or one that is not unpacked here."""


class Entries(list[Entry]):
    """What an archive of `packed` bytes holds, without folders; `left_out` counts what tools made.

    `spare` are files among the latter to which links may lead.
    """

    packed = 0

    def __init__(self) -> None:
        super().__init__()
        self.left_out = LeftOut()
        self.spare: list[Entry] = []


def is_archive(filename: str) -> bool:
    """Whether a file of this name is meant to be unpacked."""
    return SUFFIX.fullmatch(filename) is not None


def stem(filename: str) -> str:
    """The name without the suffix of an archive, or else without its last one."""
    found = SUFFIX.fullmatch(filename)
    return PurePosixPath(filename).stem if found is None else filename[: found.start(1) - 1]


def is_maimed_archive(filename: str, content: BinaryIO) -> bool:
    """Whether a file is an archive although its name lost its suffix, or is a single compressed file."""
    begin = content.read(512)
    content.seek(0)
    known = begin.startswith((*ZIP, *OTHERS, b"\x1f\x8b")) or decoder_of(begin) is not None or is_tar(begin)
    return known and MAIMED.fullmatch(filename) is not None


@contextmanager
def list_archive(archive: BinaryIO, filename: str, limits: Limits) -> Iterator[Entries]:
    """What is in an archive, to be opened inside the block in its order.

    Raises TreeError for what is no archive, for far too much and for damage, whether found in the list or,
    inside the block, in the contents.
    """
    packed = archive.seek(0, io.SEEK_END)
    archive.seek(0)
    begin = archive.read(512)
    archive.seek(0)
    try:
        if begin.startswith(ZIP) or _is_zip(archive, begin, filename):
            check_directory(archive, filename, limits)
            with zipfile.ZipFile(archive) as opened:
                yield _listed(zip_entries(opened), packed, filename, limits)
        elif begin.startswith(b"\x1f\x8b"):
            with gzip.GzipFile(fileobj=archive) as unzipped:
                yield from _tar(unzipped, packed, filename, limits)
        elif (make := decoder_of(begin)) is not None:
            with io.BufferedReader(Decompressed(archive, make)) as unzipped:
                yield from _tar(unzipped, packed, filename, limits)
        elif is_tar(begin):
            yield from _tar(archive, packed, filename, limits)
        else:
            raise Unreadable(f"{filename} {_otherwise(begin, filename)}")
    except TreeError:
        raise
    except DAMAGE as error:
        raise TreeError(_damaged(filename, error)) from error


def _is_zip(archive: BinaryIO, begin: bytes, filename: str) -> bool:
    """A zip may have something before it: a program that unpacks it, or the mark of a needless split."""
    found = filename.lower().endswith(".zip") or begin.startswith(SPLIT_ZIP)
    found = found and not begin.startswith(tuple(OTHERS)) and zipfile.is_zipfile(archive)
    archive.seek(0)
    return found


def _otherwise(begin: bytes, filename: str) -> str:
    """What a file that is no archive of ours is, and what to do."""
    if not begin:
        return "is empty; upload it again."
    if begin.startswith(SPLIT_ZIP) or SPLIT_NAME.fullmatch(filename):
        return SPLIT
    text = begin.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for start, what in TEXTS.items():
        if text.startswith(start):
            return what
    what = next((name for magic, name in OTHERS.items() if begin.startswith(magic)), "")
    if what:
        return f"is {what}, which cannot be unpacked here; make it {KINDS}."
    return f"is not an archive that can be read; expected {KINDS}."


def _damaged(filename: str, error: Exception) -> str:
    if "multiple disks" in str(error):
        return f"{filename} {SPLIT}"
    if isinstance(error, UnicodeDecodeError) and error.encoding == "utf-8":
        name = shown_name(error.object.decode(errors="replace"))
        return (
            f"{filename} says that the name “{name}” is UTF-8, which it is not. Make it with another program."
        )
    return (
        f"{filename} is damaged, cut off or not really an archive of this kind "
        f"({str(error)[:200] or type(error).__name__}). Make it again and upload that."
    )


def _tar(source: Any, packed: int, filename: str, limits: Limits) -> Iterator[Entries]:
    begin = source.read(512)
    source.seek(0)
    if not is_tar(begin) and begin.strip(b"\0"):
        raise TreeError(
            f"{filename} is damaged or one compressed file, not an archive of files. "
            "Upload the file that is in it."
        )
    reader = Reader(source, filename, limits, packed=packed)
    with tarfile.TarFile(fileobj=reader, mode="r", encoding="utf-8") as opened:
        yield _listed(tar_entries(opened, filename), packed, filename, limits)


def _listed(items: Iterable[Entry], packed: int, filename: str, limits: Limits) -> Entries:
    """The entries without folders and without those that are left out by name."""
    entries, most = Entries(), max(MOST_LISTED, 4 * limits.max_files)
    entries.packed = packed
    for entry in items:
        if (name := by_name(entry.path)) is not None:
            entries.left_out.names[name] += not entry.is_folder
            if entry.is_file and len(entries.spare) < most:
                entries.spare.append(entry)
        elif not entry.is_folder or entry.problem:
            entries.append(entry)
            if len(entries) > most:
                raise TreeError(too_many(filename, limits))
    return entries
