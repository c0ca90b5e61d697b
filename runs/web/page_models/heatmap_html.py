"""A map of cells as an HTML table, joined by hand: ten thousand cells are too many for a template."""

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from runs.analysis.heatmap import Map, Place


def table(drawn: Map) -> SafeString:
    """A table with its heads; every cell is a link, and the arrow keys move between them (batch.js)."""
    parts = [f'<div class="map-wrap" tabindex="-1"><table class="map map-{drawn.size}" data-map>']
    if drawn.x:
        corner = escape(drawn.x) if not drawn.y else f"{escape(drawn.y)} ↓ &nbsp; {escape(drawn.x)} →"
        heads = "".join(
            f'<th scope="col" title="{escape(c)}"><span>{escape(c)}</span></th>' for c in drawn.columns
        )
        parts.append(f'<thead><tr><th class="map-corner">{corner}</th>{heads}</tr></thead>')
    parts.append("<tbody>")
    for label, places in drawn.lines:
        label = escape(label)
        parts.append(f'<tr><th scope="row" title="{label}"><span>{label}</span></th>')
        parts.extend(map(_cell, places))
        parts.append("</tr>")
    parts.append("</tbody></table></div>")
    return mark_safe("".join(parts))  # noqa: S308 - every text in it was escaped


def _cell(place: Place) -> str:
    """Titles and words are the product's own, addresses are percent-encoded: only their & is left."""
    if not place.count:
        return "<td></td>"
    inner = place.word
    if place.parts:
        parts = "".join(f'<i class="fill-{state} part-{tenths}"></i>' for state, tenths in place.parts)
        inner = f'<span class="map-mix">{parts}</span>{inner}'
    address = place.href.replace("&", "&amp;")
    return f'<td><a class="{place.style}" href="{address}" title="{place.title}">{inner}</a></td>'
