"""Removes environments that a node needs no more, never one that an Execution uses. Knows no building."""

import os
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from filelock import FileLock, Timeout

from coretex_site.lib import filetree, paths
from runs.models import Environment, Execution
from runs.states import ACTIVE

# Written last into an environment: without it, nothing in its folder counts.
READY = "coretex-ready.json"
KEY = re.compile(r"[0-9a-f]{40}")
KEPT_UNUSED = timedelta(days=60)
# An environment is chosen before its Execution says so: what was used a moment ago stays.
JUST_USED = timedelta(minutes=5)


def tidy(node_name: str) -> None:
    """Removes what killed builds left, what people deleted, what is old, and what is over the disk limit."""
    base = paths.environments(node_name)
    if not base.is_dir():
        return
    for left in [*base.glob(".building-*"), *base.glob(".removed-*")]:
        _remove_unless_locked(base, left.name.split("-")[1], left)
    # Conda prefixes are built where they stay, and so is what projects are installed from.
    for left in [*base.iterdir(), *base.glob("sources/*")]:
        if KEY.fullmatch(left.name) and not (base / left.name / READY).exists():
            _remove_unless_locked(base, left.name, left)
    # Nobody finds a deleted one any longer; who found it just before is being prepared still.
    if not _preparing(node_name):
        for row in _removable(node_name).exclude(unwanted_at=None):
            remove(row)
    resting = _removable(node_name).filter(used_at__lt=timezone.now() - JUST_USED)
    for row in resting.filter(used_at__lt=timezone.now() - KEPT_UNUSED):
        remove(row)
    if settings.ENVIRONMENTS_MAX_BYTES:
        _free_down_to(settings.ENVIRONMENTS_MAX_BYTES, node_name, resting)


def _users(row: Environment) -> QuerySet[Execution]:
    return Execution.objects.filter(state__in=ACTIVE, environment=row)


def _preparing(node_name: str) -> bool:
    return Execution.objects.filter(state__in=ACTIVE, environment=None, node__name=node_name).exists()


def _removable(node_name: str) -> QuerySet[Environment]:
    """Those that no Execution uses now, least recently used first."""
    in_use = Execution.objects.filter(state__in=ACTIVE).exclude(environment=None).values("environment")
    rows = Environment.objects.filter(node_name=node_name, removed_at=None).exclude(pk__in=in_use)
    return rows.order_by("used_at", "pk")


def _free_down_to(limit: int, node_name: str, rows: Iterable[Environment]) -> None:
    present = Environment.objects.filter(node_name=node_name, removed_at=None)
    total = sum(present.values_list("size", flat=True))
    for row in rows:
        if total <= limit:
            return
        if remove(row):
            total -= row.size


def remove(row: Environment) -> bool:
    """Whether it was removed; not while someone builds it, or an Execution has begun to use it."""
    try:
        with FileLock(paths.environments(row.node_name) / f"{row.key}.lock", timeout=0):
            return discard(row)
    except Timeout:
        return False


def discard(row: Environment) -> bool:
    """As `remove`, for who holds the lock of the environment."""
    # The row goes first, if nobody used it since it was read: who needs it from then on builds it anew.
    taken = Environment.objects.filter(pk=row.pk, removed_at=None, used_at=row.used_at)
    if _users(row).exists() or not taken.update(removed_at=timezone.now()):
        return False
    base = paths.environments(row.node_name)
    for place in (base / row.key, base / "sources" / row.key):
        take_away(base, row.key, place)
    return True


def take_away(base: Path, key: str, place: Path) -> None:
    """Removes what belongs to an environment, for who holds its lock; it may be gone already.

    Out of its place by one rename: half of it would still look ready, and who writes there meanwhile, as the
    program does that compiles it, would fill folders that were just emptied.
    """
    if not place.exists():
        return
    removed = tempfile.mkdtemp(prefix=f".removed-{key}-", dir=base)
    os.rename(place, removed)
    filetree.remove(Path(removed))


def _remove_unless_locked(base: Path, key: str, place: Path) -> None:
    with suppress(Timeout), FileLock(base / f"{key}.lock", timeout=0):
        # One that became ready since it was looked at is none that was left.
        if place.name != key or not (base / key / READY).exists():
            take_away(base, key, place)
