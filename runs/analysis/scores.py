"""The metrics of a Batch's Runs as one number each. Of each Run its newest Execution counts."""

from collections.abc import Iterable, Sequence

from django.db.models import F, FloatField, Min, Q
from django.db.models.functions import Cast

from runs.models import Batch, Metric, Run
from runs.records import usage

# How a series of points becomes one number: columns of a Metric.
AGGREGATES = {"last": "Last", "minimum": "Smallest", "maximum": "Largest", "mean": "Mean"}
# Words in a metric's name that say that less of it is better.
LESS_IS_BETTER = ("loss", "error", "err", "mse", "rmse", "mae", "mape", "perplexity", "time", "seconds",
                  "latency", "cost", "distance", "nll", "divergence")  # fmt: skip


def of_batch(batch: Batch, *, runs: Iterable[int] | None = None) -> Q:
    """Its own Runs, and those that were reused; or only `runs`."""
    if runs is not None:
        return Q(pk__in=list(runs))
    reused = [run for _, run in batch.reused]
    return Q(batch=batch) | Q(pk__in=reused) if reused else Q(batch=batch)


def names(batch: Batch) -> list[str]:
    """The metrics that its Runs reported, in the order in which their script first did.

    Without those that their node measured.
    """
    newest = Run.objects.filter(of_batch(batch)).order_by().values("latest")
    reported = Metric.objects.filter(execution__in=newest).order_by().values("name")
    found = reported.annotate(first=Min("pk")).order_by("first").values_list("name", flat=True)
    return [name for name in found if name not in usage.NAMES]


def read(
    batch: Batch, wanted: Sequence[str], aggregate: str, *, runs: Iterable[int] | None = None
) -> dict[str, dict[int, float]]:
    """{metric: {Run: number}} of all its Runs, or only of `runs`; a Run without the metric is left out."""
    found: dict[str, dict[int, float]] = {name: {} for name in wanted}
    if not wanted:
        return found
    rows = Run.objects.filter(of_batch(batch, runs=runs), latest__metrics__name__in=list(wanted)).order_by()
    column = F(f"latest__metrics__{aggregate}")
    numbers = rows.annotate(number=Cast(column, FloatField()))
    for run, name, number in numbers.values_list("pk", "latest__metrics__name", "number"):
        if number is not None:
            found[name][run] = number
    return found


def better(name: str) -> str:
    """Whether more or less of a metric of this name is likely better: "max" or "min"."""
    lowered = name.lower()
    return "min" if any(word in lowered for word in LESS_IS_BETTER) else "max"
