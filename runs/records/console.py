r"""What a script printed, bytes → lines as a terminal leaves them, as text and safe HTML. Knows no files.

A line ends at `\n`. Within it `\r`, backspaces, tabs and the sequences that erase and move within a line
rewrite what stands there, so a progress bar is one line. Colours become the classes of static/css/code.css;
other escapes are dropped. What moves between lines is followed by `runs.records.screen`.

ansi2html 1.9.5 and pyte 0.8.2 were tried on 20,000 coloured lines. ansi2html is as fast, but shows every step
of a progress bar, forgets the colours between two calls, and makes a class per shade with a stylesheet to go
with it. pyte emulates a screen of fixed size at a fifth of the rate. So the little that a log needs is here;
that it agrees with pyte is tested.
"""

import re
from dataclasses import dataclass
from mmap import mmap

from runs.records.cells import Cells
from runs.records.styles import PLAIN, Style, markup, restyle

LINE_BYTES = 8_192

# Everything that is not plain text, longest form first; an unfinished sequence at the end is dropped too.
CONTROL = re.compile(
    r"\x1b\[(?P<sgr>[0-9;:]*)m"
    r"|(?:\x1b\[|\x9b)(?P<args>[0-?]*)[ -/]*(?P<final>[@-~]?)"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"
    r"|\x1b[ -/]*[0-~]?"
    r"|(?P<move>[\r\b])"
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f]"
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """The bytes from `start` to `end` (with the `\\n`), what they read, and how many are not shown."""

    start: int
    end: int
    text: str
    html: str
    hidden: int = 0


def line(buffer: bytes | mmap, start: int, end: int, style: Style = PLAIN) -> Line:
    """The line in `buffer[start:end]`, with or without its `\\n`; `style` is the one in force before it."""
    raw, hidden = visible(buffer, start, end)
    text = raw.decode("utf-8", "replace")
    parts = [(text, style)] if CONTROL.search(text) is None else paint(text, style).parts()
    return of_parts(parts, start, end, hidden)


def of_parts(parts: list[tuple[str, Style]], start: int, end: int, hidden: int = 0) -> Line:
    """The line of the bytes from `start` to `end` that shows these texts, each in its style."""
    return Line(
        start=start,
        end=end,
        text="".join(text for text, _ in parts),
        html="".join(markup(text, style) for text, style in parts),
        hidden=hidden,
    )


def visible(buffer: bytes | mmap, start: int, end: int) -> tuple[bytes, int]:
    """The bytes that decide how a line looks, at most LINE_BYTES, and how many beyond them are left out.

    Of a long line with carriage returns these are the last rewritings, else its beginning.
    """
    if end > start and buffer[end - 1 : end] == b"\n":
        end -= 1
    while end > start and buffer[end - 1 : end] == b"\r":
        end -= 1
    if end - start <= LINE_BYTES:
        return bytes(buffer[start:end]), 0
    rewritten = buffer.find(b"\r", end - LINE_BYTES, end)
    if rewritten >= 0:
        return bytes(buffer[rewritten + 1 : end]), 0
    start = max(start, buffer.rfind(b"\r", start, end) + 1)
    cut = min(start + LINE_BYTES, end)
    while cut < end and cut > start + LINE_BYTES - 4 and buffer[cut] & 0xC0 == 0x80:
        cut -= 1  # not within a character
    return bytes(buffer[start:cut]), end - cut


def paint(text: str, style: Style) -> Cells:
    """What stands on an empty line after `text` was written on it as a terminal does."""
    cells = Cells()
    column = position = 0
    for found in CONTROL.finditer(text):
        if found.start() > position:
            column = cells.put(column, text[position : found.start()], style)
        position = found.end()
        if found["sgr"] is not None:
            style = restyle(style, found["sgr"])
        elif found["move"] is not None:
            column = 0 if found["move"] == "\r" else max(0, column - 1)
        elif found["final"]:
            column = cells.edit(column, found["final"], found["args"])
    if position < len(text):
        cells.put(column, text[position:], style)
    return cells
