"""Builds with uv: venvs, and the pip part of any environment. Knows no rows and no keys' meaning."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from coretex_site.lib import filetree
from runs.runtimes import interpreters, steps
from runs.runtimes.causes.built import Built
from runs.runtimes.credentials import hide
from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.interpreters import Interpreter, find_uv
from runs.runtimes.requirements import Wanted
from runs.runtimes.steps import Builder
from tasks.runtime import LOCK_FILE, PROJECT_FILE

# Holds the lines that are to be installed, beside the files that they refer to.
LINES = "coretex-requirements.txt"
# Before the block of a script it makes a pyproject.toml, from which uv also takes `tool.uv.sources`.
AS_PROJECT = '[project]\nname = "script"\nversion = "0"\n'
# What the path of a copy of the Task begins with, in the address of what was installed from it.
OF_TASK = re.compile(r"file://\S*?/sources/[0-9a-f]{40}(?=[/\s]|$)")
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
    lines = [*(line.text for line in wanted.lists.requirements)]
    # Of the extras nobody could list the hashes: they come after all that has them, and change none of it.
    later = [*extras] if wanted.lists.has_hashes else []
    lines += [] if later else extras
    if not lines and wanted.listed is None:
        return
    if wanted.uses_git and shutil.which("git") is None:
        raise EnvironmentFailure(
            f"{wanted.file} installs from a git repository, and git is not installed on this node. "
            "Ask your administrator to install it there, or name a released version in place of the link."
        )
    for note in wanted.lists.notes:
        builder.say(f"Note: {note}")
    # What is installed from a path of the Task has to stay at one; of other Tasks only the lists are needed.
    source = target.parent / "sources" / wanted.key
    filetree.remove(source)
    if wanted.needs_files:
        shutil.copytree(folder, source, symlinks=True)
    source.mkdir(parents=True, exist_ok=True)
    if wanted.source == "project":
        for name in (PROJECT_FILE, LOCK_FILE)[: 1 if wanted.uv_lock is None else 2]:
            shutil.copyfile(folder / name, source / name)
    uv = _Uv(wanted=wanted, source=source, target=target, builder=builder)
    listed = wanted.listed
    if wanted.uv_lock is not None:
        uv.sync()
        uv.install(lines)
    elif listed is None:
        uv.install(lines)
    elif wanted.source == "script":
        project = os.path.join(os.path.dirname(wanted.file), PROJECT_FILE)
        _write([AS_PROJECT, listed.text], source / project)
        uv.install(lines, project)
    elif listed.is_package:
        uv.install([".", *lines])
    else:
        uv.install(lines, PROJECT_FILE)
    if later:
        where = [line for line in lines if line.startswith("--") and line != "--require-hashes"]
        installed = [line for line in frozen(target, builder).splitlines() if "==" in line]
        uv.install([*where, *installed, *later])
    if not wanted.is_installed_from_files:
        filetree.remove(source)


@dataclass(frozen=True, kw_only=True)
class _Uv:
    """uv, for one environment at `target`; `source` holds the files that it reads."""

    wanted: Wanted
    source: Path
    target: Path
    builder: Builder

    def install(self, lines: Sequence[str], project: str = "") -> None:
        """Installs lines, and what the pyproject.toml at the path `project` lists."""
        files = [project] if project else []
        if lines:
            _write(lines, self.source / LINES)
            files.append(LINES)
        if not files:
            return
        options = [word for option in self.wanted.lists.options for word in option]
        for name in files:
            options += ["--requirements", str(self.source / name)]
        # A project's own settings for uv are found from its folder, never from that of a list of packages.
        has_settings = self.wanted.needs_files or self.wanted.listed is not None
        folder = self.source / os.path.dirname(files[0]) if has_settings else Path("/")
        self._run(["pip", "install", *options, *self._exactly()], folder)

    def sync(self) -> None:
        """Installs what uv.lock says, nothing else and no newer."""
        self._run(["sync", *AS_LOCKED], self.source, UV_PROJECT_ENVIRONMENT=str(self.target))

    def _exactly(self) -> list[str]:
        """As before: versions are constrained, links replaced by those to what was installed then."""
        lock = self.wanted.lock
        constraints = [line.text for line in self.wanted.lists.constraints]
        options = []
        for option, found in (
            ("constraints", [*constraints, *(line for line in lock if "==" in line)]),
            ("overrides", [line for line in lock if " @ " in line and " @ file:" not in line]),
        ):
            if found:
                path = self.source / f"coretex-{option}.txt"
                _write(found, path)
                options += [f"--{option}", str(path)]
        return options

    def _run(self, words: Sequence[str], folder: Path, **variables: str) -> None:
        installer = steps.installer(self.target.parent, self.builder)
        python = ["--python", str(self.target / "bin" / "python")]
        steps.run(
            [find_uv(), *words, *installer.options, *python],
            self.builder,
            environment={**installer.environment, **variables},
            folder=folder,
            built=_built(self.wanted, self.target),
        )


def _built(wanted: Wanted, target: Path) -> Built:
    """What tells the cause of a failure: which Python it was, and where a line was written."""
    lines = (*wanted.lists.requirements, *wanted.lists.constraints)
    # As the console shows them.
    places = {hide(line.text): line.place for line in lines}
    version = wanted.base.version if isinstance(wanted.base, Interpreter) else _version(target)
    return Built(
        file=LOCK_FILE if wanted.uv_lock is not None else wanted.file,
        python=version,
        lines=[line.text for line in wanted.lists.requirements],
        place=lambda text: places.get(hide(text), ""),
        pythons=interpreters.versions,
    )


def _version(target: Path) -> str:
    """The version of the Python in a Conda prefix, by its folder."""
    return next((path.name.removeprefix("python") for path in target.glob("lib/python3*")), "")


def frozen(target: Path, builder: Builder) -> str:
    """The exact packages that pip would see, one a line; those of the Task by their paths in it."""
    environment = dict(steps.installer(target.parent, builder).environment)
    command = [find_uv(), "pip", "freeze", "--quiet", "--python", str(target / "bin" / "python")]
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentFailure(
            f"The packages of the environment could not be listed: {done.stderr.strip()}"
        )
    return OF_TASK.sub("file:.", done.stdout.strip())


def _write(lines: Iterable[str], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("\n".join([*lines, ""]).encode("utf-8", "surrogateescape"))
