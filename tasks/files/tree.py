"""The tree of a folder's files, and as much of it as a page shows. Knows no disk."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from coretex_site.lib.filetree import File

# Trees of at most FEW files are shown with all folders open, of at most SOME with what is in closed ones too;
# of a larger one what is in a folder comes when it is opened, and AT_ONCE entries of a folder at a time.
FEW = 30
SOME = 300
AT_ONCE = 200


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file or a folder; `size` of a folder is that of all its files."""

    name: str
    path: str
    is_folder: bool
    size: int
    children: "list[Entry]" = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Row:
    """An entry as it is shown; `branch` is None when what is in the folder comes later."""

    entry: Entry
    is_open: bool = False
    branch: "Branch | None" = None


@dataclass(frozen=True, kw_only=True)
class Branch:
    """Some entries of a folder, from the `start`-th on; `left` come after them."""

    path: str
    rows: list[Row]
    start: int
    left: int

    @property
    def earlier(self) -> int:
        """Where the entries before these begin."""
        return max(0, self.start - AT_ONCE)

    @property
    def later(self) -> int:
        return self.start + len(self.rows)


@dataclass(frozen=True, kw_only=True)
class Tree:
    """All entries of the root; which of them are `opened` when a page comes, and where a folder begins."""

    entries: list[Entry]
    opened: Collection[str]
    is_whole: bool
    starts: Mapping[str, int]

    def branch(self, path: str = "") -> Branch | None:
        """What is shown of the folder `path`; None if there is none."""
        entries = self.entries
        for above in [*parents(path), path] if path else []:
            found = next((entry for entry in entries if entry.is_folder and entry.path == above), None)
            if found is None:
                return None
            entries = found.children
        return self._branch(path, entries)

    def _branch(self, path: str, entries: list[Entry]) -> Branch:
        """From where it is asked to begin, else those entries among which an opened one is."""
        place = next((i for i, entry in enumerate(entries) if entry.path in self.opened), 0)
        start = self.starts.get(path, place // AT_ONCE * AT_ONCE)
        rows = [self._row(entry) for entry in entries[start : start + AT_ONCE]]
        return Branch(path=path, rows=rows, start=start, left=max(0, len(entries) - start - len(rows)))

    def _row(self, entry: Entry) -> Row:
        is_open = entry.path in self.opened
        if not entry.is_folder or not (is_open or self.is_whole):
            return Row(entry=entry)
        return Row(entry=entry, is_open=is_open, branch=self._branch(entry.path, entry.children))


def grow(
    files: list[File],
    folders: Iterable[str] = (),
    *,
    chosen: Iterable[str] = (),
    starts: Mapping[str, int] | None = None,
) -> Tree:
    """The tree of `files` and of empty `folders`, open as far as what is `chosen`."""
    opened = {path for one in chosen for path in (one, *parents(one))}
    if len(files) <= FEW:
        opened |= {*folders, *(above for file in files for above in parents(file.path))}
    return Tree(
        entries=nested(files, folders), opened=opened, is_whole=len(files) <= SOME, starts=starts or {}
    )


def nested(files: list[File], folders: Iterable[str] = ()) -> list[Entry]:
    """The files as nested entries, folders first, then by name; `folders` adds the empty ones."""
    top: list[Entry] = []
    known: dict[str, list[Entry]] = {"": top}
    sizes: dict[str, int] = {}
    for file in files:
        for folder in parents(file.path):
            sizes[folder] = sizes.get(folder, 0) + file.size
    for folder in sorted({*folders, *sizes}):
        above, _, name = folder.rpartition("/")
        entry = Entry(name=name, path=folder, is_folder=True, size=sizes.get(folder, 0))
        known[above].append(entry)
        known[folder] = entry.children
    for file in files:
        above, _, name = file.path.rpartition("/")
        known[above].append(Entry(name=name, path=file.path, is_folder=False, size=file.size))
    for entries in known.values():
        entries.sort(key=lambda entry: (not entry.is_folder, entry.name.casefold(), entry.name))
    return top


def parents(path: str) -> list[str]:
    """`a/b/c.py` → `["a", "a/b"]`."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]
