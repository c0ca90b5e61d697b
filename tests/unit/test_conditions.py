"""Parameters that depend on others, and whether a complete set of values can be run."""

import pytest

from tasks.types.declarations import is_required, is_visible, validate, with_hidden_defaults
from tests.task_yamls import GROUP, one, problems, read

CONDITIONAL = f"""{GROUP}
  - name: mode
    data_type: enum
    value: {{selected: 0, options: [train, validate]}}
  - name: optimiser
    data_type: enum
    value: {{selected: 0, options: [sgd, adam]}}
    visible_if: {{mode: train}}
  - name: momentum
    value: 0.9
    required: true
    visible_if: {{optimiser: [sgd]}}
  - name: weights
    data_type: str
    required_if: {{mode: validate}}
"""


def test_hiding_a_parameter_hides_all_that_depend_on_it() -> None:
    spec = read(CONDITIONAL)
    values = spec.defaults()
    momentum, weights = spec.by_name["momentum"], spec.by_name["weights"]
    assert is_visible(momentum, values)
    assert is_required(momentum, values)
    assert not is_required(weights, values)
    values["mode"] = {"selected": 1, "options": ["train", "validate"]}
    values["momentum"] = "typed before"
    assert not is_visible(momentum, values)
    assert not is_required(momentum, values)
    assert is_required(weights, values)
    assert list(validate(spec, values)) == ["momentum", "weights"]
    assert with_hidden_defaults(spec, values)["momentum"] == 0.9
    assert list(validate(spec, with_hidden_defaults(spec, values))) == ["weights"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("{mod: train}", 'found "mod"; did you mean "mode"?'),
        ("{mode: test}", 'expected one of ["train", "validate"] for "mode", found the text "test"'),
        ("{epochs: x}", '"epochs" can\'t have this value: expected an int'),
        ("{epochs: 0}", "expected at least 1, found 0"),
        ("{epochs: null}", "is required, so it is never null"),
        ("{epochs: []}", "expected at least one value to compare with"),
        ("{layers: 5}", "can only be compared with null"),
        ("{p: 5}", "expected another parameter"),
        ("{}", "expected a mapping such as"),
        ("mode", "expected a mapping such as"),
        ("{circle: a}", 'expected no circle in "visible_if", found p → circle → p'),
    ],
)
def test_a_condition_that_cannot_hold_is_a_mistake(condition: str, expected: str) -> None:
    others = (
        "  - {name: mode, data_type: enum, value: {selected: 0, options: [train, validate]}}\n"
        "  - {name: epochs, value: 3, min: 1, required: true}\n  - {name: layers, value: [1]}\n"
        "  - {name: circle, visible_if: {p: 5}}\n"
    )
    found = problems(one(f"value: 5\nvisible_if: {condition}") + others)
    assert any(expected in problem for problem in found), found


def test_conditions_tell_a_bool_from_a_number_and_null_from_nothing() -> None:
    spec = read(
        one("value: 1\nvisible_if: {flag: yes, url: null}") + "  - {name: flag, value: on}\n  - name: url\n"
    )
    shown = spec.by_name["p"]
    assert is_visible(shown, {"flag": True, "url": None})
    assert not is_visible(shown, {"flag": 1, "url": None})
    assert not is_visible(shown, {"flag": True, "url": ""})


def test_a_long_chain_of_conditions_is_refused_at_once() -> None:
    chain = "".join(f"  - {{name: a{i}, value: 1, visible_if: {{a{i + 1}: 1}}}}\n" for i in range(1000))
    found = problems(f"{GROUP}{chain}  - {{name: a1000, value: 1}}\n")
    assert "expected at most 100 conditions" in found[0]


def test_a_complete_set_of_values_is_checked() -> None:
    spec = read(one("value: 5\nmin: 0\nrequired: true") + "  - {name: q, value: a}\n")
    assert validate(spec, spec.defaults()) == {}
    assert validate(spec, {"p": -1, "Q": 5}) == {
        "p": ["expected at least 0, found -1"],
        "q": ['expected a value for "q", found none'],
        "Q": ['expected a parameter of the Task, found "Q"; did you mean "q"?'],
    }
    assert validate(spec, {"p": None, "q": None}) == {
        "p": ["a value is required: expected an int, found null"]
    }
