"""What environments cost a Run: a ready one, and a new one beside uv by hand. Used by `measure.py`."""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from coretex_site.lib import paths
from runs import snapshots
from runs.models import Environment
from runs.runtimes import bytecode, environments, eviction, pip_settings, ready
from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.interpreters import base_interpreter, find_uv
from runs.runtimes.ready import Ready
from runs.runtimes.steps import Builder
from tasks.files import store
from tasks.models import Task

REQUIREMENTS = "numpy\nscikit-learn\n"
SCRIPT = "import numpy, sklearn\nprint('first line')\n"
TIMES = 3
STARTS = 8


def measure(task: Task, folder: Path) -> dict[str, float]:
    """What a ready environment adds to bare Python, and the first line out of a new one, beside uv by hand.

    Both take their wheels from a warm cache. `first_ratio` is with wheels that no environment of the node
    had before, `new_ratio` with those that one had.
    """
    with store.editing(task, by=task.created_by) as files:
        (files / "requirements.txt").write_text(REQUIREMENTS)
        (files / "main.py").write_text(SCRIPT)
    digest = snapshots.freeze(task).digest
    need = Need(
        files=snapshots.root(digest),
        digest=digest,
        builder=Builder(
            node_name=settings.NODE_NAME,
            who="a measurement",
            console=folder / "console",
            mark="CORETEX_BENCH=1",
            say=lambda text: None,
            tick=lambda: None,
            report=lambda text: None,
        ),
    )
    try:
        ready = need.prepare()  # fills the cache
    except EnvironmentFailure as failure:
        console = (folder / "console").read_text(errors="replace")
        raise SystemExit(f"numpy and scikit-learn cannot be installed: {failure}\n{console}") from failure
    _by_hand(folder / "by-hand", folder / "cache", need.files)
    # The best of each, in turns: whatever else the machine does only makes all slower.
    first, new, by_hand = [], [], []
    for number in range(TIMES):
        by_hand.append(_by_hand(folder / f"by-hand-{number}", folder / "cache", need.files))
        for seconds, is_known in ((first, False), (new, True)):
            _await_compiled(ready)
            if not is_known:
                _forget_compiled()
            eviction.discard(Environment.objects.get(pk=ready.row.pk))
            began = time.perf_counter()
            ready = need.prepare()
            _run(ready.python)
            seconds.append(time.perf_counter() - began)
    _await_compiled(ready)
    python = folder / "by-hand-0" / "bin" / "python"
    waited, ours, bare = [], [], []
    for _ in range(STARTS):
        began = time.perf_counter()
        need.prepare()
        waited.append(time.perf_counter() - began)
        ours.append(_start_seconds(ready.python))
        bare.append(_start_seconds(python))
    return {
        "environment_added_ms": 1000 * (min(waited) + min(ours) - min(bare)),
        "first_seconds": min(first),
        "new_seconds": min(new),
        "by_hand_seconds": min(by_hand),
        "first_ratio": min(first) / min(by_hand),
        "new_ratio": min(new) / min(by_hand),
    }


@dataclass(frozen=True, kw_only=True)
class Need:
    """Files that need an environment."""

    files: Path
    digest: str
    builder: Builder

    def prepare(self) -> Ready:
        """As a process does that remembers no environment."""
        ready.forget()
        return environments.prepare(self.files, tree=self.digest, builder=self.builder)


def _await_compiled(ready: Ready) -> None:
    while not (ready.folder / bytecode.COMPILED).exists():
        time.sleep(0.05)


def _forget_compiled() -> None:
    """Makes the installer's cache as if no wheel in it had been compiled yet."""
    for folder in (paths.environments(settings.NODE_NAME) / "cache").glob("archive-v*/**/__pycache__"):
        shutil.rmtree(folder)


def _start_seconds(python: Path) -> float:
    began = time.perf_counter()
    _run(python)
    return time.perf_counter() - began


def _run(python: Path) -> None:
    """As a person does, whose Python keeps what it has compiled."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    subprocess.run([python, "-c", SCRIPT], check=True, stdout=subprocess.DEVNULL, env=variables)


def _by_hand(target: Path, cache: Path, files: Path) -> float:
    """The same as people type it, with a cache of its own."""
    installer = pip_settings.for_uv(os.environ)
    variables = {**installer.environment, "UV_CACHE_DIR": str(cache)}
    install = [find_uv(), "pip", "install", "--quiet", *installer.options]
    began = time.perf_counter()
    command = [find_uv(), "venv", "--quiet", "--python", base_interpreter(), target]
    subprocess.run(command, env=variables, check=True)
    command = [*install, "--python", target / "bin" / "python", "-r", files / "requirements.txt"]
    subprocess.run(command, env=variables, check=True, cwd="/")
    _run(target / "bin" / "python")
    return time.perf_counter() - began
