"""Which parameters of a Batch mattered for a metric, by what its design allows. Knows no HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runs import analysis, factorial
from runs.analysis import AnalysisError, Association, Importance, Level, Observation
from runs.cells import Cells

# Beyond so many steps of the general method nobody waits for it; full designs are reckoned directly.
MOST_WORK = 1.5e9

# Less than this is rounding.
LEAST_SHARED = 0.0005

BY_RANKS = (
    "The values are a random sample, so this is how closely each parameter's ranks go with the metric's."
)
TOO_LARGE = (
    "There are too many values for effects with some Runs missing, so this is how closely each parameter's "
    "ranks go with those of the metric."
)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """`share` from 0 to 1 of all variation, or how strong an association is; `note` says what it means."""

    label: str
    names: tuple[str, ...]
    share: float
    kind: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Mattering:
    """What mattered. `problem` says why nothing can be told yet; `note` how it was measured."""

    bars: Sequence[Bar] = ()
    levels: Mapping[str, Sequence[Level]] | None = None
    used: int = 0
    missing: str = ""
    note: str = ""
    problem: str = ""
    noise: float | None = None
    exact: bool = False

    def share_of(self, name: str) -> float:
        """Of all that a parameter takes part in."""
        return sum(bar.share for bar in self.bars if name in bar.names)


def of(cells: Cells, numbers: Mapping[int, float]) -> Mattering:
    """`numbers` by Run are the metric."""
    names = cells.chosen
    seen = [Observation(values=cell.values, metric=numbers.get(cell.run)) for cell in cells.all]
    if not names:
        return Mattering(problem="No parameter varies in this Batch, so none can have mattered.")
    try:
        if cells.batch.spec.get("sample"):
            return _by_ranks(seen, names, BY_RANKS)
        if factorial.is_full(seen, names):
            return _by_effects(factorial.importance(seen, names))
        if _work(cells, seen) > MOST_WORK:
            return _by_ranks(seen, names, TOO_LARGE)
        return _by_effects(analysis.importance(seen, names))
    except AnalysisError as error:
        return Mattering(problem=str(error), missing=analysis.missing(seen, names) if seen else "")


def _work(cells: Cells, seen: Sequence[Observation]) -> float:
    """Multiplications of the general method, roughly."""
    free = [len(cells.scale(name).levels) - 1 for name in cells.chosen]
    pairs = [a * b for place, a in enumerate(free) for b in free[place + 1 :]]
    columns = sum(free) + sum(pairs)
    usable = sum(o.metric is not None for o in seen)
    return 2.0 * usable * columns**2 * (len(free) + len(pairs))


def _by_effects(found: Importance) -> Mattering:
    bars = [
        Bar(
            label=" × ".join(effect.names),
            names=effect.names,
            share=effect.share,
            kind="effect" if len(effect.names) == 1 else "pair",
            note="together" if len(effect.names) > 1 else "",
        )
        for effect in found.effects
    ]
    shared = _shared(found)
    if shared is not None:
        bars = sorted([*bars, shared], key=lambda bar: -bar.share)
    if found.noise is None:
        note = "three and more together, and chance"
        bars.append(Bar(label="Everything else", names=(), share=found.rest, kind="rest", note=note))
    else:
        together = max(0.0, found.rest - found.noise)
        bars.append(
            Bar(
                label="Everything else", names=(), share=together, kind="rest", note="three and more together"
            )
        )
        bars.append(
            Bar(label="Chance", names=(), share=found.noise, kind="rest", note="repeats differ by this much")
        )
    return Mattering(
        bars=bars, levels=found.levels, used=found.used, missing=found.missing, noise=found.noise, exact=True
    )


def _shared(found: Importance) -> Bar | None:
    """What is explained but by no effect alone: of paired parameters, or of values that were left out."""
    share = 1 - found.rest - sum(effect.share for effect in found.effects)
    if not found.total or share < LEAST_SHARED:
        return None
    alone = {effect.names[0] for effect in found.effects if len(effect.names) == 1}
    names = tuple(name for name in found.levels if name not in alone)
    if not names:
        return Bar(label="Cannot be told apart", names=(), share=share, kind="rest", note="some are missing")
    return Bar(
        label=" and ".join(names), names=names, share=share, kind="pair", note="go together: not told apart"
    )


def _by_ranks(seen: Sequence[Observation], names: Sequence[str], note: str) -> Mattering:
    found = analysis.associations(seen, names)
    return Mattering(
        bars=[
            Bar(label=a.name, names=(a.name,), share=a.strength, kind="rank", note=_direction(a))
            for a in found
        ],
        used=sum(o.metric is not None for o in seen),
        missing=analysis.missing(seen, names),
        note=note,
    )


def _direction(found: Association) -> str:
    if found.direction is None or not found.strength:
        return ""
    return "more of it, more of the metric" if found.direction > 0 else "more of it, less of the metric"
