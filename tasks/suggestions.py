"""What the code of a Task suggests about its task.yaml: a proposal, or warnings. Knows no HTTP."""

from pathlib import PurePosixPath

from tasks import codetree, mismatches, overview, proposals, runtime
from tasks.mismatches import Mismatch
from tasks.models import Task
from tasks.proposals import Proposal

MAX_BYTES = 1_000_000
MAX_FILES = 200
_SET_UP = ("setup.py", "conftest.py")
_GUARD = "__main__"


def suggest(task: Task, *, schema_url: str) -> Proposal | None:
    """A task.yaml for a Task that has none; None if there is one, or nothing to propose."""
    paths = [file.path for file in codetree.list_files(task)]
    if codetree.TASK_YAML in paths:
        return None
    files = scripts(task)
    proposal = proposals.propose(files, entry_scripts(files), schema_url=schema_url)
    return proposal if proposal.parameters else None


def warnings(task: Task) -> list[Mismatch]:
    """Where the scripts and task.yaml disagree; nothing without a task.yaml, or while it has errors."""
    parsed = overview.summary(task).parsed
    if parsed is None or parsed.spec is None:
        return []
    files = scripts(task)
    return mismatches.mismatches(parsed.spec, files, entry_scripts(files))


def scripts(task: Task) -> dict[str, str]:
    """{path: text} of the files that can be run, the default entry script first; large ones are left out."""
    sizes = {file.path: file.size for file in codetree.list_files(task)}
    modules = [path for path in sizes if path.endswith(".py")]
    wanted = dict.fromkeys([*runtime.entry_scripts(sizes), *modules])
    found: dict[str, str] = {}
    for path in wanted:
        if sizes[path] > MAX_BYTES or len(found) == MAX_FILES:
            continue
        try:
            found[path] = codetree.read_bytes(task, path).decode("utf-8", "replace")
        except codetree.Missing:  # deleted a moment ago
            continue
    return found


def entry_scripts(files: dict[str, str]) -> list[str]:
    """The default entry script, and those beside it that are made to be run."""
    candidates = runtime.entry_scripts(files)
    if not candidates:
        return []
    folder = PurePosixPath(candidates[0]).parent
    return [
        candidates[0],
        *(p for p in candidates[1:] if PurePosixPath(p).parent == folder and _is_run(p, files[p])),
    ]


def _is_run(path: str, text: str) -> bool:
    name = PurePosixPath(path).name
    if name in _SET_UP or name.startswith("test_") or name.endswith("_test.py"):
        return False
    return runtime.interpreter_of(path) != "python" or _GUARD in text
