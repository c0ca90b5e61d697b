"""A heat map as SVG, written by hand."""

from html import escape

CELL, LEFT, TOP = 56, 110, 130


def heat_map(names, values, title):
    """A square for each pair; `values` is {(row, column): share}, with gaps where nothing was computed."""
    width, height = LEFT + CELL * len(names) + 16, TOP + CELL * len(names) + 16
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="20" font-size="14" fill="#171a21">{escape(title)}</text>',
    ]
    lowest = min(values.values(), default=0)
    spread = (max(values.values(), default=1) - lowest) or 1
    for row, one in enumerate(names):
        middle = TOP + CELL * row + CELL / 2 + 4
        parts.append(f'<text x="{LEFT - 8}" y="{middle}" text-anchor="end" fill="#555d6b">{escape(one)}</text>')
        x = LEFT + CELL * row + CELL / 2
        parts.append(f'<text transform="translate({x} {TOP - 8}) rotate(-50)" fill="#555d6b">{escape(one)}</text>')
        for column, other in enumerate(names):
            if (one, other) not in values:
                continue
            value = values[one, other]
            strength = 0.08 + 0.92 * (value - lowest) / spread
            place = f'x="{LEFT + CELL * column}" y="{TOP + CELL * row}"'
            parts.append(
                f'<rect {place} width="{CELL - 2}" height="{CELL - 2}" rx="4" fill="#4b44c4" fill-opacity="{strength:.2f}">'
                f"<title>{escape(one)} and {escape(other)}: {value:.1%}</title></rect>"
            )
            colour = "#ffffff" if strength > 0.55 else "#171a21"
            parts.append(
                f'<text x="{LEFT + CELL * column + CELL / 2 - 1}" y="{middle}" text-anchor="middle" '
                f'fill="{colour}">{value:.0%}</text>'
            )
    return "\n".join([*parts, "</svg>"]) + "\n"
