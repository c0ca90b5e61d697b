"""“Run again with changes”: what an earlier Run gives to the form, and what changed in task.yaml since."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from runs import snapshots
from runs.models import Run
from tasks.types.declarations import Parameter, TaskSpec
from tasks.types.wording import inline, quote


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """The values of `run` that can still be shown, and sentences about what is different now."""

    run: Run
    values: dict[str, Any]
    notes: list[str]


class NotCarried(ValueError):
    """A value that the parameter as it is declared now cannot have; the message ends a sentence."""


def read(run: Run, now: TaskSpec) -> Earlier:
    """What the form of `now` takes from the Run."""
    values: dict[str, Any] = {}
    notes: list[str] = []
    for parameter in now.parameters:
        if parameter.name not in run.parameters:
            notes.append(f"{quote(parameter.name)} was added; its default is shown.")
            continue
        try:
            values[parameter.name] = carried(parameter, run.parameters[parameter.name])
        except NotCarried as reason:
            notes.append(f"{quote(parameter.name)} {reason}; its default is shown.")
    notes += list(removed(run, now))
    with suppress(snapshots.SnapshotError):
        notes += redeclared(snapshots.declared(run.snapshot_id), now)
    return Earlier(run=run, values=values, notes=notes)


def removed(run: Run, now: TaskSpec) -> Iterator[str]:
    for name, value in run.parameters.items():
        if now.parameter(name) is None:
            shown = inline(value)
            yield f"{quote(name)} was removed; its value {shown} is not used any more."


def redeclared(then: TaskSpec, now: TaskSpec) -> Iterator[str]:
    """Sentences about types and defaults that are not what they were."""
    for parameter in now.parameters:
        before = then.parameter(parameter.name)
        if before is None:
            continue
        if before.data_type != parameter.data_type:
            yield f"{quote(parameter.name)} is {parameter.data_type} now and was {before.data_type}."
        elif not same(before.value, parameter.value):
            was, is_now = before.type.describe(before.value), parameter.type.describe(parameter.value)
            yield f"The default of {quote(parameter.name)} is {is_now} now and was {was}."


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


def carried(parameter: Parameter, value: Any) -> Any:
    """The earlier value for the parameter as it is declared now; NotCarried if it cannot have it."""
    if parameter.data_type in ("enum", "list[enum]"):
        value = rechosen(parameter, value)
    problems = parameter.type.problems(value, declared=parameter)
    if problems:
        raise NotCarried(f"cannot have its earlier value: {problems[0]}")
    return value


def rechosen(parameter: Parameter, value: Any) -> Any:
    """The same options chosen among those that there are now."""
    options = parameter.value["options"]
    if not isinstance(value, dict) or "selected" not in value or not isinstance(value.get("options"), list):
        raise NotCarried("was no choice among options then")
    selected = value["selected"]
    if selected is None:
        return {"selected": None, "options": options}
    several = isinstance(selected, list)
    if several != (parameter.data_type == "list[enum]"):
        raise NotCarried("was chosen otherwise then")
    chosen = [value["options"][index] for index in (selected if several else [selected])]
    gone = [option for option in chosen if option not in options]
    if gone:
        raise NotCarried(f"has no option {quote(gone[0])} any more")
    indices = [options.index(option) for option in chosen]
    return {"selected": indices if several else indices[0], "options": options}
