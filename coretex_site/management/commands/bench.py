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

# The most bare starts that the first line may take, and the least of a bare pool's rate, for Runs that are
# alone and for those of a Batch.
MOST_STARTS = 10.0
LEAST_RATE = 0.7
LEAST_BATCH_RATE = 0.8
# Seconds until a Batch of 10,000 Runs is there and queued.
MOST_CREATION = 5.0
# Milliseconds of processor time that the page of that Batch may take.
MOST_PAGE_MS = 300.0
# Milliseconds that a ready environment may add to a start of its Python with numpy and pandas, and how much
# longer a new one may take than uv by hand when its cache is warm.
MOST_ADDED_MS = 50.0
MOST_BUILD_RATIO = 1.3
READY_SECONDS = 120.0
STOP_SECONDS = 15.0


class Command(BaseCommand):
    help = (
        "Measures a server of its own: time from pressing Run to the console, in "
        "bare starts of Python, and the rate of trivial Runs on two workers, alone and in a Batch, as a "
        "share of a bare pool of two."
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
        self.stdout.write(json.dumps(numbers, indent=2) if options["json"] else told(numbers))
        missed = numbers["first_line_ratio"] > MOST_STARTS or numbers["rate_ratio"] < LEAST_RATE
        missed = missed or numbers["batch_ratio"] < LEAST_BATCH_RATE
        missed = missed or numbers["environment_added_ms"] > MOST_ADDED_MS
        missed = missed or numbers["build_ratio"] > MOST_BUILD_RATIO
        missed = missed or numbers["page_ms"] > MOST_PAGE_MS
        missed = missed or numbers["page_queries"] > numbers["page_queries_of_small"]
        if missed or numbers["creation_seconds"] > MOST_CREATION:
            raise CommandError(
                f"Slower than wanted: at most {MOST_STARTS:g} bare starts to the first line, "
                f"at least {LEAST_RATE:g} of the bare pool's rate and {LEAST_BATCH_RATE:g} in a Batch, "
                f"at most {MOST_CREATION:g} s until 10,000 Runs are there, at most {MOST_PAGE_MS:g} ms for "
                "their page with the queries of a hundred, "
                f"at most {MOST_ADDED_MS:g} ms added by a ready environment, "
                f"a new one in at most {MOST_BUILD_RATIO:g} times what uv takes."
            )


def told(numbers: dict[str, float]) -> str:
    return (
        f"From pressing Run to the first line: {numbers['first_line_ms']:.0f} ms, "
        f"{numbers['first_line_ratio']:.1f} bare starts of {numbers['bare_start_ms']:.1f} ms\n"
        f"Trivial Runs on 2 workers: {numbers['runs_per_second']:.1f} a second, "
        f"{numbers['rate_ratio']:.2f} of a bare pool's {numbers['bare_pool_per_second']:.1f}\n"
        f"A Batch of 10,000 Runs is there and queued after {numbers['creation_seconds']:.1f} s\n"
        f"Its page takes {numbers['page_ms']:.0f} ms of processor time and {numbers['page_queries']} "
        f"queries; that of a hundred Runs {numbers['page_queries_of_small']}\n"
        f"A queued Batch of {numbers['batch_runs']:,} trivial Runs: "
        f"{numbers['batch_per_second']:.1f} a second, {numbers['batch_ratio']:.2f} of a bare pool's "
        f"{numbers['batch_pool_per_second']:.1f} in turns with it\n"
        f"A ready environment with numpy and pandas adds {numbers['environment_added_ms']:.0f} ms\n"
        f"A new one from a warm cache: {numbers['build_seconds']:.2f} s, "
        f"{numbers['build_ratio']:.2f} times uv's {numbers['by_hand_seconds']:.2f} s"
    )


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
        return json.loads(done.stdout)
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
