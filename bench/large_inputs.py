"""How long large inputs take: a million combinations, a console of 200,000 lines. Used by `measure.py`."""

import shutil
import time
from collections.abc import Callable

from coretex_site.lib import paths
from runs.models import Execution
from runs.records import logs
from runs.runspec import RunSpec
from runs.submission.validate import validate
from tasks.files import store
from tasks.models import Task

NAMES = ("a", "b", "c")
TASK_YAML = "param_groups:\n  - name: inputs\n    params:\n" + "".join(
    f"      - {{name: {name}, value: 0, data_type: int}}\n" for name in NAMES
)
VALUES = {name: list(range(100)) for name in NAMES}
RULE = "a > b and c < 50"
PAGE = 50
LINES = 200_000


def combinations(task: Task) -> dict[str, float]:
    """The seconds until a million combinations are counted and paged, without and with a rule."""
    with store.editing(task, by=task.created_by) as files:
        (files / "task.yaml").write_text(TASK_YAML)

    def count(exclude: list[str]) -> int:
        made = validate(task, RunSpec(task=task.pk, values=VALUES, exclude=exclude))
        middle = made.count // 2
        if not all(made.at(middle + step) for step in range(PAGE)):
            raise SystemExit("A page of combinations is not whole.")
        return made.count

    return {
        "million_seconds": seconds(lambda: count([])),
        "million_ruled_seconds": seconds(lambda: count([RULE])),
    }


def console(execution: Execution) -> dict[str, float]:
    """The seconds until the end of a long console is read, and until a line near it is found."""
    file = paths.console(execution.pk)
    kept = file.with_name("kept")
    shutil.move(file, kept)
    try:
        with file.open("w") as lines:
            lines.writelines(f"{number:06} some words that a script prints\n" for number in range(LINES))
        return {
            "tail_seconds": seconds(lambda: logs.tail(execution.pk)),
            "search_seconds": seconds(lambda: logs.search(execution.pk, f"{LINES - 2} some")),
        }
    finally:
        shutil.move(kept, file)


def seconds(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began
