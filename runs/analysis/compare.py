"""Runs side by side, and a Run against its Task as it is now: what differs, what is the same. No HTTP."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from coretex_site.templatetags.ui import duration
from runs import snapshots
from runs.models import Metric, Run
from runs.records import usage
from runs.records.number_text import figures
from runs.submission import choices
from runs.submission.value_text import ValueTexts
from tasks.files import diff, store
from tasks.files.diff import FileDifference
from tasks.models import Task
from tasks.types import equality
from tasks.types.declarations import TaskSpec
from tasks.types.wording import shorten

MOST = 8
DASH = "–"
LONGEST_SHOWN = 500
# Of a Task as it is now, which has no metrics, environment and times: equal to everything.
ABSENT = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One fact of every side; equal when all are.

    `exact` is what is compared where the texts are shortened or rounded.
    """

    label: str
    texts: Sequence[str]
    exact: Sequence[Any] | None = None

    @property
    def differs(self) -> bool:
        compared = self.texts if self.exact is None else self.exact
        there = zip(self.texts, compared, strict=True)
        return len({value for text, value in there if text is not ABSENT}) > 1

    @property
    def shown(self) -> Sequence[str]:
        """The texts; longer ones where different values would look the same."""
        if self.exact is None or not self.differs or len(set(self.texts)) > 1:
            return self.texts
        return [shorten(str(value), width=LONGEST_SHOWN) for value in self.exact]


@dataclass(frozen=True, kw_only=True)
class Section:
    title: str
    lines: Sequence[Line]
    # What to say when nothing stands in it.
    nothing: str = ""

    @property
    def different(self) -> list[Line]:
        return [line for line in self.lines if line.differs]

    @property
    def same(self) -> list[Line]:
        return [line for line in self.lines if not line.differs]

    @property
    def key(self) -> str:
        return self.title.lower().replace(" ", "-")


@dataclass(frozen=True, kw_only=True)
class Code:
    """How the files of one side differ from those of the first."""

    label: str
    files: Sequence[FileDifference] = ()
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Side:
    """What is compared: a Run, or a Task as it is now (`run` is None)."""

    task: Task
    run: Run | None = None

    @property
    def label(self) -> str:
        return f"{self.task.name} (current)" if self.run is None else f"Run {self.run.pk}"

    @property
    def digest(self) -> str:
        return self.task.digest if self.run is None else self.run.snapshot_id

    @cached_property
    def declared(self) -> TaskSpec:
        if self.run is None:
            return store.read_spec(self.task).spec or TaskSpec()
        return snapshots.declared_or_empty(self.run.snapshot_id)

    @property
    def values(self) -> Mapping[str, Any]:
        return self.declared.defaults() if self.run is None else self.run.parameters

    def text_of(self, name: str) -> str:
        return self._texts.of(name, self.values[name]) if name in self.values else DASH

    @cached_property
    def _texts(self) -> ValueTexts:
        return ValueTexts(self.declared, self.task.project_id)

    def value(self, name: str) -> Any:
        """The value as readers see it: an enum by its option."""
        parameter, value = self.declared.by_name.get(name), self.values[name]
        return value if parameter is None else choices.as_shown(parameter, value)

    def exact(self, name: str) -> str:
        """Equal only for the same value; that of a parameter that is not there equals no other."""
        return equality.key(self.value(name)) if name in self.values else DASH

    def entries(self) -> dict[str, tuple[bool, str]]:
        if self.run is None:
            return store.entries(self.task)
        return {path: (executable, sha) for path, executable, sha in snapshots.read_list(self.digest)}

    def reader(self) -> Callable[[str], bytes]:
        if self.run is None:
            return lambda path: store.read_bytes(self.task, path)
        root = snapshots.root(self.digest)
        return lambda path: (root / path).read_bytes()


@dataclass(frozen=True, kw_only=True)
class Comparison:
    sides: Sequence[Side]
    sections: Sequence[Section]
    code: Sequence[Code] = field(default=())

    @property
    def code_differs(self) -> bool:
        return any(code.files or code.problem for code in self.code)

    @property
    def is_identical(self) -> bool:
        return not self.code_differs and not any(section.different for section in self.sections)


def compare(sides: Sequence[Side]) -> Comparison:
    """Every section; files are compared with those of the first side."""
    runs = [side.run for side in sides]
    return Comparison(
        sides=sides,
        sections=[
            _parameters(sides),
            _metrics(runs),
            _what_ran(sides),
            _packages(runs),
            _times(runs),
        ],
        code=_code(sides),
    )


def _parameters(sides: Sequence[Side]) -> Section:
    names = dict.fromkeys(name for side in sides for name in side.values)
    lines = [
        Line(label=name, texts=[s.text_of(name) for s in sides], exact=[s.exact(name) for s in sides])
        for name in names
    ]
    return Section(title="Parameters", lines=lines, nothing="None of them has parameters.")


def _metrics(runs: Sequence[Run | None]) -> Section:
    """The last value of every metric; a Task as it is now has none."""
    newest = {run.latest_id: run.pk for run in runs if run is not None and run.latest_id}
    rows = Metric.objects.filter(execution__in=list(newest)).exclude(name__in=usage.NAMES)
    held: dict[str, dict[int, float | None]] = {}
    for name, execution, last in rows.order_by("name").values_list("name", "execution", "last"):
        held.setdefault(name, {})[newest[execution]] = last
    lines = [
        Line(
            label=name,
            texts=[ABSENT if run is None else figures(by_run.get(run.pk)) for run in runs],
            exact=[None if run is None else by_run.get(run.pk) for run in runs],
        )
        for name, by_run in held.items()
    ]
    return _among_runs(
        Section(title="Last metrics", lines=lines, nothing="None of them reported a metric."), runs
    )


def _of(run: Run | None, read: Callable[[Run], str]) -> str:
    return ABSENT if run is None else read(run)


def _what_ran(sides: Sequence[Side]) -> Section:
    first = sides[0].task.pk
    lines = [
        Line(label="Entry script", texts=[_of(side.run, lambda r: r.entry_script) for side in sides]),
        Line(label="Snapshot", texts=[side.digest[:12] for side in sides]),
    ]
    if any(side.task.pk != first for side in sides):
        lines.insert(0, Line(label="Task", texts=[side.task.name for side in sides]))
        lines.insert(1, Line(label="Project", texts=[side.task.project.name for side in sides]))
    elif any(side.run is None for side in sides):
        lines = lines[1:]
    return Section(title="What ran", lines=lines)


PACKAGE = re.compile(r"^\s*([A-Za-z0-9._-]+)\s*(?:==|=|\s)\s*(.+?)\s*$")


def _packages(runs: Sequence[Run | None]) -> Section:
    """Every package of the environments, with its version in each; and the interpreter."""
    held = [_environment(run) for run in runs]
    names = dict.fromkeys(name for one in held for name in sorted(one))
    lines = [
        Line(
            label=name,
            texts=[
                ABSENT if run is None else one.get(name, DASH) for run, one in zip(runs, held, strict=True)
            ],
        )
        for name in names
    ]
    return _among_runs(Section(title="Environment", lines=lines, nothing="No environment was built."), runs)


def _among_runs(section: Section, runs: Sequence[Run | None]) -> Section:
    """Beside a Task as it is now, one Run alone has nothing to be compared with."""
    if sum(run is not None for run in runs) > 1:
        return section
    return Section(title=section.title, lines=(), nothing="Not recorded for the current Task.")


def _environment(run: Run | None) -> dict[str, str]:
    environment = run.latest.environment if run is not None and run.latest is not None else None
    if environment is None:
        return {}
    found = {"Kind": environment.kind, "Interpreter": environment.interpreter}
    for line in environment.packages.splitlines():
        match = PACKAGE.match(line)
        if match is not None:
            found[match[1]] = match[2]
        elif line.strip():
            found[line.strip()] = "installed"
    return found


def _times(runs: Sequence[Run | None]) -> Section:
    readers: dict[str, Callable[[Run], str]] = {
        "Status": lambda run: run.status.label,
        "Node": _node,
        "Execution": lambda run: DASH if run.latest is None else str(run.latest.number),
        "Waited": lambda run: _between(run, "created_at", "claimed_at"),
        "Prepared": lambda run: _between(run, "claimed_at", "started_at"),
        "Ran": lambda run: _between(run, "started_at", "finished_at"),
        "Exit code": _exit_code,
        "Started by": lambda run: run.created_by.get_username(),
    }
    lines = [Line(label=label, texts=[_of(run, read) for run in runs]) for label, read in readers.items()]
    return _among_runs(Section(title="Execution", lines=lines), runs)


def _node(run: Run) -> str:
    return DASH if run.latest is None or run.latest.node is None else run.latest.node.name


def _exit_code(run: Run) -> str:
    return DASH if run.latest is None or run.latest.exit_code is None else str(run.latest.exit_code)


def _between(run: Run, begin: str, end: str) -> str:
    began, ended = (getattr(run.latest, name, None) for name in (begin, end))
    return DASH if began is None or ended is None else duration(ended - began)


def _code(sides: Sequence[Side]) -> list[Code]:
    """The files of each side that has others than the first."""
    first, found = sides[0], []
    compared: set[str] = {first.digest}
    for side in sides[1:]:
        if side.digest in compared:
            continue
        compared.add(side.digest)
        same = [other.label for other in sides[1:] if other.digest == side.digest]
        label = f"{first.label} → {', '.join(same)}"
        try:
            files = diff.compare(
                first.entries(), side.entries(), read_before=first.reader(), read_after=side.reader()
            )
            found.append(Code(label=label, files=files))
        except (snapshots.SnapshotError, OSError) as error:
            found.append(Code(label=label, problem=str(error)))
    return found
