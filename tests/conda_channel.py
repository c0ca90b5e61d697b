"""A Conda channel made by hand in a folder, since no public one can be reached from a test."""

import asyncio
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

from rattler.index import index_fs


class Channel:
    """Packages are added, then `index()` makes the folder a channel at `url`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def url(self) -> str:
        return self.folder.as_uri()

    def add(
        self,
        name: str,
        version: str,
        files: Mapping[str, str],
        *,
        depends: tuple[str, ...] = (),
        build: str = "0",
    ) -> None:
        """A noarch package; files under bin/ can be executed."""
        folder = self.folder / "noarch"
        folder.mkdir(parents=True, exist_ok=True)
        index = {
            "name": name,
            "version": version,
            "build": build,
            "build_number": 0,
            "depends": list(depends),
            "subdir": "noarch",
            "noarch": "generic",
            # The solver refuses records without one.
            "timestamp": 1_700_000_000_000,
        }
        paths = [
            {
                "_path": path,
                "path_type": "hardlink",
                "sha256": hashlib.sha256(text.encode()).hexdigest(),
                "size_in_bytes": len(text.encode()),
            }
            for path, text in files.items()
        ]
        members = {
            "info/index.json": json.dumps(index),
            "info/paths.json": json.dumps({"paths_version": 1, "paths": paths}),
            "info/files": "\n".join(files),
            **files,
        }
        with tarfile.open(folder / f"{name}-{version}-{build}.tar.bz2", "w:bz2") as archive:
            for path, text in members.items():
                entry = tarfile.TarInfo(path)
                entry.size = len(text.encode())
                entry.mode = 0o755 if path.startswith("bin/") else 0o644
                archive.addfile(entry, io.BytesIO(text.encode()))

    def index(self) -> None:
        asyncio.run(index_fs(self.folder))
