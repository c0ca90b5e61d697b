"""Starts a script under a shim that outlives us, waits for it, ends it. Knows no Django and no data folder.

The shim is a shell of a few lines: it runs the script, then writes the exit code into its file. Whoever
knows its ProcessId and the name of that file can take over from a worker that died.
"""

import os
import re
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from coretex_site.lib import smallfile
from runs import processes
from runs.processes import ProcessId, Waiter

# The shim survives what is sent to the whole group and tells how the script ended; the subshell that
# becomes the script has the default dispositions again, and goes first when memory runs out. What shells
# say of killed children ("Terminated") is no output of the script, so the shim itself is mute. Another
# process after the script (mv, for a rename) would cost every Run as much as the shell itself.
SHIM = r"""
trap : TERM INT HUP QUIT USR1 USR2 ALRM
exec 3>&2 2>/dev/null
exit=$1 folder=$2
shift 2
(trap - TERM INT HUP QUIT USR1 USR2 ALRM
echo 500 >/proc/self/oom_score_adj
exec 2>&3 3>&-
cd -P "$folder" && unset OLDPWD && exec "$@")
echo $? 1<>"$exit"
"""
SHELL = "/bin/sh"
# What this process ignores would be ignored by the script for ever.
NOT_IGNORED = [
    *(signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2),
    *(signal.SIGALRM, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD),
]
# Long enough for any exit code and its line end: overwritten in place, so that a full disk cannot swallow
# it, and by one write, so that whoever finds the line end finds the whole number.
ROOM = b"    "
WRITTEN = re.compile(rb"(\d+)\n")
# A shell says 128 + N of a script that was ended by signal N.
SIGNALLED = 128
LEFTOVER_GRACE = 1.0


@dataclass(frozen=True, kw_only=True)
class Launch:
    """A script to start. `mark` names a variable in `environment` that no other script has like this."""

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    console: Path
    exit_file: Path
    mark: str

    @property
    def marked(self) -> str:
        return f"{self.mark}={self.environment[self.mark]}"


def launch(what: Launch) -> "Script":
    """Starts the script in a session of its own; its output is appended to the console as it is printed.

    Raises OSError when it cannot be started at all. The child gets no descriptor of ours: Python makes none
    that can be inherited.
    """
    smallfile.overwrite(what.exit_file, ROOM)
    earliest = processes.next_start()
    console = os.open(what.console, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        pid = os.posix_spawn(
            SHELL,
            (SHELL, "-c", SHIM, "coretex-shim", what.exit_file, what.folder, *what.command),
            what.environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, console, 1),
                (os.POSIX_SPAWN_DUP2, console, 2),
            ],
            setsid=True,
            setsigdef=NOT_IGNORED,
        )
    finally:
        os.close(console)
    shim = ProcessId(boot=processes.boot_id(), pid=pid, start=earliest)
    return Script(shim=shim, exit_file=what.exit_file, mark=what.marked, is_child=True)


class Script:
    """A started script, ours or one that another process started. Use it as a context.

    The shim of our own may be given with the earliest start that it can have: asking the process table
    while a program is being started waits for that, and short scripts have ended before it matters.
    """

    def __init__(self, *, shim: ProcessId, exit_file: Path, mark: str, is_child: bool = False) -> None:
        self._shim, self._exit_file, self._mark = shim, exit_file, mark
        self._is_exact, self._is_to_reap = not is_child, is_child
        self._waiter = Waiter(shim, is_child=is_child)

    def __enter__(self) -> "Script":
        self._waiter.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._waiter.__exit__()

    @property
    def shim(self) -> ProcessId:
        """Its exact name; of one that has ended and is not reaped yet, nothing else can have the number."""
        if not self._is_exact:
            found = ProcessId.of(self._shim.pid)
            if found is not None:
                self._shim, self._is_exact = found, True
        return self._shim

    def wait(self, seconds: float) -> bool:
        """Whether the shim has ended within `seconds`; returns as soon as it does, and leaves no zombie."""
        if not self._waiter.wait(seconds):
            return False
        self._reap()
        return True

    def _reap(self) -> None:
        if self._is_to_reap:
            os.waitpid(self._shim.pid, 0)
            self._is_to_reap = False

    def family(self) -> list[processes.Process]:
        """Every process of the script that lives, the shim among them."""
        return processes.family(self._shim, self._mark)

    def terminate(self) -> None:
        """Asks all of its processes to end (TERM); the shim stays to tell how."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Ends all of its processes permanently, the shim last, so that it can still write the exit code."""
        processes.kill_all(lambda: [process for process in self.family() if process.pid != self._shim.pid])
        if not self.wait(1.0):
            processes.kill_all(self.family)
            self._reap()

    def end_leftovers(self, *, grace: float = LEFTOVER_GRACE) -> None:
        """Ends what a script that has ended left running: TERM, then KILL after `grace` seconds."""
        if not self.family():
            return
        self._send(signal.SIGTERM)
        deadline = time.monotonic() + grace
        while self.family():
            if time.monotonic() > deadline:
                processes.kill_all(self.family)
                return
            time.sleep(0.02)

    def _send(self, number: signal.Signals) -> None:
        for process in self.family():
            if process.pid != self._shim.pid:
                processes.send(process, number)

    @property
    def exit_code(self) -> int | None:
        return read_exit_code(self._exit_file)


def read_exit_code(path: Path) -> int | None:
    """The exit code that a shim has written: 128 + N for signal N; None when it wrote none."""
    try:
        written = WRITTEN.match(smallfile.read(path))
    except OSError:  # there is none, or the script put something else in its place
        return None
    return None if written is None else int(written[1])


class ConsoleClock:
    """Keeps the times of a console: appends `OFFSET SECONDS` to `times` whenever the console has grown.

    The seconds are those of the last write, so that what was printed while nobody looked has a time too.
    What grew only before the first look or only after the last one needs none: its time of change says it.
    """

    def __init__(self, console: Path, times: Path) -> None:
        self._console, self._times = console, times
        self._known: int | None = None

    def finish(self) -> None:
        """The last look, when the script has ended."""
        if self._known or os.path.exists(self._times):
            self.tick()

    def tick(self) -> bool:
        """Whether the console has grown since the last time."""
        if self._known is None:
            self._known = _last_offset(self._times)
        try:
            status = self._console.stat()
        except FileNotFoundError:
            return False
        if status.st_size <= self._known:
            return False
        with self._times.open("a") as file:
            file.write(f"{status.st_size} {int(status.st_mtime)}\n")
        self._known = status.st_size
        return True


def _last_offset(times: Path) -> int:
    """The offset of the last whole record; 0 when there is none."""
    try:
        with times.open("rb") as file:
            file.seek(max(0, times.stat().st_size - 200))
            lines = file.read().split(b"\n")[:-1]
        return int(lines[-1].split()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return 0
