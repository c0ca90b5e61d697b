"""Links in an upload: those that stay inside it become copies of what they lead to."""

import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

from coretex_site.lib.entries import Entry, in_annex, normal
from coretex_site.lib.leftovers import LeftOut
from coretex_site.lib.treepaths import Limits, TreeError, shown_name
from coretex_site.lib.writing import too_large, too_many

MOST_HOPS = 40  # as in Linux: then a link counts as one that leads to itself


class Outside(Exception):
    """A link leads out of the folder."""


class Links:
    """The files and links of an upload, by path.

    Links are followed in these dictionaries only, never on a disk: where one leads is nothing but a key.
    `spare` are files that are left out. Hard links to them are files of the project as much as they are, and
    links into git-annex are what it has in place of files; other links do not lead there.
    """

    def __init__(self, entries: Sequence[Entry], limits: Limits, what: str, spare: Sequence[Entry]) -> None:
        self.limits, self.what = limits, what
        self.entries = {normal(entry.path): entry for entry in entries}
        self.spare = {normal(entry.path): entry for entry in spare if entry.is_file}
        self.paths = sorted(self.entries)
        tops = {path.partition("/")[0] for path in self.paths}
        is_single = len(tops) == 1 and all("/" in path for path in self.paths)
        self.top = f"{tops.pop()}/" if is_single else ""
        self.problems: list[str] = []
        self.broken: dict[str, None] = {}
        self.steps, self.size = 0, 0

    def placed(self) -> list[tuple[str, Entry]]:
        """(path, the file whose content goes there) for every file, and for what every link leads to."""
        found: list[tuple[str, Entry]] = []
        for path in self.paths:
            found += self._at(path, self.entries[path].path, ())
        if self.problems:
            raise TreeError(*self.problems)
        return found

    def _at(self, path: str, shown: str, within: tuple[str, ...]) -> Iterator[tuple[str, Entry]]:
        """What is to be stored at `shown` for the entry at `path`; `within` are the links followed so far."""
        entry = self.entries[path]
        self.steps += 1
        if self.steps > 4 * max(self.limits.max_files, len(self.entries)):
            raise TreeError(too_many(self.what, self.limits))
        if entry.target is None:
            yield self._placed(entry, shown, is_copy=bool(within))
            return
        try:
            target = self._follow(path)
        except Outside:
            if not within:
                self._refuse(entry)
            return
        file = self.entries.get(target)
        if file is None and (entry.is_hard or in_annex(target)):
            file = self.spare.get(target)
        if file is not None and file.target is None:
            yield self._placed(file, shown, is_copy=True)
            return
        inside = list(self._below(f"{target}/" if target else ""))
        if not inside or any(_contains(target, place) for place in (*within, path)):
            self.broken[f"{shown_name(path)} → {shown_name(entry.target)}"] = None
            return
        start = len(target) + 1 if target else 0
        for child in inside:
            yield from self._at(child, f"{shown}/{child[start:]}", (*within, path))

    def _placed(self, file: Entry, shown: str, *, is_copy: bool) -> tuple[str, Entry]:
        self.size += file.size
        if is_copy and self.size > self.limits.max_bytes:
            raise TreeError(too_large(self.what, self.limits))
        return shown, file

    def _refuse(self, entry: Entry) -> None:
        where, name = shown_name(entry.target or ""), shown_name(entry.path)
        if entry.is_hard:
            self.problems.append(
                f"“{name}” is a hard link to “{where}”, which is not in the archive. Put the file in itself."
            )
        else:
            self.problems.append(
                f"“{name}” is a link to “{where}”, outside the folder. Put the file itself there, or delete "
                "the link."
            )

    def _follow(self, path: str) -> str:
        """Where the link at `path` leads, in the end; raises Outside, and says "" for the top."""
        done: list[str] = []
        ahead, hops = path.split("/")[::-1], 0
        while ahead:
            part = ahead.pop()
            if part in {"", "."}:
                continue
            if part == "..":
                if not done:
                    raise Outside
                done.pop()
                continue
            done.append(part)
            entry = self.entries.get("/".join(done))
            if entry is None or entry.target is None:
                continue
            hops += 1
            if hops > MOST_HOPS:
                return path
            target = unicodedata.normalize("NFC", entry.target)
            if target.startswith("/") and not entry.is_hard:
                raise Outside
            if entry.is_hard:
                done = []
            else:
                done.pop()
            ahead += target.split("/")[::-1]
        found = "/".join(done)
        is_inside = f"{found}/".startswith(self.top)
        is_there = found in self.entries or found in self.spare
        if not is_inside or (self.entries[path].is_hard and not is_there):
            raise Outside
        return found

    def _below(self, prefix: str) -> Iterator[str]:
        for at in range(bisect_left(self.paths, prefix), len(self.paths)):
            if not self.paths[at].startswith(prefix):
                return
            yield self.paths[at]


def _contains(folder: str, path: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def resolve(
    entries: Sequence[Entry], left_out: LeftOut, limits: Limits, what: str, spare: Sequence[Entry] = ()
) -> list[tuple[str, Entry]]:
    """(path, the file whose content goes there), with copies for links; broken ones go to `left_out`.

    Raises TreeError that names every link that leads out of the folder.
    """
    if all(entry.target is None for entry in entries):
        return [(entry.path, entry) for entry in entries]
    links = Links(entries, limits, what, spare)
    if len(links.entries) < len(entries):
        twice = [
            path for path, count in Counter(normal(entry.path) for entry in entries).items() if count > 1
        ]
        raise TreeError(*(f"“{shown_name(path)}” occurs twice. Leave one of them out." for path in twice))
    placed = links.placed()
    left_out.links += links.broken
    return placed
