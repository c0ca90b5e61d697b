"""Environments are kept, shared, removed, deleted and built again exactly."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from coretex_site.lib import paths
from projects.models import Project
from runs.engine.worker import take_one
from runs.models import Environment, Execution
from runs.runtimes import bytecode, eviction
from runs.runtimes.ready import forget
from runs.states import Cause, State
from runs.submission import run_actions
from runs.submission.errors import SubmitError
from tests.small_tasks import console, fork_workers, fresh, make_task, start_worker, until
from tests.small_tasks import submit as queue
from tests.wheelhouse import only_wheels
from tests.wheels import make_wheel

pytestmark = pytest.mark.django_db(transaction=True)

IMPORTS = "import alpha\nprint(alpha.VERSION)\n"
LONG_AGO = timedelta(hours=1)
FIFTY = 50
BACKED = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
# Builds a real wheel, once the gate is open.
GATED_BACKEND = """
import os, runpy, time
from pathlib import Path

def build_wheel(folder, config_settings=None, metadata_directory=None):
    while not os.path.exists({gate!r}):
        time.sleep(0.05)
    return runpy.run_path({tests!r})["make_wheel"](Path(folder), "slow").name
"""


@pytest.fixture(autouse=True)
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return only_wheels(tmp_path / "wheels", monkeypatch)


def succeeded(execution: Execution) -> Execution:
    execution = fresh(execution)
    assert execution.status == State.SUCCEEDED, console(execution)
    return execution


def folder_of(row: Environment) -> Path:
    return paths.environments(row.node_name) / row.key


def unused_for_long(*rows: Environment) -> None:
    for row in rows:
        Environment.objects.filter(pk=row.pk).update(used_at=timezone.now() - LONG_AGO)


def built(project: Project, requirements: str, **files: str) -> Execution:
    held = {"main.py": IMPORTS, "requirements.txt": requirements, **files}
    execution = queue(make_task(project, held, name=f"Task {project.tasks.count()}"))
    take_one()
    return succeeded(execution)


def test_fifty_workers_that_need_the_same_environment_build_it_once(project: Project, tmp_path: Path) -> None:
    """The build waits until all others wait for it, so that none of them comes too late to need it."""
    gate = tmp_path / "gate"
    files = {
        "main.py": "import slow; print(slow.VERSION)",
        "requirements.txt": "./slow",
        "slow/backend.py": GATED_BACKEND.format(
            gate=str(gate), tests=str(Path(make_wheel.__code__.co_filename))
        ),
        "slow/pyproject.toml": BACKED,
    }
    task = make_task(project, files)
    executions = [queue(task) for _ in range(FIFTY)]
    workers = fork_workers(FIFTY)
    until(
        lambda: sum("Waiting for environment" in console(one) for one in executions) == FIFTY - 1, seconds=30
    )
    gate.touch()
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in workers] == [0] * FIFTY
    texts = {execution.run_id: console(succeeded(execution)) for execution in executions}
    builders = [run for run, text in texts.items() if "Building environment" in text]
    assert len(builders) == 1
    said = (
        f"Waiting for environment {Environment.objects.get().key[:12]}, being built by Run {builders[0]}.\n"
    )
    assert [run for run, text in texts.items() if said not in text] == builders
    assert {text.splitlines()[-1] for text in texts.values()} == {"1.0"}


def test_exactly_means_the_versions_of_then_though_newer_ones_exist(project: Project, wheels: Path) -> None:
    execution = built(project, "beta\n")
    assert execution.environment.packages == "alpha==2.0\nbeta==1.0"
    make_wheel(wheels, "alpha", "3.0")
    unused_for_long(execution.environment)
    assert eviction.remove(Environment.objects.get())
    run = execution.run
    now = run_actions.again(run, by=run.created_by)
    take_one()
    exact = run_actions.again(run, by=run.created_by, exactly=execution)
    take_one()
    then_again = run_actions.again(run, by=run.created_by, exactly=execution)
    take_one()
    assert succeeded(now).environment.packages == "alpha==3.0\nbeta==1.0"
    assert succeeded(exact).environment.packages == "alpha==2.0\nbeta==1.0"
    assert console(exact).splitlines()[-1] == "2.0"
    assert "exactly as before" in console(exact)
    assert succeeded(then_again).environment == fresh(exact).environment
    assert Environment.objects.count() == 3


def test_exactly_uses_the_environment_itself_while_it_is_there(project: Project, wheels: Path) -> None:
    execution = built(project, "alpha\n")
    make_wheel(wheels, "alpha", "3.0")
    exact = run_actions.again(execution.run, by=execution.created_by, exactly=execution)
    take_one()
    assert succeeded(exact).environment == execution.environment
    assert "Exactly environment" in console(exact)


def test_exactly_cannot_mean_an_execution_without_an_environment(project: Project) -> None:
    execution = queue(make_task(project, {"main.py": "1", "requirements.txt": "no-such-package"}))
    take_one()
    with pytest.raises(SubmitError, match="had no environment"):
        run_actions.again(execution.run, by=execution.created_by, exactly=fresh(execution))


def test_the_least_recently_used_are_removed_above_the_limit_but_none_in_use(
    project: Project, settings: Any
) -> None:
    oldest, used, newest = (built(project, text).environment for text in ("alpha==1.0", "alpha", "beta"))
    unused_for_long(oldest, used, newest)
    Environment.objects.filter(pk=newest.pk).update(used_at=timezone.now() - LONG_AGO / 2)
    running = Execution.objects.get(environment=oldest)
    Execution.objects.filter(pk=running.pk).update(state=State.RUNNING)
    settings.ENVIRONMENTS_MAX_BYTES = oldest.size + newest.size
    eviction.tidy(settings.NODE_NAME)
    assert [folder_of(row).exists() for row in (oldest, used, newest)] == [True, False, True]
    settings.ENVIRONMENTS_MAX_BYTES = 1
    eviction.tidy(settings.NODE_NAME)
    assert [folder_of(row).exists() for row in (oldest, used, newest)] == [True, False, False]
    Execution.objects.filter(pk=running.pk).update(state=State.SUCCEEDED)
    eviction.tidy(settings.NODE_NAME)
    assert not folder_of(oldest).exists()
    assert not Environment.objects.filter(removed_at=None).exists()
    assert running.environment.packages == "alpha==1.0"


def test_what_was_used_a_moment_ago_stays(project: Project, settings: Any) -> None:
    row = built(project, "alpha").environment
    settings.ENVIRONMENTS_MAX_BYTES = 1
    eviction.tidy(settings.NODE_NAME)
    assert folder_of(row).exists()


def test_a_deleted_environment_is_removed_by_its_node_and_built_anew(
    project: Project, client_of: Any, alice: User
) -> None:
    first = built(project, "alpha==1.0")
    row = first.environment
    staff = User.objects.create_user("steve", is_staff=True)
    page = client_of(staff).get(reverse("runs:environments")).content.decode()
    assert row.key[:12] in page and "Nobody" in page
    details = client_of(staff).get(reverse("runs:one_environment", args=[row.pk])).content.decode()
    assert "+ alpha==1.0" in details
    where = reverse("runs:delete_environment", args=[row.pk])
    assert client_of(alice).post(where).status_code == 403
    assert client_of(staff).post(where).status_code == 302
    assert "Being removed" in client_of(staff).get(reverse("runs:environments")).content.decode()
    again = run_actions.again(first.run, by=alice)
    take_one()
    assert succeeded(again).environment != row
    assert "Building environment" in console(again)
    client_of(staff).post(reverse("runs:delete_environment", args=[fresh(again).environment_id]))
    eviction.tidy(settings.NODE_NAME)
    assert not folder_of(row).exists()


def test_one_whose_removal_was_cut_short_is_built_anew(project: Project) -> None:
    first = built(project, "alpha==1.0")
    folder = folder_of(first.environment)
    many = folder / "lib" / "many"
    many.parent.chmod(0o755)
    many.mkdir()
    for number in range(20_000):
        (many / str(number)).touch()
    unused_for_long(first.environment)
    remove = "eviction.remove(Environment.objects.get())"
    worker = start_worker(
        f"from runs.runtimes import bytecode, eviction; from runs.models import Environment; {remove}"
    )
    until(lambda: not many.exists() or len(os.listdir(many)) < 20_000)
    worker.kill()
    worker.wait()
    forget()
    again = run_actions.again(first.run, by=project.created_by)
    take_one()
    assert "Building environment" in console(succeeded(again))
    eviction.tidy(settings.NODE_NAME)
    assert not [left for left in folder.parent.iterdir() if left.name.startswith(".")]
    assert folder.exists()


def test_a_deleted_environment_stays_while_a_script_uses_it(project: Project) -> None:
    execution = built(project, "alpha==1.0")
    row = execution.environment
    Execution.objects.filter(pk=execution.pk).update(state=State.RUNNING)
    Environment.objects.filter(pk=row.pk).update(unwanted_at=timezone.now())
    eviction.tidy(settings.NODE_NAME)
    assert folder_of(row).exists()
    other = queue(execution.run.task)
    Execution.objects.filter(pk=execution.pk).update(owner="x", heartbeat_at=timezone.now())
    Execution.objects.filter(pk=execution.pk).update(node=None)
    take_one()
    assert succeeded(other).environment == row


def test_packages_and_log_are_shown_to_those_who_may_see_a_run_with_them(
    project: Project, client_of: Any, alice: User, charlie: User
) -> None:
    row = built(project, "alpha==1.0").environment
    where = reverse("runs:one_environment", args=[row.pk])
    assert client_of(alice).get(where).status_code == 200
    assert client_of(charlie).get(where).status_code == 404
    assert client_of(charlie).get(reverse("runs:environments")).status_code == 200


def test_the_run_page_offers_to_execute_exactly(
    project: Project, client_of: Any, bob: User, vera: User
) -> None:
    execution = built(project, "alpha==1.0")
    where = reverse("runs:again_exactly", args=[execution.run_id, execution.number])
    assert where in client_of(bob).get(execution.run.get_absolute_url()).content.decode()
    assert where not in client_of(vera).get(execution.run.get_absolute_url()).content.decode()
    assert client_of(vera).post(where).status_code == 403
    assert client_of(bob).post(where).status_code == 302
    newest = Execution.objects.latest("pk")
    assert (newest.number, newest.exactly, newest.cause) == (2, execution.environment, Cause.AGAIN.value)


def compiled(row: Environment, name: str) -> Path:
    """The compiled module of an environment, once all of it is compiled."""
    until(lambda: (folder_of(row) / bytecode.COMPILED).exists())
    [found] = folder_of(row).glob(f"lib/python*/site-packages/__pycache__/{name}.*.pyc")
    return found


def test_packages_are_compiled_behind_the_first_script_and_stay_read_only(project: Project) -> None:
    row = built(project, "alpha").environment
    found = compiled(row, "alpha")
    for folder in (folder_of(row), found.parent, found.parent.parent):
        assert not folder.stat().st_mode & 0o222
    python = folder_of(row) / "bin" / "python"
    seen = subprocess.run([python, "-v", "-c", "import alpha"], capture_output=True, text=True, check=True)
    assert f"code object from '{found}'" in seen.stderr


def test_a_wheel_is_compiled_once_for_all_environments_that_have_it(project: Project) -> None:
    nothing = {"main.py": "pass\n"}  # a script of root may write beside what it imports
    first = compiled(built(project, "alpha==1.0", **nothing).environment, "alpha")
    second = compiled(built(project, "alpha==1.0\nbeta", **nothing).environment, "alpha")
    assert first != second
    assert first.stat().st_ino == second.stat().st_ino


def test_a_traceback_names_the_file_of_the_environment_that_it_went_through(
    project: Project, wheels: Path
) -> None:
    make_wheel(wheels, "gamma", code="def fall():\n    raise ValueError('so')\n")
    row = built(project, "gamma", **{"main.py": "import gamma\n"}).environment
    compiled(row, "gamma")
    task = make_task(project, {"main.py": "import gamma\ngamma.fall()\n", "requirements.txt": "gamma"})
    execution = queue(task)
    take_one()
    assert fresh(execution).environment == row
    assert f"{folder_of(row)}/lib/" in console(execution)
    assert "raise ValueError('so')" in console(execution)


def test_a_file_of_another_python_is_left_as_it_is(project: Project, wheels: Path) -> None:
    make_wheel(wheels, "ancient", code="print 'of another Python'\n")
    row = built(project, "alpha==1.0\nancient").environment
    assert compiled(row, "alpha")
    assert not list(folder_of(row).glob("lib/python*/site-packages/__pycache__/ancient.*"))


def test_what_was_not_compiled_to_its_end_is_compiled_at_the_next_use(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(bytecode, "compile_behind", lambda *args, **options: None)
        execution = built(project, "alpha==1.0")
    assert not (folder_of(execution.environment) / bytecode.COMPILED).exists()
    forget()
    again = run_actions.again(execution.run, by=execution.created_by)
    take_one()
    assert compiled(succeeded(again).environment, "alpha")


def test_an_environment_that_is_removed_while_it_is_compiled_is_gone(project: Project, wheels: Path) -> None:
    make_wheel(
        wheels, "large", modules={f"large_{n}.py": "x = [\n" + "1,\n" * 2000 + "]\n" for n in range(300)}
    )
    row = built(project, "large", **{"main.py": "pass"}).environment
    forget()
    assert eviction.remove(row)
    until(lambda: not bytecode.still_compiling())
    assert not folder_of(row).exists()


WRITES_ON = """
import itertools, sys
for number in itertools.count():
    with open(f"{sys.argv[1]}/{number}", "w"):
        pass
    if number == 1000:
        print("writing", flush=True)
"""


@pytest.mark.parametrize("lost", ["bin/python", "coretex-ready.json"])
def test_who_still_writes_into_an_environment_does_not_keep_it_from_being_built_again(
    project: Project, lost: str
) -> None:
    execution = built(project, "alpha==1.0")
    folder = folder_of(execution.environment)
    compiled(execution.environment, "alpha")
    for path in (folder, folder / "bin", folder / "lib"):
        path.chmod(0o755)
    (folder / lost).unlink()
    (folder / "lib" / "many").mkdir()
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITES_ON, folder / "lib" / "many"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        forget()
        again = run_actions.again(execution.run, by=execution.created_by)
        take_one()
    finally:
        writer.kill()
        writer.communicate()
    assert "Building environment" in console(succeeded(again))
    assert not [left for left in folder.parent.iterdir() if left.name.startswith(".")]


def test_what_a_process_remembers_is_not_used_when_its_row_is_gone(project: Project) -> None:
    execution = built(project, "alpha==1.0")
    Environment.objects.filter(pk=execution.environment_id).update(removed_at=timezone.now())
    again = run_actions.again(execution.run, by=execution.created_by)
    take_one()
    assert succeeded(again).environment_id != execution.environment_id
