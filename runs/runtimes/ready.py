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

# Short scripts need not find it anew for so long; nor ask whether someone wants its removal, if that was
# asked since they were queued and a moment ago.
REMEMBERED = timedelta(seconds=30)
TRUSTED = timedelta(seconds=1)
MOST_REMEMBERED = 100

# The folder of a node's environments, the digest of a Snapshot, and whether a notebook is to be executed.
Key = tuple[Path, str, bool]


@dataclass(frozen=True, kw_only=True)
class Ready:
    """An environment that can be used; `variables` are what Conda sets for the script."""

    row: Environment
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    has_python: bool = True

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


@dataclass(kw_only=True)
class Used:
    """An environment that was used, when it was found, and when it was last known to be wanted."""

    ready: Ready
    found_at: datetime
    checked_at: datetime

    def is_usable(self, *, since: datetime) -> bool:
        """Whether it is there, and wanted by what was known at some time after `since`."""
        now = timezone.now()
        if now - self.found_at >= REMEMBERED or not self.ready.is_there():
            return False
        if self.checked_at > since and now - self.checked_at < TRUSTED:
            return True
        self.checked_at = now
        return self.ready.is_wanted()


_used: dict[Key, Used] = {}


def used_lately(key: Key, *, since: datetime) -> Ready | None:
    """What was found when the same was asked for lately, if it is there and was wanted after `since`."""
    used = _used.get(key)
    return used.ready if used is not None and used.is_usable(since=since) else None


def remember(key: Key, found: Ready) -> None:
    if len(_used) >= MOST_REMEMBERED:
        _used.clear()
    now = timezone.now()
    _used[key] = Used(ready=found, found_at=now, checked_at=now)


def forget() -> None:
    """Makes this process ask anew for what it used lately."""
    _used.clear()
