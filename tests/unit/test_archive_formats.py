"""Every usual archive is unpacked, by what is in it; made to fill a disk or the memory, it is refused."""

import bz2
import io
import lzma
import subprocess
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from coretex_site.lib import intake
from coretex_site.lib.archives import is_archive, is_maimed_archive
from coretex_site.lib.treepaths import Limits, TreeError
from tests.some_archives import COMPRESS, LIMITS, tarred, unpacked, zipped, zstd

FILES = {"main.py": b"print(1)", "data/x.txt": b"x" * 5000}


@pytest.mark.parametrize("kind", COMPRESS)
@pytest.mark.parametrize("name", ["p.zip", "p.tar.gz", "p", "p.tar.xz"])
def test_what_an_archive_holds_decides_what_it_is(kind: str, name: str, tmp_path: Path) -> None:
    assert unpacked(tarred(FILES, suffix=kind), tmp_path, name=name)[0] == FILES


def test_a_zip_called_tar_gz_and_one_behind_a_program_are_zips(tmp_path: Path) -> None:
    assert unpacked(zipped(FILES), tmp_path / "1", name="p.tar.gz")[0] == FILES
    assert unpacked(b"MZ program" * 100 + zipped(FILES), tmp_path / "2")[0] == FILES


def test_old_tars_without_a_mark_and_several_streams_are_read(tmp_path: Path) -> None:
    for path, content in FILES.items():
        (tmp_path / "p" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "p" / path).write_bytes(content)
    subprocess.run(["tar", "cf", "a.tar", "--format=v7", "p"], cwd=tmp_path, check=True)
    content = (tmp_path / "a.tar").read_bytes()
    assert content[257:262] != b"ustar"
    half = len(content) // 2
    for kind, compress in COMPRESS.items():
        if kind not in {"tar", "tar.lzma"}:  # of which the last knows no second stream
            both = compress(content[:half]) + compress(content[half:])
            assert unpacked(both, tmp_path / kind)[0] == FILES
    assert unpacked(lzma.compress(content) + b"\0" * 8, tmp_path / "padded")[0] == FILES


@pytest.mark.parametrize("kind", COMPRESS)
@pytest.mark.parametrize("keep", [0.2, 0.6, 0.95])
def test_a_cut_off_or_damaged_archive_is_refused(kind: str, keep: float, tmp_path: Path) -> None:
    whole = tarred({f"{n}.bin": bytes(range(256)) * 12 for n in range(30)}, suffix=kind).rstrip(b"\0")
    with pytest.raises(TreeError) as caught:
        unpacked(whole[: int(len(whole) * keep)], tmp_path)
    assert str(caught.value).endswith(".")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", [kind for kind in COMPRESS if kind != "tar"])
def test_a_bomb_of_every_format_is_refused_in_little_memory(kind: str, tmp_path: Path) -> None:
    bomb = tarred({"a": b"\0" * 40_000_000}, suffix=kind)
    wide = Limits(max_bytes=10**9, max_files=1000, max_depth=8)
    tracemalloc.start()
    try:
        with pytest.raises(TreeError, match="more than 10 MB"):
            unpacked(bomb, tmp_path / "1")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16_000_000
    double = COMPRESS[kind](b"".join([tarred({"a": b"\0" * 90_000_000}, suffix="tar")]))
    with pytest.raises(TreeError, match="500 times|more than|cut off|damaged"):
        unpacked(double, tmp_path / "2", limits=wide)
    assert not (tmp_path / "2" / "out").exists()


def test_endless_leftovers_in_a_bomb_are_refused(tmp_path: Path) -> None:
    for compress in (bz2.compress, lzma.compress, zstd.compress):
        inside = tarred({"main.py": b"1", ".venv/a": b"\0" * 60_000_000}, suffix="tar")
        with pytest.raises(TreeError, match="more than 10 MB"):
            unpacked(compress(inside), tmp_path)


def test_a_dictionary_larger_than_the_memory_is_refused(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 2**30}]
    header = lzma.compress(tarred(FILES, suffix="tar"), filters=filters)
    with pytest.raises(TreeError, match="needs more than 128 MB of memory"):
        unpacked(header, tmp_path)
    options = {zstd.CompressionParameter.window_log: 30}
    window = zstd.ZstdCompressor(options=options)
    content = window.compress(tarred(FILES, suffix="tar")) + window.flush()
    with pytest.raises(TreeError, match="needs more than 128 MB of memory"):
        unpacked(content, tmp_path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_compressed_in_an_unusual_way_is_refused_with_the_way(method: int, tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        archive.writestr("a.txt", "1" * 1000)
        archive.writestr("b.txt", "1" * 1000)
    with pytest.raises(TreeError, match="bzip2|LZMA") as caught:
        unpacked(made.getvalue(), tmp_path)
    assert "a.txt" in str(caught.value) and "b.txt" in str(caught.value)


def test_a_zip_of_more_than_65535_files_and_zip64_are_read(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        with archive.open("main.py", "w", force_zip64=True) as file:
            file.write(b"1")
        for number in range(70_000):
            archive.writestr(f".venv/{number}", b"")
    found, taken = unpacked(made.getvalue(), tmp_path)
    assert found == {"main.py": b"1"}
    assert taken.left_out.names == {".venv": 70_000}


def test_a_split_zip_is_refused_and_one_that_need_not_have_been_split_is_read(tmp_path: Path) -> None:
    whole = b"PK\x07\x08" + zipped(FILES)
    assert unpacked(whole, tmp_path / "1", name="p")[0] == FILES
    end = whole.rindex(b"PK\x05\x06")
    last = whole[: end + 4] + b"\x02\0" + whole[end + 6 :]
    for name, content in [
        ("p.zip", last),
        ("p.z01", whole[:200]),
        ("p.z02", b"\x17" * 600),
        ("p.zip.002", b"\x17"),
    ]:
        with pytest.raises(TreeError, match=f"{name} is one part of an archive"):
            unpacked(content, tmp_path / "2", name=name)


ARCHIVES = ["a.zip", "A.ZIP", "a.tar", "a.tgz", "a.tar.gz", "a.tar.bz2", "a.tbz2", "a.tar.xz", "a.txz"]
ARCHIVES += [
    "a.tar.zst",
    "a.tzst",
    "a.tar.lzma",
    "a.7z",
    "a.rar",
    "a.tar.lz4",
    "a.tar.Z",
    "a.zip.001",
    "a.z01",
]


def test_archives_are_known_by_their_names() -> None:
    assert all(map(is_archive, ARCHIVES))
    others = [
        "a.csv.gz",
        "reads.fastq.gz",
        "a.npz",
        "a.pt",
        "a.xlsx",
        "a.whl",
        "zip",
        "a.zipper",
        "main.py",
        "a.gz",
    ]
    assert not any(map(is_archive, others))


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("project", True), ("project.zip (1)", True), ("project.zip.download", True), ("weights.npz", False),
        ("model.pt", False), ("project.gz", True), ("a.docx", False),
    ],
)  # fmt: skip
def test_an_archive_whose_name_was_maimed_is_known_by_what_it_holds(name: str, is_one: bool) -> None:
    assert is_maimed_archive(name, io.BytesIO(zipped(FILES))) == is_one
    assert not is_maimed_archive(name, io.BytesIO(b"print(1)"))


def test_one_compressed_file_is_not_an_archive(tmp_path: Path) -> None:
    for compress in list(COMPRESS.values())[1:]:
        with pytest.raises(TreeError, match="one compressed file"):
            intake.unpack(io.BytesIO(compress(b"print(1)" * 100)), "main.py.gz", tmp_path / "out", LIMITS)
