"""Whether a specification can be started apart from its values: name, numbers, node, Snapshot, addresses."""

from runs import snapshots
from runs.models import Node, Snapshot
from runs.runspec import RunSpec
from runs.submission import notifications, plan, run_actions
from runs.submission.notifications import Notify
from runs.submission.run_actions import SubmitError
from tasks.models import Task

NOBODY = Notify()
MOST_PRIORITY = 1000
MOST = 2**31 - 1


def check(spec: RunSpec, notify: Notify = NOBODY) -> None:
    """Raises SubmitError unless everything besides the values can be stored and done."""
    if len(spec.name) > run_actions.LONGEST_NAME:
        raise SubmitError(
            f"A name has at most {run_actions.LONGEST_NAME} characters, found {len(spec.name)}."
        )
    if len(spec.description) > 1000:
        raise SubmitError(f"A description has at most 1,000 characters, found {len(spec.description):,}.")
    check_priority(spec.priority)
    if spec.time_limit is not None and spec.time_limit > run_actions.LONGEST:
        raise SubmitError("Expected a time limit between 1 second and 365 days. Leave it out for none.")
    for words, number in (("Runs at once", spec.at_once), ("failures to stop after", spec.stop_after)):
        check_number(words, number)
    find_node(spec)
    try:
        notifications.check(notify)
    except notifications.NoticeError as error:
        raise SubmitError(str(error)) from error


def check_number(words: str, number: int | None) -> None:
    if number is not None and not 1 <= number <= MOST:
        raise SubmitError(f"The number of {words} is to be 1 or more, or left empty, but is {number}.")


def check_priority(priority: int) -> None:
    if not -MOST_PRIORITY <= priority <= MOST_PRIORITY:
        raise SubmitError(
            f"A priority is a whole number from -{MOST_PRIORITY} to {MOST_PRIORITY}, found {priority}."
        )


def find_node(spec: RunSpec) -> Node | None:
    if not spec.node:
        return None
    node = Node.objects.filter(name=spec.node, forgotten_at=None).first()
    if node is None:
        raise SubmitError(f"There is no node “{spec.node[:100]}”. Choose another, or any.")
    return node


def freeze(task: Task, spec: RunSpec) -> Snapshot:
    """The Snapshot that is named, else one of the Task's files as they are now."""
    if spec.snapshot:
        return plan.find_snapshot(task, spec.snapshot)
    try:
        return snapshots.freeze(task)
    except snapshots.SnapshotError as error:
        raise SubmitError(str(error)) from error
