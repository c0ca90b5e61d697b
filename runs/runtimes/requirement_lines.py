"""One line of requirements.txt as pip reads it, and as uv is to be given it. Knows no disk.

The source is pip's "Requirements File Format". Where uv takes less than pip, a line becomes an option of uv's
command line, or a note that says what is left out.
"""

import argparse
import codecs
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import unquote

from runs.runtimes.causes import wrong_lines

COMMENT = re.compile(r"(^|\s+)#.*$")
CODING = re.compile(rb"^#.*?coding[:=][ \t]*([-\w.]+)")
VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# A package of a channel, as Conda has it.
OF_CHANNEL = re.compile(r"[\w./-]+::\w")
PROJECT_ROOT = "${PROJECT_ROOT}"
# How an absolute path of Windows begins.
DRIVE = re.compile(r"[A-Za-z]:/")
# A \\ in a path of Windows, where it stands for itself.
IN_PATH = re.compile(r"\\(?=[\w.-])")


class LineError(ValueError):
    """A line that cannot be used; the message is a sentence that names it."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line with the file that it is in; `number` is that of its first line there, None in other files."""

    text: str
    file: str
    number: int | None = None

    @property
    def place(self) -> str:
        return self.file if self.number is None else f"{self.file}:{self.number}"


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """What a line says: `requirement` with its hashes, or options that hold for everything.

    `requirements` and `constraints` are files that it refers to. `options` are those of uv's command line
    with their values, `lines` what stands in the list as it is. `notes` say what is left out.
    """

    requirement: str = ""
    editable: bool = False
    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def decode(content: bytes) -> str:
    """The text of a file by its byte order mark, else by a `coding` comment at its beginning, else UTF-8."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    for line in content.split(b"\n")[:2]:
        found = CODING.match(line)
        if found is not None:
            try:
                return content.decode(found[1].decode())
            except (LookupError, UnicodeDecodeError):
                break
    # Without a mark, every second byte of plain text in UTF-16 is zero.
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(content) > 1 and not any(content[start::2]):
            return content.decode(encoding, "replace")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def logical_lines(text: str, file: str) -> Iterator[Line]:
    """The lines that say something: continued lines joined, comments and empty lines left out."""
    parts: list[str] = []
    start = 1
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if not parts:
            start = number
        is_comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment:
            parts.append(line.rstrip("\\"))
            continue
        whole = COMMENT.sub("", "".join([*parts, "" if is_comment and parts else line])).strip()
        parts = []
        if whole:
            yield Line(text=whole, file=file, number=start)


def expand(line: Line, variables: Mapping[str, str]) -> str:
    """The text with `${NAME}` replaced; in addresses it stays for uv, so that no password is written down."""
    names = set(VARIABLE.findall(line.text.replace(PROJECT_ROOT, "")))
    missing = sorted(names - variables.keys())
    if missing:
        raise LineError(
            f"{line.place} uses ${{{missing[0]}}}, which is not set for installing. Write the value out, or "
            "ask your administrator to name the variable in CORETEX_INSTALLER_VARIABLES."
        )
    if "://" in line.text:
        return line.text
    return VARIABLE.sub(lambda found: variables.get(found[1], found[0]), line.text)


def parse(line: Line, text: str) -> Parsed:
    """What a line says, whose variables are expanded in `text`. Raises LineError."""
    if text.startswith("-"):
        return _options(line, text)
    if OF_CHANNEL.match(text):
        raise LineError(
            f"{line.place}: {text[:200]!r} is for Conda. Write the name alone, or list it in environment.yml."
        )
    requirement, separator, rest = _split(text)
    if not separator:
        return Parsed(requirement=slashed(requirement))
    if wrong_lines.is_command(text):
        raise LineError(f"{line.place}: {text[:200]!r} is not a requirement. {wrong_lines.instead_of(text)}")
    found = _words(line, rest)
    hashes = "".join(f" --hash={one}" for one in found.hash)
    name = re.match(r"[\w.-]+", requirement)
    package = "" if name is None else name[0]
    options = [("--config-settings-package", f"{package}:{setting}") for setting in found.config_settings]
    notes = [f"{line.place}: --global-option is left out; setuptools no longer takes it."]
    return Parsed(
        requirement=f"{slashed(requirement)}{hashes}",
        options=tuple(options),
        notes=tuple(notes if found.global_option else []),
    )


def _split(text: str) -> tuple[str, str, str]:
    """A requirement and the options behind it."""
    found = re.search(r"\s+(?=-)", text)
    return (text, "", "") if found is None else (text[: found.start()], " ", text[found.end() :])


def _options(line: Line, text: str) -> Parsed:
    found = _words(line, text)
    notes = []
    if found.prefer_binary:
        notes.append(f"{line.place}: --prefer-binary is left out; the newest version is installed.")
    if found.needless:
        notes.append(f"{line.place}: {text.split()[0]} is left out; it only changes how pip works.")
    lines = [f"--index-url {url}" for url in (found.index_url,) if url]
    lines += [f"--extra-index-url {url}" for url in found.extra_index_url]
    lines += [f"--no-binary {names}" for names in found.no_binary]
    lines += [f"--only-binary {names}" for names in found.only_binary]
    lines += ["--no-index"] if found.no_index else []
    lines += ["--require-hashes"] if found.require_hashes else []
    options = [("--prerelease", "allow")] if found.pre else []
    if found.extra_index_url:
        # pip takes the best version of all indexes, uv those of the first that knows the name.
        options.append(("--index-strategy", "unsafe-best-match"))
    options += [("--allow-insecure-host", host) for host in found.trusted_host]
    options += [("--config-setting", setting) for setting in found.config_settings]
    # uv cannot install from a repository and keep it editable; to a Run it is the same.
    editable = slashed(found.editable)
    is_remote = editable.startswith(("git+", "hg+", "svn+", "bzr+", "http:", "https:"))
    return Parsed(
        requirement=editable,
        editable=bool(editable) and not is_remote,
        requirements=tuple(local_path(path) for path in found.requirement),
        constraints=tuple(local_path(path) for path in found.constraint),
        find_links=tuple(found.find_links),
        lines=tuple(lines),
        options=tuple(options),
        notes=tuple(notes),
    )


def local_path(text: str) -> str:
    """A path that may be written as an address, as in `file:more.txt` or `file:///srv/more.txt`."""
    if not text.startswith("file:"):
        return slashed(text)
    path = text.removeprefix("file:")
    path = unquote(path[path.index("/", 2) :] if path.startswith("//") and "/" in path[2:] else path)
    return path[1:] if DRIVE.match(path[1:]) else path


def slashed(text: str) -> str:
    """A path as Windows writes it with the slashes of other systems; addresses stay."""
    return text if "://" in text else text.replace("\\", "/")


def is_absolute(path: str) -> bool:
    return path.startswith("/") or DRIVE.match(path) is not None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def _parser() -> _Parser:
    parser = _Parser(add_help=False, allow_abbrev=False, prog="")
    for name, spellings in REPEATED.items():
        parser.add_argument(*spellings, dest=name, action="append", default=[])
    for name, spellings in ONCE.items():
        parser.add_argument(*spellings, dest=name, default="")
    for spelling in SWITCHES:
        parser.add_argument(spelling, action="store_true")
    return parser


# The options that pip takes in a file, by what they are called here.
REPEATED = {
    "requirement": ("-r", "--requirement", "--requirements"),
    "constraint": ("-c", "--constraint", "--constraints"),
    "extra_index_url": ("--extra-index-url",),
    "find_links": ("-f", "--find-links"),
    "no_binary": ("--no-binary",),
    "only_binary": ("--only-binary",),
    "trusted_host": ("--trusted-host",),
    "hash": ("--hash",),
    "config_settings": ("-C", "--config-settings", "--config-setting"),
    "global_option": ("--global-option", "--install-option", "--build-option"),
    "needless": ("--use-feature", "--use-deprecated"),
}
ONCE = {"editable": ("-e", "--editable"), "index_url": ("-i", "--index-url", "--pypi-url")}
SWITCHES = ("--no-index", "--pre", "--require-hashes", "--prefer-binary")
PARSER = _parser()
_COMMAND_ONLY = "it is an option of the command pip install. Write only the names of packages in the line."
# What people copy from a command line, and pip refuses in a file.
NOT_IN_A_FILE = dict.fromkeys(
    ("-U", "--upgrade", "-q", "--quiet", "-v", "--user", "--no-cache-dir", "--force-reinstall", "-I", "-y"),
    _COMMAND_ONLY,
) | dict.fromkeys(
    ("--no-deps", "--no-dependencies", "-t", "--target", "--prefix", "--no-build-isolation"),
    "pip takes it on its command line only, and here packages come with what they need. Remove the line.",
)


def _words(line: Line, text: str) -> argparse.Namespace:
    try:
        return PARSER.parse_args(shlex.split(IN_PATH.sub("/", text)))
    except ValueError as error:
        if text.startswith("- "):
            name = text[2:].strip()
            raise LineError(f"{line.place} is an item of a YAML list: write {name} alone.") from error
        if text.split()[0] in NOT_IN_A_FILE:
            raise LineError(f"{line.place} cannot be used: {NOT_IN_A_FILE[text.split()[0]]}") from error
        reason = str(error).removeprefix("unrecognized arguments: ")
        said = f"pip takes no {reason} in such a file" if reason != str(error) else reason
        raise LineError(f"{line.place} cannot be read: {said} (the line is {line.text[:200]!r}).") from error
