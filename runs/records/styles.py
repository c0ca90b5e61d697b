"""Colours and switches of text in a terminal: escape sequences → styles → classes of static/css/code.css."""

import re
from functools import lru_cache
from html import escape
from typing import NamedTuple

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

SGR = re.compile(rb"\x1b\[([0-9;:]*)m")


class Style(NamedTuple):
    """Colours by name ("" is the default one) and the switches that are on."""

    colour: str = ""
    background: str = ""
    switches: frozenset[str] = frozenset()


PLAIN = Style()


def style_after(data: bytes, style: Style = PLAIN) -> Style:
    """The style in force after `data`."""
    reset = max(data.rfind(b"\x1b[0m"), data.rfind(b"\x1b[m"))
    if reset >= 0:
        style = PLAIN
    for found in SGR.finditer(data, max(reset, 0)):
        style = restyle(style, found[1].decode("ascii"))
    return style


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
