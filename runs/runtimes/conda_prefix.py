"""Builds Conda prefixes: with py-rattler, or with the program that the operator names. Knows no rows."""

import json
import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from coretex_site.lib import filetree
from runs.runtimes import steps, venvs
from runs.runtimes.causes.built import Built
from runs.runtimes.conda_file import CondaFile
from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.requirements import NOTEBOOK, Wanted
from runs.runtimes.steps import Builder

# What Conda itself uses where a file names no channel differs by vendor; this is the community's.
DEFAULT_CHANNELS = ("conda-forge",)


def build(wanted: Wanted, file: CondaFile, folder: Path, target: Path, builder: Builder) -> None:
    """A prefix at `target`, where it stays: what Conda installs has the path written into it."""
    channels, specs = resolve(file, wanted.lock)
    solve = _with_program if settings.CONDA else _with_rattler
    solve(channels, specs, wanted, target, builder)
    extras = []
    if wanted.extras == NOTEBOOK:
        extras = [name for name in NOTEBOOK if not any(target.glob(f"lib/python*/site-packages/{name}"))]
    if not extras and not wanted.lists.requirements:
        return
    if not (target / "bin" / "python").exists():
        raise EnvironmentFailure(
            f"{wanted.file} lists packages for pip, and no python among its dependencies to install "
            "them with. Add python to the dependencies."
        )
    venvs.install(wanted, extras, folder, target, builder)


def resolve(file: CondaFile, lock: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The addresses of the channels and the specs to solve for, with what the operator maps mapped."""
    named = [name for name in file.channels if name != "nodefaults"] or list(DEFAULT_CHANNELS)
    channels = [address(name) for name in named]
    specs = []
    exact = [line for line in lock if "==" not in line and " @ " not in line]
    for text in exact or file.dependencies:
        channel, separator, rest = text.partition("::")
        if separator and " " not in channel and "[" not in channel:
            channels.append(address(channel))
            text = f"{address(channel)}::{rest}"
        specs.append(text)
    return list(dict.fromkeys(channels)), specs


def address(name: str) -> str:
    """Where a channel is: as the operator says, by its name or below the alias; else the name itself."""
    mapping: Mapping[str, str] = settings.CONDA_CHANNELS
    if name in mapping:
        return mapping[name]
    if settings.CONDA_CHANNEL_ALIAS and "://" not in name:
        return f"{settings.CONDA_CHANNEL_ALIAS.rstrip('/')}/{name}"
    return name


def _with_rattler(
    channels: list[str], specs: list[str], wanted: Wanted, target: Path, builder: Builder
) -> None:
    if find_spec("rattler") is None:
        raise EnvironmentFailure(
            "Conda environments are built with py-rattler, which is missing from the server's "
            "environment. Ask your administrator to install it, or to set CORETEX_CONDA to a Conda program."
        )
    request = {
        "channels": channels,
        "dependencies": specs,
        "prefix": str(target),
        "cache": str(target.parent / "cache" / "conda"),
    }
    path = target.parent / f"{wanted.key}.request.json"
    path.write_text(json.dumps(request))
    installer = steps.installer(target.parent, builder)
    environment = {**installer.environment, "PYTHONPATH": str(settings.BASE_DIR)}
    try:
        command = [sys.executable, "-m", "runs.runtimes.conda_install", str(path)]
        steps.run(command, builder, environment=environment, built=Built(file=wanted.file))
    finally:
        path.unlink(missing_ok=True)


def _with_program(
    channels: list[str], specs: list[str], wanted: Wanted, target: Path, builder: Builder
) -> None:
    """Calls micromamba, mamba or conda, whose caches are shared by all environments of the node."""
    path = target.parent / f"{wanted.key}.environment.yml"
    path.write_text(yaml.safe_dump({"channels": channels, "dependencies": specs}))
    cache = target.parent / "cache"
    environment = {
        "CONDA_PKGS_DIRS": str(cache / "conda-packages"),
        "MAMBA_ROOT_PREFIX": str(cache / "mamba"),
        **steps.installer(target.parent, builder).environment,
    }
    is_micromamba = Path(settings.CONDA).name.startswith("micromamba")
    verb = ["create", "--yes"] if is_micromamba else ["env", "create"]
    filetree.remove(target)
    try:
        command = [settings.CONDA, *verb, "--prefix", str(target), "--file", str(path)]
        built = Built(file=wanted.file)
        steps.run(command, builder, environment=environment, built=built, on_terminal=False)
    finally:
        path.unlink(missing_ok=True)
    if not target.is_dir():
        raise EnvironmentFailure(
            f"The environment could not be built: {settings.CONDA} ended without creating it. Its "
            "output is in the console."
        )


def packages(target: Path, builder: Builder) -> str:
    """The exact packages, `name=version=build` from Conda and `name==version` from pip, one a line."""
    records = list(_records(target))
    lines = [f"{one['name']}={one['version']}={one['build']}" for one in records]
    if (target / "bin" / "python").exists() and _has_pip_packages(target, records):
        known = {str(one["name"]).lower().replace("_", "-") for one in records}
        for line in venvs.frozen(target, builder).splitlines():
            name = line.replace("==", " ").split()[0].lower().replace("_", "-") if line.strip() else ""
            if name and name not in known:
                lines.append(line)
    return "\n".join(sorted(lines))


def interpreter(target: Path) -> str:
    """The languages of a prefix, as people name them."""
    versions = {str(one["name"]): str(one["version"]) for one in _records(target)}
    languages = [
        f"{label} {versions[name]}"
        for name, label in (("python", "Python"), ("r-base", "R"))
        if name in versions
    ]
    return ", ".join(languages) or "neither Python nor R of its own"


def _records(target: Path) -> list[dict[str, Any]]:
    found = [json.loads(path.read_bytes()) for path in sorted(target.glob("conda-meta/*.json"))]
    return [one for one in found if {"name", "version", "build"} <= one.keys()]


def _has_pip_packages(target: Path, records: list[dict[str, Any]]) -> bool:
    """Whether anything in site-packages did not come with a package of Conda."""
    owned = {file for one in records for file in one.get("files", ())}
    return any(
        os.path.relpath(place / "METADATA", target) not in owned
        for place in target.glob("lib/python*/site-packages/*.dist-info")
    )
