"""Narrow down: which numbers are tried next, between the neighbours of the best ones and beyond them."""

import itertools
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.analysis.next_values import Number, refined


def values(levels: list[Number], *places: int, **bounds: Number) -> list[Number]:
    return refined(levels, places, **bounds).values


def test_values_that_grow_by_a_factor_are_refined_by_a_factor() -> None:
    found = values([0.0001, 0.001, 0.01, 0.1], 2)
    assert 0.01 in found and min(found) > 0.001 and max(found) < 0.1
    ratios = [b / a for a, b in itertools.pairwise(found)]
    assert max(ratios) / min(ratios) < 1.1


def test_values_that_lie_close_together_are_refined_between_them() -> None:
    assert values([1990.0, 2000.0, 2010.0], 1) == [1992.0, 1996.0, 2000.0, 2004.0, 2008.0]
    assert values([0.1, 0.2, 0.3], 1) == [0.12, 0.16, 0.2, 0.24, 0.28]


def test_whole_numbers_stay_whole_and_the_best_stay_among_them() -> None:
    found = values([10, 20, 30, 40], 1, 2)
    assert all(isinstance(value, int) for value in found)
    assert {20, 30} <= set(found) and min(found) >= 10 and max(found) <= 40


def test_neighbours_one_apart_leave_only_what_is_there() -> None:
    assert set(values([1, 2, 3], 1)) <= {1, 2, 3}


@pytest.mark.parametrize(
    ("levels", "place", "furthest"),
    [
        ([16, 32, 64], 2, 128),
        ([0.001, 0.01, 0.1], 0, 0.0001),
        ([10, 20, 30], 2, 40),
        ([-10.0, 0.0, 10.0], 0, -20.0),
        ([1.0, 2.5, 4.0], 0, 0.5),  # not below 0, where none of them is
        ([0.5, 0.7, 0.9], 2, 0.95),  # a share
    ],
)
def test_beyond_the_last_that_was_tried_lies_one_more_in_the_same_manner(
    levels: list[Number], place: int, furthest: Number
) -> None:
    found = refined(levels, [place])
    end = found.values[-1] if place else found.values[0]
    assert end == pytest.approx(furthest) and found.goes_beyond
    assert type(end) is type(levels[0])


@pytest.mark.parametrize(
    ("levels", "place", "bounds"),
    [
        ([16, 32, 64], 2, {"maximum": 64}),
        ([0.1, 0.2, 0.3], 0, {"minimum": 0.1}),
        ([0, 1, 2], 0, {}),
        ([1, 2, 3], 0, {}),
        ([0.0, 0.5, 1.0], 2, {}),
    ],
)
def test_nothing_lies_beyond_a_bound_or_zero_or_one(
    levels: list[Number], place: int, bounds: dict[str, Number]
) -> None:
    found = refined(levels, [place], **bounds)
    assert not found.goes_beyond
    assert levels[0] <= found.values[0] and found.values[-1] <= levels[-1]


numbers = st.one_of(
    st.lists(st.integers(), min_size=2, max_size=6, unique=True),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=6, unique=True),
    st.lists(st.one_of(st.integers(-(10**320), 10**320), st.floats(-1e9, 1e9)), min_size=2, unique=True),
)


@given(numbers, st.data())
def test_any_numbers_are_refined_in_order_with_the_best_among_them_and_within_bounds(
    given_levels: list[Number], data: st.DataObject
) -> None:
    levels = sorted(given_levels)
    places = sorted(data.draw(st.sets(st.sampled_from(range(len(levels))), min_size=1)))
    bounds = {"minimum": levels[0], "maximum": levels[-1]} if data.draw(st.booleans()) else {}
    found = refined(levels, places, **bounds)
    assert found.values == sorted(set(found.values))
    assert {levels[place] for place in places} <= set(found.values)
    assert all(
        abs(value) <= max(sys.float_info.max, abs(levels[0]), abs(levels[-1])) for value in found.values
    )
    assert not (bounds and found.goes_beyond)
