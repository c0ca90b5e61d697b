"""When two values are the same: in content and in kind, all the way down. 1 and 1.0 are, true is not."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def key(value: Any) -> str:
    """A text that is the same for values that are the same, and for no others."""
    return json.dumps(numbers_once(value), sort_keys=True)


def numbers_once(value: Any) -> Any:
    """The value with each whole float as the int that it equals, so that a number is written in one way.

    Exact: an int that no float can hold stays apart from the float beside it. Scripts never get this.
    """
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: numbers_once(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [numbers_once(item) for item in value]
    return value


def same(a: Any, b: Any) -> bool:
    return key(a) == key(b)


def identical(a: Any, b: Any) -> bool:
    """Whether a script would get the very same: 1 and 1.0 differ here."""
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


def same_any(value: Any, wanted: Sequence[Any]) -> bool:
    return any(same(value, one) for one in wanted)


def fingerprint(entry_script: str, values: Mapping[str, Any]) -> str:
    """32 letters that name a script with its values; equal only where the script and all values are."""
    parts = [fingerprint_part(name, value) for name, value in sorted(values.items())]
    return fingerprint_of_parts(entry_script, parts)


def fingerprint_part(name: str, value: Any) -> str:
    """What one value adds, for `fingerprint_of_parts`."""
    return f"{_compact(name)}:{_compact(value)}"


def fingerprint_of_parts(entry_script: str, parts: Iterable[str]) -> str:
    """The same as `fingerprint`, from the parts of the values in the order of their names."""
    text = f"[{_compact(entry_script)},{{{','.join(parts)}}}]"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _compact(value: Any) -> str:
    return json.dumps(numbers_once(value), sort_keys=True, separators=(",", ":"))


def duplicates(choices: Sequence[Any]) -> list[int]:
    """Places of values that stand earlier in the list already."""
    keys = [key(value) for value in choices]
    first = {text: index for index, text in reversed(list(enumerate(keys)))}
    return [index for index, text in enumerate(keys) if first[text] != index]
