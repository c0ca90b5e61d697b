"""How a file may be looked at in the browser, by its name and its content. Knows no Artifacts and no HTTP."""

import csv
import io
import json
from dataclasses import dataclass, field
from enum import StrEnum
from html import escape
from itertools import islice
from pathlib import Path, PurePosixPath

from coretex_site.lib import highlight, notebooks

TEXT_BYTES = 512 * 1024
COLOURED_BYTES = 200 * 1024
LINE_CHARS = 5_000
JSON_BYTES = 2 * 1024 * 1024
NOTEBOOK_BYTES = 20 * 1024 * 1024
TABLE_BYTES = 1024 * 1024
TABLE_ROWS = 200
TABLE_COLUMNS = 100
CELL_CHARS = 300
COUNTED_BYTES = 256 * 1024 * 1024


class Kind(StrEnum):
    IMAGE = "image"
    DRAWING = "drawing"  # svg: a picture that may hold scripts
    TABLE = "table"
    JSON = "json"
    NOTEBOOK = "notebook"
    TEXT = "text"
    BINARY = "binary"


# By their first bytes: what a file is called proves nothing.
SIGNATURES: dict[bytes, str] = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
# A drawing too: it is only ever answered sandboxed, and an <img> runs no scripts.
IMAGE_NAMES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".svg"}
DELIMITERS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}


@dataclass(frozen=True, kw_only=True)
class Preview:
    """`lines` of HTML for text, `head` and `rows` of a table, `cells` of a notebook; `note`: what is cut."""

    kind: Kind
    lines: list[str] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    cells: list[notebooks.Cell] = field(default_factory=list)
    note: str = ""


def preview(path: Path, name: str) -> Preview:
    """The preview of the file at `path`, which people call `name`."""
    kind = kind_of(path, name)
    if kind == Kind.TABLE:
        return table(path, DELIMITERS[suffix(name)])
    if kind == Kind.NOTEBOOK:
        return notebook(path, name)
    if kind == Kind.JSON:
        return pretty_json(path, name)
    if kind == Kind.TEXT:
        return text(path, name)
    return Preview(
        kind=kind, note="There is no preview for this kind of file." if kind == Kind.BINARY else ""
    )


def kind_of(path: Path, name: str) -> Kind:
    with path.open("rb") as file:
        beginning = file.read(8192)
    if image_type(beginning) is not None:
        return Kind.IMAGE
    if not is_text(beginning):
        return Kind.BINARY
    if suffix(name) == ".svg":
        return Kind.DRAWING
    if suffix(name) in DELIMITERS:
        return Kind.TABLE
    if suffix(name) == ".ipynb":
        return Kind.NOTEBOOK
    return Kind.JSON if suffix(name) in {".json", ".geojson"} else Kind.TEXT


def suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def looks_like_picture(name: str) -> bool:
    """By its name only: whether a gallery should try to show it."""
    return suffix(name) in IMAGE_NAMES


def image_type(beginning: bytes) -> str | None:
    """The media type of a picture that browsers show and that cannot hold scripts; None for anything else."""
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return "image/webp"
    if beginning[:2] == b"BM" and beginning[6:10] == b"\0\0\0\0":
        return "image/bmp"
    return next((kind for start, kind in SIGNATURES.items() if beginning.startswith(start)), None)


def is_text(beginning: bytes) -> bool:
    if b"\0" in beginning:
        return False
    odd = sum(byte < 32 and byte not in b"\t\n\r\f\x1b\b" for byte in beginning)
    return odd <= len(beginning) // 100


def text(path: Path, name: str) -> Preview:
    """The beginning of a text, coloured by its language when that is known and the text is short enough."""
    with path.open("rb") as file:
        beginning = file.read(TEXT_BYTES + 1)
    shown = beginning[:TEXT_BYTES].decode("utf-8", "replace")
    if len(beginning) <= TEXT_BYTES:
        return Preview(kind=Kind.TEXT, lines=coloured(shown, name))
    note = f"The first {TEXT_BYTES // 1024} kB are shown. Download the file to see all of it."
    return Preview(kind=Kind.TEXT, lines=coloured(shown, name), note=note)


def coloured(source: str, name: str) -> list[str]:
    """HTML of each line; in colours of the language unless the text or a line of it is too long for that."""
    if not source:
        return []
    lines = source.replace("\r\n", "\n").removesuffix("\n").split("\n")
    if len(source) > COLOURED_BYTES or max(map(len, lines)) > LINE_CHARS:
        return [escape(shortened(line)) for line in lines]
    return highlight.lines("\n".join(lines), name)


def shortened(line: str) -> str:
    cut = len(line) - LINE_CHARS
    return line if cut <= 0 else f"{line[:LINE_CHARS]} … {cut:,} more characters"


def notebook(path: Path, name: str) -> Preview:
    """The cells of a notebook; what is none, or too long, as JSON."""
    if path.stat().st_size > NOTEBOOK_BYTES:
        return text(path, name)
    cells = notebooks.cells(path.read_bytes().decode("utf-8", "replace"))
    if cells is None:
        return pretty_json(path, name)
    note = "The first cells are shown." if len(cells) == notebooks.MOST_CELLS else ""
    return Preview(kind=Kind.NOTEBOOK, cells=cells, note=note)


def pretty_json(path: Path, name: str) -> Preview:
    """Indented, in the order written; as plain text what is not JSON or too long to indent."""
    if path.stat().st_size > JSON_BYTES:
        return text(path, name)
    source = path.read_bytes().decode("utf-8", "replace")
    try:
        pretty = json.dumps(json.loads(source), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text(path, name)
    note = ""
    if len(pretty) > TEXT_BYTES:
        note = f"The first {TEXT_BYTES // 1024} kB are shown. Download the file to see all of it."
    return Preview(kind=Kind.JSON, lines=coloured(pretty[:TEXT_BYTES], "x.json"), note=note)


def table(path: Path, delimiter: str) -> Preview:
    """The first rows of a CSV or TSV file and of how many; as plain text what cannot be read as one."""
    with path.open("rb") as file:
        beginning = file.read(TABLE_BYTES)
    whole = len(beginning) < TABLE_BYTES
    source = beginning.decode("utf-8-sig", "replace")
    if delimiter == "," and source.count(";", 0, 4096) > source.count(",", 0, 4096):
        delimiter = ";"
    try:
        read = csv.reader(io.StringIO(source, newline=""), delimiter=delimiter)
        rows = [row for row in islice(read, TABLE_ROWS + 1)]
        if not whole and len(rows) <= TABLE_ROWS:
            rows = rows[:-1]  # the last one was cut where the reading stopped
        rest = sum(1 for row in read if row) if whole else None
    except csv.Error:
        return text(path, "x.txt")
    columns = max(map(len, rows), default=0)
    shown = [[cell(value) for value in row[:TABLE_COLUMNS]] for row in rows if row]
    head, body = (shown[0], shown[1:]) if shown else ([], [])
    note = rows_note(path, shown=len(body), rest=rest)
    if columns > TABLE_COLUMNS:
        note += f" The first {TABLE_COLUMNS} of {columns} columns are shown."
    return Preview(kind=Kind.TABLE, head=head, rows=body, note=note.strip())


def rows_note(path: Path, *, shown: int, rest: int | None) -> str:
    if rest is not None:
        total = shown + rest
        return f"{total:,} rows." if rest == 0 else f"The first {shown:,} of {total:,} rows."
    if path.stat().st_size > COUNTED_BYTES:
        return f"The first {shown:,} rows of a large file."
    with path.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1024 * 1024), b""))
    return f"The first {shown:,} of about {max(lines - 1, shown):,} rows."


def cell(value: str) -> str:
    return value if len(value) <= CELL_CHARS else value[:CELL_CHARS] + "…"
