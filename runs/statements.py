"""UPDATE and INSERT of single rows for the path that every Run takes. Knows no states.

Django composes a statement anew each time, which costs six times what SQLite needs to execute it: of a
trivial Run's statements that was a third of all that is done beside its script.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Field, Model


def update(model: type[Model], *, where: Mapping[str, Any], facts: Mapping[str, Any]) -> int:
    """Sets `facts` where all of `where` are equal; how many rows that were."""
    fields = [_field(model, name) for name in (*facts, *where)]
    values = [*facts.values(), *where.values()]
    with connection.cursor() as cursor:
        cursor.execute(_update_text(model, tuple(facts), tuple(where)), _prepared(fields, values))
        return cursor.rowcount


def insert(model: type[Model], facts: Mapping[str, Any]) -> None:
    """Adds a row. Every field without a default of the database is to be given."""
    fields = [_field(model, name) for name in facts]
    with connection.cursor() as cursor:
        cursor.execute(_insert_text(model, tuple(facts)), _prepared(fields, list(facts.values())))


def _prepared(fields: list[Field], values: list[Any]) -> list[Any]:
    return [
        field.get_db_prep_save(value.pk if isinstance(value, Model) else value, connection)
        for field, value in zip(fields, values, strict=True)
    ]


@lru_cache(maxsize=1000)
def _field(model: type[Model], name: str) -> Field:
    return model._meta.get_field(name)


@lru_cache(maxsize=200)
def _update_text(model: type[Model], facts: tuple[str, ...], where: tuple[str, ...]) -> str:
    sets = ", ".join(f"{_column(model, name)} = %s" for name in facts)
    conditions = " AND ".join(f"{_column(model, name)} = %s" for name in where)
    # Names of our own fields only; values are parameters.
    return f"UPDATE {_quoted(model._meta.db_table)} SET {sets} WHERE {conditions}"  # noqa: S608


@lru_cache(maxsize=200)
def _insert_text(model: type[Model], facts: tuple[str, ...]) -> str:
    columns = ", ".join(_column(model, name) for name in facts)
    places = ", ".join("%s" for _ in facts)
    return f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608


def _column(model: type[Model], name: str) -> str:
    return _quoted(_field(model, name).column)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
