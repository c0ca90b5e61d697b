"""Environments: what a script can import, built once for equal content on each node. Knows no Executions."""

import json
import os
import tempfile
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
from runs.runtimes import bytecode, conda_activation, conda_prefix, eviction, ready, steps, venvs
from runs.runtimes.conda_file import CondaFile
from runs.runtimes.eviction import READY
from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.interpreters import Interpreter
from runs.runtimes.ready import Ready
from runs.runtimes.requirements import Wanted, want
from runs.runtimes.steps import POLL, Builder

# A Python file that is compiled later takes so much more than itself, on average of scientific packages.
COMPILED_SIZE = 1.4
TOUCH_AFTER = timedelta(minutes=1)
LONGEST_LOG = 100_000
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
            built = _build(wanted, folder, final, builder)
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


def _build(wanted: Wanted, folder: Path, final: Path, builder: Builder) -> dict[str, Any]:
    """Builds it, and marks it as ready last; nothing half-made stays, or looks ready while it does."""
    began = time.monotonic()
    log_from = builder.console.stat().st_size if builder.console.is_file() else 0
    _announce(wanted, builder)
    eviction.take_away(final.parent, wanted.key, final)
    # A venv is made beside its place and moved there; a Conda prefix has to be made where it stays.
    place = final
    if wanted.kind != "conda":
        place = Path(tempfile.mkdtemp(prefix=f".building-{wanted.key}-", dir=final.parent))
    try:
        if isinstance(wanted.base, CondaFile):
            place.mkdir()
            conda_prefix.build(wanted, wanted.base, folder, place, builder)
        else:
            venvs.build(wanted, wanted.base, folder, place, builder)
        built = {
            **_found_in(wanted, place, builder),
            "size": seal(place),
            "build_seconds": round(time.monotonic() - began, 2),
            "build_log": _log(builder, log_from),
        }
        _mark_ready(place, final, built)
    except OSError as error:
        _take_away_half(wanted, final.parent, place)
        raise EnvironmentFailure(
            f"The environment could not be built: {error.strerror} ({error.filename})."
        ) from error
    except BaseException:
        _take_away_half(wanted, final.parent, place)
        raise
    builder.say(f"Environment {wanted.short} is ready after {built['build_seconds']:.1f} s.")
    return built


def _take_away_half(wanted: Wanted, base: Path, place: Path) -> None:
    for half in (place, base / "sources" / wanted.key):
        eviction.take_away(base, wanted.key, half)


def _announce(wanted: Wanted, builder: Builder) -> None:
    what, python = wanted.file, wanted.base if isinstance(wanted.base, Interpreter) else None
    made_of = "" if python is None else f", Python {python.version}"
    if not what:
        what, made_of = "a clean Python", made_of.removeprefix(", Python")
    why = f" ({python.why})" if python is not None and python.why else ""
    exactly = ", exactly as before" if wanted.lock else ""
    builder.say(wanted.sentence)
    builder.say(f"Building environment {wanted.short} from {what}{made_of}{why}{exactly}.")


def _found_in(wanted: Wanted, place: Path, builder: Builder) -> dict[str, Any]:
    """What is in an environment that was just built."""
    if isinstance(wanted.base, CondaFile):
        return {
            "interpreter": conda_prefix.interpreter(place),
            "packages": conda_prefix.packages(place, builder),
            "variables": conda_activation.variables(place, wanted.base.variables, wanted.file, builder),
            "has_python": (place / "bin" / "python").exists(),
        }
    return {
        "interpreter": f"Python {wanted.base.version}",
        "packages": venvs.frozen(place, builder),
    }


def _mark_ready(place: Path, final: Path, built: Mapping[str, Any]) -> None:
    note = place / f"{READY}.new"
    note.write_text(json.dumps(built))
    os.rename(note, place / READY)
    if place != final:
        os.rename(place, final)
    final.chmod(0o555)


def _log(builder: Builder, start: int) -> str:
    """The end of what was said while it was built."""
    if not builder.console.is_file():
        return ""
    with builder.console.open("rb") as file:
        file.seek(max(start, builder.console.stat().st_size - LONGEST_LOG))
        return file.read().decode("utf-8", "replace").replace("\x00", "�")


def seal(folder: Path) -> int:
    """Makes all below `folder` read-only, since its files are shared by hard links.

    Returns their bytes, with those that compiling will add.
    """
    total = 0
    for current, folders, files in os.walk(folder):
        for name in files:
            path = os.path.join(current, name)
            built = os.lstat(path)
            total += built.st_size
            if name.endswith(".py"):
                total += int(COMPILED_SIZE * built.st_size)
            if built.st_mode & 0o222 and not os.path.islink(path):
                os.chmod(path, built.st_mode & 0o7555)
        for name in folders:
            path = os.path.join(current, name)
            if not os.path.islink(path):
                os.chmod(path, 0o555)  # noqa: S103  (everyone may read what is installed)
    return total
