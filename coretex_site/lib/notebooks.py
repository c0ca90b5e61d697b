"""A Jupyter notebook as cells that can be shown safely: sources, texts and pictures. Knows no HTTP.

HTML and JavaScript that cells have put out are never shown: they would run as ours.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

from coretex_site.lib import highlight

MOST_CELLS = 500
LONGEST_TEXT = 20_000
LARGEST_PICTURE = 5 * 1024 * 1024
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
NAMES = {"python": "cell.py", "r": "cell.R", "bash": "cell.sh", "julia": "cell.jl"}


@dataclass(frozen=True, kw_only=True)
class Output:
    """A text, a picture as the source of an img element, or a note in place of what is not shown."""

    text: str = ""
    picture: str = ""
    note: str = ""
    is_error: bool = False


@dataclass(frozen=True, kw_only=True)
class Cell:
    """`lines` are HTML; `label` is the number of its execution, if it was executed."""

    is_code: bool
    label: str
    lines: list[str]
    outputs: list[Output] = field(default_factory=list)

    @property
    def html(self) -> str:
        """Its lines as they are shown: those of code each in an element of its own, to be numbered."""
        if self.is_code:
            return "".join(f'<span class="line">{line}</span>' for line in self.lines)
        return "\n".join(self.lines)


def cells(source: str) -> list[Cell] | None:
    """The first cells of a notebook; None when the text is no notebook of the present format (4)."""
    try:
        data = json.loads(source)
    except (ValueError, RecursionError):
        return None
    found = data.get("cells") if isinstance(data, dict) else None
    if not isinstance(found, list) or data.get("nbformat") != 4:
        return None
    metadata = data.get("metadata")
    info = metadata.get("language_info") if isinstance(metadata, dict) else None
    language = info.get("name") if isinstance(info, dict) else None
    name = NAMES.get(str(language).lower(), NAMES["python"] if language is None else "cell.txt")
    return [_cell(cell, name) for cell in found[:MOST_CELLS] if isinstance(cell, dict)]


def _cell(cell: dict[str, Any], name: str) -> Cell:
    is_code = cell.get("cell_type") == "code"
    count = cell.get("execution_count")
    text = _text(cell.get("source"))
    lines = highlight.lines(text, name) if is_code else [escape(line) for line in text.split("\n")]
    outputs = cell.get("outputs") if is_code else None
    return Cell(
        is_code=is_code,
        label=str(count) if isinstance(count, int) else "",
        lines=lines if text else [],
        outputs=list(_outputs(outputs)) if isinstance(outputs, list) else [],
    )


def _outputs(outputs: list[Any]) -> Iterator[Output]:
    for output in outputs:
        if not isinstance(output, dict):
            continue
        kind = output.get("output_type")
        if kind == "stream":
            yield Output(text=_text(output.get("text")), is_error=output.get("name") == "stderr")
        elif kind == "error":
            trace = output.get("traceback")
            text = "\n".join(map(str, trace)) if isinstance(trace, list) else str(output.get("evalue"))
            yield Output(text=_text(text), is_error=True)
        elif isinstance(output.get("data"), dict):
            yield _shown(output["data"])


def _shown(data: dict[str, Any]) -> Output:
    """The best that can be shown safely: a picture, else text."""
    for kind, beginning in PICTURES.items():
        picture = "".join(_whole(data.get(kind)).split())
        if picture and len(picture) <= LARGEST_PICTURE and _begins(picture, beginning):
            return Output(picture=f"data:{kind};base64,{picture}")
    text = _text(data.get("text/plain"))
    note = "Shown as text: HTML of notebooks is not shown here." if "text/html" in data else ""
    return Output(text=text, note=note or ("" if text else "This output cannot be shown here."))


def _begins(picture: str, beginning: bytes) -> bool:
    try:
        return base64.b64decode(picture, validate=True).startswith(beginning)
    except (binascii.Error, ValueError):
        return False


def _whole(value: Any) -> str:
    """Texts of notebooks are one string or a list of lines."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _text(value: Any) -> str:
    text = CODES.sub("", _whole(value))
    cut = len(text) - LONGEST_TEXT
    return text if cut <= 0 else f"{text[:LONGEST_TEXT]}\n… {cut:,} more characters"
