"""Chosen values against what task.yaml declares: checked by type, defaults filled in. Combines nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from projects.data.references import RESOLVERS, Resolver
from projects.models import Project
from runs.runspec import RunSpec
from tasks import combinations
from tasks.types import equality
from tasks.types.declarations import MAX_HINTS, Parameter, TaskSpec
from tasks.types.scalars import UnreadableText
from tasks.types.structures import write_json
from tasks.types.wording import nearest, quote

# Sentences about single values of one parameter; the rest are counted.
MOST_LISTED = 5
OPTION_TYPES = ("enum", "list[enum]")


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Every parameter's values as rules and pairs see them: an enum by its option, all else as it is."""

    declared: TaskSpec
    shown: dict[str, list[Any]] = field(default_factory=dict)
    conditions: dict[str, combinations.Condition] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=dict)
    value_problems: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    # Those that may be required and have a value that is none; whether it is one depends on the others.
    may_lack_value: list[Parameter] = field(default_factory=list)

    def add_problem(self, name: str, sentence: str) -> None:
        self.problems.setdefault(name, []).append(sentence)

    def stored(self, combination: Mapping[str, Any]) -> dict[str, Any]:
        """A combination of shown values as a Run stores it."""
        return {name: stored(self.declared.by_name[name], shown) for name, shown in combination.items()}

    def shown_of(self, single: Mapping[str, Any]) -> dict[str, Any]:
        """Values of some parameters, as they are stored or as they are seen, as they are seen."""
        return {
            name: as_shown(self.declared.by_name[name], value) if name in self.declared.by_name else value
            for name, value in single.items()
        }


def as_shown(parameter: Parameter, value: Any) -> Any:
    """The value as rules and readers see it: the chosen option or options, else the value."""
    if parameter.data_type not in OPTION_TYPES or not isinstance(value, dict):
        return value
    options, selected = value.get("options"), value.get("selected")
    if parameter.type.problems({"selected": selected, "options": options}):
        return value
    return parameter.type.for_script(value)


def stored(parameter: Parameter, shown: Any) -> Any:
    """The value as a Run stores it, from the one that is shown."""
    if parameter.data_type not in OPTION_TYPES or isinstance(shown, dict):
        return shown
    options = list(parameter.value["options"])
    if isinstance(shown, list):
        return {"selected": [options.index(option) for option in shown], "options": options}
    return {"selected": None if shown is None else options.index(shown), "options": options}


def read_value(parameter: Parameter, value: Any) -> Any:
    """The value as it is stored; options may be given as texts. Raises UnreadableText."""
    if parameter.data_type == "enum" and isinstance(value, str):
        return parameter.type.parse(value, declared=parameter)
    if parameter.data_type == "list[enum]" and isinstance(value, list):
        return parameter.type.parse(write_json(value), declared=parameter)
    if parameter.data_type in OPTION_TYPES and value is None:
        return stored(parameter, None)
    return value


def read_choices(project: Project, declared: TaskSpec, spec: RunSpec) -> Chosen:
    """Checks every chosen value, and fills in the default of each parameter that is not named."""
    chosen = Chosen(declared=declared)
    for parameter in declared.parameters:
        chosen.shown[parameter.name] = _shown(chosen, parameter, spec.values)
    _hide(chosen)
    _check_references(chosen, project)
    for parameter in declared.parameters:
        _look_for_missing(chosen, parameter)
    _check_names(chosen, spec)
    _check_seed(chosen, spec)
    return chosen


def _look_for_missing(chosen: Chosen, parameter: Parameter) -> None:
    """Notes a parameter with a value that is none where one is, or may be, required."""
    if parameter.name in chosen.problems or not (parameter.required or parameter.required_if):
        return
    shown = chosen.shown[parameter.name]
    missing = [
        sentence
        for shown in shown
        for sentence in parameter.type.problems(stored(parameter, shown), required=True, declared=parameter)[
            :1
        ]
    ]
    if missing and len(shown) == 1 and parameter.required and not parameter.visible_if:
        chosen.add_problem(parameter.name, missing[0])
    elif missing:
        chosen.may_lack_value.append(parameter)


def _shown(chosen: Chosen, parameter: Parameter, values: Mapping[str, Sequence[Any]]) -> list[Any]:
    """The shown values of one parameter's values; what is wrong with them goes into the problems."""
    given = values.get(parameter.name, [parameter.value])
    shown: list[Any] = []
    wrong: dict[int, list[str]] = {}
    for place, value in enumerate(given):
        try:
            typed = read_value(parameter, value)
        except UnreadableText as error:
            wrong[place] = [str(error)]
            typed = value
        else:
            sentences = parameter.type.problems(typed, declared=parameter)
            if sentences:
                wrong[place] = sentences
        shown.append(as_shown(parameter, typed))
    if len(given) > 1 and not parameter.type.sweepable:
        chosen.add_problem(
            parameter.name, f"expected one value for the type {parameter.data_type}, found {len(given)}"
        )
    if wrong:
        chosen.value_problems[parameter.name] = wrong
        for sentence in _listed(wrong, several=len(given) > 1):
            chosen.add_problem(parameter.name, sentence)
    return shown


def _listed(wrong: Mapping[int, list[str]], *, several: bool) -> Iterable[str]:
    for place in list(wrong)[:MOST_LISTED]:
        for sentence in wrong[place]:
            yield f"value {place + 1}: {sentence}" if several else sentence
    if len(wrong) > MOST_LISTED:
        yield f"{len(wrong) - MOST_LISTED:,} more of its values cannot be used"


def _hide(chosen: Chosen) -> None:
    """Parameters that no combination shows keep their default; those that some do not show, a condition."""
    for parameter in chosen.declared.parameters:
        if not parameter.visible_if:
            continue
        needs: dict[str, list[Any]] = {}
        for condition in parameter.visible_if:
            # A condition compares an enum by its option, as it is shown.
            other = chosen.declared.by_name[condition.parameter]
            default = as_shown(other, other.value)
            candidates = needs.get(other.name, [*chosen.shown[other.name], default])
            needs[other.name] = [one for one in candidates if condition.holds({other.name: one})]
        default = as_shown(parameter, parameter.value)
        if all(needs.values()):
            chosen.conditions[parameter.name] = combinations.Condition(needs=needs, default=default)
        else:
            chosen.shown[parameter.name] = [default]
            chosen.problems.pop(parameter.name, None)
            chosen.value_problems.pop(parameter.name, None)


def _check_references(chosen: Chosen, project: Project) -> None:
    wanted: dict[Resolver, dict[str, list[int]]] = {}
    for parameter in chosen.declared.parameters:
        resolver = RESOLVERS.get(parameter.data_type)
        if resolver is not None and parameter.name not in chosen.problems:
            ids = [one for value in chosen.shown[parameter.name] for one in resolver.ids(value)]
            wanted.setdefault(resolver, {})[parameter.name] = list(dict.fromkeys(ids))
    for resolver, by_name in wanted.items():
        problems = resolver.check(project, {one for ids in by_name.values() for one in ids})
        for name, ids in by_name.items():
            for one in ids:
                if one in problems:
                    chosen.add_problem(name, problems[one])


def _check_names(chosen: Chosen, spec: RunSpec) -> None:
    unknown = [name for name in spec.values if name not in chosen.declared.by_name]
    unknown += [n for single in spec.without for n in single if n not in chosen.declared.by_name]
    for position, name in enumerate(dict.fromkeys(unknown)):
        meant = nearest(name, chosen.declared.by_name) if position < MAX_HINTS else None
        hint = f"; did you mean {quote(meant)}?" if meant is not None else ""
        chosen.add_problem(name, f"expected a parameter of the Task, found {quote(name)}{hint}")


def _check_seed(chosen: Chosen, spec: RunSpec) -> None:
    """The last seed must be one that the parameter may have."""
    parameter = chosen.declared.by_name.get(spec.seed_parameter or "")
    if parameter is None or parameter.name in chosen.problems:
        return
    starts = list(chosen.shown[parameter.name])
    if parameter.name in chosen.conditions:
        starts.append(chosen.conditions[parameter.name].default)
    for start in starts:
        if not isinstance(start, int) or isinstance(start, bool):
            chosen.add_problem(parameter.name, "as the seed it needs a whole number to start from")
            return
        last = start + spec.repeats - 1
        for sentence in parameter.type.problems(last, declared=parameter):
            chosen.add_problem(parameter.name, f"the seed of the last repeat: {sentence}")


def readable(declared: TaskSpec, spec: RunSpec) -> RunSpec:
    """The same specification for people: options by their text, and no parameter that has its default."""
    values = {}
    for name, given in spec.values.items():
        parameter = declared.by_name.get(name)
        if parameter is None:
            values[name] = given
        elif not equality.identical(list(given), [parameter.value]):
            values[name] = [as_shown(parameter, value) for value in given]
    without = [Chosen(declared=declared).shown_of(single) for single in spec.without]
    return replace(spec, values=values, without=without)
