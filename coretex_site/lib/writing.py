"""Writes what arrives into a new folder, within limits and whole or not at all. Knows nothing of Django."""

import errno
import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from coretex_site.lib.treepaths import Limits, TreeError, clashes, safe_path, shown_name

CHUNK = 1024 * 1024
# More than this, unpacked from a thousandth of it or less, is made to fill a disk: deflate reaches 1:1032.
HARMLESS = 64 * 1024**2
MOST_RATIO = 500
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def megabytes(count: int) -> str:
    return f"{count / 1024**2:,.0f} MB" if count >= 1024**2 else f"{count:,} bytes"


class Budget:
    """Counts bytes as they are written, whatever was declared, and raises TreeError when there are too many.

    `packed` is the size of the archive that they come from.
    """

    def __init__(self, limits: Limits, *, what: str, packed: int | None = None) -> None:
        self.limits, self.what, self.packed, self.spent = limits, what, packed, 0

    def spend(self, count: int) -> None:
        self.spent += count
        if self.spent > self.limits.max_bytes:
            raise TreeError(too_large(self.what, self.limits))
        if self.packed is not None and self.spent > max(HARMLESS, self.packed * MOST_RATIO):
            raise TreeError(
                f"{self.what} has {megabytes(self.packed)} but unpacks to more than {MOST_RATIO} times "
                "as much, as archives made to fill a disk do. Upload its files instead."
            )


def arrange(
    paths: Sequence[str], limits: Limits, *, strip: bool, what: str, problems: Sequence[str] = ()
) -> dict[str, str]:
    """{path as it came: where to write it}; raises TreeError with every reason, `problems` among them.

    With `strip`, a single folder around everything is left out.
    """
    names: dict[str, str] = {}
    problems = [*problems]
    for path in paths:
        try:
            safe = safe_path(path)
        except TreeError as error:
            problems += error.problems
            continue
        if path in names:
            problems.append(f"“{shown_name(safe)}” occurs twice. Leave one of them out.")
        names[path] = safe
    if len(names) > limits.max_files:
        raise TreeError(too_many(what, limits))
    tops = {name.partition("/")[0] for name in names.values()}
    if strip and len(tops) == 1 and all("/" in name for name in names.values()):
        names = {path: name.partition("/")[2] for path, name in names.items()}
    for name in names.values():
        if name.count("/") >= limits.max_depth:
            problems.append(
                f"“{shown_name(name)}” is {name.count('/') + 1} parts deep; {limits.max_depth} is the most. "
                "Move it up, or ask your administrator to raise CORETEX_UPLOAD_MAX_DEPTH."
            )
    for name, count in Counter(names.values()).items():
        if count > 1:
            problems.append(
                f"{what} contains “{shown_name(name)}” twice, the same path written in two ways. "
                "Leave one of them out."
            )
    problems += clashes(names.values())
    if problems:
        raise TreeError(*problems)
    return names


def too_large(what: str, limits: Limits) -> str:
    return (
        f"{what} holds more than {megabytes(limits.max_bytes)}, which is the most for one upload. "
        "Upload it in parts, or ask your administrator to raise CORETEX_UPLOAD_MAX_MB."
    )


def too_many(what: str, limits: Limits) -> str:
    return (
        f"{what} holds more than {limits.max_files:,} files, which is the most for one upload. Upload it in "
        "parts, or ask your administrator to raise CORETEX_UPLOAD_MAX_FILES."
    )


@contextmanager
def storing(target: Path) -> Iterator[Callable[..., str]]:
    """Gives `write(path, reader, budget, *, executable)`, which returns the SHA-256 of what it wrote.

    Where nobody recorded whether a file is executable, one with a `#!` line is: browsers and Windows say
    nothing of that, and other scripts start such files by their names.
    When the block raises, `target` is gone.
    """
    made = {target}

    def write(path: str, reader: BinaryIO, budget: Budget, *, executable: bool | None) -> str:
        total = hashlib.sha256()
        to = target / path
        if to.parent not in made:
            to.parent.mkdir(parents=True, exist_ok=True)
            made.add(to.parent)
        with to.open("xb") as writer:
            while chunk := reader.read(CHUNK):
                if executable is None:
                    executable = chunk.startswith(b"#!")
                budget.spend(len(chunk))
                total.update(chunk)
                writer.write(chunk)
            os.fchmod(writer.fileno(), 0o755 if executable else 0o644)
        return total.hexdigest()

    target.mkdir(parents=True, exist_ok=True)
    if any(target.iterdir()):
        raise FileExistsError(f"{target} must be empty")
    try:
        yield write
    except OSError as error:
        shutil.rmtree(target, ignore_errors=True)
        if error.errno in FULL:
            raise TreeError(
                "The server's disk is full, so nothing was stored. Tell your administrator."
            ) from error
        raise
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
