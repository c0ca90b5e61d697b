"""Pages of a sorted list, by the row they begin after: as fast at row 1,000,000 as at the first."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import Expression
from django.http import QueryDict

Row = TypeVar("Row", bound=Model)

PAGE = 50
LONGEST_KEY = 18  # digits; a database has 64 bits


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Row]):
    """Rows of a list; `newer` and `older` are the addresses of the pages before and after, or None."""

    rows: list[Row]
    newer: str | None
    older: str | None


def page_of(
    rows: QuerySet[Row], query: QueryDict, *, key: Expression | F, descending: bool = False
) -> Page[Row]:
    """The page of `rows` that `after` or `before` (a primary key) in the query asks for, sorted by `key`."""
    keyed = rows.annotate(sort_key=key)
    before, after = _anchor(keyed, _key_in(query, "before")), _anchor(keyed, _key_in(query, "after"))
    backwards = before is not None
    anchor = before if backwards else after
    down = descending != backwards
    if anchor is not None:
        beyond = "lt" if down else "gt"
        same = Q(sort_key=anchor[0], **{f"pk__{beyond}": anchor[1]})
        # The range is named beside the rule, so that the database begins there in its index.
        within = Q(**{f"sort_key__{beyond}e": anchor[0]})
        keyed = keyed.filter(within, Q(**{f"sort_key__{beyond}": anchor[0]}) | same)
    sign = "-" if down else ""
    found = list(keyed.order_by(f"{sign}sort_key", f"{sign}pk")[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    if backwards:
        found.reverse()
    has_newer = more if backwards else anchor is not None
    has_older = backwards or more
    return Page(
        rows=found,
        newer=address_with(query, before=found[0].pk) if found and has_newer else None,
        older=address_with(query, after=found[-1].pk) if found and has_older else None,
    )


def _key_in(query: QueryDict, name: str) -> int | None:
    """The primary key that the query gives; None for none, and for what could not be one."""
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_KEY else None


def _anchor(rows: QuerySet[Any], pk: int | None) -> tuple[Any, int] | None:
    if pk is None:
        return None
    return rows.filter(pk=pk).values_list("sort_key", "pk").first()


def address_with(query: QueryDict, **cursor: object) -> str:
    """The address of the page that this cursor asks for."""
    address = query.copy()
    for name in ("before", "after"):
        address.pop(name, None)
    address.update({name: str(value) for name, value in cursor.items()})
    return f"?{address.urlencode()}"
