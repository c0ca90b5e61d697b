"""Durations as people read and write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coretex_site.lib import durations


@given(st.integers(0, 400 * 86400))
def test_what_is_written_for_a_field_is_read_back(seconds: int) -> None:
    assert durations.parse(durations.write(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("5 min", 300), (" 1H 30m ", 5400), ("2d", 172_800)]
)
def test_people_write_a_duration_in_several_ways(text: str, seconds: int) -> None:
    assert durations.parse(text) == seconds


@pytest.mark.parametrize("text", ["", " ", "soon", "1.5h", "-5", "5 weeks", "30m 1h"])
def test_anything_else_is_no_duration(text: str) -> None:
    assert durations.parse(text) is None
