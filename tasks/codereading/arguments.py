"""One add_argument call of argparse → what it declares. Knows no parsers and no task.yaml."""

import ast
from dataclasses import replace
from typing import Any

from tasks.codereading.constants import Constants, dotted, last_name
from tasks.codereading.declaring import Declaration, kind_of
from tasks.codereading.findings import Argument, Default

KEYWORDS = {
    "action", "nargs", "const", "default", "type", "choices", "required", "help", "metavar", "dest",
    "version", "deprecated",
}  # fmt: skip
_SILENT_ACTIONS = {"help", "version"}
_CONSTANT_ACTIONS = {"store_const", "append_const"}


class NoField(ValueError):
    """An option that no field of a form can stand for; the message is a sentence."""


class ArgumentReader:
    """Reads flags and keywords; `returns` are the annotations of the file's functions, which may be types."""

    def __init__(self, constants: Constants, returns: dict[str, str]) -> None:
        self.constants = constants
        self.returns = returns

    def read(self, flags: list[str], keywords: dict[str, ast.expr], base: Declaration) -> Declaration | None:
        is_positional = not flags[0].startswith("-")
        long = next((flag for flag in flags if flag.startswith("--")), flags[0])
        name = self.constants.text(keywords.get("dest")) or (
            flags[0] if is_positional else long.lstrip("-").replace("-", "_")
        )
        action = self._action(keywords.get("action"))
        if action in _SILENT_ACTIONS:
            return None
        if action in _CONSTANT_ACTIONS:
            raise NoField(f"{base.place}: {long} stores a constant, which no field can stand for.")
        nargs = self._nargs(keywords.get("nargs"))
        default = self._default(keywords.get("default"))
        help_text = self.constants.text(keywords.get("help"))
        base = replace(base, name=name, default=default, help=help_text.removeprefix("==SUPPRESS=="))
        flag = "" if is_positional else long
        if action in ("store_true", "store_false", "BooleanOptionalAction"):
            return _switch(base, action, flag, required=self._is_true(keywords.get("required")))
        if action == "count":
            return replace(base, kind="int", minimum=0, argument=Argument(form="times", flag=flag))
        kind = kind_of(keywords.get("type"), self.constants, self.returns)
        if default.value is None and not kind and "type" not in keywords:
            kind = "str"
        is_list = nargs in ("+", "*", "REMAINDER", "...") or isinstance(nargs, int)
        form = "many" if is_list else "truth" if kind == "bool" and _is_builtin_bool(keywords) else "one"
        if action in ("append", "extend"):
            form, is_list = "each" if action == "append" and not is_list else "many", True
            if default.value:  # what is given is added to the default, so the default can't be replaced
                base = replace(base, default=Default(unread=f"{default.value!r}, to which these are added"))
        return replace(
            base,
            kind=kind,
            is_list=is_list,
            choices=self.constants.items(keywords.get("choices")),
            required=(is_positional and nargs not in ("?", "*")) or self._is_true(keywords.get("required")),
            argument=Argument(form=form, flag=flag, is_exact=not is_list or _is_kept(keywords)),
        )

    def _action(self, node: ast.expr | None) -> str:
        return self.constants.text(node) or last_name(node)

    def _nargs(self, node: ast.expr | None) -> Any:
        value = self.constants.default(node).value
        return value if value is not None else last_name(node)

    def _default(self, node: ast.expr | None) -> Default:
        return Default() if last_name(node) == "SUPPRESS" else self.constants.default(node)

    def _is_true(self, node: ast.expr | None) -> bool:
        return self.constants.default(node).value is True


def _switch(base: Declaration, action: str, flag: str, *, required: bool) -> Declaration:
    on, off = {"store_true": (flag, ""), "store_false": ("", flag)}.get(
        action, (flag, f"--no-{flag.removeprefix('--')}")
    )
    default = base.default
    if default.value is None and not default.unread and action != "BooleanOptionalAction":
        default = Default(value=action == "store_false")
    argument = Argument(form="switch", flag=on, off=off)
    return replace(base, kind="bool", default=default, required=required, argument=argument)


def _is_builtin_bool(keywords: dict[str, ast.expr]) -> bool:
    """Whether the value is converted by `bool`, for which every text but the empty one is true."""
    return dotted(keywords.get("type")) == "bool"


def _is_kept(keywords: dict[str, ast.expr]) -> bool:
    """Whether a list that stands in JSON is what the parser would make of its items."""
    if "choices" in keywords:
        return dotted(keywords.get("type")) in ("", "str")
    return "type" not in keywords or dotted(keywords["type"]) in ("int", "float", "str")
