"""The line that says why a script failed, its place, its cause: from what real programs print."""

import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.records import causes, error_line
from runs.records.cause_words import Given
from runs.records.error_line import ErrorLine

HOME = "/data/executions/0/5/work/"


def own(named: str) -> str:
    if named.startswith(HOME):
        return named.removeprefix(HOME)
    return "" if PurePosixPath(named).is_absolute() or named.startswith("<") else named


def found(text: str) -> ErrorLine:
    error = error_line.find(text.strip("\n").split("\n"), own)
    assert error is not None
    return error


def printed(folder: Path, name: str, source: str, *program: str) -> str:
    (folder / name).write_text(source)
    command = [*(program or (sys.executable,)), name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def line_and_place(text: str, folder: Path) -> tuple[str, str, int]:
    def of_folder(named: str) -> str:
        inside = named.removeprefix(f"{folder}/")
        return "" if inside.startswith(("/", "<")) else inside

    error = error_line.find(text.rstrip("\n").split("\n"), of_folder)
    assert error is not None
    return error.text, error.path, error.line


@pytest.mark.parametrize(
    ("source", "line", "number"),
    [
        ("import json\n\njson.loads('')\n", "json.decoder.JSONDecodeError: Expecting value", 3),
        ("def f():\n    return 1 / 0\n\nf()\n", "ZeroDivisionError: division by zero", 2),
        ("x = 1\nif x\n    y = 2\n", "SyntaxError: expected ':'", 2),
        ("try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('b') from e\n", "ValueError: b", 4),
        ("raise RuntimeError('first\\nsecond')\n", "RuntimeError: first", 1),
        ("raise RuntimeError\n", "RuntimeError", 1),
        ("class Wrong(Exception): pass\n\nraise Wrong('so')\n", "Wrong: so", 3),
        ("raise ExceptionGroup('many', [ValueError('a')])\n", "ValueError: a", 1),
        (
            "import sys, traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    traceback.print_exc()\n"
            "print('goes on', file=sys.stderr)\nint('x')\n",
            "ValueError: invalid literal for int() with base 10: 'x'",
            7,
        ),
        (
            "from concurrent.futures import ProcessPoolExecutor\ndef f(x):\n    return 1 / x\n"
            "if __name__ == '__main__':\n    list(ProcessPoolExecutor(1).map(f, [0]))\n",
            "ZeroDivisionError: division by zero",
            5,
        ),
    ],
)
def test_an_exception_of_python_is_named_with_its_place(
    tmp_path: Path, source: str, line: str, number: int
) -> None:
    text, path, at = line_and_place(printed(tmp_path, "train.py", source), tmp_path)
    assert text.startswith(line)
    assert (path, at) == ("train.py", number)


def test_what_is_printed_after_an_exception_does_not_hide_it(tmp_path: Path) -> None:
    source = "import atexit\natexit.register(print, 'synced 3 files')\nopen('no.csv')\n"
    text = printed(tmp_path, "a.py", source)
    assert "synced" in text.split("\n")[-2] or "synced" in text
    assert line_and_place(text, tmp_path)[0].startswith("FileNotFoundError: [Errno 2]")


def test_the_place_is_the_last_own_file_on_the_way(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("import json\n\ndef load(text):\n    return json.loads(text)\n")
    text = printed(tmp_path, "main.py", "import helper\nhelper.load('{')\n")
    assert line_and_place(text, tmp_path)[1:] == ("helper.py", 4)


@pytest.mark.parametrize(
    ("source", "line", "number"),
    [
        ("set -e\nnosuchprogram --x\n", "main.sh: line 2: nosuchprogram: command not found", 2),
        ("echo fine\nif true; then\n", "main.sh: line 3: syntax error: unexpected end of file", 3),
        ("set -u\necho $MISSING\n", "main.sh: line 2: MISSING: unbound variable", 2),
    ],
)
def test_a_shell_script_names_its_line(tmp_path: Path, source: str, line: str, number: int) -> None:
    text, path, at = line_and_place(printed(tmp_path, "main.sh", source, "bash"), tmp_path)
    assert text.startswith(line[:40])
    assert path == "main.sh" and abs(at - number) <= 1


def test_perl_names_its_line(tmp_path: Path) -> None:
    text = printed(tmp_path, "align.pl", "use strict;\n\ndie 'no reads';\n", "perl")
    assert line_and_place(text, tmp_path) == ("no reads at align.pl line 3.", "align.pl", 3)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("x <- 1\nf(x)\n", 'Error in f(x) : could not find function "f"'),
        ("stop('too few rows')\n", "Error: too few rows"),
        ("read.csv('no.csv')\n", "cannot open the connection"),
        ("library(nosuchpackage)\n", "there is no package called"),
    ],
)
def test_r_says_why_before_it_gives_up(tmp_path: Path, source: str, line: str) -> None:
    text = printed(tmp_path, "main.R", source, "Rscript")
    assert line in line_and_place(text, tmp_path)[0].replace("\n", " ")


def test_an_unclosed_bracket_in_r_has_its_place(tmp_path: Path) -> None:
    text = printed(tmp_path, "main.R", "x <- c(1, 2\ny <- 3\n", "Rscript")
    assert "unexpected symbol" in line_and_place(text, tmp_path)[0]


def test_a_command_line_that_was_refused_is_named(tmp_path: Path) -> None:
    source = "import argparse\np = argparse.ArgumentParser()\np.add_argument('data')\np.parse_args()\n"
    text = printed(tmp_path, "train.py", source)
    assert line_and_place(text, tmp_path)[0] == (
        "train.py: error: the following arguments are required: data"
    )


def test_other_forms_are_understood() -> None:
    ipython = (
        "---------------------------------------------------------------------------\n"
        "ZeroDivisionError                         Traceback (most recent call last)\n"
        f"Cell In[1], line 1\n----> 1 helper.f()\n\nFile {HOME}nb/helper.py:3, in f()\n      2 def f():\n"
        "----> 3     1/0\n\nZeroDivisionError: division by zero\n"
    )
    assert found(ipython) == ErrorLine(
        text="ZeroDivisionError: division by zero",
        path="nb/helper.py",
        line=3,
        after=("ZeroDivisionError: division by zero",),
        before=tuple(ipython.split("\n")[1:-2]),
    )
    node = (
        f"{HOME}a.js:2\n  null.x\n       ^\n\n"
        f"TypeError: Cannot read properties of null\n    at f ({HOME}a.js:2:8)\n"
    )
    assert (found(node).text, found(node).path, found(node).line) == (
        "TypeError: Cannot read properties of null",
        "a.js",
        2,
    )
    julia = (
        f"ERROR: LoadError: x\nStacktrace:\n [1] top-level scope\n   @ {HOME}a.jl:1\n"
        f"in expression starting at {HOME}a.jl:1\n"
    )
    assert (found(julia).text, found(julia).path, found(julia).line) == ("ERROR: LoadError: x", "a.jl", 1)
    rich = (
        f"╭── Traceback (most recent call last) ──╮\n│ {HOME}a.py:7 in <module>  │\n"
        "│ ❱ 7 f() │\n╰──╯\nValueError: so\n"
    )
    assert (found(rich).text, found(rich).path, found(rich).line) == ("ValueError: so", "a.py", 7)


def test_without_any_error_the_last_line_counts() -> None:
    assert found("working\n12 of 30 done\n\n").text == "12 of 30 done"
    assert error_line.find(["", "  "], own) is None
    assert found("x: command failed\nall synced\n").text == "x: command failed"


@given(st.lists(st.text(max_size=60), max_size=30))
def test_any_text_is_read(lines: list[str]) -> None:
    error = error_line.find(lines, own)
    assert error is None or len(error.text) <= error_line.LONGEST


FILES = ("main.py", "Data/x.csv", "src/mylib/__init__.py", "numbers.py", "nb/only.csv")


@pytest.mark.parametrize(
    ("line", "words", "remedy"),
    [
        ("ModuleNotFoundError: No module named 'sklearn'", "it is called scikit-learn", "install"),
        ("ModuleNotFoundError: No module named 'sklearn.old'", "This version of sklearn has no", "install"),
        ("ModuleNotFoundError: No module named 'google.cloud'", "brings the module google.cloud", "install"),
        ("ModuleNotFoundError: No module named 'numbers.x'", "hides the package numbers", "install"),
        ("ModuleNotFoundError: No module named 'urllib2'", "written for Python 2", "edit"),
        ("ModuleNotFoundError: No module named 'imp'", "no module imp since version 3.12", "edit"),
        ("SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?", "2to3", "edit"),
        ("SyntaxError: Non-UTF-8 code starting with '\\xff' in file /x", "not saved as UTF-8", "edit"),
        (
            "Can't locate A/B.pm in @INC (you may need to install the A::B module)",
            "no module A::B",
            "install",
        ),
        ("Error: Cannot find module 'lodash'", "Node.js has no package lodash", "install"),
        ("RuntimeError: CUDA error: device-side assert triggered", "out of range", "edit"),
        ("x.BrokenProcessPool: A process in the process pool was terminated", "was killed", "change"),
        ("RuntimeError: Error(s) in loading state_dict for Net:", "of another network", "change"),
        ("cp: cannot stat 'a.csv': No such file or directory", "there was no a.csv", "edit"),
        ("Cannot open b.txt: No such file or directory at t line 2.", "there was no b.txt", "edit"),
        ("x.sh: line 1: ./main.py: Permission denied", "main.py of the Task is not executable", "edit"),
        ("ERROR: The function received no value for the required argument: x", "a command line", "edit"),
        ("main.sh: line 1: $1: unbound variable", "reads a command line", "edit"),
        ("Continue? [y/N]: Aborted!", "nobody is there", "edit"),
        ("subprocess.TimeoutExpired: Command 'x' timed out after 3 seconds", "more time", "edit"),
        ("ConnectionError: HTTPConnectionPool(host='localhost', port=1): Max retries", "own node", "edit"),
        ("subprocess.CalledProcessError: Command 'x' died with <Signals.SIGKILL: 9>.", "memory", "change"),
        ("CalledProcessError: Command 'x' returned non-zero exit status 127.", "was not found", "install"),
        ("CalledProcessError: Command 'x' returned non-zero exit status 2.", "in the console before", "edit"),
        ("ssl.SSLCertVerificationError: certificate verify failed", "is not trusted here", "edit"),
        ("Error in 1 + a : non-numeric argument to binary operator", "another type", "edit"),
        ("ModuleNotFoundError: No module named 'mylib'", "in the folder src", "install"),
        (
            "Error in library(DESeq2) : there is no package called ‘DESeq2’",
            "R has no package DESeq2",
            "install",
        ),
        (
            "ImportError: libGL.so.1: cannot open shared object file: No such file",
            "opencv-python-headless",
            "install",
        ),
        ("ImportError: libgomp.so.1: cannot open shared object file", "library libgomp.so.1", "install"),
        (
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
            "graphics card's memory",
            "change",
        ),
        ("RuntimeError: No CUDA GPUs are available", "found none on the node", "change"),
        (
            "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 74.5 GiB for an array",
            "memory was not",
            "change",
        ),
        ("MemoryError", "memory was not", "change"),
        ("Error: cannot allocate vector of size 74.5 Gb", "memory was not", "change"),
        ("OSError: [Errno 28] No space left on device", "disk is full", "again"),
        ("OSError: [Errno 24] Too many open files: 'x'", "too many files", "edit"),
        ("PermissionError: [Errno 13] Permission denied: '/etc/x'", "working folder", "edit"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'data/x.csv'", "called Data/x.csv", "edit"),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: 'only.csv'",
            "There is nb/only.csv",
            "edit",
        ),
        ("FileNotFoundError: [Errno 2] No such file or directory: '/home/anna/a.csv'", "one machine", "edit"),
        ("main.sh: line 2: samtools: command not found", "no program samtools", "install"),
        ("requests.exceptions.ConnectionError: Max retries exceeded with url", "did not answer", "again"),
        ("urllib.error.HTTPError: HTTP Error 503: Service Unavailable", "problem of its own", "again"),
        ("urllib.error.HTTPError: HTTP Error 404: Not Found", "refused the request", "edit"),
        ("train.py: error: unrecognized arguments: --x", "launcher", "edit"),
        ("EOFError: EOF when reading a line", "nobody is there", "edit"),
        ("_tkinter.TclError: no display name and no $DISPLAY environment variable", "no screen", "edit"),
        (
            "ValueError: could not convert string to float: 'abc'",
            "The parameter rate has the value abc",
            "change",
        ),
        (
            "ValueError: invalid literal for int() with base 10: 'q'",
            "found q where it needed a number",
            "change",
        ),
        ("TypeError: unsupported operand type(s) for +: 'int' and 'str'", "another type", "edit"),
        ("KeyError: 'batch_size'", "the parameter is called batchSize", "edit"),
        ("KeyError: 'colour'", "There is no colour", "edit"),
        ("IndentationError: unexpected indent", "cannot be read as a program", "edit"),
        ("UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9", "other characters than utf-8", "edit"),
        (
            "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
            "not in the format",
            "edit",
        ),
        ("AttributeError: module 'numpy' has no attribute 'float'", "This version of numpy", "edit"),
        ("AttributeError: module 'numbers' has no attribute 'Number'", "numbers.py of the Task", "edit"),
        ("ImportError: cannot import name 'x' from 'scipy.misc' (/y)", "This version of scipy.misc", "edit"),
        (
            "ImportError: attempted relative import with no known parent package",
            "Put an empty __init__.py beside the file",
            "edit",
        ),
        ("RecursionError: maximum recursion depth exceeded", "calls itself", "edit"),
        ('Error in f(x) : could not find function "f"', "R knows no f", "edit"),
        ("IndexError: list index out of range", "", "edit"),
    ],
)
def test_the_commonest_endings_have_a_cause_in_words(line: str, words: str, remedy: str) -> None:
    have = Given(files=FILES, values={"rate": "abc", "batchSize": 3})
    cause = causes.explain(ErrorLine(text=line, after=(line,)), have)
    assert cause is not None
    assert words in cause.sentence
    assert cause.remedy == remedy


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import subprocess\nsubprocess.run(['nosuchprogram', 'index'])\n", "no program nosuchprogram"),
        ("import os\nos.environ['NO_SUCH_KEY']\n", "no environment variable NO_SUCH_KEY"),
        ("import sys\ndata = sys.argv[1]\n", "started without one"),
        ("open('nosuchprogram')\n", "there was no nosuchprogram"),
        ("{}['NO_SUCH_KEY']\n", "in what the script looked it up in"),
    ],
)
def test_the_traceback_tells_what_the_line_does_not(tmp_path: Path, source: str, words: str) -> None:
    cause = causes.explain(found(printed(tmp_path, "a.py", source)), Given())
    assert cause is not None and words in cause.sentence


def test_a_traceback_of_rich_tells_as_much(tmp_path: Path) -> None:
    source = (
        "import subprocess\nfrom rich.traceback import install\ninstall(width=80)\n"
        "subprocess.run(['nosuchprogram'])\n"
    )
    text = printed(tmp_path, "a.py", source)
    assert line_and_place(text, tmp_path)[1:] == ("a.py", 4)
    cause = causes.explain(found(text), Given())
    assert cause is not None and "no program nosuchprogram" in cause.sentence


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "Usage: main.py [OPTIONS] DATA\n╭─ Error ──────────────╮\n│ Missing argument     │\n"
            "│ 'DATA'.              │\n╰──────────────────────╯\n",
            "Missing argument 'DATA'.",
        ),
        (
            f"╭── Traceback (most recent call last) ──╮\n│ {HOME}a.py:7 in <module>  │\n"
            "╰───────────────────────────────────────╯\nValueError: this is a message of more than\n"
            "one line\n",
            "ValueError: this is a message of more than one line",
        ),
        (
            "Traceback (most recent call last):\npydantic.ValidationError: 2 validation errors for A\nx\n"
            "  Input should be a valid integer\n",
            "pydantic.ValidationError: 2 validation errors for A: x: Input should be a valid integer",
        ),
        (
            "Traceback (most recent call last):\nTypeError: why\nTask exception was never retrieved\n"
            "Traceback (most recent call last):\nValueError: beside\n",
            "TypeError: why",
        ),
        (
            "Can't locate A.pm in @INC at t line 2.\nBEGIN failed--compilation aborted at t line 2.\n",
            "Can't locate A.pm in @INC at t line 2.",
        ),
    ],
)
def test_a_sentence_is_taken_whole_and_only_the_one_that_counts(text: str, line: str) -> None:
    assert found(text).text == line


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f'> File "{HOME}a.py", line 4, in <module>\nKeyError: 1\n', ("a.py", 4)),
        (f"SyntaxError: Non-UTF-8 code in file {HOME}a.py on line 3, but no encoding declared", ("a.py", 3)),
        ('syntax error at t line 2, near "= ;"\n', ("t", 2)),
        (f'  File "{HOME}a.py", line 1\nZeroDivisionError: x\ngoes on\nError: too low\n', ("", 0)),
    ],
)
def test_the_place_is_that_of_the_line(text: str, place: tuple[str, int]) -> None:
    text = f"Traceback (most recent call last):\n{text}" if "File" in text else text
    assert (found(text).path, found(text).line) == place


def test_an_ending_of_its_own_has_no_cause() -> None:
    assert causes.explain(ErrorLine(text="ValueError: shapes differ"), Given()) is None
