"""How two trees of files differ."""

import pytest

from tasks.files.diff import MOST_BYTES, MOST_FILES, changed_paths, compare, compare_file

PLAIN, EXECUTABLE = False, True


def kinds(file: object) -> list[tuple[str, str]]:
    return [(line.kind, line.text) for line in file.lines]


def test_paths_are_added_removed_or_changed_and_equal_ones_are_not_told() -> None:
    before = {"same": (PLAIN, "1"), "old": (PLAIN, "2"), "edited": (PLAIN, "3"), "mode": (PLAIN, "4")}
    after = {"same": (PLAIN, "1"), "new": (PLAIN, "5"), "edited": (PLAIN, "6"), "mode": (EXECUTABLE, "4")}
    assert changed_paths(before, after) == {
        "edited": "changed",
        "mode": "changed",
        "new": "added",
        "old": "removed",
    }


def test_a_changed_line_has_three_lines_of_context_and_its_numbers() -> None:
    old = "".join(f"line {number}\n" for number in range(1, 21)).encode()
    file = compare_file("a.py", "changed", old=old, new=old.replace(b"line 10\n", b"line ten\nand more\n"))
    assert kinds(file) == [
        ("hunk", "@@ -7,7 +7,8 @@"),
        ("context", "line 7"),
        ("context", "line 8"),
        ("context", "line 9"),
        ("removed", "line 10"),
        ("added", "line ten"),
        ("added", "and more"),
        ("context", "line 11"),
        ("context", "line 12"),
        ("context", "line 13"),
    ]
    assert (file.added, file.removed) == (2, 1)
    assert [(line.before, line.after) for line in file.lines[4:8]] == [
        (10, None),
        (None, 10),
        (None, 11),
        (11, 12),
    ]


@pytest.mark.parametrize(
    ("kind", "old", "new", "note"),
    [
        ("changed", b"\0\1", b"\0\2\3", "Not text: 2 bytes before, 3 bytes now."),
        ("added", b"", b"\xff\xfe", "Not text: 2 bytes."),
        ("removed", b"\0", b"", "Not text: 1 bytes before."),
        ("added", b"", b"", "Empty file."),
        ("changed", b"x", b"x", "Only the executable permission differs."),
        ("changed", b"a\r\nb\r\n", b"a\nb\n", "Only the line endings differ."),
    ],
)
def test_what_lines_cannot_say_is_said_in_words(kind: str, old: bytes, new: bytes, note: str) -> None:
    file = compare_file("x", kind, old=old, new=new)
    assert (file.note, file.lines) == (note, ())


def test_a_large_file_is_not_compared_line_by_line() -> None:
    file = compare_file("x", "changed", old=b"a" * (MOST_BYTES + 1), new=b"b")
    assert file.note.startswith("Too large")


def test_thousands_of_equal_lines_are_compared() -> None:
    file = compare_file(
        "x", "changed", old=b"0,0\n" * 60_000, new=b"0,0\n" * 30_000 + b"1\n" + b"0,0\n" * 29_999
    )
    assert file.lines


def test_beyond_so_many_files_only_the_paths_are_told() -> None:
    after = {f"{number:04}.py": (PLAIN, "1") for number in range(MOST_FILES + 3)}
    read: list[str] = []
    found = compare(
        {}, after, read_before=lambda path: b"", read_after=lambda path: read.append(path) or b"x\n"
    )
    assert len(found) == MOST_FILES + 3
    assert len(read) == MOST_FILES
    assert found[-1].note.startswith("Not compared")


def test_an_added_file_is_all_additions() -> None:
    file = compare_file("a", "added", old=b"", new=b"one\ntwo")
    assert kinds(file) == [("hunk", "@@ -0,0 +1,2 @@"), ("added", "one"), ("added", "two")]
