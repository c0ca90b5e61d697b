"""Effects in a full factorial design, from means alone: exact at any size. Knows nothing but numbers."""

import itertools
import math
from collections.abc import Sequence

import numpy as np

from runs.analysis.association import Effect, Importance, Level, Observation
from runs.values import key

NEGLIGIBLE = 1e-12


def is_full(observations: Sequence[Observation], names: Sequence[str]) -> bool:
    """Whether every combination of the values is there, all equally often, and all with the metric."""
    if len(observations) < 2 or any(o.metric is None or not math.isfinite(o.metric) for o in observations):
        return False
    codes, sizes = _codes(observations, names)
    cells = math.prod(sizes)
    if cells > len(observations) or len(observations) % cells:
        return False
    counts = np.bincount(np.ravel_multi_index(codes, sizes), minlength=cells)
    return bool((counts == len(observations) // cells).all())


def importance(observations: Sequence[Observation], names: Sequence[str]) -> Importance:
    """The same as `analysis.importance` for a design that `is_full`, where effects are sums over means."""
    codes, sizes = _codes(observations, names)
    y = np.array([o.metric for o in observations], dtype=float)
    centred = y - y.mean()
    total = float((centred**2).sum())
    varying = [place for place, size in enumerate(sizes) if size > 1]
    main = {place: _between(codes[place], centred, sizes[place]) for place in varying}
    effects = [_effect((names[p],), main[p], total, sizes[p] - 1) for p in varying]
    for one, other in itertools.combinations(varying, 2):
        joint = codes[one] * sizes[other] + codes[other]
        gained = _between(joint, centred, sizes[one] * sizes[other]) - main[one] - main[other]
        degrees = (sizes[one] - 1) * (sizes[other] - 1)
        effects.append(_effect((names[one], names[other]), gained, total, degrees))
    cells = np.ravel_multi_index(codes, sizes)
    within = total - _between(cells, centred, math.prod(sizes))
    explained = sum(effect.sum_of_squares for effect in effects)
    repeats = len(observations) > math.prod(sizes)
    return Importance(
        effects=tuple(sorted(effects, key=lambda effect: -effect.sum_of_squares)),
        levels={names[p]: _levels(observations, names[p], codes[p], y) for p in varying},
        total=total,
        rest=_share(total - explained, total),
        noise=_share(within, total) if repeats else None,
        used=len(observations),
        missing="",
    )


def _codes(observations: Sequence[Observation], names: Sequence[str]) -> tuple[list[np.ndarray], list[int]]:
    """Each value's level from 0 in order of appearance, and how many levels there are, by parameter."""
    codes, sizes = [], []
    for name in names:
        levels: dict[object, int] = {}
        codes.append(np.array([levels.setdefault(key(o.values[name]), len(levels)) for o in observations]))
        sizes.append(len(levels))
    return codes, sizes


def _between(codes: np.ndarray, centred: np.ndarray, size: int) -> float:
    """The sum of squares of the means of the groups, of which `centred` has the mean 0."""
    counts = np.bincount(codes, minlength=size)
    sums = np.bincount(codes, weights=centred, minlength=size)
    there = counts > 0
    return float((sums[there] ** 2 / counts[there]).sum())


def _effect(names: tuple[str, ...], gained: float, total: float, degrees: int) -> Effect:
    gained = gained if gained >= NEGLIGIBLE * max(total, 1e-300) else 0.0
    return Effect(names=names, sum_of_squares=gained, share=_share(gained, total), degrees=degrees)


def _share(part: float, total: float) -> float:
    return max(0.0, part) / total if total > 0 else 0.0


def _levels(
    observations: Sequence[Observation], name: str, codes: np.ndarray, y: np.ndarray
) -> tuple[Level, ...]:
    counts, sums = np.bincount(codes), np.bincount(codes, weights=y)
    values: dict[int, object] = {}
    for code, observation in zip(codes, observations, strict=True):
        values.setdefault(int(code), observation.values[name])
    return tuple(
        Level(value=values[code], count=int(counts[code]), mean=float(sums[code] / counts[code]))
        for code in range(len(counts))
    )
