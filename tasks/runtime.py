"""Which runtime a Task has and which of its files can be run. Knows no disk."""

import posixpath
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from tasks import hashbang

Platform = Literal["linux", "darwin"]
Interpreter = Literal["python", "Rscript", "bash", "notebook"]

CONDA_FILES: dict[Platform, str] = {"linux": "environment.yml", "darwin": "environment-osx.yml"}
PLATFORM_NAMES: dict[Platform, str] = {"linux": "Linux", "darwin": "macOS"}
VENV_FILE = "requirements.txt"
INTERPRETERS: dict[str, Interpreter] = {
    ".py": "python",
    ".r": "Rscript",
    ".R": "Rscript",
    ".sh": "bash",
    ".ipynb": "notebook",
}
# What is not Python comes from the machine itself.
OTHER_LANGUAGES: dict[Interpreter, str] = {"Rscript": "R", "bash": "the shell"}
PREFERRED = ("main.py", "main.r", "main.R", "main.sh")
# Suffixes of files that are read and never run, so that nobody looks into thousands of them for a #! line.
_DATA_SUFFIXES = """
    7z avi avif bam bed bib bin bmp bz2 cfg ckpt css csv dat db doc docx fa fai fasta fastq fna fq gff
    gff3 gif gtf gz h5 hdf5 html ico ini jpeg jpg json jsonl lock log mat md mov mp3 mp4 npy npz ogg
    onnx parquet pdf pickle pkl png ps pt pth pyc rda rdata rds rst safetensors sam sqlite svg tar tex
    tgz tif tiff toml tsv ttf txt vcf wav webm webp woff woff2 xls xlsx xml xz yaml yml zip zst
"""
_DATA = frozenset(f".{suffix}" for suffix in _DATA_SUFFIXES.split())
# Of the others so many are looked into; those nearest to the root come first.
MOST_READ = 1000
_SUPPORTING = {"setup.py", "conftest.py", "test", "tests"}


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """`file` is the file it was found from, None for plain.

    `label` is what lists call it; the sentence says what was found and why.
    """

    kind: Literal["conda", "venv", "plain"]
    label: str
    file: str | None
    sentence: str


def find_runtime(root_names: Iterable[str], *, platform: Platform) -> Runtime:
    """The runtime from the names in a Task's root: Conda, else venv, else a clean Python."""
    names = set(root_names)
    conda_file = CONDA_FILES[platform]
    if conda_file in names:
        beside = f"; {VENV_FILE} is also present, but Conda takes precedence" if VENV_FILE in names else ""
        return Runtime(
            kind="conda",
            label="Conda",
            file=conda_file,
            sentence=f"Conda, because there is {conda_file}{beside}.",
        )
    elsewhere = "".join(
        f"; {file} is present, but is for {PLATFORM_NAMES[other]}"
        for other, file in CONDA_FILES.items()
        if other != platform and file in names
    )
    if VENV_FILE in names:
        return Runtime(
            kind="venv",
            label="venv",
            file=VENV_FILE,
            sentence=f"venv, because there is {VENV_FILE}{elsewhere}.",
        )
    missing = f"there is neither {conda_file} nor {VENV_FILE}{elsewhere}"
    label, what = _plain(names)
    return Runtime(kind="plain", label=label, file=None, sentence=f"{what}, because {missing}.")


def _plain(names: Iterable[str]) -> tuple[str, str]:
    """What a Task without an environment file runs with, by the scripts in its root: a word, a sentence."""
    found = {interpreter_of(name) for name in entry_scripts(names)}
    others = [word for kind, word in OTHER_LANGUAGES.items() if kind in found]
    if not others or not found.issubset(OTHER_LANGUAGES):
        return "clean Python", "A clean Python with nothing installed"
    what = " and ".join(others)
    label = what.replace("the ", "")
    return label, f"{what[0].upper()}{what[1:]} as installed on the node"


def entry_scripts(paths: Iterable[str], *, head: Callable[[str], bytes] | None = None) -> list[str]:
    """The paths (relative, with /) that can be run, the one to choose by default first.

    With `head`, which reads the first bytes of a file, those that begin with `#!` are found, too. A launcher,
    `run_NAME.py` beside `NAME.py`, comes before the script that it runs.
    """
    paths = list(paths)
    scripts = {path for path in paths if interpreter_of(path) is not None and _can_be_run(path)}
    if head is not None:
        scripts |= _with_hashbang(paths, head)
    return sorted(scripts, key=lambda path: _preference(path, is_launcher=launched(path) in scripts))


def interpreter_of(path: str) -> Interpreter | None:
    """What runs a file; None if nothing does."""
    return INTERPRETERS.get(posixpath.splitext(path)[1])


def _with_hashbang(paths: Iterable[str], head: Callable[[str], bytes]) -> set[str]:
    """Those files that no name, but their first line makes scripts."""
    others = [path for path in paths if not _is_known(path) and _can_be_run(path)]
    nearest = sorted(others, key=lambda path: (path.count("/"), path))[:MOST_READ]
    return {path for path in nearest if hashbang.has_hashbang(head(path))}


def _can_be_run(path: str) -> bool:
    parts = PurePosixPath(path).parts
    hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
    return not hidden and parts[-1:] not in ((), ("__init__.py",))


def _is_known(path: str) -> bool:
    suffix = posixpath.splitext(path)[1]
    return suffix in INTERPRETERS or suffix.lower() in _DATA


def launched(path: str) -> str:
    """The script that a path would be the launcher of."""
    folder, _, name = path.rpartition("/")
    script = name.removeprefix("run_") if name.startswith("run_") and name.endswith(".py") else ""
    return f"{folder}/{script}" if folder else script


def _preference(path: str, *, is_launcher: bool) -> tuple[int, bool, int, bool, str, str]:
    """main.* in the root first; set-up files and tests last; files of the root before those in folders."""
    parts = PurePosixPath(path).parts
    name = parts[-1]
    rank = PREFERRED.index(path) if path in PREFERRED else len(PREFERRED)
    if is_launcher and launched(path) in PREFERRED:
        rank = -1
    supporting = (
        bool(_SUPPORTING.intersection(parts)) or name.startswith("test_") or name.endswith("_test.py")
    )
    return rank, supporting, len(parts), not is_launcher, path.casefold(), path
