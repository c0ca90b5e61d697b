"""Why Runs of a Batch failed: grouped by the line that says why. Knows no HTTP."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from runs.analysis import association
from runs.analysis.cells import Cell, Cells
from runs.models import Run
from runs.records import causes
from runs.records.cause_words import Given
from runs.records.error_line import ErrorLine
from runs.states import State

# What differs from Run to Run in the same failure.
NUMBERS = re.compile(r"0x[0-9a-fA-F]+|\d+(?:\.\d+)?")


@dataclass(frozen=True, kw_only=True)
class Group:
    """Failed Runs that ended alike. `shared` is what they have in common: "batchSize = 64".

    `cause` says why, if that is known; without `may_go_well` they would fail again.
    """

    key: str
    line: str
    message: str
    runs: Sequence[int]
    shared: str
    cause: str
    may_go_well: bool


def groups(cells: Cells) -> list[Group]:
    """The largest first; one query."""
    failed = {cell.run: cell for cell in cells.all if cell.state == State.FAILED}
    rows = Run.objects.filter(batch=cells.batch, state=State.FAILED).values_list(
        "pk", "latest__last_line", "latest__message"
    )
    by_key: dict[str, list[tuple[Cell, str, str]]] = defaultdict(list)
    for run, printed, message in rows:
        if run not in failed:
            continue
        line = printed or message or "It failed without an error message."
        digest = hashlib.blake2b(NUMBERS.sub("#", line).encode(), digest_size=8).hexdigest()
        by_key[digest].append((failed[run], line, message))
    found = []
    for digest, members in by_key.items():
        line = Counter(line for _, line, _ in members).most_common(1)[0][0]
        message = Counter(message for _, _, message in members).most_common(1)[0][0]
        cause = causes.explain(ErrorLine(text=line, after=(line,)), Given())
        found.append(
            Group(
                key=digest,
                line=line,
                message="" if message == line else message,
                runs=[cell.run for cell, _, _ in members],
                cause="" if cause is None else cause.sentence,
                may_go_well=cause is None or cause.remedy not in ("edit", "install"),
                shared=_shared(cells, [cell for cell, _, _ in members]),
            )
        )
    return sorted(found, key=lambda group: (-len(group.runs), group.runs[0]))


def _shared(cells: Cells, members: Sequence[Cell]) -> str:
    """What all of them have, and not everyone: as it is written in tables."""
    if len(members) < 2:
        return ""
    shown = [
        {name: cells.scale(name).text_of(cell.values.get(name)) for name in cells.chosen} for cell in members
    ]
    same = [name for name in cells.chosen if len({values[name] for values in shown}) == 1]
    if not same:
        return ""
    all_shown = [
        {name: cells.scale(name).text_of(cell.values.get(name)) for name in same}
        for cell in cells.all
        if cell.has_ended
    ]
    return association.in_common(shown, all_shown, same)
