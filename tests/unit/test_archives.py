"""Archives from strangers: taken whole or refused whole, with the reason, and nothing half-made stays."""

import gzip
import io
import os
import stat
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coretex_site.lib import filetree, intake
from coretex_site.lib.filetree import Limits, TreeError

LIMITS = Limits(max_bytes=10_000_000, max_files=1000, max_depth=8)


def zipped(files: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            info = zipfile.ZipInfo("placeholder")
            info.filename = path
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o100644 << 16
            if change is not None:
                change(info)
            archive.writestr(info, content)
    made.seek(0)
    return made


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def tarred(members: list[tuple[tarfile.TarInfo, bytes]], mode: str = "w:gz") -> io.BytesIO:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    made.seek(0)
    return made


def refused(archive: io.BytesIO, name: str, said: str, tmp_path: Path, limits: Limits = LIMITS) -> None:
    with pytest.raises(TreeError, match=said) as caught:
        intake.unpack(archive, name, tmp_path / "out", limits)
    assert str(caught.value).endswith(".")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "evil").exists()


def unpacked(archive: io.BytesIO, name: str, tmp_path: Path) -> dict[str, bytes]:
    intake.unpack(archive, name, tmp_path / "out", LIMITS)
    return {f.path: (tmp_path / "out" / f.path).read_bytes() for f in filetree.walk(tmp_path / "out")}


def test_a_zip_and_a_tar_hold_the_same(tmp_path: Path) -> None:
    files = {"main.py": b"print()", "data/é.csv": b"a,b", "empty": b""}
    assert unpacked(zipped(files), "a.zip", tmp_path / "1") == files
    members = [(member(path), content) for path, content in files.items()]
    assert unpacked(tarred(members), "a.tar.gz", tmp_path / "2") == files
    assert unpacked(tarred(members, "w"), "a.tar", tmp_path / "3") == files


def test_a_single_folder_around_everything_is_left_out(tmp_path: Path) -> None:
    files = {
        "proj/main.py": b"1",
        "proj/a/b.txt": b"2",
        "__MACOSX/proj/._main.py": b"",
        "proj/.git/HEAD": b"",
    }
    assert unpacked(zipped(files), "a.zip", tmp_path) == {"main.py": b"1", "a/b.txt": b"2"}


def test_what_the_real_programs_make_is_read(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "deep" / "er").mkdir(parents=True)
    (source / "run.sh").write_text("#!/bin/sh")
    (source / "run.sh").chmod(0o755)
    (source / "deep" / "er" / ("long" * 40)).write_bytes(os.urandom(5000))
    subprocess.run(["tar", "czf", tmp_path / "a.tgz", "."], cwd=source, check=True)
    subprocess.run(["tar", "czf", tmp_path / "b.tar.gz", "--format=pax", "source"], cwd=tmp_path, check=True)
    for name in ("a.tgz", "b.tar.gz"):
        with (tmp_path / name).open("rb") as archive:
            intake.unpack(archive, name, tmp_path / f"out-{name}", LIMITS)
        assert filetree.digest(tmp_path / f"out-{name}") == filetree.digest(source)


BAD_PATHS = [
    ("/evil", "absolute"), ("../evil", "points outside"), ("a/../../evil", "points outside"),
    ("C:/evil", "absolute"),
    (r"..\evil", "backslash|points outside"), ("CON", "Windows"), ("a/nul.txt", "Windows"),
    ("x. ", "dot or a space"),
    ("a/" * 9 + "b", "parts deep"), ("n" * 300, "255 is the most"), ("a\nb", "invisible"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "said"), BAD_PATHS)
def test_bad_paths_in_a_zip_are_refused(path: str, said: str, tmp_path: Path) -> None:
    refused(zipped({"ok.txt": b"1", path: b"2"}), "a.zip", said, tmp_path)


@pytest.mark.parametrize(("path", "said"), BAD_PATHS)
def test_bad_paths_in_a_tar_are_refused(path: str, said: str, tmp_path: Path) -> None:
    refused(tarred([(member("ok.txt"), b"1"), (member(path), b"2")]), "a.tar.gz", said, tmp_path)


@pytest.mark.parametrize("paths", [("a", "A"), ("Data/a", "data/b"), ("a", "a/b")])
def test_clashes_in_archives_are_refused(paths: tuple[str, str], tmp_path: Path) -> None:
    refused(zipped(dict.fromkeys(paths, b"")), "a.zip", "differ only in case|also a folder", tmp_path)
    refused(tarred([(member(p), b"") for p in paths]), "a.tgz", "differ only in case|also a folder", tmp_path)


def test_a_name_cut_by_a_nul_is_refused(tmp_path: Path) -> None:
    archive = io.BytesIO(zipped({"evil.py#x": b"1"}).getvalue().replace(b"evil.py#x", b"evil.py\0x"))
    refused(archive, "a.zip", "invisible", tmp_path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_path_twice_is_refused(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.txt", "1")
        archive.writestr("a.txt", "2")
    refused(made, "a.zip", "occurs twice", tmp_path)
    refused(tarred([(member("a"), b"1"), (member("a"), b"2")]), "a.tgz", "occurs twice", tmp_path)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (tarfile.SYMTYPE, "is a link"), (tarfile.LNKTYPE, "is a hard link"), (tarfile.CHRTYPE, "is a device"),
        (tarfile.BLKTYPE, "is a device"), (tarfile.FIFOTYPE, "is a device"),
    ],
)  # fmt: skip
def test_links_and_devices_in_a_tar_are_refused(kind: bytes, said: str, tmp_path: Path) -> None:
    members = [(member("ok"), b"1"), (member("bad", kind, "/etc/passwd"), b"")]
    refused(tarred(members), "a.tar.gz", said, tmp_path)


@pytest.mark.parametrize(
    ("kind", "said"),
    [(stat.S_IFLNK, "is a link"), (stat.S_IFCHR, "is a device"), (stat.S_IFIFO, "is a device")],
)
def test_links_and_devices_in_a_zip_are_refused(kind: int, said: str, tmp_path: Path) -> None:
    def special(info: zipfile.ZipInfo) -> None:
        info.create_system, info.external_attr = 3, (kind | 0o777) << 16

    refused(zipped({"bad": b"/etc/passwd"}, special), "a.zip", said, tmp_path)


def test_a_folder_that_leads_out_is_refused(tmp_path: Path) -> None:
    refused(zipped({"../evil/": b"", "a": b""}), "a.zip", "points outside", tmp_path)
    refused(
        tarred([(member("../evil", tarfile.DIRTYPE), b""), (member("a"), b"")]),
        "a.tgz",
        "points outside",
        tmp_path,
    )


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped({"a.txt": b"1"}).getvalue())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    refused(io.BytesIO(bytes(content)), "a.zip", "encrypted", tmp_path)


def test_an_unusual_compression_is_refused(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.txt", "1" * 1000)
    refused(made, "a.zip", "unusual way", tmp_path)


def test_a_bomb_is_refused_by_what_it_declares_and_by_what_it_unpacks(tmp_path: Path) -> None:
    refused(zipped({"a": b"\0" * 11_000_000}), "a.zip", "holds more than 10 MB", tmp_path)
    refused(tarred([(member("a"), b"\0" * 11_000_000)]), "a.tar.gz", "holds more than 10 MB", tmp_path)
    wide = Limits(max_bytes=10**9, max_files=1000, max_depth=8)
    refused(zipped({"a": b"\0" * 80_000_000}), "a.zip", "500 times", tmp_path, wide)
    lying = zipped({"a": b"\0" * 11_000_000}).getvalue()
    refused(
        io.BytesIO(lying.replace((11_000_000).to_bytes(4, "little"), b"\5\0\0\0")), "a.zip", ".", tmp_path
    )


def test_a_tar_header_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    header = member("x", tarfile.XHDTYPE)
    header.size = 500_000_000
    bomb = gzip.compress(header.tobuf(tarfile.USTAR_FORMAT) + b"\0" * 10_000_000)
    refused(io.BytesIO(bomb), "a.tar.gz", "impossibly large", tmp_path)
    endless = gzip.compress(tarred([(member("a"), b"1")], "w").getvalue() + b"\0" * 30_000_000)
    refused(io.BytesIO(endless), "a.tar.gz", "more than", tmp_path)


def test_a_chain_of_headers_is_refused(tmp_path: Path) -> None:
    chained = member("././@LongLink", tarfile.GNUTYPE_LONGNAME).tobuf(tarfile.GNU_FORMAT) * 3000
    refused(io.BytesIO(gzip.compress(chained)), "a.tar.gz", "damaged", tmp_path)


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number in range(70_000):  # above 65,535 a zip counts them elsewhere
            archive.writestr(f"{number}.txt", b"")
    members = tarred([(member(f"{number}"), b"") for number in range(5000)])
    refused(made, "a.zip", "more than 1,000 files", tmp_path)
    refused(members, "a.tar.gz", "more than 1,000 files", tmp_path)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_archive_is_refused(keep: float, tmp_path: Path) -> None:
    files = {f"{n}.bin": os.urandom(3000) for n in range(20)}
    for name, archive in [
        ("a.zip", zipped(files)),
        ("a.tar.gz", tarred([(member(p), c) for p, c in files.items()])),
        ("a.tar", tarred([(member(p), c) for p, c in files.items()], "w")),
    ]:
        content = archive.getvalue().rstrip(b"\0") if name == "a.tar" else archive.getvalue()
        refused(io.BytesIO(content[: int(len(content) * keep)]), name, ".", tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"), (b"hello", "not an archive"), (b"PK\x03\x04", "damaged"), (b"\x1f\x8b", "damaged"),
        (gzip.compress(b"not a tar"), "one compressed file"), (b"Rar!\x1a\x07", "is a rar archive"),
        (b"7z\xbc\xaf\x27\x1c", "is a 7z archive, which cannot be unpacked here; make it a zip"),
        (b"\n<!DOCTYPE html><title>Sign in", "is a web page"), (b"PK\x07\x08PK", "one part of an archive"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        (b"\x04\x22\x4d\x18", "is an LZ4 file"),
    ],
)  # fmt: skip
def test_what_is_no_archive_is_refused_by_what_it_is(content: bytes, said: str, tmp_path: Path) -> None:
    refused(io.BytesIO(content), "a.zip", said, tmp_path)


def test_an_archive_with_nothing_in_it_is_refused(tmp_path: Path) -> None:
    refused(zipped({}), "a.zip", "contains no files", tmp_path)
    refused(zipped({"a/": b""}), "a.zip", "contains no files", tmp_path)
    refused(tarred([]), "a.tar.gz", ".", tmp_path)


@given(data=st.data())
def test_a_damaged_archive_is_read_or_refused_and_never_more(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = {"main.py": b"print(1)\n" * 20, "data/a.csv": b"1,2\n" * 50}
    archive = data.draw(
        st.sampled_from(
            [zipped(files).getvalue(), tarred([(member(p), c) for p, c in files.items()], "w").getvalue()]
        )
    )
    content = bytearray(archive)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    out = tmp_path_factory.mktemp("damaged") / "out"
    try:
        intake.unpack(io.BytesIO(bytes(content)), "a.zip", out, LIMITS)
    except TreeError:
        assert not out.exists()
    else:
        assert len(filetree.walk(out)) <= 2
