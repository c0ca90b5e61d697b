"""System checks, each with an id and a hint: what an operator should know before people do."""

import shutil
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register()
def disk_space(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warns when the data folder's disk is nearly full."""
    if not settings.DATA_DIR.is_dir():
        return []
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free >= 1024**3:
        return []
    return [
        Warning(
            f"Only {free // 1024**2} MB are free on the disk of the data folder {settings.DATA_DIR}.",
            hint="Delete Runs that are not needed, or move the data folder with CORETEX_DATA_DIR.",
            id="coretex.W001",
        )
    ]
