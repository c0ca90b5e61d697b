"""What reading a Task's files finds before they run, and what a click may change about it. Values only."""

from dataclasses import dataclass
from typing import Literal

from tasks.environment_files import Fix
from tasks.proposals.code import Place

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A sentence about a place of a file, and what one click can do about it. An error ends the Run.

    `is_unread_list`: it is about a list of packages that is not read, which environments note as well.
    """

    severity: Severity
    message: str
    place: Place | None = None
    fixes: tuple[Fix, ...] = ()
    is_unread_list: bool = False

    @property
    def is_error(self) -> bool:
        return self.severity == "error"

    def __str__(self) -> str:
        return f"{self.severity}: {'' if self.place is None else f'{self.place}: '}{self.message}"


def enumeration(items: list[str], *, most: int = 8) -> str:
    """`a, b and c`; of more than `most` the first, and how many others there are."""
    shown = items if len(items) <= most else [*items[:most], f"{len(items) - most} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
