"""A program that solves and installs a Conda environment with py-rattler, without any Conda installed.

Runs as a child of a worker, so that what it prints is the Run's console and a stop request ends it.
Its argument names a JSON file {channels, dependencies, prefix, cache}, the channels already mapped to
addresses where the operator says so. It exits with 0, or with 1 after a sentence.
"""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rattler import Channel, Gateway, MatchSpec, RepoDataRecord, VirtualPackage, install, solve
from rattler.exceptions import InvalidMatchSpecError, SolverError
from rattler.platform import Subdir

from runs.runtimes import credentials
from runs.runtimes.causes import CONDA_CAUSE
from runs.runtimes.causes.conda import Missing, of_conflict, of_missing, of_unreadable

TELL_EVERY = 0.5  # seconds


class Unsolved(Exception):
    """Dependencies that cannot be read, or not be satisfied; why was said already."""


def say(text: str) -> None:
    sys.stdout.write(credentials.hide(text) + "\n")
    sys.stdout.flush()


def say_cause(sentence: str) -> None:
    """The last line, which becomes the message of the Execution."""
    if sentence:
        say(f"{CONDA_CAUSE}{sentence}")


def read_specs(texts: Sequence[str]) -> list[MatchSpec]:
    specs, wrong = [], []
    for text in texts:
        try:
            specs.append(MatchSpec(text))
        except InvalidMatchSpecError:
            wrong.append(text)
    if wrong:
        say_cause(of_unreadable(wrong))
        raise Unsolved
    return specs


async def build(request: dict[str, Any]) -> None:
    channels = [Channel(name) for name in request["channels"]]
    specs = read_specs(request["dependencies"])
    cache = Path(request["cache"])
    platforms = [Subdir.current(), Subdir("noarch")]
    gateway = Gateway(cache_dir=cache / "repodata")
    say(f"Solving {len(specs)} dependencies from {', '.join(c.base_url for c in channels)}")
    try:
        records = await solve(
            sources=channels,
            specs=specs,
            gateway=gateway,
            platforms=platforms,
            virtual_packages=VirtualPackage.detect(),
        )
    except SolverError as error:
        say(f"The dependencies cannot be satisfied together:\n{error}")
        say_cause(of_missing(await missing(gateway, channels, platforms, specs)) or of_conflict(str(error)))
        raise Unsolved from error
    for record in sorted(records, key=lambda r: r.name.normalized):
        say(f"  {record.name.normalized} {record.version} {record.build}")
    say(f"Installing {len(records)} packages, {_mebibytes(_size(records))}")
    telling = asyncio.create_task(tell_progress(records, Path(request["prefix"]) / "conda-meta"))
    await install(
        records,
        target_prefix=request["prefix"],
        cache_dir=cache / "packages",
        show_progress=False,
        execute_link_scripts=True,
    )
    telling.cancel()


async def tell_progress(records: Sequence[RepoDataRecord], noted: Path) -> None:
    """Prints, as installers draw on a terminal, how much of what is downloaded and linked is there."""
    while True:
        await asyncio.sleep(TELL_EVERY)
        there = [r for r in records if (noted / f"{r.name.normalized}-{r.version}-{r.build}.json").exists()]
        say(f"packages -- {_mebibytes(_size(there))}/{_mebibytes(_size(records))}")


def _size(records: Sequence[RepoDataRecord]) -> int:
    return sum(record.size or 0 for record in records)


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:.2f} MiB"


async def missing(
    gateway: Gateway, channels: list[Channel], platforms: list[Subdir], specs: list[MatchSpec]
) -> list[Missing]:
    """The dependencies that no package of the channels fits: the solver itself names the first only."""
    found = []
    names = [MatchSpec(spec.name.normalized) for spec in specs if spec.name is not None]
    answers = await gateway.query(channels, platforms, names, recursive=False)
    records = [record for answer in answers for record in answer]
    for spec in specs:
        name = "" if spec.name is None else spec.name.normalized
        same = [record for record in records if record.name.normalized == name]
        if name.startswith("__") or any(spec.matches(record) for record in same):
            continue
        version = "" if spec.version is None else str(spec.version)
        unbuilt = MatchSpec(f"{name} {version}".strip())
        versions = {str(record.version): record.version for record in same}
        found.append(
            Missing(
                name=name,
                version=version.removeprefix("=="),
                build=spec.build or "",
                versions=sorted(versions, key=versions.__getitem__),
                builds=[str(record.build) for record in same if unbuilt.matches(record)],
            )
        )
    return found


def main(path: str) -> int:
    request = json.loads(Path(path).read_text())
    try:
        asyncio.run(build(request))
    except Unsolved:
        pass  # it was said
    except (
        Exception
    ) as error:  # every error of the installer is printed in the console, which is its only reader
        say(f"The Conda environment could not be built: {type(error).__name__}: {error}")
    else:
        return 0
    return 1


if __name__ == "__main__":
    code = main(sys.argv[1])
    sys.stdout.flush()
    # Its threads may outlive the interpreter's orderly end, which then aborts: nothing is left to be done.
    os._exit(code)
