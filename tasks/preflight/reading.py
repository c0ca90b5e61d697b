"""Reads the files of a Task or a Snapshot for what is found before they run. Its limits hold for any Task."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from django.apps import apps
from django.contrib.auth.models import User

from coretex_site.lib import filetree
from coretex_site.lib.filetree import TreeError
from tasks.environment_files import Fix
from tasks.files import fixes, store
from tasks.models import Task
from tasks.preflight import check, listed
from tasks.preflight.effects import without_effect
from tasks.preflight.files import TASK_YAML, VERSION_FILE, Files
from tasks.preflight.findings import Finding
from tasks.proposals import suggestions
from tasks.runtime import CONDA_FILES, LOCK_FILE, PROJECT_FILE, VENV_FILE
from tasks.taskyaml import spec

MAX_LISTS = 20


def findings(task: Task, script: str = "") -> tuple[Finding, ...]:
    """What is found in a Task as it is now, for one of its scripts or those that are meant to be run."""
    found = _findings(store.root(task), task.digest, script, None)
    exactly = _installed(task) if found else None
    return found if exactly is None else _findings(store.root(task), task.digest, script, exactly)


def _installed(task: Task) -> frozenset[str] | None:
    """What an environment has that was built from the lists of the Task as they are, if there is one.

    Applications that know environments say so in `installed_packages` of their configuration.
    """
    parts = (getattr(config, "installed_packages", None) for config in apps.get_app_configs())
    return next((part(task) for part in parts if part is not None), None)


def findings_at(
    folder: Path, digest: str, script: str, *, exactly: frozenset[str] | None = None
) -> tuple[Finding, ...]:
    """The same for the files in a folder, of which `digest` is that of the tree.

    `exactly` are the distributions in the environment that was built from them, if that is known.
    """
    return _findings(folder, digest, script, exactly)


def find_fix(task: Task, key: str, script: str = "") -> Fix | None:
    """The fix that a form named, if it is still offered."""
    offered = (fix for one in findings(task, script) for fix in one.fixes)
    return next((fix for fix in offered if fix.key == key), None)


def apply_fix(task: Task, key: str, *, script: str = "", by: User) -> str:
    """Carries out the fix that a form named; what was done, in a sentence. Raises TreeError."""
    fix = find_fix(task, key, script)
    if fix is None:
        raise TreeError("The files have changed meanwhile, so nothing was done. Look at what is found now.")
    path = fixes.apply(task, fix, by=by)
    if fix.action == "rename":
        return f"{fix.path} is now {path}."
    return f"{path} was {'changed' if fix.action == 'replace' else 'added'}."


def install(task: Task, script: str, *, module: str = "", r_package: str = "") -> tuple[Fix, ...]:
    """What adds a module, or an R package, that a script missed, to what the Task lists; mostly one fix."""
    return _install(store.root(task), task.digest, script, module, r_package)


def unread_parameters(folder: Path, digest: str, script: str) -> list[str]:
    """The parameters that a script surely never reads, of the files in a folder with that digest."""
    return list(_unread(folder, digest, script))


# Pages are shown more often than files change. The digest is that of the files.
@lru_cache(maxsize=128)
def _findings(folder: Path, digest: str, script: str, exactly: frozenset[str] | None) -> tuple[Finding, ...]:
    files = read_files(folder, also=script)
    scripts = [script] if script else suggestions.entry_scripts(files.scripts)
    return check.check(files, scripts, exactly=exactly)


@lru_cache(maxsize=128)
def _install(folder: Path, digest: str, script: str, module: str, r_package: str) -> tuple[Fix, ...]:
    return check.install(read_files(folder, also=script), script, module=module, r_package=r_package)


@lru_cache(maxsize=128)
def _unread(folder: Path, digest: str, script: str) -> tuple[str, ...]:
    files = read_files(folder)
    parsed = spec.parse(_bytes(folder, TASK_YAML) or b"")
    return () if parsed.spec is None else tuple(without_effect(parsed.spec, files.scripts, script))


def read_files(folder: Path, *, also: str = "") -> Files:
    """The files below a folder, as far as the limits go; `also` one that has no suffix of a script."""
    sizes = {file.path: file.size for file in filetree.walk(folder)} if folder.is_dir() else {}
    return choose(sizes, lambda path: _bytes(folder, path), also=also)


def choose(sizes: Mapping[str, int], read: Callable[[str], bytes | None], *, also: str = "") -> Files:
    """Scripts, modules, lists of packages and what those refer to; `read` returns None for none."""
    contents: dict[str, bytes] = {}
    conda = [file for files in CONDA_FILES.values() for file in files]
    lists = [TASK_YAML, VERSION_FILE, VENV_FILE, PROJECT_FILE, LOCK_FILE, *conda]
    for path in [*suggestions.choose(sizes), *lists, *([also] if also else [])]:
        content = read(path) if sizes.get(path, suggestions.MAX_BYTES + 1) <= suggestions.MAX_BYTES else None
        contents |= {} if content is None else {path: content}
    open_ = [path for path in (VENV_FILE, *conda) if path in contents]
    while open_ and len(open_) < MAX_LISTS:
        current = open_.pop()
        text = contents[current].decode("utf-8", "replace")
        named = listed.references(text, current)
        fresh = [path for path in named if path in sizes and path not in contents]
        for path in fresh[:MAX_LISTS]:
            content = read(path) if sizes[path] <= listed.MAX_TEXT else None
            contents |= {} if content is None else {path: content}
            open_ += [] if content is None else [path]
    return Files(paths=tuple(sizes), contents=contents)


def _bytes(folder: Path, path: str) -> bytes | None:
    try:
        return filetree.join(folder, path).read_bytes()
    except OSError:
        return None  # deleted meanwhile
