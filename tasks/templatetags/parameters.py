"""What the parameter templates ask of a text or of choices."""

from collections.abc import Sequence

from django import template

from tasks.forms.inputs import Choice

register = template.Library()

LEAST_ROWS, MOST_ROWS = 3, 14


@register.filter
def has_newline(text: str) -> bool:
    """Whether only a textarea can hold it: other controls drop newlines."""
    return "\n" in text or "\r" in text


@register.filter
def row_count(text: str) -> int:
    """How high a textarea is for a text."""
    return min(MOST_ROWS, max(LEAST_ROWS, text.count("\n") + 2))


@register.filter
def offers(choices: Sequence[Choice], value: str) -> bool:
    return any(choice.value == value for choice in choices)
