"""Names in archives: in whatever encoding and with whatever separators they were written, files are found."""

import io
import struct
import unicodedata
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coretex_site.lib import filetree, intake, legacy_names
from coretex_site.lib.intake import Question
from coretex_site.lib.treepaths import TreeError, clashes, safe_path
from coretex_site.lib.zipping import zip_files
from tests.some_archives import COMPRESS, LIMITS, tarred, unpacked, zipped

CERTAIN = [
    ("Größe.csv", "utf-8"), ("数据/结果.csv", "utf-8"), ("Größe.csv", "cp437"), ("Größe.csv", "cp850"),
    ("Größe.csv", "cp1252"), ("Übersicht_März.csv", "cp850"), ("данные/отчёт.csv", "cp866"),
    ("données_été.csv", "cp1252"),
]  # fmt: skip
UNCERTAIN = [
    ("売上データ.csv", "cp932"), ("表/ソート.csv", "cp932"), ("数据分析/结果汇总.csv", "gbk"),
    ("데이터.csv", "cp949"), ("wyniki_badań.csv", "cp852"), ("Δεδομένα.csv", "cp1253"),
    ("資料/報告.csv", "big5"), ("二〇二四年度/売上明細（確定版）・東日本.csv", "cp932"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "encoding"), CERTAIN)
def test_names_that_can_be_read_in_one_way_are_read_so(path: str, encoding: str, tmp_path: Path) -> None:
    files = {"p/main.py": b"1", f"p/{path}": b"2"}
    for number, content in enumerate(
        (
            zipped(files, encoding=encoding),
            zipped(files, encoding=encoding, system=0),
            tarred(files, encoding=encoding),
        )
    ):
        found, taken = unpacked(content, tmp_path / str(number))
        assert found == {"main.py": b"1", path: b"2"}
        assert bool(taken.read_as) == (encoding != "utf-8")


@pytest.mark.parametrize(("path", "encoding"), UNCERTAIN)
def test_names_that_can_be_read_in_several_ways_are_asked_about(
    path: str, encoding: str, tmp_path: Path
) -> None:
    files = {"main.py": b"1", path: b"2"}
    chosen = {"gbk": "gb18030", "big5": "big5hkscs"}.get(encoding, encoding)
    for number, content in enumerate(
        (zipped(files, encoding=encoding, system=0), tarred(files, encoding=encoding))
    ):
        with pytest.raises(Question) as asked:
            unpacked(content, tmp_path / str(number))
        assert path in [reading.examples[0] for reading in asked.value.readings][:3]
        assert chosen in [reading.encoding for reading in asked.value.readings]
        assert unpacked(content, tmp_path / str(number), encoding=chosen)[0] == files


def test_the_likeliest_reading_comes_first() -> None:
    first = [legacy_names.readings([path.encode(encoding)])[0].examples[0] for path, encoding in UNCERTAIN]
    right = [path for path, _ in UNCERTAIN]
    assert sum(map(str.__eq__, first, right)) >= len(right) - 1


def test_names_that_do_not_fit_the_chosen_encoding_are_named(tmp_path: Path) -> None:
    content = zipped({"main.py": b"1", "данные.csv": b"2"}, encoding="cp866")
    with pytest.raises(TreeError, match=r"cannot be read as Japanese \(EUC-JP\)"):
        unpacked(content, tmp_path, encoding="euc_jis_2004")


def test_readings_that_are_alike_are_called_by_the_commonest_encoding(tmp_path: Path) -> None:
    for number, (path, encoding, label) in enumerate(
        [
            ("garçon_été.csv", "cp1252", "Western European (Windows)"),
            ("Müller.csv", "cp850", "Western (DOS, US)"),
        ]
    ):
        content = zipped({path: b"1"}, encoding=encoding, system=0)
        assert unpacked(content, tmp_path / str(number))[1].read_as == label


def test_names_in_two_encodings_are_asked_about_instead_of_garbled(tmp_path: Path) -> None:
    in_japanese = "データ.csv".encode("cp932").decode("cp850")
    with pytest.raises(Question):
        unpacked(tarred({"été.csv": b"1", in_japanese: b"2"}, encoding="cp850"), tmp_path)


@pytest.mark.parametrize("name", ["Shift-JIS", "sjis", "MS932", "csshiftjis"])
def test_an_encoding_may_be_chosen_by_any_of_its_names(name: str, tmp_path: Path) -> None:
    files = {"売上データ.csv": b"1"}
    assert unpacked(zipped(files, encoding="cp932"), tmp_path, encoding=name)[0] == files


@pytest.mark.parametrize("name", ["klingon", "rot13", "utf-16", "a\0b"])
def test_what_is_no_encoding_of_names_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(TreeError, match="is not an encoding of file names. Expected one of cp437, "):
        unpacked(zipped({"売上データ.csv": b"1"}, encoding="cp932"), tmp_path, encoding=name)


def test_a_zip_whose_names_are_not_in_the_utf_8_it_declares_is_refused_with_the_name(tmp_path: Path) -> None:
    content = zipped({"Größe.csv": b"1"}).replace("Größe".encode(), "Gr÷_sse".encode("cp850"))
    with pytest.raises(TreeError, match=r"p.zip says that the name “Gr�_sse.csv” is UTF-8, which it is not"):
        unpacked(content, tmp_path, name="p.zip")


def test_names_of_what_is_left_out_are_not_asked_about(tmp_path: Path) -> None:
    content = zipped({"main.py": b"1", ".venv/データ": b"2"}, encoding="cp932")
    assert unpacked(content, tmp_path)[0] == {"main.py": b"1"}


def test_the_unicode_path_field_of_info_zip_is_honoured_if_it_is_of_this_name(tmp_path: Path) -> None:
    for number, (crc, expected) in enumerate([(zlib.crc32(b"\x83f.txt"), "データ.txt"), (1, None)]):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            info = zipfile.ZipInfo("Xf.txt")
            text = "データ.txt".encode()
            info.extra = struct.pack("<HHBL", 0x7075, len(text) + 5, 1, crc) + text
            archive.writestr(info, b"1")
        content = made.getvalue().replace(b"Xf.txt", b"\x83f.txt")
        if expected:
            assert unpacked(content, tmp_path / str(number))[0] == {expected: b"1"}
        else:
            found = unpacked(content, tmp_path / str(number), encoding="cp437")[0]
            assert found == {"âf.txt": b"1"}


def test_names_in_two_normal_forms_are_composed_and_two_that_become_one_are_named(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "Größe.csv")
    assert unpacked(zipped({apart: b"1"}), tmp_path / "1")[0] == {"Größe.csv": b"1"}
    assert unpacked(tarred({apart: b"1"}), tmp_path / "2")[0] == {"Größe.csv": b"1"}
    with pytest.raises(TreeError, match="“Größe.csv” twice, the same path written in two ways"):
        unpacked(zipped({apart: b"1", "Größe.csv": b"2"}), tmp_path / "3")


def test_backslashes_of_old_windows_programs_separate_folders(tmp_path: Path) -> None:
    files = {"p\\main.py": b"1", "p\\data\\x.txt": b"2", "p\\.venv\\CON": b"3", "p\\empty\\": b""}
    for system in (0, 3):
        found, taken = unpacked(zipped(files, system=system), tmp_path / str(system))
        assert found == {"main.py": b"1", "data/x.txt": b"2"}
        assert taken.left_out.names == {".venv": 1}
    mixed = {"p/main.py": b"1", "p\\data\\x.txt": b"2"}
    assert unpacked(zipped(mixed, system=0), tmp_path / "m")[0] == {"main.py": b"1", "data/x.txt": b"2"}
    with pytest.raises(TreeError, match="backslash"):
        unpacked(zipped(mixed), tmp_path / "u")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("C:\\p\\main.py", "absolute"),
        ("\\\\host\\share\\x", "absolute"),
        ("..\\x", "outside"),
        ("a\\..\\..\\x", "outside"),
    ],
)
def test_backslashes_do_not_lead_out(path: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(TreeError, match=said):
        unpacked(zipped({path: b"1", "ok.py": b"2"}, system=0), tmp_path)


def test_backslashes_inside_shift_jis_letters_stay(tmp_path: Path) -> None:
    files = {"p\\表\\ソ.csv": b"1"}
    content = zipped(files, encoding="cp932", system=0)
    assert unpacked(content, tmp_path, encoding="cp932")[0] == {"表/ソ.csv": b"1"}


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\\\0:", exclude_categories=["C"]),
    min_size=1,
    max_size=12,
)


@given(
    files=st.dictionaries(
        st.lists(NAMES, min_size=1, max_size=4).map("/".join), st.binary(max_size=40), min_size=1, max_size=6
    ),
    kind=st.sampled_from(["zip", *COMPRESS]),
)
def test_any_tree_that_may_be_stored_comes_back_from_any_archive(
    files: dict[str, bytes], kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = tmp_path_factory.mktemp("tree")
    try:
        normal = {safe_path(path): content for path, content in files.items()}
        items = [(path, io.BytesIO(content)) for path, content in normal.items()]
        assert not clashes(normal)
        intake.write_files(items, base / "in", LIMITS)
    except (TreeError, AssertionError):
        return
    inside = {f"top/{file.path}": base / "in" / file.path for file in filetree.walk(base / "in")}
    if kind == "zip":
        content = b"".join(zip_files(inside.items()))
    else:
        content = tarred({path: place.read_bytes() for path, place in inside.items()}, suffix=kind)
    intake.unpack(io.BytesIO(content), f"a.{kind}", base / "out", LIMITS)
    assert filetree.digest(base / "out") == filetree.digest(base / "in")
