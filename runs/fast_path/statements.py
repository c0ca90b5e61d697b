"""SELECT, UPDATE and INSERT of rows by equality, for the path that every Run takes. Knows no states.

Django composes a statement anew each time, which costs six times what SQLite needs to execute it: of a
trivial Run's statements that was a third of all that is done beside its script. With CORETEX_FAST_PATH=0
Django does the same.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar, cast

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, CharField, Field, ForeignKey, IntegerField, Model, TextField

M = TypeVar("M", bound=Model)
# Values that every database takes as they are, for fields that do not make something else of them.
AS_IT_IS = (int, str, bool, type(None))
IN_CALLERS = nullcontext()
PLAIN = (CharField, TextField, IntegerField, BooleanField, ForeignKey)


def together() -> AbstractContextManager[object]:
    """All of it or nothing: in a transaction of its own, or in that of the caller, who rolls back."""
    return IN_CALLERS if _database().in_atomic_block else transaction.atomic()


def find(model: type[M], pk: int | None, columns: tuple[str, ...], *, locked: bool = False) -> M | None:
    """The row with these columns only (attribute names), or None; `locked` until the transaction ends."""
    if not settings.FAST_PATH:
        rows = model._default_manager.filter(pk=pk).only(*columns)
        return (rows.select_for_update(no_key=True) if locked else rows).first()
    names, database = _in_order(model, columns), _database()
    _, row, _ = _execute(database, _select_text(model, names, locked), [pk])
    if not row:
        return None
    values = list(row)
    for place, converters in _converters(model, names, database.vendor):
        for convert in converters:
            values[place] = convert(values[place], None, database)
    return model.from_db(database.alias, names, values)


def update(model: type[Model], *, where: Mapping[str, Any], fields: Mapping[str, Any]) -> int:
    """Sets `facts` where all of `where` are equal; how many rows that were."""
    if not settings.FAST_PATH:
        return model._default_manager.filter(**where).update(**fields)
    database, sets, conditions = _database(), tuple(fields), tuple(where)
    values = _prepared(database, model, (*sets, *conditions), [*fields.values(), *where.values()])
    return _execute(database, _update_text(model, sets, conditions), values)[0]


def insert(model: type[Model], fields: Mapping[str, Any]) -> int:
    """Adds a row; its id. Every field without a default of the database is to be given."""
    if not settings.FAST_PATH:
        return int(model._default_manager.create(**_by_column(model, fields)).pk)
    database, names = _database(), tuple(fields)
    text, values = _insert_text(model, names), _prepared(database, model, names, list(fields.values()))
    if database.vendor == "sqlite":  # whose RETURNING is too young for some machines
        return _execute(database, text, values)[2]
    return int(_execute(database, f"{text} RETURNING {_column(model, 'id')}", values)[1][0])


def insert_all(model: type[Model], columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    """Adds rows of values that the database takes as they are: numbers, texts and None."""
    if not settings.FAST_PATH:
        made = (model(**_by_column(model, dict(zip(columns, row, strict=True)))) for row in rows)
        model._default_manager.bulk_create(made)
        return
    with connection.cursor() as cursor:
        cursor.executemany(_insert_text(model, columns), list(rows))


def _by_column(model: type[Model], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as a model takes them: a related row by its column when only its key is given."""
    named = ((_field(model, name), value) for name, value in fields.items())
    return {field.name if isinstance(value, Model) else field.attname: value for field, value in named}


def _execute(database: BaseDatabaseWrapper, text: str, values: list[Any]) -> tuple[int, tuple[Any, ...], int]:
    """How many rows were touched, the first one found, and the id of the one added (SQLite only).

    On SQLite's own cursor where nobody watches what Django's executes.
    """
    if database.vendor != "sqlite" or database.queries_logged or database.execute_wrappers:
        with database.cursor() as cursor:
            cursor.execute(text, values)
            row = cursor.fetchone() if cursor.description else None
            return cursor.rowcount, row or (), cursor.lastrowid if database.vendor == "sqlite" else 0
    if database.connection is None:
        database.ensure_connection()
    database.validate_no_broken_transaction()
    try:
        cursor = database.connection.execute(_as_sqlite(text), values)
        return cursor.rowcount, cursor.fetchone() or (), cursor.lastrowid or 0
    except sqlite3.Error:
        with database.wrap_database_errors:
            raise


@lru_cache(maxsize=200)
def _as_sqlite(text: str) -> str:
    return text.replace("%s", "?")


def _database() -> BaseDatabaseWrapper:
    return connections[DEFAULT_DB_ALIAS]  # `connection` looks it up again for each attribute


def _prepared(
    database: BaseDatabaseWrapper, model: type[Model], names: tuple[str, ...], values: list[Any]
) -> list[Any]:
    is_naive = database.vendor == "sqlite" and database.timezone is UTC
    return [
        value
        if is_plain and type(value) in AS_IT_IS
        # As Django writes a moment, in a sixth of the time.
        else str(value.replace(tzinfo=None))
        if is_naive and type(value) is datetime and value.tzinfo is UTC
        else field.get_db_prep_save(value.pk if isinstance(value, Model) else value, database)
        for (field, is_plain), value in zip(_fields(model, names), values, strict=True)
    ]


@lru_cache(maxsize=200)
def _fields(model: type[Model], names: tuple[str, ...]) -> list[tuple["Field[Any, Any]", bool]]:
    """The fields of these names, and whether each takes plain values as they are."""
    fields = [_field(model, name) for name in names]
    return [(field, isinstance(field, PLAIN)) for field in fields]


@lru_cache(maxsize=200)
def _in_order(model: type[Model], columns: tuple[str, ...]) -> tuple[str, ...]:
    """The primary key and these columns as the model has them, which is how Django takes a row."""
    wanted = {"id", *columns}
    return tuple(field.attname for field in model._meta.concrete_fields if field.attname in wanted)


@lru_cache(maxsize=200)
def _converters(
    model: type[Model], names: tuple[str, ...], vendor: str
) -> list[tuple[int, list[Callable[[Any, Any, Any], Any]]]]:
    """What makes Python's values of the database's, by their places in a row; None stays None."""
    found = []
    for place, name in enumerate(names):
        column = _field(model, name).get_col(model._meta.db_table)
        converters = [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]
        if converters:
            found.append((place, converters))
    return found


@lru_cache(maxsize=200)
def _select_text(model: type[Model], columns: tuple[str, ...], locked: bool) -> str:
    names = ", ".join(_column(model, name) for name in columns)
    lock = f" {connection.ops.for_update_sql(no_key=True)}" if locked and _can_lock() else ""
    table, pk = _quoted(model._meta.db_table), _column(model, "id")
    return f"SELECT {names} FROM {table} WHERE {pk} = %s{lock}"  # noqa: S608


def _can_lock() -> bool:
    return connection.features.has_select_for_update


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
