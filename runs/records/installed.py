"""What environments have installed, by the names of distributions. Knows no HTTP."""

import re

from runs import snapshots
from runs.models import Execution
from tasks import project_tables
from tasks.files import store
from tasks.models import Task
from tasks.preflight import names

# What may say what is installed: with other such files, the environment may be another.
_LISTS = (".txt", ".in", ".yml", ".yaml", ".toml", ".lock", ".cfg", ".whl", "setup.py", ".python-version")


def distributions(packages: str, *, is_conda: bool) -> frozenset[str]:
    """The names in the exact packages of an environment."""
    found = (re.match(r"[\w.-]+", line.strip()) for line in packages.splitlines())
    listed = [match[0] for match in found if match is not None]
    return frozenset(names.of_conda(name) if is_conda else names.normalized(name) for name in listed)


def of_task(task: Task) -> frozenset[str] | None:
    """What the Task's newest environment has, if it was built from the same lists of packages."""
    newest = (
        Execution.objects.filter(run__task=task, environment__isnull=False)
        .select_related("run", "environment")
        .order_by("-pk")
        .first()
    )
    if newest is None or newest.environment is None:
        return None
    try:
        frozen = {path: sha256 for path, _, sha256 in snapshots.read_list(newest.run.snapshot_id)}
        script = store.read_bytes(task, newest.run.entry_script)
    except (snapshots.SnapshotError, store.Missing):
        return None
    if project_tables.OPENS.encode() in script:
        return None  # the script lists packages itself, for itself alone
    now = {path: sha256 for path, (_, sha256) in store.entries(task).items()}
    is_same = all(frozen.get(path) == now.get(path) for path in {*frozen, *now} if _tells(path))
    environment = newest.environment
    return distributions(environment.packages, is_conda=environment.kind == "conda") if is_same else None


def _tells(path: str) -> bool:
    """Whether a file may say what is installed."""
    return path.endswith(_LISTS) and path != store.TASK_YAML
