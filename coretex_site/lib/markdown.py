"""The Markdown that documents are written in, as safe HTML: headings, lists, tables, quotes, code.

Knows no Django; what it does not know (HTML, pictures) stays text.
"""

import re
from collections.abc import Callable, Iterator
from html import escape
from textwrap import dedent

INLINE = (
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w*])\*([^\s*](?:[^*]*[^\s*])?)\*(?![\w*])"), r"<em>\1</em>"),
    (re.compile(r"\[([^\[\]]+)\]\((https?://[^)\s]+|#[^)\s]*)\)"), r'<a href="\2">\1</a>'),
)
RULE = re.compile(r"[|\s:-]+")
FENCE = re.compile(r" {0,3}```")
HEADING = re.compile(r"(#{1,6}) (.*)")
LINE = re.compile(r" {0,3}(?:-{3,}|\*{3,}|_{3,}) *")
ITEM = re.compile(r"([-*+]|\d{1,9}[.)]) +")
DEEPEST = 5
CODE = re.compile(r"(`[^`]+`)")
CELLS = re.compile(r"(?<!\\)\|")


def html(source: str, *, anchors: bool = True) -> str:
    """The document as HTML; everything in it is escaped first.

    Headings can be linked to with `anchors`; the texts of Tasks go without, since a heading could be called
    as a part of the page is.
    """
    return "\n".join(_blocks(source.splitlines(), anchors))


def inline(text: str) -> str:
    return "".join(map(_span, CODE.split(escape(text))))


def _span(text: str) -> str:
    if CODE.fullmatch(text):
        return f"<code>{text[1:-1]}</code>"
    for pattern, replacement in INLINE:
        text = pattern.sub(replacement, text)
    return text


def _blocks(lines: list[str], anchors: bool, depth: int = 0) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if FENCE.match(line):
            end = next((i for i in range(at + 1, len(lines)) if FENCE.match(lines[i])), len(lines))
            code = escape("\n".join(lines[at + 1 : end]), quote=False)
            yield f'<pre class="code">{code}</pre>'
            at = end + 1
        elif (heading := HEADING.match(line)) is not None:
            yield _heading(len(heading[1]), heading[2], anchors)
            at += 1
        elif LINE.fullmatch(line):
            yield "<hr>"
            at += 1
        elif line.startswith("|"):
            end = _end(lines, at, lambda line: line.startswith("|"))
            yield _table(lines[at:end])
            at = end
        elif line.startswith(">"):
            end = _end(lines, at, lambda line: line.startswith(">"))
            yield f"<blockquote>{inline(' '.join(line.lstrip('> ') for line in lines[at:end]))}</blockquote>"
            at = end
        elif (item := ITEM.match(line)) is not None:
            end = _end_of_list(lines, at)
            tag = "ol" if item[1][0].isdigit() else "ul"
            items = "".join(f"<li>{body}</li>" for body in _items(lines[at:end], anchors, depth))
            yield f"<{tag}>{items}</{tag}>"
            at = end
        elif line.strip():
            end = max(at + 1, _end(lines, at, _is_text))
            yield f"<p>{inline(' '.join(lines[at:end]))}</p>"
            at = end
        else:
            at += 1


def _end(lines: list[str], at: int, belongs: Callable[[str], bool]) -> int:
    return next((i for i in range(at, len(lines)) if not belongs(lines[i])), len(lines))


def _is_text(line: str) -> bool:
    starts = any(pattern.match(line) for pattern in (FENCE, HEADING, ITEM))
    return bool(line.strip()) and not starts and not line.startswith(("|", ">")) and not LINE.fullmatch(line)


def _end_of_list(lines: list[str], at: int) -> int:
    """A list goes on over what is indented and over blank lines between its items."""
    ordered = lines[at][0].isdigit()
    end = at
    for i in range(at, len(lines)):
        line = lines[i]
        item = ITEM.match(line)
        if item is not None and item[1][0].isdigit() != ordered:
            break
        if item is None and line.strip() and not line.startswith(" ") and (end < i or not _is_text(line)):
            break
        if line.strip():
            end = i + 1
    return end


def _items(lines: list[str], anchors: bool, depth: int) -> Iterator[str]:
    starts = [i for i, line in enumerate(lines) if ITEM.match(line)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        first = ITEM.sub("", lines[start], count=1)
        rest = dedent("\n".join(lines[start + 1 : end])).split("\n")
        own = _end(rest, 0, _is_text)
        inner = (
            "".join(_blocks(rest[own:], anchors, depth + 1))
            if depth < DEEPEST
            else inline(" ".join(rest[own:]))
        )
        yield inline(" ".join([first, *rest[:own]])) + inner


def _heading(level: int, text: str, anchors: bool) -> str:
    name = re.sub(r"\W+", "-", text.lower()).strip("-")
    anchor = f' id="{name}"' if anchors else ""
    return f"<h{level}{anchor}>{inline(text)}</h{level}>"


def _table(lines: list[str]) -> str:
    head, *rows = [_cells(line) for line in lines if not RULE.fullmatch(line)] or [[]]
    body = "".join(_row(row, "td") for row in rows)
    return (
        '<div class="table-wrap"><table class="table"><thead>'
        f"{_row(head, 'th')}</thead><tbody>{body}</tbody></table></div>"
    )


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
