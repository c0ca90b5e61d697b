"""The parameter types that are a list of another type's values. Knows no YAML, no forms."""

from collections.abc import Iterator
from typing import Any

from tasks.types.scalars import Declared, Flaw, ParameterType, SecretName, Str, UnreadableText
from tasks.types.structures import read_json, write_json
from tasks.types.wording import found

_MOST_FLAWS = 5


class ListOf(ParameterType):
    """A list of another type's values; as text a JSON list, or items between commas if they are no texts."""

    is_compound = True
    item: ParameterType

    def __init__(self, item: ParameterType) -> None:
        self.item = item
        self.name = f"list[{item.name}]"
        self.noun = f"a list of {item.name} values"
        self.sweepable = item.sweepable
        self.is_bounded = item.is_bounded

    def flaws_of(self, value: Any, required: bool, declared: Declared) -> Iterator[Flaw]:
        if not isinstance(value, list):
            yield Flaw((), f"expected {self.noun}, found {found(value)}")
        elif not value and required:
            yield Flaw((), f"a value is required: expected {self.noun}, found an empty list")
        else:
            yield from self.item_flaws(value, declared)

    def item_flaws(self, value: list[Any], declared: Declared) -> Iterator[Flaw]:
        errors = 0
        for index, item in enumerate(value):
            for flaw in self.item.flaws(item, required=True, declared=declared):
                errors += not flaw.only_local
                yield Flaw((index, *flaw.path), flaw.message, flaw.only_local)
            if errors >= _MOST_FLAWS and index + 1 < len(value):
                yield Flaw((), f"the items after item {index + 1} were not checked")
                return

    def parse_filled(self, text: str, declared: Declared) -> list[Any]:
        if text.startswith("["):
            value: list[Any] = read_json(text, self.noun)
            if problems := self.problems(value):
                raise UnreadableText(problems[0])
            return value
        if isinstance(self.item, Str | SecretName):
            raise self.unexpected(text, 'write it as ["a", "b"]')
        return [self.parse_item(part, position) for position, part in enumerate(text.split(","))]

    def parse_item(self, text: str, position: int) -> Any:
        if not text.strip():
            raise UnreadableText(f"item {position + 1}: expected {self.item.noun}, found nothing")
        try:
            return self.item.parse(text)
        except UnreadableText as error:
            raise UnreadableText(f"item {position + 1}: {error}") from error

    def to_text(self, value: Any) -> str:
        return "" if value is None else write_json(value)
