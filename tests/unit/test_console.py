"""Bytes that a script printed become the lines that a terminal would show."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.records import console, styles


def lines(data: bytes) -> list[console.Line]:
    """All lines of `data`, the last one too if it has no end."""
    found, start, style = [], 0, styles.PLAIN
    while start < len(data):
        newline = data.find(b"\n", start)
        end = newline + 1 if newline >= 0 else len(data)
        found.append(console.line(data, start, end, style))
        style = styles.style_after(data[start:end], style)
        start = end
    return found


def texts(data: bytes) -> list[str]:
    return [line.text for line in lines(data)]


def html(data: bytes) -> list[str]:
    return [line.html for line in lines(data)]


def test_both_line_ends_end_a_line_and_nothing_else_is_lost() -> None:
    assert texts(b"one\r\ntwo\n\nthree") == ["one", "two", "", "three"]


def test_a_progress_bar_is_one_line_and_shows_its_last_state() -> None:
    bar = b"".join(b"\r%3d%%|%-10s| %d/10" % (i * 10, b"#" * i, i) for i in range(11))
    assert texts(bar + b"\nnext\n") == ["100%|##########| 10/10", "next"]


def test_a_shorter_text_leaves_the_end_of_the_longer_one_as_a_terminal_does() -> None:
    assert texts(b"downloading\rdone\n") == ["doneloading"]
    assert texts(b"downloading\r\x1b[Kdone\n") == ["done"]
    assert texts(b"downloading\x1b[2K\x1b[1Gdone\n") == ["done"]


def test_backspaces_rewrite_and_stop_at_the_beginning() -> None:
    assert texts(b"- \b\b\\ \b\b| \b\b/ \b\b\b\b\bok\n") == ["ok"]


def test_sixteen_colours_become_classes() -> None:
    assert html(b"a\x1b[31mb\x1b[0mc\x1b[92;41md\n") == [
        'a<span class="ansi-red">b</span>c<span class="ansi-bright-green ansi-bg-red">d</span>'
    ]


@pytest.mark.parametrize(
    ("codes", "name"),
    [
        (b"38;5;1", "ansi-red"), (b"38;5;196", "ansi-bright-red"), (b"38;5;244", "ansi-bright-black"),
        (b"38;2;0;0;230", "ansi-blue"), (b"38:2::0:205:0", "ansi-green"), (b"38:5:14", "ansi-bright-cyan"),
        (b"48;5;3", "ansi-bg-yellow"), (b"48;2;255;255;255", "ansi-bg-bright-white"),
    ],
)  # fmt: skip
def test_more_colours_become_the_nearest_of_the_sixteen(codes: bytes, name: str) -> None:
    assert html(b"\x1b[" + codes + b"mx\n") == [f'<span class="{name}">x</span>']


def test_styles_go_on_over_lines_until_they_are_reset() -> None:
    assert html(b"\x1b[1;3;4mone\ntwo\x1b[22mthree\x1b[m\nfour\n") == [
        '<span class="ansi-bold ansi-italic ansi-underline">one</span>',
        '<span class="ansi-bold ansi-italic ansi-underline">two</span>'
        '<span class="ansi-italic ansi-underline">three</span>',
        "four",
    ]


def test_inverse_changes_the_colours_places() -> None:
    assert html(b"\x1b[7;31mx\n") == ['<span class="ansi-black ansi-bg-red">x</span>']


def test_what_a_colour_after_an_unknown_code_means_is_not_lost() -> None:
    assert html(b"\x1b[999;38;9;32mx\n") == ['<span class="ansi-green">x</span>']


@pytest.mark.parametrize(
    "sequence",
    [
        b"\x1b[2J", b"\x1b[1A", b"\x1b[10;20H", b"\x1b[?25l", b"\x1b]0;a title\x07", b"\x1b(B", b"\x1bM",
        b"\x1b]8;;http://x\x1b\\", b"\x1bP1;2|abc\x1b\\", b"\x00", b"\x07", b"\x7f", b"\x0c", b"\x1b[38;5",
    ],
)  # fmt: skip
def test_other_sequences_leave_no_trace(sequence: bytes) -> None:
    ended = not sequence.endswith(b"38;5")  # a sequence that the script has not finished yet
    assert texts(b"a" + sequence + (b"b\n" if ended else b"")) == ["ab" if ended else "a"]


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert texts(b"\xff\xfe caf\xc3\xa9 \xe6\x97\n") == ["�� café �"]


def test_markup_is_text() -> None:
    assert html(b"<script>alert('1')</script> & \x1b[31m<b>\n") == [
        '&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt; &amp; <span class="ansi-red">&lt;b&gt;</span>'
    ]


def test_a_long_line_is_cut_and_says_by_how_much() -> None:
    line = lines(b"x" * 100_000 + b"\n")[0]
    assert line.text == "x" * console.LINE_BYTES
    assert line.hidden == 100_000 - console.LINE_BYTES
    assert line.end == 100_001


def test_a_long_line_is_not_cut_within_a_character() -> None:
    line = lines("日".encode() * 10_000)[0]
    assert set(line.text) == {"日"}
    assert len(line.text) * 3 + line.hidden == 30_000


def test_a_progress_bar_of_megabytes_shows_its_last_state() -> None:
    bar = b"".join(b"\r%6d of 200000 |%-40s|" % (i, b"#" * (i // 5000)) for i in range(200_000))
    line = lines(bar)[0]
    assert line.text.startswith("199999 of 200000 |#####")
    assert line.hidden == 0


def test_a_number_of_thousands_of_digits_is_no_trouble() -> None:
    assert texts(b"\x1b[" + b"9" * 3000 + b"Gx\x1b[" + b"1" * 3000 + b"m!\n")[0].strip() == "x!"


PLAIN_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=50)
PIECES = st.sampled_from(
    [b"\r", b"\n", b"\b", b"\x1b", b"\x1b[", b"\x1b[31m", b"\x1b[0m", b"\x1b[K", b"\x1b[2K", b"\x1b[5G",
     b"\x1b[38;5;", b"\x1b]", b"\x9b", b"\xc3", b"\x00", b"<b>", b"abc", "é".encode(), b"\x1b[38:2::1:2:3m",
     b";;;m"]
)  # fmt: skip


@given(st.lists(PLAIN_TEXT))
def test_plain_text_is_shown_as_it_is(written: list[str]) -> None:
    data = "".join(f"{text}\n" for text in written).encode()
    assert texts(data) == written
    assert [unescape(line) for line in html(data)] == written


@given(st.binary(max_size=400) | st.lists(PIECES, max_size=60).map(b"".join))
def test_no_bytes_are_refused_and_the_markup_is_always_whole(data: bytes) -> None:
    found = lines(data)
    assert b"".join(data[line.start : line.end] for line in found) == data
    for line in found:
        assert re.sub(r'<span class="[a-z -]+">|</span>', "", line.html).find("<") == -1
        assert line.html.count("<span") == line.html.count("</span>")
        assert unescape(re.sub(r"<[^>]+>", "", line.html)) == line.text
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", line.text)


@given(st.lists(PIECES, max_size=60).map(b"".join), st.integers(0, 200))
def test_the_style_after_a_part_and_the_rest_is_the_style_after_the_whole(data: bytes, cut: int) -> None:
    newline = data.find(b"\n", cut) + 1
    part = styles.style_after(data[:newline])
    assert styles.style_after(data[newline:], part) == styles.style_after(data)
