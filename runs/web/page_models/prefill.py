"""The specification that fills the Run Task form: of an earlier Run, a Batch, a preset, or an address."""

from dataclasses import dataclass, replace

from django.contrib.auth.models import User
from django.http import Http404, QueryDict
from django.utils.http import urlencode

from runs.access import get_batch, get_run
from runs.models import Preset
from runs.runspec import VALUE_PREFIX, RunSpec, RunSpecError
from runs.submission import presets
from runs.web.page_models.run_filters import key
from tasks.models import Task

RECENT = 8
# Servers and browsers refuse longer addresses.
LONGEST_QUERY = 30_000
SPEC_KEYS = set(RunSpec.__dataclass_fields__) - {"task"}


@dataclass(frozen=True, kw_only=True)
class Prefill:
    """`title` says where it is from, `url` where that can be seen, `query` asks for the same again.

    `since` is the digest of an earlier Run's Snapshot, with which task.yaml is compared.
    """

    spec: RunSpec | None = None
    title: str = ""
    url: str = ""
    query: str = ""
    since: str = ""
    problems: tuple[str, ...] = ()


NOTHING = Prefill()


def read(query: QueryDict, task: Task, *, user: User) -> Prefill:
    """What an address asks for; mistakes in it are sentences. Raises Http404 for what `user` may not see."""
    run, batch, preset = (key(query.get(name, "")) for name in ("from", "batch", "preset"))
    if run:
        return _of_run(run, task, user=user)
    if batch:
        return _of_batch(batch, task, user=user)
    if preset:
        return _of_preset(preset, task)
    if any(name in SPEC_KEYS or name.startswith(VALUE_PREFIX) for name in query):
        return _of_query(query, task)
    return NOTHING


def of_text(text: str, task: Task) -> Prefill:
    """YAML, of which JSON is a part. Raises RunSpecError."""
    return _of_spec(RunSpec.from_yaml(text), task, title="a specification")


def recent(task: Task, user: User) -> list[tuple[presets.Recent, str]]:
    """What the person started lately, each with the query that fills the form with it."""
    found = [(one, replace(one.spec, name="").as_query()) for one in presets.recent(task, user, most=RECENT)]
    return [(one, text) for one, text in found if len(text) <= LONGEST_QUERY]


def _of_run(pk: int, task: Task, *, user: User) -> Prefill:
    run = get_run(user, pk)
    spec = replace(presets.spec_of(run), name="")
    filled = _of_spec(spec, task, title=f"Run {pk}")
    return replace(filled, url=run.get_absolute_url(), query=f"?from={pk}", since=run.snapshot_id)


def _of_batch(pk: int, task: Task, *, user: User) -> Prefill:
    batch = get_batch(user, pk)
    if batch.task_id != task.pk:
        raise Http404
    spec = replace(batch.run_spec, snapshot="", name="")
    return Prefill(spec=spec, title=f"Batch {pk}", url=batch.get_absolute_url(), query=f"?batch={pk}")


def _of_preset(pk: int, task: Task) -> Prefill:
    preset = Preset.objects.filter(pk=pk, task=task).first()
    if preset is None:
        return Prefill(problems=("This preset was deleted. The defaults are shown.",))
    try:
        spec = RunSpec.from_json(preset.spec)
    except RunSpecError as error:
        return Prefill(problems=(f"{error} The defaults are shown.",))
    return replace(_of_spec(spec, task, title=f"the preset “{preset.name}”"), query=f"?preset={pk}")


def _of_query(query: QueryDict, task: Task) -> Prefill:
    text = query.urlencode() if "task" in query else f"{urlencode({'task': task.pk})}&{query.urlencode()}"
    try:
        spec = RunSpec.from_query(text)
    except RunSpecError as error:
        return Prefill(problems=(f"The address cannot be read. {error} The defaults are shown.",))
    return _of_spec(spec, task, title="its address")


def _of_spec(spec: RunSpec, task: Task, *, title: str) -> Prefill:
    if spec.task != task.pk:
        note = (
            f"The specification is for Task {spec.task}; this is Task {task.pk}. Its values are shown here."
        )
        return Prefill(spec=replace(spec, task=task.pk), title=title, problems=(note,))
    return Prefill(spec=spec, title=title)
