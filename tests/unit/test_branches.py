"""How much of a tree of files a page shows."""

from coretex_site.lib.filetree import File
from tasks.files import tree as file_tree
from tasks.files.tree import AT_ONCE, Branch


def files(*paths: str) -> list[File]:
    return [File(path=path, size=1, executable=False) for path in paths]


def many(count: int, folder: str = "data") -> list[File]:
    return files("main.py", *(f"{folder}/{number:05}.txt" for number in range(count)))


def names(branch: Branch | None) -> list[str]:
    assert branch is not None
    return [row.entry.name for row in branch.rows]


def test_a_small_tree_is_shown_with_all_folders_open() -> None:
    top = file_tree.grow(files("main.py", "a/b/c.py"), ["empty"]).branch()
    assert names(top) == ["a", "empty", "main.py"]
    assert all(row.is_open and row.branch is not None for row in top.rows[:2])
    assert names(top.rows[0].branch.rows[0].branch) == ["c.py"]


def test_closed_folders_of_a_tree_of_some_size_come_with_the_page() -> None:
    top = file_tree.grow(many(100)).branch()
    assert (top.rows[0].is_open, len(names(top.rows[0].branch))) == (False, 100)


def test_what_is_in_a_folder_of_a_large_tree_comes_when_it_is_opened_a_part_at_a_time() -> None:
    tree = file_tree.grow(many(1000))
    assert (names(tree.branch()), tree.branch().rows[0].branch) == (["data", "main.py"], None)
    first = tree.branch("data")
    assert (len(first.rows), first.start, first.left, first.later) == (AT_ONCE, 0, 1000 - AT_ONCE, AT_ONCE)
    last = file_tree.grow(many(1000), starts={"data": 900}).branch("data")
    assert (names(last)[0], len(last.rows), last.left, last.earlier) == ("00900.txt", 100, 0, 900 - AT_ONCE)


def test_the_chosen_file_is_always_among_what_is_shown() -> None:
    opened = file_tree.grow(many(1000), chosen=["data/00450.txt"]).branch().rows[0]
    assert opened.is_open and opened.branch.start == 2 * AT_ONCE
    assert "00450.txt" in names(opened.branch)


def test_beyond_the_end_there_is_nothing_and_a_folder_that_is_not_there_has_no_branch() -> None:
    assert names(file_tree.grow(many(1000), starts={"data": 5000}).branch("data")) == []
    for path in ("nothing", "main.py", "data/00001.txt", "data//"):
        assert file_tree.grow(many(1000)).branch(path) is None
