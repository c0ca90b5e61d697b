"""How long an Execution's script has run, what ran it, and shares, as pages of Runs write them."""

from collections.abc import Sequence

from django import template
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe

from runs.models import Environment, Execution
from runs.records.console import Line
from runs.records.number_text import figures, percent
from tasks.runtime import OTHER_LANGUAGES, interpreter_of

register = template.Library()

CUT = '<span class="console-cut"> … {} more bytes</span>'
HIT = '<mark class="hit">{}</mark>'


@register.filter
def seconds_run(execution: Execution) -> float | None:
    """Until its end, or until now; None when its script was never started."""
    if execution.started_at is None:
        return None
    end = execution.finished_at or timezone.now()
    return (end - execution.started_at).total_seconds()


@register.filter
def runtime_of(environment: Environment, entry_script: str) -> str:
    """What the entry script ran with; a clean Python says nothing of a script in another language."""
    found = interpreter_of(entry_script)
    if environment.kind == "plain" and found in OTHER_LANGUAGES:
        return f"{OTHER_LANGUAGES[found]} as installed on the node"
    return environment.label if found is not None else f"{environment.label}, and what its #! line names"


@register.filter
def console_text(line: Line) -> str:
    """A line of a console as HTML, and how much of it is not shown."""
    cut = format_html(CUT, line.hidden) if line.hidden else ""
    return mark_safe(line.html + cut)  # noqa: S308 - runs.records.console escapes it


@register.filter
def marked(parts: Sequence[str]) -> str:
    """The parts of a line one after the other, every second one, from the second on, as what was found."""
    html = [escape(part) if place % 2 == 0 else format_html(HIT, part) for place, part in enumerate(parts)]
    return mark_safe("".join(html))  # noqa: S308 - every part is escaped


register.filter("percent", percent)
register.filter("figures", figures)
