"""The forms of Projects, members and Datasets. Know what may be stored, not who may store it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from projects.models import Dataset, Membership, Project, ProjectType, Role, Visibility


class OneLineField(forms.CharField):
    """Text whose runs of blanks and line ends become one blank."""

    def to_python(self, value: Any) -> str:
        return " ".join((super().to_python(value) or "").split())


class ProjectForm(forms.ModelForm):
    type = forms.TypedChoiceField(
        choices=sorted(ProjectType.choices, key=lambda choice: str(choice[1]).lower()),
        coerce=int,
        initial=ProjectType.OTHER,
        help_text="The kind of work. It can be changed later.",
    )
    visibility = forms.TypedChoiceField(
        choices=[(level, level.label) for level in (Visibility.PRIVATE, Visibility.PUBLIC)],
        coerce=int,
        initial=Visibility.PRIVATE,
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Project
        fields = ("name", "description", "type", "visibility")
        field_classes = {"name": OneLineField}
        widgets = {
            "name": forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
            "description": forms.Textarea(attrs={"rows": 2, "maxlength": 500}),
        }
        help_texts = {"description": "What the Project is about, in a sentence or two."}


class MemberForm(forms.Form):
    name = forms.CharField(
        label="User name",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(choices=Role, initial=Role.EDITOR)


class RoleForm(forms.ModelForm):
    class Meta:
        model = Membership
        fields = ("role",)


class DatasetForm(forms.ModelForm):
    """For a Dataset whose `project` is set already."""

    class Meta:
        model = Dataset
        fields = ("name", "description")
        field_classes = {"name": OneLineField}
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "off", "data-drop-name": True}),
            "description": forms.Textarea(attrs={"rows": 2, "maxlength": 500}),
        }

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = Dataset.objects.filter(project_id=self.instance.project_id, name__iexact=name)
        if others.exclude(pk=self.instance.pk).exists():
            raise ValidationError(f"This Project already has a Dataset “{name}”. Choose another name.")
        return name


class TypedNameForm(forms.Form):
    """Asks for the name of what is to be deleted permanently."""

    name = forms.CharField(
        strip=False,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["name"].label = f"Type {expected} to go on"

    def clean_name(self) -> str:
        typed = " ".join(self.cleaned_data["name"].split())
        if typed != " ".join(self.expected.split()):
            raise ValidationError(f"The name does not match; expected {self.expected}. Nothing was deleted.")
        return typed
