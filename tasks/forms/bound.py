"""One parameter as the form draws it: its field, what its controls hold, and its errors. Knows no storage."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tasks.forms.inputs import Entry, ParameterField
from tasks.forms.multi_inputs import SeveralInput
from tasks.types.declarations import Condition, Parameter


@dataclass(frozen=True, kw_only=True)
class Input:
    """One parameter as it is drawn: its field, what its controls hold now, and its errors."""

    spare_rows: ClassVar = range(3)

    parameter: Parameter
    field: ParameterField
    entry: Entry
    id: str
    errors: Sequence[str]
    is_hidden: bool
    is_required: bool
    conditions: str  # JSON for static/js/parameters.js; empty when it is always visible
    several: SeveralInput | None  # None where several values make no sense

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
    def names(self) -> dict[str, str]:
        """Of the controls beside its own: for null, keys, rows to drop, and more rows."""
        return {part: self.field.name(part) for part in ("null", "key", "drop", "more")}

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
