"""Runs every test: on SQLite all of them, on PostgreSQL those that touch SQL across processes."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TextIO
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand

ON_POSTGRESQL = ("tests/integration", "tests/cluster")
BROWSER = "tests/browser"
# The variables that choose the services, with where to look for them and what people call them.
SERVICES = {
    "CORETEX_DATABASE_URL": (
        "CORETEX_TEST_DATABASE_URL",
        "postgres://postgres@127.0.0.1:5432/test",
        "PostgreSQL",
    ),
    "CORETEX_BROKER_URL": ("CORETEX_TEST_BROKER_URL", "redis://127.0.0.1:6379/0", "Redis"),
}
PORTS = {"postgres": 5432, "postgresql": 5432, "redis": 6379}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


class Command(BaseCommand):
    help = "Runs the tests. What follows is passed on to pytest."
    requires_system_checks = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Takes the arguments as they are: they are pytest's."""
        sys.exit(run(argv[2:]))


def run(arguments: list[str]) -> int:
    """Returns the exit code: the worst of the two pytest runs."""
    where = [text for text in arguments if is_test_path(text)]
    everything = not where
    environment = dict(os.environ)
    if everything or any(touches(path, BROWSER) for path in where):
        environment["CORETEX_TEST_CHROMIUM"] = browser()
    wanted = [path for path in ON_POSTGRESQL if (settings.BASE_DIR / path).is_dir()]
    wanted = wanted if everything else [path for path in where if any(touches(path, p) for p in wanted)]
    services = reachable_services() if wanted else {}
    alone = {name: value for name, value in environment.items() if name not in SERVICES}
    if not services:
        with started(arguments, alone, output=None) as tests:
            return tests.wait()
    # Both at the same time: each of them uses one core, and waits for child processes half of the time.
    others = [text for text in arguments if text not in where]
    beside = {**environment, **services}
    with (
        tempfile.NamedTemporaryFile("w") as output,
        started([*others, *wanted], beside, output=output) as on_postgresql,
    ):
        with started(arguments, alone, output=None) as on_sqlite:
            code = on_sqlite.wait()
        sys.stdout.write("\nOn PostgreSQL and Redis:\n")
        with open(output.name, errors="replace") as lines:
            worst = max(code, shown_until_ended(lines, on_postgresql))
    if code:
        sys.stdout.write("On SQLite, further up, tests failed.\n")
    return worst


def shown_until_ended(lines: TextIO, tests: subprocess.Popen[bytes]) -> int:
    """Prints what is there and what comes, so that who gives up waiting sees where; the exit code."""
    while True:
        code = tests.poll()
        sys.stdout.write(lines.read())
        sys.stdout.flush()
        if code is not None:
            return code
        time.sleep(0.5)


def is_test_path(text: str) -> bool:
    return not text.startswith("-") and (settings.BASE_DIR / text.split("::")[0]).exists()


def touches(path: str, folder: str) -> bool:
    """Whether the tests named by `path` (`tests/browser/test_x.py::test_y`) can include some of `folder`."""
    one, other = Path(os.path.normpath(path.split("::")[0])), Path(folder)
    return one == other or other in one.parents or one in other.parents


@contextmanager
def started(
    arguments: list[str], environment: dict[str, str], *, output: IO[str] | None
) -> Iterator[subprocess.Popen[bytes]]:
    """pytest as a child with a data folder of its own; it prints where we do, or into `output`."""
    with tempfile.TemporaryDirectory(prefix="coretex-test-") as folder:
        tests = subprocess.Popen(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=settings.BASE_DIR,
            env={**environment, "CORETEX_DATA_DIR": folder},
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
        )
        try:
            yield tests
        except KeyboardInterrupt:
            tests.wait()  # the terminal has signalled it too
            raise


def reachable_services() -> dict[str, str]:
    """PostgreSQL and Redis as variables; {} when one cannot be reached, which CI does not forgive."""
    found = {}
    for variable, (given, default, name) in SERVICES.items():
        url = os.environ.get(given) or default
        if not answers(url):
            message = f"No {name} answers at {urlsplit(url).hostname} ({given} names another)"
            if os.environ.get("CI"):
                sys.exit(f"{message}; in CI the tests have to run on it too.")
            sys.stdout.write(f"{message}: the tests run on SQLite only.\n")
            return {}
        found[variable] = url
    return found


def answers(url: str) -> bool:
    parts = urlsplit(url)
    address = (parts.hostname or "127.0.0.1", parts.port or PORTS.get(parts.scheme, 0))
    try:
        socket.create_connection(address, timeout=2).close()
    except OSError:
        return False
    return True


def browser() -> str:
    """The program of a Chromium; installs one if there is none, or ends with what to install."""
    found = find_browser()
    if found is None:
        sys.stdout.write("The browser tests need Chromium; installing one …\n")
        sys.stdout.flush()
        install_browser()
        found = find_browser()
    if found is None:
        sys.exit(
            "The browser tests need Chromium, and none could be installed. Install it (on Debian: "
            "sudo apt install chromium) or name its program in CORETEX_TEST_CHROMIUM."
        )
    return found


def find_browser() -> str | None:
    named = [os.environ[name] for name in ("CORETEX_TEST_CHROMIUM",) if os.environ.get(name)]
    programs = [path for path in map(shutil.which, [*named, *BROWSERS]) if path is not None]
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright")
    programs += map(str, sorted(cache.glob("chromium-*/chrome-linux*/chrome"), reverse=True))
    return programs[0] if programs else None


def install_browser() -> None:
    """With Debian's package manager as root, else as Playwright does it."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "chromium"]):
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
        if find_browser() is not None:
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
