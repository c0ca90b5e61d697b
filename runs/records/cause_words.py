"""The sentences about causes that need more than the line: the Run's files, values, the traceback. Pure."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from runs.records.error_line import ErrorLine
from tasks.preflight import names

# Packages share these names, so that one may be there and the other not.
SHARED = frozenset(
    {"azure", "backports", "google", "jaraco", "mpl_toolkits", "ruamel", "sphinxcontrib", "zope"}
)
# So many lines of a traceback are its last frames.
LAST_FRAMES = 40
# The working folder of an Execution, which scripts name as the folder that they are in.
WORK = re.compile(r"^/.*/executions/\d+/\d+/work/")
IN_PYTHON_2 = "The script is written for Python 2. Convert it for Python 3, as with the program 2to3."


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the Run had: the paths of its files, its values, the folder that its script was started in."""

    files: Collection[str] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    cwd: str = ""


Words = Callable[[re.Match[str], Given], str]


def missing_module(found: re.Match[str], given: Given) -> str:
    name = found["module"]
    first, _, rest = name.partition(".")
    folders = own_folders(first, given)
    if folders and "." not in folders:
        return (
            f"The Task has {first} in the folder {folders[0]}, where Python does not look. Name that "
            "folder as python_path in task.yaml, or move the file."
        )
    # Of a package that is not there, Python names only the first word.
    if rest and folders:
        return f"{first} of the Task has no module {name}, or hides the package {first} by having its name."
    if rest and first not in SHARED:
        return (
            f"This version of {first} has no module {name}. Name the version that the script was written for "
            "in its requirements, or change the import."
        )
    wanted = name if first in SHARED else first
    package = next(map(names.requirement, names.distributions(wanted)), "")
    is_other = package not in ("", names.normalized(wanted))
    called = f", where it is called {package}" if is_other else ""
    return (
        f"Its environment has no package that brings the module {wanted}. Add it to its requirements{called}."
    )


def own_folders(module: str, given: Given) -> list[str]:
    """The folders of the Task that hold a module or package of this name; "." is the root."""
    suffixes = (f"/{module}.py", f"/{module}/__init__.py")
    found = {f"/{path}"[: -len(end)] for path in given.files for end in suffixes if f"/{path}".endswith(end)}
    return sorted(folder.lstrip("/") or "." for folder in found)


def old_module(found: re.Match[str], given: Given) -> str:
    """Of a module that Python once had; empty where the Task has one of that name."""
    name = found["module"].partition(".")[0]
    if own_folders(name, given):
        return missing_module(found, given)
    if name in names.PYTHON_2:
        return IN_PYTHON_2
    return (
        f"Python has no module {name} since version 3.{names.REMOVED[name]}. Change the import, or name an "
        "older Python in environment.yml."
    )


def missing_file(found: re.Match[str], given: Given) -> str:
    path = next(text for text in found.groups() if text).strip()
    path = WORK.sub("", path)
    if path.startswith(("/", "~")) or re.match(r"[A-Za-z]:[\\/]", path):
        return (
            f"{path} is a place on one machine. Put the file beside the script and name it without the "
            "folders before it, or let a parameter of the type dataset name it."
        )
    clean = str(PurePosixPath(path))
    same = [one for one in given.files if one.casefold() == clean.casefold() and one != clean]
    named = [one for one in given.files if PurePosixPath(one).name == PurePosixPath(clean).name]
    where = f"the folder {given.cwd} of the Task" if given.cwd else "the root of the Task's files"
    if same:
        return f"There is no {clean}; the file is called {same[0]}, and upper and lower case differ."
    if named and clean not in given.files:
        return f"Scripts are started in {where}, where there is no {clean}. There is {sorted(named)[0]}."
    return f"Scripts are started in {where}, where there was no {clean}."


def of_value(found: re.Match[str], given: Given) -> str:
    """Names the parameter whose value could not be used."""
    value = found["value"].strip("'\"")
    names = [name for name, one in given.values.items() if isinstance(one, str) and one == value]
    if names:
        return f"The parameter {names[0]} has the value {value}, which the script needs as another type."
    return f"The script found {value} where it needed a number. Look at the values, or at the data it read."


def missing_key(found: re.Match[str], given: Given) -> str:
    name = found["value"].strip("'\"")
    close = [
        one for one in given.values if one.casefold().replace("_", "") == name.casefold().replace("_", "")
    ]
    if close and name not in given.values:
        return f"There is no {name}; the parameter is called {close[0]}."
    return (
        f"There is no {name} in what the script looked it up in, such as its parameters or a table's columns."
    )


def no_attribute(found: re.Match[str], given: Given) -> str:
    module, name = found["module"], found["name"]
    own = module.replace(".", "/")
    if {f"{own}.py", f"{own}/__init__.py"} & set(given.files):
        return f"{own}.py of the Task has no {name}, or hides the package {module} by having its name."
    return (
        f"This version of {module} has no {name}. Name the version that the script was written for in its "
        "requirements, or change the script."
    )


def no_permission(found: re.Match[str], given: Given) -> str:
    path = (found["own"] or "").removeprefix("./")
    if path in given.files:
        return (
            f"{path} of the Task is not executable. Start it with its program, such as “bash {path}”, or "
            "upload it in an archive, which keeps what is executable."
        )
    return (
        "It may not write or run that. Scripts may write in their working folder; environments and Datasets "
        "are read-only."
    )


def says(text: str) -> Words:
    return lambda found, given: text.format(**found.groupdict())


# (what the line reads, what the traceback before it reads, the words), where the line alone does not tell.
IN_TRACEBACK: tuple[tuple[re.Pattern[str], re.Pattern[str], Words], ...] = tuple(
    (re.compile(line), re.compile(before), words)
    for line, before, words in (
        (
            r"^FileNotFoundError: .*: '(?P<program>[^'/]+)'$",
            r"subprocess\.py",
            says(
                "The node has no program {program}, nor has its environment. Add the package that brings it "
                "to environment.yml, or ask your administrator to install it."
            ),
        ),
        (
            r"^KeyError: '(?P<name>[^']+)'$",
            r"<frozen os>|/os\.py\b|environ\[",
            says(
                "There is no environment variable {name}: scripts get few of them. Make it a parameter, of "
                "one of the secret types if it is a password or key."
            ),
        ),
        (
            r"^IndexError: list index out of range$",
            r"\bargv\[",
            says(
                "The script reads a command line, and is started without one. Let it read the values of its "
                "parameters from the file that CORETEX_PARAMETERS names."
            ),
        ),
    )
)


def from_traceback(error: ErrorLine, given: Given) -> str:
    """What the last frames of the traceback say of the cause; else empty."""
    before = "\n".join(error.before[-LAST_FRAMES:])
    for line, shown, words in IN_TRACEBACK:
        found = line.search(error.text)
        if found is not None and shown.search(before) is not None:
            return words(found, given)
    return ""
