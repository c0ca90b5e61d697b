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
    """Warnings: names that task.yaml lacks, options that nothing fills, parameters that nothing mentions."""
    readings = read_scripts(files, entry_scripts)
    filled = [r for r in readings if r.options and (not r.is_unfilled or is_launched(files, r.script))]
    unfilled = [r for r in readings if r.options and r not in filled]
    options = [option for reading in filled for option in reading.options]
    return [
        *_lacking(spec, readings),
        *_missing(spec, options),
        *_unfilled(spec, unfilled),
        *_unread(spec, files, readings, options),
    ]


def _lacking(spec: TaskSpec, readings: Sequence[Reading]) -> Iterator[Mismatch]:
    by_file: dict[tuple[str, str], dict[Place, Option]] = {}
    for read in [read for reading in readings for reads in reading.reads for read in reads.names]:
        if read.name not in spec.by_name:
            by_file.setdefault((read.place.path, read.name), {}).setdefault(read.place, read)
    for (path, name), uses in by_file.items():
        also = f" (and {len(uses) - 1} more times)" if len(uses) > 2 else " (and once more)" * (len(uses) - 1)
        meant, default = nearest(name, spec.by_name), next(iter(uses.values())).default
        hint = f"; did you mean {quote(meant)}?" if meant is not None else ""
        hint = hint if default is None else f", so it always gets {inline(default)}{hint}"
        message = f"{path} reads the parameter {quote(name)}{also}, which {TASK_YAML} lacks{hint}"
        yield _at(next(iter(uses)), message, name)


def _missing(spec: TaskSpec, options: Sequence[Option]) -> Iterator[Mismatch]:
    """Required options of scripts that get their options' values from the parameters."""
    for option in options:
        if option.required and option.name not in spec.by_name:
            what = f"{option.place.path} requires the option {quote(option.name)}"
            yield _at(option.place, f"{what}, which {TASK_YAML} lacks", option.name)


def _unfilled(spec: TaskSpec, readings: Sequence[Reading]) -> Iterator[Mismatch]:
    """Scripts whose options are in task.yaml, while nothing takes them from there."""
    for reading in readings:
        shared = [option for option in reading.options if option.name in spec.by_name]
        if shared and not any(reads.loads for reads in reading.reads):
            names = ", ".join(quote(option.name) for option in shared[:3]) + ", …" * (len(shared) > 3)
            message = (
                f"{reading.script} takes {names} from the command line and never reads the parameters, "
                "so the values in the form have no effect"
            )
            yield _at(shared[0].place, message, shared[0].name)


def _unread(
    spec: TaskSpec, files: Mapping[str, str], readings: Sequence[Reading], options: Sequence[Option]
) -> Iterator[Mismatch]:
    """Parameters that no file mentions, while all names that the scripts read are written in them."""
    used = [reads for reading in readings if any(r.loads for r in reading.reads) for reads in reading.reads]
    names = {read.name for reads in used for read in reads.names} | {option.name for option in options}
    is_known = names and not any(reads.dynamic for reads in used)
    for parameter in spec.parameters if is_known else ():
        word = re.compile(rf"(?<!\w){re.escape(parameter.name)}(?!\w)")
        if parameter.name not in names and not any(word.search(text) for text in files.values()):
            meant = nearest(parameter.name, sorted(names - spec.by_name.keys()))
            hint = f"; {quote(meant)} is read instead" if meant is not None else ""
            place = Place(path=TASK_YAML, line=parameter.line)
            message = f"{parameter.name}: no script reads this parameter{hint}"
            yield _at(place, message, parameter.name, column=parameter.column)


def _at(place: Place, message: str, name: str, *, column: int = 1) -> Mismatch:
    return Mismatch(
        severity="warning", message=message, parameter=name,
        path=place.path, line=place.line, column=column, cell=place.cell,
    )  # fmt: skip
