"""What the Run Task page shows beside the form: changes since the last Run, presets, recent values."""

from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.contrib.auth.models import User

from runs import snapshots
from runs.models import Run
from runs.submission.presets import Recent
from runs.web.page_models import form_values, prefill
from runs.web.page_models.run_form import RunTaskForm
from tasks.files import diff, store
from tasks.models import Task


@dataclass(frozen=True)
class RunTaskPage:
    """The page of `form` as `user` sees it."""

    form: RunTaskForm
    user: User

    @property
    def task(self) -> Task:
        return self.form.task

    @property
    def query(self) -> str:
        """Asks for the form to be filled in the same way again."""
        return self.form.prefill.query

    @property
    def notes(self) -> list[str]:
        """What the specification that fills the form says and the form cannot show."""
        spec = self.form.prefill.spec
        if spec is None:
            return []
        return [*self.form.filled.notes, *form_values.settings(spec, self.form.scripts, name="")[1]]

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
    def recent(self) -> list[tuple[Recent, str]]:
        return prefill.recent(self.task, self.user)

    @property
    def mail_is_set_up(self) -> bool:
        return bool(settings.EMAIL_URL)
