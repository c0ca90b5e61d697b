"""A specification as what the Run Task form shows, with notes about what it cannot show."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from coretex_site.lib import durations
from runs import snapshots
from runs.models import Node
from runs.runspec import RunSpec
from runs.submission import choices
from tasks.forms import multi_values
from tasks.types import equality
from tasks.types.declarations import Parameter, TaskSpec
from tasks.types.scalars import UnreadableText
from tasks.types.wording import inline, quote


@dataclass(frozen=True, kw_only=True)
class FormValues:
    """`values` by parameter, `texts` of those with several, `notes` in sentences."""

    values: Mapping[str, Any]
    texts: Mapping[str, str]
    notes: list[str]


class CannotCarryError(ValueError):
    """A value that the parameter as it is declared now cannot have; the message ends a sentence."""


def read(spec: RunSpec, declared: TaskSpec, *, since: str = "") -> FormValues:
    """What the form of `declared` shows of the specification.

    With `since`, the digest of the Snapshot that it is from, it has a value for every parameter that there
    was, and the notes also say what has changed in task.yaml.
    """
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    notes: list[str] = []
    for name, given in spec.values.items():
        parameter = declared.by_name.get(name)
        if parameter is None:
            notes.append(_unknown(name, given, since=since))
        elif len(given) > 1 and parameter.type.sweepable:
            texts[name] = multi_values.write(parameter, [_carried_or_as_is(parameter, one) for one in given])
        else:
            try:
                values[name] = _only(parameter, given)
            except UnreadableText as error:
                why = " cannot have its earlier value" if since else ""
                notes.append(f"{quote(name)}{why}: {error}; its default is shown.")
            except CannotCarryError as reason:
                notes.append(f"{quote(name)} {reason}; its default is shown.")
    if since:
        notes += _changes(spec, declared, since)
    return FormValues(values=values, texts=texts, notes=notes)


def settings(spec: RunSpec, scripts: list[str], *, name: str) -> tuple[dict[str, Any], list[str]]:
    """(initial values of the RunForm, notes about what is not there any longer)."""
    initial: dict[str, Any] = {
        "name": spec.name or name,
        "description": spec.description,
        "time_limit": "" if spec.time_limit is None else durations.write(spec.time_limit),
    }
    notes = []
    if spec.entry_script in scripts:
        initial["entry_script"] = spec.entry_script
    elif spec.entry_script:
        notes.append(f"The entry script {quote(spec.entry_script)} does not exist; choose another.")
    if spec.node:
        initial["node"] = Node.objects.filter(name=spec.node).values_list("pk", flat=True).first()
        if initial["node"] is None:
            notes.append(f"There is no node {quote(spec.node)}; any node is chosen.")
    return initial, notes


def _only(parameter: Parameter, given: Any) -> Any:
    if len(given) > 1:
        raise UnreadableText(f"expected one value for the type {parameter.data_type}, found {len(given)}")
    return _carried(parameter, given[0])


def _carried(parameter: Parameter, value: Any) -> Any:
    """The value as the parameter stores it now.

    Raises UnreadableText when it is none of the type, CannotCarryError when it is not allowed any longer.
    """
    value = choices.read_value(parameter, value)
    problems = parameter.type.problems(value)
    if problems:
        raise UnreadableText(problems[0])
    if parameter.data_type in choices.OPTION_TYPES:
        value = _rechosen(parameter, value)
    problems = parameter.type.problems(value, declared=parameter)
    if problems:
        raise CannotCarryError(f"cannot have its earlier value: {problems[0]}")
    return value


def _carried_or_as_is(parameter: Parameter, value: Any) -> Any:
    """As it is when it cannot be used, so that the form says what is wrong."""
    with suppress(UnreadableText, CannotCarryError):
        return _carried(parameter, value)
    return value


def _rechosen(parameter: Parameter, value: dict[str, Any]) -> dict[str, Any]:
    """The same options chosen among those that there are now."""
    options, selected = parameter.value["options"], value["selected"]
    if selected is None:
        return {"selected": None, "options": options}
    several = isinstance(selected, list)
    chosen = [value["options"][index] for index in (selected if several else [selected])]
    gone = [option for option in chosen if option not in options]
    if gone:
        raise CannotCarryError(f"has no option {quote(gone[0])} any longer")
    indices = [options.index(option) for option in chosen]
    return {"selected": indices if several else indices[0], "options": options}


# What changed in task.yaml


def _unknown(name: str, given: Any, *, since: str) -> str:
    if since:
        return f"{quote(name)} was removed; its value {inline(given[0])} is no longer used."
    return f"{quote(name)} is not a parameter of this Task; its value {inline(given)} is not used."


def _changes(spec: RunSpec, now: TaskSpec, since: str) -> Iterator[str]:
    """Sentences about parameters, types and defaults that are not what they were."""
    then = snapshots.declared_or_empty(since)
    for parameter in now.parameters:
        if parameter.name not in spec.values:
            yield f"{quote(parameter.name)} was added; its default is shown."
        before = then.by_name.get(parameter.name)
        if before is None:
            continue
        if before.data_type != parameter.data_type:
            yield f"{quote(parameter.name)} is {parameter.data_type} now and was {before.data_type}."
        elif not equality.identical(before.value, parameter.value):
            was, is_now = before.type.describe(before.value), parameter.type.describe(parameter.value)
            yield f"The default of {quote(parameter.name)} is {is_now} now and was {was}."
