"""A task.yaml for scripts that have none, and how their options get its values. Runs nothing."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tasks.codereading import yaml_text
from tasks.codereading.declaring import Declaration, declare
from tasks.codereading.findings import Default, FoundParameter, NameRead, Reads
from tasks.codereading.reading import Reading, read_programs
from tasks.launchers import Launcher, launcher
from tasks.runtime import interpreter_of
from tasks.taskyaml.fields import MAX_NAME
from tasks.types.scalars import is_storable
from tasks.types.wording import quote

DEFAULT_GROUP = "parameters"
_WITHOUT_DEFAULT = ("dataset", "range")


@dataclass(frozen=True, kw_only=True)
class Note:
    """A sentence for the author; `code` are lines to be put after line `after` of the file `path`."""

    text: str
    code: str = ""
    path: str = ""
    after: int = 0


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """The text of a task.yaml, what it declares, what to know of it, and files that fill options from it."""

    text: str
    parameters: tuple[FoundParameter, ...] = ()
    notes: tuple[Note, ...] = ()
    launchers: tuple[Launcher, ...] = ()


def propose(files: Mapping[str, str], entry_scripts: Sequence[str], *, schema_url: str) -> Proposal:
    """Reads the entry scripts in `files` ({path: text}), and what they import, without running them."""
    readings = read_programs(files, entry_scripts)
    notes = [Note(text=text) for reading in readings for text in reading.notes]
    found = [(reading, parameters_of(reading)) for reading in readings]
    several = sum(bool(parameters) for _, parameters in found) > 1
    groups: dict[str, list[FoundParameter]] = {}
    known: dict[str, FoundParameter] = {}
    for reading, parameters in found:
        for parameter in parameters:
            first = known.setdefault(parameter.name, parameter)
            if first is parameter and _is_name(parameter.name):
                title = _title(parameter, reading.entry_script if several else "")
                groups.setdefault(title, []).append(parameter)
            notes += _flaws(first, parameter)
    head = [f"yaml-language-server: $schema={schema_url}", *_introduction(entry_scripts, known)]
    total = sum(map(len, groups.values()))
    fitting = _with_known_conditions(yaml_text.fitting(groups))
    declared = tuple(parameter for members in fitting.values() for parameter in members)
    text = yaml_text.write(fitting, head=head)
    if len(declared) < total:
        notes.append(Note(text=f"Only the first {len(declared)} of {total} parameters fit into a task.yaml."))
    launchers = []
    for reading in readings:
        if is_unfilled(reading) and interpreter_of(reading.entry_script) == "python":
            taken = [*files, *(made.path for made in launchers)]
            names = {parameter.name for parameter in declared}
            options = [option for option in reading.options.parameters if option.name in names]
            launchers.append(launcher(reading.entry_script, options, taken=taken))
            notes += _connections(reading, launchers[-1])
        if reading.reads.dynamic is not None:
            place = reading.reads.dynamic
            notes.append(
                Note(text=f"{place} reads parameters whose names are not written there; add them by hand.")
            )
    return Proposal(
        text=text,
        parameters=declared,
        notes=tuple(dict.fromkeys(notes)),
        launchers=tuple(launchers),
    )


def is_unfilled(reading: Reading) -> bool:
    """Whether a script takes options from its command line, and nothing puts the parameters into them."""
    return bool(reading.options.parameters) and not reading.reads.fills_options


def parameters_of(reading: Reading) -> list[FoundParameter]:
    """The options of a script, those of a command after the command, and then the names that it reads."""
    options = sorted(reading.options.parameters, key=lambda option: len(option.visible_if))
    taken = {option.name for option in options} | reading.reads.written
    return options + [
        parameter for parameter in _read_parameters(reading.reads) if parameter.name not in taken
    ]


def _read_parameters(reads: Reads) -> Iterable[FoundParameter]:
    by_name: dict[str, list[NameRead]] = {}
    for read in reads.names:
        by_name.setdefault(read.name, []).append(read)
    return [_parameter_of(uses) for uses in by_name.values()]


def _parameter_of(uses: list[NameRead]) -> FoundParameter:
    """One parameter from all its uses: the first default, the first hint at its type."""
    defaults = [use.default for use in uses if use.default is not None]
    default = next((d for d in defaults if d.value is not None), next(iter(defaults), Default()))
    hint = next((use.data_type for use in uses if use.data_type), "")
    place = next((use.place for use in uses if not use.is_declared_only), uses[0].place)
    base = Declaration(name=uses[0].name, place=place, default=default, required=not defaults)
    if hint in _WITHOUT_DEFAULT:
        return replace(declare(replace(base, default=Default(), kind="str")), data_type=hint)
    if default.value is not None and not (hint == "float" and isinstance(default.value, int)):
        hint = ""
    return declare(replace(base, kind=hint, is_list=isinstance(default.value, list)))


def _with_known_conditions(groups: Mapping[str, list[FoundParameter]]) -> dict[str, list[FoundParameter]]:
    """The groups without conditions that can't hold, since the command's parameter is not among them."""
    commands = {p.name: p.value["options"] for members in groups.values() for p in members if p.is_command}

    def kept(parameter: FoundParameter) -> FoundParameter:
        conditions = [
            (name, options)
            for name, options in parameter.visible_if
            if set(options) <= set(commands.get(name, ()))
        ]
        return replace(parameter, visible_if=tuple(conditions))

    return {title: [kept(parameter) for parameter in members] for title, members in groups.items()}


def _title(parameter: FoundParameter, script: str) -> str:
    group = parameter.group if _is_name(parameter.group) else ""
    return f"{script}: {group}" if script and group else group or script or DEFAULT_GROUP


def _is_name(name: str) -> bool:
    """Whether task.yaml takes it as a parameter's name."""
    proper = not any(unicodedata.category(character) == "Cc" for character in name)
    return bool(name.strip()) and len(name) <= MAX_NAME and proper and is_storable(name)


def _flaws(first: FoundParameter, parameter: FoundParameter) -> list[Note]:
    if not _is_name(parameter.name):
        text = f"{parameter.place}: {quote(parameter.name)} is left out, since no parameter can be called so."
        return [Note(text=text)]
    if (first.data_type, first.value) == (parameter.data_type, parameter.value):
        return []
    return [
        Note(
            text=f"{parameter.name} is not the same at {first.place} and {parameter.place}; "
            "the first was taken."
        )
    ]


def _introduction(entry_scripts: Sequence[str], known: Mapping[str, FoundParameter]) -> list[str]:
    scripts = ", ".join(entry_scripts)
    if not known:
        return [
            f"No options and no parameters were found in {scripts}." if scripts else "There is no script."
        ]
    return [f"Proposed from the code of {scripts}. Look through the types, defaults and descriptions."]


def _connections(reading: Reading, made: Launcher) -> list[Note]:
    """How the options get their values: by lines to add, or by an entry script that passes them on."""
    script, spot = reading.entry_script, reading.options.insertion
    what = f"{script} takes its options from the command line, which the form does not fill."
    notes = []
    if spot is not None:
        text = f"{what} These lines make it do so: put them after line {spot.after} of {spot.path}."
        notes.append(Note(text=text, code=spot.code, path=spot.path, after=spot.after))
        what = f"Or leave {script} as it is."
    use = f"{made.path} is an entry script that passes the parameters on as a command line"
    return [*notes, Note(text=f"{what} {use}: create it, and choose it for the Run.")]
