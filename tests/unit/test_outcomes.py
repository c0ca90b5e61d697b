"""Why a script ended, in words that a person can act on."""

import pytest

from runs.engine.outcomes import outcome
from runs.states import Reason, State


@pytest.mark.parametrize(
    ("code", "state", "reason", "said"),
    [
        (0, State.SUCCEEDED, None, "The script ended with exit code 0."),
        (1, State.FAILED, Reason.EXIT_CODE, "The script ended with exit code 1"),
        (127, State.FAILED, Reason.EXIT_CODE, "exit code 127"),
        (128, State.FAILED, Reason.EXIT_CODE, "exit code 128"),
        (137, State.FAILED, Reason.SIGNAL, "was killed by signal KILL (9), as happens when memory runs out."),
        (139, State.FAILED, Reason.SIGNAL, "was killed by signal SEGV (11)"),
        (255, State.FAILED, Reason.EXIT_CODE, "exit code 255"),
        (None, State.FAILED, Reason.LOST, "without an exit code"),
    ],
)
def test_an_end_of_its_own(code: int | None, state: State, reason: Reason | None, said: str) -> None:
    found = outcome(code, cause="")
    assert (found.state, found.reason, found.exit_code) == (state, reason, code)
    assert said in found.message


def test_an_end_on_request_is_that_whatever_the_exit_code() -> None:
    found = outcome(0, cause="user", stop_message="Stopped by bob.")
    assert (found.state, found.reason, found.message) == (State.STOPPED, None, "Stopped by bob.")


def test_a_time_limit_is_named() -> None:
    found = outcome(143, cause="timeout", time_limit=7200)
    assert (found.reason, found.message) == (Reason.TIMEOUT, "It was stopped at its time limit of 2h.")
