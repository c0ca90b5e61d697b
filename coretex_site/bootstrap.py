"""Makes `.venv`, installs the project into it and continues inside. Knows the standard library only."""

import argparse
import fcntl
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# Written last: without it, nothing in `.venv` counts.
STAMP = VENV / "coretex.json"

# The options of `up` and `node` that are settings: each is the same as its variable.
OPTIONS = {
    "--host": ("CORETEX_HOST", "the address to listen on (127.0.0.1)"),
    "--port": ("CORETEX_PORT", "the port to listen on (8000)"),
    "--data": ("CORETEX_DATA_DIR", "the data folder (./var)"),
    "--name": ("CORETEX_NODE_NAME", "the name of this node (the machine's)"),
    "--workers": ("CORETEX_WORKERS", "how many Runs this node executes at once (one per core)"),
}
COMMAND_OPTIONS = {
    "up": ("--host", "--port", "--data", "--name", "--workers"),
    "node": ("--data", "--name", "--workers"),
}


def options_to_environment(argv: list[str], environment: MutableMapping[str, str]) -> None:
    """What `up` and `node` are given on the command line becomes variables, before the settings read them."""
    command = argv[1] if len(argv) > 1 else ""
    if command not in COMMAND_OPTIONS:
        return
    parser = argparse.ArgumentParser(prog=f"manage.py {command}", add_help=False, allow_abbrev=False)
    for option in COMMAND_OPTIONS[command]:
        parser.add_argument(option, dest=OPTIONS[option][0])
    parser.add_argument("--no-demo", dest="CORETEX_DEMO", action="store_const", const="0")
    given, _ = parser.parse_known_args(argv[2:])
    environment.update({name: value for name, value in vars(given).items() if value is not None})


def enter_environment(argv: list[str]) -> None:
    """Returns in an interpreter that has all requirements; for that it may install and start `argv` anew."""
    extras = needed_extras(argv)
    inside = Path(sys.prefix).resolve() == VENV.resolve()
    if not inside and sys.prefix != sys.base_prefix and not missing(extras):
        return
    if not is_ready(extras):
        with only_one():
            if not is_ready(extras):
                install(extras)
    if not inside:
        os.execv(PYTHON, [str(PYTHON), *argv])  # noqa: S606


def needed_extras(argv: list[str]) -> set[str]:
    # The tests start the product on PostgreSQL and Redis too: what it needs for that is installed once.
    extras = {"test", "postgres", "redis"} if argv[1:2] == ["test"] else set()
    if setting("CORETEX_DATABASE_URL").startswith("postgres"):
        extras.add("postgres")
    if setting("CORETEX_BROKER_URL"):
        extras.add("redis")
    return extras


def setting(name: str) -> str:
    """A variable as coretex_site.env will find it, as far as its beginning matters."""
    file = ROOT / ".env"
    lines = file.read_text(errors="replace").splitlines() if file.is_file() else []
    values = {}
    for line in lines:
        found = re.match(rf"\s*(?:export\s+)?({name}(?:_FILE)?)\s*=\s*['\"]?([^'\"]*)", line)
        if found:
            values[found[1]] = found[2].strip()
    for source in (os.environ, values):
        text = source.get(name, "").strip()
        path = Path(source.get(f"{name}_FILE", "").strip() or os.devnull)
        if text or path.is_file():
            return text or path.read_text(errors="replace").strip()
    return ""


def missing(extras: set[str]) -> list[str]:
    """The requirements of the project that this interpreter does not have, as written in pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    return [text for text in wanted if not text.startswith(project["name"]) and not is_met(text)]


def is_met(requirement: str) -> bool:
    """Whether an installed distribution satisfies `name[extra]>=1,<2`."""
    ((name, limits),) = re.findall(r"^([\w.-]+)(?:\[[^]]*\])?(.*)$", requirement)
    try:
        version = numbers(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return False
    for limit in filter(None, limits.split(",")):
        ((operator, number),) = re.findall(r"^(>=|<|==)(.*)", limit.strip())
        other = numbers(number)
        met = {">=": version >= other, "<": version < other, "==": version[: len(other)] == other}
        if not met[operator]:
            return False
    return True


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0])[:3])


def wanted_stamp() -> str:
    """Changes when what is to be installed, or where, changes."""
    text = (ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()
    return hashlib.sha256(text).hexdigest()


def read_stamp() -> dict[str, str]:
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp


def is_ready(extras: set[str]) -> bool:
    stamp = read_stamp()
    return (
        stamp.get("hash") == wanted_stamp()
        and extras <= set(stamp.get("extras", []))
        and PYTHON.exists()
        # The system's Python may have been replaced by another version under the same name.
        and stamp.get("interpreter") == os.path.realpath(PYTHON)
    )


@contextmanager
def only_one() -> Iterator[None]:
    """Waits until no other start is installing. The lock is on manage.py itself, so it leaves nothing."""
    with (ROOT / "manage.py").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def install(extras: set[str]) -> None:
    """Makes `.venv` as pyproject.toml wants it, or ends the program with the installer's own words."""
    stamp = read_stamp()
    extras = extras | set(stamp.get("extras", []))
    started = time.monotonic()
    what = "Updating" if stamp else "Making"
    print(f"{what} .venv and installing Coretex into it, which takes a minute or two …", end=" ", flush=True)
    try:
        STAMP.unlink(missing_ok=True)
        installer = make_venv(keep=stamp.get("interpreter") == os.path.realpath(PYTHON))
        target = f"{ROOT}[{','.join(sorted(extras))}]" if extras else str(ROOT)
        run([*installer, "install", "--quiet", "--disable-pip-version-check", "--editable", target])
        new = {"hash": wanted_stamp(), "extras": sorted(extras), "interpreter": os.path.realpath(PYTHON)}
        half = STAMP.with_suffix(".half")
        half.write_text(json.dumps(new))
        half.rename(STAMP)
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. The next start continues.")
    except OSError as error:
        sys.exit(f"\n{VENV} cannot be made: {error.strerror}. The folder of manage.py has to be writable.")
    print(f"done in {time.monotonic() - started:.0f} s.", flush=True)


def make_venv(*, keep: bool) -> list[str]:
    """Makes `.venv` unless it can be kept; the answer begins a pip command that installs into it."""
    if Path(sys.prefix).resolve() == VENV.resolve() or (
        keep and works([str(PYTHON), "-m", "pip", "--version"])
    ):
        return [str(PYTHON), "-m", "pip"]
    shutil.rmtree(VENV, ignore_errors=True)
    if works([sys.executable, "-c", "import ensurepip"]):
        run([sys.executable, "-m", "venv", str(VENV)])
        return [str(PYTHON), "-m", "pip"]
    if works([sys.executable, "-m", "pip", "--python", sys.executable, "--version"]):
        run([sys.executable, "-m", "venv", "--without-pip", str(VENV)])
        return [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    sys.exit(
        f"\nThis Python can make no virtual environments, since its ensurepip is missing. On Debian and "
        f"Ubuntu the package python{version}-venv has it: sudo apt install python{version}-venv"
    )


def works(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def run(command: list[str]) -> None:
    """Runs quietly; on failure shows all that was said and ends the program."""
    result = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False
    )
    if result.returncode:
        print("\n" + result.stdout.decode(errors="replace").rstrip(), file=sys.stderr, flush=True)
        sys.exit(
            "Coretex could not be installed; see the installer's "
            "output above. Fix the problem and start again."
        )
