"""Which parameter mattered, from values and a metric of finished Runs. Knows nothing but numbers."""

import itertools
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from runs.values import is_number, key
from tasks.types.wording import inline

# Below this share of all variation a parameter is said not to have mattered.
NEGLIGIBLE = 0.01
# This share may be an error of rounding.
ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One Run: its values of the parameters that vary, and the metric; None when it did not give one."""

    values: Mapping[str, Any]
    metric: float | None


@dataclass(frozen=True, kw_only=True)
class Effect:
    """How much of the metric's variation one parameter, or a pair of them together, accounts for.

    `sum_of_squares` in squared units of the metric; `share` of the total sum of squares, 0 to 1;
    `degrees` of freedom.
    """

    names: tuple[str, ...]
    sum_of_squares: float
    share: float
    degrees: int


@dataclass(frozen=True, kw_only=True)
class Level:
    """The Runs with one value of a parameter: how many, and the mean of their metric."""

    value: Any
    count: int
    mean: float


@dataclass(frozen=True, kw_only=True)
class Importance:
    """Effects, largest first; what is left over; and what was missing, in words.

    `noise` is the share that repeats of the same combination differ by, None without repeats;
    `rest` the share that no effect explains (interactions of three and more, and noise).
    """

    effects: tuple[Effect, ...]
    levels: Mapping[str, tuple[Level, ...]]
    total: float
    rest: float
    noise: float | None
    used: int
    missing: str


@dataclass(frozen=True, kw_only=True)
class Association:
    """A rank-based measure for one parameter, 0 (none) to 1; signed for numbers (−1 falls, 1 rises)."""

    name: str
    strength: float
    direction: float | None


class AnalysisError(ValueError):
    """There is too little to analyse; the message says what is needed."""


def importance(observations: Sequence[Observation], names: Sequence[str]) -> Importance:
    """Main effects and pair interactions by sums of squares over a factorial design.

    Each value is a level, as in an analysis of variance. In a full design the sums of squares are exact and
    add up; when cells are missing each effect is measured after all others that do not contain it (type II,
    as in statsmodels' `anova_lm(typ=2)`). Raises AnalysisError with fewer than two usable Runs.
    """
    seen = usable(observations)
    if len(seen) < 2:
        raise AnalysisError(
            f"Two or more Runs with this metric are needed, and {len(seen)} of {len(observations)} have it."
        )
    y = np.array([o.metric for o in seen], dtype=float)
    total = float(((y - y.mean()) ** 2).sum())
    codes = {name: codes_of(seen, name) for name in names}
    varying = [name for name in names if codes[name].max() > 0]
    terms: list[tuple[str, ...]] = [(name,) for name in varying]
    terms += itertools.combinations(varying, 2)
    columns = {term: _columns(term, codes) for term in terms}
    effects = [_effect(term, columns, y, total) for term in terms]
    everything = _residual(np.hstack([np.ones((len(y), 1)), *columns.values()]), y)[0]
    return Importance(
        effects=tuple(sorted((e for e in effects if e.degrees), key=lambda e: -e.sum_of_squares)),
        levels={name: levels(seen, name, codes[name], y) for name in varying},
        total=total,
        rest=share(everything, total),
        noise=noise(list(codes.values()), y),
        used=len(seen),
        missing=missing(observations, names),
    )


def usable(observations: Sequence[Observation]) -> list[Observation]:
    """Those that gave the metric, and as a finite number."""
    return [o for o in observations if o.metric is not None and math.isfinite(o.metric)]


def _effect(
    term: tuple[str, ...], columns: Mapping[tuple[str, ...], np.ndarray], y: np.ndarray, total: float
) -> Effect:
    """Type II: the term after all terms that do not contain it."""
    others = [c for other, c in columns.items() if not set(term) <= set(other)]
    base = np.hstack([np.ones((len(y), 1)), *others])
    before, rank_before = _residual(base, y)
    after, rank_after = _residual(np.hstack([base, columns[term]]), y)
    return effect(term, before - after, total, rank_after - rank_before)


def effect(names: tuple[str, ...], gained: float, total: float, degrees: int) -> Effect:
    """What is as little as rounding makes counts as nothing."""
    gained = gained if gained >= ROUNDING * max(total, 1e-300) else 0.0
    return Effect(names=names, sum_of_squares=gained, share=share(gained, total), degrees=degrees)


def _residual(design: np.ndarray, y: np.ndarray) -> tuple[float, int]:
    """The sum of squares that the columns of `design` leave, and their rank."""
    solution, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
    return float(((y - design @ solution) ** 2).sum()), int(rank)


def share(part: float, total: float) -> float:
    return max(0.0, part) / total if total > 0 else 0.0


def codes_of(observations: Sequence[Observation], name: str) -> np.ndarray:
    """The level of each one's value as a number from 0, in order of appearance."""
    places: dict[Hashable, int] = {}
    return np.array([places.setdefault(key(o.values[name]), len(places)) for o in observations])


def _columns(term: tuple[str, ...], codes: Mapping[str, np.ndarray]) -> np.ndarray:
    """Indicator columns of a term's levels, centred coding (each sums to zero over equally many levels)."""
    result = np.ones((len(codes[term[0]]), 1))
    for name in term:
        last = int(codes[name].max())
        contrast = np.vstack([np.eye(last), -np.ones(last)])[codes[name]]
        result = (result[:, :, None] * contrast[:, None, :]).reshape(len(contrast), -1)
    return result


def levels(
    observations: Sequence[Observation], name: str, codes: np.ndarray, y: np.ndarray
) -> tuple[Level, ...]:
    """What there is with each value of a parameter, in order of appearance."""
    firsts = np.unique(codes, return_index=True)[1]
    counts, sums = np.bincount(codes), np.bincount(codes, weights=y)
    return tuple(
        Level(value=observations[first].values[name], count=int(count), mean=float(summed / count))
        for first, count, summed in zip(firsts, counts, sums, strict=True)
    )


def noise(codes: Sequence[np.ndarray], y: np.ndarray) -> float | None:
    """The share of variation within equal combinations; None when each ran once."""
    cells = np.unique(np.array(codes), axis=1, return_inverse=True)[1].ravel()
    if np.bincount(cells).max() == 1:
        return None
    centred = y - y.mean()
    total = float((centred**2).sum())
    return share(total - between(cells, centred), total)


def between(codes: np.ndarray, centred: np.ndarray) -> float:
    """The sum of squares of the means of the groups, of which `centred` has the mean 0."""
    counts, sums = np.bincount(codes), np.bincount(codes, weights=centred)
    return float((sums**2 / counts).sum())


def missing(observations: Sequence[Observation], names: Sequence[str]) -> str:
    """Which Runs lack the metric, and what they have in common: "5 of 36 missing, all batchSize = 64"."""
    without = [o for o in observations if o.metric is None or not math.isfinite(o.metric)]
    if not without:
        return ""
    shared = in_common([o.values for o in without], [o.values for o in observations], names)
    return f"{len(without)} of {len(observations)} missing" + (f", all {shared}" if shared else "")


def in_common(
    some: Sequence[Mapping[str, Any]], everyone: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> str:
    """The values that all of `some` have and not all of `everyone`: "batchSize = 64, mode = fast"."""
    parts = []
    for name in names:
        held = {key(values[name]) for values in some}
        if len(held) == 1 and len({key(values[name]) for values in everyone}) > 1:
            value = some[0][name]
            parts.append(f"{name} = {value if isinstance(value, str) else inline(value)}")
    return ", ".join(parts)


def associations(observations: Sequence[Observation], names: Sequence[str]) -> list[Association]:
    """For random samples: rank correlation for numbers, ε² of Kruskal and Wallis for everything else."""
    seen = usable(observations)
    if len(seen) < 3:
        raise AnalysisError(f"Three or more Runs with this metric are needed, and {len(seen)} have it.")
    y = _ranks(np.array([o.metric for o in seen], dtype=float))
    found = [_association(seen, name, y) for name in names]
    return sorted(found, key=lambda a: -a.strength)


def _association(seen: Sequence[Observation], name: str, y: np.ndarray) -> Association:
    values = [o.values[name] for o in seen]
    if all(map(is_number, values)):
        # Ints may be larger than any float, and differ by less than floats tell apart.
        place = {value: number for number, value in enumerate(sorted(set(values)))}
        x = _ranks(np.array([place[value] for value in values]))
        if x.std() == 0 or y.std() == 0:
            return Association(name=name, strength=0.0, direction=0.0)
        rho = float(np.corrcoef(x, y)[0, 1])
        return Association(name=name, strength=abs(rho), direction=rho)
    centred = y - y.mean()
    strength = share(between(codes_of(seen, name), centred), float((centred**2).sum()))
    return Association(name=name, strength=strength, direction=None)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts + 1 + ends) / 2)[inverse]
