"""What installers print when they fail becomes a sentence that says what to do."""

import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from runs.runtimes.causes import explain, package_names, system_packages, wrong_lines
from runs.runtimes.causes.built import Built
from runs.runtimes.causes.conda import Missing, of_conflict, of_missing, of_unreadable

# What uv 0.13 with git, gcc and CMake really printed, the end of it where it is long, with other paths.
OUTPUTS = {
    path.stem: path.read_text()
    for path in sorted((Path(__file__).parent.parent / "installer_outputs").iterdir())
}
BUILT = Built(
    file="requirements.txt",
    python="3.12.1",
    place={"foo bar": "more.txt:7"}.get,  # type: ignore[arg-type] # every text of the tests is in it
    pythons=lambda: ["3.8.16", "3.9.18", "3.11.7", "3.12.1"],
)

SENTENCES = {
    "import-name": (
        "There is no package cv2 where the installer looks. cv2 is not the name of the package: write "
        "opencv-python-headless instead."
    ),
    "misspelled": "no package nunpy-does-not-exist-xyz where the installer looks. Check its spelling",
    "sklearn": "There is no such package as sklearn: write scikit-learn in requirements.txt.",
    "no-such-version": "There is no six==99.0. Write a version that exists, or the name alone",
    "too-new": "requirements.txt asks for pandas>=99, and there is only pandas<=3.1.1.",
    "local-version": (
        "There is no torch==1.7.1+cu110 in the package index: what follows the + is in an index of its own."
    ),
    "conflict": (
        "The packages do not fit together: requests==2.31.0 needs urllib3>=1.21.1,<3; requirements.txt "
        "asks for requests==2.31.0 and for urllib3==1.20. Change one of these versions"
    ),
    "two-versions": "requirements.txt asks for six==1.16.0 and for six==1.15.0.",
    "needs-newer-python": (
        "numpy==2.0.0 needs Python >=3.9, and this environment has 3.12.1. Write another version of it,"
        " or a file .python-version with the line 3.12."
    ),
    "made-for-older-pythons": (
        "tensorflow==2.10.0 is made for Python 3.7 to 3.10, and this environment has 3.12.1. Write "
        "another version of it, or a file .python-version with the line 3.9."
    ),
    "no-wheel": "numpy==1.19.5 has no file for Python 3.12.1 on this node.",
    "too-old-for-python": (
        "numpy==1.19.5 is too old for Python 3.12.1. Write another version of it, or a file "
        ".python-version with the line 3.11."
    ),
    "wheel-for-windows": "alphaq==1.0 has no file for Python 3.12.1 on this node.",
    "hash-mismatch": (
        "The file of six==1.16.0 is not the one that requirements.txt names: its hash is another."
    ),
    "invalid-line": ("more.txt:7: 'foo bar' is not a requirement. Write each package in a line of its own."),
    "damaged-wheel": "bad-1.0-py3-none-any.whl is damaged",
    "missing-header": (
        "exth has to be compiled on this node, and the header hdf5.h is missing there. Ask your "
        "administrator to install the Debian package libhdf5-dev, or write a version that comes "
        "compiled."
    ),
    "missing-library": (
        "the library blas is missing there. Ask your administrator to install the Debian package libblas-dev"
    ),
    "missing-gcc": (
        "the program gcc is missing there. Ask your administrator to install the Debian package "
        "build-essential"
    ),
    "missing-ldap": "the Debian package libldap2-dev",
    "missing-graphviz": "the Debian package libgraphviz-dev",
    "missing-cairo": (
        "the library cairo is missing there. Ask your administrator to install the Debian package "
        "libcairo2-dev"
    ),
    "missing-mysql": (
        "the MySQL client library is missing there. Ask your administrator to install the Debian "
        "packages default-libmysqlclient-dev pkg-config"
    ),
    "missing-curl-config": "the program curl-config is missing there",
    "missing-fortran": (
        "a Fortran compiler is missing there. Ask your administrator to install the Debian package gfortran"
    ),
    "crates-unreachable": (
        "rpds-py==0.20.0 has to be compiled on this node and needs something from crates.invalid for it"
    ),
    "rust-unreachable": (
        "rpds-py==0.20.0 could not be built with Python 3.12.1: httpx.ConnectError: [Errno -2] Name or"
    ),
    "disk-full": "The disk of this node is full.",
    "index-401": "The package index 127.0.0.1 refused the request (401 Unauthorized).",
    "index-403": "The package index 127.0.0.1 refused the request (403 Forbidden).",
    "index-500": "127.0.0.1 answered 500 Internal Server Error. Try again later",
    "proxy-407": "The proxy of this node asks for a password (407).",
    "no-such-host": "no-such-host.invalid cannot be reached from this node.",
    "connection-refused": "127.0.0.1 cannot be reached from this node.",
    "untrusted-certificate": "The certificate of 127.0.0.1 is not trusted on this node.",
    "git-no-repository": (
        "There is no git repository at file:///nope/x.git. Check the address in requirements.txt."
    ),
    "git-no-folder": "There is no git repository at /nope. Check the address in requirements.txt.",
    "git-not-found": "The git repository http://127.0.0.1:8806/x.git does not exist, or is private",
    "git-private": "The git repository http://127.0.0.1:8801/x.git does not exist, or is private",
    "git-no-branch": (
        "has no branch, tag or commit nobranch. Check what follows the last @ in requirements.txt."
    ),
    "git-no-project": "there is neither pyproject.toml nor setup.py in",
}


def test_every_recorded_output_has_a_sentence() -> None:
    assert SENTENCES.keys() == OUTPUTS.keys()


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_output_becomes_a_sentence_that_says_what_to_do(name: str) -> None:
    sentence = explain(OUTPUTS[name], BUILT)
    assert SENTENCES[name] in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("said", "package"),
    [
        ("Error: pg_config executable not found.", "libpq-dev"),
        ("error: command 'gcc' failed: No such file or directory", "build-essential"),
        ("x.c:1:10: fatal error: Python.h: No such file or directory", "python3-dev"),
        ("x.c:1:10: fatal error: ffi.h: No such file or directory", "libffi-dev"),
        ("x.c:1:10: fatal error: openssl/opensslv.h: No such file or directory", "libssl-dev"),
        ("x.c:3:9: fatal error: 'zlib.h' file not found", "zlib1g-dev"),
        ("The headers or library files could not be found for jpeg,", "libjpeg-dev zlib1g-dev"),
        (
            "Error: Please make sure the libxml2 and libxslt development packages are installed.",
            "libxml2-dev",
        ),
        ("/bin/sh: 1: xml2-config: not found", "libxml2-dev"),
        ("/bin/sh: mysql_config: command not found", "default-libmysqlclient-dev"),
        ("error: can't find Rust compiler", "rustc cargo"),
        ("Cargo, the Rust package manager, is not installed or is not on PATH.", "rustc cargo"),
        ("CMake must be installed to build the following extensions: x", "cmake"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'cmake'", "cmake"),
        ("../meson.build:1:0: ERROR: Unknown compiler(s): [['gfortran'], ['flang']]", "gfortran"),
        ("error: command 'swig' failed: No such file or directory", "swig"),
        ("Package hdf5 was not found in the pkg-config search path.", "libhdf5-dev"),
        ("Could NOT find OpenSSL (missing: OPENSSL_LIBRARIES)", "libssl-dev"),
    ],
)
def test_what_a_build_misses_is_named_with_its_debian_package(said: str, package: str) -> None:
    missing = system_packages.missing(f"some\noutput\n{said}\n")
    assert missing is not None
    assert package in missing[1]


def test_what_is_not_known_is_left_to_the_output() -> None:
    assert explain("", BUILT) == explain("something else went wrong\n", BUILT) == ""
    unknown = "Failed to build `x==1`\nfatal error: nobody/knows.h: No such file or directory\n"
    assert "the header nobody/knows.h is missing" in explain(unknown, BUILT)
    assert "install the package that has it" in explain(unknown, BUILT)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("pip install numpy", "It is a command: write only the names"),
        ("!pip install numpy", "It is a command"),
        ("import numpy", "It is a line of Python"),
        ("numpy=1.26.4=py311_0", "Such lines are for Conda: write numpy==1.26.4."),
        ("numpy=1.26", "Such lines are for Conda: write numpy==1.26."),
        ("numpy   1.26.4", "It looks like a line of `pip list`: write numpy==1.26.4."),
        ("Package Version", "It is the head of a table"),
        ("numpy >> 1", "Expected a line such as"),
        ("* numpy", "It is Markdown"),
        ("<!DOCTYPE html>", "It is of a page in HTML"),
        ("<<<<<<< HEAD", "It is of a merge that is not finished"),
        ("'numpy==1.26'", "Leave out the quotes: write numpy==1.26."),
        ("python -m pip install numpy", "It is a command"),
        ("numpy, scipy", "Write each package in a line of its own."),
        ("['numpy', 'scipy']", "Write each package in a line of its own."),
        ("numpy,", "Write numpy, without what follows it."),
        ("numpy=>1.26", "Write numpy>=1.26."),
        ("numpy > = 1.26", "Write numpy>=1.26, without a space in the middle."),
        ("numpy==*", "For any version, write numpy alone."),
        ("numpy: 1.26", "write numpy==1.26."),
        ("numpy^1.26", "write numpy>=1.26."),
        ('numpy = ">=1.26"', "It is of a TOML file: write numpy>=1.26."),
        ("[packages]", "It is of a TOML file"),
        ("numpy>=“1.26”", "It holds “ (U+201C)"),
        ("numpy; pyton_version>'3'", "What follows the ; must be a condition"),
        ("numpy==1.26 \\", "A space follows the \\"),
        ("git+git@example.org:me/mine.git", "Write git+ssh://git@example.org/me/mine.git."),
        ("https://example.org/me/mine", "If it is a git repository, write git+https://example.org/me/mine."),
        ("num\u200bpy", "It holds an invisible character (U+200B)"),
    ],
)
def test_a_wrong_line_is_told_with_what_to_write(line: str, words: str) -> None:
    assert words in wrong_lines.instead_of(line)


@given(
    st.one_of(
        st.text(min_size=1), st.from_regex(r"[ab]{1,2} ?[=<>~^@:;,'\"]{0,3} ?[*1.]{0,4}", fullmatch=True)
    )
)
def test_what_is_told_to_write_can_be_read(line: str) -> None:
    said = wrong_lines.instead_of(line.strip() or "x")
    for written in re.findall(r"write (\S+)\.(?: |$)", said, re.IGNORECASE):
        if written[0] in string.ascii_letters + string.digits and not written.startswith("git+"):
            Requirement(written)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("python", "Python itself is chosen in a file .python-version, such as 3.11: remove the line."),
        ("r-dplyr", "It is an R package of Conda: list it in environment.yml instead."),
        ("PyWin32", "PyWin32 is for Windows only: remove the line, or add the condition ; sys_platform"),
        ("PIL", "write pillow instead"),
        ("Bio", "write biopython instead"),
        ("json", "json is part of Python itself: remove the line."),
        ("nunpy", "Did you mean numpy?"),
        ("Scikit_lern", "Did you mean scikit-learn?"),
        ("numpy", "check the address of the index"),
        ("xqzt", "Check its spelling"),
    ],
)
def test_a_name_that_is_no_package_gets_another(name: str, words: str) -> None:
    assert words in package_names.advice(name)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Could not resolve host: x.invalid", "x.invalid cannot be reached from this node"),
        ("The requested URL returned error: 403", "does not exist, or is private"),
        ("server certificate verification failed.", "The certificate of x.invalid is not trusted"),
    ],
)
def test_what_git_says_of_the_network_is_told(said: str, words: str) -> None:
    output = "Failed to download and build `a @ git+https://x.invalid/a.git`\nfatal: unable to access "
    assert words in explain(f"{output}'https://x.invalid/a.git/': {said}\n", BUILT)


def test_a_line_is_found_by_its_number_too() -> None:
    output = "error: Unexpected '\"', expected '-c' or the start of a requirement: list.txt:2:1\n"
    built = Built(
        file="requirements.txt", lines=["alpha", '"beta"'], place=lambda text: f"more.txt:{len(text)}"
    )
    assert explain(output, built).startswith("more.txt:6: '\"beta\"' is not a requirement.")
    assert explain(output, BUILT) == ""


def test_the_python_of_conda_is_chosen_in_its_file() -> None:
    built = Built(file="environment.yml", python="3.8")
    sentence = explain(OUTPUTS["needs-newer-python"], built)
    assert "or another python in environment.yml (python>=3.9)" in sentence


def test_a_conflict_in_a_project_names_both_sides() -> None:
    output = (
        "error: No solution found when resolving dependencies\n"
        "  cause: Because all versions of beta depend on alpha<2 and mine depends on alpha>=2, we can "
        "conclude that your requirements and all versions of beta are incompatible.\n"
        "         And because mine depends on beta, we can conclude that your requirements are "
        "unsatisfiable.\n"
    )
    words = "do not fit together: beta needs alpha<2; mine needs alpha>=2; mine needs beta. Change one"
    assert words in explain(output, BUILT)


def test_two_indexes_are_told_apart() -> None:
    output = "error: Multiple `--index-url` values provided: list.txt:2:37\n"
    assert "Write --index-url once, and --extra-index-url for each of the others." in explain(output, BUILT)


def test_a_solver_is_explained() -> None:
    text = "└─ cuda 1.0 would require\n   └─ __cuda >=12, for which no candidates were found.\n"
    assert "cuda 1.0 needs a graphics card with CUDA >=12, which this node does not have" in of_conflict(text)
    gone = "└─ needs 1.0 would require\n   └─ absent >=2, for which no candidates were found.\n"
    assert "needs 1.0 needs absent >=2, of which none is left to choose" in of_conflict(gone)
    assert of_conflict("something else") == of_missing([]) == ""
    assert "and 5 more" in of_missing(Missing(name=f"lib{number}") for number in range(25))


def test_the_output_of_other_programs_for_conda_is_known() -> None:
    conda = (
        "PackagesNotFoundError: The following packages are not available from current channels:\n\n"
        "  - appnope==0.1.0=py37_0\n  - libcxx==4.0.1\n\nCurrent channels:\n"
    )
    assert "The channels have no appnope, libcxx, at least not as" in explain(conda, BUILT)
    mamba = (
        "  - nothing provides requested appnope 0.1.0 py37_0\n  - nothing provides requested libcxx 4.0.1\n"
    )
    assert "The channels have no appnope, libcxx, at least not as" in explain(mamba, BUILT)


@given(st.text(max_size=200), st.sampled_from(sorted(OUTPUTS)))
def test_no_output_breaks_the_explanation(text: str, name: str) -> None:
    output = OUTPUTS[name]
    explain(text, BUILT)
    explain(text + output[len(text) % len(output) :], BUILT)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["tool=>1"], "'tool=>1' is no dependency of Conda. Expected name, name=1.2 or name>=1.2."),
        (["tool==", "a b c"], "'tool==', 'a b c' are no dependencies of Conda. Expected"),
        (["tool; python_version>'3'"], "What is written for pip goes into the pip section (- pip:)."),
        (["git+https://x/y"], "What is written for pip goes into the pip section (- pip:)."),
    ],
)
def test_dependencies_that_conda_cannot_read_are_named(texts: list[str], words: str) -> None:
    assert words in of_unreadable(texts)


def test_what_is_made_for_another_system_is_told_how_to_be_left_out() -> None:
    output = "Because pywin32==306 has no wheels with a matching platform tag and you require pywin32==306"
    assert "pywin32 is for Windows only: remove the line" in explain(output, BUILT)


def test_a_host_that_git_asks_by_ssh_is_named() -> None:
    output = "Git operation failed\nssh: connect to host code.invalid port 22: Connection refused\n"
    assert explain(output, BUILT).startswith("code.invalid cannot be reached from this node.")


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("error: Failed to extract archive: file:///x/y.tar.gz\n  cause: Invalid", "y.tar.gz is damaged"),
        (
            "error: Invalid URL in `/x/y.txt` at position 0: a.example/simple\n",
            "expected one that begins with",
        ),
        ("cause: Because all versions of alpha have no source distribution and you", "remove --no-binary"),
    ],
)
def test_other_things_that_are_wrong_in_a_list_are_told(output: str, words: str) -> None:
    assert words in explain(output, BUILT)


def test_a_project_of_the_task_that_cannot_be_built_is_corrected_there() -> None:
    output = (
        f"Failed to build `x @ file:///srv/sources/{'a' * 40}`\nModuleNotFoundError: No module named 'b'\n"
    )
    said = explain(output, BUILT)
    assert said.endswith("No module named 'b'. Correct its pyproject.toml or setup.py in the Task.")
