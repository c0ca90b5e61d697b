"""What activating a Conda prefix sets, found once when it is built. Knows no rows."""

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from runs.runtimes import steps
from runs.runtimes.causes.built import Built
from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.steps import Builder

# Sources what the other arguments name, in order, as `conda activate` does; then notes all variables.
SOURCE = 'list=$1; note=$2; shift 2; for script in "$@"; do . "$script"; done; "$list" -0 > "$note"'
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# The shell's own, and those that every script gets from `runs.engine.prepare`.
OURS = {"PATH", "HOME", "PWD", "OLDPWD", "SHLVL", "_", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "CONDA_SHLVL"}


def variables(target: Path, declared: Mapping[str, str], what: str, builder: Builder) -> dict[str, str]:
    """Those of installed packages, of the prefix's state and of environment.yml (`declared`)."""
    known = {**_noted(target), **declared}
    scripts = sorted((target / "etc" / "conda" / "activate.d").glob("*.sh"))
    if not scripts:
        return known
    bash, list_them = shutil.which("bash"), shutil.which("env")
    if bash is None or list_them is None:
        raise EnvironmentFailure(
            f"{what} installs packages that set variables by {scripts[0].name}, and bash, which reads that, "
            "is not installed on this node. Ask your administrator to install it there."
        )
    clean = {
        "PATH": os.pathsep.join([str(target / "bin"), os.defpath]),
        "HOME": "/",
        "CONDA_PREFIX": str(target),
        "CONDA_DEFAULT_ENV": target.name,
        "CONDA_SHLVL": "1",
    }
    note = target.parent / f"{target.name}.variables"
    command = [bash, "--noprofile", "--norc", "-c", SOURCE, "bash", list_them, str(note), *map(str, scripts)]
    try:
        steps.run(command, builder, environment={**known, **clean}, built=Built(file=what))
        found = note.read_bytes().decode("utf-8", "surrogateescape").split("\0")
    except FileNotFoundError as error:
        raise EnvironmentFailure(
            f"The environment could not be built from {what}: an activation script of its packages "
            f"({', '.join(script.name for script in scripts)}) ended the shell that read it."
        ) from error
    finally:
        note.unlink(missing_ok=True)
    pairs = [text.partition("=") for text in found]
    return {name: value for name, _, value in pairs if NAME.fullmatch(name) and name not in OURS}


def _noted(target: Path) -> dict[str, str]:
    """What packages and people noted as JSON; the state of the prefix comes last."""
    found: dict[str, str] = {}
    for path in sorted((target / "etc" / "conda" / "env_vars.d").glob("*.json")):
        found |= _texts(path, _read(path))
    state = target / "conda-meta" / "state"
    if state.is_file():
        data = _read(state)
        found |= _texts(state, data.get("env_vars", {}) if isinstance(data, dict) else data)
    return found


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise EnvironmentFailure(
            f"{path.name} of a Conda package, which is to set variables, is no JSON: {error}. Leave the "
            "package out, or choose another build of it."
        ) from error


def _texts(path: Path, data: object) -> dict[str, str]:
    if not isinstance(data, dict):
        raise EnvironmentFailure(f"{path.name} of a Conda package must be a mapping of names to text.")
    return {name: str(value) for name, value in data.items() if NAME.fullmatch(name)}
