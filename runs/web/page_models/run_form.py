"""The Run Task form: parameters, how they combine and how they run, as a specification and back. No HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from django.http import QueryDict
from django.utils.text import capfirst

from coretex_site.lib import filetree, paths
from runs import snapshots
from runs.models import Snapshot
from runs.runspec import RunSpec
from runs.submission.errors import SubmitError
from runs.submission.start import default_name
from runs.submission.validate import named_snapshot, validate
from runs.web.forms import combine
from runs.web.forms.combine import CombineForm
from runs.web.forms.run import RunForm
from runs.web.page_models import form_values
from runs.web.page_models.prefill import NOTHING, Prefill
from runs.web.page_models.preview import Preview
from tasks.files import overview, store
from tasks.forms.form import ParameterForm
from tasks.models import Task
from tasks.preflight import effects, reading
from tasks.preflight.findings import Finding
from tasks.runtime import Runtime, entry_scripts
from tasks.taskyaml.spec import Problem
from tasks.types.declarations import TaskSpec

CHANGED_MEANWHILE = (
    "task.yaml was changed while this form was open. The form now shows the current parameters, "
    "with what you had entered: review them, then press Run Task again."
)


@dataclass(kw_only=True)
class RunTaskForm:
    """The form of `task`: filled by `prefill`, or with `data` as it was sent.

    `page` of its combinations is shown; `done` says what a button beside Start has done, and `asks` whether
    it is shown to ask its question.
    """

    task: Task
    data: QueryDict | None = None
    prefill: Prefill = NOTHING
    page: int = 1
    notices: list[str] = field(default_factory=list)
    general: list[str] = field(default_factory=list)
    done: str = ""
    asks: bool = False

    def __post_init__(self) -> None:
        self.notices = [*self.prefill.problems, *self.notices]

    # What it is made from

    @cached_property
    def files(self) -> list[filetree.File]:
        return store.list_files(self.task)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Those of the Task's task.yaml; none when the files of a Snapshot are run."""
        parsed = self.summary.parsed
        return () if parsed is None or self.snapshot is not None else parsed.warnings

    @cached_property
    def summary(self) -> overview.Summary:
        return overview.summary(self.task, self.files)

    @cached_property
    def snapshot(self) -> Snapshot | None:
        """The Snapshot that is to run instead of the Task's files as they are now."""
        given = self.prefill.spec.snapshot if self.prefill.spec is not None else ""
        text = given if self.data is None else self.data.get("snapshot", "")
        if not text:
            return None
        try:
            found = named_snapshot(self.task, text)
            snapshots.declared(found.digest)
        except (SubmitError, snapshots.SnapshotError) as error:
            self.notices.append(f"{error} The Task's current files are shown instead.")
            return None
        return found

    @cached_property
    def declared(self) -> TaskSpec | None:
        """What task.yaml declares; None while it has errors."""
        if self.snapshot is not None:
            return snapshots.declared(self.snapshot.digest)
        return TaskSpec() if self.summary.parsed is None else self.summary.parsed.spec

    @cached_property
    def scripts(self) -> list[str]:
        if self.snapshot is None:
            return self.summary.entry_scripts
        digest = self.snapshot.digest
        paths = [path for path, _, _ in snapshots.read_list(digest)]
        return entry_scripts(paths, head=partial(filetree.head, snapshots.root(digest)))

    @cached_property
    def runtime(self) -> Runtime:
        """The runtime of the entry script that is chosen in it."""
        if self.snapshot is not None:
            listed = (path for path, _, _ in snapshots.read_list(self.snapshot.digest))
            return overview.runtime_of(paths.snapshot(self.snapshot.digest), listed, entry=self.script)
        return overview.runtime_of(
            store.root(self.task), (file.path for file in self.files), entry=self.script
        )

    @property
    def can_run(self) -> bool:
        return self.declared is not None and not self.summary.cannot_run

    # What its files say about how they would run

    @property
    def script(self) -> str:
        """The entry script that is chosen in it."""
        return str(self.run["entry_script"].value() or self.scripts[0]) if self.scripts else ""

    @property
    def _tree(self) -> tuple[Path, str]:
        """The folder of the files that are to run, and their digest."""
        if self.snapshot is not None:
            return snapshots.root(self.snapshot.digest), self.snapshot.digest
        return store.root(self.task), self.task.digest

    @property
    def findings(self) -> Sequence[Finding]:
        if self.snapshot is None:
            return reading.findings(self.task, self.script)
        return reading.findings_at(*self._tree, self.script)

    @cached_property
    def unread(self) -> list[str]:
        """The parameters that the chosen script surely never reads."""
        return reading.unread_parameters(*self._tree, self.script)

    @property
    def no_effect(self) -> str:
        """The sentence about them; empty if there are none."""
        return effects.sentence(self.unread, self.script)

    @property
    def varied_in_vain(self) -> list[str]:
        """Those of them that are given several values, so that Runs would only repeat each other."""
        return [name for name in self.unread if name in self.parameters.several]

    @property
    def confirmed(self) -> list[str]:
        """The parameters that the question was about before, so that it comes only once."""
        return [] if self.data is None else self.data.getlist("confirmed")

    @property
    def confirmed_next(self) -> list[str]:
        """Those that it was about once the form is shown."""
        return list(dict.fromkeys([*self.confirmed, *(self.varied_in_vain if self.asks else [])]))

    @property
    def may_fix(self) -> bool:
        """Whether what is found can be fixed: files that are frozen already cannot."""
        return self.snapshot is None

    @property
    def question(self) -> str:
        """What to ask once before it starts; empty when there is nothing, or it was shown before."""
        if not self.parameters.several or set(self.varied_in_vain) <= set(self.confirmed):
            return ""
        what = effects.sentence(self.varied_in_vain, self.script)
        return f"{what} Runs that differ only in this will do the same. Start them all the same?"

    # Its three parts

    @cached_property
    def filled(self) -> form_values.FormValues:
        """What the prefill shows in it."""
        if self.prefill.spec is None:
            return form_values.FormValues(values={}, texts={}, notes=[])
        return form_values.read(self.prefill.spec, self.declared or TaskSpec(), since=self.prefill.since)

    @cached_property
    def parameters(self) -> ParameterForm:
        return ParameterForm(
            self.declared or TaskSpec(),
            self.data,
            project=self.task.project,
            initial_values=self.filled.values,
            initial_several=self.filled.texts,
        )

    @cached_property
    def combine(self) -> CombineForm:
        return CombineForm(self.data, spec=self.declared or TaskSpec(), given=self.prefill.spec)

    @cached_property
    def run(self) -> RunForm:
        name = default_name(self.task)
        initial = {"name": name}
        if self.prefill.spec is not None:
            initial, _ = form_values.settings(self.prefill.spec, self.scripts, name=name)
        return RunForm(self.data, scripts=self.scripts, spec=self.declared or TaskSpec(), initial=initial)

    # What it asks for

    @property
    def is_several(self) -> bool:
        """Whether it asks for more than one Run of what it shows."""
        return bool(self.parameters.several) or self.combine.is_used or self.snapshot is not None

    def is_valid(self) -> bool:
        """Whether everything that was sent can be read, for the parameters that there are now."""
        if self.run.spec_has_changed:
            self.notices.append(CHANGED_MEANWHILE)
            self.run.data = self.run.data.copy()
            self.run.data["spec"] = self.run.version
            return False
        return all([self.run.is_valid(), self.parameters.is_valid(), self.combine.is_valid()])

    def spec(self) -> RunSpec:
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

    @cached_property
    def preview(self) -> Preview | None:
        """What would be started; None while something is wrong, which the form then shows."""
        if not self.parameters.is_valid() or not self.combine.is_valid():
            return None
        try:
            plan = validate(self.task, self.spec(), snapshot=self.snapshot)
        except SubmitError as error:
            self.general = error.general
            self.parameters.add_problems(error.problems)
            return None
        return Preview(plan=plan, number=self.page, reuse=self.combine.cleaned_data["reuse"])

    @property
    def label(self) -> str:
        """What the button says."""
        if not self.is_several:
            return "Run Task"
        return "Start Runs" if self.preview is None else self.preview.label

    # What is wrong with it

    def show_problems(self, error: SubmitError) -> None:
        """Sentences about parameters at these, the others above the form."""
        here = {
            name: sentences for name, sentences in error.problems.items() if name in self.parameters.inputs
        }
        self.general = error.general
        self.notices += error.general
        for name, sentences in error.problems.items():
            self.notices += [] if name in here else sentences
        self.parameters.add_problems(here)

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
    def wrong_parameters(self) -> list[tuple[str, str]]:
        """(id, name) of each parameter whose values keep the combinations from being counted."""
        return [(drawn.id, name) for name, drawn in self.parameters.inputs.items() if drawn.errors]

    @property
    def combination_problems(self) -> list[str]:
        """What is wrong with how the values are combined."""
        return [*self.general, *(sentence for _, sentence in combine.sentences(self.combine))]
