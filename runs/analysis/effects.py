"""Effects in a full factorial design, from means alone: exact at any size. Knows nothing but numbers."""

import itertools
import math
from collections.abc import Sequence

import numpy as np

from runs.analysis import association
from runs.analysis.association import Importance, Observation, between


def is_full(observations: Sequence[Observation], names: Sequence[str]) -> bool:
    """Whether every combination of the values is there, all equally often, and all with the metric."""
    if len(observations) < 2 or len(association.usable(observations)) < len(observations):
        return False
    codes, sizes = _codes(observations, names)
    cells = math.prod(sizes)
    if cells > len(observations) or len(observations) % cells:
        return False
    counts = np.bincount(np.ravel_multi_index(codes, sizes), minlength=cells)
    return bool((counts == len(observations) // cells).all())


def importance(observations: Sequence[Observation], names: Sequence[str]) -> Importance:
    """The same as `association.importance` for a design that `is_full`, where effects are sums over means."""
    codes, sizes = _codes(observations, names)
    y = np.array([o.metric for o in observations], dtype=float)
    centred = y - y.mean()
    total = float((centred**2).sum())
    varying = [place for place, size in enumerate(sizes) if size > 1]
    main = {place: between(codes[place], centred) for place in varying}
    effects = [association.effect((names[p],), main[p], total, sizes[p] - 1) for p in varying]
    for one, other in itertools.combinations(varying, 2):
        joint = codes[one] * sizes[other] + codes[other]
        gained = between(joint, centred) - main[one] - main[other]
        degrees = (sizes[one] - 1) * (sizes[other] - 1)
        effects.append(association.effect((names[one], names[other]), gained, total, degrees))
    return Importance(
        effects=tuple(sorted(effects, key=lambda effect: -effect.sum_of_squares)),
        levels={names[p]: association.levels(observations, names[p], codes[p], y) for p in varying},
        total=total,
        rest=association.share(total - sum(effect.sum_of_squares for effect in effects), total),
        noise=association.noise(codes, y),
        used=len(observations),
        missing="",
    )


def _codes(observations: Sequence[Observation], names: Sequence[str]) -> tuple[list[np.ndarray], list[int]]:
    """Each value's level from 0 in order of appearance, and how many levels there are, by parameter."""
    codes = [association.codes_of(observations, name) for name in names]
    return codes, [int(one.max()) + 1 for one in codes]
