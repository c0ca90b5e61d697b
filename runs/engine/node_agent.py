"""Keeps a node going: heartbeat, cluster, healing. Knows no HTTP and no django-q2."""

import os
import platform
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import psutil
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from filelock import FileLock, Timeout

from coretex_site.lib import lifeline, paths
from runs import processes
from runs.engine import recovery
from runs.models import Node
from runs.queue import nodes, scheduler, wakeups

TICK = 1.0
TIDY_EVERY = 300.0
# All of a stop has to be over within 10 seconds.
CUT_OFF_WITHIN = 6.0
# A node of the same name may be on its way out for so long.
OLD_ONE_ENDS_WITHIN = 3.0
# What a cluster may need to come up on a busy machine, before the watchdog counts.
START_WITHIN = 20.0
# The longest wait between two starts of a cluster that does not stay up.
LONGEST_PAUSE = 15.0


class NodeError(RuntimeError):
    """The node cannot start; the message says why and what to do."""


class ClusterProcess:
    """The cluster as a child with a process group of its own, so that all of it can be ended for sure."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._lifeline, self._held = lifeline.make()
        self._signs, self._signs_in = os.pipe()
        os.set_blocking(self._signs, False)

    def start(self) -> None:
        ends = {"--lifeline": self._lifeline, "--signs": self._signs_in}
        options = [text for name, end in ends.items() for text in (name, str(end))]
        self._child = subprocess.Popen(
            [sys.executable, str(settings.BASE_DIR / "manage.py"), "cluster", *options],
            stdin=subprocess.DEVNULL,
            pass_fds=list(ends.values()),
            start_new_session=True,
        )

    def gave_sign(self) -> bool:
        """Whether it has come up, or a worker has taken a token, since the last time this was asked."""
        try:
            return bool(os.read(self._signs, 65536))
        except BlockingIOError:
            return False

    @property
    def runs(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def is_whole(self, workers: int) -> bool:
        """Whether its sentinel has all workers, and the two processes that serve them; True if unknown.

        django-q2's sentinel waits for ever for a lock that a process held when it was killed, and then
        replaces none that ends.
        """
        if self._child is None:
            return False
        guarded = [processes.children(one.pid) for one in processes.children(self._child.pid) or ()]
        return not guarded or any(found is None or len(found) >= workers + 2 for found in guarded)

    def end(self) -> None:
        """Kills the whole group. What it worked on is adopted later."""
        if self._child is None:
            return
        # No member can escape by forking: a fork is not finished while a signal is pending.
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        self._child = None


class Keeper:
    """The main loop of a node. One thread; signals only set what the loop looks at."""

    def __init__(self, *, say: Callable[[str], None]) -> None:
        self.name: str = settings.NODE_NAME
        self.workers: int = settings.WORKERS
        self._say = say
        self._wake_up = threading.Event()
        self._stop_signal: signal.Signals | None = None
        self._cluster = ClusterProcess()
        self._trouble = ""
        self._idle_since: float | None = None
        self._maimed_since: float | None = None
        self._is_up = False
        self._was_neglected = False
        self._attendant: subprocess.Popen[bytes] | None = None
        self._due = {"beat": 0.0, "tidy": 0.0}
        self._pause, self._started = 0.5, 0.0

    def run(self, *, parent: int | None = None) -> None:
        """Works until a signal. SIGINT cuts running scripts off; SIGTERM leaves them to the next start."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        if parent is not None:
            lifeline.watch(parent, end_soon)
        # Held until this process ends in any way, and not inherited by the cluster.
        lock = hold_name(self.name)
        try:
            self.node = register(self.name, self.workers)
            while self._stop_signal is None:
                self._tick()
                self._wake_up.wait(TICK)
            self._leave()
        finally:
            self._cluster.end()
            if self._attendant is not None:
                # What it builds is whole or not there, and what it did not send is sent by the next one.
                self._attendant.kill()
                self._attendant.wait()
            lock.release()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        # A Ctrl-C wins over a request to leave the scripts alone, and a second one changes nothing.
        if self._stop_signal is None or number == signal.SIGINT:
            self._stop_signal = signal.Signals(number)
        self._wake_up.set()

    def _leave(self) -> None:
        self._cluster.end()
        try:
            if self._stop_signal == signal.SIGINT:
                recovery.cut_off(self.node, within_seconds=CUT_OFF_WITHIN)
            Node.objects.filter(pk=self.node.pk, pid=os.getpid()).update(stopped_at=timezone.now())
        except DatabaseError as error:
            self._say(f"The node ends without updating the database: {wakeups.first_line(error)}")

    def _tick(self) -> None:
        """One look at everything. A database or broker that is away is said once and waited for."""
        try:
            if self._is_due("beat", nodes.HEARTBEAT):
                self._beat()
            if self._is_due("tidy", TIDY_EVERY):
                wakeups.send_tidying(self.name)
            self._keep_cluster()
            self._look_for_work()
        except wakeups.UNREACHABLE as error:
            connection.close()
            if not self._trouble:
                self._trouble = wakeups.first_line(error)
                self._say(f"Node {self.name} waits for the database and the broker: {self._trouble}")
            return
        if self._trouble:
            self._trouble = ""
            self._say(f"Node {self.name} works again.")

    def _is_due(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._due[what]:
            return False
        self._due[what] = now + every
        return True

    def _beat(self) -> None:
        self._due["beat"] = 0.0  # again at the next tick if this one fails
        mine = Node.objects.filter(pk=self.node.pk, pid=os.getpid())
        if not mine.update(heartbeat_at=timezone.now(), stopped_at=None, forgotten_at=None, **load()):
            # Its row was deleted by hand, or another process is this node now.
            self.node = register(self.name, self.workers)
        self._due["beat"] = time.monotonic() + nodes.HEARTBEAT

    def _keep_cluster(self) -> None:
        """Starts the cluster, and a new one when it has ended: later and later if it does not stay up."""
        since = time.monotonic() - self._started
        if self._cluster.runs:
            if since > 4 * LONGEST_PAUSE:
                self._pause = 0.5
            self._replace_maimed()
        elif not self._started:
            self._restart()
        elif since >= self._pause:
            self._restart()
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            self._say(f"The cluster of node {self.name} ended; a new one starts.")

    def _replace_maimed(self) -> None:
        """A new cluster for one that lacks a process for too long, and so works at half its rate."""
        now = time.monotonic()
        if not self._is_up or self._cluster.is_whole(self.workers):
            self._maimed_since = None
        elif self._maimed_since is None:
            self._maimed_since = now
        elif now - self._maimed_since >= settings.WATCHDOG_SECONDS:
            self._say(
                f"The cluster of node {self.name} did not replace a process that had ended within "
                f"{settings.WATCHDOG_SECONDS} s: it is restarted."
            )
            self._restart()

    def _restart(self) -> None:
        """A new cluster in place of the one before; none while the broker is away."""
        self._cluster.end()
        wakeups.purge(self.name)
        self._cluster.start()
        self._started, self._idle_since, self._is_up = time.monotonic(), None, False
        self._maimed_since = None

    def _look_for_work(self) -> None:
        """Sends what tokens are missing; when nobody takes them for too long, the cluster hangs.

        A worker that dies idle can hold the lock of the queue that the others wait for.
        """
        self.node.refresh_from_db()
        waiting = recovery.waiting(self.node)
        free = nodes.free_slots(self.node, waiting=waiting) if waiting else 0
        now = time.monotonic()
        gave_sign = self._cluster.gave_sign()
        self._is_up = self._is_up or gave_sign
        patience = settings.WATCHDOG_SECONDS + (0 if self._is_up else START_WITHIN)
        if free <= 0 or gave_sign or self._idle_since is None:
            self._idle_since = None if free <= 0 else now
        elif now - self._idle_since >= patience:
            self._say(
                f"Node {self.name} had work waiting and slots free for {patience:.0f} s and took nothing: "
                "its cluster hangs and is restarted."
            )
            self._restart()
        wakeups.send(self.name, min(waiting, free))
        self._attend_beside(is_busy=bool(waiting) and free <= 0)

    def _attend_beside(self, *, is_busy: bool) -> None:
        """Workers may be busy for hours: then a process of its own builds and ends Batches."""
        if not is_busy or not scheduler.attention():
            self._was_neglected = False
        elif not self._was_neglected:
            # A worker between two short scripts will see to it within a second.
            self._was_neglected = True
        elif self._attendant is None or self._attendant.poll() is not None:
            program = [sys.executable, str(settings.BASE_DIR / "manage.py"), "attend"]
            self._attendant = subprocess.Popen(program, stdin=subprocess.DEVNULL)


def hold_name(name: str) -> FileLock:
    """Holds the name on this machine and wherever the data folder is shared; NodeError when it is taken."""
    paths.locks().mkdir(parents=True, exist_ok=True)
    lock = FileLock(paths.locks() / f"node-{name}")
    try:
        lock.acquire(timeout=OLD_ONE_ENDS_WITHIN)
    except Timeout:
        raise NodeError(taken(name)) from None
    return lock


def register(name: str, workers: int) -> Node:
    """The Node's row, now this process's; NodeError while another machine says that it is that node."""
    host = socket.gethostname()
    other = nodes.live_nodes().filter(name=name).exclude(hostname=host).first()
    if other is not None:
        raise NodeError(taken(name, where=other.hostname))
    node, _ = Node.objects.update_or_create(
        name=name,
        defaults={
            "workers": workers,
            "hostname": host,
            "platform": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
            "pid": os.getpid(),
            "started_at": timezone.now(),
            "heartbeat_at": timezone.now(),
            "stopped_at": None,
            "forgotten_at": None,
            **load(),
        },
    )
    return node


def taken(name: str, *, where: str = "this machine or another with this data folder") -> str:
    return (
        f"A node named {name} already runs on {where}. "
        "Stop it first, or choose another name with --name or CORETEX_NODE_NAME."
    )


def load() -> dict[str, float]:
    """The machine's load now; the first answer for the processor is 0."""
    return {
        "cpu_percent": psutil.cpu_percent(),
        "memory_percent": psutil.virtual_memory().percent,
        "disk_free": psutil.disk_usage(str(settings.DATA_DIR)).free,
    }


def end_soon() -> None:
    """The parent is gone: end in order, and for sure a little later. Runs in the lifeline's thread."""
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(8)
    os._exit(1)
