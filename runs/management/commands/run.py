"""run TASK --set NAME=VALUE,VALUE …: starts every combination from a shell, as the Run Task form does."""

import sys
import time
from itertools import islice
from optparse import Values

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand

from coretex_site.lib import durations
from coretex_site.lib.address import site_address
from projects.access import may
from projects.models import Role
from runs.models import Batch, Run
from runs.queue import nodes
from runs.runspec import RunSpecError
from runs.states import FINAL, State
from runs.submission import forecast, progress
from runs.submission.command_line import Parser, from_options
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
USAGE = """manage.py run TASK [--set NAME=VALUE,VALUE ...] [options]

Starts a Run of TASK (its number or name) for every combination of the values; a parameter that is not set
has its default. A list is one value: --set 'layers=[64,64],[128]'. Numbers also at regular distances:
--set 'depth=1..9 step 2', --set 'lr=0.001..1 log 4', --set 'size=16,0..1 linear 5'."""


class Mistake(ValueError):
    """Something that was typed and cannot be done; the message says what."""


def make_parser() -> Parser:
    """What belongs to the specification, and what only this command knows."""
    parser = Parser(usage=USAGE)
    own = parser.add_option_group("How it is started")
    own.add_option(
        "--reuse",
        action="store_true",
        help="Leaves out what has already succeeded with this Snapshot and these values.",
    )
    own.add_option("--user", metavar="NAME", help="Who starts it; the Task's creator if left out.")
    own.add_option("--notify-email", default="", metavar="ADDRESS", help="Who gets an e-mail when it ends.")
    own.add_option(
        "--notify-url", default="", metavar="ADDRESS", help="The webhook that is told when it ends."
    )
    own.add_option("--dry-run", action="store_true", help="Shows the combinations and starts nothing.")
    own.add_option("--all", action="store_true", help=f"Shows all of them, not only the first {MOST_SHOWN}.")
    own.add_option(
        "--wait",
        action="store_true",
        help="Follows it to its end; the exit code is 0 only if every Run succeeded.",
    )
    return parser


class Command(BaseCommand):
    help = "Starts a Run for every combination of the values that are given."
    requires_system_checks = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Takes the arguments as they are: `--set` and the rest are those of a Run's specification."""
        parser = make_parser()
        if not argv[2:]:
            parser.print_help()
            sys.exit(2)
        try:
            code = self.start(*parser.parse_args(argv[2:]))
        except (Mistake, RunSpecError, SubmitError) as error:
            self.stderr.write(printable(str(error)))
            code = 2
        except KeyboardInterrupt:
            self.stderr.write("It continues in the background.")
            code = 130
        sys.exit(code)

    def start(self, options: Values, named: list[str]) -> int:
        if len(named) != 1:
            found = ", ".join(named) or "none"
            raise Mistake(f"Expected one Task, by its number or its name, but found {found}. See --help.")
        task = find_task(named[0])
        by = find_user(options.user, task)
        if task.project.archived_at is not None:
            raise Mistake(f"The Project {task.project.name} is archived: an owner can restore it.")
        spec = from_options(options, task.pk, (store.read_spec(task).spec or TaskSpec()).by_name)
        notify = Notify(email=options.notify_email, url=options.notify_url)
        planned = validate(task, spec, notify=notify)
        if options.dry_run:
            return self.show(Preview(plan=planned, reuse=bool(options.reuse)), everything=options.all)
        started = start(spec, by=by, reuse=bool(options.reuse), notify=notify)
        count = started.count - len(started.reused) if isinstance(started, Batch) else 1
        self.stdout.write(
            f"{runs(count)} of {one_line(task.name)}: {site_address()}{started.get_absolute_url()}"
        )
        return self.follow(started) if options.wait else 0

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
        for number, values in enumerate(islice(planned, size), start=1):
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
        while True:
            started.refresh_from_db()
            if (line := state_line(started)) != before:
                self.stdout.write(line)
                before = line
            if has_ended(started):
                break
            time.sleep(LOOK_EVERY)
        if isinstance(started, Batch):
            if started.build_error:
                raise Mistake(started.build_error)
            counts = progress.of(started).counts
            return 0 if sum(counts.values()) == counts[State.SUCCEEDED] else 1
        self.stdout.write("" if started.latest is None else started.latest.message)
        return 0 if started.status is State.SUCCEEDED else 1


def state_line(started: Run | Batch) -> str:
    if isinstance(started, Run):
        return started.state
    now = progress.of(started)
    parts = [f"{count:,} {state}" for state, count in now.counts.items() if count]
    return "building" if now.is_building else f"{now.finished:,} of {now.total:,}: {', '.join(parts)}"


def has_ended(started: Run | Batch) -> bool:
    return started.status in FINAL if isinstance(started, Run) else started.finished_at is not None


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


def runs(count: int) -> str:
    return f"{count:,} {'Run' if count == 1 else 'Runs'}"


def expected(found: forecast.Forecast) -> str:
    if found.total is None:
        return found.basis
    low, high = (durations.duration(seconds) for seconds in (found.total.low, found.total.high))
    return f"Takes about {low} to {high} on {found.slots} at once. {found.basis}"
