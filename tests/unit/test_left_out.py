"""What tools leave behind is no part of an upload: it is left out before it is judged, and that is said."""

import io
import tarfile
from pathlib import Path

import pytest

from coretex_site.lib import intake
from coretex_site.lib.intake import Choices
from coretex_site.lib.treepaths import Limits, TreeError
from tests.some_archives import LIMITS, tarred, unpacked, zipped

MAC = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        "
LEFTOVERS = [
    ".git/config", ".hg/store", ".svn/entries", ".venv/lib/a.py", "node_modules/a/index.js", ".tox/py/a",
    "__pycache__/main.cpython-312.pyc", ".ipynb_checkpoints/a.ipynb", ".mypy_cache/a", ".pytest_cache/a",
    ".ruff_cache/a", "lib/old.pyc", ".DS_Store", "data/Thumbs.db", "data/desktop.ini", "Desktop.ini",
    "__MACOSX/x", "Icon\r", ".nox/a", "$RECYCLE.BIN/a", ".git",
]  # fmt: skip


@pytest.mark.parametrize("path", LEFTOVERS)
def test_leftovers_are_left_out_of_archives_and_folders(path: str, tmp_path: Path) -> None:
    files = {"p/main.py": b"1", f"p/{path}": b"2"}
    for number, content in enumerate((zipped(files), tarred(files))):
        found, taken = unpacked(content, tmp_path / str(number))
        assert found == {"main.py": b"1"}
        assert "(1 file)" in taken.left_out.sentence()
    uploads = [(name, io.BytesIO(content)) for name, content in files.items()]
    assert list(intake.write_files(uploads, tmp_path / "in", LIMITS, strip=True).digests) == ["main.py"]


def test_nothing_in_a_leftover_refuses_an_upload(tmp_path: Path) -> None:
    inside = {".venv/CON": b"", ".venv/a\nb": b"", ".venv/x" + "/y" * 30: b"", ".venv/A": b"", ".venv/a": b""}
    many = {f".venv/lib/{number}.py": b"" for number in range(3000)}
    files = {"main.py": b"1", **inside, **many, ".venv/big": b"\0" * 11_000_000}
    links = {".venv/bin/python": "/usr/bin/python3", ".venv/lib64": "lib", ".venv/loop": "loop"}
    for number, content in enumerate((zipped(files, links=links), tarred(files, links=links))):
        found, taken = unpacked(content, tmp_path / str(number))
        assert found == {"main.py": b"1"}
        assert taken.left_out.sentence() == "Left out: .venv (3,009 files)."


def test_devices_in_a_leftover_do_not_matter_and_elsewhere_all_are_named(tmp_path: Path) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for path, kind in ((".git/pipe", tarfile.FIFOTYPE), ("main.py", tarfile.REGTYPE)):
            info = tarfile.TarInfo(path)
            info.type = kind
            archive.addfile(info)
    assert list(unpacked(made.getvalue(), tmp_path)[0]) == ["main.py"]


def test_a_virtual_environment_is_known_by_its_mark_whatever_its_name(tmp_path: Path) -> None:
    files = {
        "p/main.py": b"1",
        "p/tools/env/pyvenv.cfg": b"",
        "p/tools/env/lib/a.py": b"",
        "p/venv/a.py": b"2",
    }
    conda = {"p/envs/x/conda-meta/history": b"", "p/envs/x/bin/python": b""}
    found, taken = unpacked(
        zipped(files | conda, links={"p/tools/env/bin/python": "/usr/bin/python3"}), tmp_path
    )
    assert found == {"main.py": b"1", "venv/a.py": b"2"}
    assert taken.left_out.sentence() == "Left out: p/tools/env (3 files), p/envs/x (2 files)."


def test_a_project_inside_an_environment_loses_what_is_the_environments_own(tmp_path: Path) -> None:
    own = (
        "pyvenv.cfg",
        "lib/python3.12/site-packages/a/b.py",
        "bin/activate",
        "bin/pip3",
        "Scripts/python.exe",
    )
    links = {"bin/python": "/usr/bin/python3", "lib64": "lib"}
    for number, top in enumerate(("", "p/")):
        files = {f"{top}{path}": b"" for path in own} | {f"{top}main.py": b"1", f"{top}bin/align.sh": b"2"}
        tops = {f"{top}{path}": target for path, target in links.items()}
        found, taken = unpacked(tarred(files, links=tops), tmp_path / str(number))
        assert found == {"main.py": b"1", "bin/align.sh": b"2"}
        assert taken.left_out.sentence() == "Left out: the environment around it (7 files)."


def test_apple_double_files_are_known_by_their_mark(tmp_path: Path) -> None:
    files = {"._p": MAC, "p/main.py": b"1", "p/._main.py": MAC, "p/._notes": b"mine", "p/data/._x.txt": MAC}
    for number, content in enumerate((zipped(files), tarred(files), tarred(files, suffix="tar.xz"))):
        found, taken = unpacked(content, tmp_path / str(number))
        assert found == {"main.py": b"1", "._notes": b"mine"}
        assert taken.left_out.sentence() == "Left out: ._* (3 files)."
    uploads = [(path, io.BytesIO(content)) for path, content in files.items()]
    taken = intake.write_files(uploads, tmp_path / "in", LIMITS, strip=True)
    assert sorted(taken.digests) == ["._notes", "main.py"]


def test_what_coretexignore_names_is_always_left_out_and_gitignore_only_on_request(tmp_path: Path) -> None:
    files = {
        "main.py": b"1", "data/a.csv": b"2", "data/b.csv": b"3", "raw/x.bin": b"4", ".gitignore": b"data/\n",
        ".coretexignore": b"\xff\xfe" + "raw/\r\n".encode("utf-16-le"),
    }  # fmt: skip
    found, taken = unpacked(zipped(files), tmp_path / "1")
    assert sorted(found) == [".coretexignore", ".gitignore", "data/a.csv", "data/b.csv", "main.py"]
    assert taken.left_out.sentence() == "Left out: 1 file that .coretexignore names: raw/ (1 file)."
    found, taken = unpacked(zipped(files), tmp_path / "2", gitignore=True, is_confirmed=True)
    assert sorted(found) == [".coretexignore", ".gitignore", "main.py"]
    assert "2 files that .gitignore names: data/ (2 files)" in taken.left_out.sentence()


def test_what_gitignore_leaves_out_of_an_archive_is_asked_about_first(tmp_path: Path) -> None:
    content = zipped({"main.py": b"1", "data/a.csv": b"2", ".gitignore": b"data/"})
    with pytest.raises(intake.Question) as asked:
        unpacked(content, tmp_path, gitignore=True)
    assert asked.value.gitignored() == {"data/": 1}
    assert not (tmp_path / "out").exists()


# (ignore files, path, whether git leaves it out), each as `git check-ignore` of git 2.39 says.
AS_GIT_DOES = [
    ({"": "data/"}, "data/a.csv", True), ({"": "data/"}, "x/data/a.csv", True),
    ({"": "data/"}, "data", False),
    ({"": "/data"}, "data/a", True), ({"": "/data"}, "x/data/a", False), ({"": "*.csv"}, "x/y/a.csv", True),
    ({"": "*.csv\n!keep.csv"}, "x/keep.csv", False), ({"": "data/\n!data/keep"}, "data/keep", True),
    ({"": "data/*\n!data/keep"}, "data/keep", False), ({"": "*\n!*/\n!*.py"}, "a/b.py", False),
    ({"": "*\n!*/\n!*.py"}, "a/b.txt", True), ({"": "a/**/b"}, "a/b", True),
    ({"": "a/**/b"}, "a/x/y/b", True),
    ({"": "a/**"}, "a/x", True), ({"": "a/**\n!a/x"}, "a/x", False), ({"": "**/b"}, "x/b/c", True),
    ({"": "#a\n\\#b"}, "#a", False), ({"": "#a\n\\#b"}, "#b", True), ({"": "a "}, "a", True),
    ({"": "?.py"}, "a.py", True), ({"": "[ab].py"}, "c.py", False), ({"": "a/b"}, "x/a/b", False),
    ({"": "*.csv", "x": "!a.csv"}, "x/a.csv", False), ({"": "*.csv", "x": "!a.csv"}, "y/a.csv", True),
    ({"x": "/a"}, "x/a", True), ({"x": "/a"}, "a", False), ({"": "x/", "x": "!a"}, "x/a", True),
    ({"": "foo/**/"}, "foo/a", False), ({"": "foo/**/"}, "foo/x/a", True), ({"": "!\n\n/"}, "a", False),
]  # fmt: skip


@pytest.mark.parametrize(("ignore", "path", "is_left_out"), AS_GIT_DOES)
def test_patterns_mean_what_they_mean_to_git(
    ignore: dict[str, str], path: str, is_left_out: bool, tmp_path: Path
) -> None:
    uploads = [(f"{folder}/.gitignore".lstrip("/"), text.encode()) for folder, text in ignore.items()]
    items = [(name, io.BytesIO(content)) for name, content in [*uploads, (path, b"1"), ("other.py", b"2")]]
    taken = intake.write_files(items, tmp_path / "in", LIMITS, choices=Choices(gitignore=True))
    assert (path not in taken.digests) == is_left_out


@pytest.mark.parametrize("patterns", [b"x\n*a*a*a*a*a*a*b", b"**/a/" * 12 + b"b", b"*x\n" * 80_000])
def test_patterns_that_would_take_for_ever_are_refused(patterns: bytes, tmp_path: Path) -> None:
    files = {f"{'a/' * 30}{number}{'a' * 200}": b"" for number in range(200)}
    with pytest.raises(TreeError, match="too long to compare the patterns in .coretexignore"):
        unpacked(zipped(files | {".coretexignore": patterns}), tmp_path)


def test_patterns_with_many_stars_are_compared_with_ordinary_names(tmp_path: Path) -> None:
    files = {f"data/sub-{number}_ses-1_task-rest_bold.nii": b"" for number in range(300)}
    content = zipped(files | {"main.py": b"1", ".coretexignore": b"sub-*_ses-*_task-*_*.nii"})
    assert set(unpacked(content, tmp_path)[0]) == {"main.py", ".coretexignore"}


def test_a_path_of_a_hundred_thousand_folders_costs_nothing_and_is_refused(tmp_path: Path) -> None:
    uploads = [(".coretexignore", io.BytesIO(b"*a*")), ("a/" * 100_000 + "x", io.BytesIO(b"1"))]
    with pytest.raises(TreeError, match="100001 folders deep"):
        intake.write_files(uploads, tmp_path / "in", LIMITS)


def test_the_longest_accounts_name_only_the_most(tmp_path: Path) -> None:
    files = {f"{name}/{number}": b"" for name in LEFTOVERS[:1] for number in range(2)}
    files |= {f"{name}/x": b"" for name in (".hg", ".svn", ".venv", ".tox", ".nox", ".ruff_cache")}
    sentence = unpacked(zipped({"main.py": b"", **files}), tmp_path)[1].left_out.sentence()
    assert sentence.startswith("Left out: .git (2 files), ")
    assert sentence.endswith(", 2 more names.")


def test_limits_count_what_stays(tmp_path: Path) -> None:
    files = {"main.py": b"1", **{f"raw/{n}": b"12345" for n in range(20)}, ".coretexignore": b"raw"}
    tight = Limits(max_bytes=20, max_files=2, max_depth=8)
    assert len(unpacked(tarred(files), tmp_path / "1", limits=tight)[0]) == 2
    with pytest.raises(TreeError, match="more than 2 files"):
        unpacked(tarred(files | {".coretexignore": b""}), tmp_path / "2", limits=tight)
