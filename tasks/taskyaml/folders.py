"""The keys of a task.yaml that name folders of the Task: where scripts start, what Python looks through."""

import posixpath
import re

import yaml

from tasks.taskyaml.fields import Entries, FieldReader, is_null
from tasks.taskyaml.values import Unusable
from tasks.types.wording import found, quote

ROOT = "."
# As in task.schema.json: relative, never up, and without what separates folders in PYTHONPATH.
_FOLDER = re.compile(r"(?!/)(?!(?:.*/)?\.\.(?:/|$))[^\\:\x00-\x1f\x7f]+")


def read_folder(fields: FieldReader, entries: Entries, key: str) -> str:
    """The folder that a key names, in its normal form; the root without it, and after reporting a mistake."""
    return _folder(fields, entries[key][1], key) or ROOT if key in entries else ROOT


def read_folders(fields: FieldReader, entries: Entries, key: str) -> tuple[str, ...]:
    """The folders that a key names, one or a list of them, each once."""
    if key not in entries:
        return ()
    node = entries[key][1]
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [] if is_null(node) else [node]
    folders = [_folder(fields, each, key, in_list=True) for each in nodes]
    return tuple(dict.fromkeys(folder for folder in folders if folder is not None))


def _folder(fields: FieldReader, node: yaml.Node, key: str, *, in_list: bool = False) -> str | None:
    try:
        value = fields.values.value(node, "text")
    except Unusable:
        return None
    if value is None and not in_list:
        return None
    if isinstance(value, str) and _FOLDER.fullmatch(value):
        return posixpath.normpath(value)
    message = (
        f'expected a folder of the Task for {quote(key)}, such as "src": relative to the root, without "..", '
        f"colon or backslash; found {found(value)}"
    )
    fields.report("error", node, message)
    return None
