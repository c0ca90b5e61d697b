"""How many of our modules take part in starting Runs: one door, and few rooms behind it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from projects.models import Project
from runs.models import Batch, Run
from runs.submission import start
from tests import small_tasks
from tests.browser_like import form_data
from tests.submitted import SCRIPT

ROOT = Path(__file__).resolve().parents[2]
APPS = ("coretex_site", "projects", "tasks", "runs")
TASK_YAML = """\
param_groups:
  - name: training
    params:
      - {name: epochs, value: 5, data_type: int, required: true, min: 1}
      - {name: rate, value: 0.5, data_type: float}
      - {name: text, value: "", data_type: str}
      - {name: shuffle, value: true, data_type: bool}
"""


@contextmanager
def modules_touched() -> Iterator[set[str]]:
    """The modules of ours of which any function runs between the call of the door and its return."""
    touched: set[str] = set()
    is_inside = False

    def note(frame: FrameType, event: str, _: Any) -> None:
        nonlocal is_inside
        if frame.f_code is start.start.__code__ and event in ("call", "return"):
            is_inside = event == "call"
        path = Path(frame.f_code.co_filename)
        if is_inside and event == "call" and path.is_relative_to(ROOT):
            name = path.relative_to(ROOT)
            if name.parts[0] in APPS:
                touched.add(name.as_posix())

    sys.setprofile(note)
    try:
        yield touched
    finally:
        sys.setprofile(None)


@pytest.fixture
def browser(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.mark.parametrize(
    ("several", "kind", "most"), [({}, Run, 14), ({"v-rate": "0.1\n0.2", "v-epochs": "1..3"}, Batch, 20)]
)
def test_starting_runs_from_the_form_touches_few_modules(
    several: dict[str, str],
    kind: type[Run] | type[Batch],
    most: int,
    transactional_db: None,
    project: Project,
    browser: Client,
) -> None:
    task = small_tasks.make_task(project, {"main.py": SCRIPT, "task.yaml": TASK_YAML})
    small_tasks.this_node(workers=1)
    address = reverse("runs:new", args=[task.pk])
    form = form_data(browser.get(address).content.decode(), address)
    with modules_touched() as touched:
        response = browser.post(address, {**form.dict(), **several})
    assert response.status_code == 302, response.content.decode()
    assert kind.objects.count() == 1
    assert "runs/submission/start.py" in touched
    assert len(touched) <= most, sorted(touched)
