"""Sizes, times and durations read as people say them, and every icon that a page names exists."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils import timezone

from coretex_site.templatetags.ui import duration, human_bytes, relative, when

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 kB"),
        (1536, "1.5 kB"),
        (102_400, "100 kB"),
        (1_048_575, "1.0 MB"),
        (5 * 1024**3, "5.0 GB"),
        (None, "–"),
    ],
)
def test_sizes_have_at_most_three_figures_and_a_unit(count: int | None, words: str) -> None:
    assert human_bytes(count) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0.0 s"),
        (0.0381, "38 ms"),
        (0.0996, "0.1 s"),
        (0.44, "0.4 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3720, "1 h 02 min"),
        (timedelta(days=2, hours=3), "2 d 3 h"),
        (-5, "0.0 s"),
        (None, "–"),
    ],
)
def test_durations_have_two_units_at_most(value: float | timedelta | None, words: str) -> None:
    assert duration(value) == words


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(days=29), "29 d ago"),
        (timedelta(days=30), "2026-01-30"),
        (timedelta(minutes=-3), "in 3 min"),
    ],
)
def test_times_are_relative_until_a_month_has_passed(age: timedelta, words: str) -> None:
    assert relative(NOW - age, now=NOW) == words


def test_a_time_says_exactly_when_on_hover() -> None:
    assert when(NOW) == (
        '<time datetime="2026-03-01T12:00:00+00:00" title="2026-03-01 12:00:00 UTC" data-relative>'
        f"{relative(NOW, now=timezone.now())}</time>"
    )


def test_a_time_that_has_not_come_is_a_dash() -> None:
    assert when(None) == "–"


def test_an_icon_is_decoration_unless_it_has_a_label() -> None:
    page = Template('{% load ui %}{% icon "play" %}{% icon "lock" "Private" %}').render(Context())
    assert 'aria-hidden="true"' in page
    assert 'role="img" aria-label="Private"' in page


def test_every_icon_that_a_page_names_is_drawn() -> None:
    drawn = set(
        re.findall(r'<symbol id="([\w-]+)"', (settings.BASE_DIR / "static/img/icons.svg").read_text())
    )
    named = {
        (name, path.name)
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
        for name in re.findall(r'{% icon "([\w-]+)"', path.read_text())
    }
    assert {(name, page) for name, page in named if name not in drawn} == set()
