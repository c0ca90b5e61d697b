"""One attempt from its claim to its end: prepare, start, watch, settle. Knows no queue."""

import logging
import secrets
from contextlib import suppress

from django.conf import settings
from django.utils import timezone

from coretex_site.lib import paths, smallfile
from runs import lifecycle
from runs.engine import executor, foreseen, prepare, starting
from runs.engine.executor import Script
from runs.engine.finalize import keep, settle
from runs.engine.monitor import UNREACHABLE, LetGo, Pulse, StopAsked, patiently, watch
from runs.engine.outcomes import Outcome, outcome
from runs.engine.prepare import Inputs, Refused
from runs.models import Execution
from runs.processes import ProcessId
from runs.records import logs
from runs.runtimes import environments
from runs.runtimes.failure import EnvironmentFailure
from runs.runtimes.steps import Builder
from runs.states import Reason, State

log = logging.getLogger(__name__)


def execute(execution: Execution, owner: str) -> None:
    """Executes what `owner` has claimed, to its end whatever that is."""
    with Attempt(execution, owner) as attempt:
        try:
            attempt.prepare()
            script = attempt.start()
        except StopAsked:
            message = lifecycle.message_of(execution.pk)
            settle(execution, owner, Outcome(state=State.STOPPED, message=message))
        except Refused as refused:
            failed = Outcome(state=State.FAILED, reason=refused.reason, message=str(refused))
            settle(execution, owner, failed)
        else:
            attempt.attend(script)


def resume(execution: Execution, owner: str) -> None:
    """Continues watching a script that another process had started, as if nothing had happened."""
    shim = ProcessId.parse(execution.shim)
    script = Script(shim=shim, exit_file=paths.exit_file(execution.pk), mark=prepare.mark(execution.pk))
    with Attempt(execution, owner) as attempt:
        attempt.attend(script)


class Attempt:
    """The steps. As a context it turns what we did not foresee into a failed Execution with a sentence."""

    def __init__(self, execution: Execution, owner: str) -> None:
        self._execution, self._owner = execution, owner
        self._pulse = Pulse(execution.pk, owner)
        self._inputs: Inputs | None = None
        self._script: Script | None = None
        self._step = Reason.SNAPSHOT
        self._progress: str | None = None
        self._has_spoken = False

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
            self.say(f"The server had an internal problem{why}. Reference {reference} in its log.")
        if self._script is not None:
            self._script.kill()
        try:
            keep(self._execution, self._owner, inputs=self._inputs)
        except Exception:
            # Perhaps that was the problem; what could not be kept stays where it is.
            log.exception("What Execution %s left is still in its working folder", self._execution)
        message = (
            f"The server had an internal problem{why}. Give your administrator the reference {reference}."
        )
        lifecycle.give_up(self._execution.pk, self._owner, self._step, message)
        return True

    def prepare(self) -> None:
        """Files, parameters and environment. Raises Refused, or StopAsked."""
        execution = self._execution
        self._inputs = prepare.lay_out(execution)
        self._datasets = self._inputs.datasets
        self._plan = starting.plan(execution.run)
        self._pulse.beat_while_preparing()
        self._step = Reason.ENVIRONMENT
        builder = Builder(
            node_name=execution.node.name if execution.node else settings.NODE_NAME,
            who=f"Run {execution.run_id}",
            console=paths.console(execution.pk),
            mark=prepare.mark(execution.pk),
            say=self.say,
            tick=self._pulse.beat_while_preparing,
            report=self._report,
            variables=settings.INSTALLER_VARIABLES,
            digests=self._inputs.manifest,
        )
        try:
            self._environment = environments.prepare(
                paths.work(execution.pk),
                tree=execution.run.snapshot_id,
                builder=builder,
                entry=execution.run.entry_script,
                exactly=execution.exactly,
            )
        except EnvironmentFailure as failure:
            raise Refused(Reason.ENVIRONMENT, str(failure)) from failure
        finally:
            if self._progress is not None:
                paths.progress(execution.pk).unlink(missing_ok=True)

    def start(self) -> Script:
        """Starts the script. It is noted as running before, so whoever finds that looks for it."""
        execution = self._execution
        what = starting.launch(execution, self._environment, self._plan)
        run = execution.run
        for line in foreseen.lines(run.snapshot_id, run.entry_script, self._environment.row):
            self.say(line)
        if self._plan.note:
            self.say(self._plan.note)
        now = timezone.now()
        # Nothing was printed before in most cases, and nothing is asked then.
        if self._has_spoken:
            execution.console_start = logs.size(execution.pk)
        marked = lifecycle.mark_start(
            execution.pk,
            self._owner,
            started_at=now,
            start_marked_at=now,
            environment=self._environment.row,
            datasets=self._datasets,
            **({"console_start": execution.console_start} if self._has_spoken else {}),
        )
        if not marked:
            Pulse(execution.pk, self._owner, soon=True).beat_while_preparing()
            raise LetGo(is_over=True)
        execution.started_at = execution.start_marked_at = now
        self._step = Reason.LOST
        self._script = executor.launch(what)
        return self._script

    def attend(self, script: Script) -> None:
        """Watches the script to its end and settles the Execution."""
        self._step, self._script = Reason.LOST, script
        execution = self._execution
        with script:
            ended = watch(execution, self._owner, script)
        stop_message = lifecycle.message_of(execution.pk) if ended.cause == "user" else ""
        if stop_message and ended.by_force:
            stop_message = (
                f"{stop_message.removesuffix('.')}; it did not end in time when asked to, and was killed."
            )
        result = outcome(
            script.exit_code,
            cause=ended.cause,
            stop_message=stop_message,
            time_limit=execution.run.time_limit,
        )
        if patiently(lambda: settle(execution, self._owner, result, inputs=self._inputs)):
            prepare.offer(execution)

    def _report(self, progress: str) -> None:
        """How far the preparation is, for the Run page."""
        if progress != (self._progress or ""):
            smallfile.replace(paths.progress(self._execution.pk), progress.encode())
            self._progress = progress

    def say(self, text: str) -> None:
        """Appends a line of ours to the console."""
        self._has_spoken = True
        with paths.console(self._execution.pk).open("ab") as file:
            file.write(f"{text}\n".encode())
