"""Values of parameters as keys and as numbers. Knows no types of task.yaml and no storage."""

import json
from collections.abc import Hashable
from typing import Any


def key(value: Any) -> Hashable:
    """Equal for equal values of one parameter; true and 1 differ."""
    if isinstance(value, str | float | None) or type(value) is int:
        return value
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
