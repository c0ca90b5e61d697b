"""How long an Execution's script has run, what ran it, and shares, as pages of Runs write them."""

from django import template
from django.utils import timezone

from runs.models import Environment, Execution
from runs.records.number_text import figures, percent
from tasks.runtime import OTHER_LANGUAGES, interpreter_of

register = template.Library()


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
    language = OTHER_LANGUAGES.get(interpreter_of(entry_script)) if environment.kind == "plain" else None
    return environment.label if language is None else f"{language} as the node has it"


register.filter("percent", percent)
register.filter("figures", figures)
