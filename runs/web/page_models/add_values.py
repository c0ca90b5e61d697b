"""“Add values” of a Batch: its chosen values as the Run Task form shows several, and back. No HTTP."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.utils.text import capfirst

from runs.models import Batch
from runs.runspec import RunSpec
from runs.submission import batch_actions, build, choices
from runs.submission.errors import SubmitError
from tasks.forms import multi_values
from tasks.forms.form import ParameterForm
from tasks.forms.multi_inputs import SeveralInput
from tasks.types import equality
from tasks.types.declarations import Parameter, TaskSpec

# More fields than this make no dialog; those that vary come first.
MOST_FIELDS = 30


@dataclass(frozen=True, kw_only=True)
class ValuesField:
    """The control of one parameter."""

    id: str
    parameter: Parameter
    several: SeveralInput
    errors: list[str]


def fields(batch: Batch, declared: TaskSpec, typed: QueryDict | None = None) -> dict[str, list[ValuesField]]:
    """{"varying", "other": fields} with what the Batch has of each parameter, or what was typed."""
    given = values(batch, declared)
    form = _form(batch, declared, given, typed)
    shown: dict[str, list[ValuesField]] = {"varying": [], "other": []}
    for place, parameter in enumerate(declared.parameters):
        control = form.several_input(form.controls[parameter.name], f"add-{place}")
        if control is None or parameter.name == counted_up(batch):
            continue
        varies = len(given[parameter.name]) > 1
        errors = list(map(capfirst, control.several.errors))
        field = ValuesField(id=control.id, parameter=parameter, several=control, errors=errors)
        shown["varying" if varies else "other"].append(field)
    room = max(0, MOST_FIELDS - len(shown["varying"]))
    return {"varying": shown["varying"][:MOST_FIELDS], "other": shown["other"][:room]}


def _form(
    batch: Batch,
    declared: TaskSpec,
    given: Mapping[str, list[Any]],
    typed: QueryDict | None,
) -> ParameterForm:
    texts = {
        name: multi_values.write(declared.by_name[name], found) for name, found in given.items() if found
    }
    return ParameterForm(declared, typed, project=batch.project, initial_several=texts)


def counted_up(batch: Batch) -> str | None:
    """The parameter that only tells repeats apart."""
    return batch.run_spec.seed_parameter if batch.run_spec.repeats > 1 else None


def values(batch: Batch, declared: TaskSpec) -> dict[str, list[Any]]:
    """Every value that was asked for so far, as it is stored and in the order it was asked for.

    Those that go together as pairs stay side by side. Not what a hidden parameter has meanwhile.
    """
    specs = [RunSpec.from_json(spec) for spec in [*batch.earlier_specs, batch.spec]]
    found: dict[str, list[Any]] = {}
    for names in _together(declared, specs[-1]):
        rows: dict[str, tuple[Any, ...]] = {}
        for spec in specs:
            for row in zip(*(_requested(declared, spec, name) for name in names), strict=False):
                rows.setdefault(equality.key(row), row)
        for name, column in zip(names, zip(*rows.values(), strict=True), strict=True):
            found[name] = list(column)
    return found


def _together(declared: TaskSpec, spec: RunSpec) -> Iterator[list[str]]:
    """The parameters, those of a pair in one list."""
    paired = {name for pair in spec.pairs for name in pair}
    yield from ([name for name in pair if name in declared.by_name] for pair in spec.pairs)
    yield from ([name] for name in declared.by_name if name not in paired)


def _requested(declared: TaskSpec, spec: RunSpec, name: str) -> list[Any]:
    parameter = declared.by_name[name]
    return [choices.read_value(parameter, value) for value in spec.values.get(name, [parameter.value])]


def read(batch: Batch, declared: TaskSpec, typed: QueryDict) -> RunSpec:
    """The Batch's specification with the values that were typed; SubmitError says what cannot be read."""
    several = _form(batch, declared, {}, typed).several
    problems = {name: list(found.errors) for name, found in several.items() if found.errors}
    if problems:
        raise SubmitError(problems=problems)
    before = batch.run_spec
    return replace(
        before, values={**before.values, **{name: found.values for name, found in several.items()}}
    )


@dataclass(frozen=True, kw_only=True)
class Addition:
    """What values would add: how many Runs, of how many combinations, and how many succeeded elsewhere."""

    new: int
    combinations: int
    earlier: int

    @property
    def there(self) -> int:
        """Combinations that the Batch has already."""
        return self.combinations - self.new


def look_ahead(batch: Batch, spec: RunSpec) -> Addition:
    """What `batches.add_values` would do now; raises what it raises, but nothing new is no mistake."""
    plan = batch_actions.with_more(batch, spec)
    new = build.additions(batch, plan)
    batch_actions.check_room(batch, len(new))
    earlier = batch_actions.reusable(batch, plan, new)
    return Addition(new=len(new), combinations=plan.count, earlier=len(earlier))
