"""Where scripts and task.yaml disagree on the names of parameters, from their text. Runs nothing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tasks.proposals.code import Place
from tasks.proposals.options import Option
from tasks.proposals.propose import Reading, is_launched, read_scripts
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
    """
    readings = read_scripts(files, entry_scripts)
    filled = [r for r in readings if r.options and (not r.is_unfilled or is_launched(files, r.script))]
    unfilled = [r for r in readings if r.options and r not in filled]
    return [
        *_lacking(spec, readings),
        *(
            _missing(option)
            for r in filled
            for option in r.options
            if option.required and option.name not in spec.by_name
        ),
        *_unfilled(spec, unfilled),
        *_unread(spec, files, readings, filled),
    ]


def _lacking(spec: TaskSpec, readings: Sequence[Reading]) -> Iterator[Mismatch]:
    by_file: dict[tuple[str, str], list[Option]] = {}
    for read in {read: None for reading in readings for reads in reading.reads for read in reads.names}:
        if read.name not in spec.by_name:
            by_file.setdefault((read.place.path, read.name), []).append(read)
    for (path, name), uses in by_file.items():
        others = len({use.place for use in uses}) - 1
        also = f" (and {others} more times)" if others > 1 else " (and once more)" if others else ""
        meant = nearest(name, spec.by_name)
        hint = f"; did you mean {quote(meant)}?" if meant is not None else ""
        if uses[0].default is not None:
            hint = f", so it always gets {inline(uses[0].default)}{hint}"
        message = f"{path} reads the parameter {quote(name)}{also}, which {TASK_YAML} lacks{hint}"
        yield _at(uses[0].place, message, name)


def _missing(option: Option) -> Mismatch:
    """For a required option of a script that gets its options' values from the parameters."""
    message = f"{option.place.path} requires the option {quote(option.name)}, which {TASK_YAML} lacks"
    return _at(option.place, message, option.name)


def _unfilled(spec: TaskSpec, readings: Sequence[Reading]) -> Iterator[Mismatch]:
    """Scripts whose options are in task.yaml, while nothing takes them from there."""
    for reading in readings:
        shared = [option for option in reading.options if option.name in spec.by_name]
        if shared and not any(reads.loads for reads in reading.reads):
            names = ", ".join(quote(option.name) for option in shared[:3]) + (
                ", …" if len(shared) > 3 else ""
            )
            message = (
                f"{reading.script} takes {names} from the command line and never reads the parameters, "
                "so what is chosen in the form has no effect"
            )
            yield _at(shared[0].place, message, shared[0].name)


def _unread(
    spec: TaskSpec, files: Mapping[str, str], readings: Sequence[Reading], filled: Sequence[Reading]
) -> Iterator[Mismatch]:
    """Parameters that no file mentions, while all names that the scripts read are written in them."""
    used = [reading for reading in readings if any(reads.loads for reads in reading.reads)]
    names = {read.name for reading in used for reads in reading.reads for read in reads.names}
    names |= {option.name for reading in filled for option in reading.options}
    if not names or any(reads.dynamic for reading in used for reads in reading.reads):
        return
    for parameter in spec.parameters:
        word = re.compile(rf"(?<!\w){re.escape(parameter.name)}(?!\w)")
        if parameter.name in names or any(word.search(text) for text in files.values()):
            continue
        meant = nearest(parameter.name, sorted(names - spec.by_name.keys()))
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
