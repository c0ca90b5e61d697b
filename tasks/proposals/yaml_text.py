"""Option parameters → the text of a task.yaml that declares them. Knows no code."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from tasks.proposals.options import Option

# Texts that PyYAML writes without quotes, and people take for a number or for no value.
LIKE_A_VALUE = re.compile(r"[-+.]?\d\S*|None")


def write(groups: Mapping[str, Sequence[Option]], *, head: Iterable[str]) -> str:
    """The text, with the lines of `head` as comments on top."""
    lines = [f"# {_comment(line)}" for line in head]
    lines.append("param_groups:" if groups else "param_groups: []")
    for title, parameters in groups.items():
        lines += [f"  - name: {flow(title)}", "    params:"]
        lines += [f"      {line}" for parameter in parameters for line in _parameter(parameter)]
    return "\n".join(lines) + "\n"


def flow(value: Any) -> str:
    """A value on one line of YAML, in such a way that it can stand anywhere."""
    if isinstance(value, list):
        return f"[{', '.join(map(flow, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{flow(key)}: {flow(item)}' for key, item in value.items())}}}"
    if value is None or isinstance(value, int):
        return json.dumps(value)  # YAML writes these as JSON does, and takes twenty times as long
    if isinstance(value, str) and not value.isprintable():
        return str(yaml.safe_dump(value, default_style='"', width=float("inf"))).strip()
    style = "'" if isinstance(value, str) and LIKE_A_VALUE.fullmatch(value) else None
    text: str = yaml.safe_dump(
        [value], default_flow_style=True, default_style=style, allow_unicode=True, width=float("inf")
    )
    return text.strip()[1:-1]


def _parameter(found: Option) -> list[str]:
    lines = [f"# {_comment(f'{found.place} {found.flag}'.strip())}", f"- name: {flow(found.name)}"]
    if found.help:
        lines.append(f"  description: {flow(found.help)}")
    lines += _value(found)
    lines.append(f"  data_type: {found.kind}")
    bounds = {"min": found.minimum, "max": found.maximum}
    lines += [f"  {key}: {flow(bound)}" for key, bound in bounds.items() if bound is not None]
    if found.required:
        lines.append("  required: true")
    if found.under:
        name, commands = found.under
        lines.append(f"  visible_if: {flow({name: list(commands)})}")
    return lines


def _value(found: Option) -> list[str]:
    unread = f"  # in the code: {_comment(found.unread)}" if found.unread else ""
    if isinstance(found.default, dict):
        selected = f"    selected: {flow(found.default['selected'])}{unread}"
        return ["  value:", selected, f"    options: {flow(found.default['options'])}"]
    return [f"  value: {flow(found.default)}{unread}"]


def _comment(text: str) -> str:
    """The text as YAML lets it stand behind a `#`."""
    return "".join(character if character.isprintable() else " " for character in text)
