"""When two values are the same: equal in content and in kind, all the way down. 1, 1.0 and true differ."""

import json
from collections.abc import Sequence
from typing import Any


def key(value: Any) -> str:
    """A text that is the same for values that are the same, and for no others."""
    return json.dumps(value, sort_keys=True)


def same(a: Any, b: Any) -> bool:
    return key(a) == key(b)


def same_any(value: Any, wanted: Sequence[Any]) -> bool:
    return any(same(value, one) for one in wanted)


def duplicates(choices: Sequence[Any]) -> list[int]:
    """Places of values that stand earlier in the list already."""
    keys = [key(value) for value in choices]
    first = {text: index for index, text in reversed(list(enumerate(keys)))}
    return [index for index, text in enumerate(keys) if first[text] != index]
