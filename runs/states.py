"""The states of an Execution: names, moves, labels and wire codes in one place. Knows nothing else."""

from enum import Enum, StrEnum


class State(StrEnum):
    """Where an Execution is in its life. The value is what is stored, shown in URLs and used as CSS class."""

    QUEUED = "queued"
    PREPARING = "preparing"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def label(self) -> str:
        return self.value.capitalize()

    @property
    def wire(self) -> int:
        return WIRE[self]

    @property
    def is_active(self) -> bool:
        """A node works on it."""
        return self in ACTIVE


# From where to where an Execution may go.
# PREPARING → QUEUED: its node died before the script was started, so nothing has happened yet.
MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.PREPARING, State.STOPPED}),
    State.PREPARING: frozenset({State.RUNNING, State.STOPPING, State.FAILED, State.QUEUED}),
    State.RUNNING: frozenset({State.SUCCEEDED, State.FAILED, State.STOPPING}),
    State.STOPPING: frozenset({State.STOPPED}),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.STOPPED: frozenset(),
}
ACTIVE = frozenset({State.PREPARING, State.RUNNING, State.STOPPING})
FINAL = frozenset({State.SUCCEEDED, State.FAILED, State.STOPPED})
UNFINISHED = ACTIVE | {State.QUEUED}

# The numbers that the platform's client uses.
WIRE: dict[State, int] = {
    State.QUEUED: 1,
    State.PREPARING: 2,
    State.RUNNING: 3,
    State.SUCCEEDED: 4,
    State.FAILED: 5,
    State.STOPPED: 6,
    State.STOPPING: 7,
}


class Reason(StrEnum):
    """Why an Execution failed, in one word; the sentence stands beside it."""

    EXIT_CODE = "exit_code"
    SIGNAL = "signal"
    ENVIRONMENT = "environment"
    TIMEOUT = "timeout"
    LOST = "lost"
    SNAPSHOT = "snapshot"
    PARAMETERS = "parameters"


class Cause(Enum):
    """What an Execution came from."""

    STARTED = "started"
    AGAIN = "again"
    RECOVERED = "recovered"
