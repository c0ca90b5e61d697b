"""Notebooks are executed with what their environment gets added, and kept as far as they came."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from coretex_site.lib import paths
from projects.models import Project
from runs.engine.worker import take_one
from runs.models import Execution
from runs.runtimes import notebook_run
from runs.states import Reason, State
from tests.small_tasks import console, fresh, make_task, submit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _environments(shared_environments: Path) -> None:
    """What executes notebooks is installed once for all tests."""


KERNEL = {"kernelspec": {"name": "somebodys-own", "display_name": "x", "language": "python"}}


def notebook(*sources: str, metadata: dict[str, Any] = KERNEL) -> str:
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
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells})


def executed(
    project: Project, *sources: str, metadata: dict[str, Any] = KERNEL, **facts: Any
) -> tuple[Execution, list[dict[str, object]]]:
    task = make_task(project, {"main.ipynb": notebook(*sources, metadata=metadata)})
    execution = submit(task, entry="main.ipynb", values={"rate": 0.5}, **facts)
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
    assert execution.last_line == "ZeroDivisionError: division by zero"
    assert "Cell 2 of 3 failed:" in console(execution)


@pytest.mark.parametrize(
    ("ending", "reason", "code", "message"),
    [
        (
            "os.kill(os.getpid(), signal.SIGKILL)",
            Reason.SIGNAL,
            137,
            "signal KILL (9), as happens when memory",
        ),
        (
            "import ctypes; ctypes.string_at(0)",
            Reason.SIGNAL,
            139,
            "signal SEGV (11), as happens when compiled",
        ),
        (
            "os.kill(os.getpid(), signal.SIGTERM)\ninput()",
            Reason.SIGNAL,
            143,
            "signal TERM (15), which was not",
        ),
        ("os._exit(3)", Reason.EXIT_CODE, 3, "exit code 3"),
        ("sys.exit(2)", Reason.EXIT_CODE, 2, "exit code 2"),
        ("sys.exit('because')", Reason.EXIT_CODE, 1, "exit code 1"),
        ("exit()", None, 0, "exit code 0"),
        ("quit", None, 0, "exit code 0"),
        ("exit(keep_kernel=True)", None, 0, "exit code 0"),
        ("exit(3)", Reason.EXIT_CODE, 3, "exit code 3"),
    ],
)
def test_a_notebook_ends_as_its_kernel_does(
    project: Project, ending: str, reason: Reason | None, code: int, message: str
) -> None:
    before = "import os, signal, sys\nprint('first')"
    execution, cells = executed(project, before, ending, "print('never')")
    assert (execution.reason or None, execution.exit_code) == (reason, code), console(execution)
    assert message in execution.message
    said = console(execution).partition("first\n")[2]
    assert "never" not in said and "Traceback" not in said and "nbclient" not in said
    assert cells[0]["outputs"] and not cells[2]["outputs"]
    if reason is Reason.SIGNAL:
        assert said == f"The kernel was killed by {message.split(',')[0]} in cell 2 of 3.\n"
    if "because" in ending:
        assert execution.last_line == "because"


def test_at_its_time_limit_a_notebook_keeps_what_was_done(project: Project) -> None:
    execution, cells = executed(project, "print('first')", "import time; time.sleep(60)", time_limit=4)
    assert (execution.status, execution.reason) == (State.FAILED, Reason.TIMEOUT)
    assert console(execution).endswith("first\n")
    assert cells[0]["outputs"]


def test_what_a_cell_prints_is_there_when_it_prints_it(project: Project) -> None:
    look = """\
import os, time
console = os.path.join(os.path.dirname(os.environ["CORETEX_PARAMETERS"]), "console")
print("early")
deadline = time.monotonic() + 20
while "early" not in open(console).read() and time.monotonic() < deadline:
    time.sleep(0.05)
print("seen" if "early" in open(console).read() else "not seen")
"""
    execution, _ = executed(project, look)
    assert console(execution).splitlines()[-1] == "seen"


def test_a_notebook_in_a_folder_imports_from_beside_itself_and_from_the_root(project: Project) -> None:
    folder = "nb/deep"
    source = "import random, helper, top, os\nprint(helper.q, top.q, 'note.txt' in os.listdir())"
    files = {
        f"{folder}/main.ipynb": notebook(source, metadata={}),
        f"{folder}/helper.py": "q = 9",
        "helper.py": "q = 'the one in the root'",
        "top.py": "q = 10",
        "random.py": "raise SystemExit('hidden')",
        "note.txt": "",
    }
    execution = submit(make_task(project, files), entry=f"{folder}/main.ipynb")
    take_one()
    assert fresh(execution).status == State.SUCCEEDED, console(execution)
    assert console(execution).splitlines()[-1] == "9 10 True"


def test_a_kernel_of_another_language_that_is_not_there_is_named(project: Project) -> None:
    text = notebook("x <- 1", metadata={"kernelspec": {"name": "ir"}})
    execution = submit(make_task(project, {"main.ipynb": text}), entry="main.ipynb")
    take_one()
    assert fresh(execution).status == State.FAILED
    assert fresh(execution).last_line == (
        "main.ipynb is written in R, for which its environment has no kernel. "
        "Add r-irkernel to the dependencies of environment.yml."
    )


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({}, "python"),
        ({"kernelspec": None, "language_info": None}, "python"),
        ({"kernelspec": {"name": "conda-env-x-py"}}, "python"),
        ({"kernelspec": {"name": "irregular"}}, "python"),
        ({"kernelspec": {"name": "python2", "language": "Python"}}, "python"),
        ({"language_info": {"name": "ipython"}}, "python"),
        ({"kernelspec": {"name": "ir", "language": "R"}}, "r"),
        ({"kernelspec": {"name": "ir"}}, "r"),
        ({"language_info": {"name": "julia"}}, "julia"),
        ({"kernelspec": {"name": "julia-1.10"}}, "julia"),
        ({"kernelspec": {"name": "bash"}}, "bash"),
        ({"kernelspec": {"name": "xcpp17", "language": "C++17"}}, "c++17"),
    ],
)
def test_the_language_of_a_notebook_is_found_without_a_known_kernel(
    metadata: dict[str, Any], language: str
) -> None:
    assert notebook_run.language_of(metadata) == language


def test_a_notebook_that_asks_is_told_where_its_values_are(project: Project) -> None:
    execution, _ = executed(project, "name = input('Name? ')")
    assert execution.status == State.FAILED
    assert "Nobody is there to answer input()" in console(execution)


def test_a_notebook_without_cells_has_nothing_to_fail(project: Project) -> None:
    execution, _ = executed(project)
    assert execution.status == State.SUCCEEDED, console(execution)


def test_an_old_notebook_is_read_as_a_new_one(project: Project) -> None:
    cell = {"cell_type": "code", "language": "python", "input": ["print(3)"], "outputs": [], "metadata": {}}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [cell]}]}
    execution = submit(make_task(project, {"main.ipynb": json.dumps(old)}), entry="main.ipynb")
    take_one()
    assert console(execution).splitlines()[-1] == "3", console(execution)


def test_what_programs_leave_out_of_a_notebook_is_not_missed(project: Project) -> None:
    text = json.dumps({"cells": [{"cell_type": "code", "source": ["print(1)\n", "print(2)"]}]})
    execution = submit(make_task(project, {"main.ipynb": f"\ufeff{text}"}), entry="main.ipynb")
    take_one()
    assert console(execution).splitlines()[-2:] == ["1", "2"], console(execution)


def test_a_notebook_has_no_command_line(project: Project) -> None:
    options = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--x', default=3)\n"
    execution, _ = executed(project, options + "print(p.parse_args().x)")
    assert console(execution).splitlines()[-1] == "3", console(execution)


@pytest.mark.parametrize("source", ["raise ValueError('no')", "import os; os._exit(3)"])
def test_the_page_names_the_cell_that_failed(project: Project, alice: User, source: str) -> None:
    execution, _ = executed(project, "x = 1", source)
    client = Client()
    client.force_login(alice)
    page = client.get(execution.run.get_absolute_url()).content.decode()
    assert re.search(r'href="[^"#]*/snapshot/main.ipynb">main.ipynb, cell 2</a>', page)
    assert "Edit main.ipynb" in page


def test_a_shell_cell_that_fails_says_so_in_its_last_line(project: Project) -> None:
    execution, _ = executed(project, "%%bash\necho hi\nfalse")
    assert "hi" in console(execution).splitlines()
    assert (execution.last_line or "").startswith("CalledProcessError: Command")
