"""One attempt from its claim to its end: prepare, start, watch, settle. Knows no queue."""

import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from coretex_site.lib import paths
from runs import lifecycle
from runs.engine import executor, finalize, prepare
from runs.engine.executor import Script
from runs.engine.finalize import keep, settle
from runs.engine.monitor import UNREACHABLE, LetGo, Pulse, StopAsked, patiently, watch
from runs.engine.outcomes import Outcome, outcome
from runs.engine.prepare import Inputs, Refused
from runs.models import Environment, Execution
from runs.processes import ProcessId
from runs.runtimes import environments
from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.steps import Builder
from runs.states import Reason, State

log = logging.getLogger(__name__)


def execute(
    execution: Execution, owner: str, *, claim_next: Callable[[], Execution | None] = lambda: None
) -> Execution | None:
    """Executes what `owner` has claimed, to its end whatever that is.

    When its script succeeded, `claim_next` is called in the transaction that ends it, since between short
    scripts every transaction counts; what it claimed is returned, and is to be executed next.
    """
    with Attempt(execution, owner) as attempt:
        try:
            attempt.prepare()
            script = attempt.start()
        except StopAsked:
            message = lifecycle.message_of(execution.pk)
            settle(execution, owner, Outcome(state=State.STOPPED, message=message))
            return None
        except Refused as refused:
            failed = Outcome(state=State.FAILED, reason=refused.reason, message=str(refused))
            settle(execution, owner, failed)
            return None
        return attempt.attend(script, claim_next)
    return None


def at_hand(execution: Execution) -> Environment | None:
    """The environment of an Execution that this process can start at once; None when it has to prepare it."""
    if not prepare.is_at_hand(execution):
        return None
    found = environments.used_lately(
        execution.run.snapshot_id,
        node_name=settings.NODE_NAME,
        entry=execution.run.entry_script,
        since=execution.created_at,
    )
    return None if found is None else found.row


def resume(execution: Execution, owner: str) -> None:
    """Goes on watching a script that another process had started, as if nothing had happened."""
    shim = ProcessId.parse(execution.shim)
    script = Script(shim=shim, exit_file=paths.exit_file(execution.pk), mark=prepare.mark(execution.pk))
    with Attempt(execution, owner) as attempt:
        attempt.attend(script, lambda: None)


class Attempt:
    """The steps. As a context it turns what we did not foresee into a failed Execution with a sentence."""

    def __init__(self, execution: Execution, owner: str) -> None:
        self._execution, self._owner = execution, owner
        self._pulse = Pulse(execution.pk, owner)
        self._inputs: Inputs | None = None
        self._script: Script | None = None
        self._step = Reason.SNAPSHOT

    def __enter__(self) -> "Attempt":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: object
    ) -> bool:
        """Letting go is no problem. A database that does not answer is left to whoever adopts this later."""
        if isinstance(problem, LetGo):
            return True
        if problem is None or not isinstance(problem, Exception) or isinstance(problem, UNREACHABLE):
            return False
        reference = secrets.token_hex(4)
        log.error(
            "Execution %s failed in the server, reference %s", self._execution, reference, exc_info=problem
        )
        why = f": {problem.strerror} ({problem.filename})" if isinstance(problem, OSError) else ""
        with suppress(OSError):  # the console may be what the problem is about
            self.say(f"The server met a problem of its own{why}. Reference {reference} in its log.")
        if self._script is not None:
            self._script.kill()
        try:
            keep(self._execution, self._owner, inputs=self._inputs)
        except Exception:
            # Perhaps that was the problem; what could not be kept stays where it is.
            log.exception("What Execution %s left is still in its working folder", self._execution)
        message = f"The server met a problem of its own{why}. Give the operator the reference {reference}."
        failed = Outcome(state=State.FAILED, reason=self._step, message=message)
        moved = lifecycle.move(
            self._execution.pk,
            [State.PREPARING, State.RUNNING],
            failed.state,
            message=failed.message,
            reason=failed.reason,
            only_owner=self._owner,
        )
        if not moved:
            lifecycle.move(
                self._execution.pk, State.STOPPING, State.STOPPED, message=message, only_owner=self._owner
            )
        return True

    def prepare(self) -> None:
        """Files, parameters and environment. Raises Refused, or StopAsked."""
        execution = self._execution
        self._inputs = prepare.lay_out(execution)
        self._pulse.beat_while_preparing()
        self._step = Reason.ENVIRONMENT
        builder = Builder(
            node_name=execution.node.name,
            who=f"Run {execution.run_id}",
            console=paths.console(execution.pk),
            mark=prepare.mark(execution.pk),
            say=self.say,
            tick=self._pulse.beat_while_preparing,
        )
        try:
            self._environment = environments.prepare(
                paths.work(execution.pk),
                tree=execution.run.snapshot_id,
                builder=builder,
                entry=execution.run.entry_script,
                exactly=execution.exactly,
                since=execution.created_at,
            )
        except EnvironmentFailure as failure:
            raise Refused(Reason.ENVIRONMENT, str(failure)) from failure

    def start(self) -> Script:
        """Starts the script. It is noted as running before, so whoever finds that looks for it."""
        execution = self._execution
        what = prepare.launch(execution, self._environment)
        now = timezone.now()
        if execution.status is State.RUNNING and execution.environment_id == self._environment.row.pk:
            now = execution.claimed_at
        elif not self._note_start(now):
            Pulse(execution.pk, self._owner, soon=True).beat_while_preparing()
            raise LetGo(is_over=True)
        execution.started_at = execution.start_marked_at = now
        self._step = Reason.LOST
        self._script = executor.launch(what)
        return self._script

    def _note_start(self, now: datetime) -> bool:
        """False when it is not to be started any more."""
        facts = {"started_at": now, "start_marked_at": now, "environment": self._environment.row}
        if self._execution.status is State.RUNNING:  # with an environment that is gone by now
            return lifecycle.record(self._execution.pk, self._owner, **facts)
        return lifecycle.mark_start(self._execution.pk, self._owner, datasets=self._inputs.datasets, **facts)

    def attend(self, script: Script, claim_next: Callable[[], Execution | None]) -> Execution | None:
        """Watches the script to its end and settles the Execution; what was claimed meanwhile."""
        self._step, self._script = Reason.LOST, script
        execution = self._execution
        with script:
            ended = watch(execution, self._owner, script)
        asked = lifecycle.message_of(execution.pk) if ended.cause == "user" else ""
        if asked and ended.by_force:
            asked = f"{asked.removesuffix('.')}; it did not end in time when asked, and was killed."
        result = outcome(
            script.exit_code, cause=ended.cause, asked=asked, time_limit=execution.run.time_limit
        )

        def end() -> Execution | None:
            if not keep(execution, self._owner, inputs=self._inputs):
                return None
            with transaction.atomic():
                # Before the end: a Batch is held before any of its Runs is moved. A failure may be the
                # one after which no Run of the Batch is to start.
                claimed = claim_next() if result.state is State.SUCCEEDED else None
                is_ended = finalize.end(execution, self._owner, result)
            if is_ended:
                prepare.offer(execution)
            return claimed

        return patiently(end)

    def say(self, text: str) -> None:
        """Appends a line of ours to the console."""
        with paths.console(self._execution.pk).open("ab") as file:
            file.write(f"{text}\n".encode())
