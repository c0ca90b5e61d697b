"""The one validator: a specification becomes a plan of its Runs, or every mistake in it is named at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from django.conf import settings

from coretex_site.lib import filetree
from runs import snapshots
from runs.models import Node, Snapshot
from runs.runspec import RunSpec
from runs.submission import notifications
from runs.submission.choices import Chosen, read_choices, stored
from runs.submission.errors import SubmitError
from runs.submission.notifications import NOBODY, Notify
from runs.submission.value_text import ValueTexts
from tasks import combinations, rules
from tasks.files import store
from tasks.models import Task
from tasks.other_languages import why_not_run
from tasks.runtime import entry_scripts
from tasks.types import equality
from tasks.types.declarations import TaskSpec, is_required

LONGEST_NAME = 100
LONGEST_DESCRIPTION = 1000
LONGEST_TIME_LIMIT = 365 * 24 * 3600
MOST_PRIORITY = 1000
MOST = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a specification makes of a Task, ready to be shown, counted and started."""

    spec: RunSpec
    task: Task
    declared: TaskSpec
    entry_script: str
    digest: str
    node: Node | None
    chosen: Chosen
    design: combinations.Design

    @property
    def count(self) -> int:
        """The total number of Runs."""
        return self.design.count

    @property
    def varying(self) -> list[str]:
        return self.design.varying

    def at(self, index: int) -> dict[str, Any]:
        """The values of Run number `index`, from 0, as they are stored."""
        return self.chosen.stored(self.design.at(index))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self.at(index) for index in range(self.count))

    def text_of(self, name: str, value: Any) -> str:
        """A value on one short line."""
        return self.shown.of(name, value)

    @cached_property
    def shown(self) -> ValueTexts:
        found = ValueTexts(self.declared, self.task.project_id)
        for name, values in self.chosen.shown.items():
            found.read(name, values)
        return found

    @cached_property
    def refusal(self) -> str:
        """Why it cannot be started, in a sentence; empty when it can."""
        if self.count == 0:
            return (
                f"None of the {self.design.product:,} combinations is left: all are excluded or unticked. "
                "Remove an exclusion."
            )
        if self.count > limit():
            return (
                f"These values make {self.count:,} Runs; a Batch may "
                f"have at most {limit():,}. Choose fewer values, exclude combinations or take a random "
                "sample; your administrator can raise CORETEX_BATCH_LIMIT."
            )
        return ""

    @cached_property
    def digests(self) -> list[str]:
        """The fingerprint of each Run's entry script and values, in order.

        Each value is written once and not in every combination, of which there may be thousands.
        """
        design, repeats = self.design, range(self.design.repeats)
        columns = []
        for name, places in sorted(design.places().items()):
            parameter = self.declared.by_name[name]
            shown = list(design.values[name])
            if name in design.conditions:
                shown.append(design.conditions[name].default)
            seeds = repeats if name == design.seed_parameter else [0] * len(repeats)
            texts = [
                [
                    equality.fingerprint_part(name, stored(parameter, text_of + seed if seed else text_of))
                    for seed in seeds
                ]
                for text_of in shown
            ]
            columns.append([text for place in places for text in texts[place]])
        rows = zip(*columns, strict=True) if columns else [()] * self.count
        return [equality.fingerprint_of_parts(self.entry_script, row) for row in rows]


def limit() -> int:
    """How many Runs a Batch may have."""
    return settings.BATCH_LIMIT


def validate(task: Task, spec: RunSpec, *, snapshot: Snapshot | None = None, notify: Notify = NOBODY) -> Plan:
    """The plan of `spec` for `snapshot`, else for the one that it names, else for the Task's files now.

    Raises SubmitError. That there are too many Runs, or none, is the plan's `refusal`.
    """
    if snapshot is None and spec.snapshot:
        snapshot = named_snapshot(task, spec.snapshot)
    files = _frozen(snapshot) if snapshot is not None else _current(task)
    script = spec.entry_script or (files.scripts[0] if files.scripts else "")
    node = None if not spec.node else Node.objects.filter(name=spec.node, forgotten_at=None).first()
    general = [
        *_script_problems(script, files),
        *_setting_problems(spec, node_is_there=node is not None),
        *(notifications.problems(notify) if notify != NOBODY else ()),
    ]
    chosen = read_choices(task.project, files.declared, spec)
    design = None
    if not chosen.problems:
        try:
            design = _design(spec, chosen)
            # What rules leave out is found out when it is counted.
            if 0 < design.count <= limit():
                _require(chosen, design)
        except (combinations.CombinationError, rules.RuleError) as error:
            general.append(str(error))
    if general or chosen.problems or design is None:
        raise SubmitError(*general, problems=chosen.problems, value_problems=chosen.value_problems)
    return Plan(
        spec=spec,
        task=task,
        declared=files.declared,
        entry_script=script,
        digest=files.digest,
        node=node,
        chosen=chosen,
        design=design,
    )


@dataclass(frozen=True, kw_only=True)
class _Files:
    """What is to run: what its task.yaml declares, the paths of its files, which of them can be run."""

    digest: str
    declared: TaskSpec
    paths: Sequence[str]
    scripts: Sequence[str]


def _current(task: Task) -> _Files:
    """The Task's files as they are now."""
    parsed = store.read_spec(task)
    if parsed.spec is None:
        first = parsed.errors[0]
        raise SubmitError(f"task.yaml has an error in line {first.line}: {first.message}.")
    paths = [file.path for file in store.list_files(task)]
    found = entry_scripts(paths, head=partial(filetree.head, store.root(task)))
    return _Files(digest=task.digest, declared=parsed.spec, paths=paths, scripts=found)


def _frozen(snapshot: Snapshot) -> _Files:
    """The same of a Snapshot."""
    try:
        paths = [path for path, _, _ in snapshots.read_list(snapshot.digest)]
        declared = snapshots.declared(snapshot.digest)
    except snapshots.SnapshotError as error:
        raise SubmitError(str(error)) from error
    found = entry_scripts(paths, head=partial(filetree.head, snapshots.root(snapshot.digest)))
    return _Files(digest=snapshot.digest, declared=declared, paths=paths, scripts=found)


def named_snapshot(task: Task, text: str) -> Snapshot:
    """The Task's Snapshot whose digest is or begins with `text`. Raises SubmitError."""
    try:
        return snapshots.find(task, text)
    except snapshots.SnapshotError as error:
        raise SubmitError(str(error)) from error


# Everything besides the values


def _script_problems(script: str, files: _Files) -> Iterator[str]:
    if not script:
        yield "The Task has no entry script. Add main.py, or another script."
    elif script not in files.scripts:
        why = f"{why_not_run(script)} " if script in files.paths else ""
        others = f"Choose one of: {', '.join(files.scripts[:20])}." if files.scripts else ""
        yield f"The Task has no entry script “{script}”. {why}{others}".strip()
    cwd = files.declared.cwd
    if cwd != "." and not any(path.startswith(f"{cwd}/") for path in files.paths):
        yield (
            f"task.yaml says “cwd: {cwd}”, but the Task has no file in a folder {cwd}. "
            "Add one there, or change cwd."
        )


def _setting_problems(spec: RunSpec, *, node_is_there: bool) -> Iterator[str]:
    if len(spec.name) > LONGEST_NAME:
        yield f"A name has at most {LONGEST_NAME} characters, found {len(spec.name)}."
    if len(spec.description) > LONGEST_DESCRIPTION:
        most = f"{LONGEST_DESCRIPTION:,}"
        yield f"A description has at most {most} characters, found {len(spec.description):,}."
    if spec.time_limit is not None and spec.time_limit > LONGEST_TIME_LIMIT:
        yield "Expected a time limit between 1 second and 365 days. Leave it out for none."
    if spec.node and not node_is_there:
        yield f"There is no node “{spec.node[:100]}”. Choose another, or any."
    yield from queue_problems(at_once=spec.at_once, stop_after=spec.stop_after, priority=spec.priority)


def queue_problems(*, at_once: int | None, stop_after: int | None, priority: int) -> Iterator[str]:
    for words, number in (("concurrent Runs", at_once), ("failures before stopping", stop_after)):
        if number is not None and not 1 <= number <= MOST:
            yield f"The number of {words} must be 1 or more, or left empty, but is {number}."
    if not -MOST_PRIORITY <= priority <= MOST_PRIORITY:
        yield f"A priority is a whole number from -{MOST_PRIORITY} to {MOST_PRIORITY}, found {priority}."


# How the values are combined


def _design(spec: RunSpec, chosen: Chosen) -> combinations.Design:
    return combinations.Design(
        values=chosen.shown,
        pairs=spec.pairs,
        exclude=spec.exclude,
        without=[chosen.shown_of(single) for single in spec.without],
        repeats=spec.repeats,
        seed_parameter=spec.seed_parameter,
        sample=spec.sample,
        sample_seed=spec.sample_seed,
        conditions=chosen.conditions,
    )


def _require(chosen: Chosen, design: combinations.Design) -> None:
    """Adds a problem for each parameter that has no value in a combination in which it needs one."""
    for parameter in chosen.may_lack_value:
        lacking = []
        for values in (chosen.stored(combination) for combination in _each(design)):
            flaws = parameter.type.problems(
                values[parameter.name], required=is_required(parameter, values), declared=parameter
            )
            if flaws:
                lacking.append((values, flaws[0]))
        if lacking:
            chosen.add_problem(parameter.name, _lacking(lacking, design))


def _each(design: combinations.Design) -> Iterator[Mapping[str, Any]]:
    return (design.at(index) for index in range(0, design.count, design.repeats))


def _lacking(lacking: Sequence[tuple[Mapping[str, Any], str]], design: combinations.Design) -> str:
    sentence = lacking[0][1]
    if len(lacking) == design.combination_count:
        return sentence
    return f"{sentence}, in {len(lacking):,} of {design.combination_count:,} combinations"
