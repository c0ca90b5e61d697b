"""The Markdown of our own documents."""

from pathlib import Path

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
