"""System checks, each with an id and a hint: what an operator should know before people do."""

import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, register
from django.core.checks import Warning as CheckWarning


@register()
def disk_space(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warns when the data folder's disk is nearly full."""
    if not settings.DATA_DIR.is_dir():
        return []
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free >= 1024**3:
        return []
    return [
        CheckWarning(
            f"Only {free // 1024**2} MB are free on the disk of the data folder {settings.DATA_DIR}.",
            hint="Delete Runs that are not needed, or move the data folder with CORETEX_DATA_DIR.",
            id="coretex.W001",
        )
    ]


# {program: (id, what needs it, how to have it)}
PROGRAMS = {
    "Rscript": (
        "coretex.W002",
        "entry scripts in R, unless their environment.yml lists r-base",
        "install R (on Debian: apt install r-base-core)",
    ),
    "bash": ("coretex.W003", "entry scripts that end with .sh", "install bash"),
    "git": ("coretex.W004", "requirements that are links to git repositories", "install git"),
}


@register()
def programs(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warns of programs that some Tasks need and this machine lacks; a Run that needs one says so too."""
    return [
        CheckWarning(
            f"{name} is not installed on this machine: it is needed for {purpose}.",
            hint=f"{hint[0].upper()}{hint[1:]} on every node, if your Tasks need it.",
            id=number,
        )
        for name, (number, purpose, hint) in PROGRAMS.items()
        if shutil.which(name) is None
    ]


@register()
def conda(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warns when environment.yml cannot be built: the operator's program is not there, nor py-rattler."""
    if settings.CONDA:
        if shutil.which(settings.CONDA) is not None:
            return []
        problem = f"CORETEX_CONDA names {settings.CONDA}, which is not an executable program"
    elif find_spec("rattler") is None:
        problem = "py-rattler is not installed beside Coretex"
    else:
        return []
    return [
        CheckWarning(
            f"{problem}: Tasks with an environment.yml cannot be run.",
            hint="Set CORETEX_CONDA to micromamba, mamba or conda, or leave it empty and install py-rattler.",
            id="coretex.W005",
        )
    ]
