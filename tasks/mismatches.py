"""Where scripts and task.yaml disagree on the names of parameters, from their text. Runs nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tasks.codereading.findings import NameRead, Place
from tasks.codereading.reading import Reading, read_programs
from tasks.proposals import is_unfilled
from tasks.taskyaml.tree import Problem
from tasks.types.declarations import TaskSpec
from tasks.types.wording import inline, nearest, quote

TASK_YAML = "task.yaml"


@dataclass(frozen=True, kw_only=True)
class Mismatch(Problem):
    """A warning at a line of the file `path`, in a notebook at a line of the cell `cell`."""

    path: str = TASK_YAML
    cell: int | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.severity}: {self.message}"


def mismatches(spec: TaskSpec, files: Mapping[str, str], entry_scripts: Sequence[str]) -> list[Mismatch]:
    """Warnings, those in scripts first: names that task.yaml lacks, options that nothing fills, and
    parameters that no script reads.

    Nobody is said to read nothing while a script uses names that only running it would tell.
    """
    readings = read_programs(files, entry_scripts)
    reads = {(read.name, read.place): read for reading in readings for read in reading.reads.names}
    return [
        *_lacking(spec, readings, list(reads.values())),
        *_missing_options(spec, readings),
        *_unfilled(spec, files, readings),
        *_unread(spec, files, readings),
    ]


def _lacking(spec: TaskSpec, readings: list[Reading], reads: Sequence[NameRead]) -> Iterable[Mismatch]:
    written = frozenset().union(*(reading.reads.written for reading in readings))
    by_file: dict[tuple[str, str], list[NameRead]] = {}
    for read in reads:
        if read.name not in spec.by_name and read.name not in written and not read.is_declared_only:
            by_file.setdefault((read.place.path, read.name), []).append(read)
    for (path, name), uses in by_file.items():
        others = sorted({use.place for use in uses[1:]} - {uses[0].place})
        also = f" (and {len(others)} more times)" if len(others) > 1 else " (and once more)" if others else ""
        meant = nearest(name, spec.by_name)
        hint = f"; did you mean {quote(meant)}?" if meant is not None else ""
        fallback = uses[0].default
        if fallback is not None and not fallback.unread:
            hint = f", so it always gets {inline(fallback.value)}{hint}"
        yield _at(
            uses[0].place,
            f"{path} reads the parameter {quote(name)}{also}, which {TASK_YAML} lacks{hint}",
            name,
        )


def _missing_options(spec: TaskSpec, readings: list[Reading]) -> Iterable[Mismatch]:
    """Required options of scripts that take their options' values from the parameters."""
    for reading in readings:
        for option in reading.options.parameters if reading.reads.fills_options else ():
            if option.required and option.name not in spec.by_name:
                message = (
                    f"{option.place.path} requires the option {quote(option.name)}, which {TASK_YAML} lacks"
                )
                yield _at(option.place, message, option.name)


def _unfilled(spec: TaskSpec, files: Mapping[str, str], readings: list[Reading]) -> Iterable[Mismatch]:
    """Scripts whose options are in task.yaml, while nothing takes them from there."""
    passing = [files[path] for reading in readings if reading.reads.loads for path in reading.paths]
    for reading in readings:
        shared = [option for option in reading.options.parameters if option.name in spec.by_name]
        script = reading.entry_script.rpartition("/")[2]
        if (
            not shared
            or not is_unfilled(reading)
            or reading.reads.loads
            or any(script in text for text in passing)
        ):
            continue
        names = ", ".join(quote(option.name) for option in shared[:3]) + (", …" if len(shared) > 3 else "")
        message = (
            f"{reading.entry_script} takes {names} from the command line and never reads the parameters, "
            "so what is chosen in the form has no effect"
        )
        yield _at(shared[0].place, message, shared[0].name)


def _unread(spec: TaskSpec, files: Mapping[str, str], readings: list[Reading]) -> Iterable[Mismatch]:
    used = [reading for reading in readings if reading.reads.loads]
    names = {read.name for reading in used for read in reading.reads.names if not read.is_declared_only}
    filled = [reading for reading in used if reading.reads.fills_options]
    names |= {option.name for reading in filled for option in reading.options.parameters}
    if not names or any(reading.reads.dynamic is not None or not reading.is_whole for reading in used):
        return
    texts = [files[path] for reading in filled for path in reading.paths]
    for parameter in spec.parameters:
        # The result of parse_args has them all, so there a name that is mentioned may be read.
        if parameter.name in names or any(parameter.name in text for text in texts):
            continue
        unknown = sorted(name for name in names if name not in spec.by_name)
        meant = nearest(parameter.name, unknown)
        hint = f"; {quote(meant)} is read instead" if meant is not None else ""
        yield Mismatch(
            severity="warning",
            line=parameter.line,
            column=parameter.column,
            message=f"{parameter.name}: no script reads this parameter{hint}",
            parameter=parameter.name,
        )


def _at(place: Place, message: str, name: str) -> Mismatch:
    return Mismatch(
        severity="warning",
        line=place.line,
        column=1,
        message=message,
        parameter=name,
        path=place.path,
        cell=place.cell,
    )
