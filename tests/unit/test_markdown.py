"""The Markdown of our own documents, and of those in Tasks."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coretex_site.lib import markdown

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_headings_paragraphs_lists_code_and_tables() -> None:
    source = (
        "# One `x`\n\ntext **b**\nmore\n\n- a\n- b\n\n```yaml\na: <b>\n```\n\n"
        "| k | v |\n| --- | --- |\n| `k` | 1 \\| 2 |\n"
    )
    made = markdown.html(source)
    for part in (
        '<h1 id="one-x">One <code>x</code></h1>', "<p>text <strong>b</strong> more</p>",
        "<ul><li>a</li><li>b</li></ul>", '<pre class="code">a: &lt;b&gt;</pre>', "<th>k</th><th>v</th>",
        '<td class="nowrap"><code>k</code></td><td>1 | 2</td>',
    ):  # fmt: skip
        assert part in made


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("1. one\n   more\n2. two", "<ol><li>one more</li><li>two</li></ol>"),
        ("* a\n  + b\n* c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("- a\n\n- b\n1. c", "<ul><li>a</li><li>b</li></ul>\n<ol><li>c</li></ol>"),
        ("- a\n\n  ```\n  x\n    y\n  ```", '<ul><li>a<pre class="code">x\n  y</pre></li></ul>'),
        ("# A\n## B\ntext\n---", "<h1>A</h1>\n<h2>B</h2>\n<p>text</p>\n<hr>"),
        ("> said\n> twice", "<blockquote>said twice</blockquote>"),
        ("an *em* and `*code*`, 2 * 3 * 4", "<p>an <em>em</em> and <code>*code*</code>, 2 * 3 * 4</p>"),
        ("![x](a.png) <img src=x>", "<p>![x](a.png) &lt;img src=x&gt;</p>"),
    ],
)
def test_what_people_write_in_a_readme(source: str, made: str) -> None:
    assert markdown.html(source, anchors=False) == made


@pytest.mark.parametrize("part", ["[", "# a\n", "- a\n", "*a ", "`", "> a\n", "| a\n", "**", "```\n"])
def test_a_text_that_is_made_to_be_slow_is_not(part: str) -> None:
    assert markdown.html(part * (200_000 // len(part)))  # within the time that any test may take


def test_lists_as_deep_as_can_be_do_not_fail() -> None:
    made = markdown.html("".join(f"{'  ' * depth}- a\n" for depth in range(400)))
    assert made.count("<ul>") == made.count("</ul>") == markdown.DEEPEST + 1


def test_the_documents_leave_no_marks_behind() -> None:
    made = markdown.html((DOCS / "task-yaml.md").read_text())
    assert "```" not in made and "<p>|" not in made and "<p>#" not in made


@given(st.text(alphabet="#`|-*[]()<>\n ab\\:"))
def test_any_text_is_escaped(text: str) -> None:
    made = markdown.html(f"{text}\n\n<script>")
    assert "<script>" not in made and "<ab" not in made


def test_a_quote_in_a_link_cannot_end_its_address() -> None:
    made = markdown.html('[a "b"](https://example.org/"onclick="x)')
    assert made == ('<p><a href="https://example.org/&quot;onclick=&quot;x">a &quot;b&quot;</a></p>')
