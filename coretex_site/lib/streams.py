"""Reads bzip2, xz, lzma and Zstandard as seekable streams, in little memory whatever they declare."""

import bz2
import io
import lzma
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from coretex_site.lib.treepaths import TreeError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CHUNK = 128 * 1024
MOST_MEMORY = 128 * 1024**2  # `xz -9` needs 65 MiB, `zstd --ultra -22` 128 MiB
WINDOW_LOG = 27  # 2**27 bytes are 128 MiB

# Magic numbers: bzip2, The .xz File Format 1.2, and RFC 8878; `.lzma` has none but its usual properties.
DECODERS: dict[bytes, Callable[[], Any]] = {
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\x00": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, MOST_MEMORY),
    b"\x5d\x00\x00": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, MOST_MEMORY),
    b"\x28\xb5\x2f\xfd": lambda: zstd.ZstdDecompressor(
        options={zstd.DecompressionParameter.window_log_max: WINDOW_LOG}
    ),
}


def decoder_of(begin: bytes) -> Callable[[], Any] | None:
    """What decompresses a file that begins with these bytes; None if it is in none of these formats."""
    return next((make for magic, make in DECODERS.items() if begin.startswith(magic)), None)


class Decompressed(io.RawIOBase):
    """The bytes inside `source`, all of its streams one after another; to seek back it starts again.

    Raises ValueError for damage and EOFError for an end that comes too early.
    """

    def __init__(self, source: BinaryIO, make: Callable[[], Any]) -> None:
        super().__init__()
        self.source, self.make = source, make
        self._rewind()

    def _rewind(self) -> None:
        self.source.seek(0)
        self.decoder, self.position, self.ended = self.make(), 0, False

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET:
            raise io.UnsupportedOperation("only positions from the beginning")
        if offset < self.position:
            self._rewind()
        while self.position < offset and self.read(min(CHUNK, offset - self.position)):
            pass
        return self.position

    def readinto(self, buffer: Any) -> int:
        data = b""
        while not data and not self.ended:
            data = self._more(len(buffer))
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)

    def _more(self, size: int) -> bytes:
        packed = b""
        if self.decoder.eof:
            packed = self.decoder.unused_data or self.source.read(CHUNK)
            if not packed.strip(b"\0"):  # nothing, or the zeros that pad an xz
                self.ended = True
                return b""
            self.decoder = self.make()
        elif self.decoder.needs_input:
            packed = self.source.read(CHUNK)
            if not packed:
                raise EOFError("it ends too early")
        try:
            found: bytes = self.decoder.decompress(packed, size)
        except (OSError, lzma.LZMAError, zstd.ZstdError) as error:
            if "memory" in str(error).lower():
                raise TreeError(
                    "This archive needs more than 128 MB of memory to be unpacked. "
                    "Make it again without a larger dictionary or window."
                ) from error
            raise ValueError(str(error)) from error
        return found
