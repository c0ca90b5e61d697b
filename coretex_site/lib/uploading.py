"""Takes uploads in: small files stay in memory, others go to the data folder's disk, and none stays open."""

import io
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, BinaryIO

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from coretex_site.lib import filetree, intake, paths
from coretex_site.lib.archives import is_archive, is_maimed_archive
from coretex_site.lib.intake import Choices, Taken
from coretex_site.lib.leftovers import APPLE_DOUBLE, by_name, peek
from coretex_site.lib.treepaths import Limits, TreeError
from coretex_site.lib.writing import too_large

IN_MEMORY = 64 * 1024
ALL_IN_MEMORY = 32 * 1024**2
MOST_NESTED = 3  # archives in each other


def limits() -> Limits:
    """The most that one upload may hold, from the settings."""
    return Limits(
        max_bytes=settings.UPLOAD_MAX_BYTES,
        max_files=settings.UPLOAD_MAX_FILES,
        max_depth=settings.UPLOAD_MAX_DEPTH,
    )


def write(
    uploads: Sequence[tuple[str, BinaryIO]],
    target: Path,
    *,
    unpack: bool,
    strip: bool = False,
    is_whole: bool = False,
    choices: Choices | None = None,
) -> Taken:
    """Writes uploaded files (relative path, content) below `target`; one archive is unpacked if `unpack`.

    With `strip`, a single folder around everything is left out, as it always is in archives. With `is_whole`
    the upload is all there will be: then an archive that is alone inside an archive is unpacked too, and one
    whose name has lost its suffix. Raises TreeError, and Question when `choices` are needed.
    """
    alone = the_one_file(uploads)
    if not unpack or alone is None or not _is_archive(*alone, is_whole=is_whole):
        return intake.write_files(uploads, target, limits(), strip=strip, choices=choices)
    path, archive = alone
    taken = intake.unpack(archive, _basename(path), target, limits(), choices)
    taken.left_out.names.update(by_name(beside) or "._*" for beside, file in uploads if file is not archive)
    depth = 1
    while is_whole and len(taken.digests) == 1 and is_archive(inner := next(iter(taken.digests))):
        if depth > MOST_NESTED:
            filetree.remove(target)
            raise TreeError(
                f"{_basename(path)} holds archives in one another, more than {MOST_NESTED} deep. "
                "Upload the innermost one."
            )
        taken, depth = _unpack_inner(target, inner, taken, choices), depth + 1
    return taken


def the_one_file(uploads: Sequence[tuple[str, BinaryIO]]) -> tuple[str, BinaryIO] | None:
    """The only file of an upload beside what tools and systems made; None if there are more, or none."""
    peeked = [(path, file) for path, file in uploads if peek(path) and not by_name(path)]
    others = [(path, file) for path, file in uploads if not peek(path) and not by_name(path)]
    if len(others) != 1 or not all(_is_apple_double(path, file) for path, file in peeked):
        return None
    return others[0]


def _is_apple_double(path: str, file: BinaryIO) -> bool:
    beginning = file.read(peek(path))
    file.seek(0)
    return beginning == APPLE_DOUBLE


def _is_archive(path: str, file: BinaryIO, *, is_whole: bool) -> bool:
    return is_archive(path) or (is_whole and is_maimed_archive(_basename(path), file))


def _unpack_inner(target: Path, inner: str, taken: Taken, choices: Choices | None) -> Taken:
    """Replaces the only file in `target`, an archive, by what is in it."""
    with filetree.scratch(paths.scratch(), "archive") as scratch:
        with (target / inner).open("rb") as archive:
            again = intake.unpack(archive, _basename(inner), scratch / "files", limits(), choices)
        filetree.remove(target)
        os.rename(scratch / "files", target)
    again.left_out.add(taken.left_out)
    return again


def _basename(path: str) -> str:
    return path.rpartition("/")[2]


class Upload(UploadedFile):
    """One uploaded file, opened when it is first read and gone when it is closed.

    Django's own keep every large file open and every small one in memory: a folder of thousands of pictures
    would take all file descriptors or all memory.
    """

    def __init__(self, content: io.BytesIO | str | None, **options: Any) -> None:
        self._file: IO[bytes] | None = None
        self.content = content  # None: more than is accepted, and not kept
        self.is_kept = False
        super().__init__(None, **options)

    @property
    def file(self) -> IO[bytes]:
        if self._file is None:
            if self.content is None:
                raise TreeError(too_large("This upload", limits()))
            content = self.content
            self._file = Path(content).open("rb") if isinstance(content, str) else content  # noqa: SIM115
        return self._file

    @file.setter
    def file(self, value: IO[bytes] | None) -> None:
        self._file = value

    @classmethod
    def waiting(cls, name: str, path: Path) -> "Upload":
        """An archive that came with an earlier request; it stays when this one is over.

        It is opened at once, so that another request may remove it meanwhile.
        """
        found = cls(str(path), name=name, size=path.stat().st_size)
        found.is_kept, found.file = True, path.open("rb")
        return found

    def keep_at(self, path: Path) -> None:
        """Moves the content to `path`, where it stays."""
        if isinstance(self.content, str):
            os.replace(self.content, path)
        elif self.content is not None:
            path.write_bytes(self.content.getvalue())

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        if isinstance(self.content, str) and not self.is_kept:
            with suppress(FileNotFoundError):
                os.unlink(self.content)


class Handler(FileUploadHandler):
    """Django's upload handler that makes them; one serves all files of a request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.received = 0
        self.kept_in_memory = 0
        self.buffer = io.BytesIO()
        self.path: str | None = None
        self.writer: BinaryIO | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.buffer, self.path, self.writer = io.BytesIO(), None, None

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received > settings.UPLOAD_MAX_BYTES:
            return
        if self.writer is None and self._fits(start + len(raw_data)):
            self.buffer.write(raw_data)
            return
        if self.writer is None:
            paths.scratch().mkdir(parents=True, exist_ok=True)
            descriptor, self.path = tempfile.mkstemp(prefix="upload-", dir=paths.scratch())
            self.writer = os.fdopen(descriptor, "wb")
            self.writer.write(self.buffer.getvalue())
        self.writer.write(raw_data)

    def _fits(self, size: int) -> bool:
        return size <= IN_MEMORY and self.kept_in_memory + size <= ALL_IN_MEMORY

    def file_complete(self, file_size: int) -> Upload:
        content: io.BytesIO | str | None = self.buffer
        if self.writer is not None:
            self.writer.close()
            content = self.path
        else:
            self.kept_in_memory += file_size
            self.buffer.seek(0)
        if self.received > settings.UPLOAD_MAX_BYTES:
            self._discard()
            content = None
        return Upload(
            content,
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )

    def upload_interrupted(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self._discard()

    def _discard(self) -> None:
        if self.path is not None:
            with suppress(FileNotFoundError):
                os.unlink(self.path)
