"""Scripts are executed for real: what they get, what they leave, and what is said of their end."""

import json
import os
from pathlib import Path

import psutil
import pytest
from django.conf import LazySettings

from coretex_site.lib import filetree, paths
from projects.models import Project
from runs.engine.worker import take_one
from runs.models import Execution, MetricPoint
from runs.records import logs, metrics
from runs.states import Reason, State
from tasks.proposals import suggestions
from tests import small_tasks
from tests.small_tasks import console, fresh, make_task, python, submit, this_node, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _environments(shared_environments: Path) -> None:
    """Built once for all tests."""


def test_a_run_is_executed_and_says_how_it_ended(project: Project) -> None:
    execution = python(project, "print('hello')")
    assert take_one() == 1
    execution = fresh(execution)
    assert (execution.status, execution.exit_code) == (State.SUCCEEDED, 0)
    assert execution.run.state == State.SUCCEEDED
    assert execution.message == "The script ended with exit code 0."
    assert console(execution).endswith("hello\n")
    assert execution.claimed_at <= execution.started_at <= execution.finished_at
    assert execution.environment.kind == "plain"
    assert [c.to_state for c in execution.changes.all()] == ["queued", "preparing", "running", "succeeded"]


def test_stdout_and_stderr_are_kept_in_the_order_written(project: Project) -> None:
    loop = "for i in range(3): print(i); print(i, 'e', file=sys.stderr)"
    source = f"import sys\n{loop}\nprint(sys.stdin.read() == '')"
    execution = python(project, source)
    take_one()
    assert console(execution).splitlines()[-7:] == ["0", "0 e", "1", "1 e", "2", "2 e", "True"]


def test_every_line_has_a_time(project: Project) -> None:
    execution = python(project, "print('x')")
    take_one()
    lines = logs.read(execution.pk, 0, ended=True).lines
    assert lines[-1].line.text == "x"
    assert all(abs(each.at - execution.created_at.timestamp()) < 30 for each in lines)


def test_a_line_of_a_longer_script_has_the_time_at_which_it_was_printed(project: Project) -> None:
    execution = python(project, "import time\nprint('first', flush=True)\ntime.sleep(2.5)\nprint('last')")
    take_one()
    first, last = logs.read(execution.pk, 0, ended=True).lines[-2:]
    assert [first.line.text, last.line.text] == ["first", "last"]
    assert last.at > first.at


def test_a_script_goes_on_when_the_times_of_its_lines_cannot_be_kept(project: Project) -> None:
    # As on a full disk, where nothing of ours may end what works.
    source = """
import os, pathlib, time
times = pathlib.Path(os.environ["CORETEX_PARAMETERS"]).with_name("console.times")
times.unlink(missing_ok=True)
times.mkdir()
print("before", flush=True)
time.sleep(1)
print("after")
"""
    execution = python(project, source)
    take_one()
    execution = fresh(execution)
    assert execution.status == State.SUCCEEDED, execution.message
    assert console(execution).splitlines()[-2:] == ["before", "after"]


@pytest.mark.parametrize(
    ("source", "reason", "said"),
    [
        (
            "raise SystemExit(3)",
            Reason.EXIT_CODE,
            "The script ended with exit code 3",
        ),
        (
            "import os; os.kill(os.getpid(), 9)",
            Reason.SIGNAL,
            "killed by signal KILL (9), as happens when memory",
        ),
        ("import os; os.kill(os.getpid(), 11)", Reason.SIGNAL, "killed by signal SEGV (11)"),
        ("import os; os.kill(os.getpid(), 2)", Reason.SIGNAL, "killed by signal INT (2)"),
    ],
)
def test_a_failure_is_told_in_words(project: Project, source: str, reason: Reason, said: str) -> None:
    execution = python(project, source)
    take_one()
    execution = fresh(execution)
    assert (execution.status, execution.reason) == (State.FAILED, reason)
    assert said in execution.message


TASK_YAML = """param_groups:
  - name: inputs
    params:
      - {name: count, value: 5, data_type: int}
      - {name: rate, value: 5.0, data_type: float}
      - {name: kind, value: {selected: 1, options: [a, b]}, data_type: enum}
      - {name: kinds, value: {selected: [1, 0], options: [a, b]}, data_type: 'list[enum]'}
      - {name: layers, value: [64, 64], data_type: 'list[int]'}
      - {name: empty, data_type: str}
"""


def test_the_script_gets_typed_parameters(project: Project) -> None:
    source = "import json, os\nprint(json.dumps(json.load(open(os.environ['CORETEX_PARAMETERS']))))"
    values = {
        "count": 5,
        "rate": 5.0,
        "kind": {"selected": 1, "options": ["a", "b"]},
        "kinds": {"selected": [1, 0], "options": ["a", "b"]},
        "layers": [64, 64],
        "empty": None,
    }
    execution = submit(make_task(project, {"main.py": source, "task.yaml": TASK_YAML}), values=values)
    take_one()
    line = console(execution).splitlines()[-1]
    assert '"count": 5, "rate": 5.0' in line
    assert json.loads(line) == {
        "count": 5, "rate": 5.0, "kind": "b", "kinds": ["b", "a"], "layers": [64, 64], "empty": None,
    }  # fmt: skip


def test_a_dataset_that_was_deleted_fails_the_run_in_words(project: Project) -> None:
    spec = "param_groups: [{name: a, params: [{name: cells, data_type: dataset}]}]"
    execution = submit(make_task(project, {"main.py": "1", "task.yaml": spec}), values={"cells": 77})
    take_one()
    execution = fresh(execution)
    assert (execution.status, execution.reason) == (State.FAILED, Reason.PARAMETERS)
    assert "The parameter cells names Dataset 77, which was deleted" in execution.message


def test_the_world_of_the_script_is_not_the_servers(
    project: Project, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    monkeypatch.setenv("CORETEX_SECRET_KEY", "hidden")
    monkeypatch.setenv("PYTHONPATH", str(settings.BASE_DIR))
    source = f"""
import json, os, sys
try:
    import django
except ImportError:
    print("no django")
import tasks
print(tasks.MINE)
print(json.dumps(dict(os.environ)))
print(os.getcwd())
print(os.getsid(0) != {os.getsid(0)}, os.isatty(0))
"""
    execution = submit(make_task(project, {"main.py": source, "tasks.py": "MINE = 'my own tasks'"}))
    take_one()
    lines = console(execution).splitlines()[-5:]
    assert lines[0] == "no django"
    assert lines[1] == "my own tasks"
    assert lines[4] == "True False"
    variables = json.loads(lines[2])
    assert "hidden" not in variables.values()
    assert not {"PYTHONPATH", "DJANGO_SETTINGS_MODULE", "CORETEX_SECRET_KEY"} & variables.keys()
    assert variables["LANG"] == "C.UTF-8"
    assert variables["CORETEX_RUN_ID"] == str(execution.run_id)
    assert variables["HOME"] == str(paths.home(execution.pk))
    assert Path(lines[3]) == paths.work(execution.pk)


def test_what_the_script_made_or_changed_becomes_an_artifact(project: Project) -> None:
    source = """
import os
from pathlib import Path
Path("out/deep").mkdir(parents=True)
Path("out/deep/new.txt").write_text("new")
Path("data.csv").write_text("changed")
Path("same.csv").write_text("same")
Path("__pycache__").mkdir()
Path("__pycache__/x.pyc").write_text("")
Path("venv").mkdir(); Path("venv/pyvenv.cfg").write_text(""); Path("venv/big").write_text("")
os.symlink("/etc/passwd", "link")
os.mkfifo("pipe")
"""
    files = {"main.py": source, "data.csv": "before", "same.csv": "same", "untouched.csv": "x"}
    execution = submit(make_task(project, files))
    take_one()
    execution = fresh(execution)
    assert execution.status == State.SUCCEEDED, console(execution)
    assert list(execution.artifacts.values_list("path", "size")) == [("data.csv", 7), ("out/deep/new.txt", 3)]
    assert (paths.artifacts(execution.pk) / "out/deep/new.txt").read_text() == "new"
    assert not paths.work(execution.pk).exists()
    assert execution.warnings["artifacts"].splitlines() == [
        "Not kept: link is a link that leads out of the working folder.",
        "Not kept: pipe is a pipe.",
    ]
    assert console(execution).endswith(f"{execution.warnings['artifacts']}\n")


def test_files_that_cannot_be_named_are_left_out_with_a_sentence(project: Project) -> None:
    execution = python(project, "open(b'\\xff.txt', 'w').write('x'); open('fine.txt', 'w').write('y')")
    take_one()
    execution = fresh(execution)
    assert [a.path for a in execution.artifacts.all()] == ["fine.txt"]
    assert "a name that is no UTF-8" in execution.warnings["artifacts"]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("print('fine'); raise KeyError('size')", "KeyError: 'size'"),
        ("print('working\\rfailed  \\n\\n'); raise SystemExit(3)", "failed"),
        ("raise SystemExit('é' * 4000)", "é" * 299 + "…"),
        ("raise SystemExit(3)", ""),
        ("print('all is well')", ""),
    ],
)
def test_what_a_failed_script_printed_last_is_kept(project: Project, source: str, line: str) -> None:
    execution = python(project, source)
    take_one()
    assert fresh(execution).last_line == line


def test_metrics_are_stored_and_unreadable_lines_told_once(project: Project) -> None:
    source = r"""
import os
with open(os.environ["CORETEX_METRICS"], "a") as file:
    for x in range(100):
        file.write('{"metric": "loss", "x": %d, "y": %f}\n' % (x, 1 / (x + 1)))
    file.write('{"metric": "loss", "x": 100, "y": NaN}\n')
    file.write('not json\n{"metric": "loss"}\n{"metric": "a\\u0000b", "x": 1, "y": 2}\n')
    file.write('{"metric": "last", "x": 1, "y": 2}')
"""
    execution = python(project, source)
    take_one()
    execution = fresh(execution)
    loss = execution.metrics.get(name="loss")
    assert (loss.point_count, loss.last, loss.minimum, loss.maximum) == (101, None, 0.01, 1.0)
    assert loss.finite_count == 100
    assert loss.mean == pytest.approx(sum(round(1 / x, 6) for x in range(1, 101)) / 100)
    assert execution.metrics.get(name="last").point_count == 1
    assert execution.metrics_rejected == 3
    assert execution.warnings["metrics"] == (
        "3 lines of the metrics file could not be used: expected a line of JSON, found not json"
    )
    thin = metrics.series(execution, max_points=10)["loss"]
    assert len(thin["x"]) <= 11
    assert thin["x"][-1] == 100
    assert MetricPoint.objects.filter(metric=loss, y=None).count() == 1


@pytest.mark.parametrize(
    ("entry", "content", "said"),
    [
        ("main.sh", "echo from bash $0", "from bash main.sh"),
        (
            "sub/train.py",
            "import sys, os; print('in', os.path.basename(os.getcwd()), sys.argv[0])",
            "in work sub/train.py",
        ),
        ("-c.py", "print('an odd name')", "an odd name"),
    ],
)
def test_other_entry_scripts_run_too(project: Project, entry: str, content: str, said: str) -> None:
    execution = submit(make_task(project, {entry: content}), entry=entry)
    take_one()
    assert fresh(execution).status == State.SUCCEEDED, console(execution)
    assert said in console(execution)


def test_a_proposed_launcher_gives_the_script_what_the_form_holds(project: Project) -> None:
    source = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--compile", action="store_true", default=True)
parser.add_argument("-a", "--arch", default="x")
parser.add_argument("--names", nargs="*", default=[])
print(vars(parser.parse_args()))
"""
    task = make_task(project, {"train.py": source})
    proposal = suggestions.suggest(task, schema_url="https://example.org/")
    (launcher,) = proposal.launchers
    write(task, {"task.yaml": proposal.text, launcher.path: launcher.text})
    execution = submit(task, entry=launcher.path, values={"compile": False, "names": ["-a", "b"]})
    take_one()
    assert "{'compile': False, 'arch': 'x', 'names': ['-a', 'b']}" in console(execution)


def test_a_missing_interpreter_is_told(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    execution = submit(make_task(project, {"main.R": "1"}), entry="main.R")
    take_one()
    execution = fresh(execution)
    assert execution.reason == Reason.ENVIRONMENT
    assert "main.R needs Rscript, which is not installed on the node" in execution.message


def test_a_script_ends_at_its_time_limit(project: Project, settings: LazySettings) -> None:
    settings.STOP_GRACE = 1
    execution = python(project, "import time; print('on'); time.sleep(60)", time_limit=1)
    take_one()
    execution = fresh(execution)
    assert (execution.status, execution.reason) == (State.FAILED, Reason.TIMEOUT)
    assert execution.message == "It was stopped at its time limit of 1s."


def test_children_that_a_script_left_behind_are_ended(project: Project) -> None:
    source = """
import subprocess
for new in (False, True):
    child = subprocess.Popen(["sleep", "300"], start_new_session=new)
    print("child", child.pid)
"""
    execution = python(project, source)
    take_one()
    children = [int(line.split()[1]) for line in console(execution).splitlines() if line.startswith("child")]
    assert len(children) == 2
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in children)


def test_one_bad_run_does_not_stop_the_next(project: Project) -> None:
    bad = python(project, "1")
    paths.execution(bad.pk).parent.mkdir(parents=True)
    paths.execution(bad.pk).write_text("a file where a folder has to be")
    good = python(project, "print('fine')")
    assert take_one() == 2
    bad = fresh(bad)
    assert bad.status == State.FAILED
    assert "The server had an internal problem" in bad.message
    assert fresh(good).status == State.SUCCEEDED


def test_a_draining_node_takes_nothing(project: Project) -> None:
    this_node(is_draining=True)
    execution = python(project, "1")
    assert take_one() == 0
    assert fresh(execution).status == State.QUEUED


def test_a_run_for_another_node_is_left_to_it(project: Project) -> None:
    from runs.models import Node

    other = Node.objects.create(name="elsewhere")
    execution = python(project, "1", wanted_node=other)
    assert take_one() == 0
    assert fresh(execution).status == State.QUEUED


def test_executed_again_it_is_the_same_snapshot(project: Project) -> None:
    from runs import lifecycle
    from runs.states import Cause

    task = make_task(project, {"main.py": "print('first')"})
    execution = submit(task)
    take_one()
    small_tasks.write(task, {"main.py": "print('second')"})
    again = lifecycle.queue(execution.run, Cause.AGAIN)
    take_one()
    assert "first" in console(again)
    assert Execution.objects.filter(run=execution.run).count() == 2
    assert "first" in console(execution)


def test_a_changed_snapshot_refuses_to_run_and_names_the_file(project: Project) -> None:
    execution = submit(make_task(project, {"main.py": "print(1)", "data/a.txt": "a"}))
    victim = paths.snapshot(execution.run.snapshot_id) / "data" / "a.txt"
    victim.chmod(0o644)
    victim.write_text("b")
    take_one()
    execution = fresh(execution)
    assert (execution.status, execution.reason) == (State.FAILED, Reason.SNAPSHOT)
    assert "data/a.txt is changed" in execution.message
    assert "print" not in console(execution)
    filetree.remove(paths.snapshot(execution.run.snapshot_id))
