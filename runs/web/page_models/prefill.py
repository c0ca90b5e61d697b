"""The specification with which the Run Task form is asked to begin: of a Batch, a preset, or an address."""

from dataclasses import dataclass, replace

from django.contrib.auth.models import User
from django.http import Http404, QueryDict
from django.utils.http import urlencode

from runs.access import get_batch
from runs.models import Preset
from runs.runspec import VALUE_PREFIX, RunSpec, RunSpecError
from runs.submission import presets
from runs.web.page_models.run_filters import key
from tasks.models import Task

RECENT = 8
# Servers and browsers refuse longer addresses.
LONGEST_QUERY = 30_000
OWN_KEYS = set(RunSpec.__dataclass_fields__) - {"task"}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`title` says where it is from, `url` where that can be seen, `query` asks for the same again."""

    spec: RunSpec | None = None
    title: str = ""
    url: str = ""
    query: str = ""
    problems: tuple[str, ...] = ()


NOTHING_ASKED = Asked()


def read(query: QueryDict, task: Task, *, user: User) -> Asked:
    """What the address asks for; mistakes in it are sentences."""
    batch, preset = (key(query.get(name, "")) for name in ("batch", "preset"))
    if batch:
        found = get_batch(user, batch)
        if found.task_id != task.pk:
            raise Http404
        spec = replace(found.run_spec, snapshot="", name="")
        url = found.get_absolute_url()
        return Asked(spec=spec, title=f"Batch {batch}", url=url, query=query_of(batch=batch))
    if preset:
        kept = Preset.objects.filter(pk=preset, task=task).first()
        if kept is None:
            return Asked(problems=("This preset was deleted. The defaults are shown.",))
        title = f"the preset “{kept.name}”"
        return of_json(kept.spec, task, title=title, query=query_of(preset=preset))
    if any(name in OWN_KEYS or name.startswith(VALUE_PREFIX) for name in query):
        return of_query(query, task)
    return NOTHING_ASKED


def query_of(**parts: int) -> str:
    return f"?{urlencode(parts)}"


def of_query(query: QueryDict, task: Task) -> Asked:
    text = query.urlencode()
    try:
        spec = RunSpec.from_query(text if "task" in query else f"task={task.pk}&{text}")
    except RunSpecError as error:
        return Asked(problems=(f"The address cannot be read. {error} The defaults are shown.",))
    return of_spec(spec, task, title="its address")


def of_json(data: object, task: Task, *, title: str, query: str = "") -> Asked:
    try:
        return replace(of_spec(RunSpec.from_json(data), task, title=title), query=query)
    except RunSpecError as error:
        return Asked(problems=(f"{error} The defaults are shown.",))


def of_text(text: str, task: Task) -> Asked:
    """YAML, of which JSON is a part. Raises RunSpecError."""
    return of_spec(RunSpec.from_yaml(text), task, title="a specification")


def of_spec(spec: RunSpec, task: Task, *, title: str) -> Asked:
    if spec.task != task.pk:
        told = f"The specification is of Task {spec.task}, this is Task {task.pk}. Its values are shown here."
        return Asked(spec=replace(spec, task=task.pk), title=title, problems=(told,))
    return Asked(spec=spec, title=title)


def recent(task: Task, user: User) -> list[tuple[presets.Recent, str]]:
    """What the person started lately, each with the query that fills the form with it."""
    found = [(one, replace(one.spec, name="").as_query()) for one in presets.recent(task, user, most=RECENT)]
    return [(one, text) for one, text in found if len(text) <= LONGEST_QUERY]
