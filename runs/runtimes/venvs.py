"""Builds with uv: venvs, and the pip part of any environment. Knows no rows and no keys' meaning."""

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from coretex_site.lib import filetree
from runs.runtimes import steps
from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.interpreters import Interpreter, find_uv
from runs.runtimes.requirements import Wanted
from runs.runtimes.steps import Builder

# Holds the lines that are to be installed, beside the files that they refer to.
LINES = "coretex-requirements.txt"


def build(wanted: Wanted, python: Interpreter, folder: Path, target: Path, builder: Builder) -> None:
    """A venv at `target` with what the files in `folder` list."""
    environment = steps.installer(target.parent, builder).environment
    make = ["venv", "--quiet", "--relocatable", "--no-project", "--allow-existing", "--no-python-downloads"]
    command = [find_uv(), *make, "--python", python.path, str(target)]
    steps.run(command, builder, environment=environment)
    lines = [f"-r {wanted.file}"] if wanted.kind == "venv" else []
    install([*lines, *wanted.extras], wanted, folder, target, builder)


def install(lines: Iterable[str], wanted: Wanted, folder: Path, target: Path, builder: Builder) -> None:
    """Installs requirements lines, which may refer to files in `folder`, into what is at `target`."""
    lines = list(lines)
    if not lines:
        return
    if wanted.uses_git and shutil.which("git") is None:
        raise EnvironmentFailure(
            f"{wanted.file} installs from a git repository, and git is not installed on this node. "
            "Ask your administrator to install it there, or name a released version in place of the link."
        )
    base = target.parent
    # What is installed from a path of the Task has to stay at one; of other Tasks only the lists are needed.
    source = base / "sources" / wanted.key
    filetree.remove(source)
    if wanted.is_local:
        shutil.copytree(folder, source, symlinks=True)
    else:
        _write(wanted.files, source)
    _write({LINES: _text(lines)}, source)
    installer = steps.installer(base, builder)
    command = [find_uv(), "pip", "install", *installer.options]
    command += ["--python", str(target / "bin" / "python"), "--requirements", str(source / LINES)]
    # Exactly as before: versions are constrained, links replaced by those to what was installed then.
    for option, found in (
        ("--constraints", [line for line in wanted.lock if "==" in line]),
        ("--overrides", [line for line in wanted.lock if " @ " in line and "file:" not in line]),
    ):
        if found:
            _write({f"{LINES}{option}": _text(found)}, source)
            command += [option, str(source / f"{LINES}{option}")]
    where = source if wanted.is_local else Path("/")
    steps.run(command, builder, environment=installer.environment, folder=where, what=wanted.file)
    if not wanted.is_local:
        filetree.remove(source)


def frozen(target: Path, builder: Builder) -> str:
    """The exact packages that pip would see, one a line."""
    environment = dict(steps.installer(target.parent, builder).environment)
    command = [find_uv(), "pip", "freeze", "--quiet", "--python", str(target / "bin" / "python")]
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentFailure(
            f"The packages of the environment could not be listed: {done.stderr.strip()}"
        )
    return done.stdout.strip()


def _text(lines: Iterable[str]) -> str:
    return "\n".join([*lines, ""])


def _write(files: Mapping[str, str], folder: Path) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
