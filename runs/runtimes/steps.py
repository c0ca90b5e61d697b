"""One step of building an environment: a process whose output is the Run's console. Knows no environments."""

import os
import select
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from runs import processes
from runs.processes import ProcessId, Waiter
from runs.runtimes import credentials, pip_settings
from runs.runtimes.causes import explain
from runs.runtimes.causes.built import Built
from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.installer_output import COLUMNS, ESCAPE, InstallerOutput
from runs.runtimes.pip_settings import InstallerSettings

POLL = 0.2
# The lines of the terminal that installers are shown.
LINES = 50
# Where the cause of a failure is looked for: the end of an output, in bytes.
MOST_EXPLAINED = 60_000


@dataclass(frozen=True, kw_only=True)
class Builder:
    """For whom an environment is built. `say` appends a line to the console, `report` takes a sentence that
    says how far it is, `tick` is called all the while and ends the build by raising, `mark` (NAME=VALUE) is
    set for every process that builds. `variables` may be named in lists of packages, `digests` are SHA-256 of
    files by their paths, as far as they are known.
    """

    node_name: str
    who: str
    console: Path
    mark: str
    say: Callable[[str], None]
    tick: Callable[[], None]
    report: Callable[[str], None]
    variables: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)


def installer(base: Path, builder: Builder) -> InstallerSettings:
    """How installers are called: as the operator says, with caches below `base` that they share."""
    found = pip_settings.for_uv(os.environ)
    name, _, value = builder.mark.partition("=")
    own = {
        "UV_CACHE_DIR": str(base / "cache"),
        **builder.variables,
        **found.environment,
        "NO_COLOR": "1",
        name: value,
    }
    return replace(found, environment=own)


def run(
    command: Sequence[str],
    builder: Builder,
    *,
    environment: Mapping[str, str],
    folder: Path = Path("/"),
    built: Built | None = None,
    on_terminal: bool = True,
) -> None:
    """Runs a step with its output in the console; ends it when `tick` raises.

    `built` is what the step is for: by it the cause is told when it fails. On a terminal, installers tell how
    far they are: that is reported, and only lines that stay are printed.
    """
    began = builder.console.stat().st_size if builder.console.is_file() else 0
    with builder.console.open("ab", buffering=0) as console, ExitStack() as stack:
        screen = stack.enter_context(_Screen(console, builder)) if on_terminal else None
        output = console.fileno() if screen is None else screen.inner
        variables = dict(environment) if screen is None else {**environment, "TERM": "xterm"}
        try:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,
                env=variables,
                start_new_session=True,
            )
        except OSError as error:
            raise EnvironmentFailure(
                f"The environment could not be built: {command[0]} cannot be started: {error.strerror}."
            ) from error
        leader = ProcessId.of(child.pid) or ProcessId(boot=processes.boot_id(), pid=child.pid, start=0)
        try:
            with Waiter(leader) as waiter:
                while not waiter.wait(POLL if screen is None else 0):
                    if screen is not None:
                        screen.attend(POLL)
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
    failed = "The environment could not be built"
    failed += f" from {built.file}" if built is not None and built.file else ""
    cause = "" if built is None else explain(_output(builder.console, began), built)
    raise EnvironmentFailure(
        f"{failed}. {cause}" if cause else f"{failed}: the installer {how}. Its output is in the console."
    )


def _output(console: Path, start: int) -> str:
    """The end of what a step printed, without colors."""
    with console.open("rb") as file:
        file.seek(max(start, console.stat().st_size - MOST_EXPLAINED))
        return ESCAPE.sub("", file.read().decode("utf-8", "replace"))


class _Screen:
    """A terminal that nobody looks at: what stays on it is printed in the console. Use it as a context."""

    def __init__(self, console: IO[bytes], builder: Builder) -> None:
        self._console, self._builder = console, builder
        self._output = InstallerOutput()

    def __enter__(self) -> "_Screen":
        self._outer, self.inner = os.openpty()
        termios.tcsetwinsize(self.inner, (LINES, COLUMNS))
        os.set_blocking(self._outer, False)
        return self

    def __exit__(self, *problem: object) -> None:
        os.close(self.inner)
        while self._take():
            pass
        self._write(self._output.end())
        os.close(self._outer)

    def attend(self, seconds: float) -> None:
        """Waits for output, at most so long, and takes what is there."""
        if select.select([self._outer], [], [], seconds)[0]:
            self._take()
            self._builder.report(self._output.progress(now=time.monotonic()))

    def _write(self, lines: bytes) -> None:
        self._console.write(credentials.hide_bytes(lines))

    def _take(self) -> bool:
        """Whether there was something. A terminal that nobody writes to any longer answers with an error."""
        try:
            data = os.read(self._outer, 65536)
        except OSError:
            return False
        self._write(self._output.feed(data, now=time.monotonic()))
        return bool(data)
