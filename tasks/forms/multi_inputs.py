"""How several values of a parameter are drawn: the text, a chip for each value, ticks for options.

Knows no templates and no storage.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from projects.data.references import RESOLVERS
from tasks.forms.inputs import ParameterField
from tasks.forms.multi_values import Several, write_line

CHIPS_SHOWN = 40
NUMBERS = ("int", "float")
HELP = {
    "int": "Separated by commas or one per line; also 1..10 step 2.",
    "float": "Separated by commas or one per line; also 0.001..1 log 4.",
    "str": "One per line. Text in quotes is used literally; null means no value.",
    "range": "One per line, such as 0..10 step 2.",
    "list[int]": "One list per line: [64, 64] is one value.",
    "list[float]": "One list per line: [0.1, 0.5] is one value.",
    "list[str]": 'One list per line, such as ["a", "b"].',
    "list[enum]": "One list of options per line.",
    "list[dataset]": "One list of ids per line: [1, 2] is one value.",
    "list[model]": "One list of ids per line: [1, 2] is one value.",
}


@dataclass(frozen=True, kw_only=True)
class Chip:
    """One value as it is shown; `line` stays in the text when others are taken away."""

    text: str
    line: str
    error: str
    is_duplicate: bool


@dataclass(frozen=True, kw_only=True)
class Pick:
    """An option with a tick; `line` is what it adds to the text."""

    line: str
    label: str
    is_ticked: bool


@dataclass(frozen=True, kw_only=True)
class SeveralInput:
    """The control for several values of one parameter; those of `several` are none while it has one."""

    field: ParameterField
    several: Several
    id: str

    @property
    def name(self) -> str:
        return self.field.name("v")

    @property
    def text(self) -> str:
        return self.several.text

    @property
    def rows(self) -> int:
        return min(8, max(2, self.text.count("\n") + 1))

    @property
    def help(self) -> str:
        return HELP.get(self.field.parameter.data_type, "Separated by commas or one per line.")

    @property
    def takes_spacing(self) -> bool:
        return self.field.parameter.data_type in NUMBERS

    @property
    def has_commas(self) -> bool:
        """Whether what was pasted may be meant to be separated at its commas."""
        is_text = self.field.parameter.data_type == "str"
        return is_text and any("," in item.line for item in self.several.items)

    @property
    def count(self) -> int:
        return len(self.several.items)

    @property
    def duplicates(self) -> int:
        return len(self.several.duplicates)

    @property
    def chips(self) -> list[Chip]:
        return [
            Chip(
                text=item.line if item.error else self.text_of(item.value),
                line=item.line,
                error=item.error,
                is_duplicate=place in self.several.duplicates,
            )
            for place, item in enumerate(self.several.items[:CHIPS_SHOWN])
        ]

    @property
    def rest(self) -> list[str]:
        """The lines of the values that have no chip."""
        return [item.line for item in self.several.items[CHIPS_SHOWN:]]

    def text_of(self, value: object) -> str:
        if self.field.parameter.data_type not in RESOLVERS or value is None:
            return self.field.parameter.type.describe(value)
        names = {choice.value: choice.label for choice in self.field.choices or ()}
        if isinstance(value, list):
            return f"[{', '.join(names.get(str(one), str(one)) for one in value)}]"
        return names.get(str(value), str(value))

    @property
    def says_all(self) -> bool:
        """Whether the ticks say all that the chips would."""
        lines = {pick.line for pick in self.picks}
        all_picked = all(item.line in lines for item in self.several.items)
        return bool(lines) and all_picked and not self.several.duplicates

    @property
    def picks(self) -> Sequence[Pick]:
        """Every option there is, for types that have some."""
        parameter = self.field.parameter
        if parameter.data_type in RESOLVERS and parameter.type.item is None:
            lines = [(choice.value, choice.label) for choice in self.field.choices or ()]
        elif parameter.data_type == "bool":
            lines = [("true", "true"), ("false", "false")]
        elif parameter.data_type == "enum":
            options = parameter.value.get("options") or [] if isinstance(parameter.value, dict) else []
            values = [{"selected": i, "options": options} for i in range(len(options))]
            lines = [(write_line(parameter, v), o) for v, o in zip(values, options, strict=True)]
        else:
            return []
        ticked = {item.line for item in self.several.items}
        return [Pick(line=line, label=label, is_ticked=line in ticked) for line, label in lines]
