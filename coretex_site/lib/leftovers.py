"""What an upload leaves out before anything in it is judged, and the account of it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from os.path import commonprefix

from coretex_site.lib.entries import Entry, folders_of, normal
from coretex_site.lib.ignore_files import CORETEXIGNORE, IGNORE_FILES, LARGEST_IGNORE_FILE, Patterns
from coretex_site.lib.treepaths import IGNORED, shown_name

# What tools make by themselves, at any depth. Those of the operating systems are written in any case.
TOOLS = IGNORED | {".tox", ".nox"}
OF_SYSTEMS = frozenset(
    {"__macosx", ".ds_store", ".appledouble", ".spotlight-v100", ".trashes", ".fseventsd", ".temporaryitems"}
    | {"icon\r", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information"}
)
# Of a virtual environment in which a project lies: all but what the project may have put there itself.
OWN_OF_ENVIRONMENT = re.compile(
    r"pyvenv\.cfg|lib64(/.*)?|(lib/python\d[^/]*|Lib)/site-packages/.*|include/(site/)?python.*"
    r"|(bin|Scripts)/(python|pip|activate|Activate|deactivate)[^/]*",
    re.DOTALL,
)
COMPILED = (".pyc", ".pyo")
APPLE_DOUBLE = b"\x00\x05\x16\x07"  # RFC 1740: the magic number of an AppleDouble header
SHOWN = 5


def peek(path: str) -> int:
    """How many bytes of a file's beginning decide what is left out."""
    name = path.rpartition("/")[2]
    if name in IGNORE_FILES:
        return LARGEST_IGNORE_FILE
    return len(APPLE_DOUBLE) if name.startswith("._") else 0


def by_name(path: str) -> str | None:
    """The part of the path because of which it is left out."""
    parts = path.split("/")
    if ".." in parts:
        return None
    for part in parts:
        if part in TOOLS or part.casefold() in OF_SYSTEMS:
            return part.strip()
    return f"*{parts[-1][-4:]}" if parts[-1].endswith(COMPILED) else None


@dataclass
class LeftOut:
    """How many files were left out by which name, by which file of patterns, and which links."""

    names: Counter[str] = field(default_factory=Counter)
    ignored: dict[str, Counter[str]] = field(default_factory=dict)  # {".gitignore": {"data/": 300}}
    links: list[str] = field(default_factory=list)

    def add(self, other: "LeftOut") -> None:
        self.names.update(other.names)  # which keeps names without a count
        for source, found in other.ignored.items():
            self.ignored[source] = self.ignored.get(source, Counter()) + found
        self.links += other.links

    def sentence(self) -> str:
        """What was left out, with counts; empty if nothing was."""
        parts = [_listed(self.names)] if self.names else []
        for source, found in self.ignored.items():
            parts.append(f"{_files(found.total())} that {source} names: {_listed(found)}")
        if self.links:
            more = f" and {len(self.links) - SHOWN:,} more" if len(self.links) > SHOWN else ""
            what = "a link that leads" if len(self.links) == 1 else f"{len(self.links):,} links that lead"
            parts.append(f"{what} to nothing in the folder: {', '.join(self.links[:SHOWN])}{more}")
        return f"Left out: {'; '.join(parts)}." if parts else ""


def _files(count: int) -> str:
    return f"{count:,} {'file' if count == 1 else 'files'}"


def _listed(names: Counter[str]) -> str:
    """The names with the most files, each with its count unless that is not known (0)."""
    top = names.most_common(SHOWN)
    shown = [shown_name(name) + (f" ({_files(count)})" if count else "") for name, count in top]
    more = [f"{len(names) - SHOWN:,} more names"] if len(names) > SHOWN else []
    return ", ".join(shown + more)


def sift(entries: Sequence[Entry], left_out: LeftOut, *, gitignore: bool) -> tuple[list[Entry], list[Entry]]:
    """(the entries that stay, those that do not); the latter are counted in `left_out`.

    Left out are AppleDouble files, virtual environments, and what `.coretexignore` names; with `gitignore`
    what `.gitignore` names, too.
    """
    environments = _environments([normal(entry.path) for entry in entries])
    patterns = [Patterns(source, entries) for source in (IGNORE_FILES if gitignore else [CORETEXIGNORE])]
    kept: list[Entry] = []
    out: list[Entry] = []
    for entry in entries:
        path = normal(entry.path)
        to = out
        if entry.beginning == APPLE_DOUBLE:
            left_out.names["._*"] += 1
        elif (environment := environments.around(path)) is not None:
            left_out.names[environment] += 1
        elif found := next(((p.source, why) for p in patterns if (why := p.excluding(path))), None):
            left_out.ignored.setdefault(found[0], Counter())[found[1]] += 1
        else:
            to = kept
        to.append(entry)
    return kept, out


@dataclass(frozen=True)
class Environments:
    """The folders that are virtual or Conda environments; `top` if the one around everything is, too."""

    folders: frozenset[str]
    top: str | None

    def around(self, path: str) -> str | None:
        """The environment that the path is a part of."""
        if self.top is not None and OWN_OF_ENVIRONMENT.fullmatch(path.removeprefix(self.top)):
            return "the environment around it"
        return next((up for up in folders_of(path) if up in self.folders), None)


def _environments(paths: Sequence[str]) -> Environments:
    found = set()
    for folder, _, name in (path.rpartition("/") for path in paths):
        if name == "pyvenv.cfg":
            found.add(folder)
        elif name == "history" and f"/{folder}".endswith("/conda-meta"):
            found.add(folder.removesuffix("conda-meta").rstrip("/"))
    if not found:
        return Environments(frozenset(), None)
    folders = [path.split("/")[:-1] for path in paths if not path.rpartition("/")[2].startswith("._")]
    around = "/".join(commonprefix([min(folders), max(folders)]))
    return Environments(
        frozenset(folder for folder in found if not f"{around}/".startswith(f"{folder}/".lstrip("/"))),
        f"{around}/".lstrip("/") if around in found else None,
    )
