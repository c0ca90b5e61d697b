"""Starts a server with a data folder of its own and says how fast it is, as ratios to bare processes."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from coretex_site.lib import paths

# What a number may be at most, and what it has to be at least.
MOST = {
    "first_line_ratio": 10.0,
    "creation_seconds": 5.0,
    "page_ms": 300.0,
    "environment_added_ms": 50.0,
    "first_ratio": 1.5,
    "new_ratio": 1.5,
    "million_seconds": 1.0,
    "million_ruled_seconds": 3.0,
    "tail_seconds": 0.5,
    "search_seconds": 3.0,
    "engine_ratio": 0.5,
}
LEAST = {"rate_ratio": 0.7, "batch_ratio": 0.8}
IN_WORDS = """\
From pressing Run to the first line: {first_line_ms:.0f} ms, {first_line_ratio:.1f} bare starts of \
{bare_start_ms:.1f} ms
Trivial Runs on 2 workers: {runs_per_second:.1f} a second, {rate_ratio:.2f} of a bare pool's \
{bare_pool_per_second:.1f}
A Batch of 10,000 Runs is there and queued after {creation_seconds:.1f} s
Its page takes {page_ms:.0f} ms of processor time and {page_queries} queries; that of a hundred Runs \
{page_queries_of_small}
A queued Batch of {batch_runs:,} trivial Runs: {batch_per_second:.1f} a second, {batch_ratio:.2f} of a bare \
pool's {batch_pool_per_second:.1f} in turns with it
A ready environment with numpy and scikit-learn adds {environment_added_ms:.0f} ms
The first line out of a new one, from a warm cache: {first_seconds:.2f} s with wheels new to the node, \
{first_ratio:.2f} times uv by hand ({by_hand_seconds:.2f} s); {new_seconds:.2f} s with known ones, \
{new_ratio:.2f} times
A million combinations are counted and paged in {million_seconds:.2f} s, with a rule in \
{million_ruled_seconds:.2f} s
The end of a console of 200,000 lines is read in {tail_seconds:.3f} s, a search of it takes \
{search_seconds:.2f} s
Our own processor time for a trivial Run: {engine_cpu_ms:.1f} ms, {engine_ratio:.2f} bare starts"""
READY_SECONDS = 120.0
STOP_SECONDS = 15.0


class Command(BaseCommand):
    help = (
        "Measures a server of its own: time from pressing Run to the console, in bare starts of Python; the "
        "rate of trivial Runs on two workers, alone and in a Batch, as a share of a bare pool of two; large "
        "Batches, environments, combinations and consoles."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--starts", type=int, default=15, help="how often Run is pressed (15)")
        parser.add_argument("--runs", type=int, default=200, help="how many trivial Runs (200)")
        parser.add_argument("--batch", type=int, default=1000, help="trivial Runs in one Batch (1000)")
        parser.add_argument("--json", action="store_true", help="print the numbers as JSON")

    def handle(self, **options: Any) -> None:
        # On the disk on which the data of the server lies: another one, such as /tmp, tells of itself only.
        place = paths.scratch()
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="bench-", dir=place) as name:
            numbers = measure_server(
                Path(name), starts=options["starts"], runs=options["runs"], batch=options["batch"]
            )
        self.stdout.write(json.dumps(numbers, indent=2) if options["json"] else IN_WORDS.format(**numbers))
        missed = [f"{name} above {most}" for name, most in MOST.items() if numbers[name] > most]
        missed += [f"{name} below {least}" for name, least in LEAST.items() if numbers[name] < least]
        if numbers["page_queries"] > numbers["page_queries_of_small"]:
            missed.append("the page of 10,000 Runs with the queries of a hundred")
        if missed:
            raise CommandError(f"Slower than wanted: {'; '.join(missed)}.")


def measure_server(folder: Path, *, starts: int, runs: int, batch: int) -> dict[str, float]:
    """The numbers of a whole server, web and cluster, that is started and stopped for it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **{name: value for name, value in os.environ.items() if name != "CORETEX_BROKER_URL"},
        "CORETEX_DATA_DIR": str(folder / "var"),
        "CORETEX_DATABASE_URL": f"sqlite:///{folder / 'var' / 'db.sqlite3'}",
        "CORETEX_ENVIRONMENTS_DIR": str(folder / "environments"),
        "CORETEX_PORT": str(port),
        "CORETEX_HOST": "127.0.0.1",
        "CORETEX_WORKERS": "2",
        "CORETEX_DEMO": "0",
        "CORETEX_NODE_NAME": "bench",
        "DJANGO_SETTINGS_MODULE": "coretex_site.settings",
        "PYTHONPATH": str(settings.BASE_DIR),
    }
    log = folder / "server.log"
    with log.open("wb") as file:
        server = subprocess.Popen(
            [sys.executable, str(settings.BASE_DIR / "manage.py"), "up"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until_ready(server, log)
        program = [sys.executable, str(settings.BASE_DIR / "bench" / "measure.py")]
        numbers = [f"http://127.0.0.1:{port}", "--starts", str(starts), "--runs", str(runs)]
        numbers += ["--batch", str(batch)]
        done = subprocess.run(
            [*program, *numbers], env=environment, stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            raise CommandError("The measurement did not come to its end; the reason stands above.")
        found: dict[str, float] = json.loads(done.stdout)
        program = [sys.executable, str(settings.BASE_DIR / "bench" / "engine_cpu.py")]
        cpu = subprocess.run(program, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        found["engine_cpu_ms"] = float(cpu.stdout)
        found["engine_ratio"] = found["engine_cpu_ms"] / found["bare_start_ms"]
        return found
    finally:
        server.send_signal(2)
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_until_ready(server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while "Ready:" not in log.read_text(errors="replace"):
        if server.poll() is not None or time.monotonic() > deadline:
            raise CommandError(f"The server did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.1)
