"""What the code of a Task suggests about its task.yaml: a proposal, or warnings. Knows no HTTP."""

import posixpath
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial

from tasks import runtime
from tasks.files import store
from tasks.models import Task
from tasks.proposals.mismatches import Mismatch, mismatches
from tasks.proposals.propose import Proposal, is_launcher, propose

MAX_BYTES = 1_000_000
MAX_TOTAL = 2_000_000
MAX_FILES = 200
_SUPPORT = re.compile(r"setup\.py|conftest\.py|test_.*|.*_test\.py")


def suggest(task: Task, *, schema_url: str) -> Proposal | None:
    """A task.yaml for a Task that has none; None if there is one, or nothing to propose."""
    return _suggest(task, task.digest, schema_url)


def warnings(task: Task) -> list[Mismatch]:
    """Where the scripts and task.yaml disagree; nothing without a task.yaml, or while it has errors."""
    return list(_warnings(task, task.digest))


def read_some(sizes: Mapping[str, int], read: Callable[[str], bytes]) -> dict[str, str]:
    """{path: text} of those files that can be run or imported, the default entry script first.

    Large files are left out, and what is beyond the limits for all; so is one that is Missing by now.
    """
    found: dict[str, str] = {}
    for path in choose(sizes):
        try:
            found[path] = read(path).decode("utf-8", "replace")
        except store.Missing:
            continue
    return found


def choose(sizes: Mapping[str, int]) -> list[str]:
    """The paths of those files, by their sizes in bytes."""
    modules = [path for path in sizes if path.endswith(".py")]
    found: list[str] = []
    total = 0
    for path in dict.fromkeys([*runtime.entry_scripts(sizes), *modules]):
        if sizes[path] <= MAX_BYTES and total + sizes[path] <= MAX_TOTAL and len(found) < MAX_FILES:
            found.append(path)
            total += sizes[path]
    return found


def read_scripts(task: Task) -> dict[str, str]:
    """`read_some` of a Task's files."""
    sizes = {file.path: file.size for file in store.list_files(task)}
    return read_some(sizes, partial(store.read_bytes, task))


def entry_scripts(files: Mapping[str, str]) -> list[str]:
    """The default entry script, for a launcher its script, and those beside it that are made to be run."""
    chosen = [runtime.launched(p) if is_launcher(files[p]) else p for p in runtime.entry_scripts(files)]
    candidates = [path for path in dict.fromkeys(chosen) if path in files]
    folder = posixpath.dirname(candidates[0]) if candidates else ""
    beside = [path for path in candidates[1:] if posixpath.dirname(path) == folder]
    meant = [path for path in beside if _SUPPORT.fullmatch(posixpath.basename(path)) is None]
    others = [path for path in meant if runtime.interpreter_of(path) != "python" or "__main__" in files[path]]
    return [*candidates[:1], *others]


def _has_task_yaml(task: Task) -> bool:
    return any(file.path == store.TASK_YAML for file in store.list_files(task))


# Pages are shown more often than files change. The digest is that of the files.
@lru_cache(maxsize=64)
def _suggest(task: Task, digest: str, schema_url: str) -> Proposal | None:
    files = {} if _has_task_yaml(task) else read_scripts(task)
    proposal = propose(files, entry_scripts(files), schema_url=schema_url)
    return proposal if proposal.parameters else None


@lru_cache(maxsize=64)
def _warnings(task: Task, digest: str) -> tuple[Mismatch, ...]:
    parsed = store.read_spec(task)
    if parsed.spec is None or not _has_task_yaml(task):
        return ()
    files = read_scripts(task)
    return tuple(mismatches(parsed.spec, files, entry_scripts(files)))
