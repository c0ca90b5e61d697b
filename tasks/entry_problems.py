"""What keeps a file from being run as an entry script, in words, with what fixes it. Knows no disk."""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tasks import hashbang
from tasks.other_languages import why_not_run
from tasks.runtime import interpreter_of

UNIX_LINE_ENDS = "Convert to Unix line ends"
UTF_8 = "Convert to UTF-8"
NO_MARK = "Remove the byte order mark"
# A heredoc's text belongs to the script's data: there, line ends mean nothing to the shell.
_HEREDOC = re.compile(r"(?<![<$(])<<-?\s*(['\"]?)([A-Za-z_]\w*)\1")


@dataclass(frozen=True, kw_only=True)
class EntryProblem:
    """What is wrong with an entry script: a sentence that ends with what to do.

    `fix` is what a button would say that puts `fixed` in its place; empty, and None, if none can.
    With `is_fatal` the script cannot work at all.
    """

    sentence: str
    is_fatal: bool
    fix: str = ""
    fixed: bytes | None = None


def problem(path: str, content: bytes) -> EntryProblem | None:
    """What is wrong with the file `path` as an entry script; None if nothing is. `content` is all of it."""
    found = hashbang.read(content)
    kind = interpreter_of(path)
    if kind == "notebook":
        return _notebook_problem(path, content)
    if kind is None and not hashbang.has_hashbang(content):
        return EntryProblem(sentence=why_not_run(path), is_fatal=True)
    if (encoding := _wide_encoding(content)) is not None:
        return EntryProblem(
            sentence=f"{path} is saved as {encoding[:6].upper()}, which cannot be run. Convert it to UTF-8.",
            is_fatal=True,
            fix=UTF_8,
            fixed=_unix(content.decode(encoding, "replace")),
        )
    if kind is None and found is None:
        return EntryProblem(sentence=f"{path} has a #! line that names no program. Name one.", is_fatal=True)
    if found.is_shell if found is not None else kind == "bash":
        return _shell_problem(path, content)
    if kind == "Rscript" and content.startswith(codecs.BOM_UTF8):
        return _mark_problem(path, "R", content.decode("utf-8", "surrogateescape"), is_fatal=True)
    return None


def _wide_encoding(content: bytes) -> str | None:
    """UTF-16 or UTF-32, by its byte order mark or by the zeros of its first characters."""
    encoding = hashbang.encoding_of(content[:8])
    if encoding.startswith(("utf-16", "utf-32")):
        return encoding
    if len(content) % 2 == 0 and content[1:8:2] == b"\0\0\0\0" and b"\0" not in content[:8:2]:
        return "utf-16-le"
    return None


def _unix(text: str) -> bytes:
    """The text as UTF-8 with Unix line ends, without a byte order mark."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return plain.encode("utf-8", "surrogateescape")


def _shell_problem(path: str, content: bytes) -> EntryProblem | None:
    """Line ends and marks that a shell takes for part of the commands."""
    text = content.decode("utf-8", "surrogateescape")
    fixed = _unix(text)
    if "\r" in text and "\n" not in text:
        sentence = f"{path} has the line ends of old Macs (CR), so a shell takes it for one line."
        return EntryProblem(
            sentence=f"{sentence} Convert it to Unix line ends.",
            is_fatal=True,
            fix=UNIX_LINE_ENDS,
            fixed=fixed,
        )
    lines = list(_commands(text))
    windows = [number for number, line in lines if line.endswith("\r")]
    if windows:
        is_fatal = windows[0] == lines[0][0] or len(windows) * 2 > len(lines)
        where = "" if is_fatal else f" in line {windows[0]}"
        return EntryProblem(
            sentence=f"{path} has Windows line ends (CRLF){where}, which a shell takes for part of its "
            "commands. Convert it to Unix line ends.",
            is_fatal=is_fatal,
            fix=UNIX_LINE_ENDS,
            fixed=fixed,
        )
    if text.startswith("\ufeff"):
        return _mark_problem(path, "a shell", text, is_fatal=not text.startswith("\ufeff#"))
    return None


def _mark_problem(path: str, program: str, text: str, *, is_fatal: bool) -> EntryProblem:
    """A byte order mark, which hurts most where the first line is a command."""
    return EntryProblem(
        sentence=f"{path} begins with a byte order mark, which {program} takes for a command. Remove it.",
        is_fatal=is_fatal,
        fix=NO_MARK,
        fixed=text.removeprefix("\ufeff").encode("utf-8", "surrogateescape"),
    )


def _commands(text: str) -> Iterator[tuple[int, str]]:
    """(number, line) of the lines that a shell reads as commands: no heredocs; of comments only the first."""
    waiting: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if waiting:
            if line.strip() == waiting[0]:
                waiting.pop(0)
        elif number == 1 or not line.lstrip().startswith("#"):
            waiting = [match[2] for match in _HEREDOC.finditer(line)]
            if number == 1 or line:
                yield number, line


def _notebook_problem(path: str, content: bytes) -> EntryProblem | None:
    if not content.strip():
        return EntryProblem(sentence=f"{path} is empty. Save it in Jupyter first.", is_fatal=True)
    try:
        read = json.loads(content)
    except (ValueError, RecursionError) as error:
        return EntryProblem(
            sentence=f"{path} is not a notebook: expected JSON, found an error ({error}). "
            "Save it in Jupyter again.",
            is_fatal=True,
        )
    cells = read.get("cells", read.get("worksheets")) if isinstance(read, dict) else None
    if not isinstance(cells, list):
        return EntryProblem(
            sentence=f"{path} is not a notebook: expected “cells” with a list. Save it in Jupyter again.",
            is_fatal=True,
        )
    return None
