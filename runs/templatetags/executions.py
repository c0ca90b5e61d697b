"""How long an Execution's script has run, for the Runs table."""

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
