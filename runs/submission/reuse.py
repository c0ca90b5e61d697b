"""Earlier Runs that succeeded with the same Snapshot, entry script and values. Knows no HTTP."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from django.db.models import QuerySet

from runs.models import Run
from runs.states import State
from runs.submission.validate import Plan

# Keys asked for in one query; databases take some 30,000.
CHUNK = 5000


def already(plan: Plan) -> dict[int, int]:
    """{number of a Run: a Run of the Task that succeeded with this Snapshot, entry script and values}.

    With repeats each earlier Run counts once. Nothing for a plan that cannot be started.
    """
    runs = succeeded(plan)
    if plan.refusal or not runs.exists():
        return {}
    return match(plan.digests, runs)


def succeeded(plan: Plan) -> QuerySet[Run]:
    """The Runs of the Task that may stand for one of the plan's, if their values are the same."""
    return Run.objects.filter(
        task=plan.task, snapshot_id=plan.digest, entry_script=plan.entry_script, state=State.SUCCEEDED
    ).order_by("pk")


def match(digests: Sequence[str], runs: QuerySet[Run]) -> dict[int, int]:
    """{place in `digests`: key of a Run with it}; each Run once, the earlier ones first."""
    found: dict[str, list[int]] = defaultdict(list)
    for chunk in _narrowed(digests, runs):
        for digest, pk in chunk.values_list("values_digest", "pk"):
            found[digest].append(pk)
    matched = {}
    for place, digest in enumerate(digests):
        if digest in found and found[digest]:
            matched[place] = found[digest].pop(0)
    return matched


def _narrowed(digests: Sequence[str], runs: QuerySet[Run]) -> Iterator[QuerySet[Run]]:
    """The Runs by their digests, or all of them when they are fewer."""
    distinct = list(dict.fromkeys(digests))
    if runs.count() <= len(distinct):
        yield runs
        return
    for start in range(0, len(distinct), CHUNK):
        yield runs.filter(values_digest__in=distinct[start : start + CHUNK])
