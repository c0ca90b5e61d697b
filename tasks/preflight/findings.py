"""What reading a Task's files finds before they run, and what a click may change about it. Values only."""

import hashlib
from dataclasses import dataclass
from typing import Literal

from tasks.proposals.code import Place

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class Mend:
    """One change of the Task's files: `text` becomes the file `path`, and `removes` goes away.

    `label` is what the button says, `done` the message afterwards.
    """

    label: str
    done: str
    path: str
    text: str | bytes
    removes: str = ""

    @property
    def content(self) -> bytes:
        return self.text.encode() if isinstance(self.text, str) else self.text

    @property
    def key(self) -> str:
        """The same for the same change only."""
        told = repr((self.path, self.removes, self.content)).encode()
        return hashlib.sha256(told).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A sentence about a place of a file. An error ends the Run; a warning may."""

    severity: Severity
    message: str
    place: Place | None = None
    mend: Mend | None = None

    @property
    def is_error(self) -> bool:
        return self.severity == "error"

    def __str__(self) -> str:
        return f"{self.severity}: {'' if self.place is None else f'{self.place}: '}{self.message}"
