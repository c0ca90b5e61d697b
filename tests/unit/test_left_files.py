"""Links that stay inside the working folder stand for files; where the others lead is said."""

import os
import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.records.left_files import LEAVES, LOOP, NEVER_KEPT, NOWHERE, Left, look, open_inside


def looked(work: Path, *, moved: tuple[str, ...] = (), most_links: int = 1000) -> Left:
    return look(work, was_moved=moved.__contains__, most_links=most_links)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    (folder / "run3").mkdir(parents=True)
    (folder / "e1.ckpt").write_text("weights")
    (folder / "run3" / "best.pt").write_text("best")
    return folder


@pytest.mark.parametrize(
    ("link", "target", "found"),
    [
        ("last.ckpt", "e1.ckpt", {"last.ckpt": "e1.ckpt"}),
        ("run3/last.ckpt", "../e1.ckpt", {"run3/last.ckpt": "e1.ckpt"}),
        ("last.ckpt", "{work}/e1.ckpt", {"last.ckpt": "e1.ckpt"}),
        ("last.ckpt", "./run3/../e1.ckpt", {"last.ckpt": "e1.ckpt"}),
        ("latest", "run3", {"latest/best.pt": "run3/best.pt"}),
        ("latest", "{work}/run3/", {"latest/best.pt": "run3/best.pt"}),
        ("run3/last", "best.pt", {"run3/last": "run3/best.pt"}),
    ],
)
def test_a_link_stands_for_what_it_leads_to(
    work: Path, link: str, target: str, found: dict[str, str]
) -> None:
    (work / link).symlink_to(target.format(work=work))
    left = looked(work)
    assert (left.links, left.not_kept) == (found, {})


@pytest.mark.parametrize(
    ("link", "target", "why"),
    [
        ("x", "/etc/passwd", LEAVES),
        ("x", "..", LEAVES),
        ("x", "../work/e1.ckpt", LEAVES),
        ("x", "run3/../../work/e1.ckpt", LEAVES),
        ("x", "{work}2/e1.ckpt", LEAVES),
        ("x", "x", LOOP),
        ("x", ".", LOOP),
        ("run3/x", "..", LOOP),
        ("run3/x", "{work}/run3", LOOP),
        ("x", "nothing", NOWHERE),
        ("x", "nothing/../run3", NOWHERE),
        ("x", "e1.ckpt/../run3", NOWHERE),
        ("x", "run3/nothing/deep", NOWHERE),
        ("x", ".git/config", NEVER_KEPT),
        ("x", "env", NEVER_KEPT),
    ],
)
def test_a_link_that_is_not_followed_says_why(work: Path, link: str, target: str, why: str) -> None:
    (work / ".git").mkdir()
    (work / ".git" / "config").write_text("")
    (work / "env").mkdir()
    (work / "env" / "pyvenv.cfg").write_text("")
    (work / link).symlink_to(target.format(work=work))
    left = looked(work)
    assert (left.links, left.not_kept) == ({}, {link: why})


def test_links_to_links_are_followed_to_their_end(work: Path) -> None:
    (work / "a").symlink_to("b")
    (work / "b").symlink_to("latest/best.pt")
    (work / "latest").symlink_to("run3")
    (work / "run3" / "again").symlink_to("best.pt")
    (work / "ping").symlink_to("pong")
    (work / "pong").symlink_to("ping")
    left = looked(work)
    assert left.links == {
        "a": "run3/best.pt",
        "b": "run3/best.pt",
        "latest/best.pt": "run3/best.pt",
        "latest/again": "run3/best.pt",
        "run3/again": "run3/best.pt",
    }
    assert left.not_kept == {"ping": LOOP, "pong": LOOP}


def test_folders_that_lead_into_each_other_come_to_an_end(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"file-{name}").write_text("")
        (tmp_path / name / "other").symlink_to(f"../{other}")
    left = looked(tmp_path)
    assert left.links["a/other/file-b"] == "b/file-b"
    assert left.links["b/other/file-a"] == "a/file-a"
    assert len(left.links) < 10


def test_links_that_would_make_endless_files_are_cut_off(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "file").write_text("")
        for twice in "ab":
            (tmp_path / f"{number}" / twice).symlink_to(f"../{number + 1}")
    assert len(looked(tmp_path, most_links=500).links) == 501


def test_a_file_that_was_moved_before_is_still_the_end_of_its_link(work: Path) -> None:
    (work / "last.ckpt").symlink_to("e1.ckpt")
    (work / "e1.ckpt").unlink()
    assert looked(work, moved=("e1.ckpt",)).links == {"last.ckpt": "e1.ckpt"}


def test_what_is_no_file_is_called_by_its_kind(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(work / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(work)
        server.bind("socket")
    assert looked(work).not_kept == {"pipe": "is a pipe", "socket": "is a socket"}


def test_a_file_is_opened_without_following_links(work: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "best.pt").write_text("secret")
    with open(open_inside(work, "run3/best.pt")) as file:
        assert file.read() == "best"
    (work / "run3" / "best.pt").unlink()
    (work / "run3").rmdir()
    (work / "run3").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="Not a directory|Too many levels"):
        open_inside(work, "run3/best.pt")
    os.mkfifo(work / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        open_inside(work, "pipe")


PARTS = st.sampled_from(["a", "b", "c", "..", ".", "{work}"])
TARGETS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
LINKS = st.dictionaries(st.sampled_from(["a", "b/a", "b/b", "c/a", "c/c/a", "x"]), TARGETS, max_size=5)


@given(LINKS)
def test_links_end_where_the_system_says_they_do(links: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(os.path.realpath(folder)) / "work"
        for inner in ("b", "c/c"):
            (work / inner).mkdir(parents=True)
            (work / inner / "file").write_text(inner)
        for link, target in links.items():
            (work / link).symlink_to(target.format(work=work))
        left = looked(work)
        assert sorted(left.files) == ["b/file", "c/c/file"]
        for name, file in left.links.items():
            assert (work / name).read_text() == (work / file).read_text()
            assert os.path.realpath(work / name) == str(work / file)
        for link in links:
            real = os.path.realpath(work / link)
            if os.path.isfile(real) and real.startswith(f"{work}/") and link not in left.not_kept:
                assert link in left.links
            if not real.startswith(str(work)):
                assert link in left.not_kept
