"""task.yaml as text → TaskSpec, with every mistake at its line and column. Knows no disk, no storage."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from tasks.taskyaml.conditions import ConditionReader, Draft
from tasks.taskyaml.fields import (
    Entries,
    FieldReader,
    holds_parameters,
    is_null,
    kind,
    locate,
)
from tasks.taskyaml.folders import read_folder, read_folders
from tasks.taskyaml.surprises import of_layout
from tasks.taskyaml.tree import Problem, read_tree
from tasks.taskyaml.values import Unusable
from tasks.taskyaml.wanted import OF_DEFAULT, advice
from tasks.types.declarations import Group, Parameter, TaskSpec
from tasks.types.parameters import TYPES, CannotInfer, infer
from tasks.types.wording import found, inline, nearest, quote

__all__ = ["ParsedTask", "Problem", "TaskSpec", "parse"]

PROJECT_TYPES = range(1, 12)
TOP_KEYS = ("id", "name", "description", "is_active", "project_type", "cwd", "python_path", "param_groups")
GROUP_KEYS = ("name", "params")
CONDITION_KEYS = ("visible_if", "required_if")
PARAMETER_KEYS = (
    *("name", "description", "value", "data_type", "required", "dynamic", "min", "max", "multiline"),
    *CONDITION_KEYS,
)
_TOP_SYNONYMS = {
    **{"groups": "param_groups", "parameters": "param_groups", "params": "param_groups"},
    **{"working_directory": "cwd", "workdir": "cwd", "pythonpath": "python_path"},
}
_GROUP_SYNONYMS = {"parameters": "params"}
_PARAMETER_SYNONYMS = {"type": "data_type", "default": "value", "minimum": "min", "maximum": "max"}
_TYPE_SYNONYMS = {"string": "str", "text": "str", "integer": "int", "boolean": "bool", "number": "float"}


@dataclass(frozen=True, kw_only=True)
class ParsedTask:
    """The spec, or None if any problem is an error; problems in the order of the file."""

    spec: TaskSpec | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "warning")


@lru_cache(maxsize=64)
def parse(source: str | bytes) -> ParsedTask:
    """Reads a task.yaml; never raises. An empty file declares no parameters.

    A page, the validator and a worker read the same text again and again: what was read last is kept.
    """
    tree = read_tree(source)
    reader = _TaskReader(FieldReader(tree))
    spec = TaskSpec() if tree.root is None else reader.task(tree.root)
    problems = sorted(
        dict.fromkeys(reader.fields.problems), key=lambda problem: (problem.line, problem.column)
    )
    failed = any(problem.severity == "error" for problem in problems)
    return ParsedTask(spec=None if failed else spec, problems=tuple(problems))


class _TaskReader:
    """One reading of one file: from its root down to its parameters."""

    def __init__(self, fields: FieldReader) -> None:
        self.fields = fields
        self.drafts: dict[str, Draft] = {}

    def task(self, root: yaml.Node) -> TaskSpec:
        if is_null(root):
            return TaskSpec()
        if not isinstance(root, yaml.MappingNode):
            hint = '; write "param_groups:" above it' if isinstance(root, yaml.SequenceNode) else ""
            message = f'expected a mapping with the key "param_groups", found {kind(root)}{hint}'
            self.fields.report("error", root, message)
            return TaskSpec()
        entries = self.fields.values.entries(root)
        self.check_top_keys(entries)
        drafted = [self.group(node) for node in self.fields.items(entries, "param_groups", "groups")]
        linked = self.linked()
        return TaskSpec(
            name=self.fields.text(entries, "name") or "",
            description=self.fields.text(entries, "description") or "",
            project_type=self.project_type(entries),
            cwd=read_folder(self.fields, entries, "cwd"),
            python_path=read_folders(self.fields, entries, "python_path"),
            groups=tuple(
                Group(name=name, parameters=tuple(linked[member] for member in members if member in linked))
                for name, members in drafted
            ),
        )

    def check_top_keys(self, entries: Entries) -> None:
        """Unknown keys; one that holds parameters is said to miss param_groups above it."""
        misplaced = {}
        if "param_groups" not in entries:
            misplaced = {
                key: pair
                for key, pair in entries.items()
                if key not in TOP_KEYS and holds_parameters(pair[1])
            }
        for key, (node, _) in misplaced.items():
            message = (
                f"{quote(key)} looks like parameters, but param_groups is missing, so none is declared; "
                f'write "param_groups:", under it "- name: {key}" with "params:", and the list under that'
            )
            self.fields.report("warning", node, message)
        others = {key: pair for key, pair in entries.items() if key not in misplaced}
        self.fields.check_keys(others, TOP_KEYS, _TOP_SYNONYMS)
        for key in entries:
            if key in ("id", "is_active") or key not in TOP_KEYS:
                self.fields.readable(entries, key)

    def project_type(self, entries: Entries) -> int | None:
        number = self.fields.readable(entries, "project_type")
        if number is None or (isinstance(number, int) and number in PROJECT_TYPES and number is not True):
            return number
        message = f"expected the number of a Type (1 to 11), found {found(number)}; it is ignored"
        self.fields.report("warning", entries["project_type"][1], message)
        return None

    def group(self, node: yaml.Node) -> tuple[str, list[str]]:
        """The group's name and the names of its parameters; what they are goes into the drafts."""
        if not isinstance(node, yaml.MappingNode):
            self.fields.report(
                "error", node, f'expected a group with "name" and "params", found {kind(node)}'
            )
            return "", []
        entries = self.fields.values.entries(node)
        self.fields.check_keys(entries, GROUP_KEYS, _GROUP_SYNONYMS)
        for key in entries:
            if key not in GROUP_KEYS:
                self.fields.readable(entries, key)
        name = self.fields.text(entries, "name") or ""
        members = [self.parameter(child) for child in self.fields.items(entries, "params", "parameters")]
        return name, [member for member in members if member is not None]

    def parameter(self, node: yaml.Node) -> str | None:
        """Drafts a parameter and returns its name, if it has one that is free."""
        fields = self.fields
        if not isinstance(node, yaml.MappingNode):
            fields.report("error", node, f'expected a parameter with "name" and "value", found {kind(node)}')
            return None
        before = fields.error_count
        entries = fields.values.entries(node)
        name = fields.name(node, entries)
        fields.parameter = name
        if name in self.drafts:
            first = self.drafts[name].line
            message = (
                f"expected a name of its own, found a second {quote(name)}; the first is on line {first}"
            )
            fields.report("error", entries["name"][1], message)
        declared = self.declared(node, entries, name or "")
        fields.parameter = None
        if name is None or name in self.drafts:
            return None
        self.drafts[name] = Draft(
            name=name,
            line=fields.tree.place(entries["name"][1].start_mark)[0],
            parameter=declared if fields.error_count == before else None,
            conditions={key: entries[key][1] for key in CONDITION_KEYS if key in entries},
        )
        return name

    def declared(self, node: yaml.Node, entries: Entries, name: str) -> Parameter:
        fields = self.fields
        self.check_parameter_keys(entries)
        data_type, value = self.typed_value(entries)
        line, column = fields.tree.place(node.start_mark)
        parameter = Parameter(
            name=name,
            data_type=data_type or "str",
            description=fields.text(entries, "description") or "",
            value=value,
            required=fields.flag(entries, "required"),
            minimum=fields.number(entries, "min"),
            maximum=fields.number(entries, "max"),
            multiline=fields.flag(entries, "multiline") or (isinstance(value, str) and "\n" in value),
            line=line,
            column=column,
            extra={key: fields.readable(entries, key) for key in entries if key not in PARAMETER_KEYS},
        )
        if data_type is not None:
            self.check_effects(entries, parameter)
            self.check_default(entries.get("value", (node, node))[1], parameter)
        return parameter

    def check_parameter_keys(self, entries: Entries) -> None:
        if "params" in entries and holds_parameters(entries["params"][1]):
            message = 'found "params" inside a parameter, so they are not declared; indent the group less'
            self.fields.report("warning", entries["params"][0], message)
            entries = {key: pair for key, pair in entries.items() if key != "params"}
        self.fields.check_keys(entries, PARAMETER_KEYS, _PARAMETER_SYNONYMS)

    def typed_value(self, entries: Entries) -> tuple[str | None, Any]:
        """The data_type, written down or inferred, and the default; no data_type if either is unusable."""
        before = self.fields.error_count
        data_type = self.data_type(entries)
        wanted = OF_DEFAULT.get(data_type, "other") if data_type is not None else "unknown"
        self.check_layout(entries)
        try:
            value = self.fields.plain(entries, "value", wanted)
        except Unusable:
            return None, None
        if self.fields.error_count > before:
            return None, value
        if data_type is None:
            data_type = self.inferred(entries, value)
        return data_type, value

    def check_layout(self, entries: Entries) -> None:
        """Values that are shorter than what stands in the file, or on fewer lines."""
        for key in ("name", "value"):
            for node, message in of_layout(entries[key][1]) if key in entries else []:
                self.fields.report("warning", node, message)

    def data_type(self, entries: Entries) -> str | None:
        written = self.fields.text(entries, "data_type")
        if written is None or written in TYPES:
            return written
        meant = _TYPE_SYNONYMS.get(written.casefold()) or nearest(written, TYPES)
        hint = f"did you mean {meant}?" if meant is not None else f"the data types are {', '.join(TYPES)}"
        message = f"expected a data_type, found {quote(written)}; {hint}"
        self.fields.report("error", entries["data_type"][1], message)
        return None

    def inferred(self, entries: Entries, value: Any) -> str | None:
        try:
            return infer(value)
        except CannotInfer as error:
            self.fields.report("error", entries["value"][1], str(error))
            return None

    def check_effects(self, entries: Entries, parameter: Parameter) -> None:
        """Keys that say nothing about this data_type, and bounds that leave no value."""
        useless = [key for key in ("min", "max") if key in entries and not parameter.type.is_bounded]
        if "multiline" in entries and parameter.data_type not in ("str", "list[str]"):
            useless.append("multiline")
        for key in useless:
            message = f"{quote(key)} has no effect on the data_type {parameter.data_type}"
            self.fields.report("warning", entries[key][0], message)
        minimum, maximum = parameter.minimum, parameter.maximum
        if not useless and minimum is not None and maximum is not None and minimum > maximum:
            message = (
                f'expected a "max" of at least {inline(minimum)}, which is "min", found {inline(maximum)}'
            )
            self.fields.report("error", entries["max"][1], message)

    def check_default(self, node: yaml.Node, parameter: Parameter) -> None:
        """A default may be null or empty even where a value is required: then the form asks for it."""
        for flaw in parameter.type.flaws(parameter.value, declared=parameter):
            at = locate(node, flaw.path)
            hint = advice(parameter, flaw, at)
            self.fields.report("warning" if flaw.only_local else "error", at, str(flaw) + hint)

    def linked(self) -> dict[str, Parameter]:
        """The parameters with their conditions, once all their names are known."""
        conditions = ConditionReader(self.drafts.values(), self.fields.values, self.fields.report)
        for draft in self.drafts.values():
            self.fields.parameter = draft.name
            conditions.read(draft)
        linked = {}
        for draft in self.drafts.values():
            self.fields.parameter = draft.name
            if draft.conditions and conditions.report_circle(draft):
                continue
            if draft.parameter is not None:
                linked[draft.name] = conditions.link(draft.parameter)
        self.fields.parameter = None
        return linked
