"""The data_types a parameter can have, in one readable dict. Knows no YAML, no forms, no storage."""

from typing import Any

from tasks.types.lists import ListOf
from tasks.types.scalars import Bool, Declared, Float, Id, Int, ParameterType, SecretName, Str
from tasks.types.structures import Enum, EnumList, ImuVectors, Range
from tasks.types.wording import found

__all__ = ["TYPES", "CannotInfer", "Declared", "infer"]

TYPES: dict[str, ParameterType] = {
    "int": Int(),
    "float": Float(),
    "str": Str(),
    "bool": Bool(),
    "enum": Enum(),
    "range": Range(),
    "IMUVectors": ImuVectors(),
    "dataset": Id("Dataset"),
    "model": Id("Model"),
    "aws_secret": SecretName("aws_secret"),
    "git_secret": SecretName("git_secret"),
    "credentials_secret": SecretName("credentials_secret"),
    "list[int]": ListOf(Int()),
    "list[float]": ListOf(Float()),
    "list[str]": ListOf(Str()),
    "list[dataset]": ListOf(Id("Dataset")),
    "list[model]": ListOf(Id("Model")),
    "list[enum]": EnumList(),
    "list[aws_secret]": ListOf(SecretName("aws_secret")),
    "list[git_secret]": ListOf(SecretName("git_secret")),
    "list[credentials_secret]": ListOf(SecretName("credentials_secret")),
}

_SCALARS: dict[type, str] = {type(None): "str", bool: "bool", int: "int", float: "float", str: "str"}
_LISTS: dict[type, str] = {int: "list[int]", float: "list[float]", str: "list[str]"}


class CannotInfer(ValueError):
    """A value whose data_type must be written down; the message says why."""


def infer(value: Any) -> str:
    """The data_type of a value that has none written down: null is str, an empty list is list[int].

    Ints and floats together are list[float], since an int is accepted for a float.
    """
    if type(value) in _SCALARS:
        return _SCALARS[type(value)]
    if not isinstance(value, list):
        is_text = isinstance(value, dict) and bool(value) and all(one is None for one in value.values())
        quotes = "; put it in quotes if it is a text" if is_text else ""
        raise CannotInfer(f"expected a data_type, because the value is {found(value)}{quotes}")
    kinds = {type(item) for item in value} or {int}
    if kinds == {int, float}:
        return "list[float]"
    if len(kinds) > 1:
        raise CannotInfer(f"expected a data_type, because the items are of different kinds in {found(value)}")
    kind = kinds.pop()
    if kind not in _LISTS:
        raise CannotInfer(f"expected a data_type, because there is none for {found(value)}")
    return _LISTS[kind]
