"""Adds packages to the text of an environment file, and leaves everything else as it was. Knows no disk."""

from collections.abc import MutableMapping, Sequence
from typing import Any

import tomlkit
import yaml
from tomlkit.exceptions import ParseError

from tasks import project_tables


def with_requirements(text: str, wanted: Sequence[str]) -> str:
    """A requirements file with more lines, whose line ends are those of the others."""
    newline = "\r\n" if "\r\n" in text else "\n"
    begin = text if not text or text.endswith("\n") else text + newline
    return begin + "".join(f"{name}{newline}" for name in wanted)


def with_pip(text: str, wanted: Sequence[str]) -> str | None:
    """An environment.yml with more lines in its pip section; None where it has no list to add them to."""
    dependencies = _dependencies(text)
    if dependencies is None:
        return None
    sections = [node for node in dependencies.value if isinstance(node, yaml.MappingNode)]
    lists = [value for node in sections for key, value in node.value if key.value == "pip"]
    if lists:
        return _checked(text, _added(text, lists[0], [f"- {name}" for name in wanted]), wanted)
    packages = [str(node.value) for node in dependencies.value if isinstance(node, yaml.ScalarNode)]
    has_pip = any(package.split("=")[0].split("::")[-1].strip() == "pip" for package in packages)
    lines = [*([] if has_pip else ["- pip"]), "- pip:", *(f"    - {name}" for name in wanted)]
    return _checked(text, _added(text, dependencies, lines), wanted)


def with_dependencies(text: str, wanted: Sequence[str]) -> str | None:
    """A pyproject.toml with more dependencies of [project]; None where it has no such list."""
    return _with_items(text, wanted, table="project")


def with_script_block(text: str, wanted: Sequence[str]) -> str | None:
    """A script whose block (# /// script) has more dependencies; None where it has none that can be read."""
    newline = "\r\n" if "\r\n" in text else "\n"
    old = project_tables.script(text, name="the script")
    if old is None or old.problem:
        return None
    after = _with_items(old.text, wanted)
    rows = text.splitlines()
    start = [row.rstrip() for row in rows].index(project_tables.OPENS) + 1
    count = len(old.text.split("\n"))
    if after is None:
        return None
    block = [f"# {line}".rstrip() for line in after.rstrip("\n").split("\n")]
    return newline.join([*rows[:start], *block, *rows[start + count :]]) + newline


def _with_items(text: str, wanted: Sequence[str], *, table: str = "") -> str | None:
    try:
        document = tomlkit.parse(text)
    except ParseError:
        return None
    holder = document.get(table) if table else document
    if not isinstance(holder, MutableMapping) or "dependencies" in holder.get("dynamic", ()):
        return None
    items = holder.setdefault("dependencies", tomlkit.array())
    if not isinstance(items, list):
        return None
    items.extend(wanted)
    return tomlkit.dumps(document)


def with_packages(text: str, wanted: Sequence[str]) -> str | None:
    """An environment.yml with more Conda packages; None where it has no list to add them to."""
    dependencies = _dependencies(text)
    if dependencies is None:
        return None
    return _checked(text, _added(text, dependencies, [f"- {name}" for name in wanted]), wanted)


def has_channel(text: str, name: str) -> bool:
    """Whether an environment.yml looks for packages in a channel."""
    read = _read(text)
    channels = read.get("channels") if isinstance(read, dict) else None
    return isinstance(channels, list) and name in channels


def new_conda(wanted: Sequence[str], *, channels: Sequence[str]) -> str:
    """An environment.yml for these packages."""
    lists = {"channels": channels, "dependencies": wanted}
    return "".join(f"{key}:\n" + "".join(f"  - {item}\n" for item in items) for key, items in lists.items())


def _dependencies(text: str) -> yaml.SequenceNode | None:
    """The list of dependencies, where it is written with one item a line."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    found = next((value for key, value in pairs if key.value == "dependencies"), None)
    is_list = isinstance(found, yaml.SequenceNode) and not found.flow_style and found.value
    return found if is_list else None


def _added(text: str, node: yaml.Node, lines: Sequence[str]) -> str | None:
    """The text with more items after the last one of a list."""
    if not isinstance(node, yaml.SequenceNode) or node.flow_style or not node.value:
        return None
    newline = "\r\n" if "\r\n" in text else "\n"
    rows = text.splitlines(keepends=True)
    last = _last_line(node.value[-1])
    if not rows[last].endswith("\n"):
        rows[last] += newline
    indent = " " * node.start_mark.column
    return "".join([*rows[: last + 1], *(f"{indent}{line}{newline}" for line in lines), *rows[last + 1 :]])


def _last_line(node: Any) -> int:
    """The line on which the content of a node ends, from 0: the mark of a block is after what follows it."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        end = node.end_mark
        return int(end.line - (end.column == 0 and end.line > node.start_mark.line))
    last = node.value[-1]
    return _last_line(last[1] if isinstance(last, tuple) else last)


def _checked(before: str, after: str | None, wanted: Sequence[str]) -> str | None:
    """The new text if it says what the old one said, and what is wanted besides."""
    old, new = _read(before), _read(after or "")
    if not isinstance(old, dict) or not isinstance(new, dict):
        return None
    kept = {key: value for key, value in new.items() if key != "dependencies"}
    is_kept = kept == {key: value for key, value in old.items() if key != "dependencies"}
    items = _flat(new["dependencies"])
    added = sorted([*_flat(old["dependencies"]), *wanted])
    return after if is_kept and added in (sorted(items), sorted(_less(items, "pip"))) else None


def _less(items: list[str], one: str) -> list[str]:
    """The list without one item, once."""
    at = items.index(one) if one in items else len(items)
    return items[:at] + items[at + 1 :]


def _flat(items: Any) -> list[str]:
    found: list[str] = []
    for item in items:
        lists = item.values() if isinstance(item, dict) else [[item]]
        found += [str(one) for some in lists for one in (some if isinstance(some, list) else [some])]
    return found


def _read(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
