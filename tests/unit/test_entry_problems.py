"""What keeps a file from being run as an entry script is said in words, and fixed where it can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks import hashbang
from tasks.entry_problems import NO_MARK, UNIX_LINE_ENDS, UTF_8, problem
from tasks.hashbang import Hashbang
from tasks.other_languages import almost_run, why_not_run

SHELL = b"#!/bin/bash\nset -e\nfor i in 1 2; do\n  echo $i\ndone\n"
WINDOWS = SHELL.replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    ("path", "content", "said", "fix"),
    [
        ("main.sh", WINDOWS, "Windows line ends (CRLF), which", UNIX_LINE_ENDS),
        ("main.sh", WINDOWS.partition(b"\r\n")[2], "Windows line ends", UNIX_LINE_ENDS),
        ("tool", WINDOWS, "Windows line ends", UNIX_LINE_ENDS),
        ("main.sh", b"\xef\xbb\xbf" + WINDOWS, "Windows line ends", UNIX_LINE_ENDS),
        ("main.sh", SHELL.replace(b"\n", b"\r"), "line ends of old Macs", UNIX_LINE_ENDS),
        ("main.sh", SHELL.decode().encode("utf-16"), "saved as UTF-16", UTF_8),
        ("main.sh", WINDOWS.decode().encode("utf-16-le"), "saved as UTF-16", UTF_8),
        ("tool", b"#!/usr/bin/env perl\nprint 1;\n".decode().encode("utf-16-be"), "saved as UTF-16", UTF_8),
        ("main.py", "print('ä')\n".encode("utf-16"), "saved as UTF-16", UTF_8),
        ("main.R", "print(1)\n".encode("utf-32"), "saved as UTF-32", UTF_8),
    ],
)
def test_a_script_that_cannot_work_is_told_and_mended(path: str, content: bytes, said: str, fix: str) -> None:
    found = problem(path, content)
    assert found is not None and found.is_fatal and said in found.sentence
    assert found.fix == fix and found.fixed is not None
    assert b"\r" not in found.fixed and problem(path, found.fixed) is None


@pytest.mark.parametrize(("path", "command"), [("main.sh", b"echo hi\n"), ("main.R", b"print(1)\n")])
def test_a_byte_order_mark_before_a_command_is_told_and_removed(path: str, command: bytes) -> None:
    found = problem(path, b"\xef\xbb\xbf" + command)
    assert found is not None and found.is_fatal and "byte order mark" in found.sentence
    assert (found.fix, found.fixed) == (NO_MARK, command)


def test_what_only_disturbs_a_script_does_not_keep_it_from_running() -> None:
    marked = problem("main.sh", b"\xef\xbb\xbf" + SHELL)
    assert marked is not None and not marked.is_fatal
    assert (marked.fix, marked.fixed) == (NO_MARK, SHELL)
    mixed = problem("main.sh", SHELL.replace(b"done\n", b"done\r\n"))
    assert mixed is not None and not mixed.is_fatal and "in line 5" in mixed.sentence


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("main.sh", SHELL),
        ("main.sh", b""),
        ("main.sh", b"cat > x.csv <<'EOF'\na,b\r\n1,2\r\n3,4\r\nEOF\necho ok\n"),
        ("main.sh", b"cat <<-END\n\ta\r\n\tEND\necho ok\n"),
        ("main.sh", b"echo 'a\\r' | tr -d '\\r'\n"),
        ("main.sh", "# über\necho ä\n".encode()),
        ("main.sh", b"#!/usr/bin/env python3\r\nprint(1)\r\n"),
        ("main.py", b"#!/usr/bin/env python3\r\nprint(1)\r\n"),
        ("main.R", b"print(1)\r\n"),
        ("align.pl", b"#!/usr/bin/perl -w\r\nprint 1;\r\n"),
        ("tool", b"#!/bin/sh -e\necho ok\n"),
        ("main.ipynb", b'{"cells": [], "nbformat": 4}'),
        ("old.ipynb", b'{"worksheets": [], "nbformat": 3}'),
    ],
)
def test_nothing_is_said_of_a_script_that_works(path: str, content: bytes) -> None:
    assert problem(path, content) is None


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("a.pl", b"print 1;\n", "Begin it with “#!/usr/bin/env perl”"),
        ("flow/main.nf", b"", "Add main.sh with the line “nextflow run flow/main.nf”"),
        ("Snakefile", b"", "snakemake --cores all --snakefile Snakefile"),
        ("Makefile", b"", "make --file Makefile"),
        ("report.Rmd", b"", 'rmarkdown::render("report.Rmd")'),
        ("run.bat", b"", "is for Windows"),
        ("notes.txt", b"hello", "expected a .py, .sh, .R or .ipynb file"),
        ("tool", b"#!\necho\n", "names no program"),
        ("tool", b"#!/usr/bin/env\n", "names no program"),
        ("main.ipynb", b"", "main.ipynb is empty"),
        ("main.ipynb", b"print(1)", "expected JSON"),
        ("main.ipynb", b"[1]", "expected “cells”"),
        ("main.ipynb", b'{"nbformat": 4, "cells": null}', "expected “cells” with a list"),
    ],
)
def test_what_would_be_needed_is_said(path: str, content: bytes, said: str) -> None:
    found = problem(path, content)
    assert found is not None and found.is_fatal and found.fixed is None
    assert said in found.sentence


def test_the_code_of_another_language_is_found_among_the_files() -> None:
    assert almost_run(["README.md", ".cache/x.nf", "lib/a.jl", "b.nf"]) == "lib/a.jl"
    assert almost_run(["README.md", "data.csv"]) is None
    assert "julia" in why_not_run("lib/a.jl")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("#!/usr/bin/env perl", Hashbang(program="perl")),
        ("#!/usr/bin/perl -w", Hashbang(program="/usr/bin/perl", options=("-w",))),
        ("#! /bin/sh -e", Hashbang(program="/bin/sh", options=("-e",))),
        ("#!/usr/bin/env -S python -u", Hashbang(program="python", options=("-u",))),
        ("#!/usr/bin/env -Spython -u", Hashbang(program="python", options=("-u",))),
        ("#!/usr/bin/env --split-string=perl -w", Hashbang(program="perl", options=("-w",))),
        ("#!/usr/bin/env python -u", Hashbang(program="python", options=("-u",))),
        (
            "#!/usr/bin/env -S LC_ALL=C -u HOME perl",
            Hashbang(program="perl", through_env=("LC_ALL=C", "-u", "HOME")),
        ),
        ("#!/usr/bin/env python3\r", Hashbang(program="python3")),
        ("\ufeff#!/bin/zsh", Hashbang(program="/bin/zsh")),
        ("#!", None),
        ("#!/usr/bin/env", None),
        ("# no", None),
        ("", None),
    ],
)
def test_a_hashbang_names_a_program(line: str, found: Hashbang | None) -> None:
    assert hashbang.read(f"{line}\nprint 1\n".encode()) == found
    if line.startswith("#!"):
        assert hashbang.has_hashbang(line.encode()) and hashbang.has_hashbang(line.encode("utf-16"))


@pytest.mark.parametrize("name", ["python", "/usr/bin/python3", "python3.12"])
def test_any_python_3_is_that_of_the_environment(name: str) -> None:
    assert Hashbang(program=name).is_python


@pytest.mark.parametrize("name", ["python2", "python2.7", "pypy3", "/opt/python/bin/perl"])
def test_another_python_is_not(name: str) -> None:
    assert not Hashbang(program=name).is_python


@given(st.binary(max_size=300), st.sampled_from(["main.sh", "main.py", "main.ipynb", "tool", "x.nf"]))
def test_any_content_has_an_answer_and_a_mended_one_is_not_mended_again(content: bytes, path: str) -> None:
    found = problem(path, content)
    if found is not None and found.fixed is not None:
        again = problem(path, found.fixed)
        assert again is None or again.fix != found.fix
