"""run TASK --set NAME=VALUE,VALUE …: starts every combination from a shell, as the Run Task form does."""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand

from coretex_site.lib import durations
from coretex_site.lib.address import site_address
from projects.access import may
from projects.models import Role
from runs.models import Batch, Run
from runs.queue import nodes
from runs.runspec import RunSpec, RunSpecError
from runs.states import FINAL, State
from runs.submission import forecast, progress
from runs.submission.command_line import from_arguments
from runs.submission.errors import SubmitError
from runs.submission.notifications import Notify
from runs.submission.start import start
from runs.submission.validate import validate
from runs.web.page_models.preview import Preview
from tasks.files import store
from tasks.models import Task
from tasks.types.declarations import TaskSpec
from tasks.types.wording import one_line, printable

MOST_SHOWN = 100
LOOK_EVERY = 0.5
FLAGS = {"--dry-run", "--all", "--wait", "--reuse"}
OPTIONS = {"--user", "--notify-email", "--notify-url"}
# What is written without quotes is a text for these, even if it looks like a number.
WORDS = {"str", "enum", "aws_secret", "git_secret", "credentials_secret"}

HELP = """\
usage: manage.py run TASK [--set NAME=VALUE,VALUE …] [options]

Starts a Run of TASK (its number or name) for every combination of the values; a parameter that is not set
has its default. A list is one value: --set 'layers=[64,64],[128]'. Numbers also at regular distances:
--set 'depth=1..9 step 2', --set 'lr=0.001..1 log 4', --set 'size=16,0..1 linear 5'.

how values combine:
  --pair A,B                  the values of A and B go together, first with first
  --exclude RULE              leaves combinations out: 'batch = 64 and size > 512'
  --without JSON              leaves a single combination out: '{"batch": 64, "size": 1024}'
  --repeats N                 runs each combination N times; --seed-parameter NAME counts up meanwhile
  --sample N                  N combinations drawn at random with --sample-seed SEED
what is run, and how:
  --entry-script PATH --snapshot DIGEST --node NAME --time-limit SECONDS --name NAME --description TEXT
  --at-once N                 as many Runs at the same time at most
  --stop-after N              starts none after N failures
  --priority N                higher first
  --reuse                     leaves out what has already succeeded with this Snapshot and these values
  --user NAME                 who starts it; the Task's creator if left out
  --notify-email ADDRESS --notify-url ADDRESS   who is notified when it ends
here:
  --dry-run                   shows the combinations (the first 100; --all shows all) and starts nothing
  --wait                      follows it to its end; the exit code is 0 only if every Run succeeded
"""


class Mistake(ValueError):
    """Something that was typed and cannot be done; the message says what."""


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """The command line taken apart: what is for RunSpec, and what only this command knows."""

    rest: list[str]
    flags: set[str] = field(default_factory=set)
    options: dict[str, str] = field(default_factory=dict)


class Command(BaseCommand):
    help = "Starts a Run for every combination of the values that are given."
    requires_system_checks = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Takes the arguments as they are: `--set` and the rest are those of a Run's specification."""
        if not argv[2:] or {"-h", "--help"} & set(argv[2:]):
            self.stdout.write(HELP, ending="")
            sys.exit(0 if argv[2:] else 2)
        try:
            code = self.start(take_apart(argv[2:]))
        except (Mistake, RunSpecError, SubmitError) as error:
            self.stderr.write(printable(str(error)))
            code = 2
        except KeyboardInterrupt:
            self.stderr.write("It continues in the background.")
            code = 130
        sys.exit(code)

    def start(self, parsed: Parsed) -> int:
        task = find_task(next((text for text in parsed.rest if not text.startswith("--")), ""))
        by = find_user(parsed.options.get("--user"), task)
        if task.project.archived_at is not None:
            raise Mistake(f"The Project {task.project.name} is archived: an owner can restore it.")
        spec = read(task, parsed.rest)
        notify = Notify(
            email=parsed.options.get("--notify-email", ""), url=parsed.options.get("--notify-url", "")
        )
        planned = validate(task, spec, notify=notify)
        if "--dry-run" in parsed.flags:
            preview = Preview(plan=planned, reuse="--reuse" in parsed.flags)
            return self.show(preview, everything="--all" in parsed.flags)
        started = start(spec, by=by, reuse="--reuse" in parsed.flags, notify=notify)
        count = started.count - len(started.reused) if isinstance(started, Batch) else 1
        self.stdout.write(
            f"{runs(count)} of {one_line(task.name)}: {site_address()}{started.get_absolute_url()}"
        )
        return self.follow(started) if "--wait" in parsed.flags else 0

    def show(self, preview: Preview, *, everything: bool) -> int:
        """The combinations, by what varies; nothing is started."""
        planned = preview.plan
        self.stdout.write(f"Total number of Runs: {planned.count:,}")
        if planned.refusal:
            raise Mistake(planned.refusal)
        if preview.already:
            left = "they are left out." if preview.reuse else "--reuse leaves them out."
            self.stdout.write(
                f"{len(preview.already):,} of {planned.count:,} already succeeded with this Snapshot and "
                f"these values; {left}"
            )
        if preview.forecast is None:
            raise Mistake(preview.refusal)
        self.stdout.write(expected(preview.forecast))
        names = planned.varying or list(planned.declared.by_name)
        size = planned.count if everything else MOST_SHOWN
        for number, values in enumerate(planned.page(0, size), start=1):
            chosen = "  ".join(f"{one_line(name)}={planned.text_of(name, values[name])}" for name in names)
            self.stdout.write(f"{number:>6}  {chosen}".rstrip())
        if planned.count > size:
            self.stdout.write(f"… and {planned.count - size:,} more; --all shows them.")
        return 0

    def follow(self, started: Run | Batch) -> int:
        """Prints every change until the end; 0 when all succeeded."""
        if not nodes.live_nodes().exists():
            self.stdout.write("No node is running, so it stays queued. Start one with: python3 manage.py up")
        before = ""
        for line, _ in looks(started):
            if line != before:
                self.stdout.write(line)
                before = line
        started.refresh_from_db()
        if isinstance(started, Batch):
            if started.build_error:
                raise Mistake(started.build_error)
            counts = progress.counts(started)
            return 0 if sum(counts.values()) == counts[State.SUCCEEDED] else 1
        self.stdout.write("" if started.latest is None else started.latest.message)
        return 0 if started.status is State.SUCCEEDED else 1


def looks(started: Run | Batch) -> Iterator[tuple[str, bool]]:
    """(a line about it, whether it has ended), again and again until it has."""
    over = False
    while not over:
        started.refresh_from_db()
        if isinstance(started, Batch):
            over = started.finished_at is not None
            now = progress.of(started)
            parts = [f"{count:,} {state}" for state, count in now.counts.items() if count]
            line = "building" if now.is_building else f"{now.finished:,} of {now.total:,}: {', '.join(parts)}"
        else:
            over = started.status in FINAL
            line = started.state
        yield line, over
        if not over:
            time.sleep(LOOK_EVERY)


def take_apart(arguments: Sequence[str]) -> Parsed:
    """Separates this command's own options from those of the specification."""
    parsed = Parsed(rest=[])
    rest = iter(arguments)
    for argument in rest:
        option, has_value, text = argument.partition("=")
        if argument in FLAGS:
            parsed.flags.add(argument)
        elif option in OPTIONS:
            value = text if has_value else next(rest, None)
            if value is None:
                raise Mistake(f"The option {option} needs a value.")
            parsed.options[option] = value
        else:
            parsed.rest.append(argument)
            # The value of another option may look like one of ours.
            if argument.startswith("--") and not has_value:
                parsed.rest.extend(value for value in [next(rest, None)] if value is not None)
    if not parsed.rest or parsed.rest[0].startswith("--"):
        raise Mistake("The Task comes first: its number or its name. See --help.")
    return parsed


def find_task(text: str) -> Task:
    tasks = Task.objects.select_related("project", "created_by")
    numbered = tasks.filter(pk=int(text)) if text.isdecimal() and len(text) < 19 else tasks.none()
    found = list(numbered) or list(tasks.filter(name__iexact=text)[:20])
    if len(found) == 1:
        return found[0]
    if not found:
        raise Mistake(f"There is no Task {text!r}. Give its number or its name.")
    listed = ", ".join(f"{task.pk} (Project {task.project.name})" for task in found)
    raise Mistake(f"Several Tasks are called {text!r}: {listed}. Give the number.")


def find_user(name: str | None, task: Task) -> User:
    if name is None:
        return task.created_by
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise Mistake(f"There is no user {name!r}.")
    if not may(user, task.project, Role.EDITOR):
        raise Mistake(f"{name} may not run Tasks in the Project {task.project.name}.")
    return user


def read(task: Task, arguments: Sequence[str]) -> RunSpec:
    declared: TaskSpec = store.read_spec(task).spec or TaskSpec()
    texts = [parameter.name for parameter in declared.parameters if parameter.data_type in WORDS]
    return from_arguments([str(task.pk), *arguments[1:]], texts=texts, declared=declared.by_name)


def runs(count: int) -> str:
    return f"{count:,} {'Run' if count == 1 else 'Runs'}"


def expected(found: forecast.Forecast) -> str:
    if found.total is None:
        return found.basis
    low, high = (durations.duration(seconds) for seconds in (found.total.low, found.total.high))
    return f"Takes about {low} to {high} on {found.slots} at once. {found.basis}"
