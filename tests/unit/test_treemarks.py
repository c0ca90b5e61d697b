"""Marks of files tell whether a file was touched, whatever its owner and the clock do."""

import os
import time
from pathlib import Path

import pytest

from runs.fast_path.marks import TICK, Marks


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("as frozen")
    return tmp_path / "a.txt"


def marks_of(file: Path, *, age: int = 2 * TICK) -> Marks:
    """Marks that were taken when the file was so old, in nanoseconds."""
    return Marks.of(file.parent, [file.name], now=file.stat().st_ctime_ns + age)


def test_an_untouched_file_is_the_same(file: Path) -> None:
    marks = marks_of(file)
    file.read_text()
    assert marks.shows_same("a.txt", os.lstat(file))


def test_a_file_that_was_too_young_is_not_vouched_for(file: Path) -> None:
    assert not marks_of(file, age=TICK).shows_same("a.txt", os.lstat(file))
    assert not marks_of(file, age=-TICK).shows_same("a.txt", os.lstat(file)), "the clock was set back"


def test_a_file_changed_while_the_clock_was_set_back_is_another(file: Path) -> None:
    marks = marks_of(file)
    earlier = Marks(taken_at=marks.taken_at, known={"a.txt": (file.stat().st_ino, 5)})
    assert not earlier.shows_same("a.txt", os.lstat(file))
    later = file.stat().st_ctime_ns + 10**12
    known = {"a.txt": (file.stat().st_ino, later)}
    assert not Marks(taken_at=later + 2 * TICK, known=known).shows_same("a.txt", os.lstat(file))


def test_setting_the_times_back_hides_nothing(file: Path) -> None:
    marks, before = marks_of(file), file.stat()
    time.sleep(TICK / 1e9)
    file.write_text("AS FROZEN")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not marks.shows_same("a.txt", os.lstat(file))


def test_another_file_in_its_place_is_another(file: Path) -> None:
    marks = marks_of(file)
    file.rename(file.with_name("b.txt"))
    file.write_text("as frozen")
    assert not marks.shows_same("a.txt", os.lstat(file))
    assert not marks.shows_same("unknown", os.lstat(file))
