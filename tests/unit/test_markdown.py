"""The Markdown of our own documents, and of those in Tasks."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coretex_site.lib import markdown

DOCS = Path(__file__).resolve().parents[2] / "docs"


def made(source: str, *, anchors: bool = False) -> str:
    """The HTML without the line ends that no browser shows."""
    return re.sub(r"(?<=>)\n(?=<)|\n$", "", markdown.html(source, anchors=anchors))


def test_headings_paragraphs_lists_code_and_tables() -> None:
    source = (
        "# One `x`\n\ntext **b**\nmore\n\n- a\n- b\n\n```yaml\na: <b>\n```\n\n"
        "| k | v |\n| --- | --- |\n| `k` | 1 \\| 2 |\n"
    )
    for part in (
        '<h1 id="one-x">One <code>x</code></h1>', "<p>text <strong>b</strong>\nmore</p>",
        "<ul><li>a</li><li>b</li></ul>", '<pre class="code">a: &lt;b&gt;', "<th>k</th><th>v</th>",
        '<td class="nowrap"><code>k</code></td><td>1 | 2</td>',
        '<div class="table-wrap"><table class="table">',
    ):  # fmt: skip
        assert part in made(source, anchors=True)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1. one\n   more\n2. two", "<ol><li>one\nmore</li><li>two</li></ol>"),
        ("* a\n  + b\n* c", "<ul><li>a\n<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("# A\n## B\ntext\n\n---", "<h1>A</h1><h2>B</h2><p>text</p><hr />"),
        ("> said\n> twice", "<blockquote><p>said\ntwice</p></blockquote>"),
        ("an *em* and `*code*`, 2 * 3 * 4", "<p>an <em>em</em> and <code>*code*</code>, 2 * 3 * 4</p>"),
        ("![x](https://a/b.png) <img src=x>", '<p>!<a href="https://a/b.png">x</a> &lt;img src=x&gt;</p>'),
        ("[a](javascript:alert) [b](//evil) [c](x.md)", "<p>[a](javascript:alert) [b](//evil) [c](x.md)</p>"),
    ],
)
def test_what_people_write_in_a_readme(source: str, expected: str) -> None:
    assert made(source) == expected


@pytest.mark.parametrize("part", ["[", "# a\n", "- a\n", "*a ", "`", "> a\n", "| a\n", "**", "```\n", "[a]("])
def test_a_text_that_is_made_to_be_slow_is_not(part: str) -> None:
    assert markdown.html(part * (30_000 // len(part)))  # within the time that any test may take


def test_lists_as_deep_as_can_be_do_not_fail() -> None:
    deep = markdown.html("".join(f"{'  ' * depth}- a\n" for depth in range(400)))
    assert deep.count("<ul>") == deep.count("</ul>") > 5


def test_the_documents_leave_no_marks_behind() -> None:
    page = markdown.html((DOCS / "task-yaml.md").read_text())
    assert "```" not in page and "<p>|" not in page and "<p>#" not in page


@given(st.text(alphabet="#`|-*[]()<>\n ab\\:"))
def test_any_text_is_escaped(text: str) -> None:
    page = markdown.html(f"{text}\n\n<script>")
    assert "<script>" not in page and "<ab" not in page


def test_a_quote_in_a_link_cannot_end_its_address() -> None:
    assert 'onclick="' not in made('[a "b"](https://example.org/"onclick="x)')
