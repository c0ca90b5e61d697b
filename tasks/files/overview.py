"""What a Task is, from its files: runtime, entry scripts, task.yaml, what to show first. Knows no HTTP."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from coretex_site.lib import filetree
from tasks import other_languages, runtime
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


def runtime_of(paths: Iterable[str]) -> runtime.Runtime:
    """The runtime of files with these paths, on this machine."""
    names = (path for path in paths if "/" not in path)
    return runtime.find_runtime(names, platform="darwin" if sys.platform == "darwin" else "linux")


def runtime_at(task: Task) -> runtime.Runtime:
    """The runtime of a Task, from the names in its root alone."""
    folder = store.root(task)
    return runtime_of(os.listdir(folder) if folder.is_dir() else [])


def summary(task: Task, files: list[filetree.File] | None = None) -> Summary:
    """The facts; with `files`, those of that listing."""
    files = store.list_files(task) if files is None else files
    paths = [file.path for file in files]
    found = runtime.entry_scripts(paths, head=partial(filetree.head, store.root(task)))
    return Summary(
        runtime=runtime_of(paths),
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
