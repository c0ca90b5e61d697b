"""Which relative paths may be in a folder of ours, and why not. Knows no contents and no Django."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# What tools leave behind: never frozen, never shown, left out of uploads.
IGNORED = frozenset(
    {".git", ".hg", ".svn", "__pycache__", ".venv", "node_modules", ".ipynb_checkpoints", ".mypy_cache"}
    | {".pytest_cache", ".ruff_cache", ".DS_Store", "Thumbs.db", "__MACOSX"}
)
LONGEST_NAME = 255  # bytes; what ext4, APFS and NTFS hold
LONGEST_PATH = 1024  # bytes; what a Sample's row holds
DEEPEST = 256
SHOWN = 20  # problems that one message names

RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
DRIVE = re.compile(r"[A-Za-z]:")
DRIVE_PATH = re.compile(r"[A-Za-z]:([/\\]|$)")
# Control characters, line separators, and what makes a name read in another order than it is written.
UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")


class TreeError(ValueError):
    """A path, folder or archive that is refused. The message is for people; `problems` has each reason."""

    def __init__(self, *problems: str) -> None:
        more = len(problems) - SHOWN
        self.problems = (
            [*problems[:SHOWN], f"And {more:,} more problems like these."] if more > 0 else [*problems]
        )
        super().__init__(" ".join(self.problems))


@dataclass(frozen=True, kw_only=True)
class File:
    """A regular file at `path` (POSIX, below its root), of `size` bytes."""

    path: str
    size: int
    executable: bool


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most that one upload may hold; depth counts the parts of a path."""

    max_bytes: int
    max_files: int
    max_depth: int


def safe_path(text: str) -> str:
    """The normal form (NFC, no `.` parts, no doubled or final slashes) of a relative POSIX path.

    Raises TreeError, with every reason, for what could leave its folder or could not be stored on another
    machine: absolute paths, `..`, control characters, backslashes, Windows' drives and reserved names.
    """
    try:
        shown = f"“{shown_name(text)}”"
        text = unicodedata.normalize("NFC", text)
        text.encode()
    except UnicodeEncodeError:
        raise TreeError(f"The name {shown} is not valid Unicode. Give it another name.") from None
    if UNREADABLE.search(text):
        raise TreeError(f"The name {shown} contains invisible characters. Give it another name.")
    if text.startswith("/") or DRIVE_PATH.match(text):
        raise TreeError(f"{shown} is an absolute path; expected one inside the folder, such as data/a.csv.")
    if DRIVE.match(text):
        raise TreeError(f"{shown} begins with “{text[:2]}”, as drives of Windows do. Rename it.")
    if "\\" in text:
        raise TreeError(f"{shown} has a backslash in it; expected parts separated by /, such as data/a.csv.")
    parts = [part for part in text.split("/") if part not in {"", "."}]
    if not parts:
        raise TreeError("A path is empty; expected a name such as main.py.")
    problems = list(dict.fromkeys(f"{shown}: {problem}" for part in parts if (problem := _problem(part))))
    if len(parts) > DEEPEST:
        problems.append(f"{shown} is {len(parts)} folders deep; {DEEPEST} is the most.")
    if len(text.encode()) > LONGEST_PATH:
        problems.append(
            f"{shown} has {len(text.encode()):,} bytes; {LONGEST_PATH:,} is the most. Shorten it."
        )
    if problems:
        raise TreeError(*problems)
    return "/".join(parts)


def shown_name(text: str) -> str:
    """`text` for a message: one line, not too long, always encodable."""
    shown = "".join("�" if UNREADABLE.match(c) or unicodedata.category(c) == "Cs" else c for c in text[:120])
    return shown + ("…" if len(text) > 120 else "")


def _problem(part: str) -> str | None:
    if part == "..":
        return "“..” points outside the folder; expected a path inside it."
    if part.endswith((".", " ")):
        return "a name may not end with a dot or a space, since Windows cannot store it. Rename it."
    if RESERVED.fullmatch(part):
        return f"“{part}” is a name that Windows reserves for a device. Rename it."
    if len(part.encode()) > LONGEST_NAME:
        return f"a name has {len(part.encode())} bytes; {LONGEST_NAME} is the most. Shorten it."
    return None


def is_ignored(path: str) -> bool:
    return not IGNORED.isdisjoint(path.split("/"))


def clashes(paths: Iterable[str]) -> list[str]:
    """A sentence for each pair of different paths that cannot be together in one folder everywhere.

    They differ only in case (which Windows and macOS cannot tell apart), or one is a file where the other
    needs a folder. The same path twice is no clash.
    """
    files = sorted(set(paths))
    is_file = set(files)
    spelling: dict[str, str] = {}
    found: dict[str, None] = {}
    for path in files:
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            here = "/".join(parts[:depth])
            first = spelling.setdefault(here.casefold(), here)
            if first != here:
                found[
                    f"“{shown_name(first)}” and “{shown_name(here)}” differ only in case. Rename one of them."
                ] = None
                break
            if depth < len(parts) and here in is_file:
                found[f"“{shown_name(here)}” is a file and also a folder. Rename one of them."] = None
    return list(found)


def join(root: Path, path: str) -> Path:
    """`root / path`, which stays below `root` and passes through no symbolic link; raises TreeError."""
    parts = path.split("/")
    if any(part in {"", ".", ".."} or "\0" in part for part in parts):
        raise TreeError(f"“{shown_name(path)}” is not a path inside the folder.")
    here = root
    for part in parts:
        here = here / part
        try:
            is_link = here.is_symlink()
        except OSError as error:  # a name that no disk holds
            raise TreeError(f"“{shown_name(path)}” is too long for a path.") from error
        if is_link:
            raise TreeError(f"“{shown_name(path)}” leads through a link, and links are not followed.")
    return here
