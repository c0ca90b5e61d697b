"""A program that compiles what was installed, behind the first script that imports it.

Run by the Python of an environment, so it knows nothing but the standard library, of any version from 3.8.
Each wheel is compiled once for each Python: the compiled files are kept beside the installer's unpacked
wheel, from where they are linked into this environment, and by the installer itself into every later one.
What it has not compiled yet Python compiles in memory, so nothing depends on it.
"""

from __future__ import annotations

import atexit
import csv
import fcntl
import os
import py_compile
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import cache_from_source
from pathlib import Path

# Written once everything is compiled; without it the next user of the environment has it compiled.
COMPILED = "coretex-compiled"
# What other programs of the machine need comes first.
LEAST_URGENT = 19
_children: list[subprocess.Popen[bytes]] = []


def compile_behind(environment: Path, *, ready: str, cache: Path) -> None:
    """Starts the program for an environment, whose file named `ready` is its lock; returns at once.

    `cache` is the installer's. The program ends with the process group of who started it.
    """
    still_compiling()
    program = [str(environment / "bin" / "python"), "-I", "-B", __file__]
    child = subprocess.Popen(
        [*program, str(environment), ready, str(cache)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
    )
    _children.append(child)
    # Waited for, so that it leaves no zombie.
    threading.Thread(target=child.wait, name="bytecode", daemon=True).start()


def still_compiling() -> int:
    """How many programs of this process are not finished."""
    _children[:] = [child for child in _children if child.poll() is None]
    return len(_children)


@atexit.register
def _end() -> None:
    for child in _children:
        child.kill()
        child.wait()


def main(environment: Path, ready: str, cache: Path) -> int:
    os.nice(LEAST_URGENT)
    with (environment / ready).open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        for place in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
            wheels = _wheels(Path(place), cache)
            for source in _sources(place):
                # Environments that are removed meanwhile are moved away first; another may be in its place.
                if not _is_same(lock.fileno(), environment / ready):
                    return 0
                _compile(source, wheels.get(os.path.relpath(source, place)))
        with _writable(environment):
            (environment / COMPILED).touch()
    return 0


def _sources(place: str) -> Iterator[str]:
    for current, _, files in os.walk(place):
        for name in files:
            if name.endswith(".py"):
                yield os.path.join(current, name)


def _wheels(place: Path, cache: Path) -> dict[str, str]:
    """{path below `place`: the same file of the unpacked wheel that it was linked from}.

    uv keeps unpacked wheels in `archive-v0` below its cache and links all files of such a folder.
    """
    unpacked = {}
    for metadata in cache.glob("archive-v*/*/*.dist-info/METADATA"):
        with suppress(OSError):
            unpacked[_identity(metadata)] = metadata.parent.parent
    found = {}
    for metadata in place.glob("*.dist-info/METADATA"):
        wheel = unpacked.get(_identity(metadata))
        if wheel is None:
            continue
        with (metadata.parent / "RECORD").open(newline="", encoding="utf-8", errors="replace") as record:
            found.update({row[0]: str(wheel / row[0]) for row in csv.reader(record) if row})
    return found


def _is_same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _compile(source: str, kept: str | None) -> None:
    """Compiles a file, into the unpacked wheel too when it came from one; what cannot be compiled is left."""
    target = cache_from_source(source)
    first = ""
    if kept is not None and os.path.exists(kept):
        first = cache_from_source(kept)
        if not os.path.exists(first) and not _write(kept, first):
            return
    with suppress(OSError), _folder_for(target):
        # A script of root may have written it meanwhile.
        if os.path.exists(target):
            return
        if first:
            _link(first, target)
        else:
            _write(source, target)


def _write(source: str, target: str) -> bool:
    """Whether it could be compiled. It counts whatever the time of its source, which never changes."""
    try:
        py_compile.compile(
            source,
            cfile=target,
            dfile=os.path.basename(source),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        os.chmod(target, 0o444)
    except Exception:  # a file of another Python, a template: Python says so to whoever imports it
        return False
    return True


def _link(kept: str, target: str) -> None:
    try:
        os.link(kept, target)
    except FileExistsError:
        return
    except OSError:
        # On another disk.
        beside = f"{target}.{os.getpid()}"
        shutil.copyfile(kept, beside)
        os.chmod(beside, 0o444)
        os.rename(beside, target)


@contextmanager
def _folder_for(target: str) -> Iterator[None]:
    """Makes `__pycache__` in a folder that nobody may write, and leaves both like that."""
    folder = Path(target).parent
    with _writable(folder.parent):
        folder.mkdir(exist_ok=True)
        with _writable(folder):
            yield


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    os.chmod(folder, 0o755)  # noqa: S103  (everyone may read what is installed)
    try:
        yield
    finally:
        os.chmod(folder, 0o555)  # noqa: S103


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
