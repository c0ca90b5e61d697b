"""Files in languages that nothing here runs by itself, and what would be needed. Knows no disk."""

from collections.abc import Iterable
from pathlib import PurePosixPath

# {suffix or name: the program that its #! line would name}
_PROGRAMS = {
    ".awk": "awk", ".bash": "bash", ".fish": "fish", ".groovy": "groovy", ".jl": "julia", ".js": "node",
    ".ksh": "ksh", ".lua": "lua", ".mjs": "node", ".php": "php", ".pl": "perl", ".rb": "ruby",
    ".tcl": "tclsh", ".zsh": "zsh",
}  # fmt: skip
# {suffix or name: (the program, the line of a shell script that runs it)}
_COMMANDS = {
    ".cwl": ("cwltool", "cwltool {}"),
    ".m": ("octave", "octave {}"),
    ".nf": ("nextflow", "nextflow run {}"),
    ".qmd": ("quarto", "quarto render {}"),
    ".rmd": ("rmarkdown", "Rscript -e 'rmarkdown::render(\"{}\")'"),
    ".smk": ("snakemake", "snakemake --cores all --snakefile {}"),
    ".wdl": ("miniwdl", "miniwdl run {}"),
    "gnumakefile": ("make", "make --file {}"),
    "makefile": ("make", "make --file {}"),
    "snakefile": ("snakemake", "snakemake --cores all --snakefile {}"),
}
_WINDOWS = frozenset({".bat", ".cmd", ".ps1"})


def why_not_run(path: str) -> str:
    """Why a file without a known suffix and without a #! line is not run, and what would be needed."""
    name = PurePosixPath(path).name
    suffix = PurePosixPath(path).suffix.casefold()
    if suffix in _PROGRAMS:
        program = _PROGRAMS[suffix]
        return (
            f"{path} has no #! line that says what runs it. Begin it with “#!/usr/bin/env {program}”; "
            f"{program} must be installed on the node, or listed in environment.yml."
        )
    if suffix in _COMMANDS or name.casefold() in _COMMANDS:
        program, line = _COMMANDS.get(suffix) or _COMMANDS[name.casefold()]
        return (
            f"{path} is not run by itself. Add main.sh with the line “{line.format(path)}”; "
            f"{program} must be installed on the node, or listed in environment.yml."
        )
    if suffix in _WINDOWS:
        return f"{path} is for Windows, which nodes do not run. Write it as main.sh or main.py."
    return f"{path} cannot be run: expected a .py, .sh, .R or .ipynb file, or one that begins with a #! line."


def almost_run(paths: Iterable[str]) -> str | None:
    """The first file that is code of another language, and could be run if something was added."""
    found = (path for path in paths if not any(part.startswith(".") for part in PurePosixPath(path).parts))
    known = _PROGRAMS.keys() | _COMMANDS.keys() | _WINDOWS
    return next(
        (p for p in found if {PurePosixPath(p).suffix.casefold(), PurePosixPath(p).name.casefold()} & known),
        None,
    )
