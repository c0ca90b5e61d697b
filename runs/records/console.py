r"""What a script printed, bytes → lines as a terminal leaves them, as text and safe HTML. Knows no files.

A line ends at `\n`. Within it `\r`, backspaces and the "erase" and "column" sequences rewrite what stands
there, so a progress bar is one line. Colours become the classes of static/css/code.css; every other escape
is dropped.

ansi2html 1.9.5 and pyte 0.8.2 were tried on 20,000 coloured lines. ansi2html is as fast, but shows every step
of a progress bar, forgets the colours between two calls, and makes a class per shade with a stylesheet to go
with it. pyte emulates a screen of fixed size at a fifth of the rate. So the little that a log needs is here.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from mmap import mmap
from typing import NamedTuple

LINE_BYTES = 8_192
COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
NAMES = COLOURS + tuple(f"bright-{name}" for name in COLOURS)
# xterm's sixteen colours, by which 256 and true colours are mapped to the nearest name.
PALETTE = (
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0),
    (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
    (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0),
    (92, 92, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255),
)  # fmt: skip
SWITCHES = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 9: "strike", 21: "underline"}
OFF = {22: {"bold", "dim"}, 23: {"italic"}, 24: {"underline"}, 27: {"inverse"}, 29: {"strike"}}

# Everything that is not plain text, longest form first; an unfinished sequence at the end is dropped too.
CONTROL = re.compile(
    r"\x1b\[(?P<sgr>[0-9;:]*)m"
    r"|(?:\x1b\[|\x9b)(?P<args>[0-?]*)[ -/]*(?P<final>[@-~]|$)"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\|$)"
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\|$)"
    r"|\x1b[ -/]*[0-~]?"
    r"|(?P<move>[\r\b])"
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f]"
)
SGR = re.compile(rb"\x1b\[([0-9;:]*)m")


class Style(NamedTuple):
    """Colours by name ("" is the default one) and the switches that are on."""

    colour: str = ""
    background: str = ""
    switches: frozenset[str] = frozenset()


PLAIN = Style()


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
    cells = [(text, style)] if CONTROL.search(text) is None else paint(text, style)
    return Line(
        start=start,
        end=end,
        text="".join(part for part, _ in cells),
        html="".join(markup(part, part_style) for part, part_style in cells),
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


def style_after(data: bytes, style: Style = PLAIN) -> Style:
    """The style in force after `data`."""
    reset = max(data.rfind(b"\x1b[0m"), data.rfind(b"\x1b[m"))
    if reset >= 0:
        style = PLAIN
    for found in SGR.finditer(data, max(reset, 0)):
        style = restyle(style, found[1].decode("ascii"))
    return style


def paint(text: str, style: Style) -> list[tuple[str, Style]]:
    """Writes `text` on an empty line as a terminal does; what stands there in the end, by style."""
    letters: list[str] = []
    styles: list[Style] = []
    column = position = 0

    def write(written: str) -> None:
        nonlocal column
        if column > len(letters):
            styles.extend([PLAIN] * (column - len(letters)))
            letters.extend(" " * (column - len(letters)))
        letters[column : column + len(written)] = written
        styles[column : column + len(written)] = [style] * len(written)
        column += len(written)

    for found in CONTROL.finditer(text):
        if found.start() > position:
            write(text[position : found.start()])
        position = found.end()
        if found["sgr"] is not None:
            style = restyle(style, found["sgr"])
        elif found["move"] is not None:
            column = 0 if found["move"] == "\r" else max(0, column - 1)
        elif found["final"] == "K":
            erase(letters, styles, column, found["args"])
        elif found["final"] == "G":
            column = min(max(0, number(found["args"], 1) - 1), LINE_BYTES)
    if position < len(text):
        write(text[position:])
    return runs_of(letters, styles)


def erase(letters: list[str], styles: list[Style], column: int, args: str) -> None:
    """CSI K: from the column to the end (0), from the beginning to the column (1), all of the line (2)."""
    what = number(args, 0)
    if what == 0:
        del letters[column:], styles[column:]
    else:
        last = len(letters) if what == 2 else min(column + 1, len(letters))
        letters[:last] = " " * last
        styles[:last] = [PLAIN] * last


def runs_of(letters: list[str], styles: list[Style]) -> list[tuple[str, Style]]:
    """Neighbours of one style joined; blanks that nothing was written on after do not count."""
    end = len(letters)
    while end and letters[end - 1] == " " and styles[end - 1] == PLAIN:
        end -= 1
    found: list[tuple[str, Style]] = []
    begin = 0
    for index in range(1, end + 1):
        if index == end or styles[index] != styles[begin]:
            found.append(("".join(letters[begin:index]), styles[begin]))
            begin = index
    return found


def number(args: str, default: int) -> int:
    first = args.split(";")[0]
    return int(first[:9]) if first.isascii() and first.isdigit() else default


@lru_cache(maxsize=4096)
def restyle(style: Style, args: str) -> Style:
    """`style` after the sequence `ESC [ args m`; what is not known changes nothing."""
    colour, background, switches = style
    codes = iter(args.split(";"))
    for code in codes:
        parts = code.split(":")
        value = number(parts[0], 0)
        if value == 0:
            colour, background, switches = PLAIN
        elif value == 4 and parts[1:2] == ["0"]:
            switches -= OFF[24]
        elif value in SWITCHES:
            switches |= {SWITCHES[value]}
        elif value in OFF:
            switches -= OFF[value]
        elif 30 <= value <= 37 or 90 <= value <= 97:
            colour = NAMES[value - 30 if value < 90 else value - 82]
        elif 40 <= value <= 47 or 100 <= value <= 107:
            background = NAMES[value - 40 if value < 100 else value - 92]
        elif value in {38, 48}:
            if len(parts) > 1:
                chosen = extended([number(part, 0) for part in parts[1:] if part])
            else:
                kind = number(next(codes, ""), -1)
                count = {5: 1, 2: 3}.get(kind, 0)
                chosen = extended([kind, *(number(next(codes, ""), 0) for _ in range(count))])
            colour, background = (chosen, background) if value == 38 else (colour, chosen)
        elif value == 39:
            colour = ""
        elif value == 49:
            background = ""
    return Style(colour, background, frozenset(switches))


def extended(codes: list[int]) -> str:
    """`5, n` of the 256 colours or `2, r, g, b` → the nearest name; "" for anything else."""
    if len(codes) >= 2 and codes[0] == 5 and codes[1] < 256:
        index = codes[1]
        if index < 16:
            return NAMES[index]
        if index >= 232:
            return nearest(*[8 + 10 * (index - 232)] * 3)
        levels = (0, 95, 135, 175, 215, 255)
        index -= 16
        return nearest(levels[index // 36], levels[index // 6 % 6], levels[index % 6])
    if len(codes) >= 4 and codes[0] == 2:
        return nearest(*(min(code, 255) for code in codes[-3:]))
    return ""


@lru_cache(maxsize=4096)
def nearest(red: int, green: int, blue: int) -> str:
    """By the distance that the eye sees, roughly: green counts most, blue least."""
    distances = [3 * (red - r) ** 2 + 4 * (green - g) ** 2 + 2 * (blue - b) ** 2 for r, g, b in PALETTE]
    return NAMES[distances.index(min(distances))]


@lru_cache(maxsize=4096)
def classes(style: Style) -> str:
    colour, background, switches = style
    if "inverse" in switches:
        colour, background = background or "black", colour or "white"
    names = [f"ansi-{colour}"] if colour else []
    names += [f"ansi-bg-{background}"] if background else []
    return " ".join(names + [f"ansi-{switch}" for switch in sorted(switches - {"inverse"})])


def markup(text: str, style: Style) -> str:
    named = classes(style)
    return f'<span class="{named}">{escape(text)}</span>' if named else escape(text)
