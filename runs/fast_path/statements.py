"""SELECT, UPDATE and INSERT of rows by equality, for the path that every Run takes. Knows no states.

Django composes a statement anew each time, which takes five times as long as one that is known already. With
CORETEX_FAST_PATH=0 Django does the same.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar, cast

from django.conf import settings
from django.db import connection
from django.db.models import Field, Model, QuerySet

M = TypeVar("M", bound=Model)


def find(model: type[M], pk: int | None, columns: tuple[str, ...], *, locked: bool = False) -> M | None:
    """The row with these columns only (attribute names), or None; `locked` until the transaction ends."""
    if not settings.FAST_PATH:
        return _by_key(model, pk, columns, locked=locked).first()
    return next(iter(model._default_manager.raw(_select_text(model, columns, locked), [pk])), None)


def _by_key(model: type[M], pk: int | None, columns: tuple[str, ...], *, locked: bool) -> QuerySet[M]:
    rows = model._default_manager.filter(pk=pk).only(*columns)
    return rows.select_for_update(no_key=True) if locked else rows


@lru_cache(maxsize=200)
def _select_text(model: type[Model], columns: tuple[str, ...], locked: bool) -> str:
    return str(_by_key(model, 0, columns, locked=locked).query.sql_with_params()[0])


def update(model: type[Model], *, where: Mapping[str, Any], fields: Mapping[str, Any]) -> int:
    """Sets `fields` where all of `where` are equal; how many rows that were."""
    if not settings.FAST_PATH:
        return model._default_manager.filter(**where).update(**fields)
    sets, conditions = tuple(fields), tuple(where)
    values = _prepared(model, (*sets, *conditions), [*fields.values(), *where.values()])
    with connection.cursor() as cursor:
        cursor.execute(_update_text(model, sets, conditions), values)
        return int(cursor.rowcount)


def insert(model: type[Model], fields: Mapping[str, Any]) -> int:
    """Adds a row; its id. Every field without a default of the database is to be given."""
    if not settings.FAST_PATH:
        return int(model._default_manager.create(**_by_column(model, fields)).pk)
    names = tuple(fields)
    text, values = _insert_text(model, names), _prepared(model, names, list(fields.values()))
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":  # whose RETURNING is too young for some machines
            cursor.execute(text, values)
            return int(cursor.lastrowid)
        cursor.execute(f"{text} RETURNING {_column(model, 'id')}", values)
        return int(cursor.fetchone()[0])


def insert_all(model: type[Model], columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Adds rows of values that the database takes as they are: numbers, texts and None."""
    if not settings.FAST_PATH:
        made = (model(**_by_column(model, dict(zip(columns, row, strict=True)))) for row in rows)
        model._default_manager.bulk_create(made)
    elif rows:
        with connection.cursor() as cursor:
            cursor.executemany(_insert_text(model, columns), rows)


def _by_column(model: type[Model], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as a model takes them: a related row by its column when only its key is given."""
    named = ((_field(model, name), value) for name, value in fields.items())
    return {field.name if isinstance(value, Model) else field.attname: value for field, value in named}


def _prepared(model: type[Model], names: tuple[str, ...], values: list[Any]) -> list[Any]:
    return [
        _field(model, name).get_db_prep_save(value.pk if isinstance(value, Model) else value, connection)
        for name, value in zip(names, values, strict=True)
    ]


@lru_cache(maxsize=200)
def _update_text(model: type[Model], fields: tuple[str, ...], where: tuple[str, ...]) -> str:
    sets = ", ".join(f"{_column(model, name)} = %s" for name in fields)
    conditions = " AND ".join(f"{_column(model, name)} = %s" for name in where)
    # Names of our own fields only; values are parameters.
    return f"UPDATE {_quoted(model._meta.db_table)} SET {sets} WHERE {conditions}"  # noqa: S608


@lru_cache(maxsize=200)
def _insert_text(model: type[Model], fields: tuple[str, ...]) -> str:
    columns = ", ".join(_column(model, name) for name in fields)
    places = ", ".join("%s" for _ in fields)
    return f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608


def _column(model: type[Model], name: str) -> str:
    return _quoted(str(_field(model, name).column))


def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    """A field with a column, as all are that are named here."""
    return cast("Field[Any, Any]", model._meta.get_field(name))


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
