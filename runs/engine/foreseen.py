"""What reading the files of a Snapshot foresees about a script, for its console. Once for each process."""

from functools import lru_cache

from runs import snapshots
from runs.models import Environment
from runs.records.installed import distributions
from tasks.preflight import reading


def lines(digest: str, script: str, environment: Environment) -> tuple[str, ...]:
    """A line for each finding about the script in this environment; mostly there are none."""
    return _lines(digest, script, environment.packages, environment.kind == "conda")


# Thousands of Runs are of the same Snapshot, script and packages.
@lru_cache(maxsize=256)
def _lines(digest: str, script: str, packages: str, is_conda: bool) -> tuple[str, ...]:
    exactly = distributions(packages, is_conda=is_conda)
    findings = reading.findings_at(snapshots.root(digest), digest, script, exactly=exactly)
    return tuple(f"Before it runs: {finding}" for finding in findings if not finding.is_unread_list)
