"""Builds one environment, seals it and marks it as ready; nothing half-made stays. Knows no locks."""

import json
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runs.runtimes import conda_activation, conda_prefix, eviction, venvs
from runs.runtimes.conda_file import CondaFile
from runs.runtimes.eviction import READY
from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.interpreters import Interpreter
from runs.runtimes.requirements import Wanted
from runs.runtimes.steps import Builder

# A Python file that is compiled later takes so much more than itself, on average of scientific packages.
COMPILED_SIZE = 1.4
LONGEST_LOG = 100_000


def build(wanted: Wanted, folder: Path, final: Path, builder: Builder) -> dict[str, Any]:
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
