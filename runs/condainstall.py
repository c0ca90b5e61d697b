"""A program that solves and installs a Conda environment with py-rattler, without any Conda installed.

Runs as a child of a worker, so that what it prints is the Run's console and a stop request ends it.
Its argument names a JSON file {channels, dependencies, prefix, cache, alias, mapping, lock}. It exits
with 0, or with 1 after a sentence.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from rattler import Channel, Gateway, MatchSpec, VirtualPackage, install, solve
from rattler.channel import ChannelConfig
from rattler.exceptions import InvalidMatchSpecError, SolverError
from rattler.platform import Subdir

# What Conda itself uses where a file names no channel differs by vendor; this is the community's.
DEFAULT_CHANNELS = ["conda-forge"]


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def channel_of(name: str, mapping: dict[str, str], alias: str) -> Channel:
    """A channel by its name, mapped to a mirror or a file:// folder when the operator says so."""
    if name in mapping:
        return Channel(mapping[name])
    if alias and "://" not in name:
        return Channel(name, ChannelConfig(channel_alias=alias.rstrip("/") + "/"))
    return Channel(name)


async def build(request: dict[str, Any]) -> None:
    names = [name for name in request["channels"] if name != "nodefaults"] or DEFAULT_CHANNELS
    channels = [channel_of(name, request["mapping"], request["alias"]) for name in names]
    specs = [MatchSpec(text) for text in request["dependencies"]]
    cache = Path(request["cache"])
    platforms = [Subdir.current(), Subdir("noarch")]
    say(f"Solving {len(specs)} dependencies from {', '.join(c.base_url for c in channels)}")
    records = await solve(
        sources=channels,
        specs=specs,
        gateway=Gateway(cache_dir=str(cache / "repodata")),
        platforms=platforms,
        virtual_packages=VirtualPackage.detect(),
    )
    for record in sorted(records, key=lambda r: r.name.normalized):
        say(f"  {record.name.normalized} {record.version} {record.build}")
    say(f"Installing {len(records)} packages")
    await install(
        records,
        target_prefix=request["prefix"],
        cache_dir=str(cache / "packages"),
        show_progress=False,
        execute_link_scripts=True,
    )
    lock = [{"url": str(r.url), "sha256": r.sha256.hex() if r.sha256 else ""} for r in records]
    lines = [f"{r.name.normalized}=={r.version} ({r.build}, {r.channel or ''})" for r in records]
    Path(request["lock"]).write_text(json.dumps({"packages": lock, "lines": sorted(lines)}))


def main(path: str) -> int:
    request = json.loads(Path(path).read_text())
    try:
        asyncio.run(build(request))
    except InvalidMatchSpecError as error:
        say(f"A dependency in the environment file cannot be read: {error}")
    except SolverError as error:
        say(f"The dependencies cannot be satisfied together:\n{error}")
    except (
        Exception
    ) as error:  # every error of the installer is told in the console, which is its only reader
        say(f"The Conda environment could not be built: {type(error).__name__}: {error}")
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
