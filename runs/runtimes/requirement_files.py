"""Lists of packages as one: requirements files with those they refer to, as uv is to get them. No Django."""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.requirement_lines import (
    PROJECT_ROOT,
    Line,
    LineError,
    Parsed,
    decode,
    expand,
    is_absolute,
    local_path,
    logical_lines,
    parse,
)
from tasks import list_fixes

ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar")
# More mistakes than these are not told at once.
MOST_MISTAKES = 5
# What pip takes behind a path, as behind an address, and uv does not.
EGG = re.compile(r"#egg=[^\s;]*")
NAMED_ADDRESS = re.compile(r"[\w.-]+\s*(?:\[[^\]]*\])?\s*@\s*(?P<target>.+)")


@dataclass(kw_only=True)
class Lists:
    """What is to be installed: `requirements` and `constraints` as uv's lines, with where each was written.

    `options` are those of uv's command line, each with its value. `local` are the paths that are installed
    from, those in the Task relative to its root; `editable` are those that are installed as editable, and
    `wheelhouses` the folders of the Task that packages are looked for in.
    """

    requirements: list[Line] = field(default_factory=list)
    constraints: list[Line] = field(default_factory=list)
    options: dict[tuple[str, str], None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    local: list[str] = field(default_factory=list)
    editable: list[str] = field(default_factory=list)
    wheelhouses: list[str] = field(default_factory=list)

    @property
    def has_hashes(self) -> bool:
        """Whether nothing may be installed whose hash is not listed."""
        return any(line.text == "--require-hashes" for line in self.requirements)

    @property
    def uses_git(self) -> bool:
        return any("git+" in line.text for line in self.requirements)

    @property
    def content(self) -> list[object]:
        """What counts for the environment: where a line was written does not."""
        lines = [[line.text for line in some] for some in (self.requirements, self.constraints)]
        return [*lines, list(self.options)]


def text_of(path: Path, name: str) -> str:
    """The text of a file of the Task, which errors call `name`."""
    try:
        return decode(path.read_bytes())
    except IsADirectoryError as error:
        raise EnvironmentFailure(f"{name} is a folder; expected a file. Rename or remove it.") from error
    except OSError as error:
        raise EnvironmentFailure(f"{name} cannot be read: {error.strerror}.") from error


def collect(folder: Path, lines: Iterable[Line], *, variables: Mapping[str, str]) -> Lists:
    """The lines and those of all files in `folder` that they refer to.

    `variables` are what `${NAME}` may stand for. Raises EnvironmentFailure with every line that is wrong.
    """
    collector = _Collector(folder, variables)
    collector.add(lines, constrains=False)
    mistakes = collector.mistakes()
    if mistakes:
        more = len(mistakes) - MOST_MISTAKES
        shown = [*mistakes[:MOST_MISTAKES], *([f"And {more} more."] if more > 0 else [])]
        raise EnvironmentFailure(" ".join(shown))
    return collector.lists


def read(folder: Path, name: str) -> Iterator[Line]:
    """The lines of a file of the Task."""
    text = text_of(folder / name, name)
    printed = list_fixes.printed_by(text)
    if printed:
        instead = (
            "Make it an environment.yml: the page of this Run offers to do it."
            if printed.startswith("conda")
            else "Write NAME==VERSION in each line, as `pip list --format=freeze` prints it: the page of "
            "this Run offers to do it."
        )
        raise EnvironmentFailure(f"{name} is what `{printed}` prints, no list that pip reads. {instead}")
    yield from logical_lines(text, name)


class _Collector:
    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self._folder = folder
        self._variables = variables
        self._seen: set[tuple[str, bool]] = set()
        self.lists = Lists()
        self._mistakes: list[str] = []
        self._elsewhere: list[tuple[Line, str]] = []

    def add(self, lines: Iterable[Line], *, constrains: bool) -> None:
        for line in lines:
            try:
                if "\0" in line.text:
                    raise LineError(f"{line.place} holds NUL characters: save the file as text in UTF-8.")
                text = expand(line, self._variables)
                self._take(line, parse(line, text), constrains=constrains)
            except LineError as error:
                self._mistakes.append(str(error))

    def mistakes(self) -> list[str]:
        """A sentence for each line that cannot be used; one for all that name another machine."""
        if not self._elsewhere:
            return self._mistakes
        (line, path), others = self._elsewhere[0], len(self._elsewhere) - 1
        more = "" if not others else f", and so {'does' if others == 1 else 'do'} {others} more"
        instead = (
            "`pip freeze` writes such lines for what Conda or a file installed: write NAME==VERSION instead, "
            "as `pip list --format=freeze` prints it."
            if NAMED_ADDRESS.fullmatch(line.text)
            else "Add it to the Task and write its path from there, or write NAME==VERSION."
        )
        return [f"{line.place} names a folder of another machine ({path}){more}. {instead}", *self._mistakes]

    def _take(self, line: Line, parsed: Parsed, *, constrains: bool) -> None:
        lists = self.lists
        target = lists.constraints if constrains else lists.requirements
        for text in parsed.lines:
            lists.requirements.append(Line(text=text, file=line.file, number=line.number))
        for place in parsed.find_links:
            text = f"--find-links {self._find_links(line, place)}"
            lists.requirements.append(Line(text=text, file=line.file, number=line.number))
        lists.options |= dict.fromkeys(parsed.options)
        lists.notes += parsed.notes
        if parsed.requirement:
            self._note_local(line, parsed)
            requirement = (
                parsed.requirement if "://" in parsed.requirement else EGG.sub("", parsed.requirement)
            )
            text = f"-e {requirement}" if parsed.editable else requirement
            target.append(Line(text=text, file=line.file, number=line.number))
        for name in parsed.requirements:
            self._follow(line, name, constrains=constrains)
        for name in parsed.constraints:
            self._follow(line, name, constrains=True)

    def _follow(self, line: Line, name: str, *, constrains: bool) -> None:
        """The lines of another file, which is looked for beside the one that names it, and in the root."""
        if "://" in name:
            target = self.lists.constraints if constrains else self.lists.requirements
            target.append(
                Line(text=f"{'-c' if constrains else '-r'} {name}", file=line.file, number=line.number)
            )
            return
        found = self._in_task(line, name)
        if found is None:
            raise LineError(
                f"{line.place} refers to {name}, which is not in the Task. Add it, or remove the line."
            )
        if (self._folder / found).is_dir():
            raise LineError(f"{line.place} refers to {name}, which is a folder; expected a file in it.")
        if (found, constrains) not in self._seen:
            self._seen.add((found, constrains))
            self.add(read(self._folder, found), constrains=constrains)

    def _in_task(self, line: Line, name: str) -> str | None:
        """The path of a file or folder that a line names, relative to the root."""
        if is_absolute(name):
            raise LineError(
                f"{line.place} refers to {name}, outside the Task. Only files of the Task can be read: add "
                "it to the Task and write its path from there."
            )
        for base in dict.fromkeys((os.path.dirname(line.file), "")):
            path = os.path.normpath(os.path.join(base, name))
            if not path.startswith("..") and (self._folder / path).exists():
                return path
        return None

    def _find_links(self, line: Line, place: str) -> str:
        """Where to look for packages, as uv finds it from the Task's root."""
        path = local_path(place)
        if "://" in path or is_absolute(path):
            return place
        found = self._in_task(line, path)
        if found is None:
            raise LineError(
                f"{line.place} looks for packages in {place}, and there is no such folder in the Task."
            )
        self.lists.wheelhouses.append(found)
        return found if "/" in found or found.startswith(".") else f"./{found}"

    def _note_local(self, line: Line, parsed: Parsed) -> None:
        """Notes what is installed from the Task; raises for what is on a machine that this is not."""
        path = local_target(parsed.requirement, self._folder, always=parsed.editable)
        if path is None:
            return
        if is_absolute(path):
            if not os.path.exists(path):
                self._elsewhere.append((line, path))
            else:
                (self.lists.editable if parsed.editable else self.lists.local).append(path)
            return
        if not (self._folder / path).exists():
            raise LineError(
                f"{line.place} installs {path}, which is not in the Task. Add it, or remove the line."
            )
        if path.lower().endswith(".whl"):
            _check_wheel_name(line, os.path.basename(path))
        inside = os.path.normpath(path)
        if inside.startswith(".."):
            raise LineError(f"{line.place} installs {path}, which is outside the Task. Add it to the Task.")
        (self.lists.editable if parsed.editable else self.lists.local).append(inside)


def _check_wheel_name(line: Line, name: str) -> None:
    """Raises LineError for what no installer would take, by its name alone."""
    try:
        tags = parse_wheel_filename(name)[3]
    except InvalidWheelFilename as error:
        raise LineError(
            f"{line.place} installs {name}. A wheel must keep the name that it was made with, such as "
            "numpy-1.26.4-py3-none-any.whl: rename it."
        ) from error
    systems = sorted({tag.platform for tag in tags})
    own = ("any", "macosx") if sys.platform == "darwin" else ("any", "linux", "manylinux", "musllinux")
    if not any(system.startswith(own) for system in systems):
        raise LineError(
            f"{line.place} installs {name}, which is made for another system ({', '.join(systems)}). Add the "
            "file that is made for this one, or write NAME==VERSION."
        )


def local_target(requirement: str, folder: Path, *, always: bool = False) -> str | None:
    """The path that a requirement is installed from, as it is written; None for a name or an address.

    With `always` it can be no name.
    """
    named = NAMED_ADDRESS.fullmatch(requirement)
    text = (requirement if named is None else named["target"]).split(" --hash")[0]
    text = re.split(r"\s*;|\s+#", text)[0].strip()
    text = re.sub(rf"^(?:file:/*)?{re.escape(PROJECT_ROOT)}/", "./", text)
    text = local_path(text.split("#")[0])
    if "://" in text or re.match(r"(git|hg|svn|bzr)\+", text):
        return None
    path = re.sub(r"\[[^\]]*\]$", "", text).strip()
    looks_local = (
        always or path.startswith((".", "/")) or named is not None or path.lower().endswith(ARCHIVES)
    )
    return path if looks_local or ("/" in path and (folder / path).exists()) else None
