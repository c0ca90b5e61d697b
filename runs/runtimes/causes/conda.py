"""Causes that Conda's solver has: what channels do not have, and what does not fit together. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST = 20
PARTS = 4
REQUIRES = re.compile(r"([\w.-]+) ([\w.*|<>=!,-]+) would require\s+[│\s]*[└├]─ ([^,\n]+)")
GONE = re.compile(r"[└├]─ ([^,\n]+), for which no candidates were found")
# Packages of Conda that stand for what a machine has.
OF_THE_MACHINE = {
    "__cuda": "a graphics card with CUDA",
    "__glibc": "a C library (glibc)",
    "__osx": "macOS",
    "__win": "Windows",
    "__linux": "Linux",
    "__archspec": "a processor",
}
CHANGE = "Change one of these versions, or leave it out so that one is chosen that fits."


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A dependency that no package fits: its name, version and build as far as they are asked for.

    `versions` are those that there are of the name, `builds` those that there are of the version.
    """

    name: str
    version: str = ""
    build: str = ""
    versions: Sequence[str] = ()
    builds: Sequence[str] = ()

    @property
    def text(self) -> str:
        return " ".join(part for part in (self.name, self.version) if part)


def of_unreadable(texts: Sequence[str]) -> str:
    """Which dependencies are none, and what to write."""
    these = ", ".join(repr(text) for text in texts[:MOST])
    of_pip = any(re.search(r";|://|\+|^\.?/|@", text) for text in texts)
    what = "What is written for pip goes into the pip section (- pip:)." if of_pip else ""
    number = "is no dependency" if len(texts) == 1 else "are no dependencies"
    expected = "Expected name, name=1.2 or name>=1.2."
    return " ".join(part for part in (f"{these} {number} of Conda.", expected, what) if part)


def of_missing(found: Iterable[Missing]) -> str:
    """What cannot be had, all of it, and what to do; empty when nothing is missing."""
    missing = list(found)
    absent = [one.text for one in missing if not one.versions]
    other_version = [one for one in missing if one.versions and not one.builds]
    other_build = [one for one in missing if one.builds]
    sentences = []
    if absent:
        sentences.append(f"The channels have no package {_listed(absent)} for this system.")
    for one in other_version[:MOST]:
        there = ", ".join([*one.versions][-PARTS:])
        sentences.append(f"There is no {one.text}; there is {there}.")
    if other_build:
        these = _listed([f"{one.text} (build {one.build})" for one in other_build])
        sentences.append(f"{these}: the version is there, and not this build of it.")
    if any(one.build for one in missing):
        sentences.append(
            "Builds, the third part of name=version=build, belong to the system on which the list was "
            "exported: leave them out (conda env export --no-builds)"
            + (", and remove packages that only that system has." if absent else ".")
        )
    elif absent:
        sentences.append(
            "Check the spelling and the channels; what is on PyPI only goes into the pip section (- pip:)."
        )
    return " ".join(sentences)


def of_conflict(text: str) -> str:
    """What does not fit together, out of the solver's explanation."""
    parts = []
    gone = set(GONE.findall(text))
    for name, version, needed in REQUIRES.findall(text):
        needs = needed.strip()
        kind = needs.split(" ")[0]
        if kind in OF_THE_MACHINE:
            wanted = needs.replace(kind, OF_THE_MACHINE[kind])
            parts.append(f"{name} {version} needs {wanted}, which this node does not have")
        elif needs in gone:
            parts.append(f"{name} {version} needs {needs}, of which none is left to choose")
        else:
            parts.append(f"{name} {version} needs {needs}")
    pinned = re.findall(r"^[├└]─ ([\w.-]+ [^\n]+?) (?:can|cannot) be installed", text, re.MULTILINE)
    if not parts and len(pinned) > 1:
        parts = [" and ".join(pinned[:PARTS])]
    return (
        f"The dependencies do not fit together: {'; '.join(dict.fromkeys(parts[:PARTS]))}. {CHANGE}"
        if parts
        else ""
    )


def _listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - MOST} more" if len(texts) > MOST else ""
    return ", ".join(texts[:MOST]) + more
