"""What reading code finds: parameters, their command line, names that are read. Knows no language."""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True, order=True)
class Place:
    """A line of a file, from 1; in a notebook a line of the cell of that number."""

    path: str
    line: int
    cell: int | None = None

    def __str__(self) -> str:
        if self.cell is None:
            return f"{self.path}:{self.line}"
        return f"{self.path}, cell {self.cell}, line {self.line}"


@dataclass(frozen=True, kw_only=True)
class Default:
    """A default as it stands in the code: its value, or `unread`, the expression that only running tells."""

    value: Any = None
    unread: str = ""


@dataclass(frozen=True, kw_only=True)
class Argument:
    """How a command line says a value.

    `one`: flag and value; `many`: flag and all items; `each`: the flag again for every item; `times`: the
    flag as often as the number says; `switch`: `flag` if true, `off` if false; `truth`: `1` or an empty text.
    A positional argument has no flag.
    """

    form: Literal["one", "many", "each", "times", "switch", "truth"] = "one"
    flag: str = ""
    off: str = ""
    is_exact: bool = True


Conditions = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class FoundParameter:
    """A parameter as task.yaml would declare it; `visible_if` pairs an enum's name with its options."""

    name: str
    place: Place
    data_type: str = "str"
    value: Any = None
    description: str = ""
    required: bool = False
    minimum: int | float | None = None
    maximum: int | float | None = None
    group: str = ""
    visible_if: Conditions = ()
    unread: str = ""
    argument: Argument | None = None
    is_command: bool = False


@dataclass(frozen=True, kw_only=True)
class Insertion:
    """Lines that make a script take its options from the parameters, to be put after line `after` of it."""

    path: str
    after: int
    code: str


@dataclass(frozen=True, kw_only=True)
class Options:
    """The command line options of a program, in the order of its code, and what could not be read."""

    parameters: tuple[FoundParameter, ...] = ()
    notes: tuple[str, ...] = ()
    insertion: Insertion | None = None


@dataclass(frozen=True, kw_only=True)
class NameRead:
    """A use of the parameter `name`; `data_type` if what is done with the value tells it.

    `is_declared_only`: it stands among the defaults that the parameters are laid over, which is no use yet.
    """

    name: str
    place: Place
    default: Default | None = None
    data_type: str = ""
    is_declared_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Reads:
    """How code uses its parameters.

    `dynamic` is the first place where names are used that are not written down; `written` are names that the
    code itself sets; `fills_options`: the parameters become the defaults of the command line options;
    `loads`: the code reads the parameters at all.
    """

    names: tuple[NameRead, ...] = ()
    dynamic: Place | None = None
    written: frozenset[str] = field(default_factory=frozenset)
    fills_options: bool = False
    loads: bool = False
