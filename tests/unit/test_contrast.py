"""Every pair of colours that text or a control is drawn with is legible (WCAG 2.2 AA), light and dark."""

import re

import pytest
from django.conf import settings

TOKENS = (settings.BASE_DIR / "static/css/tokens.css").read_text()
STATES = ("queued", "preparing", "running", "stopping", "succeeded", "failed", "stopped")
ANSI = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
TEXT, CONTROL = 4.5, 3.0

GROUNDS = ("bg", "surface", "surface-2", "rail")
PAIRS: list[tuple[str, str, float]] = [
    *[(text, ground, TEXT) for text in ("text", "muted", "faint", "link") for ground in GROUNDS],
    *[(text, "rail-active", TEXT) for text in ("text", "muted")],
    *[("text", ground, TEXT) for ground in ("added-bg", "removed-bg", "accent-soft", "hit-bg")],
    *[("muted", ground, TEXT) for ground in ("added-bg", "removed-bg", "accent-soft")],
    ("link", "accent-soft", TEXT),
    *[("on-accent", ground, TEXT) for ground in ("accent", "accent-hover")],
    *[("on-danger", ground, TEXT) for ground in ("danger", "danger-hover")],
    *[(f"state-{state}", f"state-{state}-bg", TEXT) for state in STATES],
    *[(f"state-{state}", "surface", TEXT) for state in STATES],
    *[(kind, f"{kind}-bg", TEXT) for kind in ("info", "success", "warning", "error")],
    *[("text", f"{kind}-bg", TEXT) for kind in ("info", "success", "warning", "error")],
    *[("link", f"{kind}-bg", TEXT) for kind in ("info", "success", "warning", "error")],
    *[("error", ground, TEXT) for ground in ("surface", "bg")],
    *[
        (f"code-{token}", ground, TEXT)
        for token in ("keyword", "string", "number", "comment", "name")
        for ground in ("surface", "warning-bg", "error-bg")
    ],
    *[("control", ground, CONTROL) for ground in ("surface", "bg")],
    *[("focus", ground, CONTROL) for ground in (*GROUNDS, "rail-active")],
    *[("accent", ground, CONTROL) for ground in ("surface", "bg")],
    *[
        (text, ground, TEXT)
        for text in ("console-text", "console-muted")
        for ground in ("console-bg", "console-bar")
    ],
    ("console-living", "console-bar", TEXT),
    ("console-on-hit", "console-hit", TEXT),
    *[(f"ansi-{kind}{colour}", "console-bg", TEXT) for kind in ("", "bright-") for colour in ANSI],
    *[("ansi-bright-white", f"ansi-bg-{colour}", TEXT) for colour in ANSI if colour != "black"],
    ("console-text", "ansi-bg-black", TEXT),
]


def declared(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})\b", css))


def schemes() -> dict[str, dict[str, str]]:
    dark = re.search(r"@media \(prefers-color-scheme: dark\) \{(.*?)\n\}", TOKENS, re.S)
    assert dark is not None, "tokens.css has no dark scheme"
    light = declared(TOKENS.replace(dark[0], ""))
    return {"light": light, "dark": light | declared(dark[1])}


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_ruler_measures_black_on_white_as_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_colours_is_legible(scheme: str) -> None:
    colours = schemes()[scheme]
    faint = [
        f"{front} on {back}: {ratio:.2f}, at least {least} wanted"
        for front, back, least in PAIRS
        if (ratio := contrast(colours[front], colours[back])) < least
    ]
    assert not faint, "\n".join(faint)


def test_dark_gives_every_colour_of_light_a_value_of_its_own() -> None:
    found = schemes()
    always = {"on-accent", "on-danger"}
    same = {name for name, value in found["light"].items() if found["dark"][name] == value}
    assert {name for name in same if not name.startswith(("console", "ansi"))} <= always


def test_every_token_that_a_style_uses_is_declared() -> None:
    known = set(re.findall(r"--([\w-]+):", TOKENS))
    for path in (settings.BASE_DIR / "static/css").glob("*.css"):
        used = set(re.findall(r"var\(--([\w-]+)", path.read_text()))
        assert used <= known, f"{path.name} uses {sorted(used - known)}, which tokens.css does not declare"
