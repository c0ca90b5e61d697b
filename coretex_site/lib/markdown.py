"""The little Markdown that our own documents use, as HTML: headings, paragraphs, lists, tables, code.

Knows no Django and no other Markdown; what it does not know stays text.
"""

import re
from collections.abc import Iterator
from html import escape

INLINE = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+|#[^)\s]*)\)"), r'<a href="\2">\1</a>'),
)
RULE = re.compile(r"[|\s:-]+")
CODE = re.compile(r"`[^`]+`")
CELLS = re.compile(r"(?<!\\)\|")


def html(source: str) -> str:
    """The document as HTML; everything in it is escaped first."""
    return "\n".join(_blocks(source.splitlines()))


def inline(text: str) -> str:
    text = escape(text)
    for pattern, replacement in INLINE:
        text = pattern.sub(replacement, text)
    return text


def _blocks(lines: list[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("```"):
            end = next((i for i in range(at + 1, len(lines)) if lines[i].startswith("```")), len(lines))
            code = escape("\n".join(lines[at + 1 : end]), quote=False)
            yield f'<pre class="code">{code}</pre>'
            at = end + 1
            continue
        end = at
        while end < len(lines) and lines[end].strip() and not lines[end].startswith("```"):
            end += 1
        block = lines[at:end]
        at = max(end, at + 1)
        if block:
            yield from _block(block)


def _block(lines: list[str]) -> Iterator[str]:
    heading = re.match(r"(#{1,4}) (.*)", lines[0])
    if heading is not None:
        level, text = len(heading[1]), heading[2]
        name = re.sub(r"\W+", "-", text.lower()).strip("-")
        yield f'<h{level} id="{name}">{inline(text)}</h{level}>'
        if lines[1:]:
            yield from _block(lines[1:])
    elif lines[0].startswith("|"):
        head, *rows = [_cells(line) for line in lines if not RULE.fullmatch(line)] or [[]]
        yield '<div class="table-wrap"><table class="table"><thead>' + _row(head, "th") + "</thead><tbody>"
        yield "".join(_row(row, "td") for row in rows) + "</tbody></table></div>"
    elif lines[0].startswith("- "):
        items = re.split(r"\n- ", "\n".join(lines)[2:])
        yield "<ul>" + "".join(f"<li>{inline(item)}</li>" for item in items) + "</ul>"
    else:
        yield f"<p>{inline(' '.join(lines))}</p>"


def _cells(line: str) -> list[str]:
    return [cell.strip().replace(r"\|", "|") for cell in CELLS.split(line.strip().strip("|"))]


def _row(cells: list[str], tag: str) -> str:
    """Cells of nothing but code stay on one line: they are names."""
    made = [
        f'<{tag} class="nowrap">{inline(cell)}</{tag}>'
        if CODE.fullmatch(cell)
        else f"<{tag}>{inline(cell)}</{tag}>"
        for cell in cells
    ]
    return "<tr>" + "".join(made) + "</tr>"
