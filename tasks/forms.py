"""The Run Task form's parameters: a field for each, in its group, and the typed values that were chosen.

What is submitted is exactly what is shown; a hidden parameter keeps its default.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import Count, Sum
from django.http import QueryDict
from django.utils.text import capfirst

from coretex_site.templatetags.ui import human_bytes
from projects.models import Project
from tasks.declarations import (
    Condition,
    Parameter,
    TaskSpec,
    is_required,
    is_visible,
    validate,
    with_hidden_defaults,
)
from tasks.inputs import (
    Choice,
    DatasetField,
    Entry,
    IdField,
    ParameterField,
    RangeField,
    SecretField,
    SelectField,
    SwitchField,
    TextField,
)
from tasks.listinputs import (
    DatasetListField,
    IdListField,
    ListField,
    RowsField,
    SecretListField,
    SelectListField,
    TextListField,
)

FIELDS: dict[str, type[ParameterField]] = {
    "int": ParameterField,
    "float": ParameterField,
    "str": TextField,
    "bool": SwitchField,
    "enum": SelectField,
    "range": RangeField,
    "IMUVectors": RowsField,
    "dataset": DatasetField,
    "model": IdField,
    "aws_secret": SecretField,
    "git_secret": SecretField,
    "credentials_secret": SecretField,
    "list[int]": ListField,
    "list[float]": ListField,
    "list[str]": TextListField,
    "list[dataset]": DatasetListField,
    "list[model]": IdListField,
    "list[enum]": SelectListField,
    "list[aws_secret]": SecretListField,
    "list[git_secret]": SecretListField,
    "list[credentials_secret]": SecretListField,
}
SPARE_ROWS = 3


@dataclass(frozen=True, kw_only=True)
class Input:
    """One parameter as it is drawn: its field, what its controls hold now, and its errors."""

    parameter: Parameter
    field: ParameterField
    entry: Entry
    id: str
    errors: Sequence[str]
    is_hidden: bool
    is_required: bool
    conditions: str  # JSON for static/js/parameters.js; empty when it is always visible

    @property
    def name(self) -> str:
        return self.field.name()

    @property
    def parts(self) -> list[tuple[str, str, str]]:
        """(label, name, text) of each number of a range."""
        labels = self.field.parts
        return [(p, self.field.name(p), text) for p, text in zip(labels, self.entry.texts, strict=True)]

    @property
    def rows(self) -> list[tuple[str, str]]:
        """(name, int) of each row of IMUVectors."""
        return list(zip(self.entry.texts[::2], self.entry.texts[1::2], strict=True))

    @property
    def null_name(self) -> str:
        return self.field.name("null")

    @property
    def key_name(self) -> str:
        return self.field.name("key")

    @property
    def spare_name(self) -> str:
        return self.field.name("more")

    @property
    def drop_name(self) -> str:
        return self.field.name("drop")

    @property
    def spare_rows(self) -> range:
        return range(SPARE_ROWS)

    @property
    def condition_text(self) -> str:
        """When it is asked for, in words; empty when always."""
        return " and ".join(in_words(condition) for condition in self.parameter.visible_if)

    @property
    def path_default(self) -> str:
        """The path that task.yaml has where an id is expected; empty without one."""
        value = self.parameter.value
        paths = [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]
        return "" if self.field.can_show(value) else ", ".join(paths)


@dataclass(frozen=True, kw_only=True)
class InputGroup:
    name: str
    inputs: Sequence[Input]


def in_words(condition: Condition) -> str:
    values = " or ".join(json.dumps(value, ensure_ascii=False) for value in condition.values)
    return f"{condition.parameter} is {values}"


def dataset_choices(project: Project) -> list[Choice]:
    """The Datasets of a Project with their sizes, for pickers."""
    found = project.datasets.annotate(bytes=Sum("samples__size"), count=Count("samples"))
    return [
        Choice(
            value=str(dataset.pk),
            label=dataset.name,
            detail=f"{dataset.count} {'file' if dataset.count == 1 else 'files'}, "
            f"{human_bytes(dataset.bytes or 0)}",
        )
        for dataset in found
    ]


class ParameterForm(forms.Form):
    """The parameters of `spec` as fields, filled with `initial_values` (an earlier Run) or their defaults."""

    def __init__(
        self,
        spec: TaskSpec,
        data: QueryDict | None = None,
        *,
        project: Project | None,
        initial_values: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data)
        self.spec = spec
        self.initial_values = {**spec.defaults(), **(initial_values or {})}
        self.project = project
        for parameter in spec.parameters:
            self.fields[f"p-{parameter.name}"] = self.field(parameter)

    def field(self, parameter: Parameter) -> ParameterField:
        needs_datasets = parameter.data_type in ("dataset", "list[dataset]")
        shown = [self.initial_values[parameter.name]]
        return FIELDS[parameter.data_type](
            parameter, shown=shown, choices=self.datasets if needs_datasets else None
        )

    @cached_property
    def datasets(self) -> list[Choice]:
        return [] if self.project is None else dataset_choices(self.project)

    def clean(self) -> dict[str, Any]:
        """Takes the hidden parameters' defaults and adds the sentences of the whole set of values."""
        chosen = {p.name: self.cleaned_data.get(f"p-{p.name}", p.value) for p in self.spec.parameters}
        self.chosen = with_hidden_defaults(self.spec, chosen)
        for parameter in self.spec.parameters:
            if not is_visible(parameter, chosen):
                self._errors.pop(f"p-{parameter.name}", None)
        for name, sentences in validate(self.spec, self.chosen).items():
            if f"p-{name}" not in self._errors:
                for sentence in sentences:
                    self.add_error(f"p-{name}", capfirst(sentence))
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """The typed value of every parameter, once is_valid() said so."""
        if not self.is_valid():
            raise ValueError("The values of a form with errors were asked for.")
        return self.chosen

    @property
    def current(self) -> dict[str, Any]:
        """The values that the form shows now, a default where what was typed can't be read."""
        if not self.is_bound:
            return self.initial_values
        self.full_clean()
        return self.chosen

    @cached_property
    def inputs(self) -> dict[str, Input]:
        values = self.current
        ids = {parameter.name: f"parameter-{i}" for i, parameter in enumerate(self.spec.parameters)}
        return {p.name: self.input(p, ids, values) for p in self.spec.parameters}

    def input(self, parameter: Parameter, ids: Mapping[str, str], values: Mapping[str, Any]) -> Input:
        field = self.fields[f"p-{parameter.name}"]
        initial = field.entry(self.initial_values[parameter.name])
        return Input(
            parameter=parameter,
            field=field,
            entry=field.read(self.data) if self.is_bound else initial,
            id=ids[parameter.name],
            errors=self.errors.get(f"p-{parameter.name}", ()) if self.is_bound else (),
            is_hidden=not is_visible(parameter, values),
            is_required=is_required(parameter, values),
            conditions=self.conditions_for_browser(parameter, ids),
        )

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
        if other.type.item is not None or other.type.widget in ("range", "rows"):
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
            if not drawn.entry.looks_like(drawn.field.entry(self.initial_values[name]))
        }
