"""Notebooks are executed with what their environment gets added, and kept as far as they came."""

import json
from pathlib import Path

import pytest

from coretex_site.lib import paths
from projects.models import Project
from runs.engine.worker import take_one
from runs.models import Execution
from runs.states import Reason, State
from tests.small_tasks import console, fresh, make_task, submit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _environments(shared_environments: Path) -> None:
    """What executes notebooks is installed once for all tests."""


def notebook(*sources: str) -> str:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    kernel = {"kernelspec": {"name": "somebodys-own", "display_name": "x", "language": "python"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells})


def executed(project: Project, *sources: str) -> tuple[Execution, list[dict[str, object]]]:
    task = make_task(project, {"main.ipynb": notebook(*sources)})
    execution = submit(task, entry="main.ipynb", values={"rate": 0.5})
    take_one()
    kept = paths.artifacts(execution.pk) / "main.ipynb"
    assert kept.is_file(), console(execution)
    return fresh(execution), json.loads(kept.read_text())["cells"]


def test_a_notebook_without_requirements_runs_with_its_parameters(project: Project) -> None:
    read = "import json, os\nrate = json.load(open(os.environ['CORETEX_PARAMETERS']))['rate']"
    execution, cells = executed(project, read, "print('rate', rate)\nrate * 2")
    assert execution.status == State.SUCCEEDED, console(execution)
    assert console(execution).splitlines()[-2:] == ["rate 0.5", "1.0"]
    assert [output["output_type"] for output in cells[1]["outputs"]] == ["stream", "execute_result"]
    assert "ipykernel==" in execution.environment.packages


def test_a_cell_that_fails_ends_the_run_and_what_came_before_is_kept(project: Project) -> None:
    execution, cells = executed(project, "print('first')", "1 / 0", "print('never')")
    assert (execution.status, execution.reason) == (State.FAILED, Reason.EXIT_CODE)
    assert "ZeroDivisionError" in console(execution)
    assert "Traceback" in console(execution) and "nbclient" not in console(execution).split("first")[-1]
    assert [bool(cell["outputs"]) for cell in cells] == [True, True, False]
