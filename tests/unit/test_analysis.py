"""Which parameter mattered: checked against statsmodels and against functions with a known answer."""

import itertools
import random
from collections.abc import Callable

import pytest

from runs.analysis.association import AnalysisError, Observation, associations, importance


def observations(
    function: Callable[[int, str, bool], float], repeats: int = 1, drop: float = 0.0
) -> list[Observation]:
    dice = random.Random(5)
    return [
        Observation(
            values={"a": a, "b": b, "c": c},
            metric=None if dice.random() < drop else function(a, b, c) + dice.random() * (repeats > 1),
        )
        for a, b, c, _ in itertools.product([1, 2, 3], ["x", "y"], [True, False], range(repeats))
    ]


@pytest.mark.parametrize("drop", [0.0, 0.25])
def test_effects_are_those_of_statsmodels(drop: float) -> None:
    import pandas as pd
    import statsmodels.api as sm
    import statsmodels.formula.api as smf

    runs = observations(lambda a, b, c: a * 2 + (b == "x") * 3 + a * c, repeats=3, drop=drop)
    ours = {e.names: e for e in importance(runs, ["a", "b", "c"]).effects}
    frame = pd.DataFrame([{**run.values, "y": run.metric} for run in runs if run.metric is not None])
    formula = "y ~ C(a,Sum)*C(b,Sum) + C(a,Sum)*C(c,Sum) + C(b,Sum)*C(c,Sum)"
    theirs = sm.stats.anova_lm(smf.ols(formula, frame).fit(), typ=2)
    for names, effect in ours.items():
        row = theirs.loc[":".join(f"C({name}, Sum)" for name in names)]
        assert effect.sum_of_squares == pytest.approx(row["sum_sq"], rel=1e-9)
        assert effect.degrees == row["df"]


def test_a_function_of_one_parameter_is_all_that_parameter() -> None:
    found = importance(observations(lambda a, b, c: a**2), ["a", "b", "c"])
    assert found.effects[0].names == ("a",)
    assert found.effects[0].share == pytest.approx(1.0)
    assert all(effect.share == pytest.approx(0.0) for effect in found.effects[1:])


def test_a_pure_interaction_is_found_as_one() -> None:
    found = importance(
        observations(lambda a, b, c: (1 if b == "x" else -1) * (1 if c else -1)), ["a", "b", "c"]
    )
    assert found.effects[0].names == ("b", "c")
    assert found.effects[0].share == pytest.approx(1.0)


def test_in_a_full_design_shares_and_rest_add_up_to_one() -> None:
    found = importance(observations(lambda a, b, c: a * 2 + (b == "x") * a + c, repeats=2), ["a", "b", "c"])
    assert sum(effect.share for effect in found.effects) + found.rest == pytest.approx(1.0)


def test_repeats_tell_the_noise() -> None:
    assert importance(observations(lambda a, b, c: a), ["a", "b", "c"]).noise is None
    noise = importance(observations(lambda a, b, c: a * 10, repeats=4), ["a", "b", "c"]).noise
    assert noise is not None
    assert 0 < noise < 0.05


def test_what_is_missing_is_said_with_what_it_has_in_common() -> None:
    runs = [
        Observation(values={"batch": b, "lr": lr}, metric=None if b == 64 else b * lr)
        for b in (16, 32, 64)
        for lr in (1, 2, 3)
    ]
    assert importance(runs, ["batch", "lr"]).missing == "3 of 9 missing, all batch = 64"


def test_what_is_in_common_is_written_as_in_the_form() -> None:
    runs = [
        Observation(values={"flag": flag, "mode": mode}, metric=None if flag and mode is None else 1.0)
        for flag in (True, False)
        for mode in (None, "fast")
    ]
    assert importance(runs, ["flag", "mode"]).missing == "1 of 4 missing, all flag = true, mode = null"


def test_a_constant_metric_has_no_effects_and_does_not_divide_by_zero() -> None:
    found = importance(observations(lambda a, b, c: 5), ["a", "b", "c"])
    assert all(effect.share == 0 for effect in found.effects)


def test_too_few_runs_are_said_so() -> None:
    with pytest.raises(AnalysisError, match="1 of 1 have it"):
        importance([Observation(values={"a": 1}, metric=1.0)], ["a"])


def test_a_random_sample_is_ranked_by_rank_correlation() -> None:
    dice = random.Random(2)
    runs = [
        Observation(values={"x": x, "noise": dice.random(), "mode": m}, metric=-(x**3) + (m == "b") * 0.01)
        for x in (dice.random() for _ in range(80))
        for m in [dice.choice("ab")]
    ]
    found = {a.name: a for a in associations(runs, ["x", "noise", "mode"])}
    assert found["x"].direction == pytest.approx(-1, abs=0.05)
    assert found["noise"].strength < 0.3
    assert found["mode"].direction is None
