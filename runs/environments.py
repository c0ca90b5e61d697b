"""Environments: what a script can import, built once for equal content on each node. Knows no Executions."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone
from filelock import FileLock, Timeout

from coretex_site.lib import filetree, paths
from runs import installing
from runs.installing import Builder
from runs.models import Environment, Execution
from runs.requirements import EnvironmentFailure, Wanted, want

READY = "coretex-ready.json"
LOCK_POLL = 0.2
TOUCH_AFTER = timedelta(minutes=1)
# What a process knows of the environments that it used last, so that short scripts need not ask anew:
# {(folder of the node's environments, digest of the files): (when, environment)}.
REMEMBERED = 30.0
MOST_REMEMBERED = 100
_used_lately: dict[tuple[Path, str], tuple[float, "Ready"]] = {}
KEPT_UNUSED = timedelta(days=60)


@dataclass(frozen=True, kw_only=True)
class Ready:
    """An environment that can be used."""

    row: Environment
    folder: Path

    @property
    def programs(self) -> Path:
        return self.folder / "bin"

    @property
    def python(self) -> Path:
        return self.programs / "python"

    def is_there(self) -> bool:
        """Whether it can still be used: neither its folder nor its row was removed meanwhile."""
        return _is_ready(self.folder) and Environment.objects.filter(pk=self.row.pk, removed_at=None).exists()

    def has(self, package: str) -> bool:
        return any(self.folder.glob(f"lib/python*/site-packages/{package}"))


def prepare(folder: Path, *, tree: str, builder: Builder) -> Ready:
    """The environment for the files in `folder`, which have the digest `tree`; built when it is new.

    Raises EnvironmentFailure when it cannot be built. Others who need the same one meanwhile wait for it.
    """
    base = paths.environments(builder.node_name)
    used = _used_lately.get((base, tree))
    if used is not None and time.monotonic() - used[0] < REMEMBERED and used[1].is_there():
        return used[1]
    found = _prepare(want(folder, tree=tree), folder, builder)
    if len(_used_lately) >= MOST_REMEMBERED:
        _used_lately.clear()
    _used_lately[base, tree] = time.monotonic(), found
    return found


def _prepare(wanted: Wanted, folder: Path, builder: Builder) -> Ready:
    final = paths.environments(builder.node_name) / wanted.key
    facts = _read_ready(final)
    if facts is not None:
        row = _find_row(wanted, builder.node_name)
        if row is not None:
            return Ready(row=row, folder=final)
    with _only_builder(wanted, builder):
        facts = _read_ready(final)
        if facts is None:
            facts = _build(wanted, folder, final, builder)
        row = _find_row(wanted, builder.node_name)
        if row is None:
            row = Environment.objects.create(
                key=wanted.key, node_name=builder.node_name, kind=wanted.kind, **facts
            )
    return Ready(row=row, folder=final)


def _find_row(wanted: Wanted, node_name: str) -> Environment | None:
    """The row of an environment that is in use, which is noted."""
    rows = Environment.objects.filter(key=wanted.key, node_name=node_name, removed_at=None)
    row = rows.order_by("-pk").first()
    now = timezone.now()
    if row is not None and now - row.used_at > TOUCH_AFTER:
        Environment.objects.filter(pk=row.pk).update(used_at=now)
    return row


def _read_ready(final: Path) -> dict[str, Any] | None:
    """What was noted when it was built; None while it is not ready, or when its Python is gone."""
    try:
        facts = json.loads((final / READY).read_text())
    except (OSError, ValueError):
        return None
    return facts if _is_ready(final) else None


def _is_ready(final: Path) -> bool:
    return (final / READY).exists() and (final / "bin" / "python").exists()


@contextmanager
def _only_builder(wanted: Wanted, builder: Builder) -> Iterator[None]:
    """Holds the lock of one environment; who waits for it says so, once, and can be stopped."""
    base = paths.environments(builder.node_name)
    base.mkdir(parents=True, exist_ok=True)
    lock, note = FileLock(base / f"{wanted.key}.lock"), base / f"{wanted.key}.builder"
    told = False
    while True:
        try:
            lock.acquire(timeout=LOCK_POLL if told else 0)
            break
        except Timeout:
            if not told:
                other = note.read_text() if note.is_file() else "another Run"
                builder.say(f"Waiting for environment {wanted.short}, being built by {other}.")
                told = True
            builder.tick()
    try:
        note.write_text(builder.who)
        yield
    finally:
        lock.release()


def _build(wanted: Wanted, folder: Path, final: Path, builder: Builder) -> dict[str, Any]:
    """Builds beside the final place and moves it there when all is well; nothing half-made stays."""
    began = time.monotonic()
    what = "a clean Python" if wanted.file is None else wanted.file
    builder.say(f"Building environment {wanted.short} from {what}, Python {sys.version.split()[0]}.")
    temporary = Path(tempfile.mkdtemp(prefix=f".building-{wanted.key}-", dir=final.parent))
    try:
        installing.install(wanted, folder, temporary, builder)
        facts = {
            "interpreter": f"Python {sys.version.split()[0]}",
            "packages": installing.packages(temporary),
            "size": installing.seal(temporary),
            "build_seconds": round(time.monotonic() - began, 2),
        }
        (temporary / READY).write_text(json.dumps(facts))
        filetree.remove(final)
        os.rename(temporary, final)
        final.chmod(0o555)
    except OSError as error:
        raise EnvironmentFailure(
            f"The environment could not be built: {error.strerror} ({error.filename})."
        ) from error
    finally:
        filetree.remove(temporary)
    builder.say(f"Environment {wanted.short} is ready after {facts['build_seconds']:.1f} s.")
    return facts


def tidy(node_name: str) -> None:
    """Removes what killed builds left, and environments of this node that nobody used for long."""
    base = paths.environments(node_name)
    if not base.is_dir():
        return
    for left in base.glob(".building-*"):
        key = left.name.split("-")[1]
        _remove_unless_locked(base, key, [left])
    in_use = Execution.objects.filter(finished_at=None).exclude(environment=None).values("environment")
    unused = Environment.objects.filter(
        node_name=node_name, removed_at=None, used_at__lt=timezone.now() - KEPT_UNUSED
    ).exclude(pk__in=in_use)
    for row in unused:
        if _remove_unless_locked(base, row.key, [base / row.key, base / "sources" / row.key]):
            Environment.objects.filter(pk=row.pk).update(removed_at=timezone.now())


def _remove_unless_locked(base: Path, key: str, places: Iterable[Path]) -> bool:
    lock = FileLock(base / f"{key}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    try:
        for place in places:
            filetree.remove(place)
    finally:
        lock.release()
    return True
