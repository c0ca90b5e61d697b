"""Environments: what a script can import, built once for equal content on each node. Knows no Executions."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from filelock import FileLock, Timeout

from coretex_site.lib import paths, smallfile
from runs.models import Environment
from runs.runtimes import building, bytecode, eviction, ready, steps
from runs.runtimes.eviction import READY
from runs.runtimes.ready import Ready
from runs.runtimes.requirements import Wanted, want
from runs.runtimes.steps import POLL, Builder

TOUCH_AFTER = timedelta(minutes=1)
# Who waits for a builder whose name cannot be read says so without it after this time, in seconds.
UNNAMED_BUILDER = 5.0


def prepare(
    folder: Path,
    *,
    tree: str,
    builder: Builder,
    entry: str = "",
    exactly: Environment | None = None,
) -> Ready:
    """The environment for the files in `folder`, which have the digest `tree`; built when it is new.

    What `entry` itself lists counts; a notebook gets what executes it on top. With `exactly` it is that
    environment, or one with the same packages. None is used that someone deleted. Raises EnvironmentFailure
    when it cannot be built. Others who need the same one meanwhile wait for it.
    """
    if exactly is not None:
        return _prepare_exactly(exactly, folder, entry, builder)
    key = (paths.environments(builder.node_name), tree, entry)
    found = ready.used_lately(key)
    if found is None:
        found = _prepare(_want(folder, entry, builder), folder, builder)
        ready.remember(key, found)
    if found.notice:
        builder.say(found.notice)
    return found


def _want(folder: Path, entry: str, builder: Builder, lock: str = "") -> Wanted:
    return want(folder, entry=entry, lock=lock, variables=builder.variables, known=builder.digests)


def _prepare_exactly(exactly: Environment, folder: Path, entry: str, builder: Builder) -> Ready:
    """The same environment if it is still there, else one with the same packages, else a new one of these."""
    same = _alive(builder.node_name).filter(kind=exactly.kind, packages=exactly.packages)
    now = _want(folder, entry, builder)
    keys = [exactly.key, now.key]
    for row in same.filter(key__in=keys):
        final = paths.environments(builder.node_name) / row.key
        built = _read_ready(final)
        if built is not None and _touch(row):
            builder.say(f"Exactly environment {row.key[:12]}, with the same packages.")
            return _ready(now, row, final, built)
    wanted = _want(folder, entry, builder, lock=exactly.packages)
    found = _prepare(wanted, folder, builder)
    if found.row.interpreter != exactly.interpreter:
        builder.say(f"The packages are the same, on {found.row.interpreter}; it was {exactly.interpreter}.")
    return found


def _prepare(wanted: Wanted, folder: Path, builder: Builder) -> Ready:
    final = paths.environments(builder.node_name) / wanted.key
    built = _read_ready(final)
    if built is not None:
        row = _find_row(wanted, builder.node_name)
        if row is not None:
            _see_compiled(wanted, final, built, builder)
            return _ready(wanted, row, final, built)
    with _only_builder(wanted, builder) as builder:
        _heed_deletions(wanted, builder.node_name)
        built = _read_ready(final)
        if built is None:
            built = building.build(wanted, folder, final, builder)
        row = _find_row(wanted, builder.node_name)
        if row is None:
            known = {name: built[name] for name in ("interpreter", "packages", "size", "build_seconds")}
            row = Environment.objects.create(
                key=wanted.key,
                node_name=builder.node_name,
                kind=wanted.kind,
                build_log=built.get("build_log", ""),
                **known,
            )
    _see_compiled(wanted, final, built, builder)
    return _ready(wanted, row, final, built)


def _see_compiled(wanted: Wanted, final: Path, built: Mapping[str, Any], builder: Builder) -> None:
    """Has what was installed compiled, behind the script, unless that is done."""
    is_empty = wanted.kind == "plain" and not wanted.extras
    if is_empty or not built.get("has_python", True) or (final / bytecode.COMPILED).exists():
        return
    cache = steps.installer(final.parent, builder).environment["UV_CACHE_DIR"]
    bytecode.compile_behind(final, ready=READY, cache=Path(cache))


def _heed_deletions(wanted: Wanted, node_name: str) -> None:
    """What people deleted is gone before it is built anew; or stays after all, while a script uses it."""
    for row in Environment.objects.filter(key=wanted.key, node_name=node_name, removed_at=None):
        if row.unwanted_at is not None and not eviction.discard(row):
            Environment.objects.filter(pk=row.pk, removed_at=None).update(unwanted_at=None)


def _ready(wanted: Wanted, row: Environment, final: Path, built: Mapping[str, Any]) -> Ready:
    return Ready(
        row=row,
        folder=final,
        variables=built.get("variables", {}),
        has_python=built.get("has_python", True),
        notice=wanted.notice,
    )


def _alive(node_name: str) -> QuerySet[Environment]:
    return Environment.objects.filter(node_name=node_name, removed_at=None, unwanted_at=None)


def _find_row(wanted: Wanted, node_name: str) -> Environment | None:
    """The row of an environment that is in use, which is noted."""
    row = _alive(node_name).filter(key=wanted.key).order_by("-pk").first()
    return row if row is not None and _touch(row) else None


def _touch(row: Environment) -> bool:
    """Notes that it is used now; False when it was removed meanwhile."""
    now = timezone.now()
    if now - row.used_at <= TOUCH_AFTER:
        return True
    return bool(_alive(row.node_name).filter(pk=row.pk).update(used_at=now))


def _read_ready(final: Path) -> dict[str, Any] | None:
    """What was noted when it was built; None while it is not ready, or when its Python is gone."""
    try:
        built = json.loads((final / READY).read_text())
    except (OSError, ValueError):
        return None
    return built if not built.get("has_python", True) or (final / "bin" / "python").exists() else None


@contextmanager
def _only_builder(wanted: Wanted, builder: Builder) -> Iterator[Builder]:
    """Holds the lock of one environment; who waits for it says so, once, and can be stopped.

    What the builder that it gives reports is reported to all who wait.
    """
    base = paths.environments(builder.node_name)
    base.mkdir(parents=True, exist_ok=True)
    lock, note = FileLock(base / f"{wanted.key}.lock"), base / f"{wanted.key}.builder"
    began = time.monotonic()
    announced = False

    def report(progress: str) -> None:
        smallfile.replace(note, f"{builder.who}\n{progress}".encode())
        builder.report(progress)

    while True:
        try:
            lock.acquire(timeout=POLL if announced else POLL / 10)
            break
        except Timeout:
            # The builder writes its name a moment after it has the lock.
            other, _, progress = (note.read_text() if note.is_file() else "").partition("\n")
            builder.report(progress)
            if not announced and (other or time.monotonic() - began > UNNAMED_BUILDER):
                builder.say(
                    f"Waiting for environment {wanted.short}, being built by {other or 'another Run'}."
                )
                announced = True
            builder.tick()
    try:
        smallfile.replace(note, builder.who.encode())
        yield replace(builder, report=report)
    finally:
        note.unlink(missing_ok=True)
        lock.release()
