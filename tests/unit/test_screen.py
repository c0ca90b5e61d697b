"""What moves between lines of a console: the rows that a terminal would show, however the bytes arrive."""

import re

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.records import console_rows, scenes
from runs.records.console_rows import ConsoleRows, Rows
from runs.records.scenes import Placed
from runs.records.screen import HEIGHT, Screen, finished

HIGH = 8


def shown(data: bytes, placed: Placed) -> str:
    assert placed.row is not None
    return placed.row.render(data, placed.end).text


def texts(data: bytes, *, ended: bool = True) -> list[str]:
    """All rows of `data`, those of lines that nothing moves too."""
    rows = ConsoleRows(data, "", ended=ended).forwards(0, 100_000)
    return [
        shown(data, placed) if placed.row else data[placed.start : placed.end].decode().rstrip("\n")
        for placed in [*rows.settled, *rows.living]
    ]


def test_nested_bars_stay_in_their_lines() -> None:
    data = b"start\n"
    for outer in range(5):
        data += b"\router %d/5" % outer
        for inner in range(20):
            data += b"\n\rinner %2d/20\x1b[A" % inner
    assert texts(data + b"\router 5/5\n\nend\n") == ["start", "outer 5/5", "inner 19/20", "end"]


def test_three_bars_each_in_its_line_and_a_message_above_them() -> None:
    def bars(step: int) -> bytes:
        return b"\ra %d\n\rb %d\n\rc %d\x1b[2A" % (step, step, step)

    message = b"\r\x1b[K\n\r\x1b[K\n\r\x1b[K\x1b[2A\repoch done\n"
    data = bars(1) + bars(2) + message + bars(3)
    assert texts(data + b"\n\n\nend\n") == ["epoch done", "a 3", "b 3", "c 3", "end"]


def test_layers_that_are_pulled_each_have_their_line() -> None:
    layers = [b"a1b2", b"c3d4", b"e5f6"]
    data = b"Using default tag: latest\n" + b"".join(name + b": Pulling fs layer\r\n" for name in layers)
    for percent in range(0, 101, 10):
        for up, name in zip((3, 2, 1), layers, strict=True):
            words = b"Pull complete" if percent == 100 else b"Downloading %3d%%" % percent
            data += b"\x1b[%dA\x1b[2K\r%s: %s\r\x1b[%dB" % (up, name, words, up)
    expected = ["Using default tag: latest", *(f"{name.decode()}: Pull complete" for name in layers)]
    assert texts(data) == expected
    assert texts(data + b"Digest: sha256:1\r\n") == [*expected, "Digest: sha256:1"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"one\ntwo\n\x1b[2J\x1b[Hnew\n", ["new"]),
        (b"one\ntwo\n\x1b[H\x1b[Jnew", ["new"]),
        (b"one\ntwo\x1b7\x1b[A\rONE\x1b8!\n", ["ONE", "two!"]),
        (b"one\ntwo\x1b[s\x1b[1FONE\x1b[u!\n", ["ONE", "two!"]),
        (b"one\n\x1b[5Aup\n", ["upe"]),
        (b"one\ntwo\nthree\x1b[2;2Hx\n", ["one", "txo", "three"]),
        (b"a\nb\nc\n\x1b[2A\x1b[Lnew", ["a", "new", "b", "c"]),
        (b"a\nb\nc\n\x1b[2A\x1b[M", ["a", "c"]),
        (b"a\nb\nc\x1b[1J", ["", ""]),
        (b"shell\n\x1b[?1049h\x1b[Heditor\nmore\x1b[?1049lback\n", ["shell", "back"]),
        (b"one\ntwo\n\x1b[1A\x1b[3Cx\x1b[2Dy\n", ["one", "twyx"]),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n\x1b[A\rL\n", ["Link"]),
        (b"\x1b]0;title\x07\x1b[?25lone\n\x1b[A\r1\x1b[?25h\n", ["1ne"]),
        (b"a\tb\n\x1b[A\r\tB\n", ["a       B"]),
        (b"a\tb\n\x1b[A\n", ["a\tb"]),
    ],
)  # fmt: skip
def test_sequences_do_what_a_terminal_does(data: bytes, expected: list[str]) -> None:
    assert texts(data) == expected


def test_what_has_left_the_screen_is_out_of_reach() -> None:
    data = b"".join(b"line %d\n" % number for number in range(3 * HEIGHT)) + b"\x1b[999Ahigh\n"
    found = texts(data)
    assert found.index(f"high {2 * HEIGHT + 1}") == 2 * HEIGHT + 1
    assert len(found) == 3 * HEIGHT


def test_lines_far_from_any_movement_are_no_part_of_a_scene() -> None:
    plain = b"".join(b"%d\n" % number for number in range(4 * HEIGHT))
    data = plain + b"x\n\x1b[Ay\n" + plain
    rows = ConsoleRows(data, "", ended=True).forwards(0, 100_000).settled
    assert sum(placed.row is None for placed in rows) == 6 * HEIGHT + 1
    assert [text_of(data, placed) for placed in rows].count("y") == 1


def text_of(data: bytes, placed: Placed) -> str:
    return shown(data, placed) if placed.row else data[placed.start : placed.end].decode().strip()


WORDS = st.text("abcxyz .#", min_size=1, max_size=8).map(str.encode)
COUNTS = st.integers(0, HIGH + 2)
MOVES = st.builds(
    lambda count, final: b"\x1b[%d%s" % (count, final),
    COUNTS,
    st.sampled_from([*b"ABCDEFGdPX@"]).map(lambda letter: bytes([letter])),
)
PIECES = st.one_of(
    WORDS, MOVES,
    st.sampled_from([b"\n", b"\r", b"\b", b"\x1b[J", b"\x1b[1J", b"\x1b[2J", b"\x1b[K", b"\x1b[1K"]),
    st.sampled_from([b"\x1b[2K", b"\x1b[A", b"\x1b[H", b"\x1b[31m", b"\x1b[0m", b"\x1b[?25l", b"\x1b[3C"]),
    st.builds(lambda move, word: b"\x1b7" + move + word + b"\x1b8", MOVES, WORDS),
    st.builds(lambda row, column: b"\x1b[%d;%dH" % (row, column), COUNTS, st.integers(0, 40)),
)  # fmt: skip


@given(st.lists(PIECES, max_size=60))
def test_the_screen_is_the_one_that_pyte_shows(pieces: list[bytes]) -> None:
    data = b"0\n" * HIGH + b"".join(pieces)
    theirs = pyte.Screen(400, HIGH)
    theirs.set_mode(pyte.modes.LNM)
    pyte.ByteStream(theirs).feed(data)
    ours = Screen(data, 0, height=HIGH)
    offset = 0
    for line in data.split(b"\n"):
        if offset:
            ours.newline(offset)
        ours.feed(line, offset)
        offset += len(line) + 1
    rendered = [row.render(data, row.start).text for row in ours.rows]
    assert [text.rstrip() for text in rendered] == [line.rstrip() for line in theirs.display]
    assert (ours.row, ours.column) == (theirs.cursor.y, theirs.cursor.x)


FRAGMENTS = st.one_of(
    PIECES,
    st.sampled_from(["é日".encode(), b"\xe6", b"\x97", b"\xff", b"\x9b", b"\xc2", b"\t", b"\x07", b"\x1b"]),
    st.sampled_from([b"\x1b[", b"\x1b]8;;x", b"\x1b\\", b"\x1bPq", b"\x1b[?1049h", b"\x1b[?1049l", b"\x1bM"]),
    st.sampled_from([b"\x1b8", b"\x1b[s", b"\x1b[u", b"\x1b[2L", b"\x1b[M", b"\n" * 3, b"\n" * HEIGHT]),
    st.just(b"x\n" * 2 * HEIGHT),
)  # fmt: skip


@pytest.fixture(params=[150, 1000, console_rows.CELL_BYTES])
def cell_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of several parts as well."""
    monkeypatch.setattr(console_rows, "CELL_BYTES", request.param)


def everything(data: bytes, rows: Rows) -> list[tuple[int, int, object]]:
    return [
        (placed.start, placed.end, placed.row.render(data, placed.end).html if placed.row else None)
        for placed in [*rows.settled, *rows.living]
    ]


@pytest.mark.usefixtures("cell_bytes")
@given(st.lists(FRAGMENTS, max_size=60).map(b"".join), st.lists(st.integers(1, 60), max_size=12))
def test_rows_are_the_same_however_the_bytes_arrived(data: bytes, sizes: list[int]) -> None:
    scenes.forget()
    position = 0
    for size in sizes:
        position += size
        ConsoleRows(data[:position], "grown").forwards(0, 100_000)
    grown = ConsoleRows(data, "grown", ended=True).forwards(0, 100_000)
    scenes.forget()
    once = ConsoleRows(data, "once", ended=True).forwards(0, 100_000)
    assert everything(data, grown) == everything(data, once)


@pytest.mark.usefixtures("cell_bytes")
@given(st.lists(FRAGMENTS, max_size=60).map(b"".join), st.integers(0, 4000), st.integers(1, 7))
def test_rows_are_the_same_wherever_reading_begins(data: bytes, offset: int, most: int) -> None:
    scenes.forget()
    rows = ConsoleRows(data, "", ended=True)
    whole = rows.forwards(0, 100_000).settled
    assert [placed.start for placed in whole] == [0, *(placed.end for placed in whole)][: len(whole)]
    offset %= max(1, len(data))
    index = sum(placed.end <= offset for placed in whole)
    scenes.forget()
    below = rows.forwards(offset, most).settled
    expected = whole[index : index + most]
    assert everything(data, Rows(below, 0, [])) == everything(data, Rows(expected, 0, []))
    start = whole[index].start if index < len(whole) else len(data)
    scenes.forget()
    above = rows.backwards(start, most)
    assert everything(data, Rows(above, 0, [])) == everything(
        data, Rows(whole[max(0, index - most) : index], 0, [])
    )


@pytest.mark.usefixtures("cell_bytes")
@given(st.lists(FRAGMENTS, max_size=60).map(b"".join), st.integers(1, 7))
def test_paging_in_both_directions_comes_to_every_row_once(
    monkeypatch: pytest.MonkeyPatch, data: bytes, most: int
) -> None:
    scenes.forget()
    rows = ConsoleRows(data, "", ended=True)
    whole = rows.forwards(0, 100_000).settled
    with monkeypatch.context() as patched:
        patched.setattr(console_rows, "MOST_BYTES", 40)
        below, above = [], []
        end, start = 0, len(data)
        while end < len(data):
            page = rows.forwards(end, most)
            assert page.end > end
            below, end = [*below, *page.settled], page.end
        while start > 0 and (page_above := rows.backwards(start, most)):
            above, start = [*page_above, *above], page_above[0].start
    expected = everything(data, Rows(whole, 0, []))
    assert everything(data, Rows(below, 0, [])) == everything(data, Rows(above, 0, [])) == expected


@given(st.lists(FRAGMENTS, max_size=20).map(b"".join), st.integers(0, 200))
def test_nothing_is_written_that_more_bytes_could_change(data: bytes, cut: int) -> None:
    data = data.replace(b"\n", b"")
    cut = min(cut, len(data))
    once, twice = Screen(data, 0), Screen(data, 0)
    once.feed(data, 0)
    done = finished(data[:cut])
    twice.feed(data[:done], 0)
    twice.feed(data[done:], done)
    assert [row.render(data, 0).html for row in once.rows] == [row.render(data, 0).html for row in twice.rows]


def test_a_scene_ends_with_its_part_of_a_large_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_rows, "CELL_BYTES", 1000)
    data = b"".join(b"\router %d\n\rinner\x1b[A" % step for step in range(300)) + b"\n\nend\n"
    found = texts(data)
    assert found[0].startswith("outer") and found[-1] == "end"
    assert sum(text == "inner" for text in found) == len(data) // 1000 + 1
    assert not re.search(r"\x1b", "".join(found))


def test_a_bar_of_megabytes_that_goes_up_in_the_end_is_followed() -> None:
    bar = b"above\n" + b"".join(b"\r%7d of 200000" % step for step in range(200_000))
    rows = ConsoleRows(bar, "bar")
    assert rows.living().living == [Placed(6, len(bar))]
    data = bar + b"\x1b[A\rABOVE"
    living = ConsoleRows(data, "bar").living().living
    assert [shown(data, placed) for placed in living] == ["ABOVE", " 199999 of 200000"]
