"""Links that stay inside an archive become copies; one that leads out refuses all, and each is named."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coretex_site.lib.treepaths import Limits, TreeError
from tests.some_archives import tarred, unpacked, zipped

FILES = {"p/data/v1.csv": b"1", "p/main.py": b"2", "p/deep/er/x": b"3"}
INSIDE = [
    ({"p/data/latest.csv": "v1.csv"}, {"data/latest.csv": b"1"}),
    ({"p/latest.csv": "data/v1.csv"}, {"latest.csv": b"1"}),
    ({"p/deep/er/up": "../../main.py"}, {"deep/er/up": b"2"}),
    ({"p/a": "b", "p/b": "c", "p/c": "main.py"}, {"a": b"2", "b": b"2", "c": b"2"}),
    ({"p/folder": "deep"}, {"folder/er/x": b"3"}),
    ({"p/folder": "deep/er/"}, {"folder/x": b"3"}),
    ({"p/through": "alias/er/x", "p/alias": "./deep"}, {"through": b"3", "alias/er/x": b"3"}),
    ({"p/back": "../p/main.py"}, {"back": b"2"}),
]


@pytest.mark.parametrize(("links", "copies"), INSIDE)
def test_links_inside_become_copies(links: dict[str, str], copies: dict[str, bytes], tmp_path: Path) -> None:
    expected = {path.removeprefix("p/"): content for path, content in FILES.items()} | copies
    for number, content in enumerate((zipped(FILES, links=links), tarred(FILES, links=links))):
        found, taken = unpacked(content, tmp_path / str(number))
        assert found == expected
        assert taken.left_out.sentence() == ""
        assert set(taken.digests) == set(expected)


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../../x", "../x", "data/../../../p/main.py", "/", "..", "../.."]
)
def test_a_link_that_leads_out_refuses_all_and_is_named(target: str, tmp_path: Path) -> None:
    links = {"p/bad": target, "p/worse": "/etc", "p/good": "main.py"}
    for content in (zipped(FILES, links=links), tarred(FILES, links=links)):
        with pytest.raises(TreeError) as caught:
            unpacked(content, tmp_path)
        said = str(caught.value)
        assert f"“p/bad” is a link to “{target}”, outside the folder." in said
        assert "“p/worse” is a link to “/etc”" in said
        assert "good" not in said
        assert not (tmp_path / "out").exists()


BROKEN = [
    {"p/a": "nowhere"}, {"p/a": "a"}, {"p/a": "b", "p/b": "a"}, {"p/deep/self": "."}, {"p/deep/up": ".."},
    {"p/deep/loop": "../data/loop", "p/data/loop": "../deep/loop"}, {"p/a": ".venv/lib"},
    {"p/a": "main.py/x"},
]  # fmt: skip


@pytest.mark.parametrize("links", BROKEN)
def test_links_to_nothing_and_to_themselves_are_left_out_and_named(
    links: dict[str, str], tmp_path: Path
) -> None:
    files = FILES | {"p/.venv/lib/a.py": b""}
    for number, content in enumerate((zipped(files, links=links), tarred(files, links=links))):
        found, taken = unpacked(content, tmp_path / str(number))
        assert sorted(found) == ["data/v1.csv", "deep/er/x", "main.py"]
        for path, target in links.items():
            assert f"{path} → {target}" in taken.left_out.sentence()


def test_two_folders_that_lead_to_each_other_are_copied_once(tmp_path: Path) -> None:
    files, links = {"a/1": b"1", "b/2": b"2"}, {"a/to": "../b", "b/to": "../a"}
    found, taken = unpacked(tarred(files, links=links), tmp_path)
    assert found == {"a/1": b"1", "b/2": b"2", "a/to/2": b"2", "b/to/1": b"1"}
    assert "lead to nothing" in taken.left_out.sentence()


def test_hard_links_become_copies_and_need_their_file(tmp_path: Path) -> None:
    found, _ = unpacked(tarred(FILES, hard={"p/same.csv": "p/data/v1.csv"}), tmp_path / "1")
    assert found["same.csv"] == b"1"
    with pytest.raises(TreeError, match="“p/x” is a hard link to “/etc/passwd”, which is not in the archive"):
        unpacked(tarred(FILES, hard={"p/x": "/etc/passwd"}), tmp_path / "2")


def test_links_into_git_annex_become_the_files_for_which_they_stand(tmp_path: Path) -> None:
    files = FILES | {"p/.git/annex/objects/x/K/K": b"scan", "p/.git/config": b""}
    links = {
        "p/sub/a.nii.gz": "../.git/annex/objects/x/K/K",
        "p/gone": ".git/annex/objects/y",
        "p/c": ".git/config",
    }
    for number, content in enumerate((zipped(files, links=links), tarred(files, links=links))):
        found, taken = unpacked(content, tmp_path / str(number))
        assert found["sub/a.nii.gz"] == b"scan"
        assert not [path for path in found if ".git" in path or path in {"gone", "c"}]
        assert "2 links that lead to nothing" in taken.left_out.sentence()


@pytest.mark.parametrize("folder", [".ipynb_checkpoints", "env", "raw"])
def test_a_file_that_is_also_linked_where_it_is_left_out_stays(folder: str, tmp_path: Path) -> None:
    files = {f"p/{folder}/a": b"1", "p/env/pyvenv.cfg": b"", "p/.coretexignore": b"raw/", "p/main.py": b""}
    found, _ = unpacked(tarred(files, hard={"p/a": f"p/{folder}/a"}), tmp_path)
    assert found == {"a": b"1", ".coretexignore": b"raw/", "main.py": b""}


def test_what_tar_and_zip_make_of_links_is_read(tmp_path: Path) -> None:
    source = tmp_path / "project"
    (source / "data").mkdir(parents=True)
    (source / "data" / "v1.csv").write_text("1")
    (source / "data" / "latest.csv").symlink_to("v1.csv")
    (source / "alias").symlink_to("data")
    os.link(source / "data" / "v1.csv", source / "hard.csv")
    subprocess.run(["tar", "czf", tmp_path / "a.tgz", "project"], cwd=tmp_path, check=True)
    found, _ = unpacked((tmp_path / "a.tgz").read_bytes(), tmp_path)
    paths = ["alias/latest.csv", "alias/v1.csv", "data/latest.csv", "data/v1.csv", "hard.csv"]
    assert found == dict.fromkeys(paths, b"1")


def test_copies_count_for_the_limits(tmp_path: Path) -> None:
    fan = {f"{level}/{n}": f"../{level + 1}" for level in range(12) for n in range(10)}
    with pytest.raises(TreeError, match="more than 1,000 files"):
        unpacked(tarred({"12/x": b""}, links=fan), tmp_path / "1")
    with pytest.raises(TreeError, match="more than 1,000 files"):
        unpacked(tarred({"y": b""}, links=fan | {"12/x": "../0/0"}), tmp_path / "2")
    heavy = {f"l{n}": "x" for n in range(200)}
    with pytest.raises(TreeError, match="more than 1 MB"):
        small = Limits(max_bytes=2**20, max_files=1000, max_depth=8)
        unpacked(tarred({"x": b"\0" * 2**17}, links=heavy), tmp_path / "3", limits=small)


def test_bad_paths_beside_links_are_still_refused(tmp_path: Path) -> None:
    for bad, said in (("/evil", "absolute"), ("../evil", "points outside|outside the folder")):
        for files, links in (({"a": b"1", bad: b"2"}, {"l": "a"}), ({"a": b"1"}, {bad: "a"})):
            with pytest.raises(TreeError, match=said):
                unpacked(tarred(files, links=links), tmp_path)
    with pytest.raises(TreeError, match="occurs twice"):
        unpacked(tarred({"a": b"1", "b": b"1"}, links={"a": "b"}), tmp_path)


@given(data=st.data())
def test_every_copy_is_what_the_link_leads_to_on_a_disk(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("links") / "p"
    folders = st.sampled_from(["", "a/", "a/b/", "c/"])
    names = st.builds(str.__add__, folders, st.sampled_from(["x", "y", "z", "l1", "l2"]))
    targets = st.sampled_from(
        ["x", "a", "b", "..", ".", "../x", "b/x", "../c", "a/b", "../a/l1", "l1", "l2/x", "../l2"]
    )
    for path in data.draw(st.sets(names, min_size=1, max_size=4)):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    for path, target in data.draw(st.dictionaries(names, targets, max_size=5)).items():
        if not os.path.lexists(root / path) and os.path.realpath((root / path).parent).startswith(str(root)):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).symlink_to(target)
    links = [
        Path(at, name)
        for at, inner, files in os.walk(root)
        for name in inner + files
        if Path(at, name).is_symlink()
    ]
    subprocess.run(["tar", "cf", "a.tar", "p"], cwd=root.parent, check=True)
    try:
        found, _ = unpacked((root.parent / "a.tar").read_bytes(), root.parent)
    except TreeError as error:
        leads_out = [link for link in links if not os.path.realpath(link).startswith(str(root))]
        assert ("outside the folder" in str(error) and leads_out) or "parts deep" in str(error)
        return
    for path, content in found.items():
        assert (root / path).read_bytes() == content
    for link in links:
        if link.is_file():
            assert str(link.relative_to(root)) in found
