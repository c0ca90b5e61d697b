"""What the end of an Execution's console says about its failure. Knows no rows."""

import os
from collections.abc import Collection
from pathlib import PurePosixPath

from coretex_site.lib import paths
from runs.records import artifacts, error_line, logs
from runs.records.error_line import ErrorLine

# So many lines of the end of a console are looked at: a traceback through many packages is shorter.
LINES = 200


def of(execution_id: int, *, since: int = 0, files: Collection[str] | None = None) -> ErrorLine | None:
    """The line that says why the script failed; None when it printed nothing.

    What stands before the byte `since` of the console was not printed by the script. With `files`, its place
    is in one of these: programs also name files that were never here, as compiled packages name theirs.
    """
    lines = [one.line for one in logs.tail(execution_id, LINES, ended=True).lines]
    lines = [line for line in lines if not line.text.startswith(artifacts.NOT_KEPT)]
    work = paths.work(execution_id)
    places = [f"{place}/" for place in dict.fromkeys((str(work), os.path.realpath(work)))]

    def own(named: str) -> str:
        found = below(named)
        return found if files is None or found in files else ""

    def below(named: str) -> str:
        for place in places:
            if named.startswith(place):
                return named.removeprefix(place)
        path = PurePosixPath(named)
        return "" if path.is_absolute() or named.startswith(("<", "~")) or ".." in path.parts else str(path)

    return error_line.find([line.text for line in lines if line.start >= since], own)


def line_of(execution_id: int, *, since: int = 0) -> str:
    """That line alone; empty when it printed nothing."""
    said = of(execution_id, since=since)
    return "" if said is None else said.text
