"""SELECT, UPDATE and INSERT of rows by equality, for the path that every Run takes. Knows no states.

Django composes a statement anew each time, which costs six times what SQLite needs to execute it: of a
trivial Run's statements that was a third of all that is done beside its script.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import BooleanField, CharField, Field, ForeignKey, IntegerField, Model, TextField

M = TypeVar("M", bound=Model)
# Values that every database takes as they are, for fields that do not make something else of them.
AS_IT_IS = (int, str, bool, type(None))
PLAIN = (CharField, TextField, IntegerField, BooleanField, ForeignKey)


def find(model: type[M], pk: int | None, columns: tuple[str, ...], *, locked: bool = False) -> M | None:
    """The row with these columns only (attribute names), or None; `locked` until the transaction ends."""
    names = _in_order(model, columns)
    with connection.cursor() as cursor:
        cursor.execute(_select_text(model, names, locked), [pk])
        row = cursor.fetchone()
    if row is None:
        return None
    values = [_loaded(model, name, value) for name, value in zip(names, row, strict=True)]
    return model.from_db(connection.alias, names, values)


def update(model: type[Model], *, where: Mapping[str, Any], facts: Mapping[str, Any]) -> int:
    """Sets `facts` where all of `where` are equal; how many rows that were."""
    fields = [_field(model, name) for name in (*facts, *where)]
    values = [*facts.values(), *where.values()]
    with connection.cursor() as cursor:
        cursor.execute(_update_text(model, tuple(facts), tuple(where)), _prepared(fields, values))
        return cursor.rowcount


def insert(model: type[Model], facts: Mapping[str, Any]) -> int:
    """Adds a row; its id. Every field without a default of the database is to be given."""
    fields = [_field(model, name) for name in facts]
    text, values = _insert_text(model, tuple(facts)), _prepared(fields, list(facts.values()))
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":  # whose RETURNING is too young for some machines
            cursor.execute(text, values)
            return cursor.lastrowid
        cursor.execute(f"{text} RETURNING {_column(model, 'id')}", values)
        return cursor.fetchone()[0]


def insert_all(model: type[Model], columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    """Adds rows of values that the database takes as they are: numbers, texts and None."""
    with connection.cursor() as cursor:
        cursor.executemany(_insert_text(model, columns), list(rows))


def _prepared(fields: list[Field], values: list[Any]) -> list[Any]:
    database = connections[DEFAULT_DB_ALIAS]  # `connection` looks it up again for each attribute
    return [
        value
        if type(value) in AS_IT_IS and isinstance(field, PLAIN)
        else field.get_db_prep_save(value.pk if isinstance(value, Model) else value, database)
        for field, value in zip(fields, values, strict=True)
    ]


def _loaded(model: type[Model], name: str, value: Any) -> Any:
    for convert in _converters(model, name, connection.vendor):
        value = convert(value, None, connection)
    return value


@lru_cache(maxsize=200)
def _in_order(model: type[Model], columns: tuple[str, ...]) -> tuple[str, ...]:
    """The primary key and these columns as the model has them, which is how Django takes a row."""
    wanted = {"id", *columns}
    return tuple(field.attname for field in model._meta.concrete_fields if field.attname in wanted)


@lru_cache(maxsize=1000)
def _converters(model: type[Model], name: str, vendor: str) -> list[Callable[[Any, Any, Any], Any]]:
    """What makes Python's values of the database's; None stays None."""
    column = _field(model, name).get_col(model._meta.db_table)
    return [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]


@lru_cache(maxsize=1000)
def _field(model: type[Model], name: str) -> Field:
    return model._meta.get_field(name)


@lru_cache(maxsize=200)
def _select_text(model: type[Model], columns: tuple[str, ...], locked: bool) -> str:
    names = ", ".join(_column(model, name) for name in columns)
    lock = f" {connection.ops.for_update_sql(no_key=True)}" if locked and _can_lock() else ""
    table, pk = _quoted(model._meta.db_table), _column(model, "id")
    return f"SELECT {names} FROM {table} WHERE {pk} = %s{lock}"  # noqa: S608


def _can_lock() -> bool:
    return connection.features.has_select_for_update


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
