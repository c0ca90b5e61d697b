"""“Narrow down”: the values to try next, from the best cells of a Batch. Knows no HTTP."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from runs.analysis.association import NEGLIGIBLE
from runs.analysis.cells import Cell, Cells
from runs.analysis.importance import ParameterImportance
from runs.analysis.next_values import refined
from runs.records.number_text import percent
from runs.runspec import RunSpec
from runs.submission.choices import Chosen
from runs.values import key
from tasks import combinations
from tasks.types import equality

# Of the combinations with the metric, the best tenth.
BEST_SHARE, FEWEST_BEST, MOST_BEST = 0.1, 1, 10
# The share of all variation from which on a parameter is said to have mattered; ranks are coarser.
MATTERS, MATTERS_BY_RANK = NEGLIGIBLE, 0.1


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What becomes of one parameter, and why."""

    name: str
    values: Sequence[Any]
    texts: Sequence[str]
    why: str
    is_fixed: bool


@dataclass(frozen=True, kw_only=True)
class Narrowed:
    spec: RunSpec
    choices: Sequence[Choice]
    # One cell of each of the best combinations, with the mean over how many of its repeats.
    best: Sequence[Cell]
    means: Sequence[float]
    repeats: Sequence[int]
    # What of the Batch's specification is not in the next one, in sentences.
    dropped: Sequence[str]

    @property
    def count(self) -> int:
        """Combinations, without those that the Batch's rules leave out."""
        values: dict[str, Sequence[Any]] = {name: [value] for name, value in self.best[0].values.items()}
        values |= {choice.name: choice.values for choice in self.choices}
        design = combinations.Design(
            values=values, pairs=self.spec.pairs, exclude=self.spec.exclude, without=self.spec.without
        )
        return design.product if design.product > combinations.MOST_CHECKED else design.combination_count


def down(
    cells: Cells, numbers: Mapping[int, float], direction: str, importance: ParameterImportance
) -> Narrowed | None:
    """The next specification; None while no cell has the metric."""
    repeats = cells.combinations(cell for cell in cells.all if cell.run in numbers)
    if not repeats or not cells.chosen:
        return None
    scored = [(fmean(numbers[cell.run] for cell in group), group) for group in repeats]
    scored.sort(key=lambda pair: pair[0], reverse=direction == "max")
    scored = scored[: min(MOST_BEST, max(FEWEST_BEST, math.floor(len(scored) * BEST_SHARE)))]
    best = [group[0] for _, group in scored]
    choices = [_choose(cells, name, best, importance) for name in cells.chosen]
    earlier = cells.batch.run_spec
    choices, pairs, dropped = _paired(cells, choices, best, earlier.pairs)
    chosen = {choice.name: list(choice.values) for choice in choices}
    others = {
        name: [value]
        for name, value in best[0].values.items()
        if name not in chosen and name != cells.seed and _differs_from_default(cells, name, value)
    }
    without, gone = _left_out(cells, {**{n: [v] for n, v in best[0].values.items()}, **chosen})
    dropped += gone
    if earlier.sample is not None:
        dropped.append("No random sample: every combination is tried.")
    # Repeats count up from the same seed again.
    seed = {name: given for name, given in earlier.values.items() if name == earlier.seed_parameter}
    spec = RunSpec(
        task=cells.batch.task_id,
        entry_script=cells.batch.entry_script,
        values={**others, **chosen, **seed},
        node="" if cells.batch.wanted_node is None else cells.batch.wanted_node.name,
        pairs=pairs,
        exclude=earlier.exclude,
        without=without,
        repeats=earlier.repeats,
        seed_parameter=earlier.seed_parameter,
        at_once=cells.batch.at_once,
        time_limit=cells.batch.time_limit,
    )
    return Narrowed(
        spec=spec,
        choices=choices,
        best=best,
        means=[mean for mean, _ in scored],
        repeats=[len(group) for _, group in scored],
        dropped=dropped,
    )


def _paired(
    cells: Cells, choices: Sequence[Choice], best: Sequence[Cell], groups: Sequence[Sequence[str]]
) -> tuple[list[Choice], list[list[str]], list[str]]:
    """(choices, pairs, sentences): what goes together still does, with the values that the best had."""
    by_name = {choice.name: choice for choice in choices}
    pairs, dropped = [], []
    for group in groups:
        varied = [name for name in group if name in by_name and not by_name[name].is_fixed]
        rows = {tuple(key(cell.values.get(name)) for name in group): cell for cell in best}
        if not varied or not all(name in by_name for name in group):
            dropped.append(f"The pair {', '.join(group)} is not needed: not all of its parameters vary.")
            continue
        is_pair = len(rows) > 1
        if is_pair:
            pairs.append(list(group))
            why = "They are paired, so these are the values of the best, side by side."
        else:
            dropped.append(f"The pair {', '.join(group)} is not needed: the best had one value of each.")
            why = "It is paired with others, and the best had one value."
        for name in group:
            values = [cell.values.get(name) for cell in rows.values()]
            by_name[name] = _choice(cells, name, values, why, is_fixed=not is_pair)
    return list(by_name.values()), pairs, dropped


def _left_out(cells: Cells, values: Mapping[str, Sequence[Any]]) -> tuple[list[Mapping[str, Any]], list[str]]:
    """(single combinations that stay unticked, a sentence about those whose values are not tried)."""
    shown_of = Chosen(declared=cells.declared).shown_of
    earlier = cells.batch.run_spec.without
    kept = [
        single
        for single in earlier
        if all(equality.same_any(value, values.get(name, ())) for name, value in shown_of(single).items())
    ]
    count = len(earlier) - len(kept)
    if not count:
        return kept, []
    were = "1 unticked combination has" if count == 1 else f"{count:,} unticked combinations have"
    return kept, [f"{were} values that are no longer tried."]


def _differs_from_default(cells: Cells, name: str, value: Any) -> bool:
    parameter = cells.declared.by_name.get(name)
    return parameter is not None and parameter.value != value and value is not None


def _choose(cells: Cells, name: str, best: Sequence[Cell], importance: ParameterImportance) -> Choice:
    scale, value = cells.scale(name), best[0].values.get(name)
    share = importance.share_of(name)
    matters = share >= (MATTERS if importance.exact else MATTERS_BY_RANK)
    if importance.bars and not matters:
        why = f"It explains {percent(share)} of the variance, so it is fixed at the value of the best."
        return _choice(cells, name, [value], why, is_fixed=True)
    places = sorted({scale.place(cell.values.get(name)) for cell in best})
    if not scale.is_number or len(scale.levels) < 2:
        values = [scale.levels[place] for place in places]
        return _choice(cells, name, values, _kept(values, len(best)), is_fixed=len(values) == 1)
    parameter = cells.declared.by_name.get(name)
    bounds = {} if parameter is None else {"minimum": parameter.minimum, "maximum": parameter.maximum}
    found = refined(scale.levels, places, **bounds)
    texts = f"{scale.texts[places[0]]}" + (f" to {scale.texts[places[-1]]}" if len(places) > 1 else "")
    further = ", and beyond, since that is at the edge of what was tried" if found.goes_beyond else ""
    why = f"The best had {texts}; around that, in finer steps{further}."
    return _choice(cells, name, found.values, why, is_fixed=len(found.values) == 1)


def _kept(values: Sequence[Any], count: int) -> str:
    of = "the best combination" if count == 1 else f"the best {count} combinations"
    return f"What {of} had." if len(values) > 1 else f"{of[0].upper()}{of[1:]} had it."


def _choice(cells: Cells, name: str, values: Sequence[Any], why: str, *, is_fixed: bool) -> Choice:
    from_levels = cells.scale(name)
    texts = [from_levels.text_of(value) if value in from_levels.levels else f"{value:g}" for value in values]
    return Choice(name=name, values=values, texts=texts, why=why, is_fixed=is_fixed)
