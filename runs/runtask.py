"""What the Run Task screen shows and submits: the Task as it is, the form, an earlier Run. Knows no HTTP."""

from dataclasses import dataclass, field
from functools import cached_property

from django.contrib.auth.models import AbstractBaseUser
from django.http import QueryDict
from django.utils.text import capfirst

from coretex_site.lib import filetree
from runs import earlier, snapshots, submit
from runs.forms import RunForm, like
from runs.models import Run
from tasks import codetree, difference, overview
from tasks.declarations import TaskSpec
from tasks.forms import ParameterForm
from tasks.models import Task

CHANGES_SHOWN = 12


@dataclass(kw_only=True)
class Screen:
    """One showing of the form of `task`; with `data`, as it was sent; with `source`, filled from that Run."""

    task: Task
    source: Run | None = None
    data: QueryDict | None = None
    notices: list[str] = field(default_factory=list)

    @cached_property
    def files(self) -> list[filetree.File]:
        return codetree.list_files(self.task)

    @cached_property
    def summary(self) -> overview.Summary:
        return overview.summary(self.task, self.files)

    @property
    def spec(self) -> TaskSpec | None:
        """None while task.yaml has errors."""
        return TaskSpec() if self.summary.parsed is None else self.summary.parsed.spec

    @cached_property
    def earlier(self) -> earlier.Earlier | None:
        return None if self.source is None else earlier.read(self.source, self.spec or TaskSpec())

    @cached_property
    def parameters(self) -> ParameterForm:
        return ParameterForm(
            self.spec or TaskSpec(),
            self.data,
            project=self.task.project,
            initial_values=None if self.earlier is None else self.earlier.values,
        )

    @cached_property
    def run(self) -> RunForm:
        scripts, name = self.summary.entry_scripts, submit.default_name(self.task)
        initial = {"name": name}
        if self.source is not None:
            limit = submit.write_time_limit(self.source.time_limit)
            initial = {**like(self.source, scripts, name=name), "time_limit": limit}
        return RunForm(self.data, scripts=scripts, spec=self.spec or TaskSpec(), initial=initial)

    @property
    def from_query(self) -> str:
        return "" if self.source is None else f"?from={self.source.pk}"

    @property
    def source_script_is_gone(self) -> bool:
        return self.source is not None and self.source.entry_script not in self.summary.entry_scripts

    @cached_property
    def newest(self) -> Run | None:
        """The Task's newest Run, with which its files are compared."""
        return self.task.runs.order_by("-pk").first()

    @cached_property
    def changes(self) -> list[tuple[str, str]]:
        """(path, added, changed or removed) of the files that differ from the newest Run's Snapshot."""
        if self.newest is None or not snapshots.task_differs(self.task, self.newest.snapshot_id):
            return []
        try:
            frozen = snapshots.read_list(self.newest.snapshot_id)
        except snapshots.SnapshotError:
            return []
        before = {path: (executable, sha256) for path, executable, sha256 in frozen}
        return list(difference.changed_paths(before, codetree.entries(self.task)).items())

    @property
    def changes_shown(self) -> list[tuple[str, str]]:
        return self.changes[:CHANGES_SHOWN]

    @property
    def changes_left(self) -> int:
        return max(0, len(self.changes) - CHANGES_SHOWN)

    @property
    def errors(self) -> list[tuple[str, str]]:
        """(id of the field, sentence) of all mistakes, for the summary above the form."""
        found = [
            (self.run[name].id_for_label, f"{capfirst(name.replace('_', ' '))}: {sentence}")
            for name, sentences in self.run.errors.items()
            for sentence in sentences
        ]
        for name, drawn in self.parameters.inputs.items():
            found += [(drawn.id, f"{name}: {sentence}") for sentence in drawn.errors]
        return found

    def submit(self, *, by: AbstractBaseUser) -> Run | None:
        """The Run that the form asks for; None when there are mistakes, which the screen then shows."""
        if self.run.spec_has_changed:
            self.notices.append(
                "task.yaml was changed while this form was open. It shows the parameters as they are now, "
                "with what you had typed: look them over, then press Run Task again."
            )
            self.run.data = self.run.data.copy()
            self.run.data["spec"] = self.run.version
            return None
        if not (self.run.is_valid() and self.parameters.is_valid()):
            return None
        chosen = self.run.cleaned_data
        try:
            return submit.submit(
                self.task,
                entry_script=chosen["entry_script"],
                values=self.parameters.values(),
                user=by,
                name=chosen["name"],
                description=chosen["description"],
                node=chosen["node"],
                time_limit=chosen["time_limit"],
                form_token=chosen["token"],
            )
        except submit.SubmitError as error:
            self.notices.append(str(error))
            for name, sentences in error.problems.items():
                if name in self.parameters.inputs:
                    self.parameters.add_error(f"p-{name}", [capfirst(sentence) for sentence in sentences])
                else:
                    self.notices += sentences
            self.parameters.__dict__.pop("inputs", None)
            return None
