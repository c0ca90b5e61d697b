"""Combinations are counted, paged and sampled as if they had all been written down."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.combinations import CombinationError, Condition, Design
from tasks.rules import Comparison, Junction, Name, Negation, Rule, RuleError, parse
from tasks.types.equality import duplicates

NUMBERS = st.lists(st.integers(0, 5), min_size=1, max_size=4, unique=True)
RULES = [
    "a = 1",
    "a < b",
    "not (a = b) and c != 2",
    "a in (1, 2) or b >= c",
    "a < b < c",
    "mode = 'slow'",
    "a = b = c",
]


def matches(rule: Rule, values: dict[str, Any]) -> bool:
    """Whether one combination of values fulfils the rule, one part after the other."""
    match rule:
        case Comparison(left=left, right=right):
            sides = [values[s.name] if isinstance(s, Name) else s.value for s in (left, right)]
            return rule.holds(*sides)
        case Junction(every=every, parts=parts):
            return (all if every else any)(matches(part, values) for part in parts)
        case Negation(part=part):
            return not matches(part, values)


def written_down(values: dict[str, list[Any]], exclude: list[str], condition: Condition | None) -> list[str]:
    """The same by brute force, each combination as text."""
    kept: list[str] = []
    for chosen in itertools.product(*values.values()):
        combination = dict(zip(values, chosen, strict=True))
        if condition is not None and combination["mode"] not in condition.needs["mode"]:
            combination["c"] = condition.default
        if any(matches(parse(rule, set(values)), combination) for rule in exclude):
            continue
        text = json.dumps(combination)
        if text not in kept:
            kept.append(text)
    return kept


@given(
    values=st.fixed_dictionaries(
        {"a": NUMBERS, "b": NUMBERS, "mode": st.sampled_from([["fast"], ["fast", "slow"]]), "c": NUMBERS}
    ),
    exclude=st.lists(st.sampled_from(RULES), max_size=2),
    hidden=st.booleans(),
)
def test_a_design_is_what_brute_force_finds(
    values: dict[str, list[Any]], exclude: list[str], hidden: bool
) -> None:
    condition = Condition(needs={"mode": ["slow"]}, default=9) if hidden else None
    design = Design(values=values, exclude=exclude, conditions={"c": condition} if condition else {})
    expected = written_down(values, exclude, condition)
    assert design.count == len(expected)
    assert [json.dumps(c) for c in design] == expected
    assert [json.dumps(c) for c in list(design)[2:5]] == expected[2:5]


def test_paired_parameters_go_together() -> None:
    design = Design(
        values={"batch": [16, 32, 64], "size": [1, 2, 3], "lr": [0.1, 0.2]}, pairs=[["batch", "size"]]
    )
    assert design.count == 6
    assert {(c["batch"], c["size"]) for c in design} == {(16, 1), (32, 2), (64, 3)}


def test_a_list_of_lists_is_a_list_of_values_and_a_list_is_one() -> None:
    assert Design(values={"layers": [[64, 64]]}).count == 1
    assert Design(values={"layers": [[64, 64], [8]]}).count == 2


def test_repeats_count_the_seed_up_and_keep_a_combination_together() -> None:
    design = Design(values={"a": [1, 2], "seed": [7]}, repeats=3, seed_parameter="seed")
    assert [(c["a"], c["seed"]) for c in design] == [(1, 7), (1, 8), (1, 9), (2, 7), (2, 8), (2, 9)]
    assert design.varying == ["a", "seed"]


def test_a_single_combination_can_be_left_out() -> None:
    design = Design(values={"a": [1, 2], "b": [3, 4], "c": [5]}, without=[{"a": 1, "b": 4}])
    assert [(c["a"], c["b"]) for c in design] == [(1, 3), (2, 3), (2, 4)]


def test_a_random_sample_is_the_same_for_the_same_seed_and_holds_no_combination_twice() -> None:
    values = {"a": list(range(50)), "b": list(range(50))}
    first = list(Design(values=values, sample=40, sample_seed=3))
    assert first == list(Design(values=values, sample=40, sample_seed=3))
    assert first != list(Design(values=values, sample=40, sample_seed=4))
    assert len({json.dumps(c) for c in first}) == 40


def test_a_few_are_drawn_of_more_combinations_than_a_machine_word_counts() -> None:
    design = Design(values={f"p{place}": list(range(100)) for place in range(10)}, sample=20)
    assert (design.product, design.count) == (100**10, 20)
    first = list(design)
    assert first == list(Design(values=design.values, sample=20)) and len({str(one) for one in first}) == 20
    found = design.places()
    assert [one["p9"] for one in first] == found["p9"] and len(set(found["p0"])) > 5


def test_a_sample_too_large_to_be_drawn_is_refused_with_both_numbers() -> None:
    with pytest.raises(CombinationError, match="at most 1,000,000 combinations, but 2,000,000,000 were"):
        Design(values={f"p{place}": list(range(100)) for place in range(6)}, sample=2_000_000_000)


def test_a_sample_of_more_than_there_are_is_all() -> None:
    assert Design(values={"a": [1, 2]}, sample=10).count == 2


def test_a_million_combinations_are_counted_and_paged_without_being_built() -> None:
    design = Design(values={name: list(range(10)) for name in "abcdef"}, exclude=["a = 5 and b > 3"])
    assert design.count == 1_000_000 - 60_000
    assert design.at(design.count - 1) == dict.fromkeys("abcdef", 9)


def test_far_too_many_are_still_counted_and_checking_rules_over_them_is_refused() -> None:
    values = {f"p{i}": list(range(10)) for i in range(12)}
    assert Design(values=values).count == 10**12
    with pytest.raises(CombinationError, match="too many to exclude some"):
        _ = Design(values=values, exclude=["p1 = 1"]).count


@pytest.mark.parametrize(
    ("design", "words"),
    [
        ({"values": {"a": []}}, "a has no value"),
        ({"values": {"a": [1, 2], "b": [1]}, "pairs": [["a", "b"]]}, "equally many values: a has 2, b has 1"),
        ({"values": {"a": [1]}, "pairs": [["a", "z"]]}, "“z”, which is not a parameter of this Task"),
        ({"values": {"a": [1, 2]}, "seed_parameter": "a"}, "takes one value, not 2"),
        ({"values": {"a": ["x"]}, "seed_parameter": "a"}, "needs a whole number"),
        ({"values": {"a": [1]}, "repeats": 0}, "Repeats must be 1 or more"),
    ],
)
def test_a_design_that_makes_no_sense_says_which_part(design: dict[str, Any], words: str) -> None:
    with pytest.raises(CombinationError, match=words):
        Design(**design)


@pytest.mark.parametrize(
    "rule",
    ["", "a", "a =", "a = z", "import os", "__import__('os')", "a = (1", "`a = 1", "a.b = 1", "a = 1; b"],
)
def test_a_wrong_rule_is_quoted_back_with_what_was_expected(rule: str) -> None:
    with pytest.raises(RuleError):
        parse(rule, {"a", "b"})


def test_values_that_have_no_order_are_said_so() -> None:
    with pytest.raises(RuleError, match="have no order"):
        _ = Design(values={"a": [1, "x"]}, exclude=["a < 2"]).count


def test_a_name_with_blanks_stands_in_backticks() -> None:
    assert matches(parse("`batch size` = 64", {"batch size"}), {"batch size": 64})


def test_true_is_not_one_in_a_rule() -> None:
    assert not matches(parse("flag = 1", {"flag"}), {"flag": True})
    assert matches(parse("flag = true", {"flag"}), {"flag": True})
    assert not matches(parse("flag in (1, 2)", {"flag"}), {"flag": True})
    assert matches(parse("flag in (1, true) and n not in (true,)", {"flag", "n"}), {"flag": True, "n": 1})


def test_duplicates_are_pointed_out_and_one_point_zero_is_not_one() -> None:
    assert duplicates([1, 2, 1, 1.0, True, [1], [1.0], 2**53 + 1, 2.0**53]) == [2, 3, 6]
