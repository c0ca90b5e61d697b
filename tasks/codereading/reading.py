"""A program's options and the parameters that it reads, from its text: the way in to this package."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tasks.codereading.argparsers import ArgparseReader, Found
from tasks.codereading.clicks import ClickReader
from tasks.codereading.filling import insertion
from tasks.codereading.findings import Conditions, FoundParameter, NameRead, Options, Reads
from tasks.codereading.scopes import only_as_script
from tasks.codereading.shells import r_reads, shell_reads
from tasks.codereading.sources import Program, Python, Unreadable
from tasks.codereading.typers import TyperReader
from tasks.codereading.uses import python_reads
from tasks.runtime import interpreter_of


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a script and the files it pulls in say of parameters; `notes` are sentences on what they hide.

    `is_whole` is false if a file could not be parsed.
    """

    entry_script: str
    paths: tuple[str, ...] = ()
    options: Options = Options()
    reads: Reads = Reads()
    notes: tuple[str, ...] = ()
    is_whole: bool = True


def read_program(files: Mapping[str, str], entry_script: str) -> Reading:
    """Reads the script and, following imports and mentions, the files of the same Task. Never raises."""
    return read_programs(files, [entry_script])[0]


def read_programs(files: Mapping[str, str], entry_scripts: Iterable[str]) -> list[Reading]:
    """Each script once, as read_program does; what they share is parsed once."""
    parsed: dict[str, Python | Unreadable] = {}
    return [_read(Program(files, script, parsed=parsed)) for script in dict.fromkeys(entry_scripts)]


def _read(program: Program) -> Reading:
    entry_script = program.entry_script
    try:
        options = _options(program)
        reads = _joined([python_reads(program), *_other_reads(program)])
    except RecursionError:
        note = f"{entry_script} is nested too deeply to be read."
        paths = tuple(program.paths)
        return Reading(entry_script=entry_script, paths=paths, notes=(note,), is_whole=False)
    return Reading(
        entry_script=entry_script,
        paths=tuple(program.paths),
        options=options,
        reads=reads,
        notes=(*program.problems, *options.notes),
        is_whole=not program.problems,
    )


def _options(program: Program) -> Options:
    """The options of the program's own process; those of scripts that it starts are filled by it."""
    found: list[Found] = []
    notes: list[str] = []
    readers: list[ArgparseReader] = []
    for path, python in program.pythons.items():
        if path not in program.imported:
            continue
        skip = frozenset() if path == program.entry_script else only_as_script(python.tree)
        if "add_argument" in python.text:
            readers.append(ArgparseReader(python, skip=skip))
            found += readers[-1].found
            notes += readers[-1].notes
        for other in (ClickReader(python, skip=skip), TyperReader(python, skip=skip)):
            found += [Found(parameter, [dict(_first_ways(parameter))]) for parameter in other.found]
            notes += other.notes
    parameters, conflicts = _merged(found)
    spots = (insertion(reader, list(parameters)) for reader in readers)
    return Options(
        parameters=parameters,
        notes=(*dict.fromkeys(notes), *conflicts),
        insertion=next((spot for spot in spots if spot is not None), None) if parameters else None,
    )


def _first_ways(parameter: FoundParameter) -> Iterable[tuple[str, str]]:
    return ((name, options[0]) for name, options in parameter.visible_if)


def _merged(found: list[Found]) -> tuple[tuple[FoundParameter, ...], list[str]]:
    """One parameter for each name, visible under every command that has it, and a note where two differ."""
    ways: dict[str, list[dict[str, str]]] = {}
    first: dict[str, FoundParameter] = {}
    notes: list[str] = []
    for item in found:
        parameter = item.parameter
        known = first.setdefault(parameter.name, parameter)
        ways.setdefault(parameter.name, []).extend(item.ways)
        if (known.data_type, known.value) != (parameter.data_type, parameter.value):
            notes.append(
                f"{parameter.name} is declared differently at {known.place} and {parameter.place}; "
                "what stands first was taken."
            )
    commands = {name: parameter for name, parameter in first.items() if parameter.is_command}
    merged = []
    for name, parameter in first.items():
        conditions = _visible_if(ways[name], commands)
        shared = any(len(options) > 1 for _, options in conditions)
        group = "" if shared and parameter.group in ways[name][0].values() else parameter.group
        merged.append(replace(parameter, visible_if=conditions, group=group))
    return tuple(merged), list(dict.fromkeys(notes))


def _visible_if(ways: list[dict[str, str]], commands: Mapping[str, FoundParameter]) -> Conditions:
    """The commands that are needed on every way to an option."""
    shared = [name for name in ways[0] if all(name in way for way in ways)]
    conditions = []
    for name in shared:
        needed = tuple(dict.fromkeys(way[name] for way in ways))
        offered = commands[name].value["options"] if name in commands else []
        if all(option in offered for option in needed):
            conditions.append((name, needed))
    return tuple(conditions)


def _other_reads(program: Program) -> list[Reads]:
    readers = {"Rscript": r_reads, "bash": shell_reads}
    return [
        readers[language](text, path)
        for path, text in program.others.items()
        if (language := interpreter_of(path)) in readers
    ]


def _joined(several: list[Reads]) -> Reads:
    names: list[NameRead] = [name for reads in several for name in reads.names]
    return Reads(
        names=tuple(names),
        dynamic=next((reads.dynamic for reads in several if reads.dynamic is not None), None),
        written=frozenset().union(*(reads.written for reads in several)),
        fills_options=any(reads.fills_options for reads in several),
        loads=any(reads.loads for reads in several),
    )
