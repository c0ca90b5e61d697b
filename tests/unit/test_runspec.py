"""One specification, many faces: any face to any other and back changes nothing."""

import json
import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.runspec import RunSpec, RunSpecError, from_json_text
from runs.submission.command_line import Parser, as_arguments, as_command, from_options
from tasks.types.declarations import Parameter

TRICKY = [
    "1",
    "true",
    "null",
    "a,b",
    "-x",
    "NaN",
    "1e-3",
    "~",
    "5:30",
    "=",
    "2024-01-01",
    "yes",
    " a",
    "\x85",
]
texts = st.sampled_from(TRICKY) | st.text(
    alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=20
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(texts, scalars, max_size=2)
specs = st.builds(
    RunSpec,
    task=st.integers(1),
    entry_script=texts,
    snapshot=texts,
    name=texts,
    description=texts,
    node=texts,
    time_limit=st.none() | st.integers(1),
    values=st.dictionaries(texts.filter(bool), st.lists(values, min_size=1, max_size=4), max_size=4),
    pairs=st.lists(st.lists(texts, max_size=3), max_size=2),
    exclude=st.lists(texts, max_size=3),
    without=st.lists(st.dictionaries(texts, values, max_size=2), max_size=2),
    repeats=st.integers(1),
    seed_parameter=st.none() | texts,
    sample=st.none() | st.integers(1),
    sample_seed=st.integers(),
    at_once=st.none() | st.integers(1),
    stop_after=st.none() | st.integers(1),
    priority=st.integers(),
)


def from_arguments(arguments: list[str], **declared: str) -> RunSpec:
    """What the command line makes of parameters with these types."""
    options, named = Parser().parse_args(arguments)
    parameters = {name: Parameter(name=name, data_type=kind) for name, kind in declared.items()}
    return from_options(options, from_json_text("TASK", " ".join(named)), parameters)


def exactly(spec: RunSpec) -> str:
    """Told apart to the type: 1, 1.0 and true differ here, as they do in JSON."""
    return json.dumps(spec.as_json())


@given(specs)
def test_any_face_and_back_changes_nothing(spec: RunSpec) -> None:
    there = exactly(spec)
    assert exactly(RunSpec.from_json(json.loads(there))) == there
    assert exactly(RunSpec.from_yaml(spec.as_yaml())) == there
    assert exactly(RunSpec.from_query(spec.as_query())) == there
    assert exactly(from_arguments(as_arguments(spec))) == there
    assert exactly(from_arguments(shlex.split(as_command(spec))[3:])) == there


@given(specs)
def test_one_face_after_the_other_changes_nothing(spec: RunSpec) -> None:
    through = RunSpec.from_yaml(RunSpec.from_query(spec.as_query()).as_yaml())
    through = from_arguments(as_arguments(RunSpec.from_json(through.as_json())))
    assert exactly(through) == exactly(spec)


def test_a_command_reads_as_a_person_writes_it() -> None:
    spec = from_arguments(
        ["12", "--set", "lr=0.1, 0.01", "--set", "mode=fast,slow", "--set", "layers=[64,64],[8]"]
    )
    assert spec.values == {"lr": [0.1, 0.01], "mode": ["fast", "slow"], "layers": [[64, 64], [8]]}


def test_digits_for_a_text_parameter_stay_a_text() -> None:
    assert from_arguments(["1", "--set", "zip=01234,5"], zip="str").values == {"zip": ["01234", "5"]}


def test_numbers_at_regular_distances_are_read_only_where_they_can_be_nothing_else() -> None:
    kinds = {"lr": "float", "size": "range", "note": "str", "quoted": "int"}
    texts = {"lr": "5,0.01..1 log 3", "size": "0..10 step 2", "note": "1..3", "quoted": '"1..3"'}
    arguments = ["1", *(part for name, text in texts.items() for part in ("--set", f"{name}={text}"))]
    assert from_arguments(arguments, **kinds).values == {
        "lr": [5, 0.01, 0.1, 1.0],
        "size": [{"from": 0, "to": 10, "step": 2}],
        "note": ["1..3"],
        "quoted": ["1..3"],
    }


def test_what_stands_twice_is_refused_in_every_face() -> None:
    with pytest.raises(RunSpecError, match="The key lr occurs twice, again in line 4"):
        RunSpec.from_yaml("task: 1\nvalues:\n  lr: [1]\n  lr: [2]\n")
    with pytest.raises(RunSpecError, match="The key task occurs twice"):
        RunSpec.from_yaml('{"task": 1, "task": 2}')
    for query in ("task=1&v.lr=[1]&v.lr=[2]", "task=1&repeats=2&repeats=3"):
        with pytest.raises(RunSpecError, match="occurs twice in the address"):
            RunSpec.from_query(query)
    with pytest.raises(RunSpecError, match="lr is set twice"):
        from_arguments(["1", "--set", "lr=1", "--set", "lr=2"])


@pytest.mark.parametrize("text", ["task: 1\nvalues: {a: &x [1], b: *x}\n", "&x task: *x\n"])
def test_aliases_are_refused_before_they_grow(text: str) -> None:
    with pytest.raises(RunSpecError, match="without aliases"):
        RunSpec.from_yaml(text)


def test_no_value_is_not_the_word_null() -> None:
    values = {"mode": [None, "null", "a", ""]}
    arguments = as_arguments(RunSpec(task=1, values=values))
    assert from_arguments(arguments, mode="str").values == values == from_arguments(arguments).values


def test_names_that_go_together_are_written_as_the_help_says() -> None:
    spec = from_arguments(["1", "--pair", "a, b", "--pair=c,d", "--pair", '["e,f","g"]'])
    assert spec.pairs == [["a", "b"], ["c", "d"], ["e,f", "g"]]


def test_a_list_of_numbers_is_one_value() -> None:
    spec = RunSpec.from_json({"task": 1, "values": {"layers": [[64, 64]]}})
    assert as_command(spec) == "python3 manage.py run 1 --set 'layers=[64,64]'"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "A mapping"),
        ({}, "task is missing"),
        ({"task": 1, "valeus": {}}, "'valeus' is not a key"),
        ({"task": "1"}, "task must be a whole number of 1 or more, but is a text"),
        (
            {"task": 1, "values": {"a": []}},
            "values of a must be a list of one or more values, but is an empty",
        ),
        ({"task": 1, "values": {"a": 5}}, "values of a must be a list"),
        ({"task": 1, "repeats": 0}, "repeats must be a whole number of 1 or more, but is 0"),
        ({"task": 1, "repeats": True}, "but is true or false"),
        ({"task": 1, "values": {"a": [float("nan")]}}, "other than numbers"),
        ({"task": 1, "pairs": ["a"]}, "pairs, item 1 must be a list of names, but is a text"),
        ({"task": 1.0}, "task must be a whole number of 1 or more, but is 1.0"),
        ({"task": 1, "sample": "x"}, "sample must be a whole number of 1 or more or null"),
        ({"task": 0, "repeats": 0, "x": 1}, "task must .* repeats must "),
        ({"task": 1, "values": {"": [1]}}, "names a parameter ''"),
    ],
)
def test_a_wrong_specification_gets_a_sentence(data: Any, words: str) -> None:
    with pytest.raises(RunSpecError, match=words):
        RunSpec.from_json(data)


@given(texts | st.text(max_size=60))
def test_no_text_breaks_a_reader(text: str) -> None:
    for read in (RunSpec.from_yaml, RunSpec.from_query, lambda t: from_arguments(t.split())):
        try:
            read(text)
        except RunSpecError as error:
            assert str(error)
