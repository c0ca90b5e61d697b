"""The console file, read by byte offset: forwards, backwards, at its end, and searched."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coretex_site.lib import paths
from runs.records import console, logs

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


@given(st.lists(PARTS, max_size=80).map(b"".join), st.lists(st.integers(1, 40), max_size=20))
def test_reading_while_it_grows_gives_the_lines_of_reading_at_once(data: bytes, sizes: list[int]) -> None:
    shutil.rmtree(paths.execution(EXECUTION))
    paths.execution(EXECUTION).mkdir(parents=True)
    seen: list[console.Line] = []
    offset = position = 0
    for size in [*sizes, len(data)]:
        put(data[position : position + size])
        position += size
        chunk = logs.follow(EXECUTION, offset)
        seen += [each.line for each in chunk.lines]
        offset = chunk.end
    seen += [each.line for each in logs.follow(EXECUTION, offset, ended=True).lines]
    whole = logs.read(EXECUTION, 0, ended=True)
    assert seen == [each.line for each in whole.lines]
