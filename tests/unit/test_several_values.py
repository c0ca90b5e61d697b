"""Several values of a parameter in the form: read from text, and from and to a specification unchanged."""

import json
from typing import Any

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from runs.runspec import RunSpec
from runs.web.forms.combine import CombineForm
from runs.web.page_models import form_values
from tasks.forms import multi_values
from tasks.forms.form import ParameterForm
from tasks.forms.ranges import SpacingError, expand
from tasks.types.declarations import Group, Parameter, TaskSpec
from tasks.types.parameters import TYPES
from tests.browser_like import as_sent, form_data
from tests.unit.test_parameter_form import VALUES, chosen_one, chosen_some, names, options, texts

SWEEPABLE = [name for name, kind in TYPES.items() if kind.sweepable]
ids = st.integers(1, 2**63 - 1)
OF: dict[str, st.SearchStrategy[Any]] = {**VALUES, "dataset": ids, "list[dataset]": st.lists(ids, max_size=3)}
# What may be no value.
NULL_TOO = {"int", "float", "str", "bool", "dataset", "model", "list[int]", "list[str]"}


def exact(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def parameter(kind: str, value: Any = None, name: str = "p", **facts: Any) -> Parameter:
    return Parameter(name=name, data_type=kind, value=value, **facts)


def read(kind: str, text: str, value: Any = None, **facts: Any) -> multi_values.Several:
    return multi_values.read(parameter(kind, value, **facts), text, check=lambda _: None)


@st.composite
def several(draw: st.DrawFn) -> tuple[Parameter, list[Any]]:
    """A parameter with a default, and several values that it may have."""
    kind = draw(st.sampled_from(SWEEPABLE))
    if kind in ("enum", "list[enum]"):
        offered = draw(options)
        value = (chosen_one if kind == "enum" else chosen_some)(offered)
    else:
        value = OF[kind] | st.none() if kind in NULL_TOO else OF[kind]
    return parameter(kind, draw(value), draw(names)), draw(st.lists(value, min_size=2, max_size=6))


@pytest.mark.parametrize(
    ("kind", "text", "values"),
    [
        ("float", "0.1 0.01", [0.1, 0.01]),
        ("float", "[0.1, 0.01]", [0.1, 0.01]),
        ("float", "{0.1, 0.2}", [0.1, 0.2]),
        ("float", "[\n  0.1,\n  0.2\n]", [0.1, 0.2]),
        ("float", "np.logspace(-4,-1,4)", [0.0001, 0.001, 0.01, 0.1]),
        ("float", "numpy.geomspace(1, 100, num=3)", [1, 10, 100]),
        ("float", "np.linspace(0, 1, 3)", [0.0, 0.5, 1.0]),
        ("float", "np.arange(0, 1, 0.25)", [0.0, 0.25, 0.5, 0.75]),
        ("int", "range(1, 5)", [1, 2, 3, 4]),
        ("int", "list(range(3))", [0, 1, 2]),
        ("int", "5.0, 1e2", [5, 100]),
        ("int", "1..5 step 2, 20", [1, 3, 5, 20]),
        ("float", "\ufeff0.1\n\u22120.3\n1\u00a0", [0.1, -0.3, 1]),
        ("float", "1, 2", [1, 2]),
        ("list[int]", "[1,\u00a0\u22122]", [[1, -2]]),
    ],
)
def test_numbers_are_read_as_people_paste_them(kind: str, text: str, values: list[Any]) -> None:
    found = read(kind, text)
    assert (found.errors, exact(found.values)) == ([], exact(values))


@pytest.mark.parametrize(
    ("text", "as_decimals", "as_values"),
    [
        ("0,1\n0,2", [0.1, 0.2], [0, 1, 0, 2]),
        ("1.000,5", [1000.5], [1.0, 5]),
        ("0,1; 0,2\t1", [0.1, 0.2, 1], [0, 1, 0, 2, 1]),
        ("0,1\n0.5", [0.1, 0.5], [0, 1, 0.5]),
    ],
)
def test_decimal_commas_are_asked_about_and_either_answer_is_one_click(
    text: str, as_decimals: list[float], as_values: list[float]
) -> None:
    found = read("float", text)
    assert found.values == [] and "a decimal comma, or two values?" in found.errors[0]
    assert [read("float", answer.text).values for answer in found.answers] == [as_decimals, as_values]


@pytest.mark.parametrize(
    ("kind", "text", "meant"),
    [
        ("int", "0\n1-10\n30", ["0\n1..10 step 1\n30"]),
        ("int", "1\u201310", ["1..10 step 1"]),
        ("float", "0.1-0.5", ["0.1..0.5 linear 5"]),
        ("int", "1:10:2", ["1..10 step 2"]),
        ("int", "1:2:10", ["1..2 step 10", "1..10 step 2"]),
        ("int", "5.5", []),
    ],
)
def test_what_may_be_a_spacing_is_offered_with_one_click(kind: str, text: str, meant: list[str]) -> None:
    found = read(kind, text)
    assert found.errors and [answer.text for answer in found.answers] == meant


@pytest.mark.parametrize(
    "call", ["range(1, 5, 0)", "np.linspace(1, 2)", "logspace(-0.5, 1, 3)", "range(5, 1)"]
)
def test_a_call_that_makes_no_numbers_gets_a_sentence(call: str) -> None:
    assert read("float", call).errors[0].startswith("expected ")


@given(several())
def test_several_values_written_as_text_are_read_back_as_the_same(case: tuple[Parameter, list[Any]]) -> None:
    declared, values = case
    text = as_sent(multi_values.write(declared, values))
    again = multi_values.read(declared, text, check=lambda _: None)
    assert not again.errors
    assert exact(again.values) == exact(values)


rules = st.sampled_from(["lr = 0.1", 'mode = "x"', '"a"', " b = 1 ", "a = 1\nand b = 2", "é != 'ü'"]) | texts
singles = st.dictionaries(names, st.integers() | st.lists(st.integers()), min_size=1, max_size=2)
groups = st.lists(names | st.sampled_from(["a, b", "[x", ' "']), min_size=1, max_size=3)
combining = st.fixed_dictionaries(
    {
        "pairs": st.lists(groups, max_size=2),
        "exclude": st.lists(rules.filter(str.strip), max_size=3),
        "without": st.lists(singles, max_size=2),
        "repeats": st.integers(1, 1000),
        "sample": st.none() | st.integers(1, 10**6),
        "sample_seed": st.integers(-(2**63), 2**63 - 1),
        "at_once": st.none() | st.integers(1, 99),
        "stop_after": st.none() | st.integers(1, 99),
        "priority": st.integers(-1000, 1000),
    }
)


@given(st.lists(several(), max_size=3, unique_by=lambda case: case[0].name), combining)
def test_a_specification_in_the_form_and_back_changes_nothing(
    cases: list[tuple[Parameter, list[Any]]], how: dict[str, Any]
) -> None:
    parameters = tuple(declared for declared, _ in cases)
    declared = TaskSpec(groups=(Group(name="all", parameters=parameters),))
    spec = RunSpec(task=1, values={p.name: values for p, values in cases}, **how)
    filled = form_values.read(spec, declared)
    assert not filled.notes
    form = ParameterForm(declared, project=None, initial_values=filled.values, initial_several=filled.texts)
    html = render_to_string("tasks/_parameters.html", {"form": form})
    combine = CombineForm(spec=declared, given=spec)
    html += "".join(str(combine[name]) for name in combine.fields)
    data: QueryDict = form_data(html, scripted=True)
    sent, sent_combine = (
        ParameterForm(declared, data, project=None),
        CombineForm(data, spec=declared, given=None),
    )
    for field in sent.fields.values():
        field.choices = None  # which Datasets there are is for the Project to say
    assert sent.is_valid(), sent.errors
    assert sent_combine.is_valid(), sent_combine.errors
    again = RunSpec(task=1, values=sent.all_values(), **sent_combine.combined())
    assert exact(again.as_json()) == exact(spec.as_json())


def test_a_number_between_points_is_one_of_a_range() -> None:
    assert read("float", "7, 0.1..0.3 linear 3").values == [7, 0.1, 0.2, 0.3]


def test_a_list_is_one_value() -> None:
    assert read("list[int]", "[64, 64]\n32, 16", [1]).values == [[64, 64], [32, 16]]


@pytest.mark.parametrize("text", ["1,2,3", "1\n2\n3\n", "1\t2\t3", "1\r\n2\r\n3", " 1 ; 2 ; 3 "])
def test_a_pasted_list_is_read_however_it_is_separated(text: str) -> None:
    assert read("int", text).values == [1, 2, 3]


def test_a_text_may_have_commas_and_quotes_keep_what_blanks_would_lose() -> None:
    several = read("str", 'a, b\n" c "\n""\nnull\n"null"')
    assert several.values == ["a, b", " c ", "", None, "null"]


def test_options_are_named_between_commas() -> None:
    default = {"selected": 0, "options": ["fast", "exact"]}
    assert [v["selected"] for v in read("enum", "exact, fast", default).values] == [1, 0]
    with_comma = {"selected": 0, "options": ["a, b", "c"]}
    assert [v["selected"] for v in read("enum", "a, b\nc", with_comma).values] == [0, 1]


@pytest.mark.parametrize(
    ("text", "whole", "values"),
    [
        ("1..10 step 2", True, [1, 3, 5, 7, 9]),
        ("1..4", True, [1, 2, 3, 4]),
        ("10..1 step 3", True, [10, 7, 4, 1]),
        ("10..1 step -3", True, [10, 7, 4, 1]),
        ("0..1 linear 5", False, [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("0.1..0.5 step 0.1", False, [0.1, 0.2, 0.3, 0.4, 0.5]),
        ("0.001..1 log 4", False, [0.001, 0.01, 0.1, 1.0]),
        (".5..1.5 step .5", False, [0.5, 1.0, 1.5]),
        ("16..512 log 6", True, [16, 32, 64, 128, 256, 512]),
        ("1e-5..1e-3 log 3", False, [1e-05, 1e-04, 1e-03]),
        ("-2..2 step 2", False, [-2, 0, 2]),
    ],
)
def test_numbers_at_regular_distances(text: str, whole: bool, values: list[float]) -> None:
    found = expand(text, whole=whole)
    assert exact(found) == exact(values)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0..1", "a step or a count"),
        ("0..10 log 3", "above 0"),
        ("1..10 step 0", "other than 0"),
        ("1..10 step -1", "leads away"),
        ("1..1000000", "at most 10,000 values"),
        ("1..10 linear 1", "from 2 to"),
        ("1..x", "1..10 step 2"),
        ("1..9e999 log 3", "that a float can hold"),
        ("1..2 step 1e-999", "at most 10,000 values"),
    ],
)
def test_distances_that_make_no_numbers_say_why(text: str, sentence: str) -> None:
    whole = text == "1..1000000"
    with pytest.raises(SpacingError, match=sentence):
        expand(text, whole=whole)


def test_mistakes_are_told_by_position_and_duplicates_pointed_out() -> None:
    several = read("int", "5, x, 5, 0", minimum=1)
    assert [error.split(":")[0] for error in several.errors] == ["value 2", "value 4"]
    assert several.duplicates == {2}


def test_one_and_one_point_nought_are_the_same_float_and_stay_as_they_were_typed() -> None:
    several = read("float", "1, 1.0, 2")
    assert several.duplicates == {1}
    assert exact(several.values) == "[1, 1.0, 2]"


def test_secrets_take_one_value() -> None:
    spec = TaskSpec(groups=(Group(name="g", parameters=(parameter("aws_secret", "a"),)),))
    form = ParameterForm(spec, QueryDict("p-p=a&v-p=b%0Ac"), project=None)
    assert not form.several and form.values() == {"p": "a"}
