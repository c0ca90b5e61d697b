"""A small line chart as SVG, written by hand."""

from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 340, 48, 16, 34, 56
COLOURS = ("#4b44c4", "#1b8f6a", "#b3541e")


def lines(series, title):
    """A line for each {name: values at 1, 2, …}."""
    most = max((value for values in series.values() for value in values), default=0) or 1
    longest = max((len(values) for values in series.values()), default=0) or 1
    wide, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="20" font-size="14" fill="#171a21">{escape(title)}</text>',
    ]
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = TOP + tall * (1 - share)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#e1e4ea"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#555d6b">{most * share:.3g}</text>')
        x, place = LEFT + wide * share, 1 + share * (longest - 1)
        parts.append(f'<text x="{x:.1f}" y="{TOP + tall + 18}" text-anchor="middle" fill="#555d6b">{place:.0f}</text>')
    for number, (name, values) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(
            f"{LEFT + wide * place / max(longest - 1, 1):.1f},{TOP + tall * (1 - value / most):.1f}"
            for place, value in enumerate(values)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{LEFT + number * 150}" y="{HEIGHT - 12}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
