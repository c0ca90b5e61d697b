"""What the data types ask of the values in a task.yaml, and how one is to be written that does not fit."""

from typing import Literal

import yaml

from tasks.taskyaml.surprises import whole_number
from tasks.types.declarations import Parameter
from tasks.types.scalars import INT_TEXT, Flaw

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
    """What to add to a flaw of the value at a node when quotes or other digits help."""
    if not isinstance(at, yaml.ScalarNode) or at.style is not None:
        return ""
    is_option = flaw.path[:1] == ("options",)
    is_chosen = flaw.path[:1] == ("selected",)
    if OF_ITEM.get(parameter.data_type) == "text" and not is_chosen:
        helps = not at.tag.endswith(":str") and (is_option or not at.tag.endswith(":null"))
        return "; put it in quotes" if helps else ""
    number = whole_number(at.value)
    if OF_DEFAULT.get(parameter.data_type) not in ("int", "enum") or number is None:
        return ""
    return "" if INT_TEXT.fullmatch(at.value) else f"; write {number}"
