"""Environments that can be used, and those that this process used lately. Builds none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from django.utils import timezone

from runs.fast_path import statements
from runs.models import Environment
from runs.runtimes.eviction import READY

# Short scripts need not find it anew for so long.
REMEMBERED = timedelta(seconds=30)
MOST_REMEMBERED = 100

# The folder of a node's environments, the digest of a Snapshot, and the entry script.
Key = tuple[Path, str, str]


@dataclass(frozen=True, kw_only=True)
class Ready:
    """An environment that can be used; `variables` are what Conda sets for the script.

    `notice` is what the console of every Execution says of it, usually nothing.
    """

    row: Environment
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    has_python: bool = True
    notice: str = ""

    @property
    def is_conda(self) -> bool:
        return self.row.kind == "conda"

    @cached_property
    def programs(self) -> Path:
        return self.folder / "bin"

    @cached_property
    def python(self) -> Path:
        return self.programs / "python"

    @cached_property
    def note(self) -> Path:
        return self.folder / READY

    def is_there(self) -> bool:
        return self.note.exists() and (not self.has_python or self.python.exists())

    def is_wanted(self) -> bool:
        """Whether nobody removed it, or asked for its removal."""
        row = statements.find(Environment, self.row.pk, ("removed_at", "unwanted_at"))
        return row is not None and row.removed_at is None and row.unwanted_at is None


_used: dict[Key, tuple[Ready, datetime]] = {}


def used_lately(key: Key) -> Ready | None:
    """What was found when the same was asked for lately, if it is there and nobody wants its removal."""
    if key not in _used:
        return None
    found, found_at = _used[key]
    is_new = timezone.now() - found_at < REMEMBERED
    return found if is_new and found.is_there() and found.is_wanted() else None


def remember(key: Key, found: Ready) -> None:
    if len(_used) >= MOST_REMEMBERED:
        _used.clear()
    _used[key] = found, timezone.now()


def forget() -> None:
    """Makes this process ask anew for what it used lately."""
    _used.clear()
