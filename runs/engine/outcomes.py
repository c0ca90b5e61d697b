"""What the end of a script means: its state, its reason word and a sentence. Knows no Django."""

import signal
from dataclasses import dataclass
from typing import Literal

from coretex_site.lib import durations
from runs.engine.executor import SIGNALLED
from runs.processes import signal_name
from runs.states import Reason, State

# The last number that any system uses for a signal.
LAST_SIGNAL = 64
MEANT: dict[int, str] = {
    signal.SIGKILL: ", as happens when memory runs out",
    signal.SIGSEGV: ", as happens when compiled code reads memory that is not its own",
    signal.SIGABRT: ", as happens when compiled code gives up",
    signal.SIGTERM: ", which was not sent by this server",
    signal.SIGFPE: ", as happens when compiled code divides by zero",
    signal.SIGILL: ", as happens when a package was compiled for another processor",
    signal.SIGBUS: ", as happens when a disk or shared memory is full",
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an Execution ends."""

    state: State
    message: str
    reason: Reason | None = None
    exit_code: int | None = None


def outcome(
    exit_code: int | None,
    *,
    cause: Literal["", "user", "timeout"],
    stop_message: str = "",
    time_limit: int | None = None,
) -> Outcome:
    """What a script's end means. `cause`: why it was ended from outside; `asked`: the sentence of a stop."""
    if cause == "user":
        return Outcome(state=State.STOPPED, message=stop_message or "Stopped.", exit_code=exit_code)
    if cause == "timeout":
        limit = "" if time_limit is None else f" of {durations.write(time_limit)}"
        message = f"It was stopped at its time limit{limit}."
        return Outcome(state=State.FAILED, reason=Reason.TIMEOUT, message=message, exit_code=exit_code)
    if exit_code is None:
        message = "Its script disappeared without an exit code, as happens when a machine is restarted."
        return Outcome(state=State.FAILED, reason=Reason.LOST, message=message)
    if exit_code == 0:
        return Outcome(state=State.SUCCEEDED, message="The script ended with exit code 0.", exit_code=0)
    if SIGNALLED < exit_code <= SIGNALLED + LAST_SIGNAL:
        number = exit_code - SIGNALLED
        message = f"The script was killed by signal {signal_name(number)}{MEANT.get(number, '')}."
        return Outcome(state=State.FAILED, reason=Reason.SIGNAL, message=message, exit_code=exit_code)
    message = f"The script ended with exit code {exit_code}."
    return Outcome(state=State.FAILED, reason=Reason.EXIT_CODE, message=message, exit_code=exit_code)
