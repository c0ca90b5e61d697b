"""The form fields that hold several things: a row for each item of a list, or for each name of IMUVectors."""

from collections.abc import Sequence
from typing import Any, cast

from django.http import QueryDict

from tasks.forms.inputs import (
    Entry,
    ParameterField,
    check_offered,
    one_newline,
    option_index,
    options_of,
    whole_number,
)
from tasks.types.lists import ListOf
from tasks.types.scalars import ParameterType, UnreadableText
from tasks.types.wording import quote


class RowsField(ParameterField):
    """IMUVectors: a name and an int in each row; the texts are name, int, name, int, …"""

    template = "tasks/widgets/rows.html"
    null_has_no_text = True

    def entry(self, value: Any) -> Entry:
        pairs = (value or {}).items()
        return Entry(texts=tuple(t for key, n in pairs for t in (key, str(n))), is_null=self.ticked(value))

    def read(self, data: QueryDict) -> Entry:
        pairs = zip(data.getlist(self.name("key")), data.getlist(self.name()), strict=False)
        filled = [pair for pair in pairs if pair[0] or pair[1].strip()]
        return Entry(texts=tuple(text for pair in filled for text in pair), is_null=self.read_null(data))

    def parse(self, entry: Entry) -> dict[str, int]:
        value: dict[str, int] = {}
        for key, number in zip(entry.texts[::2], entry.texts[1::2], strict=True):
            name = one_newline(key)
            if name in value:
                raise UnreadableText(f"expected different names, found {quote(name)} twice")
            value[name] = whole_number(number, quote(name))
        return value


class ListField(ParameterField):
    """A row for each item; a row left empty is no item, unless an empty text can be one."""

    template = "tasks/widgets/list.html"
    item_template = "tasks/widgets/number.html"
    keeps_empty = False
    null_has_no_text = True

    def entry(self, value: Any) -> Entry:
        texts = tuple(self.item_text(item) for item in self.items(value))
        return Entry(texts=texts, is_null=self.ticked(value))

    def items(self, value: Any) -> Sequence[Any]:
        return value or ()

    @property
    def item(self) -> ParameterType:
        return cast(ListOf, self.parameter.type).item

    def item_text(self, item: Any) -> str:
        return self.item.to_text(item)

    def read(self, data: QueryDict) -> Entry:
        """Without JavaScript there are spare rows to fill in, and ticks to leave a row out."""
        dropped = set(data.getlist(self.name("drop")))
        rows = [text for i, text in enumerate(data.getlist(self.name())) if str(i) not in dropped]
        spare = [text for text in data.getlist(self.name("more")) if text]
        kept = [text for text in rows if self.keeps_empty or text.strip()]
        return Entry(texts=(*kept, *spare), is_null=self.read_null(data))

    def parse(self, entry: Entry) -> Any:
        return [self.read_item(position, text) for position, text in enumerate(entry.texts, start=1)]

    def read_item(self, position: int, text: str) -> Any:
        try:
            return self.parse_item(text)
        except UnreadableText as error:
            raise UnreadableText(f"item {position}: {error}") from error

    def parse_item(self, text: str) -> Any:
        return self.item.parse(text)


class TextListField(ListField):
    item_template = "tasks/widgets/text.html"
    keeps_empty = True
    takes_lines = True

    def parse_item(self, text: str) -> Any:
        return self.item.parse(one_newline(text))


class SecretListField(ListField):
    item_template = "tasks/widgets/secret.html"


class IdListField(ListField):
    """As an id's own field, it asks where task.yaml has paths."""

    item_template = "tasks/widgets/model.html"

    def can_show(self, value: Any) -> bool:
        return not any(isinstance(item, str) for item in value or ())

    def items(self, value: Any) -> Sequence[Any]:
        return [item for item in value or () if not isinstance(item, str)]


class PickerListField(IdListField):
    item_template = "tasks/widgets/dataset.html"

    def check(self, value: Any) -> None:
        for item in value or ():
            check_offered(self.parameter, item, self.choices)


class SelectListField(ListField):
    """list[enum]: a select for each chosen option, in the order chosen."""

    item_template = "tasks/widgets/select.html"
    may_be_blank = True

    def ticked(self, value: Any) -> bool:
        return value["selected"] is None and self.has_null_switch

    def items(self, value: Any) -> Sequence[Any]:
        return value["selected"] or ()

    def item_text(self, item: Any) -> str:
        return str(item)

    def parse(self, entry: Entry) -> dict[str, Any]:
        return {"selected": super().parse(entry), "options": options_of(self.parameter)}

    def parse_item(self, text: str) -> int:
        return option_index(text, options_of(self.parameter))

    def parse_nullable(self, entry: Entry) -> Any:
        value = super().parse_nullable(entry)
        return {"selected": None, "options": options_of(self.parameter)} if value is None else value
