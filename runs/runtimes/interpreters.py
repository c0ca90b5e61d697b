"""Which Python an environment is made of, among those on this machine. Knows no Django and downloads none."""

import json
import os
import re
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uv

from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.requirement_lines import decode
from tasks.runtime import PROJECT_FILE

VERSION_FILE = ".python-version"
REQUEST = re.compile(r"[A-Za-z0-9@.+_ ,<>=!~*-]{1,100}")
# What was found is asked for anew after a while: someone may have installed another.
REMEMBERED = 300.0
_found: dict[str, tuple[float, "Interpreter"]] = {}


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """A Python on this machine; `why` says which file asked for it, empty for the server's own."""

    path: str
    version: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.path} {self.version}"


def base_interpreter() -> str:
    """The Python of the server: never the one of its own environment."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def find_uv() -> str:
    try:
        return uv.find_uv_bin()
    except FileNotFoundError as error:
        raise EnvironmentFailure(
            "The installer uv is missing from the server's own environment. "
            "Ask your administrator to install it."
        ) from error


def choose(folder: Path, *, wanted: tuple[str, str] | None = None) -> Interpreter:
    """The server's Python, unless a file of the Task asks for one that it is not.

    `wanted` is what the entry script asks for and its name, in place of pyproject.toml.
    """
    found = requested(folder, wanted)
    if found is None:
        return Interpreter(path=base_interpreter(), version=sys.version.split()[0])
    request, file = found
    known = _found.get(request)
    if known is None or time.monotonic() - known[0] > REMEMBERED:
        known = time.monotonic(), _find(request, file)
        _found[request] = known
    return Interpreter(path=known[1].path, version=known[1].version, why=f"{file} asks for {request}")


def requested(folder: Path, wanted: tuple[str, str] | None = None) -> tuple[str, str] | None:
    """(what is asked for, by which file): the first line of .python-version, else requires-python."""
    version = folder / VERSION_FILE
    if version.is_file():
        lines = [line.strip() for line in decode(version.read_bytes()).splitlines()]
        text = next((line for line in lines if line and not line.startswith("#")), "")
        if text:
            return _checked(text, VERSION_FILE), VERSION_FILE
    if wanted is not None:
        return _checked(wanted[0], f"{wanted[1]} (requires-python)"), wanted[1]
    project = folder / PROJECT_FILE
    if project.is_file():
        try:
            data = tomllib.loads(project.read_text("utf-8-sig", "replace"))
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise EnvironmentFailure(f"{PROJECT_FILE} cannot be read: {error}.") from error
        table = data.get("project")
        versions = table.get("requires-python") if isinstance(table, dict) else None
        if versions is not None:
            return _checked(versions, f"{PROJECT_FILE} (requires-python)"), PROJECT_FILE
    return None


def _checked(text: object, file: str) -> str:
    if not isinstance(text, str) or REQUEST.fullmatch(text) is None or text.startswith("-"):
        raise EnvironmentFailure(
            f"{file} must name a version of Python such as "
            f"3.11 or >=3.9,<3.12, but contains {str(text)[:100]!r}."
        )
    return text.strip()


def _find(request: str, file: str) -> Interpreter:
    done = _ask("find", "--no-python-downloads", request)
    path = done.stdout.strip()
    if done.returncode or not path:
        raise EnvironmentFailure(
            f"No Python on this node matches what {file} asks for ({request}). There are {_listed()}. "
            f"Change {file}, or ask your administrator to install one."
        )
    version = subprocess.run(
        [path, "-I", "-c", "import sys; print(sys.version.split()[0]); print(sys.executable)"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        cwd="/",
    ).stdout.split("\n")
    return Interpreter(path=os.path.realpath(version[1] or path), version=version[0])


def versions() -> list[str]:
    """The versions of all Pythons on this machine."""
    return [one["version"] for one in _all()]


def _all() -> list[dict[str, Any]]:
    done = _ask("list", "--only-installed", "--output-format", "json")
    try:
        found = json.loads(done.stdout)
    except ValueError:
        return []
    return [one for one in found if one.get("symlink") is None]


def _listed() -> str:
    """Every Python on this machine, as people name it."""
    texts = {one["version"]: f"{one['version']} ({one['path']})" for one in reversed(_all())}
    version = sys.version.split()[0]
    return ", ".join(texts.values()) or f"{version} ({base_interpreter()})"


def _ask(verb: str, *words: str) -> subprocess.CompletedProcess[str]:
    """What uv knows of the machine's Pythons. The server's own is looked at first, its environment never."""
    own = os.path.join(sys.prefix, "bin") if sys.prefix != sys.base_prefix else ""
    places = [place for place in os.environ.get("PATH", os.defpath).split(os.pathsep) if place != own]
    environment = {
        "HOME": os.environ.get("HOME", "/"),
        "PATH": os.pathsep.join([os.path.dirname(base_interpreter()), *places]),
        "UV_PYTHON_PREFERENCE": "system",
        **{
            name: os.environ[name]
            for name in ("UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME")
            if name in os.environ
        },
    }
    return subprocess.run(
        [find_uv(), "python", verb, *words, "--no-config"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        cwd="/",
        env=environment,
    )
