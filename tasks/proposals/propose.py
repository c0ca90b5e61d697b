"""A task.yaml for scripts that have none, and the launchers that hand them its values. Runs nothing."""

import json
import posixpath
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tasks.proposals import yaml_text
from tasks.proposals.argparse_options import ArgparseOptions
from tasks.proposals.click_options import ClickOptions, TyperOptions
from tasks.proposals.code import Code, Place, Unreadable, imported_with, read_code
from tasks.proposals.options import Option, declare
from tasks.proposals.reads import Reads, code_reads, text_reads
from tasks.runtime import interpreter_of
from tasks.taskyaml.fields import MAX_NAME
from tasks.taskyaml.spec import parse
from tasks.types.scalars import is_storable
from tasks.types.wording import quote

DEFAULT_GROUP = "parameters"
_TEMPLATE = Path(__file__).with_name("launcher_template.py").read_text(encoding="utf-8")
_MARK = "takes the values of the form past the command line: with"


@dataclass(frozen=True, kw_only=True)
class Launcher:
    """A new file for the Task, to be run instead of `script`, which stays as it is."""

    path: str
    script: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a script and the files that it imports say of parameters; `notes` tell what they hide."""

    script: str
    options: tuple[Option, ...] = ()
    reads: tuple[Reads, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_unfilled(self) -> bool:
        """Whether it takes options from its command line, and nothing puts the parameters into them."""
        return bool(self.options) and not any(reads.fills_options for reads in self.reads)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """The text of a task.yaml, what it declares, what to know of it, and launchers for its options."""

    text: str
    parameters: tuple[Option, ...] = ()
    notes: tuple[str, ...] = ()
    launchers: tuple[Launcher, ...] = ()


def propose(files: Mapping[str, str], entry_scripts: Sequence[str], *, schema_url: str) -> Proposal:
    """Reads the entry scripts in `files` ({path: text}), and what they import, without running them."""
    readings = read_scripts(files, entry_scripts)
    notes = [note for reading in readings for note in reading.notes]
    known, scripts = _collected(readings, notes)
    head = f"Proposed from {', '.join(entry_scripts)}. Review the types, defaults and descriptions."
    declared, text = tuple(known.values()), ""
    while not text or (declared and parse(text).errors):  # too much for a task.yaml
        declared = declared[: len(declared) // 2] if text else declared
        groups: dict[str, list[Option]] = {}
        for option in declared:
            groups.setdefault(_title(option, scripts), []).append(_with_known_command(option, known))
        text = yaml_text.write(groups, head=[f"yaml-language-server: $schema={schema_url}", head])
    if len(declared) < len(known):
        notes.append(f"Only the first {len(declared)} of {len(known)} parameters fit into a task.yaml.")
    unfilled = [r.script for r in readings if r.is_unfilled and interpreter_of(r.script) == "python"]
    launchers = tuple(launcher(path, taken=files) for path in unfilled if not is_launched(files, path))
    notes += [
        f"{made.script} takes its options from the command line, which the form does not fill in. "
        f"The launcher {made.path} passes it the values of the form: run that one."
        for made in launchers
    ]
    return Proposal(text=text, parameters=declared, notes=tuple(dict.fromkeys(notes)), launchers=launchers)


def _collected(readings: Sequence[Reading], notes: list[str]) -> tuple[dict[str, Option], dict[str, str]]:
    """What is to be declared by name, and in which script each was found first; adds to the notes."""
    known: dict[str, Option] = {}
    scripts: dict[str, str] = {}
    for option, script in [(option, r.script) for r in readings for option in parameters_of(r)]:
        name, found, first = option.name, declare(option), known.get(option.name)
        if not _is_name(name):
            notes.append(f"{option.place}: {quote(name)} is left out: it is not a valid parameter name.")
        elif first is None:
            known[name], scripts[name] = found, script
        else:
            known[name] = _merged(first, option)
            if (first.kind, first.default) != (found.kind, found.default):
                places = f"{first.place} and {found.place}"
                notes.append(f"{name} differs between {places}; the first was used.")
    return known, scripts


def read_scripts(files: Mapping[str, str], entry_scripts: Sequence[str]) -> list[Reading]:
    """Each script with what it imports; launchers are left out, since they say nothing. Never raises."""
    parsed: dict[str, Code] = {}
    wanted = [script for script in dict.fromkeys(entry_scripts) if not is_launcher(files[script])]
    return [_read(files, script, parsed) for script in wanted]


def _read(files: Mapping[str, str], script: str, parsed: dict[str, Code]) -> Reading:
    if interpreter_of(script) not in ("python", "notebook"):
        return Reading(script=script, reads=(text_reads(files[script], script),))
    options: list[Option] = []
    reads: list[Reads] = []
    notes: list[str] = []
    for path in imported_with(files, script):
        try:
            code = parsed[path] = parsed.get(path) or read_code(files[path], path)
            reads.append(code_reads(code))
            found = [kind(code) for kind in (ArgparseOptions, ClickOptions, TyperOptions)]
        except (Unreadable, RecursionError) as error:
            is_deep = isinstance(error, RecursionError)
            notes.append(f"{path} is nested too deeply to be read." if is_deep else str(error))
            reads.append(Reads(dynamic=Place(path=path, line=1)))
            continue
        # Once the script has options of its own, those of modules are not its own.
        if not any(option.place.path == script for option in options):
            options += [option for one in found for option in one.found]
            notes += [note for one in found for note in one.notes]
        if reads[-1].dynamic is not None:
            where = reads[-1].dynamic
            notes.append(f"{where} reads parameters whose names are computed; add them by hand.")
    return Reading(script=script, options=tuple(options), reads=tuple(reads), notes=tuple(notes))


def parameters_of(reading: Reading) -> Iterator[Option]:
    """The options of a script, those of a command last, and then the names that it reads."""
    yield from sorted(reading.options, key=lambda option: option.under is not None)
    by_name: dict[str, list[Option]] = {}
    for use in [use for reads in reading.reads for use in (*reads.names, *reads.defaults)]:
        by_name.setdefault(use.name, []).append(use)
    own = {option.name for option in reading.options}
    yield from (_one_of(uses) for name, uses in by_name.items() if name not in own)


def _one_of(uses: Sequence[Option]) -> Option:
    """One parameter from all its uses: the first default, the first hint at its type."""
    richest = next((use for use in uses if use.default is not None or use.unread), uses[0])
    kind = next((use.kind for use in uses if use.kind), "")
    default = None if kind == "dataset" else richest.default
    if default is not None and not (kind == "float" and isinstance(default, int)):
        kind = ""
    richest = replace(
        richest, place=uses[0].place, kind=kind, default=default, is_list=isinstance(default, list)
    )
    return replace(richest, required=all(use.required for use in uses))


def _merged(first: Option, other: Option) -> Option:
    """An option of several commands, under all of them."""
    if first.under is None or other.under is None or first.under[0] != other.under[0]:
        return replace(first, under=None)
    commands = tuple(dict.fromkeys([*first.under[1], *other.under[1]]))
    return replace(first, under=(first.under[0], commands), group=first.group if len(commands) == 1 else "")


def _with_known_command(option: Option, known: Mapping[str, Option]) -> Option:
    """The option without its condition where the form does not offer the commands."""
    chooser, commands = option.under or ("", ())
    is_offered = chooser in known and set(commands) <= set(known[chooser].choices or ())
    return option if is_offered else replace(option, under=None)


def _title(option: Option, scripts: Mapping[str, str]) -> str:
    """The name of the group: that of the parser, and of the script if there are several."""
    script = scripts[option.name] if len(set(scripts.values())) > 1 else ""
    group = option.group if _is_name(option.group) else ""
    return ": ".join(filter(None, [script, group])) or DEFAULT_GROUP


def _is_name(name: str) -> bool:
    """Whether task.yaml takes it as a parameter's name."""
    proper = not any(unicodedata.category(character) == "Cc" for character in name)
    return bool(name.strip()) and len(name) <= MAX_NAME and proper and is_storable(name)


def launcher(script: str, *, taken: Collection[str] = ()) -> Launcher:
    """The launcher of a script, beside it, where no other file has its name."""
    folder, name = posixpath.split(script)
    path, lowered = f"run_{name}", {path.casefold() for path in taken}
    while posixpath.join(folder, path).casefold() in lowered:
        path = f"run_{path}"
    text = _TEMPLATE.replace('"script.py"', json.dumps(name))
    return Launcher(path=posixpath.join(folder, path), script=script, text=text)


def is_launcher(text: str) -> bool:
    return _MARK in text


def is_launched(files: Mapping[str, str], script: str) -> bool:
    """Whether a launcher of the script is among the files."""
    folder, name = posixpath.split(script)
    beside = [text for path, text in files.items() if posixpath.dirname(path) == folder]
    return any(is_launcher(text) and f"with_name({json.dumps(name)})" in text for text in beside)
