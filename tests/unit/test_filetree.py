"""Folders, paths and digests: what may be stored, and that it comes back as it was."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coretex_site.lib import filetree, intake
from coretex_site.lib.filetree import Limits, TreeError

LIMITS = Limits(max_bytes=10_000_000, max_files=1000, max_depth=8)
names = st.text(st.characters(codec="utf-8", exclude_characters="/\\\0:"), min_size=1, max_size=20)


def build(root: Path, files: dict[str, bytes]) -> Path:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


@given(st.text())
def test_any_text_is_a_safe_path_or_a_sentence(text: str) -> None:
    try:
        path = filetree.safe_path(text)
    except TreeError as error:
        assert error.problems and str(error).endswith(".")
        str(error).encode()
        return
    assert not path.startswith("/") and ".." not in path.split("/") and "\\" not in path
    assert filetree.safe_path(path) == path
    root = Path("/somewhere")
    assert filetree.join(root, path).is_relative_to(root)


@pytest.mark.parametrize(
    "path", ["", "/", ".", "./", "/etc/passwd", "//server/share", "../a", "a/../b", "a/.."]
)
def test_paths_that_leave_the_folder_are_refused(path: str) -> None:
    with pytest.raises(TreeError):
        filetree.safe_path(path)


@pytest.mark.parametrize(
    "path",
    ["C:/x", "c:x", r"a\b", r"..\..\x", "CON", "a/aux.txt", "nul", "COM1.csv", "lpt9", "a./b", "a /b", "a."]
    + ["a\0b", "a\nb", "a\x1b[31m", "a\u202etxt.exe", "\ud800", "x" * 256, "é" * 128, "a/" * 300 + "b"]
    + ["/".join(["x" * 200] * 6)],
)
def test_names_that_another_machine_could_not_store_are_refused(path: str) -> None:
    with pytest.raises(TreeError):
        filetree.safe_path(path)


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("main.py", "main.py"), ("./a//b/", "a/b"), ("chr1:5-9.fa", "chr1:5-9.fa"), ("e\u0301.txt", "é.txt"),
        ("..a/b..c", "..a/b..c"), (" a", " a"), ("console.log", "console.log"), ("数据/a.csv", "数据/a.csv"),
    ],
)  # fmt: skip
def test_ordinary_names_are_taken_in_their_normal_form(path: str, normal: str) -> None:
    assert filetree.safe_path(path) == normal


def test_clashes_are_named_and_the_same_path_twice_is_none() -> None:
    assert filetree.clashes(["a.txt", "b/c", "b/d", "a.txt"]) == []
    assert "differ only in case" in filetree.clashes(["a.txt", "A.txt"])[0]
    assert "differ only in case" in filetree.clashes(["Data/a", "data/b"])[0]
    assert "is a file and also a folder" in filetree.clashes(["a", "a/b"])[0]


def test_join_follows_no_link_and_stays_inside(tmp_path: Path) -> None:
    root = build(tmp_path / "root", {"a/b.txt": b"1"})
    (root / "out").symlink_to("/etc")
    assert filetree.join(root, "a/b.txt").read_bytes() == b"1"
    for path in ("out/passwd", "out", "../x", "/etc/passwd", "a//b", "", "a/./b", "a\0b"):
        with pytest.raises(TreeError):
            filetree.join(root, path)


def test_walk_finds_regular_files_only_sorted(tmp_path: Path) -> None:
    root = build(
        tmp_path, {"b.py": b"", "a/z.txt": b"12", "a.txt": b"", ".git/config": b"", "x/__pycache__/y": b""}
    )
    os.symlink("/etc/passwd", root / "link")
    os.mkfifo(root / "pipe")
    (root / "b.py").chmod(0o755)
    found = filetree.walk(root)
    assert [(f.path, f.size, f.executable) for f in found] == [
        ("a.txt", 0, False), ("a/z.txt", 2, False), ("b.py", 0, True)
    ]  # fmt: skip


def test_a_digest_is_of_paths_modes_and_contents(tmp_path: Path) -> None:
    root = build(tmp_path, {"a.txt": b"1", "b/c.txt": b"2"})
    before = filetree.digest(root)
    assert before == filetree.tree_digest(
        [(p, False, filetree.file_digest(root / p)) for p in ("b/c.txt", "a.txt")]
    )
    (root / "a.txt").chmod(0o755)
    executable = filetree.digest(root)
    (root / "a.txt").chmod(0o644)
    (root / "a.txt").write_bytes(b"2")
    changed = filetree.digest(root)
    (root / "a.txt").write_bytes(b"1")
    (root / "a.txt").rename(root / "d.txt")
    assert len({before, executable, changed, filetree.digest(root)}) == 4


@given(files=st.dictionaries(names, st.binary(max_size=50), min_size=1, max_size=6))
def test_what_is_written_is_copied_and_zipped_and_unpacked_unchanged(
    files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = tmp_path_factory.mktemp("trip")
    try:
        intake.write_files(((path, io.BytesIO(data)) for path, data in files.items()), base / "in", LIMITS)
    except TreeError:
        assert not (base / "in").exists()
        return
    first = filetree.digest(base / "in")
    digests = filetree.copy(base / "in", base / "copy", read_only=True)
    assert digests == {
        f.path: filetree.file_digest(base / "copy" / f.path) for f in filetree.walk(base / "in")
    }
    copied = ((path, base / "copy" / path) for path in digests)
    packed = io.BytesIO(b"".join(filetree.zip_files(copied)))
    intake.unpack(packed, "a.zip", base / "out", LIMITS)
    assert filetree.digest(base / "copy") == filetree.digest(base / "out") == first


def test_a_copy_can_be_read_only_and_still_be_removed(tmp_path: Path) -> None:
    root = build(tmp_path / "a", {"run.sh": b"", "b/c.txt": b""})
    (root / "run.sh").chmod(0o755)
    filetree.copy(root, tmp_path / "b", read_only=True)
    modes = {f.path: (tmp_path / "b" / f.path).stat().st_mode & 0o777 for f in filetree.walk(tmp_path / "b")}
    assert modes == {"run.sh": 0o555, "b/c.txt": 0o444}
    (tmp_path / "b" / "b").chmod(0o555)
    filetree.remove(tmp_path / "b")
    filetree.remove(tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_folders_that_a_script_closed_to_itself_can_be_removed() -> None:
    removing = """
import os, tempfile
from pathlib import Path
from coretex_site.lib import filetree, intake
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)  # root opens every folder
for mode in (0, 0o100, 0o200, 0o400, 0o555):
    root = Path(tempfile.mkdtemp(dir='/tmp'))
    (root / "open/closed/deep").mkdir(parents=True)
    (root / "open/closed/deep/file").touch()
    (root / "open/link").symlink_to("closed")
    (root / "open/closed/deep").chmod(mode)
    (root / "open/closed").chmod(mode)
    root.chmod(mode)
    filetree.remove(root)
    assert not root.exists(), oct(mode)
"""
    done = subprocess.run(
        [sys.executable, "-c", removing],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_removing_a_link_leaves_what_it_leads_to(tmp_path: Path) -> None:
    root = build(tmp_path / "a", {"b.txt": b""})
    (tmp_path / "link").symlink_to(root)
    filetree.remove(tmp_path / "link")
    assert (root / "b.txt").exists()


def test_an_upload_with_a_wrong_path_is_refused_whole_with_every_reason(tmp_path: Path) -> None:
    uploads = [("ok.txt", io.BytesIO(b"1")), ("../a", io.BytesIO(b"")), ("CON", io.BytesIO(b""))]
    with pytest.raises(TreeError) as caught:
        intake.write_files(uploads, tmp_path / "in", LIMITS)
    assert len(caught.value.problems) == 2
    assert not (tmp_path / "in").exists()


@pytest.mark.parametrize(
    ("files", "limits", "said"),
    [
        (["a", "b", "c"], Limits(max_bytes=100, max_files=2, max_depth=8), "more than 2 files"),
        (["a", "b", "c"], Limits(max_bytes=25, max_files=9, max_depth=8), "more than 25 bytes"),
        (["a/b/c"], Limits(max_bytes=100, max_files=9, max_depth=2), "3 parts deep; 2 is the most"),
        (["a", "a"], LIMITS, "occurs twice"),
        (["a", "./a"], LIMITS, "same path written in two ways"),
        ([".git/config"], LIMITS, "contains no files"),
        ([], LIMITS, "contains no files"),
        (["a", "A"], LIMITS, "differ only in case"),
    ],
)
def test_limits_of_an_upload_are_said(files: list[str], limits: Limits, said: str, tmp_path: Path) -> None:
    with pytest.raises(TreeError, match=said):
        intake.write_files([(path, io.BytesIO(b"x" * 10)) for path in files], tmp_path / "in", limits)
    assert not (tmp_path / "in").exists()


def test_folders_can_be_spread_over_the_disk_where_the_file_system_knows_how(tmp_path: Path) -> None:
    filetree.spread(tmp_path)
    filetree.spread(tmp_path)
    (tmp_path / "0").mkdir()
    if file_system_of(tmp_path).startswith("ext"):
        shown = subprocess.run(["lsattr", "-d", tmp_path], capture_output=True, text=True, check=True)
        assert "T" in shown.stdout.split(" ")[0]


def file_system_of(folder: Path) -> str:
    """As Linux names it; "" elsewhere."""
    if sys.platform != "linux":
        return ""
    told = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True, check=True)
    return told.stdout


def test_spreading_what_is_not_there_or_not_ours_is_no_error(tmp_path: Path) -> None:
    filetree.spread(tmp_path / "nothing")
    filetree.spread(Path("/proc"))
