"""What an upload leaves out before anything in it is judged, and the account of it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from os.path import commonprefix

from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from coretex_site.lib.entries import Entry, normal
from coretex_site.lib.treepaths import IGNORED, TreeError, shown_name

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
IGNORE_FILES = CORETEXIGNORE, GITIGNORE = ".coretexignore", ".gitignore"
LARGEST_IGNORE_FILE = 256 * 1024
MOST_STARS = 3  # in one part of a pattern: more could take for ever to compare
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


def sift(entries: Sequence[Entry], left_out: LeftOut, *, gitignore: bool) -> list[Entry]:
    """The entries that stay; those that do not are counted in `left_out`.

    Left out are AppleDouble files, virtual environments, and what `.coretexignore` names; with `gitignore`
    what `.gitignore` names, too.
    """
    environments = _environments([normal(entry.path) for entry in entries])
    patterns = [Patterns(source, entries) for source in (IGNORE_FILES if gitignore else [CORETEXIGNORE])]
    kept = []
    for entry in entries:
        path = normal(entry.path)
        if entry.beginning == APPLE_DOUBLE:
            left_out.names["._*"] += 1
        elif (environment := environments.around(path)) is not None:
            left_out.names[environment] += 1
        elif found := next(((p.source, why) for p in patterns if (why := p.excluding(path))), None):
            left_out.ignored.setdefault(found[0], Counter())[found[1]] += 1
        else:
            kept.append(entry)
    return kept


@dataclass(frozen=True)
class Environments:
    """The folders that are virtual or Conda environments; `top` if the one around everything is, too."""

    folders: frozenset[str]
    top: str | None

    def around(self, path: str) -> str | None:
        """The environment that the path is a part of."""
        if self.top is not None and OWN_OF_ENVIRONMENT.fullmatch(path.removeprefix(self.top)):
            return "the environment around it"
        return next((up for up in _folders(path) if up in self.folders), None)


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


def _folders(path: str) -> Iterator[str]:
    """`a/b/c.txt` → `a`, `a/b`."""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


class Patterns:
    """The ignore files of one name, such as `.gitignore`: which paths they exclude, as git would."""

    def __init__(self, source: str, entries: Iterable[Entry]) -> None:
        self.source = source
        self.specs: dict[str, list[GitIgnoreSpecPattern]] = {}
        for entry in entries:
            folder, _, name = normal(entry.path).rpartition("/")
            if name == source and entry.beginning:
                self.specs[folder] = _patterns(entry.beginning, entry.path)
        self._excluded = cache(self._decide)  # folders are asked about for each file in them

    def excluding(self, path: str) -> str | None:
        """The folder (with a slash) or file because of which `path` is left out."""
        if not self.specs:
            return None
        for folder in _folders(path):
            if self._excluded(f"{folder}/"):
                return f"{folder}/"
        return path if self._decide(path) else None

    def _decide(self, path: str) -> bool:
        """Whether the entry itself is excluded: the nearest ignore file with a word on it decides."""
        folder = path.rstrip("/")
        while folder:
            folder = folder.rpartition("/")[0]
            if folder in self.specs:
                relative = path[len(folder) + 1 :] if folder else path
                decision = _last_match(self.specs[folder], relative)
                if decision is not None:
                    return decision
        return False


def _last_match(patterns: Sequence[GitIgnoreSpecPattern], path: str) -> bool | None:
    """What the last pattern that matches `path` itself, and not a folder above it, says."""
    for pattern in reversed(patterns):
        if pattern.regex is not None and _matches(pattern.regex, path):
            return bool(pattern.include)
    return None


def _matches(regex: re.Pattern[str], path: str) -> bool:
    """pathspec's expressions match what is in a folder, too; their group `ps_d` is the folder's slash."""
    if "ps_d" not in regex.groupindex:
        return regex.search(path.rstrip("/")) is not None
    found = regex.search(path)
    if found is not None and found["ps_d"] and found.end("ps_d") < len(path):
        found = regex.search(path, len(path) - 1)
    return found is not None


def _patterns(content: bytes, path: str) -> list[GitIgnoreSpecPattern]:
    """What an ignore file's lines say; like git, it passes over those that are no pattern."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    patterns = []
    for number, line in enumerate(re.split(r"\r?\n", content.decode(encoding, "replace")), 1):
        stars = [len(re.findall(r"\*+", part)) for part in line.split("/")]
        if not line.startswith("#") and (max(stars) > MOST_STARS or line.count("**") > MOST_STARS):
            raise TreeError(
                f"“{shown_name(path)}”, line {number}: this pattern has more than {MOST_STARS} stars "
                "between two slashes, or more than that many **. Write it with fewer."
            )
        with suppress(GitIgnorePatternError):  # `a/**/` means folders in `a`, and pathspec takes `a` itself
            patterns.append(GitIgnoreSpecPattern(re.sub(r"(?<=.)/\*\*/\s*$", "/**/*/", line)))
    return patterns
