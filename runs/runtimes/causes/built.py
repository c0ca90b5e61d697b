"""What is known of a build that failed, and how its output is quoted."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

# Of what others print, no more than this is quoted.
LONGEST = 300


@dataclass(frozen=True, kw_only=True)
class Built:
    """What was built from `file`, with the Python of the version `python`.

    `lines` are what was installed, `place` finds the file and line in which one was written, `pythons` are
    the versions on this node.
    """

    file: str
    python: str = ""
    lines: Sequence[str] = ()
    place: Callable[[str], str] = field(default=lambda text: "")
    pythons: Callable[[], Iterable[str]] = field(default=lambda: ())

    @property
    def is_conda(self) -> bool:
        return self.file.endswith((".yml", ".yaml"))


def address(output: str) -> str:
    """The host that could not be reached."""
    found = re.search(
        r"(?:url \(|Failed to fetch: `?|channel '|access ')((?:https?|ftp)://[^\s)`']+)", output
    )
    if found is not None:
        return host(found[1])
    named = re.search(r"(?:[Cc]ould not resolve host(?:name)?:?|connect to host) ([\w.-]+\w)", output)
    return "The package index" if named is None else named[1]


def host(url: str) -> str:
    return urlsplit(url).hostname or url


def repository(output: str) -> str:
    """The address of a git repository, without a password."""
    found = re.search(r"git\+([^\s`]+)|repository '([^']+)'|'([^']+)' does not appear", output)
    text = "" if found is None else found[found.lastindex or 0]
    return re.sub(r"(?<=://)[^/@\s]+@", "", text.split("#")[0]) or "that is named"


def package(output: str) -> str:
    """What was being built."""
    found = re.search(r"Failed to (?:download and )?build `([^`]+)`", output)
    return found[1].split(" @ ")[0] if found is not None else "A package"


def last_part(path: str) -> str:
    return path.rstrip("/").rsplit("/", 1)[-1]
