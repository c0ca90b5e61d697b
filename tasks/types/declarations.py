"""What a task.yaml declares, and whether a set of values satisfies it. Knows no YAML and no storage."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tasks.types.parameters import TYPES
from tasks.types.scalars import Declared, ParameterType
from tasks.types.wording import nearest, quote

MAX_HINTS = 20


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Another parameter has one of these values; an enum is compared by its option, null is no value."""

    parameter: str
    values: tuple[Any, ...]

    def holds(self, values: Mapping[str, Any]) -> bool:
        actual = _comparable(values.get(self.parameter))
        return any(_same(actual, value) for value in self.values)


@dataclass(frozen=True, kw_only=True)
class Parameter(Declared):
    """A declared parameter; `value` is its default, `line` and `column` where it stands, from 1.

    `visible_if` and `required_if` must hold completely; they contain the conditions under which the
    parameters they name are visible themselves, so that hiding one hides all that depend on it.
    """

    name: str
    data_type: str
    description: str = ""
    required: bool = False
    multiline: bool = False
    visible_if: tuple[Condition, ...] = ()
    required_if: tuple[Condition, ...] = ()
    line: int = 1
    column: int = 1
    extra: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def type(self) -> ParameterType:
        return TYPES[self.data_type]


@dataclass(frozen=True, kw_only=True)
class Group:
    name: str
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TaskSpec:
    """A task.yaml without errors.

    `cwd` is the folder in which scripts start, `python_path` are folders that Python looks through for
    modules; both relative to the root, which is ".".
    """

    name: str = ""
    description: str = ""
    project_type: int | None = None
    cwd: str = "."
    python_path: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of all groups in the order of the file."""
        return tuple(parameter for group in self.groups for parameter in group.parameters)

    @cached_property
    def by_name(self) -> Mapping[str, Parameter]:
        return {parameter.name: parameter for parameter in self.parameters}

    def defaults(self) -> dict[str, Any]:
        return {parameter.name: parameter.value for parameter in self.parameters}


def is_visible(parameter: Parameter, values: Mapping[str, Any]) -> bool:
    """Whether the form asks for the parameter, given the values of the others."""
    return all(condition.holds(values) for condition in parameter.visible_if)


def is_required(parameter: Parameter, values: Mapping[str, Any]) -> bool:
    """Whether null is refused, given the values of the others; never for a hidden parameter."""
    by_condition = bool(parameter.required_if) and all(c.holds(values) for c in parameter.required_if)
    return (parameter.required or by_condition) and is_visible(parameter, values)


def with_hidden_defaults(spec: TaskSpec, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with each hidden parameter at its default, whatever was typed before it was hidden."""
    hidden = {p.name: p.value for p in spec.parameters if p.name in values and not is_visible(p, values)}
    return {**values, **hidden}


def validate(spec: TaskSpec, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Sentences by parameter name for a complete set of values; empty when a Run can have them."""
    problems: dict[str, list[str]] = {}
    for parameter in spec.parameters:
        if parameter.name not in values:
            sentences = [f"expected a value for {quote(parameter.name)}, found none"]
        else:
            sentences = _value_problems(parameter, values)
        if sentences:
            problems[parameter.name] = sentences
    unknown = [name for name in values if name not in spec.by_name]
    for position, name in enumerate(unknown):
        meant = nearest(str(name), spec.by_name) if position < MAX_HINTS else None
        hint = f"; did you mean {quote(meant)}?" if meant is not None else ""
        problems[name] = [f"expected a parameter of the Task, found {quote(str(name))}{hint}"]
    return problems


def _value_problems(parameter: Parameter, values: Mapping[str, Any]) -> list[str]:
    value = values[parameter.name]
    if not is_visible(parameter, values) and _identical(value, parameter.value):
        return []
    return parameter.type.problems(value, required=is_required(parameter, values), declared=parameter)


def _comparable(value: Any) -> Any:
    """The value a condition is compared with: the chosen option of an enum, else the value itself."""
    if not isinstance(value, dict) or "selected" not in value:
        return value
    selected, options = value["selected"], value.get("options")
    if isinstance(selected, bool) or not isinstance(selected, int) or not isinstance(options, list):
        return selected
    return options[selected] if 0 <= selected < len(options) else None


def _same(actual: Any, value: Any) -> bool:
    return actual == value and isinstance(actual, bool) == isinstance(value, bool)


def _identical(value: Any, other: Any) -> bool:
    return type(value) is type(other) and value == other
