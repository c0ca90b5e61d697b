"""task.yaml as bytes: tabs, encodings, invalid YAML, limits, and nothing that makes the reader fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.taskyaml.spec import parse
from tests.task_yamls import default, one, problems, read


def test_tabs_used_as_indentation_are_read_with_a_warning_that_names_the_line() -> None:
    parsed = parse("param_groups:\n- name: g\n  params:\n  - name: p\n\tvalue: 5\n")
    assert parsed.spec is None
    assert "a tab is used as indentation on line 5" in parsed.problems[0].message
    spec = read("param_groups:\n\t- name: g\n\t  params:\n\t  - name: p\n\t    value: x\n")
    assert spec.defaults() == {"p": "x"}
    tabbed = "param_groups:\n\t- name: g\n\t  params:\n\t  - name: p\n\t    value: x\n\t    data_type: int\n"
    warning, error = problems(tabbed)
    assert warning.startswith(
        "2:1: warning: a tab is used as indentation on lines 2-6; it was read as spaces"
    )
    assert error.startswith("5:13: error: p: expected an int")


def test_tabs_that_yaml_allows_are_left_alone() -> None:
    assert default("value: |\n  def f():\n  \treturn 1\n") == "def f():\n\treturn 1\n"


def test_a_byte_order_mark_and_windows_line_ends_are_fine() -> None:
    source = b"\xef\xbb\xbf" + one("value: abc\ndata_type: int").replace("\n", "\r\n").encode()
    assert problems(source) == ['5:12: error: p: expected an int, found the text "abc"']


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"a: b\nc: \xff", "2:4: error: expected text in UTF-8, found the byte 0xff"),
        ("a: b".encode("utf-16"), "found one in UTF-16; save it as UTF-8"),
        ("a: \0", "1:4: error: expected text, found a NUL character"),
        ("a: 1\n---\nb: 2\n", "2:1: error: expected one YAML document, found a second one"),
        ('a: "b\n', "close the quotes; it was opened on line 1"),
        ("a: @b", "a text can't begin with '@' in YAML; put the text in quotes"),
        ("a: b: c", "put a text that contains a colon in quotes"),
        ('a: "\\d"', "found the unknown escape \\d in double quotes"),
        ('a: "\\UFFFFFFFF"', "found an escape or a number that is out of range"),
        ("a: *b", "found the alias 'b' of nothing"),
        ("a:\tb", "found a tab, and YAML allows only spaces here"),
        ("[" * 5000, "expected at most 30 levels of nesting, found more"),
        ("a: &a [*a]", "found one inside what it stands for"),
        (b"#" * 262_145, "expected a file of at most 262,144 bytes, found one of 262,145 bytes"),
        ("name: x\nname: y", '2:1: error: the key "name" is repeated here, first on line 1'),
        ("5", 'expected a mapping with the key "param_groups", found "5"'),
        ("param_groups: {a: 1}", 'expected a list of groups for "param_groups", found a mapping'),
        ("? [a]\n: b", "expected a text as a key"),
    ],
)
def test_a_file_that_cannot_be_read_gets_a_sentence(source: str | bytes, expected: str) -> None:
    assert parse(source).spec is None
    assert any(expected in problem for problem in problems(source)), problems(source)


def test_a_bomb_of_aliases_gets_its_sentence() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    [error] = problems("\n".join(lines))
    assert error == "5:5: error: expected at most 10,000 values once its aliases are written out, found more"


FRAGMENTS = st.sampled_from(
    [
        "param_groups:",
        "\n",
        "- ",
        "  ",
        "\t",
        "name: a",
        "params:",
        "value: ",
        "data_type: enum",
        "{",
        "}",
        "[",
        "]",
    ]
    + [
        ":",
        ",",
        "&a ",
        "*a",
        "<<: ",
        "!!int ",
        "| ",
        "'",
        '"',
        "1e-3",
        "yes",
        "visible_if: {a: 1}",
        "? ",
        "#",
        "---",
    ]
)


@given(st.lists(FRAGMENTS | st.text(max_size=3), max_size=30).map("".join) | st.binary(max_size=60))
def test_no_text_and_no_bytes_make_the_reader_fail(source: str | bytes) -> None:
    parsed = parse(source)
    assert (parsed.spec is None) == bool(parsed.errors)
    for problem in parsed.problems:
        assert problem.line >= 1
        assert problem.column >= 1
        str(problem).encode()
