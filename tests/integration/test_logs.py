"""The console file, read by byte offset: forwards, backwards, at its end, and searched."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coretex_site.lib import paths
from runs.records import last_words, logs
from runs.records.screen import HEIGHT

EXECUTION = 1


@pytest.fixture(autouse=True)
def folder(data_dir: Path) -> Path:
    folder = paths.execution(EXECUTION)
    folder.mkdir(parents=True)
    return folder


def put(data: bytes) -> None:
    with paths.console(EXECUTION).open("ab") as file:
        file.write(data)


def texts(shown: list[logs.Shown]) -> list[str]:
    return [each.line.text for each in shown]


def numbered(count: int) -> bytes:
    return b"".join(b"line %06d\n" % number for number in range(count))


def test_nothing_printed_yet_is_an_empty_chunk() -> None:
    for chunk in (logs.tail(EXECUTION), logs.read(EXECUTION, 0), logs.before(EXECUTION, 99)):
        assert (chunk.lines, chunk.living, chunk.end, chunk.size) == ([], [], 0, 0)
    put(b"")
    assert logs.tail(EXECUTION, ended=True).lines == []
    assert logs.search(EXECUTION, "x").hits == []


def test_the_last_line_lives_until_its_end_is_printed() -> None:
    put(b"one\n 10%|#\r 20%|##")
    chunk = logs.read(EXECUTION, 0)
    assert texts(chunk.lines) == ["one"]
    assert chunk.living
    assert (texts(chunk.living), chunk.end) == ([" 20%|##"], 4)
    put(b"\r 30%|###\nthree\n")
    assert texts(logs.read(EXECUTION, chunk.end).lines) == [" 30%|###", "three"]


def test_when_the_script_has_ended_the_last_line_is_complete() -> None:
    put(b"one\ntwo")
    chunk = logs.tail(EXECUTION, ended=True)
    assert (texts(chunk.lines), chunk.living, chunk.at_end) == (["one", "two"], [], True)


def test_the_end_is_read_first_and_what_is_above_it_after() -> None:
    put(numbered(1200))
    end = logs.tail(EXECUTION, 500)
    above = logs.before(EXECUTION, end.start, 500)
    first = logs.before(EXECUTION, above.start, 500)
    assert texts(first.lines + above.lines + end.lines) == [f"line {number:06d}" for number in range(1200)]
    assert [len(first.lines), first.start] == [200, 0]


def test_an_offset_within_a_line_means_its_beginning() -> None:
    put(numbered(10))
    assert texts(logs.read(EXECUTION, 30, 1).lines) == ["line 000002"]
    assert texts(logs.before(EXECUTION, 30, 1).lines) == ["line 000001"]
    assert logs.read(EXECUTION, 10**15).lines == []


def test_a_line_has_a_chunk_around_it() -> None:
    put(numbered(2000))
    chunk = logs.around(EXECUTION, 1000 * 12)
    assert "line 001000" in texts(chunk.lines)[200:300]


def test_who_is_far_behind_reads_on_at_the_end() -> None:
    put(numbered(5000))
    chunk = logs.follow(EXECUTION, 12)
    assert (len(chunk.lines), texts(chunk.lines)[-1]) == (500, "line 004999")
    assert texts(logs.follow(EXECUTION, 4990 * 12).lines)[0] == "line 004990"


def test_colours_that_began_above_a_chunk_are_kept() -> None:
    put(b"\x1b[31mred\n" + numbered(600) + b"\x1b[0mplain\n")
    assert 'class="ansi-red"' in logs.tail(EXECUTION, 10).lines[0].line.html
    assert logs.tail(EXECUTION, 10).lines[-1].line.html == "plain"


def test_every_line_says_when_its_first_byte_was_there() -> None:
    put(b"one\ntwo\nthr")
    paths.console_times(EXECUTION).write_text("4 100\n8 101\n11 105\n")
    put(b"ee\nfour\n")
    assert [each.at for each in logs.read(EXECUTION, 0).lines] == [100, 101, 105, None]
    assert logs.read(EXECUTION, 0).lines[0].clock == "00:01:40"
    with paths.console_times(EXECUTION).open("a") as file:
        file.write("19 10")  # being written just now
    assert logs.read(EXECUTION, 0).lines[3].at in (None, 10)


def test_without_a_file_of_times_all_was_printed_when_the_console_was_written_last() -> None:
    put(numbered(3))
    os.utime(paths.console(EXECUTION), (100, 100))
    assert [each.at for each in logs.read(EXECUTION, 0).lines] == [100] * 3


def test_the_times_of_a_long_console_are_found_by_halving() -> None:
    put(numbered(50_000))
    paths.console_times(EXECUTION).write_text("".join(f"{12 * (n + 1)} {n}\n" for n in range(50_000)))
    for start in (0, 12 * 777, 12 * 25_000, 12 * 49_990):
        shown = logs.read(EXECUTION, start).lines
        assert [each.at for each in shown] == [each.line.start // 12 for each in shown]


def test_a_times_file_of_nonsense_is_no_trouble() -> None:
    put(numbered(3))
    paths.console_times(EXECUTION).write_bytes(b"x\n\xff\xff 1 2 3\n\n99")
    assert [each.at for each in logs.read(EXECUTION, 0).lines] == [None] * 3


def test_a_text_is_found_with_its_neighbours() -> None:
    put(numbered(100) + b"an \x1b[31mErr\x1b[0mor here\n" + numbered(3))
    found = logs.search(EXECUTION, "error")
    assert [hit.shown.line.text for hit in found.hits] == ["an Error here"]
    assert texts(found.hits[0].before) == ["line 000098", "line 000099"]
    assert texts(found.hits[0].after) == ["line 000000", "line 000001"]
    assert found.hits[0].parts == ["an ", "Error", " here"]
    assert logs.search(EXECUTION, "error", match_case=True).hits == []


def test_what_was_overwritten_or_is_an_escape_is_not_found() -> None:
    put(b"secret\rpublic\n\x1b[31mx\n")
    assert logs.search(EXECUTION, "secret").hits == []
    assert logs.search(EXECUTION, "31m").hits == []
    assert len(logs.search(EXECUTION, "public").hits) == 1


@pytest.mark.parametrize("text", ["", "  ", "(", "[", "\\", ".*", "é日", "\x00", "\ud800", "x" * 10_000])
def test_any_text_can_be_looked_for(text: str) -> None:
    put("a ( [ \\ .* é日 \n".encode())
    assert len(logs.search(EXECUTION, text).hits) == (1 if text in ("(", "[", "\\", ".*", "é日") else 0)


def test_more_than_the_limit_is_said() -> None:
    put(numbered(300))
    found = logs.search(EXECUTION, "line", limit=50)
    assert (len(found.hits), found.more) == (50, True)
    assert not logs.search(EXECUTION, "line 00029", limit=50).more


def test_two_hundred_thousand_lines_are_read_and_searched() -> None:
    put(
        b"".join(
            b"\x1b[32m%06d\x1b[0m some words that a script prints\n" % number for number in range(200_000)
        )
    )
    assert texts(logs.tail(EXECUTION).lines)[-1] == "199999 some words that a script prints"
    assert [hit.shown.line.text[:6] for hit in logs.search(EXECUTION, "199998 some").hits] == ["199998"]


PARTS = st.sampled_from(
    [b"\n", b"\r", b"\r\n", b"abc", b"\x1b[31m", b"\x1b[0m", "é".encode(), b"\xff", b"\x00", b"\b"]
)
MOVES = st.sampled_from(
    [
        b"\x1b[A",
        b"\x1b[3A",
        b"\x1b[B",
        b"\x1b[2K",
        b"\x1b[J",
        b"\x1b[2J\x1b[H",
        b"\x1b[3;2H",
        b"\x1b[",
        b"\n" * 30,
    ]
)


class Page:
    """What a browser does with the chunks that it gets: each stands for everything from its start on."""

    def __init__(self) -> None:
        self.lines: dict[int, str] = {}
        self.next = self.size = 0

    def poll(self, *, ended: bool = False) -> list[str]:
        chunk = logs.follow(EXECUTION, self.next, known=self.size, ended=ended)
        begin = min(chunk.start, chunk.end)
        self.lines = {start: html for start, html in self.lines.items() if start < begin}
        self.lines |= {shown.line.start: shown.line.html for shown in [*chunk.lines, *chunk.living]}
        self.next, self.size = chunk.end, chunk.size
        return list(self.lines.values())


@given(st.lists(PARTS | MOVES, max_size=80).map(b"".join), st.lists(st.integers(1, 40), max_size=20))
def test_a_page_that_follows_shows_the_lines_of_reading_at_once(data: bytes, sizes: list[int]) -> None:
    shutil.rmtree(paths.execution(EXECUTION))
    paths.execution(EXECUTION).mkdir(parents=True)
    page, position = Page(), 0
    for size in [*sizes, len(data)]:
        put(data[position : position + size])
        position += size
        seen = page.poll()
        once = logs.read(EXECUTION, 0, 10_000)
        assert seen == [shown.line.html for shown in [*once.lines, *once.living]]
    seen = page.poll(ended=True)
    whole = logs.read(EXECUTION, 0, 10_000, ended=True)
    assert seen == [shown.line.html for shown in whole.lines]
    assert logs.tail(EXECUTION, 10_000, ended=True).lines == whole.lines


def nested_bars(steps: int) -> bytes:
    return b"".join(b"\router %d\n\rinner %d\x1b[A" % (step // 9, step) for step in range(steps))


def test_a_page_is_sent_only_the_lines_that_can_change() -> None:
    put(numbered(2000) + nested_bars(5000))
    first = logs.tail(EXECUTION)
    assert texts(first.living)[-2:] == ["outer 555", "inner 4999"]
    assert [each.is_rewritten for each in first.living[-3:]] == [False, True, True]
    put(b"\n\rinner 5000\x1b[A")
    chunk = logs.follow(EXECUTION, first.end, known=first.size)
    assert (chunk.lines, len(chunk.living)) == ([], HEIGHT)
    assert texts(chunk.living)[-2:] == ["outer 555", "inner 5000"]


def test_bars_of_megabytes_are_sent_alone_and_what_is_above_them_is_read_after() -> None:
    put(numbered(9) + b"\n" * HEIGHT + nested_bars(60_000))
    chunk = logs.tail(EXECUTION)
    assert (chunk.lines, texts(chunk.living)[-1]) == ([], "inner 59999")
    assert texts(logs.before(EXECUTION, chunk.end).lines)[0] == "line 000000"
    assert texts(logs.tail(EXECUTION, ended=True).lines)[-1] == "inner 59999"


def test_a_line_that_bars_have_left_is_no_longer_marked() -> None:
    put(b"epoch\n\x1b[A\repoch\n" + nested_bars(1))
    assert [each.is_rewritten for each in logs.tail(EXECUTION).living] == [True, True, True]
    put(nested_bars(200))
    assert [each.is_rewritten for each in logs.tail(EXECUTION).living] == [False, True, True]


def test_lines_above_that_are_changed_are_sent_again() -> None:
    put(numbered(3) + b"layer a\nlayer b\n" + numbered(1))
    first = logs.tail(EXECUTION)
    assert (len(first.lines), first.living) == (6, [])
    put(b"\x1b[3A\rlayer a done\n\n")
    chunk = logs.follow(EXECUTION, first.end, known=first.size)
    assert chunk.start == 0
    assert texts(chunk.living)[3:] == ["layer a done", "layer b", "line 000000"]


def test_lines_stay_once_the_script_is_far_below_them() -> None:
    put(nested_bars(10) + b"\n\n" + numbered(3 * HEIGHT))
    chunk = logs.tail(EXECUTION)
    assert chunk.living == []
    assert texts(chunk.lines)[:3] == ["outer 1", "inner 9", "line 000000"]


def test_what_bars_show_is_found_once_and_what_they_showed_is_not() -> None:
    put(b"begin\n" + nested_bars(300) + b"\n\nend\n")
    assert [hit.shown.line.text for hit in logs.search(EXECUTION, "inner").hits] == ["inner 299"]
    assert logs.search(EXECUTION, "inner 12").hits == []
    hit = logs.search(EXECUTION, "outer").hits[0]
    assert (texts(hit.before), texts(hit.after)) == (["begin"], ["inner 299", "end"])
    assert texts(logs.around(EXECUTION, hit.shown.line.start, ended=True).lines)[1] == "outer 33"


def test_bars_in_the_middle_of_a_long_console_are_read_from_both_sides() -> None:
    put(numbered(2000) + nested_bars(4000) + b"\n\n" + numbered(2000))
    whole = logs.read(EXECUTION, 0, 10_000, ended=True)
    assert len(whole.lines) == 4002
    above, position = [], whole.end
    while position:
        chunk = logs.before(EXECUTION, position, 300)
        above, position = chunk.lines + above, chunk.start
    assert texts(above) == texts(whole.lines)
    below, position = [], 0
    while position < whole.end:
        chunk = logs.read(EXECUTION, position, 300, ended=True)
        below, position = below + chunk.lines, chunk.end
    assert below == above == whole.lines


def test_the_last_line_of_a_failure_below_bars_is_the_one_that_is_shown() -> None:
    put(nested_bars(50) + b"\r\x1b[J\x1b[31mValueError: no\x1b[0m\n")
    assert last_words.line_of(EXECUTION) == "ValueError: no"
