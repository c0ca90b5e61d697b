"""Python's operators on numbers, texts and lists, within limits of time and size. Knows no code."""

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

_MAX_BITS = 4096
_MAX_LENGTH = 100_000
_MAX_EXPONENT = 1024
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
}


def calculate(sign: ast.operator, left: Any, right: Any) -> Any:
    """The result, or None where there is none worth having: too large, infinite, no numbers.

    Raises ArithmeticError or ValueError as the operators do.
    """
    both_numbers = all(isinstance(side, int | float) for side in (left, right))
    joined = isinstance(sign, ast.Add) and type(left) is type(right) and isinstance(left, str | list)
    if type(sign) not in _OPERATORS or not (both_numbers or joined) or _is_too_large(sign, left, right):
        return None
    value = _OPERATORS[type(sign)](left, right)
    return value if is_finite(value) else None


def is_finite(value: Any) -> bool:
    return not isinstance(value, complex) and not (isinstance(value, float) and not math.isfinite(value))


def _is_too_large(sign: ast.operator, left: Any, right: Any) -> bool:
    """Whether the result could be so large that computing it hangs."""
    if isinstance(left, str | list):
        return len(left) + len(right) > _MAX_LENGTH
    if isinstance(sign, ast.Pow | ast.LShift):
        bits = left.bit_length() if isinstance(left, int) else 64
        return abs(right) > _MAX_EXPONENT or bits * abs(right) > _MAX_BITS
    return any(isinstance(side, int) and side.bit_length() > _MAX_BITS for side in (left, right))
