"""Every data_type: what is a value, how it is read and written, what the script gets."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.types.parameters import TYPES, CannotInfer, infer
from tasks.types.scalars import Declared, UnreadableText

NAMES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=12)
INTS = st.integers() | st.integers(-(10**60), 10**60)
FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**9), 10**9)
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
IDS = st.integers(1, 2**63 - 1)
SECRETS = NAMES.filter(lambda name: name == name.strip() and name != "")
OPTIONS = st.lists(NAMES, min_size=1, max_size=5, unique=True)


@st.composite
def enums(draw: st.DrawFn) -> dict:
    options = draw(OPTIONS)
    return {"selected": draw(st.none() | st.integers(0, len(options) - 1)), "options": options}


@st.composite
def enum_lists(draw: st.DrawFn) -> dict:
    options = draw(OPTIONS)
    indices = st.lists(st.integers(0, len(options) - 1), max_size=5)
    return {"selected": draw(st.none() | indices), "options": options}


@st.composite
def ranges(draw: st.DrawFn) -> dict:
    start, distance = draw(st.integers(-(10**25), 10**25)), draw(st.integers(1, 10**25))
    return {"from": start, "to": start + distance, "step": draw(st.integers(1, distance))}


VALUES = {
    "int": INTS,
    "float": FLOATS,
    "str": TEXTS,
    "bool": st.booleans(),
    "enum": enums(),
    "range": ranges(),
    "IMUVectors": st.dictionaries(NAMES, INTS, max_size=4),
    "dataset": IDS,
    "model": IDS,
    "aws_secret": SECRETS,
    "git_secret": SECRETS,
    "credentials_secret": SECRETS,
    "list[int]": st.lists(INTS, max_size=5),
    "list[float]": st.lists(FLOATS, max_size=5),
    "list[str]": st.lists(TEXTS, max_size=5),
    "list[dataset]": st.lists(IDS, max_size=5),
    "list[model]": st.lists(IDS, max_size=5),
    "list[enum]": enum_lists(),
    "list[aws_secret]": st.lists(SECRETS, max_size=5),
    "list[git_secret]": st.lists(SECRETS, max_size=5),
    "list[credentials_secret]": st.lists(SECRETS, max_size=5),
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda items: st.lists(items, max_size=3) | st.dictionaries(st.text(max_size=5), items, max_size=3),
    max_leaves=6,
) | st.fixed_dictionaries(
    {"selected": st.integers(-2, 3) | st.text(), "options": st.lists(st.text(), max_size=3)}
)


def same(value: object, other: object) -> bool:
    """Equal, and of the same Python types all the way down: 5 is not 5.0 and not true."""
    return repr(value) == repr(other) and json.dumps(value) == json.dumps(other)


def test_every_data_type_is_tried_here() -> None:
    assert list(VALUES) == list(TYPES)
    assert all(key == TYPES[key].name for key in TYPES)


@pytest.mark.parametrize("data_type", TYPES)
def test_what_is_written_to_text_is_read_back_as_the_same_value(data_type: str) -> None:
    kind = TYPES[data_type]

    @given(VALUES[data_type])
    def holds(value: object) -> None:
        assert kind.problems(value) == []
        assert same(kind.parse(kind.to_text(value), declared=Declared(value=value)), value)
        assert len(kind.describe(value).splitlines()) <= 1
        assert json.loads(json.dumps(kind.for_script(value))) == kind.for_script(value)

    holds()


@pytest.mark.parametrize("data_type", TYPES)
def test_no_value_and_no_text_makes_a_type_fail(data_type: str) -> None:
    kind = TYPES[data_type]

    @given(ANYTHING, st.text(max_size=20))
    def holds(value: object, text: str) -> None:
        assert all(isinstance(problem, str) for problem in kind.problems(value, required=True))
        kind.describe(value).encode()
        try:
            kind.parse(text)
        except UnreadableText as error:
            str(error).encode()

    holds()


@pytest.mark.parametrize("data_type", sorted(set(TYPES) - {"enum", "list[enum]", "range"}))
def test_null_is_a_value_only_where_none_is_required(data_type: str) -> None:
    assert TYPES[data_type].problems(None) == []
    assert "found null" in TYPES[data_type].problems(None, required=True)[0]


@pytest.mark.parametrize("data_type", ["enum", "list[enum]", "range"])
def test_a_value_with_parts_is_never_null_itself(data_type: str) -> None:
    assert "found null" in TYPES[data_type].problems(None)[0]


@pytest.mark.parametrize(
    ("data_type", "value", "sentence"),
    [
        ("int", True, "expected an int, found the bool true"),
        ("int", 5.0, "expected an int, found the float 5.0"),
        ("int", "5", 'expected an int, found the text "5"'),
        ("float", False, "expected a float, found the bool false"),
        ("float", math.nan, "expected a finite float, found nan"),
        ("float", math.inf, "expected a finite float, found inf"),
        ("str", 5, "expected a str, found the int 5"),
        ("bool", 0, "expected true or false, found the int 0"),
        ("dataset", 0, "expected the id of a Dataset (a whole number from 1 on), found 0"),
        ("dataset", True, "expected the id of a Dataset (a whole number), found the bool true"),
        ("git_secret", "", "expected the name of a Secret, found an empty text"),
        ("list[int]", [1, True], "item 2: expected an int, found the bool true"),
        ("list[int]", 5, "expected a list of int values, found the int 5"),
        ("list[str]", [None], "item 1: a value is required: expected a text, found null"),
        ("range", {"from": 3, "to": 3, "step": 1}, 'expected "from" smaller than "to", found from 3 to 3'),
        ("range", {"from": 0, "to": 3, "step": 0}, 'expected a "step" of at least 1, found 0'),
        (
            "range",
            {"from": 0, "to": 3, "step": 4},
            'expected a "step" of at most 3, the distance from 0 to 3, found 4',
        ),
        (
            "enum",
            {"selected": 2, "options": ["a", "b"]},
            "expected the index of an option (0 to 1), found the int 2",
        ),
        ("enum", {"selected": 0, "options": []}, "expected a list of at least one option, found the list []"),
        (
            "enum",
            {"selected": 0, "options": ["a", "a"]},
            'item 2: expected different options, found "a" twice',
        ),
        ("IMUVectors", {"x": 1.5}, 'expected an int for "x", found the float 1.5'),
    ],
)
def test_a_wrong_value_is_said_in_a_sentence(data_type: str, value: object, sentence: str) -> None:
    assert TYPES[data_type].problems(value) == [sentence]


def test_an_int_that_cannot_be_written_as_text_is_refused() -> None:
    sentence = "expected an int of at most 4000 digits, found a longer one"
    assert TYPES["int"].problems(10**5000) == [sentence]
    assert TYPES["float"].problems(10**5000) != []
    assert TYPES["int"].describe(10**5000) == "an int of more than 4000 digits"


def test_a_value_of_a_thousand_levels_is_refused_in_a_short_sentence() -> None:
    value: list = []
    for _ in range(20_000):
        value = [value]
    assert TYPES["int"].problems(value) == ["expected an int, found the list [[[…]]]"]


def test_a_path_of_a_dataset_works_only_in_local_runs() -> None:
    [flaw] = TYPES["dataset"].flaws("./reads")
    assert flaw.only_local
    assert "choose a Dataset of the Project" in flaw.message


def test_an_int_is_accepted_for_a_float_and_stays_an_int() -> None:
    assert TYPES["float"].problems(5) == []
    assert same(TYPES["float"].parse("5"), 5)
    assert same(TYPES["float"].parse("5.0"), 5.0)
    assert same(TYPES["float"].parse("1e-3"), 0.001)


def test_an_int_of_any_size_is_read() -> None:
    assert TYPES["int"].parse(" -" + "9" * 300 + " ") == -(10**300 - 1)


@pytest.mark.parametrize("text", ["1_000", "1,000", "1 000", "1'000"])
def test_separators_between_digits_are_refused_with_a_hint(text: str) -> None:
    with pytest.raises(UnreadableText, match="without separators between its digits"):
        TYPES["int"].parse(text)


@pytest.mark.parametrize("text", ["nan", "inf", "0x10", "1e999", "0,5", "five", "٣"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(UnreadableText, match="expected a float, found"):
        TYPES["float"].parse(text)


def test_the_empty_text_is_a_str_and_null_elsewhere() -> None:
    assert TYPES["str"].parse("") == ""
    assert TYPES["str"].problems("", required=True) == []
    assert TYPES["int"].parse(" ") is None


def test_bounds_hold_at_zero_and_for_every_item() -> None:
    declared = Declared(minimum=0, maximum=10)
    assert TYPES["int"].problems(0, declared=declared) == []
    assert TYPES["int"].problems(-1, declared=declared) == ["expected at least 0, found -1"]
    assert TYPES["float"].problems(10.5, declared=declared) == ["expected at most 10, found 10.5"]
    assert TYPES["list[int]"].problems([1, 11], declared=declared) == [
        "item 2: expected at most 10, found 11"
    ]


def test_a_required_list_is_not_empty() -> None:
    assert TYPES["list[int]"].problems([]) == []
    assert TYPES["list[int]"].problems([], required=True) != []
    nothing = {"selected": [], "options": ["a"]}
    assert TYPES["list[enum]"].problems(nothing) == []
    assert TYPES["list[enum]"].problems(nothing, required=True) != []


def test_an_enum_is_chosen_by_its_option_and_the_script_gets_it() -> None:
    declared = Declared(value={"selected": 0, "options": ["sgd", "adam"]})
    value = TYPES["enum"].parse("adam", declared=declared)
    assert value == {"selected": 1, "options": ["sgd", "adam"]}
    assert TYPES["enum"].for_script(value) == TYPES["enum"].describe(value) == "adam"
    assert TYPES["enum"].problems({"selected": 0, "options": ["sgd"]}, declared=declared) != []
    with pytest.raises(UnreadableText, match='expected one of the options \\["sgd", "adam"\\], found "rms"'):
        TYPES["enum"].parse("rms", declared=declared)


def test_a_list_of_numbers_may_be_typed_between_commas() -> None:
    assert TYPES["list[int]"].parse("64, 32") == [64, 32]
    assert same(TYPES["list[float]"].parse("1, 2.0"), [1, 2.0])
    with pytest.raises(UnreadableText, match="item 2: expected an int"):
        TYPES["list[int]"].parse("1, x")
    with pytest.raises(UnreadableText, match="write it as"):
        TYPES["list[str]"].parse("a, b")


def test_a_long_wrong_list_is_not_listed_item_by_item() -> None:
    problems = TYPES["list[int]"].problems(["x"] * 1000)
    assert len(problems) == 6
    assert problems[-1] == "the items after item 5 were not checked"


def test_only_secrets_and_imu_vectors_take_one_value_only() -> None:
    single = {name for name, kind in TYPES.items() if not kind.sweepable}
    assert single == {"IMUVectors"} | {name for name in TYPES if "secret" in name}


@pytest.mark.parametrize(
    ("value", "data_type"),
    [
        (None, "str"),
        (True, "bool"),
        (5, "int"),
        (5.0, "float"),
        ("", "str"),
        ([], "list[int]"),
        ([1.5], "list[float]"),
        ([0, 0.5, 1], "list[float]"),
        (["a"], "list[str]"),
    ],
)
def test_a_data_type_is_inferred_from_the_value(value: object, data_type: str) -> None:
    assert infer(value) == data_type


@pytest.mark.parametrize(
    "value", [[1, True], [1, "a"], [1.5, None], [True], [[1]], [None], {}, {"selected": 0}]
)
def test_a_data_type_that_cannot_be_inferred_must_be_written_down(value: object) -> None:
    with pytest.raises(CannotInfer, match="expected a data_type"):
        infer(value)
