"""The product as an operator runs it: real processes, looked at and killed from outside."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent.parent
# A node waits up to 15 s before it starts a cluster that ended again and again, which then takes its time
# when other tests keep the machine busy.
COMES_UP_WITHIN = 90


def until(condition: Callable[[], Any], *, within: float, what: str) -> Any:
    """Waits for something true and returns it; fails with `what` was waited for."""
    deadline = time.monotonic() + within
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"Not within {within} s: {what}"
        time.sleep(0.03)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(is_alive(process) for process in processes)


class Started:
    """One `manage.py` command with what it printed so far."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with self.process.stdout as stream:
            self.lines.extend(iter(stream.readline, ""))

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def wait_for(self, beginning: str, *, within: float = 60) -> str:
        def line() -> str | None:
            found = next((line for line in self.lines if line.startswith(beginning)), None)
            assert found or self.process.poll() is None, self.text
            return found

        return until(line, within=within, what=f"a line “{beginning}…” after:\n{self.text}")

    def end(self, number: signal.Signals) -> None:
        """Signals it and waits for its end, which takes less than ten seconds."""
        self.process.send_signal(number)
        self.process.wait(10)
        self._reader.join(5)

    def result(self, *, within: float = 30) -> tuple[int, str]:
        """Its exit code and what it printed, once it has ended by itself."""
        code = self.process.wait(within)
        self._reader.join(5)
        return code, self.text

    def descendants(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []


class Product:
    """`manage.py up` with a data folder and port of its own; started again as often as a test wants."""

    def __init__(self, data: Path, *, database: str = "", broker: str = "", workers: int = 2) -> None:
        self.data, self.port, self.workers = data, free_port(), workers
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CORETEX_")}
        own = {
            "CORETEX_DATA_DIR": str(data),
            # The tests wake the product's nodes too, with tokens that both can sign.
            "CORETEX_SECRET_KEY": settings.SECRET_KEY,
            "CORETEX_DATABASE_URL": database,
            "CORETEX_BROKER_URL": broker,
            "CORETEX_PORT": str(self.port),
            "CORETEX_WORKERS": str(workers),
            "CORETEX_NODE_NAME": f"first-{self.port}",
            "CORETEX_WATCHDOG_SECONDS": "3",
            "CORETEX_STOP_GRACE": "1",
            "CORETEX_DEMO": "0",
        }
        self.environment = {**kept, **own}
        self.up: Started | None = None

    def command(self, *arguments: str, **variables: str) -> Started:
        return Started(list(arguments), {**self.environment, **variables})

    def start(self) -> Started:
        """Starts it unless it runs; returns when it is ready."""
        if self.up is None or self.up.process.poll() is not None:
            self.up = self.command("up")
            self.up.wait_for("Ready:")
        return self.up

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        if self.up is not None:
            self.up.end(number)

    def health(self) -> tuple[int, dict[str, str]]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def processes(self) -> list[psutil.Process]:
        """All that belongs to the product, scripts left out: the supervisor first."""
        if self.up is None:
            return []
        supervisor = psutil.Process(self.up.process.pid)
        return [supervisor, *(p for p in self.up.descendants() if is_alive(p) and role_of(p))]

    def of_role(self, role: str) -> list[psutil.Process]:
        return [process for process in self.processes()[1:] if role_of(process) == role]

    def web(self) -> psutil.Process:
        return until(lambda: self.of_role("web"), within=10, what="a web server")[0]

    def node(self) -> psutil.Process:
        return until(lambda: self.of_role("node"), within=10, what="a node")[0]

    def cluster(self) -> list[psutil.Process]:
        """The leader, the sentinel, then the workers and what hands them messages, of a whole cluster.

        By descent: numbers of processes begin anew once they are used up.
        """

        def whole() -> list[psutil.Process]:
            found = self.of_role("cluster")
            numbers = {process.pid for process in found}
            leaders = [process for process in found if process.ppid() not in numbers]
            sentinels = [process for process in found if process.ppid() in {p.pid for p in leaders}]
            others = [process for process in found if process not in (*leaders, *sentinels)]
            wanted = self.workers + 2
            if (len(leaders), len(sentinels), len(others)) != (1, 1, wanted):
                return []
            return [*leaders, *sentinels, *others]

        try:
            return until(whole, within=COMES_UP_WITHIN, what="a whole cluster")
        except AssertionError as error:
            there = [(role_of(p), p.pid, p.ppid(), p.status()) for p in self.processes()]
            raise AssertionError(f"{error}; there are {there}") from error


def role_of(process: psutil.Process) -> str:
    """web, node or cluster; "" for what is no part of the product."""
    try:
        words = process.cmdline()
    except psutil.NoSuchProcess:
        return ""
    at = [index for index, word in enumerate(words) if word.endswith("manage.py")]
    return words[at[0] + 1] if at and len(words) > at[0] + 1 else ""
