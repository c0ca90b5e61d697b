"""Files that scripts read by a name that is written down, and that are not there. Runs nothing."""

import ast
import posixpath
import re
from collections.abc import Collection, Iterator, Sequence

from tasks.preflight.findings import Finding
from tasks.preflight.literal_paths import FileReads
from tasks.preflight.modules import Module
from tasks.proposals.code import Code, Place

MAX_PATH = 200
_MINE = re.compile(
    r"(?:/home/[^/{}*<>$%]+/|/Users/[^/{}*<>$%]+/|[A-Za-z]:[\\/]+Users[\\/]+[^\\/{}*<>$%]+[\\/]).*"
)
_HOMES = re.compile(r"/home/|[/\\]Users[/\\]")
_RELATIVE = re.compile(r"\w[\w./ ()+=,@~-]*")
# What is saved without its ending, which numpy and shutil add.
_ADDED = (".npy", ".npz", ".zip", ".mat")


def findings(
    modules: Sequence[Module], script: str, there: Collection[str], *, cwd: str = "."
) -> list[Finding]:
    """What the script and its own modules open and the Task has not.

    `there` are its files and folders; `cwd` is the folder in which scripts are started.
    """
    found = [one for module in modules if module.code for one in _in_someones_home(module.code)]
    if any(module.may_make_files for module in modules):
        return found
    reads = [module.reads for module in modules if module.reads is not None]
    written = {part for one in reads for text in _other_texts(one) for part in _parts(text)}
    seen: set[str] = set()
    for one in reads:
        for read in one.unforeseen:
            path = posixpath.normpath(read.path)
            if path not in seen and not _may_come(path, written):
                seen.add(path)
                absent = missing_file(path, one.code.place(read.call), script, there, cwd=cwd)
                found += [] if absent is None else [absent]
    return found


def missing_file(
    path: str, place: Place, script: str, there: Collection[str], *, cwd: str = "."
) -> Finding | None:
    """What to say of a relative path that the Task has no file or folder at; None where there is one."""
    if len(path) > MAX_PATH or _RELATIVE.fullmatch(path) is None or _from(cwd, path) in there:
        return None
    alike = {other.casefold(): other for other in there}.get(_from(cwd, path).casefold())
    beside = _from(posixpath.dirname(script), path)
    where = "the root folder" if cwd == "." else f"the folder {cwd}"
    if alike is not None:
        rest = f"the Task has {alike}. Upper and lower case matter on a node: use the same name."
    elif beside in there:
        rest = f"it is at {beside}, and scripts are started in {where}. Use that path."
    else:
        rest = "the Task has no such file. Add it, or give it to the Run as a dataset."
    return Finding(severity="warning", message=f"{place.path} reads {path}, but {rest}", place=place)


def _from(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def _parts(text: str) -> Iterator[str]:
    """What a text may name: a path, and the file that an address ends with."""
    if text:
        yield posixpath.normpath(text)
        yield from [posixpath.basename(text)] * ("://" in text)


def parents(path: str) -> Iterator[str]:
    """The folders that a path is in."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _other_texts(reads: FileReads) -> Iterator[str]:
    """The short texts in the code that do something else than to say what is read."""
    for node in reads.code.nodes:
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and len(text) <= MAX_PATH and id(node) not in reads.explained:
            yield text


def _may_come(path: str, written: set[str]) -> bool:
    """Whether something else in the code names the path or a part of it, and might make it."""
    stem, ending = posixpath.splitext(path)
    names = {path, posixpath.basename(path), *parents(path)}
    is_composed = any(text.startswith((".", "_", "-")) and path.endswith(text) for text in written - {"."})
    return bool(names & written) or is_composed or (ending in _ADDED and stem in written)


def _in_someones_home(code: Code) -> Iterator[Finding]:
    """Paths in the home folder of a person, which no node has."""
    if not _HOMES.search(code.text):
        return
    comments = {id(node.value) for node in code.nodes if isinstance(node, ast.Expr)}
    seen: set[str] = set()
    for node in code.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in comments:
            one = someones(code.path, node.value, code.place(node)) if node.value not in seen else None
            if one is not None:
                seen.add(node.value)
                yield one


def someones(file: str, path: str, place: Place) -> Finding | None:
    """What to say of a path in the home folder of a person; None if it is none."""
    if len(path) > MAX_PATH or _MINE.fullmatch(path) is None:
        return None
    message = (
        f"{file} names {path}, which is in the home folder of one computer; nodes do not have it. "
        "Use a path in the Task, or a dataset."
    )
    return Finding(severity="warning", message=message, place=place)
