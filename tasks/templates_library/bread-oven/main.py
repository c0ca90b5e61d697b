"""Bakes a loaf of which it is known how good it becomes, to try Parameter Optimization on."""

import json
import math
import os
import random
from pathlib import Path

DEFAULTS = {
    "temperature": 200,
    "minutes": 45,
    "water": 0.6,
    "flour": "wheat",
    "scored": True,
    "noise": 0.0,
    "seed": 1,
}
# What each flour adds to the score, and how much water it wants.
FLOURS = {"wheat": (0.0, 0.7), "rye": (-6.0, 0.8), "spelt": (-3.0, 0.6)}
BEST_TEMPERATURE, BEST_HEAT = 220, 7700


def read_parameters():
    """The values chosen in the form, or the defaults when run by hand."""
    path = os.environ.get("CORETEX_PARAMETERS")
    if path is None:
        return DEFAULTS
    with open(path, encoding="utf-8") as file:
        return {**DEFAULTS, **json.load(file)}


def report(metric, x, y):
    """A point of a metric, which becomes a chart on the Run's page."""
    path = os.environ.get("CORETEX_METRICS")
    if path is not None:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"metric": metric, "x": x, "y": y}) + "\n")


def quality(temperature, minutes, water, flour, scored):
    """The score of a loaf, at most 100: points lost to a wrong oven, heat, dough and knife."""
    bonus, wanted = FLOURS[flour]
    # A hot oven needs less time: it is the product of both, the heat, that bakes or burns. This is the interaction.
    heat = temperature * minutes
    lost = {
        "oven": 40 * ((temperature - BEST_TEMPERATURE) / 60) ** 2,
        "heat": 60 * (1 - math.exp(-(((heat - BEST_HEAT) / 2200) ** 2))),
        "dough": 250 * (water - wanted) ** 2 * 4,
        "knife": 0.0 if scored else 2.0,
    }
    return 100 + bonus - sum(lost.values()), lost


def main():
    chosen = read_parameters()
    recipe = {name: chosen[name] for name in ("temperature", "minutes", "water", "flour", "scored")}
    score, lost = quality(**recipe)
    score += random.Random(f"{chosen['seed']} {recipe}").gauss(0, chosen["noise"])

    # The crust on the way to the end: a curve to be compared.
    for minute in range(1, recipe["minutes"] + 1):
        report("crust", minute, 1 - math.exp(-recipe["temperature"] * minute / BEST_HEAT))
    for points, reason in sorted(((points, reason) for reason, points in lost.items()), reverse=True):
        print(f"{reason:>6}: {points:6.2f} points lost")
        report(f"lost to {reason}", recipe["minutes"], points)
    report("quality", recipe["minutes"], score)
    print(f"quality: {score:.2f}")
    Path("loaf.json").write_text(json.dumps({**recipe, "quality": score}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
