"""Uploaded archives that wait until whoever sent them has decided how to read them.

Each lies in a folder of its own among the half-made things, where it is removed after a day.
"""

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from coretex_site.lib import filetree, paths
from coretex_site.lib.intake import Question
from coretex_site.lib.treepaths import TreeError
from coretex_site.lib.uploading import Upload

TOKEN = re.compile(r"[A-Za-z0-9_-]{20,40}")
SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Pending:
    """An archive, the form that it came with, and what is to be decided.

    `action` is the address to which the form was posted, `fields` what else was in it. `readings` are
    {encoding, label, examples}; `ignored` is [(what .gitignore names, number of files)].
    """

    user: int
    filename: str
    action: str
    fields: dict[str, str]
    readings: list[dict[str, Any]]
    ignored: list[tuple[str, int]]
    ignored_files: int

    @property
    def more_ignored(self) -> int:
        """How many files are not among `ignored`."""
        return self.ignored_files - sum(count for _, count in self.ignored)


def about(question: Question, filename: str, *, user: int, action: str, fields: Mapping[str, str]) -> Pending:
    """What is to be asked about an archive, as it is stored with it."""
    found = question.gitignored()
    return Pending(
        user=user,
        filename=filename,
        action=action,
        fields=dict(fields),
        readings=[asdict(reading) for reading in question.readings],
        ignored=found.most_common(SHOWN),
        ignored_files=found.total(),
    )


def keep(upload: Upload, pending: Pending) -> str:
    """Stores an archive with what is to be decided; returns the token by which it is found again."""
    token = secrets.token_urlsafe(24)
    _folder(token).mkdir(parents=True)
    upload.keep_at(_folder(token) / "archive")
    ask(token, pending)
    return token


def ask(token: str, pending: Pending) -> None:
    """Stores what is to be decided next about an archive that is there."""
    fresh = _folder(token) / "fresh"
    fresh.write_text(json.dumps(asdict(pending)))
    os.replace(fresh, _folder(token) / "about.json")  # which renews the day, too


def find(token: str, *, user: int) -> Pending:
    """The archive of this token, if it is the user's; raises TreeError."""
    try:
        stored = json.loads((_folder(token) / "about.json").read_text())
    except FileNotFoundError:
        raise _gone() from None
    if stored["user"] != user:
        raise _gone()
    return Pending(**stored | {"ignored": [(name, count) for name, count in stored["ignored"]]})


def archive(token: str, *, user: int) -> Upload:
    """The archive itself; raises TreeError."""
    found = find(token, user=user)
    try:
        return Upload.waiting(found.filename, _folder(token) / "archive")
    except FileNotFoundError:  # removed since
        raise _gone() from None


def drop(token: str) -> None:
    """Removes an archive of a token that was found; one that is gone by now is no error."""
    filetree.remove(_folder(token))


def _folder(token: str) -> Path:
    if not TOKEN.fullmatch(token):
        raise _gone()
    return paths.scratch() / f"pending-{token}"


def _gone() -> TreeError:
    return TreeError(
        "This upload is no longer here: it was stored, discarded, or a day has passed. Send it again."
    )
