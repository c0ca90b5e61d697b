"""One step of building an environment: a process whose output is the Run's console. Knows no environments."""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from runs import processes
from runs.processes import ProcessId, Waiter
from runs.runtimes import pip_settings
from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.pip_settings import InstallerSettings

POLL = 0.2


@dataclass(frozen=True, kw_only=True)
class Builder:
    """For whom an environment is built. `say` appends a line to the console, `tick` is called all the while
    and ends the build by raising, `mark` (NAME=VALUE) is set for every process that builds. `variables` may
    be named in lists of packages.
    """

    node_name: str
    who: str
    console: Path
    mark: str
    say: Callable[[str], None]
    tick: Callable[[], None]
    variables: Mapping[str, str] = field(default_factory=dict)


def installer(base: Path, builder: Builder) -> InstallerSettings:
    """How installers are called: as the operator says, with caches below `base` that they share."""
    found = pip_settings.for_uv(os.environ)
    name, _, value = builder.mark.partition("=")
    own = {
        "UV_CACHE_DIR": str(base / "cache"),
        **builder.variables,
        **found.environment,
        "UV_NO_PROGRESS": "1",
        name: value,
    }
    return replace(found, environment=own)


def run(
    command: Sequence[str],
    builder: Builder,
    *,
    environment: Mapping[str, str],
    folder: Path = Path("/"),
    what: str = "",
) -> None:
    """Runs a step with its output in the console; ends it when `tick` raises."""
    with builder.console.open("ab", buffering=0) as console:
        try:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                cwd=folder,
                env=dict(environment),
                start_new_session=True,
            )
        except OSError as error:
            raise EnvironmentFailure(
                f"The environment could not be built: {command[0]} cannot be started: {error.strerror}."
            ) from error
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
        f"The environment could not be built{came_from}: the installer {how}. Its output is in the console."
    )
