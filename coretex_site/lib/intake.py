"""Takes archives and uploaded files into a new folder: whole, or not at all. Knows nothing of Django."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from coretex_site.lib import legacy_names
from coretex_site.lib.archives import list_archive
from coretex_site.lib.entries import Entry, folder_problem
from coretex_site.lib.ignore_files import GITIGNORE
from coretex_site.lib.leftovers import APPLE_DOUBLE, LeftOut, by_name, peek, sift
from coretex_site.lib.legacy_names import Reading
from coretex_site.lib.links import resolve
from coretex_site.lib.treepaths import Limits, TreeError, shown_name
from coretex_site.lib.writing import Budget, arrange, storing, too_large


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What a person decides about an upload.

    `encoding` is that of names which do not tell it. `is_confirmed`: what is left out was seen.
    """

    gitignore: bool = False
    encoding: str = ""
    is_confirmed: bool = False


@dataclass(kw_only=True)
class Taken:
    """What was stored, {path: sha256}, and what was not; `read_as` is how names were read, if guessed."""

    digests: dict[str, str]
    left_out: LeftOut
    read_as: str = ""

    def notes(self) -> list[str]:
        """What whoever uploaded it should know."""
        read_as = f"File names were read as {self.read_as}." if self.read_as else ""
        return [note for note in (self.left_out.sentence(), read_as) if note]


class Question(TreeError):
    """A person must decide before this archive is stored: how names are read, or what is left out."""

    def __init__(self, filename: str, readings: Sequence[Reading], left_out: LeftOut) -> None:
        super().__init__(f"{filename} needs a decision before it is stored.")
        self.readings, self.left_out = readings, left_out

    def gitignored(self) -> Counter[str]:
        """{what .gitignore names: how many files}"""
        return self.left_out.ignored.get(GITIGNORE, Counter())


def unpack(
    archive: BinaryIO, filename: str, target: Path, limits: Limits, choices: Choices | None = None
) -> Taken:
    """Writes the files of an archive below `target`: empty, or not there.

    A single folder around everything is left out, and so is what tools leave behind. Links inside become
    copies. An archive with anything else in it that is not plainly a file or folder of ours is refused whole,
    with all reasons, as TreeError; then nothing stays. What it holds decides what it is; `filename` is for
    messages. Raises Question when `choices` are needed.
    """
    filename, choices = shown_name(filename), choices or Choices()
    with list_archive(archive, filename, limits) as entries:
        left_out = entries.left_out
        found, read_as = _read_names(entries, choices)
        kept, out = sift(entries, left_out, gitignore=choices.gitignore)
        if found or (GITIGNORE in left_out.ignored and not choices.is_confirmed):
            raise Question(filename, found, left_out)
        budget = Budget(limits, what=filename, packed=entries.packed)
        spare = [*entries.spare, *out]
        digests = _store(kept, left_out, target, limits, budget, strip=True, spare=spare)
        return Taken(digests=digests, left_out=left_out, read_as=read_as)


def write_files(
    items: Iterable[tuple[str, BinaryIO]],
    target: Path,
    limits: Limits,
    *,
    strip: bool = False,
    choices: Choices | None = None,
) -> Taken:
    """Writes uploaded files, given with their relative paths, below `target`: empty, or not there.

    With `strip`, a single folder around everything is left out. Each file is closed when it is written, so
    that thousands never are open at once. Refuses all of them, with all reasons, as TreeError; then nothing
    stays. What tools leave behind is left out.
    """
    left_out, entries = LeftOut(), []
    for path, reader in items:
        if (name := by_name(path)) is not None:
            left_out.names[name] += 1
            continue
        beginning = b""
        if wanted := peek(path):
            beginning = reader.read(wanted)
            reader.seek(0)
            if beginning == APPLE_DOUBLE:
                reader.close()
        entries.append(Entry(path=path, beginning=beginning, open=_closing(reader)))
    kept, _ = sift(entries, left_out, gitignore=choices is not None and choices.gitignore)
    budget = Budget(limits, what="This upload")
    digests = _store(kept, left_out, target, limits, budget, strip=strip)
    return Taken(digests=digests, left_out=left_out)


def _closing(reader: BinaryIO) -> Callable[[], AbstractContextManager[IO[bytes]]]:
    return lambda: closing(reader)


def _read_names(entries: Sequence[Entry], choices: Choices) -> tuple[Sequence[Reading], str]:
    """Decodes names that do not tell their encoding: as was chosen, or if only one reading is plausible.

    Returns (the readings of which one must be chosen, how names were read if that was not chosen).
    """
    legacy = [entry for entry in entries if entry.raw is not None]
    if not legacy:
        return [], ""
    found, read_as = list[Reading](), ""
    encoding = legacy_names.known(choices.encoding)
    if choices.encoding and not encoding:
        raise TreeError(
            f"“{shown_name(choices.encoding)}” is not an encoding of file names. "
            f"Expected one of {', '.join(legacy_names.ENCODINGS)}."
        )
    if not encoding:
        found = legacy_names.readings([entry.raw or b"" for entry in legacy])
        only = legacy_names.certain(found)
        encoding = (only or found[0]).encoding  # the likeliest, for what is said about the files
        if only is not None:
            found, read_as = [], only.label
    for entry in entries:
        if entry.raw is not None:
            _decode(entry, encoding)
        if entry.target is not None:
            target = entry.target.encode("utf-8", "surrogateescape")
            entry.target = legacy_names.decode(target, encoding, errors="replace")
    return found, read_as


def _decode(entry: Entry, encoding: str) -> None:
    try:
        path = legacy_names.decode(entry.raw or b"", encoding)
    except UnicodeDecodeError:
        label = legacy_names.ENCODINGS[encoding]
        entry.problem = f"“{shown_name(entry.path)}” cannot be read as {label}. Choose another encoding."
        return
    entry.path = path.replace("\\", "/") if entry.backslashes else path
    if entry.is_folder:
        entry.problem = folder_problem(entry.path)


def _store(
    kept: Sequence[Entry],
    left_out: LeftOut,
    target: Path,
    limits: Limits,
    budget: Budget,
    *,
    strip: bool,
    spare: Sequence[Entry] = (),
) -> dict[str, str]:
    """Writes the entries, each in its turn, and copies of those to which links lead; {path: sha256}.

    `spare` are files that are only stored where a link leads to one.
    """
    problems = [entry.problem for entry in kept if entry.problem]
    good = [entry for entry in kept if not entry.problem and not entry.is_folder]
    placed = resolve(good, left_out, limits, budget.what, spare)
    names = arrange([path for path, _ in placed], limits, strip=strip, what=budget.what, problems=problems)
    if not placed:
        raise TreeError(
            f"{budget.what} contains no files; expected at least one. {left_out.sentence()}".strip()
        )
    if sum(entry.size for _, entry in placed) > limits.max_bytes:
        raise TreeError(too_large(budget.what, limits))
    places: dict[int, list[str]] = {}
    for path, entry in placed:
        places.setdefault(id(entry), []).append(names[path])
    digests: dict[str, str] = {}
    with storing(target) as write:
        for entry in (*kept, *spare):
            if id(entry) not in places:
                continue
            first, *copies = places[id(entry)]
            with entry.open() as reader:
                digests[first] = write(first, reader, budget, executable=entry.executable)
            for copy in copies:
                with (target / first).open("rb") as reader:
                    digests[copy] = write(copy, reader, budget, executable=entry.executable)
    return digests
