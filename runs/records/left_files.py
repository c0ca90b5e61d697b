"""What a script left in its working folder: files, and links to files inside it. Knows no Django."""

import bisect
import errno
import itertools
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from coretex_site.lib import filetree

# As many links after one another as Linux follows, see MAXSYMLINKS.
MOST_HOPS = 40
LEAVES = "is a link that leads out of the working folder"
LOOP = "is a link that leads back to itself"
NOWHERE = "is a link to nothing"
NEVER_KEPT = "is a link to what is never kept, such as an environment"
CLOSED = "is a folder that the server could not open"
_KINDS = {
    stat.S_IFIFO: "is a pipe",
    stat.S_IFSOCK: "is a socket",
    stat.S_IFBLK: "is a device",
    stat.S_IFCHR: "is a device",
}


class Astray(Exception):
    """A link that ends at nothing inside the folder; the message says where it leads instead."""


@dataclass(kw_only=True)
class Left:
    """Paths below the folder: of regular `files`; of `links`, each with the file that it leads to.

    A link to a folder stands for links to all files in it. `not_kept` says why other things are not.
    """

    files: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    not_kept: dict[str, str] = field(default_factory=dict)


def look(work: Path, *, was_moved: Callable[[str], bool], most_links: int) -> Left:
    """What is in `work`, without environments. Folders that the script has closed are opened.

    `was_moved` tells of a path whether its file was taken away before, when all this was done by another
    process. Of links about `most_links` are found, so that their number shows when there are more.
    """
    left = Left()
    folders: set[str] = set()
    links: list[str] = []
    for path, mode in _walk(work, left.not_kept):
        if stat.S_ISDIR(mode):
            folders.add(path)
        elif stat.S_ISREG(mode):
            left.files.append(path)
        elif stat.S_ISLNK(mode):
            links.append(path)
        else:
            left.not_kept[path] = _KINDS.get(stat.S_IFMT(mode), "is neither a file nor a folder")
    if links:
        ends = _ends(work, sorted(links), left, folders, was_moved)
        left.links = _Linked(sorted(left.files), folders, ends, most=most_links).files()
    return left


def open_inside(root: Path, path: str) -> int:
    """A descriptor of the regular file `path` below `root`, reached without following any link.

    Raises OSError, also when a link has been put in the place of a folder meanwhile.
    """
    *folders, name = path.split("/")
    above = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for folder in folders:
            inner = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
            os.close(above)
            above = inner
        found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=above)
    finally:
        os.close(above)
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise OSError(errno.EINVAL, "not a regular file", path)
    return found


def _walk(work: Path, not_kept: dict[str, str]) -> Iterator[tuple[str, int]]:
    """(path, mode) of everything below `work` outside of environments; "" is `work` itself."""

    def note(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # the script took it away
            not_kept[os.path.relpath(error.filename, work)] = CLOSED

    if work.is_symlink():
        return
    _open(work)
    for folder, folders, names in os.walk(work, onerror=note):
        if folder == str(work):
            yield "", stat.S_IFDIR
        elif "pyvenv.cfg" in names:
            folders.clear()
            continue
        else:
            yield os.path.relpath(folder, work), stat.S_IFDIR
        folders[:] = sorted(set(folders) - filetree.IGNORED)
        for name in {*names, *folders} - filetree.IGNORED:
            path = os.path.join(folder, name)
            with suppress(FileNotFoundError):
                mode = os.lstat(path).st_mode
                if stat.S_ISDIR(mode):
                    _open(path)
                else:
                    yield os.path.relpath(path, work), mode


def _open(folder: str | Path) -> None:
    """Lets us look into a folder that its script has closed, if it is ours."""
    if not os.access(folder, os.R_OK | os.X_OK):
        with suppress(OSError):
            os.chmod(folder, 0o700)


def _ends(
    work: Path, links: list[str], left: Left, folders: set[str], was_moved: Callable[[str], bool]
) -> dict[str, str]:
    """The file or folder at which each link ends; those that end elsewhere are noted as not kept."""
    files, ends = set(left.files), {}
    for link in links:
        try:
            end = _end(work, link)
            if end in folders and f"{link}/".startswith(_inside(end)):
                raise Astray(LOOP)
            if end not in folders and end not in files and not was_moved(end):
                raise Astray(NEVER_KEPT if os.path.lexists(work / end) else NOWHERE)
            ends[link] = end
        except Astray as astray:
            left.not_kept[link] = str(astray)
    return ends


class _Linked:
    """The files that links stand for: `ends` {link: file or folder}; `files` are sorted."""

    def __init__(self, files: list[str], folders: set[str], ends: dict[str, str], *, most: int) -> None:
        self._files, self._folders, self._ends, self._most = files, folders, ends, most
        self._links = sorted(ends)
        self._known: dict[str, dict[str, str]] = {}

    def files(self) -> dict[str, str]:
        """{name below a link: the file it leads to}, of all links, cut off after `most`."""
        return self._of(self._links, below="", depth=0)

    def _of(self, links: list[str], *, below: str, depth: int) -> dict[str, str]:
        found: dict[str, str] = {}
        for link in links:
            name, end = link.removeprefix(_inside(below)), self._ends[link]
            if end in self._folders:
                found |= {f"{name}/{inner}": file for inner, file in self._contents(end, depth + 1).items()}
            else:
                found[name] = end
            if len(found) > self._most:
                break
        return dict(itertools.islice(found.items(), self._most + 1))

    def _contents(self, folder: str, depth: int) -> dict[str, str]:
        """What is in a folder, with the links in it; each folder is looked at once, so circles end."""
        if folder not in self._known and depth <= MOST_HOPS:
            self._known[folder] = {}
            prefix = _inside(folder)
            files = {file.removeprefix(prefix): file for file in _starting(self._files, prefix)}
            links = _starting(self._links, prefix)
            self._known[folder] = files | self._of(links, below=folder, depth=depth)
        return self._known.get(folder, {})


def _inside(folder: str) -> str:
    """What the paths in a folder begin with."""
    return f"{folder}/" if folder else ""


def _starting(paths: list[str], prefix: str) -> list[str]:
    """Those of sorted paths that begin with `prefix`."""
    begin = bisect.bisect_left(paths, prefix)
    return list(itertools.takewhile(lambda path: path.startswith(prefix), paths[begin:]))


def _end(work: Path, link: str) -> str:
    """The path below `work` at which a link ends, whether or not something is there."""
    waiting, hops = link.split("/")[::-1], 0
    at: list[str] = []
    while waiting:
        part = waiting.pop()
        if part == "..":
            if not at:
                raise Astray(LEAVES)
            if not os.path.isdir(os.path.join(work, *at)):
                raise Astray(NOWHERE)
            at.pop()
        elif part not in ("", "."):
            try:
                target = os.readlink(os.path.join(work, *at, part))
            except OSError:  # no link, or nothing
                at.append(part)
                continue
            hops += 1
            if hops > MOST_HOPS:
                raise Astray(LOOP)
            if os.path.isabs(target):
                target, at = _below(target, work), []
            waiting += target.split("/")[::-1]
    return "/".join(at)


def _below(target: str, work: Path) -> str:
    """An absolute path as one below `work`."""
    for root in (str(work), os.path.realpath(work)):
        if target == root or target.startswith(f"{root}/"):
            return target.removeprefix(root).lstrip("/")
    raise Astray(LEAVES)
