"""What reading the files of a Snapshot foresees about a script, for its console. Once for each process."""

import re
from functools import lru_cache

from runs import snapshots
from runs.models import Environment
from tasks.preflight import names, reading


def lines(digest: str, script: str, environment: Environment) -> tuple[str, ...]:
    """A line for each finding about the script in this environment; mostly there are none."""
    return _lines(digest, script, environment.packages, environment.kind == "conda")


# Thousands of Runs are of the same Snapshot, script and packages.
@lru_cache(maxsize=256)
def _lines(digest: str, script: str, packages: str, is_conda: bool) -> tuple[str, ...]:
    found = (re.match(r"[\w.-]+", line.strip()) for line in packages.splitlines())
    listed = [match[0] for match in found if match is not None]
    exactly = frozenset(names.of_conda(name) if is_conda else names.normalized(name) for name in listed)
    findings = reading.findings_at(snapshots.root(digest), digest, script, exactly=exactly)
    return tuple(f"Before it runs: {finding}" for finding in findings)
