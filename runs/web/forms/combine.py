"""What the Run Task form asks about several values: how they combine, how the Batch runs. Knows no HTTP."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from django import forms
from django.http import QueryDict

from runs.runspec import RunSpec, from_json_text, to_json
from runs.submission.notifications import Notify
from runs.submission.validate import MOST, MOST_PRIORITY
from tasks.types.declarations import TaskSpec

PLAIN = {"autocomplete": "off", "spellcheck": "false"}
# The parts of a RunSpec that the form asks for: how values combine, and how the Batch runs.
PARTS = (
    *("pairs", "exclude", "without", "repeats", "seed_parameter", "sample", "sample_seed"),
    *("at_once", "stop_after", "priority", "snapshot"),
)


class Lines(forms.CharField):
    """Things one a line; each is read by `read` and written by `write`."""

    def __init__(self, read: Callable[[str], Any], write: Callable[[Any], str], **options: Any) -> None:
        self.read, self.write = read, write
        placeholder = options.pop("placeholder", "")
        area = forms.Textarea(attrs={**PLAIN, "rows": 2, "class": "mono", "placeholder": placeholder})
        super().__init__(required=False, max_length=1_000_000, strip=False, widget=area, **options)

    def prepare_value(self, value: Any) -> str:
        return value if isinstance(value, str) else "\n".join(self.write(item) for item in value or ())

    def clean(self, value: Any) -> list[Any]:
        found, wrong = [], []
        text = super().clean(value).replace("\r\n", "\n").replace("\r", "\n")
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                try:
                    found.append(self.read(line.strip()))
                except ValueError as error:
                    wrong.append(f"Line {number}: {error}")
        if wrong:
            raise forms.ValidationError(wrong[:5])
        return found


def read_rule(line: str) -> str:
    """A rule; one that has lines of its own stands in quotes."""
    if line.startswith('"') and line.endswith('"'):
        try:
            return str(json.loads(line))
        except ValueError:
            return line
    return line


def write_rule(rule: str) -> str:
    plain = (
        rule and rule == rule.strip() and "\n" not in rule and "\r" not in rule and read_rule(rule) == rule
    )
    return rule if plain else to_json(rule)


def read_pair(line: str) -> list[str]:
    """Names between commas, or a list of names as JSON."""
    if line.startswith("["):
        names = from_json_text("a list of names", line)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError("names of parameters were expected, such as lr, batch.")
        return names
    return [name.strip() for name in line.split(",")]


def write_pair(names: Sequence[str]) -> str:
    line = ", ".join(names)
    plain = (
        line and not line.startswith("[") and line == line.strip() and "\n" not in line and "\r" not in line
    )
    return line if plain and read_pair(line) == list(names) else to_json(list(names))


def read_single(line: str) -> dict[str, Any]:
    single = from_json_text("the combination", line)
    if not isinstance(single, dict):
        raise ValueError('values by parameter were expected, such as {"lr": 0.1}.')
    return single


def whole(*, least: int | None = 1, most: int = MOST, **options: Any) -> forms.IntegerField:
    placeholder = options.pop("placeholder", "")
    control = forms.TextInput(
        attrs={**PLAIN, "class": "num", "inputmode": "numeric", "placeholder": placeholder}
    )
    wrong = {
        "invalid": "Expected a whole number.",
        "min_value": "Expected %(limit_value)s or more, found %(show_value)s.",
        "max_value": "Expected %(limit_value)s or less, found %(show_value)s.",
    }
    return forms.IntegerField(
        required=False, min_value=least, max_value=most, widget=control, error_messages=wrong, **options
    )


class CombineForm(forms.Form):
    """`spec` declares the parameters; without data it shows what `given` says."""

    pairs = Lines(
        read_pair,
        write_pair,
        placeholder="lr, batch",
        label="Paired parameters",
        help_text="Names separated by commas, one group per line: first value with first, and so on.",
    )
    exclude = Lines(
        read_rule,
        write_rule,
        placeholder="batch = 64 and size > 512",
        label="Leave out where",
        help_text="One rule per line: = != < > in, and, or, not. Text in quotes, odd names in `backticks`.",
    )
    without = Lines(
        read_single,
        to_json,
        label="Leave out these combinations",
        help_text="One per line, as JSON.",
    )
    repeats = whole(most=1_000_000, label="Repeats", placeholder="1")
    seed_parameter = forms.ChoiceField(
        required=False, label="Seed parameter", help_text="Incremented with each repeat."
    )
    sample = whole(label="Random sample of", placeholder="all")
    sample_seed = whole(
        least=-(2**63),
        most=2**63 - 1,
        label="Sample seed",
        help_text="The same seed draws the same sample.",
        placeholder="0",
    )
    at_once = whole(label="Max concurrent Runs", placeholder="no limit")
    stop_after = whole(label="Stop after N failures", placeholder="never")
    priority = whole(least=-MOST_PRIORITY, most=MOST_PRIORITY, label="Priority", placeholder="0")
    notify_email = forms.EmailField(required=False, label="E-mail when it ends", max_length=254)
    notify_url = forms.CharField(
        required=False,
        max_length=2000,
        label="Webhook when it ends",
        widget=forms.TextInput(attrs={**PLAIN, "inputmode": "url", "placeholder": "https://…"}),
    )
    reuse = forms.BooleanField(required=False)
    snapshot = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, spec: TaskSpec, given: RunSpec | None) -> None:
        # What has its default stays empty.
        super().__init__(data, initial={} if given is None else given.as_json())
        names = [parameter.name for parameter in spec.parameters if parameter.data_type == "int"]
        chosen = self["seed_parameter"].value() if data is None else None
        if chosen and chosen not in names:
            names.append(chosen)
        seed = cast(forms.ChoiceField, self.fields["seed_parameter"])
        seed.choices = [("", "none"), *((name, name) for name in names)]

    def combined(self) -> dict[str, Any]:
        """The part of a RunSpec that this form asks for; what is wrong has its default."""
        chosen = {name: self.cleaned_data.get(name) for name in PARTS}
        return {name: value for name, value in chosen.items() if value not in (None, "", [])}

    @property
    def is_used(self) -> bool:
        """Whether it asks for more than each combination of the values once."""
        return (
            self.is_bound
            and self.is_valid()
            and any(
                self.cleaned_data.get(name) not in (None, "", [], 1 if name == "repeats" else None)
                for name in ("repeats", "sample", "exclude", "without", "pairs")
            )
        )

    @property
    def notify(self) -> Notify:
        return Notify(email=self.cleaned_data["notify_email"], url=self.cleaned_data["notify_url"].strip())

    @property
    def is_open(self) -> bool:
        """Whether something in it is filled in, or wrong."""
        names = [name for name in self.fields if name not in ("snapshot", "reuse")]
        return bool(self.is_bound and self.errors) or any(self[name].value() for name in names)


def sentences(form: CombineForm) -> Iterable[tuple[str, str]]:
    """(id of the field, sentence) of all mistakes."""
    for name, found in form.errors.items():
        for sentence in found:
            yield form[name].id_for_label, f"{form.fields[name].label}: {sentence}"
