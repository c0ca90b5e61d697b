"""What the Run Task form asks beside the parameters: entry script, node, name, time limit. Knows no HTTP."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import cast

from django import forms
from django.http import QueryDict

from coretex_site.lib import durations
from runs.models import Node
from runs.queue import nodes
from runs.submission.validate import LONGEST_NAME, LONGEST_TIME_LIMIT
from tasks.types.declarations import TaskSpec

NO_BROWSER_HELP = {"autocomplete": "off", "spellcheck": "false"}


class RunForm(forms.Form):
    """What to run besides the values; `token` and `spec` say which form it was and what it was made from."""

    data: QueryDict
    entry_script = forms.ChoiceField(
        error_messages={
            "invalid_choice": "The Task has no entry script “%(value)s” any longer. Choose another."
        }
    )
    node = forms.ModelChoiceField(
        Node.objects.none(),
        required=False,
        empty_label="Any node",
        error_messages={"invalid_choice": "This node is no longer running. Choose another, or any."},
    )
    time_limit = forms.CharField(
        required=False,
        max_length=40,
        help_text="Such as 90 (seconds), 5m or 2h. Leave empty for none.",
        widget=forms.TextInput(attrs={**NO_BROWSER_HELP, "placeholder": "none"}),
    )
    name = forms.CharField(
        required=False,
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs=NO_BROWSER_HELP),
    )
    description = forms.CharField(
        required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2, "placeholder": "What for?"})
    )
    token = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    spec = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        scripts: Sequence[str],
        spec: TaskSpec,
        initial: Mapping[str, object],
    ) -> None:
        self.version = version(spec)
        fresh = {"token": uuid.uuid4().hex, "spec": self.version}
        super().__init__(data, initial={**fresh, **initial})
        cast(forms.ChoiceField, self.fields["entry_script"]).choices = [(name, name) for name in scripts]
        node = cast("forms.ModelChoiceField[Node]", self.fields["node"])
        node.queryset = nodes.live_nodes().filter(is_draining=False)

    def clean_time_limit(self) -> int | None:
        text = self.cleaned_data["time_limit"].strip()
        if not text:
            return None
        seconds = durations.parse(text)
        if seconds is None:
            raise forms.ValidationError(
                f"Expected a time such as 90 (seconds), 5m, 2h or 1h 30m, found “{text}”."
            )
        if not 1 <= seconds <= LONGEST_TIME_LIMIT:
            raise forms.ValidationError(
                "Expected a time limit between 1 second and 365 days. Leave it empty for none."
            )
        return seconds

    @property
    def spec_has_changed(self) -> bool:
        """Whether the parameters that were shown are others than those of task.yaml now."""
        return self.is_bound and self.data.get("spec", "") != self.version


def version(spec: TaskSpec) -> str:
    """Differs when a parameter was added, removed or declared otherwise."""
    return hashlib.sha256(repr(spec.groups).encode("utf-8", "backslashreplace")).hexdigest()[:16]
