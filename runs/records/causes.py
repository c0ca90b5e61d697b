"""Why a script ended as it did, in words, and what to do first, from the line that says so. Pure.

The lines are those of CPython 3.8 to 3.14, the packages named, R 4.2 to 4.5, bash 5 and the C library.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

from runs.records.error_line import ErrorLine

# What may help: another file, other values, more packages; or nothing but another try.
Remedy = Literal["edit", "change", "install", "again"]
# Lines from the error on that are looked at.
LOOKED_AT = 30


@dataclass(frozen=True, kw_only=True)
class Cause:
    """A sentence or two about the cause, empty where the line says enough, and what is to be done first.

    `module` is what is to be installed, when that is known.
    """

    sentence: str
    remedy: Remedy
    module: str = ""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the Run had: the paths of its files, its values, the folder that its script was started in."""

    files: Collection[str] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    cwd: str = ""


Words = Callable[[re.Match[str], Given], str]


def _missing_module(found: re.Match[str], given: Given) -> str:
    name = found["module"]
    first = name.partition(".")[0]
    own = sorted(
        str(PurePosixPath(path).parent)
        for path in given.files
        if path.endswith((f"/{first}.py", f"/{first}/__init__.py"))
    )
    if own:
        folder = own[0].removesuffix(f"/{first}")
        return (
            f"The Task has {first} in the folder {folder}, where Python does not look. Name that folder as "
            "python_path in task.yaml, or move the file."
        )
    return f"Its environment has no package that brings the module {first}. Add it to its requirements."


def _missing_file(found: re.Match[str], given: Given) -> str:
    path = next(text for text in found.groups() if text).strip()
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


def _of_value(found: re.Match[str], given: Given) -> str:
    """Names the parameter whose value could not be used."""
    value = found["value"].strip("'\"")
    names = [name for name, one in given.values.items() if isinstance(one, str) and one == value]
    if names:
        return f"The parameter {names[0]} has the value {value}, which the script needs as another type."
    return f"The script found {value} where it needed a number. Look at the values, or at the data it read."


def _missing_key(found: re.Match[str], given: Given) -> str:
    name = found["value"].strip("'\"")
    close = [
        one for one in given.values if one.casefold().replace("_", "") == name.casefold().replace("_", "")
    ]
    if close and name not in given.values:
        return f"There is no {name}; the parameter is called {close[0]}."
    return (
        f"There is no {name} in what the script looked it up in, such as its parameters or a table's columns."
    )


def _no_attribute(found: re.Match[str], given: Given) -> str:
    module, name = found["module"], found["name"]
    own = module.replace(".", "/")
    if {f"{own}.py", f"{own}/__init__.py"} & set(given.files):
        return f"{own}.py of the Task has no {name}, or hides the package {module} by having its name."
    return (
        f"This version of {module} has no {name}. Name the version that the script was written for in its "
        "requirements, or change the script."
    )


def _says(text: str) -> Words:
    return lambda found, given: text.format(**found.groupdict())


# (what the line reads, the words, what to do first); the first that matches counts.
CAUSES: tuple[tuple[str, Words, Remedy], ...] = (
    (r"ModuleNotFoundError: No module named '(?P<module>[\w.]+)'", _missing_module, "install"),
    (
        r"there is no package called [‘'\"](?P<package>[\w.]+)",
        _says(
            "R has no package {package}. Add r-{package} to the dependencies of environment.yml, or ask your "
            "administrator to install it for the node's R."
        ),
        "install",
    ),
    (
        r"ImportError: libGL\.so",
        _says(
            "OpenCV needs a library for windows that the node does not have. Name opencv-python-headless in "
            "place of opencv-python."
        ),
        "install",
    ),
    (
        r"(?:ImportError|OSError): (?P<library>lib[\w.+-]+\.so[\w.]*): cannot open shared object",
        _says(
            "A package needs the library {library}, which the node does not have. Ask your administrator to "
            "install it, or get the package from Conda, which brings its libraries."
        ),
        "install",
    ),
    (
        r"version [`'](?P<version>(?:GLIBC|GLIBCXX|CXXABI)_[\d.]+)' not found",
        _says("A package was built for a newer system, with {version}. Name an older version of it."),
        "install",
    ),
    (
        r"CUDA out of memory|torch\.(?:cuda\.)?OutOfMemoryError|CUDNN_STATUS_ALLOC_FAILED"
        r"|CUDA_ERROR_OUT_OF_MEMORY"
        r"|RESOURCE_EXHAUSTED: .*(?:memory|OOM)",
        _says(
            "The graphics card's memory is full. Try smaller values, such as that of the batch size, or wait "
            "until no other Run uses the card."
        ),
        "change",
    ),
    (
        r"No CUDA GPUs are available|Torch not compiled with CUDA|Found no NVIDIA driver"
        r"|CUDA driver version is "
        r"insufficient|no CUDA-capable device|CUDA_ERROR_NO_DEVICE",
        _says(
            "The script asks for a graphics card, and found none on the node that it can use. Choose a node "
            "that has one, or the processor, where the script lets you."
        ),
        "change",
    ),
    (
        r"MemoryError|Unable to allocate .* for an array|Cannot allocate memory"
        r"|cannot allocate vector of size"
        r"|std::bad_alloc|Out of memory|JavaScript heap out of memory|Killed$",
        _says("Its memory was not enough. Try smaller values or less data at once, or another node."),
        "change",
    ),
    (
        r"DataLoader worker .* (?:is killed|exited unexpectedly)|unable to open shared memory|Bus error",
        _says(
            "The memory that its processes share is full. Start the script with fewer processes that load "
            "data (num_workers), or none."
        ),
        "change",
    ),
    (
        r"No space left on device|Disk quota exceeded|database or disk is full",
        _says("The disk is full. Delete what is no longer needed, or ask your administrator for more room."),
        "again",
    ),
    (
        r"Too many open files",
        _says("It had too many files open at once. Close each one after it was read (`with open(…)`)."),
        "edit",
    ),
    (
        r"Read-only file system|PermissionError: .*|Permission denied",
        _says(
            "It may not write or run that. Scripts may write in their working folder; environments and "
            "Datasets are read-only."
        ),
        "edit",
    ),
    (
        r"(?:FileNotFoundError|NotADirectoryError): (?:\[Errno \d+\] )?[^:]*: '(?P<path>[^']+)'"
        r"|cannot open (?:compressed )?file '(?P<r_path>[^']+)'.*No such file"
        r"|FileNotFoundError: (?P<other>\S+) not found",
        _missing_file,
        "edit",
    ),
    (
        r"(?P<command>[\w.+-]+): (?:command )?not found$",
        _says(
            "The node has no program {command}, nor has its environment. Add the package that brings it to "
            "environment.yml, or ask your administrator to install it."
        ),
        "install",
    ),
    (
        r"(?:Name or service not known|Temporary failure in name resolution|getaddrinfo failed"
        r"|Connection refused"
        r"|Connection reset by peer|Network is unreachable|Max retries exceeded|ConnectTimeout|ReadTimeout"
        r"|timed out|URLError|RemoteDisconnected|No route to host|Could not resolve host)",
        _says("Another machine did not answer. Try it again later, or look at the address and the proxy."),
        "again",
    ),
    (
        r"HTTP ?Error:? (?P<code>5\d\d)|(?P<other>5\d\d) Server Error",
        _says("Another machine had a problem of its own. Try it again later."),
        "again",
    ),
    (
        r"HTTP ?Error:? (?P<code>40[0134])|(?P<other>40[0134]) Client Error",
        _says("Another machine refused the request. Look at the address and at what lets the script in."),
        "edit",
    ),
    (
        r"SSL(?:Error|CertVerificationError)|CERTIFICATE_VERIFY_FAILED|certificate verify failed",
        _says("The certificate of another machine is not trusted here. Ask your administrator for theirs."),
        "again",
    ),
    (
        r"error: (?:unrecognized arguments|the following arguments are required|argument .*)|No such option|"
        r"Missing (?:option|argument)|Invalid value for",
        _says(
            "The script reads a command line, and is started without one. Choose the launcher that its Task "
            "proposes as entry script, which gives it the parameters."
        ),
        "edit",
    ),
    (
        r"EOFError: EOF when reading a line|StdinNotImplementedError",
        _says("It asked a question, and nobody is there to answer. Make the answer a parameter."),
        "edit",
    ),
    (
        r"no display name and no \$DISPLAY|cannot connect to X server|could not connect to display"
        r"|no display "
        r"environment|Qt platform plugin",
        _says(
            "It wanted to open a window, and there is no screen. Save pictures to files; for matplotlib, "
            "name the Agg backend."
        ),
        "edit",
    ),
    (
        r"(?:could not convert string to float|invalid literal for int\(\) with base \d+): (?P<value>.+)",
        _of_value,
        "change",
    ),
    (
        r"TypeError: (?:unsupported operand type|'\w+' object cannot be interpreted as an integer|can only "
        r"concatenate|must be real number|'<' not supported between|'[<>]=?' not supported"
        r"|an integer is required"
        r"|'\w+' object is not (?:iterable|callable|subscriptable))",
        _says(
            "A value has another type than the script expects there. Compare the data types in task.yaml "
            "with what the script does with its parameters."
        ),
        "edit",
    ),
    (r"KeyError: (?P<value>.+)", _missing_key, "edit"),
    (
        r"SyntaxError|IndentationError|TabError|syntax error|unexpected (?:symbol|end of file|input|string)",
        _says("The file cannot be read as a program. Correct the line."),
        "edit",
    ),
    (
        r"UnicodeDecodeError: '(?P<codec>[\w-]+)' codec",
        _says("A file holds other characters than {codec}. Name its encoding where it is opened."),
        "edit",
    ),
    (
        r"JSONDecodeError|ParserError|EmptyDataError|Expecting value: line",
        _says("A file that it read is empty, or not in the format that was expected."),
        "edit",
    ),
    (
        r"AttributeError: (?:partially initialized )?module '(?P<module>[\w.]+)' "
        r"has no attribute '(?P<name>\w+)'",
        _no_attribute,
        "edit",
    ),
    (
        r"ImportError: cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'",
        _no_attribute,
        "edit",
    ),
    (
        r"attempted relative import",
        _says(
            "Relative imports only work inside a package. Put an empty __init__.py beside the file, move "
            "both into a folder, or write the import without the dot."
        ),
        "edit",
    ),
    (
        r"RecursionError|evaluation nested too deeply|C stack usage",
        _says("A function calls itself without an end."),
        "edit",
    ),
    (
        r"(?:could not find function|object) [\"'](?P<name>[^\"']+)[\"'](?: not found)?",
        _says("R knows no {name} there: a package is not loaded, or a name is misspelt."),
        "edit",
    ),
    (
        r"(?:NameError|UnboundLocalError|AttributeError|IndexError|ZeroDivisionError|AssertionError"
        r"|ReferenceError|NotImplementedError|StopIteration)\b",
        _says(""),
        "edit",
    ),
)
PATTERNS = tuple((re.compile(pattern, re.MULTILINE), words, remedy) for pattern, words, remedy in CAUSES)


def explain(error: ErrorLine, given: Given) -> Cause | None:
    """The cause of a script's end; None where only the line itself can say it.

    The line counts before what was printed after it.
    """
    for text in (error.text, "\n".join(error.after[:LOOKED_AT])):
        for pattern, words, remedy in PATTERNS:
            found = pattern.search(text)
            if found is not None:
                module = found.groupdict().get("module", "") if remedy == "install" else ""
                return Cause(sentence=words(found, given), remedy=remedy, module=module or "")
    return None
