"""Which runtime a Task has and which of its files can be run. Knows no disk."""

import posixpath
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal

from tasks import hashbang, project_tables
from tasks.project_tables import Listed

Platform = Literal["linux", "darwin"]
Interpreter = Literal["python", "Rscript", "bash", "notebook"]

CONDA_FILES: dict[Platform, tuple[str, ...]] = {
    "linux": ("environment.yml", "environment.yaml"),
    "darwin": ("environment-osx.yml", "environment-osx.yaml"),
}
PLATFORM_NAMES: dict[Platform, str] = {"linux": "Linux", "darwin": "macOS"}
VENV_FILE = "requirements.txt"
PROJECT_FILE = "pyproject.toml"
LOCK_FILE = "uv.lock"
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
# The text of a file of a Task by its path; empty when there is none, or none that can be read.
Read = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """`file` is the file it was found from, None for plain; `listed` is what the entry script or
    pyproject.toml lists.

    `label` is what lists call it; the sentence says what was found and why. `problem` says why it cannot be
    built, as far as that is known from what was read here.
    """

    kind: Literal["conda", "venv", "plain"]
    label: str
    file: str | None
    sentence: str
    source: Literal["conda", "requirements", "script", "project", "none"]
    listed: Listed | None = None
    problem: str = ""


def this_platform() -> Platform:
    return "darwin" if sys.platform == "darwin" else "linux"


def find_runtime(
    root_names: Iterable[str], *, platform: Platform, entry: str = "", read: Read = lambda path: ""
) -> Runtime:
    """The runtime of the entry script `entry` in a Task with these names in its root.

    Conda, else venv from requirements.txt, from the entry script's own block or from pyproject.toml, else a
    clean Python. `read` is asked for two files at most: the entry script and pyproject.toml.
    """
    names = set(root_names)
    block = project_tables.script(read(entry), name=entry) if entry.endswith(".py") else None
    project = project_tables.project(read(PROJECT_FILE)) if PROJECT_FILE in names else Listed()
    # In the order in which they are looked for: each with its name in sentences, and what it makes.
    found = [
        *((name, name, _conda(name)) for name in CONDA_FILES[platform] if name in names),
        *((name, name, _requirements(name)) for name in (VENV_FILE,) if name in names),
        *([(entry, f"a list of packages in {entry}", _script(entry, block))] if block is not None else []),
        *([(PROJECT_FILE, PROJECT_FILE, _project(names, project))] if project.has_environment else []),
    ]
    elsewhere = "".join(
        f"; {file} is present, but is for {PLATFORM_NAMES[other]}"
        for other, files in CONDA_FILES.items()
        for file in files
        if other != platform and file in names
    )
    if not found:
        return _plain(names, project, elsewhere, expected=CONDA_FILES[platform][0])
    (first, _, runtime), *others = found
    both_conda = bool(others) and others[0][2].kind == "conda"
    first = "Conda" if runtime.kind == "conda" and not both_conda else first
    beside = " and ".join(name for _, name, _ in others)
    also = f"; {beside} {'is' if len(others) == 1 else 'are'} also present, but {first} takes precedence"
    elsewhere = "" if runtime.kind == "conda" else elsewhere
    return replace(runtime, sentence=f"{runtime.sentence}{also if others else ''}{elsewhere}.")


def _conda(name: str) -> Runtime:
    sentence = f"Conda, because there is {name}"
    return Runtime(kind="conda", label="Conda", file=name, sentence=sentence, source="conda")


def _requirements(name: str) -> Runtime:
    sentence = f"venv, because there is {name}"
    return Runtime(kind="venv", label="venv", file=name, sentence=sentence, source="requirements")


def _script(entry: str, listed: Listed) -> Runtime:
    return Runtime(
        kind="venv",
        label="venv",
        file=entry,
        sentence=f"venv, because {entry} itself lists packages (# /// script)",
        source="script",
        listed=listed,
        problem=listed.problem,
    )


def _project(names: set[str], listed: Listed) -> Runtime:
    what = f"venv with exactly what {LOCK_FILE} says" if LOCK_FILE in names else "venv"
    itself = ", and the project itself is installed too (build-system)" if listed.is_package else ""
    return Runtime(
        kind="venv",
        label="venv",
        file=PROJECT_FILE,
        sentence=f"{what}, because {PROJECT_FILE} lists dependencies{itself}",
        source="project",
        listed=listed,
        problem=listed.problem,
    )


def _plain(names: set[str], project: Listed, elsewhere: str, *, expected: str) -> Runtime:
    """A Task that lists no packages: a clean Python, or what runs the other scripts in its root."""
    files = [expected, VENV_FILE, *([] if PROJECT_FILE in names else [PROJECT_FILE])]
    why = f"there is no {', '.join(files[:-1])} or {files[-1]}"
    if PROJECT_FILE in names:
        why = f"{PROJECT_FILE} lists no dependencies and {why}"
    label, what = _interpreter(names)
    return Runtime(
        kind="plain",
        label=label,
        file=None,
        sentence=f"{what}, because {why}{elsewhere}.",
        source="none",
        listed=project,
        problem=project.problem,
    )


def _interpreter(names: Iterable[str]) -> tuple[str, str]:
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
