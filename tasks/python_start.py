"""How a Python script is started: as a file or as a module, and where it finds modules. Knows no disk.

As Python has it: a file with relative imports can only run as a module of its package (PEP 328, PEP 338).
"""

import ast
import posixpath
import re
import sys
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

MAIN = "__main__.py"
INIT = "__init__.py"
SOURCE = "src"
_RELATIVE = re.compile(rb"^[ \t]*from[ \t]+(\.+)", re.MULTILINE)
# Modules of Python that no program imports: files of these names hide nothing.
_UNUSED = frozenset({"test", "this", "antigravity"})


@dataclass(frozen=True, kw_only=True)
class PythonStart:
    """With `module` the script is run as `python -m MODULE`, without as a file.

    `folders`, relative to the root of the Task, are looked through for modules, after the script's own; for
    a module after the root.
    `note` says in a sentence why one that it imports from is not among them.
    """

    module: str = ""
    folders: tuple[str, ...] = ()
    note: str = ""


@dataclass(kw_only=True)
class Imports:
    """What a file imports: the `level` of its highest relative import, the first `names` of others."""

    level: int = 0
    names: set[str] = field(default_factory=set)


def start(
    path: str, content: bytes, paths: Collection[str], *, root_name: str, given: Sequence[str] = ()
) -> PythonStart:
    """How the script `path` of a Task with these `paths` is started; `given` is its `python_path`.

    The content of a script in the root only matters where the root is itself a package, which then is called
    `root_name`, as the folder that it is copied to.
    """
    folder, name = posixpath.split(path)
    found = imports(content) if folder or INIT in paths or _has_module(".", SOURCE, paths) else Imports()
    if not folder and INIT in paths and found.level == 1:
        module = _module(f"{root_name}/{path}", ".")
        return PythonStart(module=module, folders=_once(*given, *([".."] if module else ())))
    if folder and _is_of_package(folder, name, found, paths, given):
        above = _above_package(folder, found.level, paths, given)
        module = _module(path, above)
        if module:
            beside = [folder] if _imports_beside(folder, found, paths) and not _hiding(folder, paths) else []
            return PythonStart(
                module=module, folders=_once(*given, *([above] if above != "." else ()), *beside)
            )
    wanted = [SOURCE] if folder.split("/")[0] == SOURCE and folder != SOURCE else []
    wanted += [*_further(folder, found, paths), *(["."] if folder else [])]
    hiding = {where: _hiding(where, paths) for where in wanted}
    notes = [
        _note(where, file) for where, file in hiding.items() if file and _imports_from(where, found, paths)
    ]
    usable = [where for where, file in hiding.items() if not file]
    return PythonStart(folders=_once(*given, *usable), note=" ".join(notes))


def imports(content: bytes) -> Imports:
    """The imports of a file; those that may fail (in `try`) or are for type checkers only do not count."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # of a newer Python, perhaps
        return Imports(level=max((len(dots) for dots in _RELATIVE.findall(content)), default=0))
    found = Imports()
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            found.names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            found.level = max(found.level, node.level)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.names.add(node.module.split(".")[0])
    return found


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Try) and node.handlers:
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting += node.orelse
            continue
        yield node
        if not isinstance(node, ast.expr):
            waiting += ast.iter_child_nodes(node)


def _is_of_package(
    folder: str, name: str, found: Imports, paths: Collection[str], given: Sequence[str]
) -> bool:
    """Whether a script must run as a module: by its imports, or since its folder hides Python's modules."""
    if found.level:
        return True
    if name == MAIN:
        return not _is_run_as_folder(folder, found, paths)
    if f"{folder}/{INIT}" not in paths or not _hiding(folder, paths):
        return False
    above = _above_package(folder, 0, paths, given)
    package = folder if above == "." else folder.removeprefix(f"{above}/")
    return package.split("/")[0] in found.names and not _imports_beside(folder, found, paths)


def _is_run_as_folder(folder: str, found: Imports, paths: Collection[str]) -> bool:
    """Whether a `__main__.py` is meant for `python FOLDER`, since it imports by name what is beside it."""
    return any(_has_module(folder, name, paths) and not _has_module("", name, paths) for name in found.names)


def _imports_beside(folder: str, found: Imports, paths: Collection[str]) -> bool:
    """Whether it imports by name what is beside it, and not in the root."""
    names = found.names - sys.stdlib_module_names
    return _is_run_as_folder(folder, Imports(names=names), paths)


def _further(folder: str, found: Imports, paths: Collection[str]) -> list[str]:
    """Folders above the script, and folders `src` beside them, with what it imports and is not nearer."""
    missing = {
        name
        for name in found.names - sys.stdlib_module_names
        if not _has_module(folder, name, paths) and not _has_module("", name, paths)
    }
    above = folder
    places: list[str] = []
    while missing and above:
        places += [above, posixpath.join(above, SOURCE)]
        above = posixpath.dirname(above)
    return [
        place for place in [*places[1:], SOURCE] if any(_has_module(place, name, paths) for name in missing)
    ]


def _above_package(folder: str, level: int, paths: Collection[str], given: Sequence[str]) -> str:
    """The folder that holds the package which the files in `folder` are of: "." or a path."""
    above = folder
    while above and f"{above}/{INIT}" in paths:
        above = posixpath.dirname(above)
    if above == folder:  # without __init__.py any folder is a package, so it is said from where on
        above = max((one for one in (*given, SOURCE) if folder.startswith(f"{one}/")), key=len, default="")
    is_too_high = level > folder.removeprefix(above).strip("/").count("/") + 1
    return above if above and not is_too_high else "."


def _module(path: str, above: str) -> str:
    """The name of a file as a module; empty where its path cannot be one."""
    inner = path if above == "." else path.removeprefix(f"{above}/")
    parts = inner.removesuffix(f"/{MAIN}").removesuffix(".py").split("/")
    is_module = path.endswith(".py") and not any("." in part for part in parts)
    return ".".join(parts) if is_module else ""


def _has_module(folder: str, name: str, paths: Collection[str]) -> bool:
    stem = posixpath.join(folder, name) if folder != "." else name
    return f"{stem}.py" in paths or any(path.startswith(f"{stem}/") for path in paths)


def _hiding(folder: str, paths: Collection[str]) -> str:
    """A file that, were its folder looked through first, would hide a module of Python's own."""
    prefix = "" if folder == "." else f"{folder}/"
    for path in paths:
        name, _, inner = path.removeprefix(prefix).partition("/")
        is_module = path.startswith(prefix) and (inner == INIT or (not inner and name.endswith(".py")))
        if is_module and name.removesuffix(".py") in sys.stdlib_module_names - _UNUSED:
            return path
    return ""


def _imports_from(folder: str, found: Imports, paths: Collection[str]) -> bool:
    return any(_has_module(folder, name, paths) for name in found.names - sys.stdlib_module_names)


def _note(folder: str, file: str) -> str:
    where = "The root of the Task" if folder == "." else f"The folder {folder}"
    name = posixpath.basename(file.removesuffix(f"/{INIT}")).removesuffix(".py")
    return (
        f"{where} is not on Python's path, since {file} would hide Python's own module {name}. "
        f"Rename {file} to import from there."
    )


def _once(*folders: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folders))
