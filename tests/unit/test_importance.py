"""What mattered, as it is shown: every share by its name, together no more and no less than everything."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from runs.analysis import importance
from runs.analysis.cells import Cell, Cells
from runs.analysis.importance import Bar, ParameterImportance
from runs.models import Batch
from runs.states import State
from tasks.types.declarations import TaskSpec

Values = Mapping[str, Any]


def found(combinations: Sequence[Values], metric: Callable[[Values], float | None]) -> ParameterImportance:
    """What mattered in a Batch of these combinations; a Run for which `metric` is None has none."""
    batch = Batch(spec={}, varying=list(combinations[0]))
    numbered = enumerate(combinations)
    cells = [Cell(run=n + 1, number=n, state=State.SUCCEEDED, values=values) for n, values in numbered]
    numbers = {cell.run: metric(cell.values) for cell in cells}
    known = {run: number for run, number in numbers.items() if number is not None}
    return importance.of(Cells(batch, cells, TaskSpec()), known)


def shares(seen: ParameterImportance) -> dict[str, float]:
    return {bar.label: round(bar.share, 9) for bar in seen.bars}


def bar(seen: ParameterImportance, label: str) -> Bar:
    return next(bar for bar in seen.bars if bar.label == label)


def paired(*, repeats: int = 1) -> list[Values]:
    """`a` and `b` go together, `c` is free."""
    pairs = [(1, "x"), (2, "y"), (3, "z")]
    return [
        {"a": a, "b": b, "c": c} for (a, b), c in itertools.product(pairs, [0, 1]) for _ in range(repeats)
    ]


def test_paired_parameters_share_one_bar_that_names_both() -> None:
    seen = found(paired(), lambda values: values["a"] + 10 * values["c"])
    # Squares by hand: (−1, 0, 1) twice are 4, ±5 six times are 150.
    told = {"c": 150 / 154, "a and b": 4 / 154, "a and b × c": 0, "Everything else": 0}
    assert shares(seen) == pytest.approx(told)
    assert bar(seen, "a and b").note == "vary together: cannot be separated"
    assert seen.share_of("a") == seen.share_of("b") == pytest.approx(4 / 154)


def test_what_a_pair_does_only_together_with_another_is_counted_too() -> None:
    seen = found(paired(), lambda values: (values["a"] - 2) * (1 if values["c"] else -1))
    assert seen.share_of("a") == pytest.approx(1)
    assert sum(shares(seen).values()) == pytest.approx(1)


def test_repeats_of_a_paired_batch_add_up_with_chance() -> None:
    flips = itertools.cycle([-1, 1])
    seen = found(paired(repeats=2), lambda values: values["a"] + next(flips))
    # (−1, 0, 1) four times are 8, ±1 twelve times are 12.
    assert shares(seen)["a and b"] == pytest.approx(8 / 20)
    assert bar(seen, "Chance").share == pytest.approx(12 / 20)
    assert sum(shares(seen).values()) == pytest.approx(1)


def test_two_pairs_are_told_apart_from_each_other() -> None:
    pairs = itertools.product([(1, "x"), (2, "y")], [(10, True), (20, False)])
    grid = [{"a": a, "b": b, "c": c, "d": d} for (a, b), (c, d) in pairs]
    seen = found(grid, lambda values: values["a"] + values["c"] / 5)
    # ±0.5 four times are 1, ±1 four times are 4.
    assert shares(seen)["c and d"] == pytest.approx(4 / 5)
    assert shares(seen)["a and b"] == pytest.approx(1 / 5)
    assert sum(shares(seen).values()) == pytest.approx(1)


def test_the_means_of_a_pair_are_those_of_each_of_its_values() -> None:
    seen = found(paired(), lambda values: values["a"] + 10 * values["c"])
    assert seen.levels is not None
    assert [(level.value, level.count, level.mean) for level in seen.levels["b"]] == [
        ("x", 2, 6.0), ("y", 2, 7.0), ("z", 2, 8.0),
    ]  # fmt: skip
    assert [level.value for level in seen.levels["a"]] == [1, 2, 3]


def test_parameters_that_missing_runs_leave_confounded_are_not_blamed_one_by_one() -> None:
    """Of a full grid only the diagonal has the metric: it cannot be told which of the two it was."""
    grid = [{"a": a, "b": b} for a, b in itertools.product([1, 2, 3], [1, 2, 3])]
    seen = found(grid, lambda values: float(values["a"]) if values["a"] == values["b"] else None)
    assert shares(seen) == pytest.approx({"a and b": 1, "Everything else": 0})
    assert "6 of 9 missing" in seen.missing


def test_values_that_only_stand_beside_some_of_another_parameter_are_not_lost() -> None:
    """Each model has its own sizes, so a size tells the model, and the model's share is no other's."""
    sizes = [1, 1, 2, 2, 3, 3, 4, 4]
    grid = [{"size": size, "model": "small" if size < 3 else "large"} for size in sizes]
    seen = found(grid, lambda values: 1.0 if values["model"] == "large" else 0.0)
    assert bar(seen, "model").note == "not separable from the others"
    assert seen.share_of("model") == pytest.approx(1)
    assert sum(shares(seen).values()) == pytest.approx(1)
