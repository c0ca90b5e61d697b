"""The folder a script runs in: always as its Snapshot is, whatever the script before did to its own."""

import pytest

from coretex_site.lib import filetree, paths
from projects.models import Project
from runs import snapshots
from runs.engine.worker import take_one
from runs.fast_path import spares
from runs.fast_path.marks import Marks
from runs.models import Execution
from runs.states import Reason, State
from tests.small_tasks import console, fresh, make_task, submit

pytestmark = pytest.mark.django_db(transaction=True)

# Tells all that a script finds, then does what its parameter says.
TELLS = """
import json, os, sys, time
for folder, folders, files in sorted(os.walk(".")):
    print(folder, oct(os.stat(folder).st_mode), flush=True)
    for name in sorted(files):
        path = os.path.join(folder, name)
        print(path, oct(os.stat(path).st_mode), os.stat(path).st_nlink, open(path).read().count("as frozen"))
print("made", os.stat("main.py").st_mtime_ns)
time.sleep(0.05)
exec(json.load(open(os.environ["CORETEX_PARAMETERS"]))["deed"])
"""
DEEDS = {
    "rewrites a file": "open('data/a.txt', 'w').write('other')",
    "rewrites a file and sets its times back": (
        "s = os.stat('data/a.txt'); open('data/a.txt', 'w').write('AS FROZEN')\n"
        "os.utime('data/a.txt', ns=(s.st_atime_ns, s.st_mtime_ns))"
    ),
    "rewrites a file and then touches its parameters": (
        "open('data/a.txt', 'w').write('AS FROZEN'); os.chmod(os.environ['CORETEX_PARAMETERS'], 0o600)"
    ),
    "makes a file executable": "os.chmod('data/a.txt', 0o755)",
    "adds a file": "open('data/new.txt', 'w').write('new')",
    "adds an empty folder": "os.mkdir('data/empty')",
    "leaves compiled code": "os.mkdir('__pycache__'); open('__pycache__/x.pyc', 'w').write('x')",
    "removes a file": "os.remove('data/a.txt')",
    "removes a folder": "os.remove('data/deep/b.txt'); os.rmdir('data/deep')",
    "puts a link in place of a file": "os.remove('data/a.txt'); os.symlink('deep/b.txt', 'data/a.txt')",
    "gives a file a second name": "os.link('data/a.txt', os.environ['HOME'] + '/../a.txt')",
    "closes a folder": "os.chmod('data', 0o700)",
}


def run_twice(project: Project, deed: str) -> tuple[Execution, Execution]:
    """Two Runs of one Snapshot in one process; the first does the deed."""
    files = {"main.py": TELLS, "data/a.txt": "as frozen", "data/deep/b.txt": "as frozen"}
    task = make_task(project, files)
    first = submit(task, values={"deed": deed})
    second = submit(task, values={"deed": "pass"})
    assert take_one() == 2
    first, second = fresh(first), fresh(second)
    assert (first.status, second.status) == (State.SUCCEEDED, State.SUCCEEDED), console(first)
    return first, second


def told(execution: Execution) -> tuple[str, str]:
    """What it found, and when its main.py was written."""
    said = console(execution)
    listing, _, made = said[said.index(". 0o") :].partition("made ")
    return listing, made


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS.keys())
def test_a_script_finds_its_snapshot_whatever_the_one_before(project: Project, deed: str) -> None:
    first, second = run_twice(project, deed)
    assert told(first)[0] == told(second)[0]
    assert told(first)[0].count(" 1 1\n") == 3
    assert told(first)[1] != told(second)[1]


def test_an_untouched_folder_is_used_again_and_nothing_stays(project: Project) -> None:
    first, second = run_twice(project, "pass")
    assert told(first) == told(second)
    assert not list(first.artifacts.all()) and not list(second.artifacts.all())
    assert not paths.work(first.pk).exists() and not paths.work(second.pk).exists()
    assert not list(paths.scratch().iterdir())


# What a script may do to its parameters, or to where its exit code is written.
PRANKS = {
    "puts a link in place": "os.remove(own); os.symlink(os.environ['HOME'] + '/../kept', own)",
    "puts a pipe in place": "os.remove(own); os.mkfifo(own)",
    "puts a folder in place": "os.remove(own); os.mkdir(own)",
    "gives it a second name": "os.link(own, os.environ['HOME'] + '/../second')",
    "closes it": "os.chmod(own, 0)",
    "removes it": "os.remove(own)",
}


@pytest.mark.parametrize("prank", PRANKS.values(), ids=PRANKS.keys())
def test_a_script_gets_its_own_parameters_whatever_the_one_before_did_to_its(
    project: Project, prank: str
) -> None:
    kept = "open(os.environ['HOME'] + '/../kept', 'w').write('kept')"
    first, second = run_twice(project, f"{kept}\nown = os.environ['CORETEX_PARAMETERS']\n{prank}")
    assert told(first) == told(second)
    folder = paths.execution(first.pk)
    assert (folder / "kept").read_text() == "kept"
    if (folder / "second").exists():
        assert "os.link" in (folder / "second").read_text()


def test_no_script_is_given_the_exit_code_of_the_one_before(project: Project) -> None:
    task = make_task(project, {"main.py": TELLS})
    first = submit(task, values={"deed": "pass"})
    second = submit(task, values={"deed": "os.kill(os.getppid(), 9); os.kill(os.getpid(), 9)"})
    assert take_one() == 3
    first, second = fresh(first), fresh(second)
    assert (first.status, first.exit_code) == (State.SUCCEEDED, 0)
    assert (second.status, second.reason, second.exit_code) == (State.FAILED, Reason.LOST, None)


def test_what_was_tidied_away_meanwhile_is_copied_again(project: Project) -> None:
    task = make_task(project, {"main.py": "print('hello')"})
    snapshot, work = snapshots.freeze(task), paths.scratch() / "work"
    snapshots.check_out(snapshot.pk, work)
    files = snapshots.read_list(snapshot.pk)
    assert spares.keep(snapshot.pk, work, files, Marks.of(work, ["main.py"], now=0))
    assert not work.exists()
    for place in paths.scratch().iterdir():
        filetree.remove(place)
    assert snapshots.check_out(snapshot.pk, work).keys() == {"main.py"}
    assert (work / "main.py").read_text() == "print('hello')"


def test_a_file_changed_before_the_parameters_were_touched_is_an_artifact(project: Project) -> None:
    first, _ = run_twice(project, DEEDS["rewrites a file and then touches its parameters"])
    assert [artifact.path for artifact in first.artifacts.all()] == ["data/a.txt"]


def test_a_run_that_never_started_has_no_artifacts(project: Project) -> None:
    task = make_task(project, {"main.py": "print(1)", "requirements.txt": "no such package, says uv\n"})
    execution = submit(task)
    assert take_one() == 1
    execution = fresh(execution)
    assert (execution.status, execution.start_marked_at) == (State.FAILED, None)
    assert not execution.artifacts.exists()
    assert not paths.work(execution.pk).exists()


def test_an_empty_home_is_used_again_and_one_that_was_used_is_not(project: Project) -> None:
    source = (
        "import json, os\nhome = os.environ['HOME']\nprint(os.listdir(home), oct(os.stat(home).st_mode))\n"
    )
    source += "exec(json.load(open(os.environ['CORETEX_PARAMETERS']))['deed'])"
    task = make_task(project, {"main.py": source})
    deeds = ["pass", "open(home + '/left', 'w')", "os.chmod(home, 0o777)", "os.rmdir(home)", "pass"]
    executions = [submit(task, values={"deed": deed}) for deed in deeds]
    assert take_one() == len(deeds)
    for execution in map(fresh, executions):
        assert execution.status == State.SUCCEEDED
        assert console(execution).splitlines()[-1] == "[] 0o40755"
        assert not paths.home(execution.pk).exists()
    assert not list(paths.scratch().iterdir())
