"""The JSON Schema of task.yaml accepts and refuses what the reader does; the documentation says the same."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, TypeChecker
from jsonschema.validators import extend

from tasks.taskyaml.spec import GROUP_KEYS, PARAMETER_KEYS, TOP_KEYS, parse
from tasks.types.parameters import TYPES

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "tasks" / "task.schema.json").read_text(encoding="utf-8"))


def is_int(_: TypeChecker, value: Any) -> bool:
    """JSON can't tell 1.0 from 1, YAML and the reader can: the one difference, removed here."""
    return isinstance(value, int) and not isinstance(value, bool)


STRICT = extend(
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", is_int)
)(SCHEMA)


def agree(content: Any) -> bool:
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    parsed = parse(text)
    faults = [f"{list(error.absolute_path)}: {error.message}" for error in STRICT.iter_errors(content)]
    assert bool(parsed.errors) == bool(faults), (text, parsed.errors, faults)
    return not faults


def file_with(**parameter: Any) -> dict[str, Any]:
    return {"param_groups": [{"name": "g", "params": [{"name": "p", **parameter}]}]}


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_schema_types_and_documentation_name_the_same_data_types() -> None:
    in_schema = [name for name in SCHEMA["$defs"]["parameter"]["properties"]["data_type"]["enum"] if name]
    documented = re.findall(
        r"^### `([^`]+)`$", (ROOT / "docs" / "task-yaml.md").read_text("utf-8"), re.MULTILINE
    )
    assert in_schema == documented == list(TYPES)
    assert set(TYPES) <= set(SCHEMA["$defs"])


def test_schema_reader_and_documentation_name_the_same_keys() -> None:
    assert set(SCHEMA["properties"]) == set(TOP_KEYS)
    assert set(SCHEMA["$defs"]["group"]["properties"]) == set(GROUP_KEYS)
    assert set(SCHEMA["$defs"]["parameter"]["properties"]) == set(PARAMETER_KEYS)
    text = (ROOT / "docs" / "task-yaml.md").read_text(encoding="utf-8")
    assert [key for key in (*TOP_KEYS, *GROUP_KEYS, *PARAMETER_KEYS) if f"`{key}`" not in text] == []


def test_every_property_is_described_for_editors() -> None:
    for properties in (
        SCHEMA["properties"],
        *(SCHEMA["$defs"][k]["properties"] for k in ("group", "parameter")),
    ):
        assert all(isinstance(value.get("description"), str) for value in properties.values())


def test_every_example_of_the_documentation_is_right() -> None:
    examples = re.findall(
        r"```yaml\n(.*?)```", (ROOT / "docs" / "task-yaml.md").read_text("utf-8"), re.DOTALL
    )
    assert len(examples) > len(TYPES)
    for example in examples:
        text = example if "param_groups" in example else f"param_groups:\n- name: g\n  params:\n{example}"
        parsed = parse(text)
        assert [str(problem) for problem in parsed.problems] == [], text
        assert agree(yaml.safe_load(text))


OPTIONS = ["sgd", "adam"]
RIGHT = {
    "int": [5, None, 0],
    "float": [5, 0.5, None],
    "str": ["", "a", None],
    "bool": [True, None],
    "enum": [{"selected": 1, "options": OPTIONS}, {"selected": None, "options": OPTIONS}],
    "range": [{"from": 0, "to": 5, "step": 5}],
    "IMUVectors": [{}, {"x": 1}, None],
    "dataset": [1, None, "./local"],
    "list[int]": [[], [1, 2], None],
    "list[float]": [[1, 2.5], None],
    "list[str]": [["", "a"], []],
    "list[enum]": [{"selected": [0, 1], "options": OPTIONS}, {"selected": None, "options": OPTIONS}],
    "list[dataset]": [[1, "./a"], []],
    "git_secret": ["deploy key", None],
    "list[git_secret]": [["a"], None],
}
WRONG = {
    "int": [5.5, "5", True, [1]],
    "float": ["x", False, {}],
    "str": [5, True, ["a"]],
    "bool": [0, "x"],
    "enum": [
        None,
        "sgd",
        {"selected": 0},
        {"selected": 0, "options": []},
        {"selected": "a", "options": OPTIONS},
    ],
    "range": [
        None,
        5,
        {"from": 0, "to": 5},
        {"from": 0, "to": 5, "step": 0},
        {"from": 0, "to": 1.5, "step": 1},
    ],
    "IMUVectors": [5, [], {"x": "y"}, {"x": 1.5}, {"": 1}],
    "dataset": [0, True, 1.5, "", []],
    "list[int]": [5, [None], ["a"], [True]],
    "list[float]": [["a"], 0.5],
    "list[str]": [[1], "a"],
    "list[enum]": [None, {"selected": 0, "options": OPTIONS}, {"selected": [0], "options": ["a", "a"]}],
    "list[dataset]": [[None], [0], 5],
    "git_secret": ["", 5, " a", []],
    "list[git_secret]": [[""], "a"],
}


@pytest.mark.parametrize("data_type", RIGHT)
def test_schema_and_reader_agree_on_the_values_of_a_data_type(data_type: str) -> None:
    assert all(agree(file_with(data_type=data_type, value=value)) for value in RIGHT[data_type])
    assert not any(agree(file_with(data_type=data_type, value=value)) for value in WRONG[data_type])


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\tb", 5, None, ["a"]])
def test_schema_and_reader_agree_on_names(name: Any) -> None:
    assert not agree({"param_groups": [{"params": [{"name": name}]}]})


@pytest.mark.parametrize(
    "content",
    [None, {}, {"param_groups": None}, {"param_groups": [{"name": "g", "params": None}]}, {"inputs": [1]}],
)
def test_schema_and_reader_agree_that_a_file_may_declare_nothing(content: Any) -> None:
    assert agree(content)


JUNK = st.sampled_from([None, True, 0, 1, -3, 2.5, "", "a", [], [1], ["a"], [None], {}, {"a": 1}, {"a": [1]}])
NUMBERS = st.none() | st.integers(-3, 3) | st.sampled_from([0.5, "a", True])
VALUES = st.sampled_from([value for values in (*RIGHT.values(), *WRONG.values()) for value in values]) | JUNK
PARAMETERS = st.fixed_dictionaries(
    {"name": st.sampled_from(["p", "learningRate", "ü", "", 5])},
    optional={
        "description": JUNK,
        "value": VALUES,
        "data_type": st.sampled_from([*TYPES, None, "text", 5]),
        "required": JUNK,
        "multiline": JUNK,
        "dynamic": JUNK,
        "colour": JUNK,
    },
)
GROUPS = st.fixed_dictionaries({}, optional={"name": JUNK, "params": JUNK | st.lists(PARAMETERS, max_size=1)})
FILES = st.fixed_dictionaries(
    {},
    optional={
        "name": JUNK,
        "description": JUNK,
        "project_type": JUNK,
        "id": JUNK,
        "param_groups": JUNK | st.lists(GROUPS, min_size=1, max_size=1),
    },
)


@given(FILES | PARAMETERS.map(lambda parameter: {"param_groups": [{"params": [parameter]}]}))
def test_schema_and_reader_agree_on_any_file(content: Any) -> None:
    agree(content)


@given(NUMBERS, JUNK)
def test_schema_and_reader_agree_on_the_optional_keys(minimum: Any, condition: Any) -> None:
    agree(file_with(min=minimum, data_type="int"))
    if not isinstance(condition, dict) or not condition:
        agree(file_with(visible_if=condition))


FOLDERS = ["src", "a/b", ".", "./a/", "a b", "..a", "a..", "~", "ü", None]
NO_FOLDERS = [
    "",
    "..",
    "a/..",
    "../a",
    "a/../b",
    "/",
    "/a",
    "a:b",
    "C:\\a",
    "a\\b",
    "a\tb",
    5,
    True,
    {"a": 1},
]


@pytest.mark.parametrize("key", ["cwd", "python_path"])
def test_schema_and_reader_agree_on_folders(key: str) -> None:
    assert [folder for folder in FOLDERS if not agree({key: folder})] == []
    assert [folder for folder in NO_FOLDERS if agree({key: folder})] == []


def test_schema_and_reader_agree_on_lists_of_folders() -> None:
    assert agree({"python_path": FOLDERS[:-1]}) and agree({"python_path": []})
    assert not any(agree({"python_path": [folder]}) for folder in [*NO_FOLDERS, None, ["a"]])
    assert not agree({"cwd": ["a"]})
