"""`manage.py run`: the command line starts what the form would, shows it first, and waits for the end."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F

from projects import archiving
from projects.models import Project
from runs.management.commands.run import Command, make_parser
from runs.models import Batch, Execution, Run
from tasks.models import Task
from tests import small_tasks, some_batches

pytestmark = pytest.mark.django_db
Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def task(project: Project) -> Task:
    return some_batches.make_task(project)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """`shell("1", "--dry-run")` → (exit code, what was printed, what was complained)."""

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            Command(no_color=True).run_from_argv(["manage.py", "run", *arguments])
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


def test_it_starts_the_batch_and_prints_how_many_runs_and_where(task: Task, shell: Shell) -> None:
    code, out, _ = shell(str(task.pk), "--set", "a=1,2,3", "--set", "b=1,2", "--exclude", "a = b")
    batch = Batch.objects.get()
    assert code == 0
    assert re.fullmatch(rf"4 Runs of Train: http://\S+/batches/{batch.pk}/\n", out)
    assert batch.created_by == task.created_by


def test_one_combination_is_one_run(task: Task, shell: Shell) -> None:
    code, out, _ = shell("train", "--set=a=4")
    assert (code, Run.objects.get().parameters["a"]) == (0, 4)
    assert out.startswith("1 Run of Train: http")


def test_numbers_at_regular_distances_are_written_as_in_the_form(task: Task, shell: Shell) -> None:
    code, out, _ = shell(str(task.pk), "--set", "a=7, 1..10 step 4", "--set", "b=1..4 log 3", "--dry-run")
    assert (code, out.splitlines()[0]) == (0, "Total number of Runs: 12")
    assert {"a=7", "a=1", "a=5", "a=9"} <= set(out.split())
    code, _, said = shell(str(task.pk), "--set", "a=1..9 step 0")
    assert (code, said) == (2, "a: expected a step other than 0.\n")


def test_a_dry_run_shows_the_combinations_and_starts_nothing(task: Task, shell: Shell) -> None:
    code, out, _ = shell(str(task.pk), "--set", "a=1,2", "--set", "b=3,4", "--dry-run")
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "Total number of Runs: 4"
    assert "nothing to base an estimate on" in lines[1]
    assert lines[2:] == ["     1  a=1  b=3", "     2  a=1  b=4", "     3  a=2  b=3", "     4  a=2  b=4"]
    assert not Batch.objects.exists()


def test_a_dry_run_says_what_would_be_left_out_and_how_long_the_rest_takes(task: Task, shell: Shell) -> None:
    asked = (str(task.pk), "--set", "a=1,2,3", "--dry-run")
    some_batches.start(task, values={"a": [1, 2]})
    some_batches.run_all()
    Execution.objects.update(claimed_at=F("finished_at") - timedelta(seconds=60))
    _, out, _ = shell(*asked)
    assert (
        "2 of 3 already succeeded" in out
        and "--reuse leaves them out." in out
        and "3 min 00 s to 3 min 00 s" in out
    )
    _, out, _ = shell(*asked, "--reuse")
    assert (
        "2 of 3 already succeeded" in out
        and "they are left out." in out
        and "1 min 00 s to 1 min 00 s" in out
    )
    code, _, err = shell(str(task.pk), "--set", "a=1,2", "--dry-run", "--reuse")
    assert code == 2 and "have already succeeded, so there is nothing to start" in err


def test_a_long_dry_run_is_cut_and_all_of_it_can_be_asked_for(task: Task, shell: Shell) -> None:
    given = [str(task.pk), "--set", "a=" + ",".join(map(str, range(150))), "--dry-run"]
    assert shell(*given)[1].splitlines()[-1] == "… and 50 more; --all shows them."
    assert len(shell(*given, "--all")[1].splitlines()) == 152


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent"], "There is no Task 'absent'"),
        (["--set", "a=1"], "Expected one Task, by its number or its name, but found none"),
        (["train", "--set", "a=x"], "expected an int"),
        (["train", "--set", "z=1"], "expected a parameter of the Task"),
        (["train", "--sett", "a=1"], "No such option: --sett"),
        (["train", "--user", "nobody"], "There is no user 'nobody'"),
        (["train", "--user"], "--user option requires 1 argument"),
        (["train", "--exclude", "a >"], "cannot be read"),
        (["train", "--node", "absent"], "There is no node “absent”"),
    ],
)
def test_mistakes_are_sentences_and_the_exit_code_is_2(
    task: Task, shell: Shell, arguments: list[str], said: str
) -> None:
    code, out, err = shell(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_without_arguments_it_explains_itself(shell: Shell) -> None:
    assert shell()[0] == 2
    code, out, _ = shell("--help")
    assert code == 0 and out.startswith("Usage: manage.py run TASK")


def test_a_stranger_may_not_be_named(task: Task, charlie: object, shell: Shell) -> None:
    code, _, err = shell("train", "--user", "charlie")
    assert (code, err) == (2, "charlie may not run Tasks in the Project Iris.\n")


def test_in_an_archived_project_nothing_starts(task: Task, shell: Shell) -> None:
    archiving.archive(task.project)
    code, _, err = shell("train", "--set", "a=1,2")
    assert (code, err) == (2, "The Project Iris is archived: an owner can restore it.\n")
    assert not Batch.objects.exists()


def test_two_tasks_of_a_name_need_the_number(task: Task, shell: Shell) -> None:
    other = Project.objects.create(name="Other", created_by=task.created_by)
    some_batches.make_task(other)
    assert "Several Tasks are called 'train'" in shell("train")[2]


def test_what_stands_after_an_option_is_its_value() -> None:
    options, named = make_parser().parse_args(
        ["train", "--name", "--wait", "--description=--", "--user", "-x"]
    )
    assert (named, options.name, options.description, options.user) == (["train"], "--wait", "--", "-x")
    assert options.wait is None


@pytest.mark.parametrize(("value", "expected"), [(1, 0), (2, 1)])
def test_it_waits_for_the_end_and_its_exit_code_tells(
    transactional_db: None, project: Project, shell: Shell, value: int, expected: int
) -> None:
    source = "import json, os, sys\nsys.exit(json.load(open(os.environ['CORETEX_PARAMETERS']))['a'] == 2)\n"
    task = some_batches.make_task(project, source=source)
    worker = small_tasks.start_worker(
        "import time\nfrom runs.models import Batch\n"
        "while not Batch.objects.filter(finished_at__isnull=False).exists(): take_one(); time.sleep(0.05)"
    )
    try:
        code, out, _ = shell(str(task.pk), "--set", f"a=0,{value}", "--wait")
        worker.wait(30)
    finally:
        worker.kill()
        worker.wait()
    assert code == expected
    assert out.splitlines()[-1] == ("2 of 2: 2 succeeded" if value == 1 else "2 of 2: 1 succeeded, 1 failed")
