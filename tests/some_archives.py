"""Archives as people's programs make them, put together byte by byte where no program here would."""

import bz2
import gzip
import io
import lzma
import stat
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from coretex_site.lib import filetree, intake
from coretex_site.lib.intake import Choices, Taken
from coretex_site.lib.treepaths import Limits

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LIMITS = Limits(max_bytes=10_000_000, max_files=1000, max_depth=8)
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": gzip.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
    "tar.lzma": lambda content: lzma.compress(content, lzma.FORMAT_ALONE),
    "tar.zst": zstd.compress,
}


def zipped(
    files: dict[str, bytes], *, links: dict[str, str] | None = None, system: int = 3, encoding: str = ""
) -> bytes:
    """A zip; with `encoding` the names are in it, and nothing in the zip says so. `system` is 0 for DOS."""
    made = io.BytesIO()
    names = []
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (path, content) in enumerate({**files, **(links or {})}.items()):
            raw = path.encode(encoding) if encoding else b""
            # `zipfile` writes UTF-8, and says so, when a name is not ASCII: ASCII of that length is replaced.
            name = f"{number:0{len(raw)}}" if encoding and not path.isascii() else path
            info = zipfile.ZipInfo("placeholder")
            info.filename, info.create_system, info.compress_type = name, system, zipfile.ZIP_DEFLATED
            kind = stat.S_IFLNK if path in (links or {}) else stat.S_IFREG
            info.external_attr = (kind | 0o644) << 16 if system == 3 else 0
            archive.writestr(info, content)
            names.append((name.encode(), raw))
    content = made.getvalue()
    for name, raw in names:
        if raw and name != raw:
            assert content.count(name) == 2, "the number must be nowhere else"
            content = content.replace(name, raw)
    return content


def tarred(
    files: dict[str, bytes],
    *,
    links: dict[str, str] | None = None,
    hard: dict[str, str] | None = None,
    suffix: str = "tar.gz",
    encoding: str = "utf-8",
    form: int = tarfile.GNU_FORMAT,
) -> bytes:
    """A tar; links come after the files. Programs, which begin with `#!`, are executable."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", encoding=encoding, format=form) as archive:
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            info.mode = 0o755 if content.startswith(b"#!") else 0o644
            archive.addfile(info, io.BytesIO(content))
        for kind, found in ((tarfile.SYMTYPE, links), (tarfile.LNKTYPE, hard)):
            for path, target in (found or {}).items():
                info = tarfile.TarInfo(path)
                info.type, info.linkname = kind, target
                archive.addfile(info)
    return COMPRESS[suffix](made.getvalue())


def unpacked(
    content: bytes, at: Path, *, name: str = "project.zip", limits: Limits = LIMITS, **choices: object
) -> tuple[dict[str, bytes], Taken]:
    """The files that an archive becomes, and the account of it."""
    taken = intake.unpack(io.BytesIO(content), name, at / "out", limits, Choices(**choices))  # type: ignore[arg-type]
    return {f.path: (at / "out" / f.path).read_bytes() for f in filetree.walk(at / "out")}, taken
