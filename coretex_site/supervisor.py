"""Keeps the web server and the node running as children, and ends everything. Knows no database."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType

from django.conf import settings

from coretex_site.lib import lifeline

# All has ended within 10 seconds of a signal; before that the children may do it themselves.
END_WITHIN = 9.0
LONGEST_PAUSE = 30.0


@dataclass(kw_only=True)
class Child:
    """A process that is started again when it ends, later and later if it does not stay up."""

    name: str
    options: list[str]
    pass_fds: list[int] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.25
    start_at: float = 0.0

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(settings.BASE_DIR / "manage.py"), *self.options],
            stdin=subprocess.DEVNULL,
            pass_fds=self.pass_fds,
            # Ctrl-C in the terminal goes to the supervisor alone.
            start_new_session=True,
        )
        self.started = time.monotonic()

    def tell(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def how_it_ended(self) -> str:
        code = 0 if self.process is None else self.process.returncode
        return f"killed by signal {-code}" if code < 0 else f"exit code {code}"


class Supervisor:
    def __init__(self, listener: socket.socket, *, say: Callable[[str], None]) -> None:
        # The end that is held is closed by the kernel when this process ends in any way.
        end, self._held = lifeline.make()
        line, number = str(end), listener.fileno()
        self.web = Child(
            name="web server",
            options=["web", "--lifeline", line, "--socket", str(number)],
            pass_fds=[end, number],
        )
        self.node = Child(name="node", options=["node", "--lifeline", line], pass_fds=[end])
        self._once: list[Child] = []
        self._say = say
        self._stop_signal: signal.Signals | None = None
        self._wake_up = threading.Event()
        self._waits_since = time.monotonic()
        self.is_ready = False

    def start(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGCHLD, lambda number, frame: self._wake_up.set())
        for child in self._children():
            child.start()

    def run_beside(self, command: str) -> None:
        """Runs a command of manage.py once, beside the children."""
        child = Child(name=command, options=[command])
        self._once.append(child)
        child.start()

    def keep_up(self, *, ready: Callable[[], None]) -> int:
        """Returns the exit code once a signal came and all has ended, or when nothing would start."""
        try:
            while self._stop_signal is None:
                if not self.is_ready and not self._become_ready(ready):
                    return 1
                self._wake_up.wait(0.5 if self.is_ready else 0.03 + self._waited() / 20)
                self._wake_up.clear()
                self._revive()
        finally:
            self._end_all()
        return 0

    def _children(self) -> Iterator[Child]:
        yield self.node
        yield self.web

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        # The first signal decides; a Ctrl-C after a SIGTERM still cuts the scripts off.
        if self._stop_signal is None or number == signal.SIGINT:
            self._stop_signal = signal.Signals(number)
        self._wake_up.set()

    def _waited(self) -> float:
        return time.monotonic() - self._waits_since

    def _become_ready(self, ready: Callable[[], None]) -> bool:
        """Calls `ready` once all answers. False when a child has given up before that: it has said why."""
        failed = [child for child in self._children() if not child.runs]
        if failed:
            self._say(f"The {failed[0].name} could not be started ({failed[0].how_it_ended()}).")
            return False
        complaint = health()
        if complaint is None:
            self.is_ready = True
            ready()
        elif self._waited() > LONGEST_PAUSE / 2:
            self._waits_since = time.monotonic()
            self._say(f"Not ready yet: {complaint}")
        return True

    def _revive(self) -> None:
        now = time.monotonic()
        for child in self._children():
            if child.runs or not self.is_ready:
                continue
            if child.start_at == 0.0:
                child.pause = 0.25 if now - child.started > 60 else min(child.pause * 2, LONGEST_PAUSE)
                child.start_at = now + child.pause
                how = child.how_it_ended()
                self._say(f"The {child.name} ended ({how}); restarting in {child.pause:.1f} s.")
            if now >= child.start_at:
                child.start_at = 0.0
                child.start()

    def _end_all(self) -> None:
        """Ends the children in order, and whatever is left of them after a while by force."""
        sent: signal.Signals | None = None
        deadline = time.monotonic() + END_WITHIN
        self.web.tell(signal.SIGTERM)
        while any(child.runs for child in self._children()) and time.monotonic() < deadline:
            wanted = signal.SIGINT if self._stop_signal == signal.SIGINT else signal.SIGTERM
            if sent != wanted:
                self.node.tell(wanted)
                sent = wanted
            self._wake_up.clear()
            self._wake_up.wait(0.05)
        for child in (*self._children(), *self._once):
            child.tell(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()


def health() -> str | None:
    """What /healthz complains about; None when all is well."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)  # noqa: S104
    name = next((name.lstrip(".") for name in settings.ALLOWED_HOSTS if name != "*"), "localhost")
    connection = http.client.HTTPConnection(host, settings.PORT, timeout=1)
    try:
        connection.request("GET", "/healthz", headers={"Host": name})
        response = connection.getresponse()
        body = response.read()
        return None if response.status == 200 else str(json.loads(body))
    except (OSError, ValueError, http.client.HTTPException) as error:
        return str(error)
    finally:
        connection.close()
