"""Files of patterns in an upload, `.gitignore` and `.coretexignore`: what they exclude, as git would."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from math import comb

from coretex_site.lib.entries import Entry, folders_of, normal
from coretex_site.lib.treepaths import LONGEST_PATH, TreeError

IGNORE_FILES = CORETEXIGNORE, GITIGNORE = ".coretexignore", ".gitignore"
LARGEST_IGNORE_FILE = 256 * 1024
Rule = tuple[re.Pattern[str], bool]  # what it matches, and whether that is left out or taken back
MOST_STEPS = 10**9  # of comparing, about half a minute


class Patterns:
    """The ignore files of one name, such as `.gitignore`: which paths they exclude, as git would."""

    def __init__(self, source: str, entries: Iterable[Entry]) -> None:
        self.source = source
        self.specs: dict[str, list[Rule]] = {}
        self.stars: dict[str, Counter[tuple[int, int]]] = {}
        self.steps = 0
        for entry in entries:
            folder, _, name = normal(entry.path).rpartition("/")
            if name == source and entry.beginning:
                lines = _lines(entry.beginning)
                self.specs[folder], self.stars[folder] = _patterns(lines), Counter(map(_stars, lines))
        self._excluded = cache(self._decide)  # folders are asked about for each file in them

    def excluding(self, path: str) -> str | None:
        """The folder (with a slash) or file because of which `path` is left out."""
        if not self.specs or len(path) > LONGEST_PATH:  # which is refused later
            return None
        for folder in folders_of(path):
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
                self._count(folder, relative)
                decision = _last_match(self.specs[folder], relative)
                if decision is not None:
                    return decision
        return False

    def _count(self, folder: str, path: str) -> None:
        """Adds how many steps it may take to compare `path`; raises TreeError when they are too many."""
        longest, depth = max(map(len, path.split("/"))), path.count("/") + 1
        for (stars, doubles), count in self.stars[folder].items():
            self.steps += count * (len(path) * max(1, comb(depth, doubles)) + comb(longest, stars))
        if self.steps > MOST_STEPS:
            raise TreeError(
                f"It would take too long to compare the patterns in {self.source} with the names of these "
                "files. Use fewer patterns, or fewer * in each."
            )


def _last_match(patterns: Sequence[Rule], path: str) -> bool | None:
    """What the last pattern that matches `path` itself, and not a folder above it, says."""
    return next((is_out for regex, is_out in reversed(patterns) if _matches(regex, path)), None)


def _matches(regex: re.Pattern[str], path: str) -> bool:
    """pathspec's expressions match what is in a folder, too; their group `ps_d` is the folder's slash."""
    if "ps_d" not in regex.groupindex:
        return regex.search(path.rstrip("/")) is not None
    found = regex.search(path)
    if found is not None and found["ps_d"] and found.end("ps_d") < len(path):
        found = regex.search(path, len(path) - 1)
    return found is not None


def _lines(content: bytes) -> list[str]:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    lines = re.split(r"\r?\n", content.decode(encoding, "replace"))
    return [line for line in lines if line.strip() and not line.startswith("#")]


def _stars(line: str) -> tuple[int, int]:
    """(the most * in one part of a pattern, how many of its parts are **)"""
    parts = line.split("/")
    return max(len(re.findall(r"\*+", part)) for part in parts), parts.count("**")


def _patterns(lines: Sequence[str]) -> list[Rule]:
    """What an ignore file's lines say; like git, it passes over those that are no pattern."""
    # Takes 30 ms to import, and few uploads need it.
    from pathspec.patterns.gitignore import GitIgnorePatternError
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    patterns: list[Rule] = []
    for line in lines:
        with suppress(GitIgnorePatternError):  # `a/**/` means folders in `a`, and pathspec takes `a` itself
            pattern = GitIgnoreSpecPattern(re.sub(r"(?<=.)/\*\*/\s*$", "/**/*/", line))
            if pattern.regex is not None:
                patterns.append((pattern.regex, bool(pattern.include)))
    return patterns
