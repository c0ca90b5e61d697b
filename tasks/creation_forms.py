"""The forms in which Tasks are made and named. Knows nothing of parameters."""

from typing import Any, cast

from django import forms
from django.contrib.auth.models import User
from django.utils.text import normalize_newlines

from projects.data.uploads import Arrival
from projects.models import Project, Role
from tasks import create, library
from tasks.models import Task
from tasks.taskyaml.heading import LONGEST_DESCRIPTION, LONGEST_NAME


class DetailsForm(forms.Form):
    """A Task's name, unique in its Project, and its description."""

    name = forms.CharField(max_length=LONGEST_NAME, error_messages={"required": create.MISSING_NAME})
    description = forms.CharField(
        max_length=LONGEST_DESCRIPTION,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it does, for the people who will run it.",
    )

    def __init__(self, *args: Any, project: Project, task: Task | None = None, **kwargs: Any) -> None:
        if task is not None:
            kwargs.setdefault("initial", {"name": task.name, "description": task.description})
        super().__init__(*args, **kwargs)
        self.project, self.task = project, task
        self.fields["name"].widget.attrs |= {"autocomplete": "off", "data-drop-name": ""}

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not name:
            return name
        others = Task.objects.filter(project=self.project, name__iexact=name)
        if self.task is not None:
            others = others.exclude(pk=self.task.pk)
        if others.exists():
            raise forms.ValidationError(create.name_is_taken(name))
        return name

    def clean_description(self) -> str:
        return str(normalize_newlines(self.cleaned_data["description"]))


def template_choices() -> list[tuple[str, str]]:
    return [("", ""), *((found.name, found.title) for found in library.templates().values())]


class CreateForm(DetailsForm):
    """How a new Task begins: with uploaded files, from a Template, or empty."""

    start = forms.ChoiceField(
        choices=[("upload", "Your computer"), ("template", "From a Template"), ("blank", "Empty")],
        initial="upload",
        error_messages={"required": "Choose what to start from."},
    )
    template = forms.ChoiceField(required=False, choices=template_choices)

    def __init__(self, *args: Any, arrival: Arrival | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.arrival = arrival
        name = self.fields["name"]
        name.required = False
        name.help_text = (
            "Left empty, it is the name in task.yaml, or that of the folder, archive or Template."
        )

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("start") == "blank" and cleaned.get("name") == "":
            self.add_error("name", create.MISSING_NAME)
        if cleaned.get("start") == "template" and cleaned.get("template") == "":
            self.add_error("template", "Choose a Template.")
        if cleaned.get("start") == "upload" and not (self.arrival and self.arrival.files):
            self.add_error("start", "Choose a folder, files or an archive, or another way to start.")
        return cleaned


class ProjectForm(forms.Form):
    """In which Project a new Task is made: one of those that the person may edit."""

    project = forms.ModelChoiceField(
        Project.objects.none(),
        empty_label="Choose a Project",
        error_messages={"required": "Choose a Project.", "invalid_choice": "Choose a Project from the list."},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        editable = Project.objects.filter(archived_at=None)
        if not user.is_superuser:
            mine = user.memberships.filter(role__in=[Role.OWNER, Role.EDITOR]).values("project_id")
            editable = editable.filter(pk__in=mine)
        cast("forms.ModelChoiceField[Project]", self.fields["project"]).queryset = editable
