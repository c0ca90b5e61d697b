"""Lists of packages are read as pip reads them, and every line that cannot be used is named."""

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.runtimes import requirement_files
from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.requirement_files import Lists, collect
from runs.runtimes.requirement_lines import decode, logical_lines
from tests.wheels import make_wheel


def lists(folder: Path, text: str, variables: dict[str, str] | None = None, **files: str) -> Lists:
    (folder / "requirements.txt").write_text(text)
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_txt", ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    lines = requirement_files.read(folder, "requirements.txt")
    return collect(folder, lines, variables=variables or {})


def texts(found: Lists) -> list[str]:
    return [line.text for line in found.requirements]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("alpha", ["alpha"]),
        ("alpha==1.0  # why", ["alpha==1.0"]),
        ("alpha[extra]>=1,<2 ; python_version > '3'", ["alpha[extra]>=1,<2 ; python_version > '3'"]),
        ("alpha==1.0 --hash=sha256:aa --hash sha256:bb", ["alpha==1.0 --hash=sha256:aa --hash=sha256:bb"]),
        ("alpha \\\n  ==1.0", ["alpha   ==1.0"]),
        ("alpha \\\n  # a remark\nbeta", ["alpha", "beta"]),
        ("-e git+https://host/x.git@main#egg=kq", ["git+https://host/x.git@main#egg=kq"]),
        ("--editable=git+ssh://git@host/x.git", ["git+ssh://git@host/x.git"]),
        ("-e hg+https://host/x", ["hg+https://host/x"]),
        ("-i https://host/simple", ["--index-url https://host/simple"]),
        ("--index-url=https://host/simple", ["--index-url https://host/simple"]),
        ("--no-index --find-links /srv/wheels", ["--no-index", "--find-links /srv/wheels"]),
        ("--no-binary :all:", ["--no-binary :all:"]),
        ("--only-binary=alpha,beta", ["--only-binary alpha,beta"]),
        ("--require-hashes", ["--require-hashes"]),
        ("-r https://host/more.txt", ["-r https://host/more.txt"]),
        ("\ufeffalpha", ["alpha"]),
    ],
)
def test_a_line_becomes_what_uv_takes(tmp_path: Path, line: str, expected: list[str]) -> None:
    assert texts(lists(tmp_path, line)) == expected


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("--pre", [("--prerelease", "allow")]),
        ("--pre\n--pre", [("--prerelease", "allow")]),
        ("--trusted-host host:8080", [("--allow-insecure-host", "host:8080")]),
        ("--extra-index-url https://host/simple", [("--index-strategy", "unsafe-best-match")]),
        ("alpha --config-settings a=b", [("--config-settings-package", "alpha:a=b")]),
        ('alpha --config-setting="--x=y"', [("--config-settings-package", "alpha:--x=y")]),
    ],
)
def test_what_uv_takes_on_its_command_line_goes_there(
    tmp_path: Path, line: str, options: list[tuple[str, str]]
) -> None:
    assert list(lists(tmp_path, line).options) == options


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--prefer-binary", "requirements.txt:1: --prefer-binary is left out"),
        ("--use-feature=fast-deps", "requirements.txt:1: --use-feature=fast-deps is left out"),
        ('\nalpha --global-option="-x"', "requirements.txt:2: --global-option is left out"),
    ],
)
def test_what_is_left_out_is_said(tmp_path: Path, line: str, words: str) -> None:
    assert lists(tmp_path, line).notes[0].startswith(words)


@pytest.mark.parametrize(
    "line",
    [
        "-r more.txt", "-rmore.txt", "--requirement more.txt", "--requirement=more.txt", "-r ./more.txt",
        "-r file:more.txt", "-r 'more.txt'", "-r sub/../more.txt", "-r sub/other.txt",
    ],
)  # fmt: skip
def test_another_list_is_followed_however_it_is_named(tmp_path: Path, line: str) -> None:
    found = lists(tmp_path, line, more_txt="gamma\n", sub__other_txt="-r ../more.txt\n")
    assert texts(found) == ["gamma"]
    assert found.requirements[0].place == "more.txt:1"


def test_a_list_is_looked_for_beside_the_one_that_names_it_then_in_the_root(tmp_path: Path) -> None:
    files = {
        "requirements__base_txt": "alpha\n-r common.txt\n-r root.txt",
        "requirements__common_txt": "beta",
    }
    assert texts(lists(tmp_path, "-r requirements/base.txt", root_txt="gamma", **files)) == [
        "alpha", "beta", "gamma",
    ]  # fmt: skip


def test_lists_that_name_each_other_are_read_once(tmp_path: Path) -> None:
    assert texts(lists(tmp_path, "-r more.txt\nalpha", more_txt="-r requirements.txt\nbeta")) == [
        "alpha", "beta", "alpha",
    ]  # fmt: skip


def test_constraints_are_kept_apart_with_what_they_refer_to(tmp_path: Path) -> None:
    found = lists(tmp_path, "alpha\n-c more.txt", more_txt="alpha<2\n-r deep.txt", deep_txt="beta<3")
    assert texts(found) == ["alpha"]
    assert [line.text for line in found.constraints] == ["alpha<2", "beta<3"]


def test_folders_of_wheels_are_found_as_pip_finds_them(tmp_path: Path) -> None:
    make_wheel(tmp_path / "wheels", "alpha")
    make_wheel(tmp_path / "requirements" / "own", "beta")
    found = lists(
        tmp_path, "-r requirements/a.txt", requirements__a_txt="-f own\n--find-links ../wheels\n-f wheels\n"
    )
    assert found.wheelhouses == ["requirements/own", "wheels", "wheels"]
    assert texts(found)[:2] == ["--find-links requirements/own", "--find-links ./wheels"]


def test_what_is_installed_from_the_task_is_noted(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "wheels", "alpha")
    (tmp_path / "pkg").mkdir()
    text = f"./wheels/{wheel.name}\nalpha @ file:wheels/{wheel.name}\nwheels/{wheel.name} ; os_name == 'x'\n"
    text += f"-e pkg\n./pkg[extra]\n.\nalpha @ file://${{PROJECT_ROOT}}/wheels/{wheel.name}\n"
    found = lists(tmp_path, text)
    assert found.editable == ["pkg"]
    assert found.local == [*[f"wheels/{wheel.name}"] * 3, "pkg", ".", f"wheels/{wheel.name}"]


def test_variables_that_the_operator_names_are_replaced_but_never_in_addresses(tmp_path: Path) -> None:
    text = "alpha==${VERSION}\n--index-url https://user:${TOKEN}@host/simple\nbeta==${lower}\n"
    found = lists(tmp_path, text, {"VERSION": "2.0", "TOKEN": "hunter2"})
    assert texts(found) == [
        "alpha==2.0", "--index-url https://user:${TOKEN}@host/simple", "beta==${lower}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("alpha==${HOME}", r"requirements.txt:1 uses \$\{HOME\}, which is not set for installing"),
        ("\n-r missing.txt", "requirements.txt:2 refers to missing.txt, which is not in the Task"),
        ("-r /etc/passwd", "refers to /etc/passwd, outside the Task"),
        ("-c file:///etc/passwd", "refers to /etc/passwd, outside the Task"),
        ("-r ../../etc/passwd", "refers to ../../etc/passwd, which is not in the Task"),
        ("./missing.whl", "installs ./missing.whl, which is not in the Task"),
        ("-f nowhere", "looks for packages in nowhere, and there is no such folder"),
        ("--no-such", "pip takes no --no-such in such a file"),
        ("-U alpha", "txt:1 cannot be used: it is an option of the command pip install."),
        ("--no-deps", "txt:1 cannot be used: pip takes it on its command line only.* Remove the line."),
        ("python -m pip install alpha", "txt:1: 'python -m .*' is not a requirement. It is a command"),
        (r"-e c:\Users\me\mine", r"another machine \(c:/Users/me/mine\)"),
        ("alpha @ file:///C:/Users/me/a.whl", r"another machine \(C:/Users/me/a.whl\)"),
        ("conda-forge::alpha", "txt:1: 'conda-forge::alpha' is for Conda. Write the name alone"),
        ("./lists/alpha.whl", "must keep the name that it was made with"),
        ("lists/a-1.0-cp39-cp39-win_amd64.whl", r"is made for another system \(win_amd64\)"),
        ("-r lists", "txt:1 refers to lists, which is a folder; expected a file in it"),
        (
            "name: x\ndependencies:\n  - alpha",
            "is what `conda env export` prints.*Make it an environment.yml",
        ),
        ("-r", "expected one argument"),
        ("-e 'x", "No closing quotation"),
        ("-e /home/someone/mine", r"another machine \(/home/someone/mine\). Add it to the Task"),
        ("alpha\0", "txt:1 holds NUL characters"),
        ("- alpha", "txt:1 is an item of a YAML list: write alpha alone."),
        (
            "Package Version\n------- -------\nalpha   1.0",
            "txt is what `pip list` prints, no list that pip reads",
        ),
        (
            "# packages in environment at /x:\n# Name  Version  Build\nalpha 1.0 0",
            "is what `conda list` prints",
        ),
        ("alpha=1.0=py37_0\nbeta=1.0=0", "is what `conda list --export` prints"),
        ("@EXPLICIT\nhttps://x/y/noarch/a-1-0.conda", "is what `conda list --explicit` prints"),
        (
            "alpha @ file:///home/conda/feedstock_root/x/work",
            "what Conda or a file installed: write NAME==VERSION",
        ),
        (
            "alpha @ file:///opt/a.whl\nbeta @ file:///opt/b.whl",
            r"txt:1 names a folder .*/opt/a.whl\), and so does 1 more",
        ),
    ],
)
def test_a_line_that_cannot_be_used_is_told_with_its_place(tmp_path: Path, line: str, words: str) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "alpha.whl").touch()
    (tmp_path / "lists" / "a-1.0-cp39-cp39-win_amd64.whl").touch()
    with pytest.raises(EnvironmentFailure, match=words):
        lists(tmp_path, line)


def test_paths_may_be_written_as_windows_writes_them(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "base.txt").write_text("beta\n-c old.txt\n")
    (tmp_path / "lists" / "old.txt").write_text("gamma<2\n")
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "alpha-1.0-py3-none-any.whl").touch()
    (tmp_path / "mine").mkdir()
    assert texts(lists(tmp_path, "wheels/alpha-1.0-py3-none-any.whl#egg=alpha")) == [
        "wheels/alpha-1.0-py3-none-any.whl"
    ]
    lines = ["-r lists\\base.txt", r".\wheels\alpha-1.0-py3-none-any.whl", r"-e .\mine", r"-f .\wheels"]
    found = lists(tmp_path, "\r\n".join(lines))
    assert texts(found) == [
        "beta", "./wheels/alpha-1.0-py3-none-any.whl", "-e ./mine", "--find-links ./wheels",
    ]  # fmt: skip
    assert (found.local, found.editable) == (["wheels/alpha-1.0-py3-none-any.whl"], ["mine"])
    assert [line.text for line in found.constraints] == ["gamma<2"]


def test_many_mistakes_are_counted(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match=r"txt:5 refers.* And 3 more\.$"):
        lists(tmp_path, "".join(f"-r no{number}.txt\n" for number in range(8)))


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (b"", "utf-8"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
        (b"", "latin-1"),
    ],
)
def test_a_file_is_read_by_its_byte_order_mark(mark: bytes, encoding: str) -> None:
    assert decode(mark + "alpha # café\r\nbeta".encode(encoding)) == "alpha # café\r\nbeta"


def test_a_file_may_name_its_encoding() -> None:
    text = "# -*- coding: cp1252 -*-\nalpha # 5 €"
    assert decode(text.encode("cp1252")) == text
    assert decode(b"# coding: nonsense\nalpha") == "# coding: nonsense\nalpha"


@given(st.lists(st.text("ab=1.0[]#\\ -\n", max_size=12), max_size=6))
def test_every_word_outside_comments_is_in_one_line(parts: list[str]) -> None:
    text = "\n".join(parts)
    found = list(logical_lines(text, "x"))
    assert all(line.text == line.text.strip() != "" for line in found)
    numbers = [line.number for line in found]
    assert numbers == sorted(set(numbers))


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    folder = Path("/nonexistent")
    try:
        collect(folder, logical_lines(text, "requirements.txt"), variables={})
    except EnvironmentFailure as error:
        assert str(error)
