"""The steps of building an environment: make it, install into it, list its packages, seal it. Has no rows."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uv

from coretex_site.lib import filetree
from runs import pipsettings, processes
from runs.processes import ProcessId, Waiter
from runs.requirements import EnvironmentFailure, Wanted, base_interpreter

POLL = 0.2


@dataclass(frozen=True, kw_only=True)
class Builder:
    """For whom an environment is built. `say` appends a line to the console, `tick` is called all the while
    and ends the build by raising, `mark` (NAME=VALUE) is set for every process that builds.
    """

    node_name: str
    who: str
    console: Path
    mark: str
    say: Callable[[str], None]
    tick: Callable[[], None]


def install(wanted: Wanted, folder: Path, target: Path, builder: Builder) -> None:
    settings = pipsettings.for_uv(os.environ)
    mark_name, _, mark_value = builder.mark.partition("=")
    environment = {
        "UV_CACHE_DIR": str(target.parent / "cache"),
        **settings.environment,
        "UV_NO_PROGRESS": "1",
        mark_name: mark_value,
    }
    program = _uv()
    make = ["venv", "--quiet", "--relocatable", "--no-project", "--allow-existing"]
    _run([program, *make, "--python", base_interpreter(), str(target)], environment, Path("/"), builder)
    if wanted.file is None:
        return
    source = folder
    if wanted.is_local:
        # What is installed from a path of the Task has to stay at one.
        source = target.parent / "sources" / wanted.key
        filetree.remove(source)
        shutil.copytree(folder, source, symlinks=True)
    command = [program, "pip", "install", "--compile-bytecode", *settings.options]
    command += ["--python", str(target / "bin" / "python"), "--requirements", str(source / wanted.file)]
    _run(command, environment, source if wanted.is_local else Path("/"), builder, what=wanted.file)


def _uv() -> str:
    try:
        return uv.find_uv_bin()
    except FileNotFoundError as error:
        raise EnvironmentFailure(
            "The installer uv is missing from the server's own environment. Ask the operator to install it."
        ) from error


def _run(
    command: list[str], environment: dict[str, str], folder: Path, builder: Builder, *, what: str = ""
) -> None:
    """Runs a step of the build with its output in the console; ends it when `tick` raises."""
    with builder.console.open("ab", buffering=0) as console:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
    leader = ProcessId.of(child.pid) or ProcessId(boot=processes.boot_id(), pid=child.pid, start=0)
    try:
        with Waiter(leader) as waiter:
            while not waiter.wait(POLL):
                builder.tick()
    finally:
        if child.poll() is None:
            processes.kill_all(lambda: processes.family(leader, builder.mark))
        code = child.wait()
    if code == 0:
        return
    how = (
        f"ended with exit code {code}" if code > 0 else f"was killed by signal {processes.signal_name(-code)}"
    )
    came_from = f" from {what}" if what else ""
    raise EnvironmentFailure(
        f"The environment could not be built{came_from}: the installer {how}. What it said is in the console."
    )


def packages(folder: Path) -> str:
    """The exact packages, one a line."""
    command = [_uv(), "pip", "freeze", "--quiet", "--python", str(folder / "bin" / "python")]
    environment = {**pipsettings.for_uv(os.environ).environment, "UV_CACHE_DIR": str(folder.parent / "cache")}
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentFailure(
            f"The packages of the environment could not be listed: {done.stderr.strip()}"
        )
    return done.stdout.strip()


def seal(folder: Path) -> int:
    """Makes all below `folder` read-only, since its files are shared by hard links; returns their bytes."""
    total = 0
    for current, folders, files in os.walk(folder):
        for name in files:
            path = os.path.join(current, name)
            facts = os.lstat(path)
            total += facts.st_size
            if facts.st_mode & 0o222 and not os.path.islink(path):
                os.chmod(path, facts.st_mode & 0o7555)
        for name in folders:
            path = os.path.join(current, name)
            if not os.path.islink(path):
                os.chmod(path, 0o555)  # noqa: S103  (everyone may read what is installed)
    return total
