"""Form fields for data_types: what the controls show for a value, and the value that a browser sends back.

Knows no templates and no storage. Newlines are compared as browsers send them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.text import capfirst

from projects.data.references import RESOLVERS
from tasks.types.declarations import Parameter
from tasks.types.parameters import TYPES
from tasks.types.scalars import UnreadableText
from tasks.types.wording import quote

AMBIGUOUS = "“no value” is ticked but there is also a value: untick it, or clear the field"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What the controls of one parameter hold: their texts in order, and whether “no value” is ticked."""

    texts: tuple[str, ...] = ()
    is_null: bool = False

    @property
    def text(self) -> str:
        return self.texts[0] if self.texts else ""

    def looks_like(self, other: "Entry") -> bool:
        """Whether a browser can't tell them apart: it sends every kind of newline as CRLF."""
        mine, theirs = ([one_newline(text) for text in entry.texts] for entry in (self, other))
        return mine == theirs and self.is_null == other.is_null


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One option of a select: what is sent, what is read, and a detail such as a size."""

    value: str
    label: str
    detail: str = ""


def one_newline(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


class EntryWidget(forms.Widget):
    """Reads a field's controls from a form's data; they are drawn by the field's own template."""

    def __init__(self, field: "ParameterField") -> None:
        super().__init__()
        self.field = field

    def value_from_datadict(self, data: Mapping[str, Any], files: Mapping[str, Any], name: str) -> Entry:
        return self.field.read(cast(QueryDict, data))


class ParameterField(forms.Field):
    """One text control, as numbers have it; other kinds say how they differ.

    `shown` are the values that the form may have been opened with: when what comes back looks exactly like
    one of them, that value itself is the answer, so that nothing is changed by having been shown.
    """

    template = "tasks/widgets/number.html"
    takes_lines = False
    null_has_no_text = False
    parts: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, parameter: Parameter, *, shown: Sequence[Any] = (), choices: Sequence[Choice] | None = None
    ) -> None:
        self.parameter = parameter
        self.shown = (*shown, parameter.value)
        self.choices = option_choices(parameter) or choices
        super().__init__(required=False, label=parameter.name, widget=EntryWidget(self))

    @property
    def is_wide(self) -> bool:
        return self.takes_lines and self.parameter.multiline

    @property
    def has_null_switch(self) -> bool:
        """Whether null needs a control of its own, since no text stands for it."""
        return self.null_has_no_text and not self.parameter.required

    def name(self, part: str = "p") -> str:
        return f"{part}-{self.parameter.name}"

    def entry(self, value: Any) -> Entry:
        """What the controls show for a value of this type."""
        return Entry(texts=(self.parameter.type.to_text(value),), is_null=self.ticked(value))

    def ticked(self, value: Any) -> bool:
        return value is None and self.has_null_switch

    def can_show(self, value: Any) -> bool:
        """False for a value that the controls can't hold, so that the form asks instead."""
        return True

    def read(self, data: QueryDict) -> Entry:
        """What the controls of a sent form held."""
        return Entry(texts=(data.get(self.name(), ""),), is_null=self.read_null(data))

    def read_null(self, data: QueryDict) -> bool:
        return self.has_null_switch and self.name("null") in data

    def parse(self, entry: Entry) -> Any:
        """The value that the controls stand for; UnreadableText with a sentence if they stand for none."""
        return self.parameter.type.parse(entry.text, declared=self.parameter)

    def parse_nullable(self, entry: Entry) -> Any:
        if not entry.is_null:
            return self.parse(entry)
        if any(entry.texts):
            raise UnreadableText(AMBIGUOUS)
        return None

    def check(self, value: Any) -> None:
        """Raises UnreadableText for a value that the type allows but this Project does not have."""

    def clean(self, value: Entry) -> Any:
        try:
            for known in self.shown:
                if self.can_show(known) and self.entry(known).looks_like(value):
                    found = known
                    break
            else:
                found = self.parse_nullable(value)
            self.check(found)
        except UnreadableText as error:
            raise ValidationError(capfirst(str(error))) from error
        return found


class TextField(ParameterField):
    template = "tasks/widgets/text.html"
    takes_lines = True
    null_has_no_text = True

    def parse(self, entry: Entry) -> Any:
        return self.parameter.type.parse(one_newline(entry.text), declared=self.parameter)


class SecretField(ParameterField):
    template = "tasks/widgets/secret.html"


class SwitchField(ParameterField):
    """A switch is off when the browser sends nothing; null is a tick beside it."""

    template = "tasks/widgets/switch.html"

    @property
    def has_null_switch(self) -> bool:
        return not self.parameter.required or None in self.shown

    def entry(self, value: Any) -> Entry:
        return Entry(texts=("true" if value else "",), is_null=self.ticked(value))

    def parse(self, entry: Entry) -> Any:
        return self.parameter.type.parse(entry.text or "false")


class IdField(ParameterField):
    """A path works only in local runs: it is not shown, and the form asks."""

    template = "tasks/widgets/model.html"

    def can_show(self, value: Any) -> bool:
        return not isinstance(value, str)

    def entry(self, value: Any) -> Entry:
        return super().entry(value if self.can_show(value) else None)


class PickerField(IdField):
    """One of the things in a Project that ids of this data_type refer to."""

    template = "tasks/widgets/dataset.html"

    def check(self, value: Any) -> None:
        check_offered(self.parameter, value, self.choices)


def check_offered(parameter: Parameter, value: Any, choices: Sequence[Choice] | None) -> None:
    if choices is not None and value is not None and str(value) not in {choice.value for choice in choices}:
        noun = RESOLVERS[parameter.data_type].noun
        raise UnreadableText(f"expected a {noun} of this Project, found the id {value}")


def options_of(parameter: Parameter) -> list[str]:
    """An enum's options; none while its task.yaml is wrong."""
    options = parameter.value.get("options") if isinstance(parameter.value, dict) else None
    return options if isinstance(options, list) else []


def option_choices(parameter: Parameter) -> list[Choice]:
    return [Choice(value=str(i), label=option) for i, option in enumerate(options_of(parameter))]


def option_index(text: str, options: list[str]) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) >= len(options):
        raise UnreadableText(f"expected one of the options, found {quote(text)}")
    return int(text)


class SelectField(ParameterField):
    """An enum: the texts are the indices of its options, as task.yaml has them."""

    template = "tasks/widgets/select.html"

    @property
    def may_be_blank(self) -> bool:
        return not self.parameter.required or any(value["selected"] is None for value in self.shown)

    def entry(self, value: Any) -> Entry:
        selected = value["selected"]
        return Entry(texts=("" if selected is None else str(selected),))

    def parse(self, entry: Entry) -> dict[str, Any]:
        options = options_of(self.parameter)
        selected = option_index(entry.text, options) if entry.text else None
        return {"selected": selected, "options": options}


class RangeField(ParameterField):
    template = "tasks/widgets/range.html"
    parts = ("from", "to", "step")

    def entry(self, value: Any) -> Entry:
        return Entry(texts=tuple("" if value is None else str(value[part]) for part in self.parts))

    def read(self, data: QueryDict) -> Entry:
        return Entry(texts=tuple(data.get(self.name(part), "") for part in self.parts))

    def parse(self, entry: Entry) -> dict[str, int]:
        return {
            part: whole_number(text, quote(part)) for part, text in zip(self.parts, entry.texts, strict=True)
        }


def whole_number(text: str, where: str) -> int:
    try:
        number: int | None = TYPES["int"].parse(text)
    except UnreadableText as error:
        raise UnreadableText(f"{where}: {error}") from error
    if number is None:
        raise UnreadableText(f"{where}: expected an int, found nothing")
    return number
