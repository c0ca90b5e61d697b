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

from coretex_site.lib import filetree, paths
from coretex_site.lib.treepaths import Limits, TreeError
from coretex_site.lib.writing import too_large

IN_MEMORY = 64 * 1024
ALL_IN_MEMORY = 32 * 1024**2


def limits() -> Limits:
    """The most that one upload may hold, from the settings."""
    return Limits(
        max_bytes=settings.UPLOAD_MAX_BYTES,
        max_files=settings.UPLOAD_MAX_FILES,
        max_depth=settings.UPLOAD_MAX_DEPTH,
    )


def write(
    uploads: Sequence[tuple[str, BinaryIO]], target: Path, *, unpack: bool, strip: bool = False
) -> dict[str, str]:
    """Writes uploaded files (relative path, content) below `target`; one archive is unpacked if `unpack`.

    With `strip`, a single folder around everything is left out, as it always is in archives. Returns
    {path: sha256}; raises TreeError.
    """
    if unpack and len(uploads) == 1 and filetree.is_archive(uploads[0][0]):
        filename, archive = uploads[0]
        return filetree.unpack(archive, filename, target, limits())
    return filetree.write_files(uploads, target, limits(), strip=strip)


class Upload(UploadedFile):
    """One uploaded file, opened when it is first read and gone when it is closed.

    Django's own keep every large file open and every small one in memory: a folder of thousands of pictures
    would take all file descriptors or all memory.
    """

    def __init__(self, content: io.BytesIO | str | None, **options: Any) -> None:
        self._file: IO[bytes] | None = None
        self.content = content  # None: more than is accepted, and not kept
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

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        if isinstance(self.content, str):
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
