"""What the data types ask of the values in a task.yaml, and how one is to be written that does not fit."""

from typing import Literal

import yaml

from tasks.taskyaml.surprises import brief, whole_number
from tasks.types.declarations import Parameter
from tasks.types.scalars import BOOL_TEXTS, FLOAT_TEXT, INT_TEXT, Flaw

Wanted = Literal["text", "float", "int", "bool", "enum", "other", "unknown", "unknown item"]
UNKNOWN = ("unknown", "unknown item")
# By data_type what one value, an item of a list or an option is; "other" where it is not named.
OF_ITEM: dict[str, Wanted] = {
    "int": "int",
    "list[int]": "int",
    "float": "float",
    "list[float]": "float",
    "bool": "bool",
    "str": "text",
    "list[str]": "text",
    "enum": "text",
    "list[enum]": "text",
    **{f"{kind}_secret": "text" for kind in ("aws", "git", "credentials")},
    **{f"list[{kind}_secret]": "text" for kind in ("aws", "git", "credentials")},
}
# The same for a whole default.
OF_DEFAULT: dict[str, Wanted] = {
    **OF_ITEM, "enum": "enum", "list[enum]": "enum", "range": "int", "IMUVectors": "int",
}  # fmt: skip


def within(wanted: Wanted, key: str) -> Wanted:
    """What a value in a mapping asks for."""
    if wanted == "enum":
        return "text" if key == "options" else "int"
    return wanted


def advice(parameter: Parameter, flaw: Flaw, at: yaml.Node) -> str:
    """What to add to a flaw of the value at a node when quotes, none of them or other digits help."""
    if not isinstance(at, yaml.ScalarNode):
        return ""
    wanted = OF_DEFAULT.get(parameter.data_type)
    if at.style is not None:
        is_number = wanted in ("int", "float") and FLOAT_TEXT.fullmatch(at.value)
        is_bool = wanted == "bool" and at.value.lower() in BOOL_TEXTS
        return "; leave out the quotes" if at.style in ("'", '"') and (is_number or is_bool) else ""
    is_option = flaw.path[:1] == ("options",)
    if OF_ITEM.get(parameter.data_type) == "text" and flaw.path[:1] != ("selected",):
        if at.tag.endswith(":str") or (at.tag.endswith(":null") and not is_option):
            return ""
        return f"; put {'it' if at.value in flaw.message else brief(at.value)} in quotes"
    number = whole_number(at.value)
    if wanted not in ("int", "enum") or number is None or INT_TEXT.fullmatch(at.value):
        return ""
    return f"; write {number}"
