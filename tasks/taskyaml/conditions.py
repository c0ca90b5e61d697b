"""Reads visible_if and required_if and links them: names, possible values, no circles. Knows no forms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from tasks.taskyaml.values import Report, Unusable, ValueReader
from tasks.taskyaml.wanted import OF_ITEM
from tasks.types.declarations import MAX_HINTS, Condition, Parameter
from tasks.types.wording import found, inline, nearest, quote

MAX_CONDITIONS = 100


@dataclass(kw_only=True)
class Draft:
    """A parameter while its file is read: None when it had errors, and the nodes of its conditions."""

    name: str
    line: int
    parameter: Parameter | None
    conditions: Mapping[str, yaml.Node]
    own: dict[str, list[Condition]] = field(default_factory=dict)


class ConditionReader:
    """Reads and links the conditions of all the parameters of a file."""

    def __init__(self, drafts: Iterable[Draft], reader: ValueReader, report: Report) -> None:
        self.drafts = {draft.name: draft for draft in drafts}
        self.reader = reader
        self.report = report
        self.hints = 0

    def read(self, draft: Draft) -> None:
        """Fills in the draft's own conditions, reporting what is wrong with them."""
        for key, node in draft.conditions.items():
            draft.own[key] = list(self.conditions(draft, key, node))

    def conditions(self, draft: Draft, key: str, node: yaml.Node) -> Iterable[Condition]:
        if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null"):
            return
        if not isinstance(node, yaml.MappingNode) or not node.value:
            shape = "{otherParameter: value}"
            self.report("error", node, f"expected a mapping such as {shape} for {quote(key)}")
            return
        for name, (key_node, value_node) in self.reader.entries(node).items():
            if name == draft.name:
                self.report("error", key_node, f"expected another parameter in {quote(key)}, found itself")
            elif name not in self.drafts:
                self.hints += 1  # comparing every name with every other takes minutes in a hostile file
                others = [other for other in self.drafts if other != draft.name]
                meant = nearest(name, others) if self.hints <= MAX_HINTS else None
                hint = f"; did you mean {quote(meant)}?" if meant is not None else ""
                message = f"expected the name of a parameter in {quote(key)}, found {quote(name)}{hint}"
                self.report("error", key_node, message)
            else:
                yield Condition(
                    parameter=name, values=tuple(self.values(self.drafts[name].parameter, value_node))
                )

    def values(self, other: Parameter | None, node: yaml.Node) -> Iterable[Any]:
        """One value or a list of them, each possible for the other parameter."""
        if isinstance(node, yaml.SequenceNode) and not node.value:
            self.report("error", node, "expected at least one value to compare with, found an empty list")
        for child in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(child, yaml.ScalarNode):
                self.report("error", child, "expected one value or a list of values to compare with")
                continue
            try:
                value = self.reader.value(child, OF_ITEM.get(other.data_type, "other") if other else "other")
            except Unusable:
                continue
            if other is not None and (problem := impossible(other, value)):
                self.report("error", child, problem)
            yield value

    def link(self, parameter: Parameter) -> Parameter:
        """The parameter with its conditions and those under which the parameters they name are visible."""
        own = self.drafts[parameter.name].own
        visible = self.closed(own.get("visible_if", ()))
        required = self.closed(own.get("required_if", ()))
        if len(visible) > MAX_CONDITIONS or len(required) > MAX_CONDITIONS:
            node = next(iter(self.drafts[parameter.name].conditions.values()))
            message = (
                f"expected at most {MAX_CONDITIONS} conditions, found more, with those of other parameters"
            )
            self.report("error", node, message)
        return replace(parameter, visible_if=visible, required_if=required)

    def closed(self, own: Iterable[Condition]) -> tuple[Condition, ...]:
        conditions = list(own)
        seen: set[str] = set()
        for condition in conditions:  # grows while it is walked
            if condition.parameter not in seen and len(conditions) <= MAX_CONDITIONS:
                seen.add(condition.parameter)
                conditions += self.drafts[condition.parameter].own.get("visible_if", ())
        return tuple(conditions)

    def report_circle(self, draft: Draft) -> bool:
        """Reports when the parameter is visible only if another is that is visible only if … it is."""
        came_from: dict[str, str] = {}
        queue = [draft.name]
        for name in queue:  # grows while it is walked
            for condition in self.drafts[name].own.get("visible_if", ()):
                if condition.parameter == draft.name:
                    path = [draft.name, name]
                    while path[-1] != draft.name:
                        path.append(came_from[path[-1]])
                    circle = " → ".join(reversed(path))
                    node = draft.conditions["visible_if"]
                    self.report("error", node, f'expected no circle in "visible_if", found {circle}')
                    return True
                if len(came_from) > MAX_CONDITIONS:
                    return False  # link() refuses it for its number of conditions
                if condition.parameter not in came_from:
                    came_from[condition.parameter] = name
                    queue.append(condition.parameter)
        return False


def impossible(other: Parameter, value: Any) -> str:
    """The sentence why the parameter can never have this value; empty if it can."""
    name = quote(other.name)
    if value is None:
        return f"{name} is required, so it is never null" if other.required else ""
    if other.data_type == "enum":
        options = other.value["options"]
        return (
            "" if value in options else f"expected one of {inline(options)} for {name}, found {found(value)}"
        )
    if other.type.is_compound:
        return f"{name} is a {other.data_type}, which can only be compared with null"
    problems = other.type.problems(value, required=True, declared=other)
    return f"{name} can't have this value: {problems[0]}" if problems else ""
