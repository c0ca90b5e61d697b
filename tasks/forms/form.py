"""The Run Task form's parameters: a field for each, in its group, and the typed values that were chosen.

What is submitted is exactly what is shown; a hidden parameter keeps its default.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.text import capfirst

from projects.data.references import RESOLVERS, Resolver
from projects.models import Project
from tasks.forms import multi_values
from tasks.forms.bound import Input, InputGroup
from tasks.forms.inputs import (
    Choice,
    IdField,
    ParameterField,
    PickerField,
    RangeField,
    SecretField,
    SelectField,
    SwitchField,
    TextField,
)
from tasks.forms.list_inputs import (
    IdListField,
    ListField,
    PickerListField,
    RowsField,
    SecretListField,
    SelectListField,
    TextListField,
)
from tasks.forms.multi_inputs import SeveralInput
from tasks.forms.multi_values import Several, may_hold
from tasks.types.declarations import Condition, Parameter, TaskSpec, validate, with_hidden_defaults

FIELDS: dict[str, type[ParameterField]] = {
    "int": ParameterField,
    "float": ParameterField,
    "str": TextField,
    "bool": SwitchField,
    "enum": SelectField,
    "range": RangeField,
    "IMUVectors": RowsField,
    "dataset": PickerField,
    "model": IdField,
    "aws_secret": SecretField,
    "git_secret": SecretField,
    "credentials_secret": SecretField,
    "list[int]": ListField,
    "list[float]": ListField,
    "list[str]": TextListField,
    "list[dataset]": PickerListField,
    "list[model]": IdListField,
    "list[enum]": SelectListField,
    "list[aws_secret]": SecretListField,
    "list[git_secret]": SecretListField,
    "list[credentials_secret]": SecretListField,
}


class ParameterForm(forms.Form):
    """The parameters of `spec` as fields, filled with `initial_values` (an earlier Run) or their defaults."""

    data: QueryDict

    def __init__(
        self,
        spec: TaskSpec,
        data: QueryDict | None = None,
        *,
        project: Project | None,
        initial_values: Mapping[str, Any] | None = None,
        initial_several: Mapping[str, str] | None = None,
    ) -> None:
        """`initial_several` has the texts of several values, see tasks.forms.multi_values, by parameter."""
        super().__init__(data)
        self.spec = spec
        self.initial_several = initial_several or {}
        self.initial_values = {**spec.defaults(), **(initial_values or {})}
        self.project = project
        self._choices: dict[Resolver, list[Choice]] = {}
        self.controls = {parameter.name: self.field(parameter) for parameter in spec.parameters}
        self.fields.update({f"p-{name}": field for name, field in self.controls.items()})

    def field(self, parameter: Parameter) -> ParameterField:
        shown = [self.initial_values[parameter.name]]
        resolver = RESOLVERS.get(parameter.data_type)
        choices = None if resolver is None else self.choices(resolver)
        return FIELDS[parameter.data_type](parameter, shown=shown, choices=choices)

    def choices(self, resolver: Resolver) -> list[Choice]:
        """What a picker of the Project offers, read once for all parameters that have one."""
        if resolver not in self._choices:
            options = [] if self.project is None else resolver.options(self.project)
            self._choices[resolver] = [
                Choice(value=str(one.pk), label=one.name, detail=one.detail) for one in options
            ]
        return self._choices[resolver]

    @cached_property
    def several(self) -> dict[str, Several]:
        """The parameters for which several values are given, with these."""
        found = {}
        for parameter in self.spec.parameters:
            name = parameter.name
            text = self.data.get(f"v-{name}", "") if self.is_bound else self.initial_several.get(name, "")
            if parameter.type.sweepable and text.strip():
                check = self.controls[name].check
                found[name] = multi_values.read(parameter, text, check=check)
        return found

    @cached_property
    def offered(self) -> dict[str, list[Any]]:
        """Every value that the form shows now, by parameter."""
        return {
            name: (self.several[name].values if name in self.several else None) or [value]
            for name, value in self.current.items()
        }

    def is_shown(self, parameter: Parameter) -> bool:
        """Whether any of the values offered for the others lets it be seen."""
        return may_hold(parameter.visible_if, self.offered)

    def is_required(self, parameter: Parameter) -> bool:
        by_condition = bool(parameter.required_if) and may_hold(parameter.required_if, self.offered)
        return (parameter.required or by_condition) and self.is_shown(parameter)

    def clean(self) -> dict[str, Any]:
        """Takes the hidden parameters' defaults and adds the sentences of the whole set of values."""
        self.chosen = {p.name: self.cleaned_data.get(f"p-{p.name}", p.value) for p in self.spec.parameters}
        for name, several in self.several.items():
            self.errors.pop(f"p-{name}", None)
            for sentence in several.errors:
                self.add_error(f"p-{name}", capfirst(sentence))
        for parameter in self.spec.parameters:
            if not self.is_shown(parameter):
                self.errors.pop(f"p-{parameter.name}", None)
        if not self.several:
            self.chosen = with_hidden_defaults(self.spec, self.chosen)
            self.add_problems(validate(self.spec, self.chosen))
        else:
            alone = [p for p in self.spec.parameters if p.name not in self.several and self.is_shown(p)]
            self.add_problems({p.name: p.type.problems(self.chosen[p.name], declared=p) for p in alone})
        return self.cleaned_data

    def add_problems(self, problems: Mapping[str, Sequence[str]]) -> None:
        """Sentences of others about parameters; none where the form has its own."""
        for name, sentences in problems.items():
            if sentences and f"p-{name}" in self.fields and f"p-{name}" not in self.errors:
                self.add_error(f"p-{name}", [capfirst(sentence) for sentence in sentences])
        self.__dict__.pop("inputs", None)

    def values(self) -> dict[str, Any]:
        """The typed value of every parameter, once is_valid() said so; the first of several."""
        if not self.is_valid():
            raise ValueError("The values of a form with errors were asked for.")
        return {name: values[0] for name, values in self.all_values().items()}

    def all_values(self) -> dict[str, list[Any]]:
        """Every value of every parameter that is shown, and the default of each that is not."""
        return {p.name: self.offered[p.name] if self.is_shown(p) else [p.value] for p in self.spec.parameters}

    @property
    def current(self) -> dict[str, Any]:
        """The values that the form shows now, a default where what was typed can't be read."""
        if not self.is_bound:
            return self.initial_values
        if not hasattr(self, "chosen"):
            self.full_clean()
        return self.chosen

    @cached_property
    def inputs(self) -> dict[str, Input]:
        ids = {parameter.name: f"parameter-{i}" for i, parameter in enumerate(self.spec.parameters)}
        return {p.name: self.input(p, ids) for p in self.spec.parameters}

    def input(self, parameter: Parameter, ids: Mapping[str, str]) -> Input:
        field = self.controls[parameter.name]
        initial = field.entry(self.initial_values[parameter.name])
        return Input(
            parameter=parameter,
            field=field,
            entry=field.read(self.data) if self.is_bound else initial,
            id=ids[parameter.name],
            errors=[str(error) for error in self.errors.get(f"p-{parameter.name}", ())],
            is_hidden=not self.is_shown(parameter),
            is_required=self.is_required(parameter),
            conditions=self.conditions_for_browser(parameter, ids),
            several=self.several_input(field, ids[parameter.name]),
        )

    def several_input(self, field: ParameterField, key: str) -> SeveralInput | None:
        if not field.parameter.type.sweepable:
            return None
        several = self.several.get(field.parameter.name, Several(text=""))
        return SeveralInput(field=field, several=several, id=key)

    def conditions_for_browser(self, parameter: Parameter, ids: Mapping[str, str]) -> str:
        """[[id, [text or null, …]], …]: all must hold, each by one of its texts."""
        if not parameter.visible_if:
            return ""
        return json.dumps([[ids[c.parameter], self.texts(c)] for c in parameter.visible_if])

    def texts(self, condition: Condition) -> list[str | None]:
        other = self.spec.by_name[condition.parameter]
        if other.data_type == "enum":
            options = other.value["options"]
            return [str(options.index(v)) if v in options else None for v in condition.values]
        if other.type.is_compound:
            return [None for _ in condition.values]
        return [None if value is None else other.type.to_text(value) for value in condition.values]

    @property
    def groups(self) -> list[InputGroup]:
        """For templates/tasks/_parameters.html."""
        return [
            InputGroup(name=group.name, inputs=[self.inputs[p.name] for p in group.parameters])
            for group in self.spec.groups
            if group.parameters
        ]

    @property
    def touched(self) -> set[str]:
        """The parameters whose controls no longer hold what the form was opened with."""
        return {
            name
            for name, drawn in self.inputs.items()
            if name in self.several
            or not drawn.entry.looks_like(drawn.field.entry(self.initial_values[name]))
        }
