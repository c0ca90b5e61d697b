"""The Run Task form: what is submitted is exactly what is shown."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from django.http import QueryDict
from django.template.loader import get_template, render_to_string
from hypothesis import given
from hypothesis import strategies as st

from tasks.forms.form import FIELDS, Input, ParameterForm
from tasks.forms.inputs import Choice
from tasks.types.declarations import Condition, Group, Parameter, TaskSpec
from tasks.types.parameters import TYPES
from tests.browser_like import form_data, form_pairs

texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
) | st.sampled_from(
    [
        "",
        " ",
        "\n",
        "\r\n",
        "\na",
        "a\r\nb\rc\n",
        "  x ",
        "</textarea>",
        "&amp;",
        "null",
        "true",
        "1e-05",
        "\x0c\x1f",
    ]
)
names = st.from_regex(r"[A-Za-z_][\w .-]{0,8}", fullmatch=True).filter(lambda name: name == name.strip())
ints = st.integers() | st.integers(-(10**40), 10**40)
floats = st.floats(allow_nan=False, allow_infinity=False) | ints
ids = st.integers(1, 2**63 - 1)
options = st.lists(texts.filter(bool), min_size=1, max_size=4, unique=True)


def ranges() -> st.SearchStrategy[Any]:
    return st.tuples(st.integers(), st.integers(1, 10**6), st.integers(1, 50)).map(
        lambda t: {"from": t[0], "to": t[0] + t[1], "step": min(t[1], t[2])}
    )


def chosen_one(many: list[str]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"selected": st.none() | st.integers(0, len(many) - 1), "options": st.just(many)}
    )


def chosen_some(many: list[str]) -> st.SearchStrategy[Any]:
    some = st.none() | st.lists(st.integers(0, len(many) - 1), max_size=4)
    return st.fixed_dictionaries({"selected": some, "options": st.just(many)})


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int": ints,
    "float": floats,
    "str": texts,
    "bool": st.booleans(),
    "enum": options.flatmap(chosen_one),
    "range": ranges(),
    "IMUVectors": st.dictionaries(texts.filter(bool), ints, max_size=3),
    "model": ids,
    "aws_secret": texts.filter(
        lambda text: text.strip() == text != "" and "\n" not in text and "\r" not in text
    ),
    "list[int]": st.lists(ints, max_size=4),
    "list[float]": st.lists(floats, max_size=4),
    "list[str]": st.lists(texts, max_size=4),
    "list[model]": st.lists(ids, max_size=3),
    "list[enum]": options.flatmap(chosen_some),
}
NEVER_NULL = {"enum", "range", "list[enum]"}


@st.composite
def parameters(draw: st.DrawFn, name: str, types: list[str]) -> Parameter:
    data_type = draw(st.sampled_from(types))
    value = draw(VALUES[data_type])
    if data_type not in NEVER_NULL and draw(st.booleans()) and draw(st.booleans()):
        value = None
    required = draw(st.booleans())
    if required and TYPES[data_type].problems(value, required=True):
        required = False
    multiline = draw(st.booleans()) or (isinstance(value, str) and "\n" in value)
    return Parameter(
        name=name,
        data_type=data_type,
        value=value,
        required=required,
        multiline=multiline,
        description=draw(texts),
    )


@st.composite
def specs(draw: st.DrawFn, types: Iterable[str] = VALUES) -> TaskSpec:
    unique = draw(st.lists(names, max_size=6, unique_by=str.casefold))
    made = tuple(draw(parameters(name, sorted(types))) for name in unique)
    return TaskSpec(groups=(Group(name=draw(texts), parameters=made),))


def render(form: ParameterForm, **context: Any) -> str:
    return render_to_string("tasks/_parameters.html", {"form": form, **context})


def exact(value: Any) -> str:
    """Told apart: 5, 5.0 and true; -0.0 and 0.0; the order of keys."""
    return json.dumps(value)


def one(data_type: str, value: Any = None, **facts: Any) -> TaskSpec:
    parameter = Parameter(name="x", data_type=data_type, value=value, **facts)
    return TaskSpec(groups=(Group(name="inputs", parameters=(parameter,)),))


def posted(spec: TaskSpec, query: str) -> ParameterForm:
    return ParameterForm(spec, QueryDict(query), project=None)


@given(spec=specs(), scripted=st.booleans())
def test_opening_the_form_and_pressing_run_stores_exactly_the_defaults(
    spec: TaskSpec, scripted: bool
) -> None:
    html = render(ParameterForm(spec, project=None))
    form = ParameterForm(spec, form_data(html, scripted=scripted), project=None)
    assert form.is_valid(), form.errors
    assert exact(form.values()) == exact(spec.defaults())
    assert not form.touched


@given(spec=specs({"int", "float", "str", "list[str]", "range", "IMUVectors", "aws_secret"}), data=st.data())
def test_a_form_that_comes_back_with_errors_holds_what_was_typed(spec: TaskSpec, data: st.DataObject) -> None:
    query = QueryDict(mutable=True)
    for name, value in sent_names(spec):
        is_text = name.startswith(("p-", "from-", "to-", "step-"))
        query.appendlist(name, data.draw(texts) if is_text else value)
    first = ParameterForm(spec, query, project=None)
    again = ParameterForm(spec, form_data(render(first)), project=None)
    for name, drawn in first.inputs.items():
        assert drawn.entry.looks_like(again.inputs[name].entry) or drops_newlines(drawn)


def drops_newlines(drawn: Input) -> bool:
    """A number's control can't hold a newline, and no browser sends one from it."""
    return drawn.parameter.data_type != "str" and any(set("\r\n") & set(t) for t in drawn.entry.texts)


def sent_names(spec: TaskSpec) -> list[tuple[str, str]]:
    return form_pairs(render(ParameterForm(spec, project=None)), scripted=True)


@given(spec=specs(), data=st.data())
def test_nothing_that_can_be_posted_raises(spec: TaskSpec, data: st.DataObject) -> None:
    query = QueryDict(mutable=True)
    fields = [
        f"{part}-{p.name}" for p in spec.parameters for part in ("p", "null", "from", "key", "more", "drop")
    ]
    anything = texts | st.text(max_size=5)
    if fields:
        for name, value in data.draw(st.lists(st.tuples(st.sampled_from(fields), anything), max_size=12)):
            query.appendlist(name, value)
    form = ParameterForm(spec, query, project=None)
    render(form, check_url="/check")
    if form.is_valid():
        assert set(form.values()) == set(spec.defaults())


@pytest.mark.parametrize(
    ("spec", "query", "value"),
    [
        (one("int", 5), "p-x=6", 6),
        (one("float", 5.0), "p-x=5", 5),
        (one("float", 5), "p-x=5.0", 5.0),
        (one("float", 0.1), "p-x=1e-05", 1e-05),
        (one("int", 5), "p-x=", None),
        (one("int", 5), "p-x=+7", 7),
        (one("bool", True), "", False),
        (one("bool", False), "p-x=true", True),
        (one("bool", True), "null-x=true", None),
        (one("str", "a"), "p-x=", ""),
        (one("str", "a"), "p-x=&null-x=true", None),
        (one("str", None), "p-x=", ""),
        (one("str", None), "p-x=&null-x=true", None),
        (one("str", ""), "p-x=", ""),
        (one("str", "a", required=True), "p-x=&null-x=true", ""),
        (one("str", "a"), "p-x=+b%0D%0Ac+", " b\nc "),
        (one("str", "a\r\nb"), "p-x=a%0D%0Ab", "a\r\nb"),
        (one("list[int]", [1]), "p-x=3&p-x=2&p-x=", [3, 2]),
        (one("list[int]", [1]), "", []),
        (one("list[int]", [1]), "null-x=true", None),
        (one("list[float]", [1.0]), "p-x=1&p-x=2.5", [1, 2.5]),
        (one("list[str]", ["a"]), "p-x=&p-x=+b", ["", " b"]),
        (one("list[str]", ["a", "b"]), "p-x=a&p-x=b&drop-x=0&more-x=&more-x=c", ["b", "c"]),
        (one("enum", {"selected": 0, "options": ["a", "b"]}), "p-x=1",
         {"selected": 1, "options": ["a", "b"]}),
        (one("enum", {"selected": 0, "options": ["a"]}), "p-x=", {"selected": None, "options": ["a"]}),
        (one("list[enum]", {"selected": [0], "options": ["a", "b"]}), "p-x=1&p-x=&p-x=0",
         {"selected": [1, 0], "options": ["a", "b"]}),
        (one("range", {"from": 0, "to": 9, "step": 1}), "from-x=1&to-x=5&step-x=2",
         {"from": 1, "to": 5, "step": 2}),
        (one("IMUVectors", {"a": 1}), "key-x=b&p-x=2&key-x=&p-x=&key-x=a&p-x=-1", {"b": 2, "a": -1}),
        (one("IMUVectors", {"a": 1}), "", {}),
        (one("git_secret", None), "p-x=", None),
    ],
)  # fmt: skip
def test_what_was_typed_becomes_the_typed_value(spec: TaskSpec, query: str, value: Any) -> None:
    form = posted(spec, query)
    assert form.is_valid(), form.errors
    assert exact(form.values()["x"]) == exact(value)


@pytest.mark.parametrize(
    ("spec", "query", "sentence"),
    [
        (one("int", 5), "p-x=1.5", "Expected an int"),
        (one("int", 5, minimum=0), "p-x=-1", "Expected at least 0, found -1"),
        (one("float", 0.5, maximum=1), "p-x=1.5", "Expected at most 1, found 1.5"),
        (one("int", None, required=True), "p-x=", "A value is required"),
        (one("str", None, required=True), "p-x=", "A value is required"),
        (one("bool", None, required=True), "null-x=true", "A value is required"),
        (one("bool", True), "p-x=true&null-x=true", "“no value” is ticked but there is also a value"),
        (one("str", "a"), "p-x=b&null-x=true", "“no value” is ticked but there is also a value"),
        (one("enum", {"selected": 0, "options": ["a"]}), "p-x=1", "Expected one of the options"),
        (one("enum", {"selected": 0, "options": ["a"]}, required=True), "p-x=", "A choice is required"),
        (one("range", {"from": 0, "to": 9, "step": 1}), "from-x=0&to-x=&step-x=1", "“to”: expected an int"),
        (
            one("range", {"from": 0, "to": 9, "step": 1}),
            "from-x=5&to-x=2&step-x=1",
            'Expected "from" smaller',
        ),
        (one("list[int]", [1], required=True), "p-x=", "A value is required"),
        (one("list[int]", [1]), "p-x=1&p-x=b", "Item 2: expected an int"),
        (one("IMUVectors", {}), "key-x=a&p-x=1&key-x=a&p-x=2", "Expected different names"),
        (one("IMUVectors", {}), "key-x=a&p-x=", "expected an int, found nothing"),
        (one("dataset", "data/train", required=True), "p-x=", "A value is required"),
        (one("list[dataset]", ["data/train"], required=True), "", "A value is required"),
        (one("model", 1), "p-x=best", "Expected the id of a Model"),
    ],
)
def test_a_wrong_value_gets_its_sentence(spec: TaskSpec, query: str, sentence: str) -> None:
    form = posted(spec, query)
    assert not form.is_valid()
    assert sentence.replace("“", '"').replace("”", '"') in str(form.errors["p-x"].data[0].message).replace(
        "“", '"'
    ).replace("”", '"')


MODE = Parameter(name="mode", data_type="enum", value={"selected": 0, "options": ["fast", "exact"]})


def conditional(**facts: Any) -> TaskSpec:
    shown = Parameter(name="depth", data_type="int", **facts)
    return TaskSpec(groups=(Group(name="inputs", parameters=(MODE, shown)),))


WHEN_EXACT = (Condition(parameter="mode", values=("exact",)),)


def test_a_hidden_parameter_keeps_its_default_whatever_was_typed() -> None:
    form = posted(conditional(value=3, visible_if=WHEN_EXACT), "p-mode=0&p-depth=nonsense")
    assert form.is_valid(), form.errors
    assert form.values()["depth"] == 3
    assert form.inputs["depth"].is_hidden
    assert json.loads(form.inputs["depth"].conditions) == [["parameter-0", ["1"]]]


def test_a_parameter_that_became_visible_is_asked_for() -> None:
    form = posted(conditional(value=3, visible_if=WHEN_EXACT), "p-mode=1&p-depth=nonsense")
    assert "p-depth" in form.errors
    assert not form.inputs["depth"].is_hidden


def test_a_parameter_is_required_only_while_its_condition_holds() -> None:
    spec = conditional(value=None, required_if=WHEN_EXACT)
    assert posted(spec, "p-mode=0&p-depth=").is_valid()
    form = posted(spec, "p-mode=1&p-depth=")
    assert "required" in form.errors["p-depth"][0]
    assert form.inputs["depth"].is_required


def test_a_dataset_of_another_project_is_refused() -> None:
    form = posted(one("dataset", 4), "p-x=4")
    form.fields["p-x"].choices = [Choice(value="5", label="mine")]
    assert form.errors["p-x"] == ["Expected a Dataset of this Project, found the id 4"]


def test_a_path_where_a_dataset_is_expected_is_not_shown_and_not_sent() -> None:
    spec = one("dataset", "data/train")
    html = render(ParameterForm(spec, project=None))
    assert "task.yaml has the path “data/train”" in html
    assert ParameterForm(spec, form_data(html), project=None).values() == {"x": None}


def test_an_earlier_runs_values_are_shown_and_submitted_as_they_were() -> None:
    spec, earlier = one("str", "default"), {"x": "a\r\nb"}
    html = render(ParameterForm(spec, project=None, initial_values=earlier))
    assert ParameterForm(spec, form_data(html), project=None, initial_values=earlier).values() == earlier


def test_a_preview_sends_nothing() -> None:
    assert form_pairs(render(ParameterForm(one("int", 5), project=None), readonly=True)) == []


def test_every_data_type_has_a_field_and_every_field_its_template() -> None:
    assert list(FIELDS) == list(TYPES)
    for field in FIELDS.values():
        assert get_template(field.template)
