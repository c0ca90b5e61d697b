"""A RunSpec as what the Run Task form begins with, and sentences about what it could not take."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runs.models import Node
from runs.runspec import RunSpec
from runs.submission import choices
from runs.submission.run_actions import write_time_limit
from runs.web.page_models.earlier_run import NotCarried, rechosen
from tasks.forms import multi_values
from tasks.types.declarations import Parameter, TaskSpec
from tasks.types.parameters import UnreadableText
from tasks.types.wording import inline, quote


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
            texts[name] = multi_values.write(parameter, [shown(parameter, value) for value in given])
            continue
        if len(given) > 1:
            problem = f"expected one value for the type {parameter.data_type}, found {len(given)}"
            notes.append(f"{quote(name)}: {problem}; its default is shown.")
            continue
        try:
            values[name] = typed(parameter, given[0])
        except UnreadableText as error:
            notes.append(f"{quote(name)}: {error}; its default is shown.")
        except NotCarried as reason:
            notes.append(f"{quote(name)} {reason}; its default is shown.")
    return Filling(values=values, texts=texts, notes=notes)


def typed(parameter: Parameter, value: Any) -> Any:
    """The value as it is stored now; an option is looked for among those that there are now.

    Raises UnreadableText when it is none of the type, NotCarried when its option is gone.
    """
    value = choices.read_value(parameter, value)
    problems = parameter.type.problems(value)
    if problems:
        raise UnreadableText(problems[0])
    return rechosen(parameter, value) if parameter.data_type in choices.OPTION_TYPES else value


def shown(parameter: Parameter, value: Any) -> Any:
    """The same; as it is when it cannot be used, so that the form says what is wrong."""
    try:
        return typed(parameter, value)
    except (UnreadableText, NotCarried):
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
