"""Rules that leave combinations out, such as `batch = 64 and size > 512`. Knows nothing but values."""

import ast
import io
import operator
import token
import tokenize
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

EXAMPLE = "for example: batch = 64 and (size > 512 or mode in ('slow', 'exact'))"
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
WORDS = {"true": True, "false": False, "null": None, "none": None}


class RuleError(ValueError):
    """A rule that cannot be read or used; the message quotes it and says what was expected."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`left` and `right` compared; each is a parameter's name or a constant."""

    left: "Name | Constant"
    right: "Name | Constant"
    symbol: type[ast.cmpop]
    rule: str

    def holds(self, left: Any, right: Any) -> bool:
        """Compares two values as a person would: true is not 1, and what cannot be ordered is an error."""
        if self.symbol in (ast.Eq, ast.NotEq) and isinstance(left, bool) != isinstance(right, bool):
            return self.symbol is ast.NotEq
        if self.symbol in (ast.In, ast.NotIn) and isinstance(right, list):
            right = [one for one in right if isinstance(one, bool) == isinstance(left, bool)]
        try:
            return bool(COMPARISONS[self.symbol](left, right))
        except TypeError as error:
            raise RuleError(
                f"The rule “{self.rule}” compares {left!r} with {right!r}, which have no order."
            ) from error


@dataclass(frozen=True, kw_only=True)
class Name:
    name: str


@dataclass(frozen=True, kw_only=True)
class Constant:
    value: Any


@dataclass(frozen=True, kw_only=True)
class Junction:
    """All (`and`) or any (`or`) of its parts."""

    every: bool
    parts: "tuple[Rule, ...]"


@dataclass(frozen=True, kw_only=True)
class Negation:
    part: "Rule"


Rule = Comparison | Junction | Negation


def parse(text: str, known: set[str]) -> Rule:
    """Reads a rule over the parameters `known`.

    `=` compares, as do == != < <= > >= in, not in; and, or, not and brackets combine. A name that is not
    a plain word stands in backticks. Raises RuleError.
    """
    if len(text) > 2000:
        raise RuleError("A rule has at most 2,000 characters.")
    source, quoted = _to_python(text)
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise RuleError(f"The rule “{text}” cannot be read; {EXAMPLE}.") from error
    return _read(tree.body, text, known, quoted)


def _to_python(text: str) -> tuple[str, dict[str, str]]:
    """The rule with `=` as `==`, and names in backticks as words of our own."""
    quoted: dict[str, str] = {}
    parts = text.split("`")
    if len(parts) % 2 == 0:
        raise RuleError(f"The rule “{text}” has an unmatched backtick.")
    for index in range(1, len(parts), 2):
        word = f"quoted_name_{index}"
        quoted[word] = parts[index]
        parts[index] = f" {word} "
    try:
        tokens = [
            (token.OP, "==") if (part.type, part.string) == (token.OP, "=") else (part.type, part.string)
            for part in tokenize.generate_tokens(io.StringIO("".join(parts).replace("\n", " ")).readline)
        ]
    except (tokenize.TokenError, SyntaxError) as error:
        raise RuleError(f"The rule “{text}” cannot be read; {EXAMPLE}.") from error
    return tokenize.untokenize(tokens), quoted


def _read(node: ast.expr, text: str, known: set[str], quoted: Mapping[str, str]) -> Rule:
    match node:
        case ast.BoolOp(op=op, values=values):
            return Junction(
                every=isinstance(op, ast.And), parts=tuple(_read(v, text, known, quoted) for v in values)
            )
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Negation(part=_read(operand, text, known, quoted))
        case ast.Compare(left=left, ops=ops, comparators=rights):
            sides = [_side(side, text, known, quoted) for side in (left, *rights)]
            parts = []
            for first, symbol, second in zip(sides, ops, sides[1:], strict=False):
                if type(symbol) not in COMPARISONS:
                    raise RuleError(f"The rule “{text}” uses an unknown comparison; {EXAMPLE}.")
                if isinstance(symbol, ast.In | ast.NotIn) and not (
                    isinstance(second, Name) or isinstance(second.value, list)
                ):
                    raise RuleError(f"The rule “{text}” needs a list in brackets after “in”.")
                parts.append(Comparison(left=first, right=second, symbol=type(symbol), rule=text))
            return parts[0] if len(parts) == 1 else Junction(every=True, parts=tuple(parts))
        case _:
            raise RuleError(f"The rule “{text}” must compare parameters with values; {EXAMPLE}.")


def _side(node: ast.expr, text: str, known: set[str], quoted: Mapping[str, str]) -> Name | Constant:
    if isinstance(node, ast.Name):
        name = quoted.get(node.id, node.id)
        if name in known:
            return Name(name=name)
        if node.id.lower() in WORDS and node.id not in quoted:
            return Constant(value=WORDS[node.id.lower()])
        raise RuleError(
            f"The rule “{text}” names {name!r}, which is not a parameter of this Task. "
            f"They are: {', '.join(sorted(known))}. Write text in quotes: '{name}'."
        )
    return Constant(value=_constant(node, text))


def _constant(node: ast.expr, text: str) -> Any:
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None as value):
            return value
        case ast.Name(id=word) if word.lower() in WORDS:
            return WORDS[word.lower()]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)) if (
            not isinstance(value, bool)
        ):
            return -value
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_constant(item, text) for item in items]
        case _:
            raise RuleError(
                f"The rule “{text}” must compare with a number, text in quotes or a list; {EXAMPLE}."
            )
