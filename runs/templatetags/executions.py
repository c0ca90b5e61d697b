"""How long an Execution's script has run, and shares, as tables of Runs write them."""

from django import template
from django.utils import timezone

from runs.models import Execution

register = template.Library()


@register.filter
def seconds_run(execution: Execution) -> float | None:
    """Until its end, or until now; None when its script was never started."""
    if execution.started_at is None:
        return None
    end = execution.finished_at or timezone.now()
    return (end - execution.started_at).total_seconds()


@register.filter
def percent(share: float) -> str:
    """`0.1234` → `12.3 %`."""
    return f"{100 * share:.1f} %"
