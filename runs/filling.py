"""A RunSpec as what the Run Task form begins with, and sentences about what it could not take."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runs import choices
from runs.models import Node
from runs.runspec import RunSpec
from runs.submit import write_time_limit
from tasks import severalvalues
from tasks.declarations import Parameter, TaskSpec
from tasks.parameters import UnreadableText
from tasks.wording import inline, quote


@dataclass(frozen=True, kw_only=True)
class Filling:
    """`values` by parameter, `texts` of those with several, `notes` in sentences."""

    values: Mapping[str, Any]
    texts: Mapping[str, str]
    notes: list[str]


def read(spec: RunSpec, declared: TaskSpec) -> Filling:
    """What the form of `declared` shows of the specification."""
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    notes: list[str] = []
    for name, given in spec.values.items():
        parameter = declared.parameter(name)
        if parameter is None:
            notes.append(
                f"{quote(name)} is no parameter of this Task; its value {inline(given)} is not used."
            )
            continue
        if len(given) > 1 and parameter.type.sweepable:
            texts[name] = severalvalues.write(parameter, [typed(parameter, value) for value in given])
            continue
        problem = ""
        try:
            value = choices.read_value(parameter, given[0])
            problem = next(iter(parameter.type.problems(value)), "")
        except UnreadableText as error:
            problem = str(error)
        if len(given) > 1:
            problem = f"expected one value for the type {parameter.data_type}, found {len(given)}"
        if problem:
            notes.append(f"{quote(name)}: {problem}; its default is shown.")
        else:
            values[name] = value
    return Filling(values=values, texts=texts, notes=notes)


def typed(parameter: Parameter, value: Any) -> Any:
    """The value as it is stored; as it is when it cannot be read, so that the form says what is wrong."""
    try:
        return choices.read_value(parameter, value)
    except UnreadableText:
        return value


def run_initial(spec: RunSpec, scripts: list[str], *, name: str) -> tuple[dict[str, Any], list[str]]:
    """(initial values of the RunForm, sentences about what is not there any more)."""
    initial: dict[str, Any] = {
        "name": spec.name or name,
        "description": spec.description,
        "time_limit": write_time_limit(spec.time_limit),
    }
    notes = []
    if spec.entry_script in scripts:
        initial["entry_script"] = spec.entry_script
    elif spec.entry_script:
        notes.append(f"The entry script {quote(spec.entry_script)} is not there; choose another.")
    if spec.node:
        initial["node"] = Node.objects.filter(name=spec.node).values_list("pk", flat=True).first()
        if initial["node"] is None:
            notes.append(f"There is no node {quote(spec.node)}; any node is chosen.")
    return initial, notes
