"""What a browser sends when files are uploaded, and storing it in a Dataset."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any, BinaryIO

from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from coretex_site.lib import pending
from coretex_site.lib.archives import Unreadable
from coretex_site.lib.entries import Entry, normal
from coretex_site.lib.ignore_files import IGNORE_FILES, LARGEST_IGNORE_FILE, Patterns
from coretex_site.lib.intake import Choices, Taken
from coretex_site.lib.leftovers import LeftOut
from projects.data import store as datasets
from projects.data.contents import DatasetError
from projects.models import Dataset


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Uploaded files with their relative paths, the folder they go to, and whether an archive is unpacked.

    `skipped` is what the browser did not send. `pending` is the token of an archive that came
    with an earlier request.
    """

    files: Sequence[tuple[str, BinaryIO]]
    into: str
    unpack: bool
    choices: Choices = Choices()
    skipped: LeftOut = field(default_factory=LeftOut)
    pending: str = ""


def read(uploaded: MultiValueDict[str, Any], fields: QueryDict, *, by: User) -> Arrival:
    """`files`, in the same order `paths` (their names if there are none), `into`, and `keep_archive`.

    `gitignore`, `encoding` and `confirmed` are what was decided; `skipped` are lines `COUNT NAME`, and
    `ignored` lines `COUNT IGNORE-FILE NAME`, of what a browser did not send. Instead of `files` there may be
    `pending`; raises TreeError if that archive is no longer there.
    """
    token = fields.get("pending", "")
    if token:
        uploaded.setlist("files", [pending.archive(token, user=by.pk)])  # closed with the request, as all are
    pairs = zip(uploaded.getlist("files"), chain(fields.getlist("paths"), repeat("")), strict=False)
    return Arrival(
        files=[(path or file.name or "", file) for file, path in pairs],
        into=fields.get("into", "").strip("/ "),
        unpack="keep_archive" not in fields,
        choices=Choices(
            gitignore=fields.get("gitignore") == "1",
            encoding=fields.get("encoding", ""),
            is_confirmed="confirmed" in fields,
        ),
        skipped=_skipped(fields),
        pending=token,
    )


def _skipped(fields: QueryDict) -> LeftOut:
    found = LeftOut()
    for count, name in map(_counted, fields.getlist("skipped")):
        found.names[name] = count
    for count, rest in map(_counted, fields.getlist("ignored")):
        source, _, name = rest.partition(" ")
        if source in IGNORE_FILES and name:
            found.ignored.setdefault(source, Counter())[name] = count
    return found


def _counted(line: str) -> tuple[int, str]:
    """`12 NAME` → (12, NAME); anything else counts as none."""
    count, _, name = line.partition(" ")
    return (int(count) if count.isascii() and count.isdecimal() and len(count) < 10 else 0), name


def ignored(ignore_files: Sequence[tuple[str, BinaryIO]], listed: object) -> dict[str, dict[str, list[int]]]:
    """{ignore file: {what it names: places in `listed`}}; raises ValueError for what is no list of paths."""
    if not isinstance(listed, list) or not all(isinstance(path, str) for path in listed):
        raise ValueError("A list of paths was expected.")
    entries = [Entry(path=path, beginning=file.read(LARGEST_IGNORE_FILE)) for path, file in ignore_files]
    found: dict[str, dict[str, list[int]]] = {}
    for source in IGNORE_FILES:
        patterns = Patterns(source, entries)
        for place, path in enumerate(listed):
            if (why := patterns.excluding(normal(path))) is not None:
                found.setdefault(source, {}).setdefault(why, []).append(place)
    return found


def store(dataset: Dataset, arrival: Arrival, *, by: User) -> datasets.Added:
    """Adds the files; a single archive is unpacked. Raises TreeError, and then nothing was added."""
    if not arrival.files:
        raise DatasetError("No files were received; choose files, a folder or an archive.")
    try:
        added = datasets.add_files(
            dataset,
            arrival.files,
            by=by,
            into=arrival.into,
            unpack=arrival.unpack,
            choices=arrival.choices,
        )
    except Unreadable as error:
        raise DatasetError(f"{error} Or choose to keep an archive as it is.") from error
    return added


def notes(arrival: Arrival, taken: Taken) -> list[str]:
    """What whoever uploaded it should know: what was left out, also by the browser, and what was guessed."""
    taken.left_out.add(arrival.skipped)
    return taken.notes()


def sentence(added: int, replaced: int, unchanged: int = 0) -> str:
    """`3 files added, 1 replaced, 2 unchanged.`"""
    counts = [
        f"{added:,} {'file' if added == 1 else 'files'} added",
        f"{replaced:,} replaced" if replaced else "",
        f"{unchanged:,} unchanged" if unchanged else "",
    ]
    return ", ".join(filter(None, counts)) + "."


def create(dataset: Dataset, arrival: Arrival, *, by: User) -> tuple[Dataset, list[str]]:
    """Stores a new Dataset with the files, if there are any; returns it with notes on the upload.

    Raises TreeError, and then there is neither.
    """
    made = datasets.create(dataset.project, name=dataset.name, description=dataset.description, by=by)
    if not arrival.files:
        return made, []
    try:
        added = store(made, arrival, by=by)
    except BaseException:
        datasets.delete(made)
        raise
    return made, notes(arrival, added.taken)
