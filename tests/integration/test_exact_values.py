"""Stored values come back exactly: as they were typed, in the order of the form, on either database."""

import json

from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st

from projects.models import Project
from runs.models import Run, Snapshot
from tasks.models import Task

texts = st.text(alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts


@given(values=st.dictionaries(texts, scalars | st.lists(scalars, max_size=3), max_size=4))
def test_a_runs_values_keep_their_types_and_their_order(
    values: dict[str, object], project: Project, alice: User
) -> None:
    task, _ = Task.objects.get_or_create(project=project, name="exact", created_by=alice)
    snapshot, _ = Snapshot.objects.get_or_create(digest="0" * 64, file_count=0, size=0)
    run = Run.objects.create(
        project=project,
        task=task,
        snapshot=snapshot,
        name="exact-1",
        entry_script="main.py",
        parameters={"big": 1e22, "whole": 5, "half": 5.0, **values},
        created_by=alice,
    )
    stored = Run.objects.get(pk=run.pk).parameters
    assert json.dumps(stored) == json.dumps(run.parameters)
