"""What a script or a project says to uv: its lock, and what of its tables a build reads. No Django."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from runs.runtimes import requirement_files
from runs.runtimes.failure import EnvironmentFailure
from tasks.project_tables import Listed
from tasks.runtime import LOCK_FILE, PROJECT_FILE

# What uv.lock says where packages are installed from folders or files of the Task.
LOCAL_SOURCE = re.compile(r"(directory|editable|path) = \"(?!\.\")|registry = \"(?![a-z]+://)")


def lock_of(folder: Path, listed: Listed) -> str | None:
    """The text of uv.lock, which must know every dependency: uv would install what it knows and no more."""
    path = folder / LOCK_FILE
    if not path.is_file():
        return None
    text = requirement_files.text_of(path, LOCK_FILE)
    known = set(re.findall(r'\bname = "([^"]+)"', text))
    unknown = [one for one in listed.dependencies if canonicalize_name(Requirement(one).name) not in known]
    if unknown:
        raise EnvironmentFailure(
            f"{LOCK_FILE} does not know {unknown[0]}, which {PROJECT_FILE} lists. Run uv lock and add the "
            f"new {LOCK_FILE} to the Task, or delete it there."
        )
    return text


def is_local(listed: Listed, uv_lock: str | None) -> bool:
    """Whether a script or project is built from files of the Task beside its own table."""
    uv = _uv_table(listed)
    found = uv.get("sources")
    entries = found.values() if isinstance(found, dict) else ()
    sources = [one for entry in entries for one in (entry if isinstance(entry, list) else [entry])]
    places = [
        *_items(uv.get("find-links")),
        *(one.get("url") for one in _items(uv.get("index")) if isinstance(one, dict)),
    ]
    return (
        listed.is_package
        or any({"path", "workspace"} & one.keys() for one in sources if isinstance(one, dict))
        or any(isinstance(place, str) and "://" not in place for place in places)
        or any("file:" in one for one in listed.dependencies)
        or LOCAL_SOURCE.search(uv_lock or "") is not None
    )


def _uv_table(listed: Listed) -> Mapping[str, Any]:
    tool = listed.table.get("tool")
    uv = tool.get("uv") if isinstance(tool, dict) else None
    return uv if isinstance(uv, dict) else {}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def relevant(listed: Listed) -> dict[str, Any]:
    """What a build reads of a pyproject.toml or of a block: not what only configures other tools."""
    return {**{key: value for key, value in listed.table.items() if key != "tool"}, "uv": _uv_table(listed)}
