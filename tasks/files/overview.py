"""What a Task is, from its files: runtime, entry scripts, task.yaml, what to show first. Knows no HTTP."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from coretex_site.lib import filetree
from tasks import list_fixes, other_languages, runtime
from tasks.environment_files import Fix, ignored
from tasks.files import store
from tasks.models import Task
from tasks.taskyaml import spec


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The facts of a Task's files. `parsed` is None without a task.yaml."""

    runtime: runtime.Runtime
    entry_scripts: list[str]
    parsed: spec.ParsedTask | None
    file_count: int
    size: int
    # A file that would be an entry script if something was added, where there is none.
    almost: str | None = None

    @property
    def problems(self) -> tuple[spec.Problem, ...]:
        return () if self.parsed is None else self.parsed.problems

    @property
    def cannot_run(self) -> str:
        """Why the Task cannot be run as it is, in a sentence; empty when it can."""
        if not self.entry_scripts:
            missing = "It cannot be run yet, because it has no entry script."
            if self.almost is not None:
                return f"{missing} {other_languages.why_not_run(self.almost)}"
            return (
                f"{missing} Add main.py, or another script that ends in .py, .r, .sh or .ipynb or begins "
                "with a #! line."
            )
        if self.parsed is not None and self.parsed.errors:
            return f"It cannot be run yet, because {store.TASK_YAML} has errors. Fix them first."
        return ""


def runtime_of(folder: Path, paths: Iterable[str], *, entry: str = "") -> runtime.Runtime:
    """The runtime on this machine of the files in `folder` with these paths, for one of its entry scripts.

    Without `entry` for the one to choose by default. Of the files two are read at most.
    """
    paths = list(paths)
    return runtime.find_runtime(
        (path for path in paths if "/" not in path),
        platform=runtime.this_platform(),
        entry=entry or next(iter(runtime.entry_scripts(paths)), ""),
        read=partial(filetree.read_text, folder),
    )


def runtime_at(task: Task) -> runtime.Runtime:
    """The runtime of a Task, from the files in its root alone."""
    folder = store.root(task)
    return runtime_of(folder, os.listdir(folder) if folder.is_dir() else [])


def fixes_of(task: Task, entry: str) -> tuple[Fix, ...]:
    """What one click can do about the Task's lists of packages, for one of its entry scripts."""
    folder = store.root(task)
    paths = [file.path for file in store.list_files(task)]
    found = runtime_of(folder, paths, entry=entry)
    of_ignored = (fix for file in ignored(paths, found) for fix in file.fixes)
    return (*of_ignored, *list_fixes.offered(found, partial(filetree.read_text, folder)))


def summary(task: Task, files: list[filetree.File] | None = None) -> Summary:
    """The facts; with `files`, those of that listing."""
    files = store.list_files(task) if files is None else files
    paths = [file.path for file in files]
    found = runtime.entry_scripts(paths, head=partial(filetree.head, store.root(task)))
    return Summary(
        runtime=runtime_of(store.root(task), paths, entry=next(iter(found), "")),
        entry_scripts=found,
        almost=None if found else other_languages.almost_run(paths),
        parsed=store.read_spec(task) if store.TASK_YAML in paths else None,
        file_count=len(files),
        size=sum(file.size for file in files),
    )


def first_to_show(paths: list[str]) -> str | None:
    """The file a Task page opens with: the first entry script, else task.yaml, a README or the first."""
    candidates = [*runtime.entry_scripts(paths), store.TASK_YAML, "README.md", *paths]
    return next((path for path in candidates if path in paths), None)
