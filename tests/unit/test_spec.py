"""task.yaml as people write it: what is read, and every mistake with its place."""

import ast
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tasks.taskyaml.spec import parse
from tasks.taskyaml.surprises import SCIENTIFIC
from tasks.types.scalars import FLOAT_TEXT
from tasks.types.wording import inline
from tests.task_yamls import GROUP, default, one, problems, read


def test_a_whole_file_is_read() -> None:
    spec = read(
        "id: x\nname: Train\ndescription: Trains.\nis_active: true\nproject_type: 8\nparam_groups:\n"
        "  - name: inputs\n    params:\n      - name: learningRate\n        description: Step size\n"
        "        value: 0.001\n        data_type: float\n        required: true\n        dynamic: true\n"
        "  - name: outputs\n    params:\n      - name: model\n        data_type: model\n"
    )
    assert (spec.name, spec.description, spec.project_type) == ("Train", "Trains.", 8)
    assert [group.name for group in spec.groups] == ["inputs", "outputs"]
    assert spec.defaults() == {"learningRate": 0.001, "model": None}
    rate = spec.by_name["learningRate"]
    assert (rate.data_type, rate.required, rate.description) == ("float", True, "Step size")
    assert (rate.line, rate.column) == (9, 9)
    assert spec.by_name["model"].required is False
    assert "other" not in spec.by_name


@pytest.mark.parametrize(
    "source",
    [
        "",
        "\n# nothing\n",
        "null",
        "---\n",
        b"",
        "param_groups:\n",
        "param_groups: []",
        GROUP,
        "{}",
        "name: x\n",
    ],
)
def test_a_file_may_declare_nothing(source: str | bytes) -> None:
    assert read(source).parameters == ()
    assert problems(source) == []


@pytest.mark.parametrize(
    ("text", "data_type", "value"),
    [
        ("", "str", None),
        ("value: 5", "int", 5),
        ("value: 5.0", "float", 5.0),
        ('value: ""', "str", ""),
        ("value: true", "bool", True),
        ("value: []", "list[int]", []),
        ("value: [a]", "list[str]", ["a"]),
        ("value: 5\ndata_type: float", "float", 5),
        ("value: '{RESOURCES_SERVER_URL}/a.qza'", "str", "{RESOURCES_SERVER_URL}/a.qza"),
        ("value:\ndata_type: int\nrequired: true", "int", None),
        ("value: []\ndata_type: list[int]\nrequired: true", "list[int]", []),
        ("value: =\n", "str", "="),
    ],
)
def test_a_default_keeps_its_kind(text: str, data_type: str, value: object) -> None:
    parsed = read(one(text)).parameters[0]
    assert (parsed.data_type, repr(parsed.value)) == (data_type, repr(value))
    assert problems(one(text)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("value: abc\ndata_type: int", '5:12: error: p: expected an int, found the text "abc"'),
        ("value: 5\ndata_type: str", "5:12: error: p: expected a str, found the int 5; put it in quotes"),
        (
            "value: [1, x]\ndata_type: list[int]",
            '5:16: error: p: item 2: expected an int, found the text "x"',
        ),
        ("value: [1, a]", 'the items are of different kinds in the list [1, "a"]'),
        ("value: {a: 1}", "expected a data_type, because the value is the mapping {a: 1}"),
        ("data_type: flaot", '5:16: error: p: expected a data_type, found "flaot"; did you mean float?'),
        ("data_type: string", "did you mean str?"),
        ("data_type: zzz", "the data types are int, float, str"),
        ("required: 5", '5:15: error: p: expected true or false for "required", found the int 5'),
        ("description: [a]", 'expected a text for "description", found the list ["a"]'),
        ("value: .nan\ndata_type: float", "expected a finite float, found nan"),
        ("value: 5.0\ndata_type: int", "expected an int, found the float 5.0; write 5"),
        ("value: 1e5\ndata_type: int", 'expected an int, found the text "1e5"; write 100000'),
        ("value: '5'\ndata_type: int", 'expected an int, found the text "5"; leave out the quotes'),
        ('value: ["0.5"]\ndata_type: list[float]', 'found the text "0.5"; leave out the quotes'),
        ('value: "yes"\ndata_type: bool', 'found the text "yes"; leave out the quotes'),
        ("value: 3.10\ndata_type: str", "expected a str, found the float 3.1; put 3.10 in quotes"),
        ("value: 010\ndata_type: str", "expected a str, found the int 8; put 010 in quotes"),
        ("value: 2024-01-02\ndata_type: int", '5:12: error: p: expected an int, found the text "2024-01-02"'),
        ("value: 5.5\ndata_type: int", "5:12: error: p: expected an int, found the float 5.5"),
        ("data_type: list[int]\nvalue: [1, 2.0]", "item 2: expected an int, found the float 2.0; write 2"),
        (
            "data_type: range\nvalue: {from: 0, to: 1e3, step: 1}",
            'expected an int for "to", found the text "1e3"; write 1000',
        ),
        (
            "data_type: enum\nvalue: {selected: 0, options: [3.9, a]}",
            "expected a text that is not empty as an option, found the float 3.9; put it in quotes",
        ),
        ("data_type: enum\nvalue: {selected: 0, options: [null, a]}", "found null; put it in quotes"),
        (
            "data_type: enum\nvalue: {selected: b, options: [a, b]}",
            'expected the index of an option (0 to 1), found the text "b"; write 1, its index',
        ),
        ("data_type: enum", "expected a mapping {selected: …, options: …}, found null"),
        (
            "data_type: enum\nvalue:\n  selected: 2\n  options: [a, b]",
            "7:17: error: p: expected the index of an option (0 to 1), found the int 2",
        ),
        ("data_type: range\nvalue: {from: 1, to: 9}", 'found one without "step"'),
        ("data_type: int\nvalue: 5\nmin: 6", "6:12: error: p: expected at least 6, found 5"),
        ("data_type: int\nmin: 6\nmax: 2", '7:10: error: p: expected a "max" of at least 6'),
        ("min: a", 'expected a number for "min", found the text "a"'),
        ("value: 1\nvalue: 2", '6:5: error: the key "value" is repeated here, first on line 5'),
        ("value: !!python/object:os.system x", "found the YAML tag"),
        ("value: !!int x", "which can't be read as one"),
        ("value: !!set {a}", "found the YAML tag"),
        ('value: "\\0"', "NUL characters"),
        ('value: "\\ud800"', "halves of characters"),
        ("value: 0x" + "f" * 3900 + "\ndata_type: int", "expected an int of at most 4000 digits"),
        ("value: " + "9" * 4500, "expected a number of at most 4,000 characters"),
    ],
)
def test_a_mistake_in_a_parameter_is_said_at_its_place(text: str, expected: str) -> None:
    assert parse(one(text)).spec is None
    assert any(expected in problem for problem in problems(one(text))), problems(one(text))


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("value: 1e-3\ndata_type: float", 0.001, "YAML 1.1 reads 1e-3 as a text"),
        ("value: [1, 1E5]\ndata_type: list[float]", [1, 1e5], "it was read as the float 100000.0"),
        ("value: 1e-3", "1e-3", "sign in its exponent; add data_type: float for a number, or quotes for"),
        ("value: [1e-3, x]", ["1e-3", "x"], "add data_type: list[float] for a number"),
        ("value: 1.e5", "1.e5", "since a float has a point and a sign in its exponent"),
        ("value: -.5", "-.5", "has a digit before its point, as in -0.5; add data_type: float"),
        ("value: 089", "089", "begins with 0 is one to base 8, which has no 8 or 9; add data_type: int"),
        ("value: 089\ndata_type: int", 89, "which has no 8 or 9; it was read as the int 89"),
        (
            "value: 1_2344_5678",
            123445678,
            "reads 1_2344_5678 as the int 123445678; put it in quotes",
        ),
        ("value: 3.10", 3.1, "YAML reads 3.10 as the float 3.1; put it in quotes for a text, or write 3.1"),
        ("value: [3.9, 3.10]", [3.9, 3.1], "YAML reads 3.10 as the float 3.1"),
        ("value: 1_000.5", 1000.5, "YAML reads 1_000.5 as the float 1000.5"),
        ("value: 089.5", 89.5, "YAML reads 089.5 as the float 89.5"),
        ("value: &a 3.10", 3.1, "YAML reads 3.10 as the float 3.1"),
        ("value: +1", 1, "YAML reads +1 as the int 1"),
        ("value: None", "None", "YAML reads None as a text; write null for no value"),
        ('value: "C:\\new"', "C:\new", "YAML reads \\n in double quotes as one character"),
        ('value: "C:\\\\data\\train"', "C:\\data\train", "YAML reads \\t in double quotes"),
        ("value: 0x1F", 31, "YAML reads 0x1F as the int 31"),
        ("value: 0b11", 3, "YAML reads 0b11 as the int 3"),
        ("value: .5", 0.5, "YAML reads .5 as the float 0.5"),
        ("value: 0.12345678901234567890", 0.12345678901234568, "as the float 0.12345678901234568"),
        ("value: 12345678901234567890", 12345678901234567890, "is beyond 2^53, where R and other languages"),
        ("value: no\ndata_type: str", "no", "YAML reads no as a bool; it was kept as text"),
        ("value: [on, x]\ndata_type: list[str]", ["on", "x"], "YAML reads on as a bool"),
        (
            "value: yes",
            True,
            "YAML reads yes without quotes as true; write true, or put it in quotes",
        ),
        ("value: ~", None, "YAML reads ~ without quotes as null, which is no value"),
        ("value: NULL\ndata_type: str", None, "YAML reads NULL without quotes as null"),
        ("value: 12:30\ndata_type: str", "12:30", "to base 60; it was kept as text"),
        ("value: 12:30", 750, "as a number to base 60: 750; put it in quotes for a text"),
        ("value: 12:30:45.5", 45045.5, "as a number to base 60: 45045.5"),
        ("value: 1:30\ndata_type: int", 90, "to base 60: 90; write 90 if that is meant"),
        ("value: 010", 8, "because of its leading 0: 8; put it in quotes for a text, or write 10 or 8"),
        ("value: 010\ndata_type: int", 8, "to base 8, because of its leading 0: 8; write 10 or 8, whichever"),
        ("value: 007\ndata_type: float", 7, "because of its leading 0: 7; write 7"),
        ("value: {from: 0, to: 010, step: 1}\ndata_type: range", {"from": 0, "to": 8, "step": 1}, "base 8"),
        ("value: {x: 010}\ndata_type: IMUVectors", {"x": 8}, "to base 8"),
        (
            "value: {selected: 1, options: [no, maybe]}\ndata_type: enum",
            {"selected": 1, "options": ["no", "maybe"]},
            "YAML reads no as a bool; it was kept as text",
        ),
        ("value: 9\nmin: 010\ndata_type: int", 9, "to base 8"),
        ("value: 2024-01-01", "2024-01-01", "as a date; it was kept as text"),
        ("value: red #1", "red", 'takes "#1" for a comment, so the text is "red"; put all of it in quotes'),
        ("value: #ff0000", None, 'takes "#ff0000" for a comment, so there is no value'),
        ("value: [a #1\n  , b]", ["a", "b"], 'takes "#1" for a comment'),
        ("value: one\n  two", "one two", "YAML joins the lines of a text without quotes; put a |"),
        ("value: ./reads\ndata_type: dataset", "./reads", "a path works only in local runs"),
        (
            "value: 5\ndata_byte: int",
            5,
            '6:5: warning: p: unknown key "data_byte", which is ignored; did you',
        ),
        ("value: 5\ncolour: red", 5, 'unknown key "colour", which is kept and ignored'),
        ("value: 5\ntype: int", 5, 'did you mean "data_type"?'),
        ("value: a\nmin: 3", "a", '"min" has no effect on the data_type str'),
    ],
)
def test_what_surprises_is_a_warning(text: str, value: object, expected: str) -> None:
    assert repr(default(text)) == repr(value)
    [warning] = problems(one(text))
    assert expected in warning
    assert ": warning: " in warning


def test_unknown_keys_are_kept() -> None:
    assert read(one("colour: [red, 1]")).parameters[0].extra == {"colour": ["red", 1]}


def test_merge_keys_and_aliases_are_read() -> None:
    spec = read(
        f"base: &b {{data_type: float, required: true}}\n{GROUP}  - {{<<: *b, name: p, required: false}}"
    )
    assert (spec.parameters[0].data_type, spec.parameters[0].required) == ("float", False)


def test_all_mistakes_are_said_at_once() -> None:
    text = (
        GROUP
        + "  - name: a\n    value: x\n    data_type: int\n  - 5\n  - name: a\n  - value: 1\n  - name: ''\n"
    )
    places = [(p.line, p.column) for p in parse(text).errors]
    assert places == [(5, 12), (7, 5), (8, 11), (9, 5), (10, 11)]


def test_a_second_parameter_of_the_same_name_names_both_lines() -> None:
    text = f"{GROUP}  - name: a\n- name: h\n  params:\n  - name: a\n"
    assert problems(text) == [
        '7:11: error: a: expected a name of its own, found a second "a"; the first is on line 4'
    ]


@pytest.mark.parametrize("name", ["''", "'  '", "x" * 101, '"a\\tb"', "5", "null", "[a]"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    assert parse(f"{GROUP}  - name: {name}\n").spec is None


def test_groups_without_param_groups_above_them_are_noticed() -> None:
    [warning] = problems("name: x\ninputs:\n  - name: lr\n    value: 5\n")
    assert warning.startswith('2:1: warning: "inputs" looks like parameters, but param_groups is missing')
    [error] = problems("- name: inputs\n  params: []\n")
    assert 'write "param_groups:" above it' in error
    [error] = problems("project_type: 1\n  - name: outputs\n    params:\n    - name: a\n")
    assert error.startswith("2:9: error")
    assert 'no line "param_groups:"' in error


def test_a_group_inside_a_group_is_noticed() -> None:
    [warning] = problems(f"{GROUP}  - name: outputs\n    params:\n    - name: a\n")
    assert '5:5: warning: outputs: found "params" inside a parameter' in warning


INTS = st.integers(-(2**53), 2**53)
SCALARS = st.none() | st.booleans() | INTS | st.floats(allow_nan=False, allow_infinity=False)
# PyYAML leaves the quotes out where it reads a text, even if it looks like something else: 0E0, 089, None.
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=15).filter(
    lambda text: text != "None" and not FLOAT_TEXT.fullmatch(text)
)
DEFAULTS = SCALARS | WORDS | st.lists(INTS, max_size=3) | st.lists(WORDS, max_size=3)


@given(st.lists(st.tuples(WORDS, DEFAULTS), max_size=5, unique_by=lambda pair: pair[0]), st.booleans())
def test_what_is_dumped_as_yaml_is_read_with_the_same_values(pairs: list, flow: bool) -> None:
    pairs = [(name, value) for name, value in pairs if name.strip()]
    params = [{"name": name, "value": value, "required": True} for name, value in pairs]
    groups = [{"name": "g", "params": params}]
    text = yaml.safe_dump(
        {"param_groups": groups}, default_flow_style=flow, allow_unicode=True, sort_keys=False
    )
    assert repr(read(text).defaults()) == repr(dict(pairs))
    assert problems(text) == []


def test_folders_are_read_in_their_normal_form() -> None:
    spec = read("cwd: data//raw/\npython_path: [./src, lib/a, src]\n")
    assert (spec.cwd, spec.python_path) == ("data/raw", ("src", "lib/a"))
    spec = read("cwd: ~\npython_path: src\n")
    assert (spec.cwd, spec.python_path) == (".", ("src",))
    assert read("").cwd == "." and read("").python_path == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: x\ncwd: ../data", '2:6: error: expected a folder of the Task for "cwd", such as "src": '),
        ("cwd: /data", '1:6: error: expected a folder of the Task for "cwd"'),
        ("cwd: 5", "found the int 5"),
        ("cwd: [a]", 'found the list ["a"]'),
        ('cwd: ""', "found an empty text"),
        ("python_path:\n  - src\n  - a/../b", '3:5: error: expected a folder of the Task for "python_path"'),
        ("python_path: {a: b}", "1:14: error"),
        ("python_path:\n  - src\n  -", "3:4: error"),
        ("pythonpath: src", 'did you mean "python_path"?'),
        ("workdir: src", 'did you mean "cwd"?'),
    ],
)
def test_a_folder_that_is_none_is_said_at_its_place(text: str, expected: str) -> None:
    found = "\n".join(str(problem) for problem in parse(text).problems)
    assert expected in found


@pytest.mark.parametrize(
    "text",
    [
        "value: 1.0", "value: -3", "value: 0.25", "value: 0", "value: 1.0e-3", "value: True", "value: null",
        "value: 1.10.0", "value: NaN", "value: 0o17", "value: a#b", "value: red # the colour",
        "value: 1_000\ndata_type: int", "value: 3.10\ndata_type: float", "value: +1\ndata_type: int",
        "value: 0x1F\ndata_type: int", "value: .5\ndata_type: float", "value: yes\ndata_type: bool",
        "value: ~\ndata_type: int", "value: !!float 3", "value: !!str 3.10", "value: !!str 1e5",
        "value: &a !!str 1e5", "value: [0, 0.5, 1]", 'value: "3.10"',
        "value: 12345678901234567890\ndata_type: int", "value: |\n  one\n  two", "value: >\n  one\n  two",
        "value: '#ff0000'", "value: 5   #", "value: 5 #a remark",
    ],
)  # fmt: skip
def test_what_is_read_as_it_is_meant_gets_no_warning(text: str) -> None:
    assert problems(one(text)) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("*.fastq.gz", "found a * or & that YAML takes for an alias or an anchor; put the text in quotes"),
        ("{sample}.bam", "found more after the closing }; put all of it in quotes if it is a text"),
        ("[a-z]+", "found more after the closing ]; put all of it in quotes if it is a text"),
        ("'it's'", "found more after the closing '; put all of the text in double quotes"),
        ('"a" b', 'found more after the closing "; put all of the text in single quotes'),
        ("{sample}", "the value is the mapping {sample: null}; put it in quotes if it is a text"),
        ("{a: [1]}", "expected a data_type, because the value is the mapping {a: [1]}"),
        ("{{ x }}", "put a text that begins with a brace in quotes"),
    ],
)
def test_a_text_that_yaml_cannot_read_is_to_be_put_in_quotes(value: str, said: str) -> None:
    assert said in "\n".join(problems(one(f"value: {value}")))


def test_quotes_are_not_advised_for_an_index_out_of_range() -> None:
    text = one("data_type: enum\nvalue: {selected: 5, options: [a, b]}")
    assert problems(text) == ["6:23: error: p: expected the index of an option (0 to 1), found the int 5"]


def test_an_int_is_accepted_in_a_list_of_floats_without_a_data_type() -> None:
    parameter = read(one("value: [0, 0.5, 1]")).parameters[0]
    assert (parameter.data_type, repr(parameter.value)) == ("list[float]", "[0, 0.5, 1]")


NUMERALS = st.text("0123456789_+-.:eExXobaf", min_size=1, max_size=9)
PLAIN = st.sampled_from(
    ["yes", "No", "ON", "off", "~", "Null", "NULL", ".nan", ".inf", "2024-01-02", "=", "<<", "089", "010"]
    + ["1:30", "12:30:45", "a #b", "#b", "1_2344", "3.10", "1e5", "1.e5", "+.5", "-0", "0_0", "y", "n", "0x"]
)


def written(value: object) -> str:
    return inline(value) if value is None or isinstance(value, bool) else str(value)


@given(NUMERALS | PLAIN | st.text("abc019._-# ", min_size=1, max_size=8), st.booleans())
def test_a_value_without_quotes_is_its_text_or_something_is_said(text: str, listed: bool) -> None:
    text = text.strip()
    shown = re.sub(r"(^|\s+)#(\s.*|#.*|)$", "", text)  # what a comment is meant to be
    parsed = parse(one(f"value:\n  - {text}" if listed else f"value: {text}"))
    if parsed.problems or SCIENTIFIC.fullmatch(shown):
        return
    value = parsed.spec.parameters[0].value
    [value] = value if listed and value else [value]
    if not isinstance(value, str | None):
        shown = re.sub(r"\s+#.*", "", shown)  # after a number, as in 5 #epochs
    assert written(value) == shown or (value in (None, []) and not shown)


@given(NUMERALS, st.sampled_from(["int", "float"]))
def test_a_declared_number_is_the_one_that_is_written_or_something_is_said(text: str, data_type: str) -> None:
    parsed = parse(one(f"value: {text}\ndata_type: {data_type}"))
    if parsed.problems:
        return
    value = parsed.spec.parameters[0].value
    read = ast.literal_eval(text.lstrip("+-").replace("_", ""))
    assert value == (-read if text.startswith("-") else read)
