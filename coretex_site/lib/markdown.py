"""Markdown as safe HTML: CommonMark with tables, in the classes of our pages. Knows no Django.

HTML in it stays text, and so do pictures; links lead to http, https, mail, or into the page.
"""

import re
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

LINKS = re.compile(r"(https?://|mailto:|#|/(?!/))", re.IGNORECASE)


class Renderer(RendererHTML):
    """Tables that can be scrolled, code as it looks elsewhere, names in cells on one line."""

    def table_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return '<div class="table-wrap"><table class="table">\n'

    def table_close(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return "</table></div>\n"

    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return f'<pre class="code">{_escaped(tokens[idx].content)}</pre>\n'

    code_block = fence

    def td_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        children = tokens[at + 1].children or []
        is_name = [child.type for child in children] == ["code_inline"]
        return '<td class="nowrap">' if is_name else "<td>"

    def th_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return "<th>"

    def heading_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        name = re.sub(r"\W+", "-", tokens[at + 1].content.lower()).strip("-")
        anchor = f' id="{name}"' if env.get("anchors") else ""
        return f"<{tokens[at].tag}{anchor}>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        return LINKS.match(url) is not None and super().validateLink(url)


PARSER = _Parser("commonmark", {"html": False, "maxNesting": 20}, renderer_cls=Renderer)
PARSER.enable("table").disable(["image", "html_block", "html_inline", "entity"])


def html(source: str, *, anchors: bool = True) -> str:
    """The document as HTML; everything in it is escaped.

    Headings can be linked to with `anchors`; the texts of Tasks go without, since a heading could be called
    as a part of the page is.
    """
    rendered: str = PARSER.render(source, {"anchors": anchors})
    return rendered
