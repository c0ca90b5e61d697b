"""Which parameters of a Batch mattered for a metric, by what its design allows. Knows no HTTP."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from runs.analysis import association, effects
from runs.analysis.association import AnalysisError, Association, Effect, Importance, Level, Observation
from runs.analysis.cells import Cells
from runs.values import key

# {the first of the parameters that go together: all of them}; one that is by itself has a place of its own.
Together = Mapping[str, tuple[str, ...]]

# Beyond so many steps of the general method nobody waits for it; full designs are reckoned directly.
MOST_WORK = 1.5e9

# Less than this is rounding.
LEAST_SHARED = 0.0005

BY_RANKS = (
    "The values are a random sample, so this is the rank correlation between each parameter and the metric."
)
TOO_LARGE = (
    "There are too many values to compute effects with some Runs missing, so "
    "this is the rank correlation between each parameter and the metric."
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
class ParameterImportance:
    """Importance of each parameter. `problem` says why there is none yet; `note` how it was measured."""

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


def of(cells: Cells, numbers: Mapping[int, float]) -> ParameterImportance:
    """`numbers` by Run are the metric."""
    names = cells.chosen
    seen = [Observation(values=cell.values, metric=numbers.get(cell.run)) for cell in cells.all]
    if not names:
        return ParameterImportance(problem="No parameter varies in this Batch, so none can have an effect.")
    try:
        if cells.batch.spec.get("sample"):
            return _by_ranks(seen, names, BY_RANKS)
        together = _together(seen, names)
        ones = list(together)
        if effects.is_full(seen, ones):
            return _by_effects(effects.importance(seen, ones), seen, together)
        if _work(cells, seen, ones) > MOST_WORK:
            return _by_ranks(seen, names, TOO_LARGE)
        found = _by_effects(association.importance(seen, ones), seen, together)
        return replace(found, missing=association.missing(seen, names))
    except AnalysisError as error:
        return ParameterImportance(
            problem=str(error), missing=association.missing(seen, names) if seen else ""
        )


def _together(seen: Sequence[Observation], names: Sequence[str]) -> Together:
    """Parameters whose values go together in all Runs with the metric are as one, named by its first.

    Paired parameters do, and others may when Runs are missing; nothing can tell them apart.
    """
    usable = [observation for observation in seen if observation.metric is not None]
    by_pattern: dict[Hashable, list[str]] = {}
    for name in names:
        levels: dict[Hashable, int] = {}
        pattern = tuple(levels.setdefault(key(o.values.get(name)), len(levels)) for o in usable)
        by_pattern.setdefault(pattern if len(levels) > 1 else name, []).append(name)
    return {group[0]: tuple(group) for group in by_pattern.values()}


def _work(cells: Cells, seen: Sequence[Observation], names: Sequence[str]) -> float:
    """Multiplications of the general method, roughly."""
    free = [len(cells.scale(name).levels) - 1 for name in names]
    pairs = [a * b for place, a in enumerate(free) for b in free[place + 1 :]]
    columns = sum(free) + sum(pairs)
    usable = sum(o.metric is not None for o in seen)
    return 2.0 * usable * columns**2 * (len(free) + len(pairs))


def _by_effects(found: Importance, seen: Sequence[Observation], together: Together) -> ParameterImportance:
    bars = [_bar(effect, together) for effect in found.effects]
    shared = _shared(found, together)
    if shared is not None:
        bars = sorted([*bars, shared], key=lambda bar: -bar.share)
    many, note = found.rest, "three and more together, and chance"
    if found.noise is not None:
        many, note = max(0.0, found.rest - found.noise), "three and more together"
    bars.append(Bar(label="Everything else", names=(), share=many, kind="rest", note=note))
    if found.noise is not None:
        note = "differences between repeats"
        bars.append(Bar(label="Chance", names=(), share=found.noise, kind="rest", note=note))
    return ParameterImportance(
        bars=bars,
        levels=_levels(found, seen, together),
        used=found.used,
        missing=found.missing,
        noise=found.noise,
        exact=True,
    )


def _bar(effect: Effect, together: Together) -> Bar:
    members = [together[name] for name in effect.names]
    note = (
        "together"
        if len(members) > 1
        else "vary together: cannot be separated"
        if len(members[0]) > 1
        else ""
    )
    return Bar(
        label=" × ".join(" and ".join(names) for names in members),
        names=tuple(name for names in members for name in names),
        share=effect.share,
        kind="effect" if len(members) == 1 else "pair",
        note=note,
    )


def _levels(found: Importance, seen: Sequence[Observation], together: Together) -> dict[str, Sequence[Level]]:
    """The means at each value; those that go together have the same, each at its own values."""
    shown: dict[str, Sequence[Level]] = {}
    usable = [observation for observation in seen if observation.metric is not None]
    for one, levels in found.levels.items():
        firsts: dict[Hashable, Observation] = {}
        for observation in usable:
            firsts.setdefault(key(observation.values[one]), observation)
        for name in together[one]:
            shown[name] = [
                replace(level, value=firsts[key(level.value)].values[name]) if name != one else level
                for level in levels
            ]
    return shown


def _shared(found: Importance, together: Together) -> Bar | None:
    """What is explained, but by no effect alone: not all values stand beside all others."""
    share = 1 - found.rest - sum(effect.share for effect in found.effects)
    if not found.total or share < LEAST_SHARED:
        return None
    alone = {effect.names[0] for effect in found.effects if len(effect.names) == 1}
    names = tuple(name for name in found.levels if name not in alone)
    if not names:
        return Bar(label="Cannot be separated", names=(), share=share, kind="rest", note="some are missing")
    members = tuple(member for name in names for member in together[name])
    note = "not separable from the others"
    return Bar(label=" and ".join(members), names=members, share=share, kind="pair", note=note)


def _by_ranks(seen: Sequence[Observation], names: Sequence[str], note: str) -> ParameterImportance:
    found = association.associations(seen, names)
    return ParameterImportance(
        bars=[
            Bar(label=a.name, names=(a.name,), share=a.strength, kind="rank", note=_direction(a))
            for a in found
        ],
        used=sum(o.metric is not None for o in seen),
        missing=association.missing(seen, names),
        note=note,
    )


def _direction(found: Association) -> str:
    if found.direction is None or not found.strength:
        return ""
    return "higher values, higher metric" if found.direction > 0 else "higher values, lower metric"
