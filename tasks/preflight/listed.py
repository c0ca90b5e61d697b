"""What the environment files of a Task list, by the names of distributions. Knows no disk."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import yaml
from packaging.requirements import InvalidRequirement, Requirement

from tasks.preflight import names
from tasks.runtime import LOCK_FILE, Runtime

MAX_TEXT = 200_000
_REFERENCE = re.compile(r"(?:-\s+)?(?:-r\s*|--requirement(?:\s+|=))(\S+)")
_EGG = re.compile(r"#egg=([\w.-]+)")
_WHEEL = re.compile(r"([A-Za-z0-9][\w.]*)-\d[^/]*\.(?:whl|tar\.gz|zip)(?:[#?].*)?$")
_CONDA_NAME = re.compile(r"(?:[^\s:]+::)?([A-Za-z0-9_][\w.-]*)")
_LOCKED = re.compile(r'(?m)^name = "([^"]+)"$')
_PINNED = re.compile(r"python\s*(?:=|==|~=)\s*3\.(\d{1,2})(?![\d])")


@dataclass(frozen=True, kw_only=True)
class Listed:
    """The distributions and Conda packages that are listed, normalized.

    `is_open`: something is among it whose content cannot be told from its line, such as a local folder.
    `is_locked`: nothing else comes with it. `python`: the minor version that is asked for, 11 for 3.11.
    """

    names: frozenset[str] = frozenset()
    conda: frozenset[str] = frozenset()
    is_open: bool = False
    is_locked: bool = False
    python: int | None = None


def read(runtime: Runtime, texts: Mapping[str, str]) -> Listed:
    """What is listed by the file of the runtime, and by those that it refers to; `texts` has them by path."""
    file = runtime.file
    if file is None:
        return Listed()
    if file not in texts or runtime.problem:
        return Listed(is_open=True)
    if runtime.source == "conda":
        return _conda(texts, file)
    if runtime.source == "requirements":
        found, is_open = _requirements(texts, [file])
        return Listed(names=found, is_open=is_open)
    lines = () if runtime.listed is None else runtime.listed.dependencies
    found, is_open = _requirements({"": "\n".join(lines)}, [""])
    if runtime.source == "project" and LOCK_FILE in texts:
        locked = frozenset(names.normalized(name) for name in _LOCKED.findall(texts[LOCK_FILE]))
        return Listed(names=found | locked, is_locked=True)
    return Listed(names=found, is_open=is_open)


def _conda(texts: Mapping[str, str], file: str) -> Listed:
    try:
        read_yaml = yaml.safe_load(texts[file]) if len(texts[file]) <= MAX_TEXT else None
    except (yaml.YAMLError, ValueError, RecursionError):
        read_yaml = None
    dependencies = read_yaml.get("dependencies") if isinstance(read_yaml, dict) else None
    if not isinstance(dependencies, list):
        return Listed(is_open=True)
    specs = [item for item in dependencies if isinstance(item, str)]
    packages = {match[1].lower() for item in specs if (match := _CONDA_NAME.match(item.strip()))}
    lists = [item["pip"] for item in dependencies if isinstance(item, dict) and "pip" in item]
    lines = [line for one in lists if isinstance(one, list) for line in one if isinstance(line, str)]
    found, is_open = _requirements({**texts, "": "\n".join(lines)}, [""])
    pinned = next((match for item in specs if (match := _PINNED.match(item.strip()))), None)
    return Listed(
        names=found | {names.of_conda(package) for package in packages},
        conda=frozenset(packages),
        is_open=is_open or "anaconda" in packages,
        python=None if pinned is None else int(pinned[1]),
    )


def _requirements(texts: Mapping[str, str], files: Iterable[str]) -> tuple[frozenset[str], bool]:
    """(what requirements files list, whether something in them cannot be told)."""
    found: set[str] = set()
    is_open, seen, open_ = False, set[str](), list(files)
    while open_:
        file = open_.pop()
        if file in seen:
            continue
        seen.add(file)
        if file not in texts or len(texts[file]) > MAX_TEXT:
            is_open = True
            continue
        for line in requirement_lines(texts[file]):
            reference = _REFERENCE.match(line)
            if reference is not None:
                open_.append(posixpath.normpath(posixpath.join(posixpath.dirname(file), reference[1])))
            elif not _is_option(line):
                some = required(line)
                found |= some
                is_open = is_open or not some or _is_local(line)
    return frozenset(found), is_open


def references(text: str, path: str) -> list[str]:
    """The requirements files that the list at `path` refers to, also from a pip section."""
    found = (_REFERENCE.match(line.strip().strip("\"'")) for line in text[:MAX_TEXT].splitlines())
    named = [match[1].strip("\"'") for match in found if match is not None]
    return [posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) for name in named]


def requirement_lines(text: str) -> Iterator[str]:
    """The lines of a requirements file without comments, continued ones joined."""
    joined = re.sub(r"\\\r?\n", " ", text.removeprefix("\ufeff"))
    for line in joined.splitlines():
        plain = re.sub(r"(^|\s)#.*", "", line).strip()
        if plain:
            yield plain


def required(line: str) -> frozenset[str]:
    """The normalized name of what a requirement installs, and `name[extra]` of its extras.

    Empty where the line does not tell.
    """
    plain = re.split(r"\s--", line, maxsplit=1)[0]
    egg, wheel = _EGG.search(plain), _WHEEL.search(plain.split(" ", maxsplit=1)[0])
    if egg is not None:
        return frozenset([names.normalized(egg[1])])
    if wheel is not None:
        return frozenset([names.normalized(posixpath.basename(wheel[1]))])
    try:
        read = Requirement(plain)
    except InvalidRequirement:
        return frozenset()
    name = names.normalized(read.name)
    return frozenset([name, *(f"{name}[{names.normalized(extra)}]" for extra in read.extras)])


def _is_option(line: str) -> bool:
    return line.startswith("-") and not re.match(r"(?:-e\b|--editable\b)", line)


def _is_local(line: str) -> bool:
    """Whether a line names a folder, a file or a link, which may bring modules of any name."""
    return line.startswith(("-e", "--editable", ".", "/", "file:", "git+")) or "://" in line
