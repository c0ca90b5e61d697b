"""What the values in the Run Task form would start: count, combinations, what ran before, a forecast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator

from runs.runspec import to_json
from runs.submission import forecast, reuse
from runs.submission.validate import Plan
from tasks.types.declarations import is_visible

PAGE = 20


@dataclass(frozen=True, kw_only=True)
class Row:
    """One Run: its number from 1, the texts of what varies, and what leaves its combination out."""

    number: int
    texts: Sequence[str]
    without: str
    earlier: int | None


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A plan as the form shows it, from page `number` on; with `reuse` nothing is repeated."""

    plan: Plan
    number: int = 1
    reuse: bool = False

    @property
    def refusal(self) -> str:
        return self.plan.refusal or (
            "All of these combinations have already succeeded, so there is nothing "
            "to start. Choose to run them again, or change the values."
            if self.reuse and self.to_start == 0
            else ""
        )

    @cached_property
    def already(self) -> Mapping[int, int]:
        return reuse.already(self.plan)

    @property
    def to_start(self) -> int:
        return self.plan.count - (len(self.already) if self.reuse else 0)

    @property
    def label(self) -> str:
        return "Run Task" if self.to_start == 1 else f"Start {self.to_start:,} Runs"

    @property
    def left_out(self) -> int:
        """Combinations of the full product that are not run."""
        return self.plan.design.product - self.plan.design.combination_count

    @property
    def factors(self) -> str:
        """`3 × 4 × 2`, with the repeats."""
        sizes = [*self.plan.design.shape, *([self.plan.spec.repeats] if self.plan.spec.repeats > 1 else [])]
        return " × ".join(f"{size:,}" for size in sizes) if len(sizes) > 1 else ""

    @cached_property
    def page(self) -> Page[int]:
        return Paginator(range(self.plan.count), PAGE).get_page(self.number)

    @property
    def rows(self) -> list[Row]:
        return [self.row(index) for index in self.page]

    def row(self, index: int) -> Row:
        values = self.plan.at(index)
        return Row(
            number=index + 1,
            texts=[self.plan.text_of(name, values[name]) for name in self.plan.varying],
            without=to_json(self.single(index, values)),
            earlier=self.already.get(index),
        )

    def single(self, index: int, values: Mapping[str, Any]) -> dict[str, Any]:
        """What leaves out this combination with all its repeats; hidden parameters say nothing."""
        shown = self.plan.design.at(index)
        names = [name for axis in self.plan.design.axes for name in axis]
        declared = self.plan.declared.by_name
        return {name: shown[name] for name in names if is_visible(declared[name], values)}

    @property
    def unticked(self) -> list[tuple[str, str]]:
        """(its line in the form, in words) of each combination that is left out by itself."""
        return [
            (
                to_json(single),
                ", ".join(f"{name} = {self.plan.text_of(name, value)}" for name, value in single.items()),
            )
            for single in self.plan.spec.without
        ]

    @property
    def pairs_offered(self) -> list[str]:
        """Names that could go together: they have equally many values and are in no pair yet."""
        paired = {name for group in self.plan.spec.pairs for name in group}
        by_size: dict[int, list[str]] = {}
        for axis in self.plan.design.axes:
            if len(axis) == 1 and axis[0] not in paired and not any(mark in axis[0] for mark in ",[\n"):
                by_size.setdefault(len(self.plan.design.values[axis[0]]), []).append(axis[0])
        return [", ".join(names) for names in by_size.values() if len(names) > 1]

    @cached_property
    def forecast(self) -> forecast.Forecast | None:
        if self.refusal:
            return None
        return forecast.of(
            self.plan.task,
            runs=self.to_start,
            entry_script=self.plan.entry_script,
            at_once=self.plan.spec.at_once,
            node=self.plan.node,
        )
