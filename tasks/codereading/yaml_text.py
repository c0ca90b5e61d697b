"""Parameters that were found in code → the text of a task.yaml that declares them. Knows no code."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from tasks.codereading.findings import FoundParameter
from tasks.taskyaml.tree import MAX_BYTES, MAX_NODES
from tasks.types.scalars import is_storable

# What is proposed can be read: within the limits of a task.yaml, with room for its head and for edits.
MAX_TEXT = MAX_BYTES - 16 * 1024
MAX_ITEMS = MAX_NODES - 100
MAX_VALUE = 20_000


def fitting(groups: Mapping[str, Sequence[FoundParameter]]) -> dict[str, list[FoundParameter]]:
    """The first parameters, as many as the limits of a task.yaml allow."""
    kept: dict[str, list[FoundParameter]] = {}
    size = items = 0
    for name, parameters in groups.items():
        size += sum(len(line.encode()) + 1 for line in _group(name))
        items += _count({"name": name, "params": []})
        for parameter in parameters:
            size += sum(len(line.encode()) + 1 for line in _parameter(parameter))
            items += _count(_declared(parameter))
            if size > MAX_TEXT or items > MAX_ITEMS:
                return kept
            kept.setdefault(name, []).append(parameter)
    return kept


def write(groups: Mapping[str, Sequence[FoundParameter]], *, head: Iterable[str]) -> str:
    """The text, with the lines of `head` as comments on top."""
    lines = [f"# {_comment(line)}" for line in head]
    lines.append("param_groups:" if groups else "param_groups: []")
    for name, parameters in groups.items():
        lines += _group(name)
        lines += [line for parameter in parameters for line in _parameter(parameter)]
    return "\n".join(lines) + "\n"


def flow(value: Any) -> str:
    """A value on one line of YAML."""
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if value is None or isinstance(value, int):
        return json.dumps(value)  # YAML writes these as JSON does, and takes twenty times as long
    if isinstance(value, str) and not value.isprintable():
        return yaml.safe_dump(value, default_style='"', width=float("inf")).strip()
    # In brackets even a text with a comma or a colon is written so that it can stand anywhere.
    return yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=float("inf")).strip()[
        1:-1
    ]


def _group(name: str) -> list[str]:
    return [f"  - name: {flow(name)}", "    params:"]


def _parameter(found: FoundParameter) -> list[str]:
    where = f"{found.place}" if found.argument is None else f"{found.place} {_option(found)}"
    lines = [f"# {_comment(where.strip())}", f"- name: {flow(found.name)}"]
    if found.description:
        lines.append(f"  description: {flow(found.description)}")
    lines += _value(found)
    lines.append(f"  data_type: {found.data_type}")
    if found.minimum is not None:
        lines.append(f"  min: {flow(found.minimum)}")
    if found.maximum is not None:
        lines.append(f"  max: {flow(found.maximum)}")
    if found.required:
        lines.append("  required: true")
    if found.visible_if:
        conditions = {
            name: options[0] if len(options) == 1 else list(options) for name, options in found.visible_if
        }
        lines.append(f"  visible_if: {flow(conditions)}")
    return [f"      {line}" for line in lines]


def _option(found: FoundParameter) -> str:
    return found.argument.flag or found.argument.off if found.argument is not None else ""


def _value(found: FoundParameter) -> list[str]:
    unread = f"  # in the code: {_comment(found.unread)}" if found.unread else ""
    if isinstance(found.value, dict) and "options" in found.value:
        selected = f"    selected: {flow(found.value['selected'])}{unread}"
        return ["  value:", selected, f"    options: {flow(found.value['options'])}"]
    text = flow(found.value)
    if len(text) > MAX_VALUE:
        return ["  value: null  # in the code: a value too long to be shown"]
    return [f"  value: {text}{unread}"]


def _comment(text: str) -> str:
    """The text as YAML lets it stand behind a `#`."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    return plain if is_storable(plain) else ""


def _declared(found: FoundParameter) -> dict[str, Any]:
    """All that may be written of a parameter, for counting."""
    conditions = {name: list(options) for name, options in found.visible_if}
    plain = {"name": "", "description": "", "data_type": "", "min": 0, "max": 0, "required": True}
    return {**plain, "value": found.value, "visible_if": conditions}


def _count(value: Any) -> int:
    """The nodes of a value in YAML, keys included."""
    if isinstance(value, dict):
        return 1 + sum(1 + _count(item) for item in value.values())
    return 1 + sum(map(_count, value)) if isinstance(value, list) else 1
