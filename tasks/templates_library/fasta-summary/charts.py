"""Two small charts as SVG, written by hand."""

from html import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 760, 360, 56, 64, 34


def histogram(values, bins):
    """How many values are in each of the bins {from, to, step}; those outside are in none."""
    edges = list(range(bins["from"], bins["to"], bins["step"]))
    counts = [(str(edge), sum(edge <= value < edge + bins["step"] for value in values)) for edge in edges]
    return bars(counts, "sequences by length in bases")


def bars(counts, title):
    """A bar for each (label, count)."""
    most = max((count for _, count in counts), default=0) or 1
    step = (WIDTH - LEFT - 16) / max(len(counts), 1)
    height = HEIGHT - BOTTOM - TOP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="20" font-size="14" fill="#171a21">{escape(title)}</text>',
    ]
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = TOP + height * (1 - share)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - 16}" stroke="#e1e4ea"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#555d6b">{most * share:g}</text>')
    for index, (label, count) in enumerate(counts):
        x, tall = LEFT + index * step, height * count / most
        parts.append(
            f'<rect x="{x + step * 0.1:.1f}" y="{TOP + height - tall:.1f}" width="{step * 0.8:.1f}" '
            f'height="{tall:.1f}" fill="#4b44c4"><title>{escape(label)}: {count}</title></rect>'
        )
        middle, below = x + step / 2, TOP + height + 14
        parts.append(
            f'<text transform="translate({middle:.1f} {below}) rotate(45)" fill="#555d6b">{escape(label)}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"
