"""Builds with uv: venvs, and the pip part of any environment. Knows no rows and no keys' meaning."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from coretex_site.lib import filetree
from runs.runtimes import steps
from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.interpreters import Interpreter, find_uv
from runs.runtimes.requirements import Wanted
from runs.runtimes.steps import Builder
from tasks.runtime import LOCK_FILE, PROJECT_FILE

# Holds the lines that are to be installed, beside the files that they refer to.
LINES = "coretex-requirements.txt"
CONSTRAINTS = "coretex-constraints.txt"
# Before the block of a script it makes a pyproject.toml, from which uv also takes `tool.uv.sources`.
AS_PROJECT = '[project]\nname = "script"\nversion = "0"\n'
# Only what runs the project: groups and extras are for its development.
AS_LOCKED = ("--frozen", "--no-default-groups", "--no-editable", "--inexact", "--no-python-downloads")


def build(wanted: Wanted, python: Interpreter, folder: Path, target: Path, builder: Builder) -> None:
    """A venv at `target` with what the files in `folder` list."""
    environment = steps.installer(target.parent, builder).environment
    make = ["venv", "--quiet", "--relocatable", "--no-project", "--allow-existing", "--no-python-downloads"]
    command = [find_uv(), *make, "--python", python.path, str(target)]
    steps.run(command, builder, environment=environment)
    install(wanted, wanted.extras, folder, target, builder)


def install(wanted: Wanted, extras: Iterable[str], folder: Path, target: Path, builder: Builder) -> None:
    """Installs what is wanted from files in `folder`, and lines on top, into what is at `target`."""
    lines = [*(line.text for line in wanted.lists.requirements), *extras]
    if not lines and wanted.listed is None:
        return
    if wanted.uses_git and shutil.which("git") is None:
        raise EnvironmentFailure(
            f"{wanted.file} installs from a git repository, and git is not installed on this node. "
            "Ask your administrator to install it there, or name a released version in place of the link."
        )
    for note in wanted.lists.notes:
        builder.say(f"Note: {note}")
    base = target.parent
    # What is installed from a path of the Task has to stay at one; of other Tasks only the lists are needed.
    source = base / "sources" / wanted.key
    filetree.remove(source)
    if wanted.needs_files:
        shutil.copytree(folder, source, symlinks=True)
    source.mkdir(parents=True, exist_ok=True)
    files = []
    match wanted.source:
        case "project" if wanted.uv_lock is not None:
            _sync(wanted, folder, source, target, builder)
        case "project" if wanted.listed is not None and wanted.listed.is_package:
            lines = [".", *lines]
        case "project":
            _copy([PROJECT_FILE], folder, source)
            files = [PROJECT_FILE]
        case "script" if wanted.listed is not None:
            files = [os.path.join(os.path.dirname(wanted.file), PROJECT_FILE)]
            _write([AS_PROJECT, wanted.listed.text], source / files[0])
    _pip_install(lines, files, wanted, source, target, builder)
    if not wanted.is_installed_from_files:
        filetree.remove(source)


def _pip_install(
    lines: list[str], files: Sequence[str], wanted: Wanted, source: Path, target: Path, builder: Builder
) -> None:
    if lines:
        _write(lines, source / LINES)
        files = [*files, LINES]
    if not files:
        return
    installer = steps.installer(target.parent, builder)
    command = [find_uv(), "pip", "install", "--compile-bytecode", *installer.options]
    command += [word for option in wanted.lists.options for word in option]
    command += ["--python", str(target / "bin" / "python")]
    for name in files:
        command += ["--requirements", str(source / name)]
    # Exactly as before: versions are constrained, links replaced by those to what was installed then.
    constraints = [line.text for line in wanted.lists.constraints]
    for option, name, found in (
        ("--constraints", CONSTRAINTS, [*constraints, *(line for line in wanted.lock if "==" in line)]),
        (
            "--overrides",
            f"{LINES}.overrides",
            [one for one in wanted.lock if " @ " in one and "file:" not in one],
        ),
    ):
        if found:
            _write(found, source / name)
            command += [option, str(source / name)]
    # A project's own settings for uv are found from its folder, and never from that of a list of packages.
    own_settings = wanted.needs_files or wanted.source in {"project", "script"}
    where = (source / os.path.dirname(files[0])) if own_settings else Path("/")
    steps.run(command, builder, environment=installer.environment, folder=where, what=wanted.file)


def _sync(wanted: Wanted, folder: Path, source: Path, target: Path, builder: Builder) -> None:
    """Installs what uv.lock says, nothing else and no newer."""
    _copy([PROJECT_FILE, LOCK_FILE], folder, source)
    installer = steps.installer(target.parent, builder)
    command = [find_uv(), "sync", "--compile-bytecode", *AS_LOCKED, *installer.options]
    command += ["--python", str(target / "bin" / "python")]
    environment = {**installer.environment, "UV_PROJECT_ENVIRONMENT": str(target)}
    steps.run(command, builder, environment=environment, folder=source, what=LOCK_FILE)


def _copy(names: Sequence[str], folder: Path, source: Path) -> None:
    for name in names:
        shutil.copyfile(folder / name, source / name)


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


def _write(lines: Iterable[str], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("\n".join([*lines, ""]).encode("utf-8", "surrogateescape"))
