"""Notebooks are shown as cells, and nothing in them can act in the page."""

import base64
import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from coretex_site.lib import notebooks, previews

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nrest").decode()


def notebook(*cells: dict[str, Any]) -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)})


def code(source: str, *outputs: dict[str, Any], count: int | None = 1) -> dict[str, Any]:
    return {"cell_type": "code", "source": [source], "outputs": list(outputs), "execution_count": count}


def test_sources_texts_and_pictures_are_shown() -> None:
    cells = notebooks.cells(
        notebook(
            {"cell_type": "markdown", "source": "# Title <b>"},
            code(
                "print(1)",
                {"output_type": "stream", "name": "stdout", "text": ["1\n", "2\n"]},
                {"output_type": "display_data", "data": {"image/png": PNG, "text/plain": "<Figure>"}},
                {"output_type": "error", "traceback": ["\x1b[31mValueError\x1b[0m: no"]},
            ),
        )
    )
    assert cells[0].lines == ["# Title &lt;b&gt;"]
    assert cells[1].label == "1"
    assert "print" in cells[1].lines[0]
    stream, picture, error = cells[1].outputs
    assert stream.text == "1\n2\n"
    assert picture.picture == f"data:image/png;base64,{PNG}"
    assert (error.text, error.is_error) == ("ValueError: no", True)


def test_html_that_cells_put_out_is_not_shown() -> None:
    data = {"text/html": "<script>alert(1)</script>", "text/plain": "a table"}
    (cell,) = notebooks.cells(notebook(code("x", {"output_type": "execute_result", "data": data})))
    assert cell.outputs[0].text == "a table"
    assert "HTML" in cell.outputs[0].note
    only = {"output_type": "display_data", "data": {"application/javascript": "alert(1)"}}
    (cell,) = notebooks.cells(notebook(code("x", only)))
    assert cell.outputs[0].note == "This output cannot be shown here."


def test_what_only_claims_to_be_a_picture_is_not_one() -> None:
    for claim in ('" onload="alert(1)', base64.b64encode(b"<svg>").decode(), "%%%"):
        data = {"image/png": claim, "text/plain": "text"}
        (cell,) = notebooks.cells(notebook(code("x", {"output_type": "display_data", "data": data})))
        assert cell.outputs[0].picture == ""


def test_what_is_no_notebook_is_shown_as_json(tmp_path: Path) -> None:
    file = tmp_path / "a.ipynb"
    file.write_text('{"nbformat": 3, "worksheets": []}')
    assert previews.preview(file, file.name).kind is previews.Kind.JSON
    file.write_text(notebook(code("1")))
    assert previews.preview(file, file.name).kind is previews.Kind.NOTEBOOK


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda c: st.lists(c, max_size=3)
)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["cell_type", "source", "outputs", "execution_count"]), JSON)
        | st.builds(
            lambda output: {"cell_type": "code", "outputs": [output]},
            st.dictionaries(st.sampled_from(["output_type", "text", "data", "traceback", "name"]), JSON)
            | st.builds(lambda d: {"data": {"image/png": d, "text/plain": d}}, JSON),
        ),
        max_size=3,
    )
)
def test_no_notebook_breaks_the_reader(cells: list[dict[str, Any]]) -> None:
    assert notebooks.cells(notebook(*cells)) is not None
