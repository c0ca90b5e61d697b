"""Submitting, executing again, stopping and deleting Runs."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection

from coretex_site.lib import paths
from projects.models import Dataset, Project
from runs.models import Execution, Run, StateChange
from runs.states import Cause, State
from runs.submission import run_actions
from runs.submission.errors import SubmitError
from tasks.files import store
from tests.submitted import DEFAULTS, SCRIPT, move_to, run_of, submit, task_with_files


def test_a_run_keeps_the_files_and_the_typed_values(project: Project, alice: User) -> None:
    task = task_with_files(project)
    run = run_of(task, user=alice, name="first", description="to see", time_limit=90)
    store.write(task, "main.py", b"print('other')", expected=digest(task, "main.py"), by=alice)
    run.refresh_from_db()
    assert run.parameters == DEFAULTS
    assert type(run.parameters["rate"]) is float
    assert (run.name, run.time_limit, run.created_by, run.state) == ("first", 90, alice, State.QUEUED)
    assert (paths.snapshot(run.snapshot_id) / "main.py").read_text() == SCRIPT
    assert run.latest.cause == Cause.STARTED.value
    assert list(StateChange.objects.values_list("to_state", "by__username")) == [("queued", "alice")]


def digest(task: object, path: str) -> str:
    return store.entries(task)[path][1]


@pytest.mark.parametrize(
    ("values", "name", "sentence"),
    [
        ({**DEFAULTS, "epochs": 0}, "epochs", "at least 1"),
        ({**DEFAULTS, "epochs": "5"}, "epochs", "expected an int"),
        ({**DEFAULTS, "more": 1}, "more", "expected a parameter of the Task"),
        ({**DEFAULTS, "epochs": None}, "epochs", "a value is required"),
    ],
)
def test_values_that_cannot_be_used_are_refused_by_parameter(
    values: dict, name: str, sentence: str, project: Project, alice: User
) -> None:
    with pytest.raises(SubmitError) as refusal:
        run_of(task_with_files(project), user=alice, values=values)
    assert sentence in refusal.value.problems[name][0]
    assert not Run.objects.exists()


@pytest.mark.parametrize("script", ["other.py", "task.yaml", "../main.py", "/etc/passwd"])
def test_only_a_script_of_the_task_can_be_the_entry_script(
    script: str, project: Project, alice: User
) -> None:
    with pytest.raises(SubmitError, match="no entry script"):
        submit(task_with_files(project), entry_script=script, values=DEFAULTS, user=alice)


def test_a_wrong_task_yaml_is_refused_with_its_line(project: Project, alice: User) -> None:
    task = task_with_files(project, main_py="", task_yaml="param_groups: 5\n")
    with pytest.raises(SubmitError, match="line 1"):
        submit(task, values={}, user=alice)


def test_a_task_without_task_yaml_runs_without_parameters(project: Project, alice: User) -> None:
    task = task_with_files(project, main_py="print(1)")
    assert submit(task, values={}, user=alice).parameters == {}


def test_a_dataset_of_another_project_is_refused(project: Project, alice: User) -> None:
    other = Project.objects.create(name="Other", created_by=alice)
    dataset = Dataset.objects.create(project=other, name="theirs", created_by=alice)
    task = task_with_files(
        project, main_py="", task_yaml="param_groups: [{name: a, params: [{name: d, data_type: dataset}]}]"
    )
    with pytest.raises(SubmitError) as refusal:
        submit(task, values={"d": dataset.pk}, user=alice)
    assert "expected a Dataset of the Project “Iris”" in refusal.value.problems["d"][0]


def test_the_same_form_sent_twice_is_one_run(project: Project, alice: User) -> None:
    task = task_with_files(project)
    first, second = (run_of(task, user=alice, form_token="t") for _ in range(2))
    assert first == second
    assert Execution.objects.count() == 1


def test_a_form_that_was_changed_before_it_was_sent_again_is_another_run(
    project: Project, alice: User
) -> None:
    task = task_with_files(project)
    first = run_of(task, user=alice, form_token="t")
    assert run_of(task, user=alice, form_token="t", values={**DEFAULTS, "epochs": 6}) != first
    assert run_of(task, user=alice, form_token="u") != first


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_at_the_same_moment_is_one_run(project: Project, alice: User) -> None:
    task = task_with_files(project)

    def send(_: int) -> int:
        try:
            return run_of(task, user=alice, form_token="t").pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(send, range(4)))) == 1
    assert Execution.objects.count() == 1


def test_a_run_is_named_after_its_task_and_counted(project: Project, alice: User) -> None:
    task = task_with_files(project, name="My Été / 2_x")
    assert [run_of(task, user=alice).name for _ in range(3)] == [
        "my-ete-2-x-1",
        "my-ete-2-x-2",
        "my-ete-2-x-3",
    ]
    assert run_of(task_with_files(project, name="日本"), user=alice).name == "run-1"


def test_executing_again_keeps_the_first_execution(project: Project, alice: User, bob: User) -> None:
    run = run_of(task_with_files(project), user=alice, state=State.FAILED)
    execution = run_actions.again(run, by=bob)
    run.refresh_from_db()
    assert (execution.number, execution.created_by, run.latest) == (2, bob, execution)
    assert list(run.executions.values_list("number", "state")) == [(2, "queued"), (1, "failed")]


@pytest.mark.parametrize("state", [State.QUEUED, State.PREPARING, State.RUNNING, State.STOPPING])
def test_an_unfinished_run_is_neither_executed_again_nor_deleted(
    state: State, project: Project, alice: User
) -> None:
    run = run_of(task_with_files(project), user=alice, state=state)
    with pytest.raises(SubmitError, match="still"):
        run_actions.again(run, by=alice)
    with pytest.raises(SubmitError, match="not ended"):
        run_actions.delete_runs([run], by=alice)
    assert run.executions.count() == 1


def test_a_queued_run_is_stopped_at_once_and_a_running_one_is_asked(project: Project, alice: User) -> None:
    task = task_with_files(project)
    queued, running = run_of(task, user=alice), run_of(task, user=alice, state=State.RUNNING)
    ended = run_of(task, user=alice, state=State.SUCCEEDED)
    assert run_actions.stop_runs([queued, running, ended], by=alice) == 2
    states = {run.pk: run.state for run in Run.objects.all()}
    assert states == {queued.pk: "stopped", running.pk: "stopping", ended.pk: "succeeded"}


def test_deleting_frees_the_disk_and_leaves_the_others(
    project: Project, alice: User, django_capture_on_commit_callbacks: object
) -> None:
    task = task_with_files(project)
    gone, kept = (run_of(task, user=alice, state=State.SUCCEEDED) for _ in range(2))
    for run in (gone, kept):
        paths.artifacts(run.latest_id).mkdir(parents=True)
        (paths.artifacts(run.latest_id) / "model.bin").write_bytes(b"x")
    with django_capture_on_commit_callbacks(execute=True):
        assert run_actions.delete_runs([gone], by=alice) == 1
    assert list(Run.objects.all()) == [kept]
    assert not paths.execution(gone.latest_id).exists()
    assert (paths.artifacts(kept.latest_id) / "model.bin").exists()
    assert paths.snapshot(kept.snapshot_id).is_dir()


def test_nothing_is_deleted_while_one_of_them_is_unfinished(project: Project, alice: User) -> None:
    task = task_with_files(project)
    runs = [run_of(task, user=alice, state=State.SUCCEEDED), run_of(task, user=alice)]
    with pytest.raises(SubmitError, match=f"Run {runs[1].pk} has not ended"):
        run_actions.delete_runs(runs, by=alice)
    assert Run.objects.count() == 2
    move_to(runs[1], State.STOPPED)
    assert run_actions.delete_runs(runs, by=alice) == 2
