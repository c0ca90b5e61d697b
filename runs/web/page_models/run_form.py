"""What the Run Task screen shows and submits: the Task as it is, the form, an earlier Run. Knows no HTTP."""

from dataclasses import dataclass, field
from functools import cached_property

from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils.text import capfirst

from coretex_site.lib import filetree
from runs import snapshots
from runs.models import Batch, Preset, Run, Snapshot
from runs.runspec import RunSpec
from runs.submission import presets
from runs.submission.errors import SubmitError
from runs.submission.run_actions import write_time_limit
from runs.submission.start import default_name, start
from runs.submission.validate import named_snapshot, validate
from runs.web.forms import combine
from runs.web.forms.combine import CombineForm
from runs.web.forms.run import RunForm, like
from runs.web.page_models import earlier_run, spec_values
from runs.web.page_models.prefill import NOTHING_ASKED, Asked
from runs.web.page_models.preview import Outlook
from tasks.files import diff, overview, store
from tasks.forms.form import ParameterForm
from tasks.models import Task
from tasks.runtime import entry_scripts
from tasks.types.declarations import TaskSpec

CHANGES_SHOWN = 12


@dataclass(kw_only=True)
class Screen:
    """One showing of the form of `task`; with `data`, as it was sent.

    With `source` it is filled from that Run, with `asked` from a specification; `page` of its combinations.
    """

    task: Task
    source: Run | None = None
    data: QueryDict | None = None
    asked: Asked = NOTHING_ASKED
    page: int = 1
    notices: list[str] = field(default_factory=list)
    general: list[str] = field(default_factory=list)

    @cached_property
    def files(self) -> list[filetree.File]:
        return store.list_files(self.task)

    @cached_property
    def summary(self) -> overview.Summary:
        return overview.summary(self.task, self.files)

    @property
    def spec(self) -> TaskSpec | None:
        """What is declared; None while task.yaml has errors."""
        if self.snapshot is not None:
            return snapshots.declared(self.snapshot.digest)
        return TaskSpec() if self.summary.parsed is None else self.summary.parsed.spec

    @property
    def given(self) -> RunSpec | None:
        return self.asked.spec

    @cached_property
    def snapshot(self) -> Snapshot | None:
        """The Snapshot that is to run instead of the Task's files as they are now."""
        given = self.given.snapshot if self.given is not None else ""
        text = given if self.data is None else self.data.get("snapshot", "")
        if not text:
            return None
        try:
            found = named_snapshot(self.task, text)
            snapshots.declared(found.digest)
        except (SubmitError, snapshots.SnapshotError) as error:
            self.notices.append(f"{error} The Task's files as they are now are shown instead.")
            return None
        return found

    @cached_property
    def scripts(self) -> list[str]:
        if self.snapshot is None:
            return self.summary.entry_scripts
        return entry_scripts(path for path, _, _ in snapshots.read_list(self.snapshot.digest))

    @cached_property
    def filling(self) -> spec_values.Filling | None:
        return None if self.given is None else spec_values.read(self.given, self.spec or TaskSpec())

    @cached_property
    def earlier(self) -> earlier_run.Earlier | None:
        return None if self.source is None else earlier_run.read(self.source, self.spec or TaskSpec())

    @cached_property
    def parameters(self) -> ParameterForm:
        source = self.filling or self.earlier
        return ParameterForm(
            self.spec or TaskSpec(),
            self.data,
            project=self.task.project,
            initial_values=None if source is None else source.values,
            initial_several=None if self.filling is None else self.filling.texts,
        )

    @cached_property
    def combine(self) -> CombineForm:
        return CombineForm(self.data, spec=self.spec or TaskSpec(), given=self.given)

    @cached_property
    def run(self) -> RunForm:
        scripts, name = self.scripts, default_name(self.task)
        initial: dict[str, object] = {"name": name}
        if self.given is not None:
            initial, _ = spec_values.run_initial(self.given, scripts, name=name)
        if self.source is not None:
            limit = write_time_limit(self.source.time_limit)
            initial = {**like(self.source, scripts, name=name), "time_limit": limit}
        return RunForm(self.data, scripts=scripts, spec=self.spec or TaskSpec(), initial=initial)

    @property
    def given_notes(self) -> list[str]:
        """What the specification that fills the form says and the form cannot show."""
        if self.given is None or self.filling is None:
            return []
        return [*self.filling.notes, *spec_values.run_initial(self.given, self.scripts, name="")[1]]

    @property
    def from_query(self) -> str:
        return self.asked.query or ("" if self.source is None else f"?from={self.source.pk}")

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
        return list(diff.changed_paths(before, store.entries(self.task)).items())

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
        return [*found, *combine.sentences(self.combine)]

    @property
    def presets(self) -> list[Preset]:
        return list(presets.presets(self.task))

    # Several values

    @property
    def is_several(self) -> bool:
        """Whether it is for a plan to say what runs, and not one Run of what the form shows."""
        return bool(self.parameters.several) or self.combine.is_used or self.snapshot is not None

    def as_spec(self) -> RunSpec:
        """What the form asks for; what is wrong beside the values has its default."""
        for form in (self.run, self.combine):
            form.is_valid()
        chosen = self.run.cleaned_data
        node = chosen.get("node")
        return RunSpec(
            task=self.task.pk,
            entry_script=chosen.get("entry_script", ""),
            name=chosen.get("name", ""),
            description=chosen.get("description", ""),
            node="" if node is None else node.name,
            time_limit=chosen.get("time_limit"),
            values=self.parameters.all_values(),
            **self.combine.combined(),
        )

    def look_ahead(self) -> None:
        """Finds what the values would start, or what is wrong with them together."""
        self.outlook  # noqa: B018

    @cached_property
    def outlook(self) -> Outlook | None:
        """What would be started; None while something is wrong, which the form then shows."""
        if not self.parameters.is_valid() or not self.combine.is_valid():
            return None
        try:
            made = validate(self.task, self.as_spec(), snapshot=self.snapshot)
        except SubmitError as error:
            self.general = error.general
            self.parameters.add_problems(error.problems)
            return None
        return Outlook(plan=made, number=self.page, reuse=self.combine.cleaned_data["reuse"])

    @property
    def wrong_parameters(self) -> list[tuple[str, str]]:
        """(id, name) of each parameter whose values keep the combinations from being counted."""
        return [(drawn.id, name) for name, drawn in self.parameters.inputs.items() if drawn.errors]

    @property
    def combination_problems(self) -> list[str]:
        """What is wrong with how the values are combined."""
        return [*self.general, *(sentence for _, sentence in combine.sentences(self.combine))]

    @property
    def label(self) -> str:
        """What the button says."""
        if not self.is_several:
            return "Run Task"
        return "Start Runs" if self.outlook is None else self.outlook.label

    def submit(self, *, by: User) -> Run | Batch | None:
        """What the form asks for; None when there are mistakes, which the screen then shows."""
        if self.run.spec_has_changed:
            self.notices.append(
                "task.yaml was changed while this form was open. It shows the parameters as they are now, "
                "with what you had typed: look them over, then press Run Task again."
            )
            self.run.data = self.run.data.copy()
            self.run.data["spec"] = self.run.version
            return None
        if not all([self.run.is_valid(), self.parameters.is_valid(), self.combine.is_valid()]):
            return None
        try:
            return start(
                self.as_spec(),
                by=by,
                form_token=self.run.cleaned_data["token"],
                reuse=self.combine.cleaned_data["reuse"],
                notify=self.combine.notify,
            )
        except SubmitError as error:
            self.show_problems(error)
            return None

    def show_problems(self, error: SubmitError) -> None:
        """Sentences about parameters at these, the others above the form."""
        here = {name: told for name, told in error.problems.items() if name in self.parameters.inputs}
        self.general = error.general
        self.notices += error.general
        for name, told in error.problems.items():
            self.notices += [] if name in here else told
        self.parameters.add_problems(here)
