"""Files that look as if they said what to install, and are not read. Knows no disk and no HTTP.

`ignored(paths, runtime)` gives them for a Task's paths, the most likely first, each with what it is, why it
is not read and what one click can do about it:

    for file in ignored((file.path for file in summary.files), summary.runtime):
        file.path, file.what, file.why  # "conda.yaml", "an environment of Conda", "A Conda … is read from …"
        for fix in file.fixes:
            fix.label                   # "Rename to environment.yml"

A page shows `fix.label` on a button that posts `fix.key`; the view looks for that key among what is offered
now, since the files may have changed, and calls `tasks.files.fixes.apply(task, fix, by=user)`, which raises
TreeError with a sentence when it can no longer be done. Nothing is listed for a Task that has an environment:
files beside it are its author's choice.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from tasks.project_tables import Listed
from tasks.runtime import CONDA_FILES, LOCK_FILE, PROJECT_FILE, VENV_FILE, Platform, Runtime, this_platform

# More than these are not listed: the first say it.
MOST = 5
# Folders whose files are not the Task's own, or describe something else.
FOREIGN = {"node_modules", "site-packages", "venv", "vendor", "third_party"}


@dataclass(frozen=True, kw_only=True)
class Fix:
    """One change of a Task's files: `path` is renamed or copied to `target`, or `target` is made with `text`.

    With "replace", `target` gets `text` as its content. `label` is what the button says.
    """

    action: Literal["rename", "copy", "create", "replace"]
    path: str
    target: str
    label: str
    text: str = ""

    @property
    def key(self) -> str:
        """Names the fix in a form: the same for the same change only."""
        content = repr((self.action, self.path, self.target, self.text)).encode("utf-8", "surrogatepass")
        return hashlib.sha256(content).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class Ignored:
    """A file that is not read: `what` it is, `why` it is not read (a sentence), and the `fixes` there are."""

    path: str
    what: str
    why: str
    fixes: tuple[Fix, ...] = ()

    @property
    def sentence(self) -> str:
        """What a console says of it."""
        return f"{self.path} is not read: {self.why[0].lower()}{self.why[1:]}"


def ignored(
    paths: Iterable[str], runtime: Runtime, *, platform: Platform | None = None
) -> tuple[Ignored, ...]:
    """The files among `paths` that their author may think are read, for a Task without an environment."""
    if runtime.kind != "plain":
        return ()
    paths = list(paths)
    taken = {path.casefold() for path in paths}
    system = this_platform() if platform is None else platform
    looks = [_look_at(path, taken, system) for path in paths]
    found = [_look_into(runtime.listed, taken), *looks] if PROJECT_FILE in paths else looks
    return tuple(sorted((file for file in found if file is not None), key=lambda one: _rank(one.path))[:MOST])


def _rank(path: str) -> tuple[int, int, int, str]:
    """What is nearest to a name that is read comes first; lists for development and tests last."""
    parts = PurePosixPath(path).parts
    name = path.casefold()
    for_others = re.search(r"dev|test|doc|lint|ci\b|build|mac|osx|win", name) is not None
    usual = re.search(r"environment|requirements|conda|base|main|prod", name) is not None
    return len(parts), int(for_others), int(not usual), path


# Names that people give to what is read under one name, in lower case.
CONDA_NAME = re.compile(
    r"(environment|enviroment|enviornment|env|conda|requirements?)([-_. ]\w[\w.-]*|\d+)?\.ya?ml(\.txt)?"
    r"|\w+[-_](env|environment|conda)\.ya?ml"
)
LOCKED_NAME = re.compile(
    r"conda[-_.]lock\.ya?ml|pixi\.(toml|lock)|(conda[-_.])?(spec[-_.](file|list)|explicit)\.txt"
)
LIST_NAME = re.compile(
    r"(\w+[-_.])?(requirements?|requirments?|requiremnts?|reqs?)([-_. ]\w[\w.-]*|\d+)?"
    r"|pip[-_]?(freeze|list|packages|requirements)|packages|dependencies|deps"
)
LIST_FOLDER = re.compile(r"requirements?|reqs?|deps|dependencies")
LIST_SUFFIXES = {"", ".txt", ".text", ".lock", ".pip", ".in"}
# What others read: {name: (what it is, what to do)}.
OTHERS = {
    "pipfile": ("the list of pipenv", "Write `pipenv requirements` into requirements.txt"),
    "pipfile.lock": ("the lock file of pipenv", "Write `pipenv requirements` into requirements.txt"),
    "poetry.lock": ("the lock file of Poetry", "Write `poetry export` into requirements.txt"),
    "pdm.lock": ("the lock file of PDM", "Write `pdm export` into requirements.txt"),
    "pylock.toml": ("a lock file", f"Its packages are read from {LOCK_FILE} or requirements.txt"),
    LOCK_FILE: ("the lock file of uv", f"It is read beside a {PROJECT_FILE} that lists dependencies"),
    "renv.lock": ("the lock file of renv", "List the R packages in environment.yml, as r-NAME"),
    "setup.cfg": ("the settings of setuptools", "Add requirements.txt with a line `.`"),
    "setup.py": ("a package of setuptools", "Add requirements.txt with a line `.`"),
    "description": ("a package of R", "List the R packages in environment.yml, as r-NAME"),
    "install.r": ("a list of R packages", "List the R packages in environment.yml, as r-NAME"),
}


def _look_at(path: str, taken: set[str], platform: Platform) -> Ignored | None:
    """What a file is, if it is one of those."""
    parts = PurePosixPath(path).parts
    if (
        not parts
        or len(parts) > 3
        or any(part.startswith(".") or part.casefold() in FOREIGN for part in parts)
    ):
        return None
    name, folder = parts[-1].casefold(), "/".join(parts[:-1])
    conda_file = CONDA_FILES[platform][0]
    if name in {file for files in CONDA_FILES.values() for file in files} | {VENV_FILE, PROJECT_FILE}:
        return _misplaced(path, name, folder, taken, conda_file)
    only = f"A Conda environment is read from {conda_file} in the Task's root, under no other name."
    if LOCKED_NAME.fullmatch(name):
        return Ignored(path=path, what="packages of Conda or pixi", why=only)
    if CONDA_NAME.fullmatch(name):
        fixes = _placing(path, conda_file, taken)
        return Ignored(path=path, what="an environment of Conda", why=only, fixes=fixes)
    if _is_list(parts):
        return _list(path, name, taken)
    if name in OTHERS and not folder:
        what, instead = OTHERS[name]
        fixes = _creating(path, ".", taken) if name.startswith("setup.") else ()
        return Ignored(path=path, what=what, why=f"It is {what}. {instead}.", fixes=fixes)
    return None


# Where other tools keep lists of packages in pyproject.toml.
OTHER_TABLES = (
    (("tool", "poetry", "dependencies"), "Poetry"),
    (("tool", "flit", "metadata", "requires"), "Flit"),
    (("tool", "pixi", "dependencies"), "pixi"),
    (("tool", "hatch", "envs", "default", "dependencies"), "Hatch"),
    (("tool", "pdm", "dependencies"), "PDM"),
)


def _look_into(listed: Listed | None, taken: set[str]) -> Ignored | None:
    """A pyproject.toml that lists packages where only its own tool looks for them, or in groups only."""
    table = {} if listed is None else listed.table
    installed = _creating(PROJECT_FILE, ".", taken) if "build-system" in table else ()
    for keys, tool in OTHER_TABLES:
        if _reaches(table, keys):
            why = f"Its packages are listed in [{'.'.join(keys)}], which only {tool} reads, not in [project]."
            return Ignored(path=PROJECT_FILE, what=f"a project of {tool}", why=why, fixes=installed)
    project = table.get("project")
    dynamic = project.get("dynamic") if isinstance(project, Mapping) else None
    if isinstance(dynamic, list) and "dependencies" in dynamic:
        why = "Its dependencies are dynamic: they are known only when the project itself is installed."
        fixes = _creating(PROJECT_FILE, ".", taken)
        return Ignored(path=PROJECT_FILE, what="a project with dynamic dependencies", why=why, fixes=fixes)
    if _reaches(table, ("dependency-groups",)) or _reaches(table, ("project", "optional-dependencies")):
        why = "It lists packages only in groups and extras; only [project] dependencies are installed."
        return Ignored(path=PROJECT_FILE, what="a list of packages", why=why)
    return None


def _reaches(table: object, keys: tuple[str, ...]) -> bool:
    for key in keys:
        table = table.get(key) if isinstance(table, Mapping) else None
    return bool(table)


def _is_list(parts: tuple[str, ...]) -> bool:
    """Whether a file is a list of packages, by its name or by its folder's."""
    name = PurePosixPath(parts[-1].casefold())
    if name.suffix not in LIST_SUFFIXES:
        return False
    in_folder = len(parts) > 1 and LIST_FOLDER.fullmatch(parts[-2].casefold()) is not None
    return in_folder or LIST_NAME.fullmatch(name.stem) is not None


def _misplaced(path: str, name: str, folder: str, taken: set[str], conda_file: str) -> Ignored | None:
    """A file with a name that is read, in other letters, in a folder, or for another system."""
    is_conda = name.startswith("environment")
    what = "an environment of Conda" if is_conda else "a list of packages"
    if not folder and name == path:
        if not is_conda:
            return None
        why = f"It is for another system; here {conda_file} is read."
        return Ignored(path=path, what=what, why=why, fixes=_copying(path, conda_file, taken))
    if not folder:
        target = conda_file if is_conda else name
        why = f"Its name must be {target}, in these letters."
        return Ignored(path=path, what=what, why=why, fixes=_renaming(path, target, taken))
    why = f"It is in the folder {folder}, and only the Task's root is looked at."
    if name == VENV_FILE:
        return Ignored(path=path, what=what, why=why, fixes=_creating(path, f"-r {path}", taken))
    if name == PROJECT_FILE:
        return Ignored(path=path, what=what, why=why, fixes=_creating(path, f"./{folder}", taken))
    return Ignored(path=path, what=what, why=why, fixes=_placing(path, conda_file, taken))


def _list(path: str, name: str, taken: set[str]) -> Ignored:
    """A list of packages that has another name."""
    what = "a list for pip-tools" if name.endswith(".in") else "a list of packages"
    why = f"Packages are read from {VENV_FILE} in the Task's root, under no other name."
    fixes = () if "/" in path else _renaming(path, VENV_FILE, taken)
    return Ignored(path=path, what=what, why=why, fixes=(*fixes, *_creating(path, f"-r {path}", taken)))


def _placing(path: str, target: str, taken: set[str]) -> tuple[Fix, ...]:
    return (*_renaming(path, target, taken), *_copying(path, target, taken))


def _renaming(path: str, target: str, taken: set[str]) -> tuple[Fix, ...]:
    verb = "Move" if "/" in path else "Rename"
    return _offer(taken, Fix(action="rename", path=path, target=target, label=f"{verb} to {target}"))


def _copying(path: str, target: str, taken: set[str]) -> tuple[Fix, ...]:
    return _offer(taken, Fix(action="copy", path=path, target=target, label=f"Copy as {target}"))


def _creating(path: str, line: str, taken: set[str]) -> tuple[Fix, ...]:
    if any(character.isspace() for character in path):
        return ()
    label = f"Create {VENV_FILE} with the line {line}"
    return _offer(taken, Fix(action="create", path=path, target=VENV_FILE, label=label, text=f"{line}\n"))


def _offer(taken: set[str], fix: Fix) -> tuple[Fix, ...]:
    """The fix, unless there is another file of that name."""
    others = taken - {fix.path.casefold()} if fix.action == "rename" else taken
    return () if fix.target.casefold() in others else (fix,)
