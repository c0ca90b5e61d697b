"""The parameters of a task.yaml as the form that people will fill in, with its mistakes. Knows no HTTP."""

from dataclasses import dataclass

from projects.models import Project
from tasks.forms.form import ParameterForm
from tasks.taskyaml import spec


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The form is None when the text has errors."""

    form: ParameterForm | None
    problems: tuple[spec.Problem, ...]


def of_text(text: str | bytes, project: Project | None) -> Preview:
    return of_parsed(spec.parse(text), project)


def of_spec(declared: spec.TaskSpec, project: Project | None) -> Preview:
    return of_parsed(spec.ParsedTask(spec=declared, problems=()), project)


def of_parsed(parsed: spec.ParsedTask, project: Project | None) -> Preview:
    form = None if parsed.spec is None else ParameterForm(parsed.spec, project=project)
    return Preview(form=form, problems=parsed.problems)
