"""What environments cost a Run: a ready one, and a new one beside uv by hand. Used by `measure.py`."""

import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from coretex_site.lib import paths
from runs import snapshots
from runs.models import Environment
from runs.runtimes import environments, eviction, pip_settings, ready
from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.interpreters import base_interpreter, find_uv
from runs.runtimes.ready import Ready
from runs.runtimes.steps import Builder
from tasks.files import store
from tasks.models import Task

REQUIREMENTS = "numpy\npandas\n"
SCRIPT = "import numpy, pandas\n"
TIMES = 3
STARTS = 8


def measure(task: Task, folder: Path) -> dict[str, float]:
    """The milliseconds that a ready environment adds to bare Python, and both ways to a new one."""
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
        ),
    )
    try:
        ready = need.prepare()  # fills the cache
    except EnvironmentFailure as failure:
        console = (folder / "console").read_text(errors="replace")
        raise SystemExit(f"numpy and pandas cannot be installed: {failure}\n{console}") from failure
    # The best of each, in turns: whatever else the machine does only makes both slower.
    built, by_hand = [], []
    for number in range(TIMES):
        by_hand.append(_by_hand(folder / f"by-hand-{number}", need.files))
        eviction.discard(Environment.objects.get(pk=ready.row.pk))
        began = time.perf_counter()
        ready = need.prepare()
        built.append(time.perf_counter() - began)
    python = folder / "by-hand-0" / "bin" / "python"
    added = []
    for _ in range(STARTS):
        began = time.perf_counter()
        need.prepare()
        waited = time.perf_counter() - began
        added.append(waited + _start_seconds(ready.python) - _start_seconds(python))
    return {
        "environment_added_ms": 1000 * statistics.median(added),
        "build_seconds": min(built),
        "by_hand_seconds": min(by_hand),
        "build_ratio": min(built) / min(by_hand),
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


def _start_seconds(python: Path) -> float:
    began = time.perf_counter()
    subprocess.run([python, "-c", SCRIPT], check=True)
    return time.perf_counter() - began


def _by_hand(target: Path, files: Path) -> float:
    """The same with the same cache, as people type it."""
    base = paths.environments(settings.NODE_NAME)
    installer = pip_settings.for_uv(os.environ)
    variables = {"UV_CACHE_DIR": str(base / "cache"), **installer.environment}
    install = [find_uv(), "pip", "install", "--quiet", "--compile-bytecode", *installer.options]
    began = time.perf_counter()
    command = [find_uv(), "venv", "--quiet", "--python", base_interpreter(), target]
    subprocess.run(command, env=variables, check=True)
    command = [*install, "--python", target / "bin" / "python", "-r", files / "requirements.txt"]
    subprocess.run(command, env=variables, check=True, cwd="/")
    return time.perf_counter() - began
