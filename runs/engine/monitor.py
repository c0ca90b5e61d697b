"""Looks after a script while it runs: heartbeat, requests to stop, time limit, console times, metrics."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from coretex_site.lib import paths
from runs import lifecycle
from runs.engine.executor import ConsoleClock, Script
from runs.models import Execution
from runs.records import metrics
from runs.records.usage import Meter
from runs.states import State

log = logging.getLogger(__name__)
T = TypeVar("T")

TICK = 0.25
STOP_CHECK_EVERY = 0.4
HEARTBEAT_EVERY = 5.0
METRICS_EVERY = 0.9
# How long to leave a database alone that does not answer.
TROUBLE_PAUSE = 2.0
PATIENCE = 600.0
UNREACHABLE = (OperationalError, InterfaceError)


class LetGo(Exception):  # noqa: N818  (it is no error)
    """The Execution is not ours any longer; `is_over` when nobody may go on with it."""

    def __init__(self, *, is_over: bool) -> None:
        super().__init__()
        self.is_over = is_over


class StopAsked(Exception):  # noqa: N818
    """Someone asked for the end of the Execution."""


def patiently(action: Callable[[], T]) -> T:
    """Does it again while the database does not answer; after PATIENCE seconds the problem is raised."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return action()
        except UNREACHABLE as error:
            if time.monotonic() > deadline:
                raise
            log.warning("The database does not answer, waiting for it: %s", error)
            connection.close()
            time.sleep(TROUBLE_PAUSE)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How the watching ended: why the script was ended from outside, if it was, and whether by force."""

    cause: Literal["", "user", "timeout"]
    by_force: bool = False


class Pulse:
    """Says regularly that the owner lives, and learns what was asked of it meanwhile."""

    def __init__(self, execution_id: int, owner: str, *, soon: bool = False) -> None:
        """With `soon` the first beat asks the database, else what was known when this was made counts."""
        self._execution_id, self._owner = execution_id, owner
        self._check_due = 0.0 if soon else time.monotonic() + STOP_CHECK_EVERY
        self._heartbeat_due = time.monotonic() + HEARTBEAT_EVERY
        self._state = State.PREPARING

    def beat(self) -> State:
        """The state as it was known lately. Raises LetGo when the Execution has another owner or an end.

        A database that does not answer is waited for: the script continues.
        """
        now = time.monotonic()
        if now < self._check_due:
            return self._state
        self._check_due = now + STOP_CHECK_EVERY
        try:
            if now >= self._heartbeat_due:
                state = lifecycle.heartbeat(self._execution_id, self._owner)
                self._heartbeat_due = now + HEARTBEAT_EVERY
            else:
                state = lifecycle.state_of(self._execution_id, self._owner)
            if state is None:
                raise LetGo(is_over=lifecycle.is_over(self._execution_id))
        except UNREACHABLE as error:
            log.warning("Execution %s continues without the database: %s", self._execution_id, error)
            connection.close()
            self._check_due = now + TROUBLE_PAUSE
        else:
            self._state = state
        return self._state

    def beat_while_preparing(self) -> None:
        """Like `beat`, and raises StopAsked once someone asked for the end."""
        if self.beat() is State.STOPPING:
            raise StopAsked


class Reporter:
    """Stores what the script reports and uses, a little at a time."""

    def __init__(self, execution: Execution, script: Script, *, age: float) -> None:
        self._pk = execution.pk
        self._meter = Meter(
            lambda: [process.pid for process in script.family()], paths.work(execution.pk), age=age
        )
        self._clock = ConsoleClock(paths.console(execution.pk), paths.console_times(execution.pk))
        self._clock_stopped = False
        self._samples: dict[str, list[metrics.Point]] = {}
        self._size = -1
        self._due = time.monotonic() + METRICS_EVERY

    def tick(self) -> None:
        """Notes the console's growth at once, and stores what is due."""
        self._note_growth(self._clock.tick)
        for name, point in self._meter.sample().items():
            self._samples.setdefault(name, []).append(point)
        if time.monotonic() < self._due:
            return
        try:
            self.store()
        except UNREACHABLE:
            connection.close()
        self._due = time.monotonic() + METRICS_EVERY

    def store(self) -> None:
        size = metrics.size(self._pk)
        if size != self._size:
            metrics.ingest(self._pk)
            self._size = size
        self.store_samples()

    def store_samples(self) -> None:
        if self._samples:
            metrics.add_samples(self._pk, self._samples)
            self._samples = {}

    def finish(self) -> None:
        """The metrics that were reported since are stored by who settles the Execution."""
        self._note_growth(self._clock.finish)
        self.store_samples()

    def _note_growth(self, look: Callable[[], object]) -> None:
        """On a full disk lines have no times until there is room again: no reason to end the script."""
        try:
            look()
        except OSError as error:
            if not self._clock_stopped:
                log.warning("The console of Execution %s continues without times: %s", self._pk, error)
            self._clock_stopped = True
        else:
            self._clock_stopped = False


def watch(execution: Execution, owner: str, script: Script) -> Ended:
    """Stays until the script and all it started have ended, or are ended on request or by the time limit.

    Raises LetGo when the Execution is another's; a script with which nobody may go on is then ended.
    """
    age = (timezone.now() - execution.started_at).total_seconds() if execution.started_at else 0.0
    limit = None if execution.run.time_limit is None else time.monotonic() + execution.run.time_limit - age
    pulse, reporter = Pulse(execution.pk, owner, soon=True), Reporter(execution, script, age=max(0.0, age))
    cause: Literal["", "user", "timeout"] = "timeout" if execution.stop_cause == "timeout" else ""
    forced_at: float | None = None
    by_force = False
    try:
        while not script.wait(TICK):
            if not execution.shim:
                # Those that end before the first tick are found by their mark if need be.
                execution.shim = str(script.shim)
                patiently(lambda: lifecycle.record(execution.pk, owner, shim=execution.shim))
            reporter.tick()
            if pulse.beat() is State.STOPPING:
                cause = cause or "user"
            if not cause and limit is not None and time.monotonic() >= limit:
                cause = "timeout"
            if cause and forced_at is None:
                if cause == "timeout":
                    patiently(lambda: lifecycle.record(execution.pk, owner, stop_cause="timeout"))
                script.terminate()
                forced_at = time.monotonic() + settings.STOP_GRACE
            elif forced_at is not None and not by_force and time.monotonic() >= forced_at:
                by_force = True
                script.kill()
    except LetGo as gone:
        if gone.is_over:
            script.kill()
        raise
    left = settings.STOP_GRACE if forced_at is None else forced_at - time.monotonic()
    script.end_leftovers(grace=max(0.0, min(left, settings.STOP_GRACE)))
    patiently(reporter.finish)
    return Ended(cause=cause, by_force=by_force)
