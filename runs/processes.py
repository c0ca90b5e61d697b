"""Processes by an unambiguous identity: found, signalled, waited for. Knows no Django and no Runs."""

import os
import select
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

from coretex_site.lib import smallfile

PROC = Path("/proc")
HAS_PROC = (PROC / "self" / "stat").is_file()
HAS_PIDFD = hasattr(os, "pidfd_open")
POLL_SECONDS = 0.05
TERM = signal.SIGTERM
# The name space of processes of a machine itself, see include/linux/proc_ns.h: outside of any container.
MACHINES_OWN = "pid:[4026531836]"
# Numbers are not used up and begun anew within this time, and so many are tried rather than all listed.
YOUNG_SECONDS = 5.0
MOST_TRIED = 200


class UnreadableId(ValueError):
    """A text that names no process."""


@dataclass(frozen=True, kw_only=True)
class ProcessId:
    """A process named so that no other is ever meant: numbers are used again, also after a new boot.

    As text it is `boot:pid:start`; `start` is in the clock ticks of the machine since its boot.
    """

    boot: str
    pid: int
    start: int

    def __str__(self) -> str:
        return f"{self.boot}:{self.pid}:{self.start}"

    @classmethod
    def parse(cls, text: str) -> "ProcessId":
        try:
            boot, pid, start = text.rsplit(":", 2)
            return cls(boot=boot, pid=int(pid), start=int(start))
        except ValueError as error:
            raise UnreadableId(f"A process is written boot:pid:start, but this is {text!r}.") from error

    @classmethod
    def of(cls, pid: int) -> "ProcessId | None":
        """The process that has this number now; None when there is none, or one that has ended."""
        process = read_process(pid)
        return None if process is None else cls(boot=boot_id(), pid=pid, start=process.start)

    @classmethod
    def mine(cls) -> "ProcessId":
        found = cls.of(os.getpid())
        if found is None:
            raise RuntimeError("This process does not find itself in the process table.")
        return found


@dataclass(frozen=True, kw_only=True)
class Process:
    """What the process table says about a process that has not ended."""

    pid: int
    group: int
    session: int
    start: int


@cache
def boot_id() -> str:
    """A text that is another one after the machine was started anew, and in another container on it."""
    return read_boot_id(PROC)


def read_boot_id(proc: Path) -> str:
    try:
        boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return str(int(psutil.boot_time()))
    try:
        space = os.readlink(proc / "self/ns/pid")
    except OSError:
        return boot
    # Each container counts its processes from 1, and sees none of the others'.
    return boot if space == MACHINES_OWN else f"{boot}-{space.strip('pid:[]')}"


def is_alive(text: str) -> bool:
    """Whether the process of that name runs here and now; what waits to be reaped does not."""
    try:
        wanted = ProcessId.parse(text)
    except UnreadableId:
        return False
    return wanted.boot == boot_id() and ProcessId.of(wanted.pid) == wanted


def is_here(text: str) -> bool:
    """Whether the process of that name belongs to this machine since its last boot."""
    try:
        return ProcessId.parse(text).boot == boot_id()
    except UnreadableId:
        return False


def read_process(pid: int) -> Process | None:
    """The facts of a process; None when it has ended, even if nobody has reaped it yet."""
    if not HAS_PROC:
        return ask_psutil(pid)
    try:
        text = smallfile.read(f"/proc/{pid}/stat")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None  # a machine may hide other people's processes, none of which is ours
    # The name in brackets may hold anything; what follows the last one is numbers.
    fields = text.rpartition(b")")[2].split(None, 20)
    if fields[0] in (b"Z", b"X"):
        return None
    return Process(pid=pid, group=int(fields[2]), session=int(fields[3]), start=int(fields[19]))


def children(pid: int) -> list[Process] | None:
    """The living processes that the main thread of a process has started; None where that is not told.

    Linux tells it at once; elsewhere all processes would have to be looked at.
    """
    try:
        numbers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return None
    return [found for number in numbers if (found := read_process(int(number))) is not None]


def ask_psutil(pid: int) -> Process | None:
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        start = int(process.create_time() * 100)
        return Process(pid=pid, group=os.getpgid(pid), session=os.getsid(pid), start=start)
    except (psutil.Error, ProcessLookupError, PermissionError):
        return None


def everyone(*, since: ProcessId | None = None) -> Iterator[Process]:
    """All processes that have not ended, or those started `since` another was."""
    for pid in _numbers(since):
        process = read_process(pid)
        if process is not None and (since is None or process.start >= since.start):
            yield process


def _numbers(since: ProcessId | None) -> Iterable[int]:
    """The numbers that processes may have. Linux counts upwards, so few are to be tried for a young one."""
    if not HAS_PROC:
        return psutil.pids()
    if since is not None and _age(since) < YOUNG_SECONDS:
        newest = int(smallfile.read("/proc/loadavg").split()[-1])
        if since.pid <= newest < since.pid + MOST_TRIED:
            return range(since.pid, newest + 1)
    return map(int, filter(str.isdigit, os.listdir(PROC)))


def _age(process: ProcessId) -> float:
    """Seconds since the process was started, by the clock that counts from the boot of the machine."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - process.start / os.sysconf("SC_CLK_TCK")


def next_start() -> int:
    """What a process that is started from now on has at least as its `start`."""
    if not HAS_PROC:
        return int(time.time() * 100) - 100
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK"))


def has_mark(pid: int, mark: str) -> bool:
    """Whether the process was started with the variable `mark`, written NAME=VALUE."""
    try:
        if HAS_PROC:
            return mark.encode() in (PROC / str(pid) / "environ").read_bytes().split(b"\0")
        name, _, value = mark.partition("=")
        return psutil.Process(pid).environ().get(name) == value
    except (OSError, psutil.Error):
        return False


def marked(mark: str) -> list[Process]:
    """The processes with the variable `mark`, and those that share a session which one of them leads."""
    others = [process for process in everyone() if process.pid != os.getpid()]
    found = {process.pid for process in others if has_mark(process.pid, mark)}
    sessions = {
        process.session for process in others if process.pid in found and process.session == process.pid
    }
    return [process for process in others if process.pid in found or process.session in sessions]


def family(leader: ProcessId, mark: str) -> list[Process]:
    """Who lives of what `leader` started: its session, its group, and who left both but bears the mark."""
    return [
        process
        for process in everyone(since=leader)
        if process.pid != os.getpid()
        and (leader.pid in (process.session, process.group) or has_mark(process.pid, mark))
    ]


def send(process: Process, number: signal.Signals) -> None:
    """Signals a process, unless it has ended and its number is another's now."""
    current = read_process(process.pid)
    if current is not None and current.start == process.start:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, number)


def kill_all(find: Callable[[], list[Process]], *, within: float = 5.0) -> bool:
    """Kills what `find` finds until it finds nothing; False if something lives on after `within` seconds."""
    deadline = time.monotonic() + within
    while found := find():
        for process in found:
            send(process, signal.SIGKILL)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


class Waiter:
    """Waits for the end of one process, a child or not. Use it as a context."""

    def __init__(self, process: ProcessId, *, is_child: bool = False) -> None:
        """Of a child that nobody reaps meanwhile the number is enough; its start may be a guess."""
        self._process, self._is_child = process, is_child
        self._descriptor: int | None = None

    def __enter__(self) -> "Waiter":
        if HAS_PIDFD:
            # ProcessLookupError: it has ended. OSError: the kernel is too old, so it is polled.
            with suppress(OSError):
                self._descriptor = os.pidfd_open(self._process.pid)
        if self._is_child and self._descriptor is None:
            self._process = ProcessId.of(self._process.pid) or self._process
        return self

    def __exit__(self, *problem: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within `seconds`; returns as soon as it does."""
        is_sure = self._is_child and self._descriptor is not None
        if not is_sure and not is_alive(str(self._process)):
            return True
        if self._descriptor is not None:
            poll = select.poll()
            poll.register(self._descriptor, select.POLLIN)
            return bool(poll.poll(seconds * 1000))
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            time.sleep(min(POLL_SECONDS, left))
            if not is_alive(str(self._process)):
                return True
        return False


def signal_name(number: int) -> str:
    """`KILL (9)`; the number alone when the machine knows no such signal."""
    try:
        return f"{signal.Signals(number).name.removeprefix('SIG')} ({number})"
    except ValueError:
        return str(number)
