"""What an upload consists of, wherever it comes from: files, links and what cannot be stored."""

import posixpath
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO

from coretex_site.lib.treepaths import LONGEST_PATH, TreeError, safe_path, shown_name


def _nothing() -> AbstractContextManager[IO[bytes]]:
    raise ValueError("this entry has no content")


@dataclass(kw_only=True, slots=True)
class Entry:
    """A file, a folder or a link at `path`, as it stands in the archive or the upload.

    `raw` has the bytes of a name whose encoding is not known; `path` is then only a first reading of them.
    `beginning` holds as many bytes of the content as `leftovers.peek` wanted.
    """

    path: str
    raw: bytes | None = None
    backslashes: bool = False  # they separate folders in `raw`
    size: int = 0
    executable: bool | None = None  # None: that was not recorded
    is_folder: bool = False
    target: str | None = None  # of a link
    is_hard: bool = False  # the target is a path from the top of the archive, not from the link's folder
    problem: str = ""  # why it cannot be stored
    beginning: bytes = b""
    open: Callable[[], AbstractContextManager[IO[bytes]]] = _nothing

    @property
    def is_file(self) -> bool:
        """Whether it has content that can be read."""
        return self.target is None and self.open is not _nothing


def in_annex(path: str) -> bool:
    """Whether this is content of git-annex, which DataLad uses: a project has links to it for files."""
    return "/.git/annex/objects/" in f"/{path}"


def normal(path: str) -> str:
    """`path` composed (NFC), without `.` parts and doubled slashes; a `..` that leads out stays."""
    path = unicodedata.normalize("NFC", path)
    return posixpath.normpath(path).lstrip("/") if path.strip("./") else path


def folders_of(path: str) -> Iterator[str]:
    """`a/b/c.txt` → `a`, `a/b`; nothing for a path that is too long to be stored."""
    if len(path) > LONGEST_PATH:
        return
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def folder_problem(path: str) -> str:
    """Why a folder of this path cannot be made; empty if it can."""
    try:
        if path.strip("./"):
            safe_path(path)
    except TreeError as error:
        return str(error)
    return f"“{shown_name(path)}” points outside the folder." if ".." in path.split("/") else ""


def device_problem(path: str) -> str:
    return f"“{shown_name(path)}” is a device or another special file. Leave it out."
