"""Filters, figures and full designs: the arithmetic behind the table of a Batch."""

import itertools
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.analysis import association, effects
from runs.analysis.association import Observation
from runs.analysis.filters import FilterError, exactly, matcher
from runs.analysis.next_values import refined
from runs.records.number_text import figures
from runs.states import State
from runs.web.page_models import state_bar


@pytest.mark.parametrize(
    ("text", "value", "passes"),
    [("0.1", 0.1, True), ("0.1", 0.11, False), ("1..3", 2, True), ("1..", 5, True), ("..1", 5, False),
     ("<= 3", 3, True), ("< 3", 3, False), ("=adam", "adam", True), ("ada", "Adam", True),
     ("=ada", "adam", False),
     ("1|3", 3, True), ("> 1", "text", False), ("64", "[64, 64]", True), ("null", None, True),
     ("a", None, False),
     ("=true", True, True), ("1", True, False), ("1e-3", 0.001, True),
     ("=null", None, True), ("=null", "other", False), ("=1|=null", None, True),
     ("9007199254740993", 2**53 + 1, True), ("=9007199254740992", 2**53 + 1, False),
     ('="a|b"', "a|b", True), ('="a|b"|=c', "c", True), ('="a|b"', "b", False), ('=" a"', " a", True)],
)  # fmt: skip
def test_filters_read_ranges_comparisons_and_texts(text: str, value: Any, passes: bool) -> None:
    def face(value: Any) -> str:
        return str(value).lower() if isinstance(value, bool) else str(value)

    assert matcher(text)(value, face) is passes


@given(st.lists(st.text(min_size=1), min_size=1, max_size=3), st.text(min_size=1))
def test_what_leads_from_the_map_to_the_table_finds_exactly_its_values(there: list[str], other: str) -> None:
    passes = matcher("|".join(map(exactly, there)))
    assert all(passes(face, str) for face in there)
    assert passes(other, str) is (other in there)


@pytest.mark.parametrize("text", ["> x", "<=", " | "])
def test_filters_that_say_nothing_are_refused_in_words(text: str) -> None:
    with pytest.raises(FilterError, match="expected"):
        matcher(text)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.1 + 0.2, "0.3"), (3.0, "3"), (12, "12"), (None, "–"), (float("nan"), "–"), (1e-7, "1e-07"),
     (123456.789, "123457"), (1.9e7, "19000000"), (12345.6, "12346"), (1.5e9 + 0.25, "1.5e+09"),
     (1e15, "1e+15"), (10**400, "1.0000e+400"), (-(10**9), "-1000000000"), (True, "true"), (-0.5, "-0.5")],
)  # fmt: skip
def test_figures_are_short(number: float | None, text: str) -> None:
    assert figures(number) == text


def test_a_bar_is_a_hundred_wide_whatever_is_missing() -> None:
    parts = state_bar.stretches({State.SUCCEEDED: 1, State.FAILED: 2}, reused=1, total=8)
    assert sum(part.width for part in parts) == pytest.approx(100)
    assert state_bar.words(parts) == "2 succeeded, 2 failed, 4 queued"
    assert state_bar.words(state_bar.stretches({})) == "no Runs yet"


@pytest.mark.parametrize("repeats", [1, 3])
def test_full_designs_are_reckoned_from_means_exactly_as_by_least_squares(repeats: int) -> None:
    numbers = random.Random(3)
    cells = list(itertools.product([1, 2, 3], ["a", "b"], [True, False])) * repeats
    seen = [
        Observation(values={"x": x, "y": y, "z": z}, metric=x * 2 + (y == "a") * z + numbers.random())
        for x, y, z in cells
    ]
    names = ["x", "y", "z"]
    assert effects.is_full(seen, names)
    fast, slow = effects.importance(seen, names), association.importance(seen, names)
    by_names = {effect.names: effect for effect in slow.effects}
    for effect in fast.effects:
        assert effect.sum_of_squares == pytest.approx(by_names[effect.names].sum_of_squares, abs=1e-9)
        assert effect.degrees == by_names[effect.names].degrees
    assert fast.rest == pytest.approx(slow.rest)
    assert fast.noise == (None if slow.noise is None else pytest.approx(slow.noise))
    assert {n: [lv.mean for lv in one] for n, one in fast.levels.items()} == {
        n: pytest.approx([lv.mean for lv in one]) for n, one in slow.levels.items()
    }


def test_a_design_with_a_hole_is_not_full() -> None:
    seen = [Observation(values={"x": x, "y": y}, metric=1.0) for x in (1, 2) for y in (1, 2)]
    assert effects.is_full(seen, ["x", "y"])
    assert not effects.is_full(seen[:3], ["x", "y"])
    assert not effects.is_full([*seen[:3], Observation(values={"x": 2, "y": 2}, metric=None)], ["x", "y"])


def test_ints_larger_than_any_float_are_ranked_and_not_refined() -> None:
    assert refined([5, 10**400, 10**400 + 1], [1]).values == [10**400]
    seen = [Observation(values={"n": 10**400 + n}, metric=float(n)) for n in range(4)]
    (found,) = association.associations(seen, ["n"])
    assert found.direction == pytest.approx(1)
