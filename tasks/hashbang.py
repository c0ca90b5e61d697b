"""The `#!` line of a script: which program runs it, with which options. Knows no disk."""

import codecs
import re
import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath

from coretex_site.lib.filetree import HEAD_BYTES

SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "fish", "csh", "tcsh"})
_PYTHON = re.compile(r"python(3(\.\d+)?)?")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*")
_ENCODINGS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# What lets env split a text into words.
_SPLIT = re.compile(r"\benv\s+-(?:v?S|-split-string)")
_LOGIN = re.compile(r"^(-[a-zA-Z]*)l([a-zA-Z]*)$")
# Options of env that take the next word.
_WITH_WORD = frozenset({"-u", "--unset", "-C", "--chdir", "-P", "-a", "--argv0"})


@dataclass(frozen=True, kw_only=True)
class Hashbang:
    """What a `#!` line asks for: `program` (a name to look up, or a path), and the `options` after it.

    `through_env` are variables and options that env was given before the program.
    """

    program: str
    options: tuple[str, ...] = ()
    through_env: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The program without its folder."""
        return PurePosixPath(self.program).name

    @property
    def is_python(self) -> bool:
        """Whether any Python 3 is meant, so that of the environment does."""
        return _PYTHON.fullmatch(self.name) is not None

    @property
    def is_shell(self) -> bool:
        return self.name in SHELLS


def encoding_of(head: bytes) -> str:
    """The encoding by a byte order mark; without one UTF-8, or UTF-16 where every other byte is 0."""
    for mark, encoding in _ENCODINGS.items():
        if head.startswith(mark):
            return encoding
    if head[:4:2] == b"#!" and head[1:4:2] == b"\0\0":
        return "utf-16-le"
    return "utf-16-be" if head[1:4:2] == b"#!" and head[:4:2] == b"\0\0" else "utf-8"


def has_hashbang(head: bytes) -> bool:
    """Whether a file that begins with `head` begins with `#!`, whatever its encoding."""
    return head.startswith(b"#!") or _text(head).startswith("#!")


def read(head: bytes) -> Hashbang | None:
    """The `#!` line at the beginning of a file; None if there is none, or nothing in it.

    Words are separated by spaces, as on macOS; Linux would take all after the program for one word. Shells
    are no login shells, whose start-up files would set another PATH than that of the environment.
    """
    text = _text(head)
    line = re.split(r"[\r\n]", text, maxsplit=1)[0].removeprefix("#!")
    words = _quoted_words(line) if _SPLIT.search(line) else line.split()
    if not text.startswith("#!") or not words:
        return None
    if PurePosixPath(words[0]).name != "env":
        return Hashbang(program=words[0], options=_options(words[0], words[1:]))
    return _through_env(words[1:])


def _through_env(words: list[str]) -> Hashbang | None:
    """What comes after `#!/usr/bin/env`: its own options and variables, the program, its options."""
    before: list[str] = []
    rest = [word.removeprefix("-S").removeprefix("--split-string=") for word in words[:1]] + words[1:]
    rest = [word for word in rest if word not in ("", "--split-string")]
    while rest and (rest[0].startswith("-") or _ASSIGNMENT.fullmatch(rest[0])):
        takes_word = rest[0] in _WITH_WORD
        before += rest[: 1 + takes_word]
        rest = rest[1 + takes_word :]
    if not rest:
        return None
    return Hashbang(program=rest[0], options=_options(rest[0], rest[1:]), through_env=tuple(before))


def _quoted_words(line: str) -> list[str]:
    """Words with quotes around those that have spaces, as env splits them; by spaces if quotes stay open."""
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _options(program: str, words: list[str]) -> tuple[str, ...]:
    """The words after the program; for a shell without what makes it a login shell."""
    if PurePosixPath(program).name not in SHELLS:
        return tuple(words)
    kept = (_LOGIN.sub(r"\1\2", word) for word in words if word != "--login")
    return tuple(word for word in kept if word != "-")


def _text(head: bytes) -> str:
    head = head[:HEAD_BYTES]
    return head.decode(encoding_of(head), "replace").removeprefix("\ufeff")
