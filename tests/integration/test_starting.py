"""Entry scripts of every kind are started as their authors would, or it is said why not."""

import os
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from coretex_site.lib import paths
from projects.models import Project
from runs.engine.worker import take_one
from runs.models import Execution
from runs.runspec import RunSpec
from runs.states import Reason, State
from runs.submission.errors import SubmitError
from runs.submission.start import start
from tasks.files import overview
from tasks.proposals import suggestions
from tests.small_tasks import console, fresh, make_task, submit, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _environments(shared_environments: Path) -> None:
    """Built once for all tests."""


def executed(project: Project, files: dict[str, str | bytes], entry: str) -> Execution:
    execution = submit(make_task(project, files), entry=entry)
    take_one()
    return fresh(execution)


WHERE = "import os, sys; print(os.path.basename(os.getcwd()), *sys.argv[1:])"
PACKAGE = {"pkg/__init__.py": "", "pkg/__main__.py": "from . import core\ncore.go()", "note.txt": ""}
KINDS: dict[str, tuple[dict[str, str | bytes], str, str]] = {
    "a package": ({**PACKAGE, "pkg/core.py": "def go(): print('went')"}, "pkg/__main__.py", "went"),
    "a package in src": (
        {"src/pkg/__init__.py": "", "src/pkg/__main__.py": "from pkg import x\nprint(x)", "src/pkg/x.py": ""},
        "src/pkg/__main__.py",
        "<module 'pkg.x'",
    ),
    "a root that is itself a package": (
        {"__init__.py": "", "__main__.py": "from .core import x\nprint(x)", "core.py": "x = 'root'"},
        "__main__.py",
        "root",
    ),
    "a script of a package": (
        {"pkg/__init__.py": "", "pkg/train.py": "from .core import x\nprint(x)", "pkg/core.py": "x = 'core'"},
        "pkg/train.py",
        "core",
    ),
    "a script in a folder that imports from the root": (
        {
            "nb/train.py": "import helper, beside\nprint(helper.x)",
            "helper.py": "x = 'root'",
            "nb/beside.py": "",
        },
        "nb/train.py",
        "root",
    ),
    "a script whose processes import what it imports": (
        {
            "nb/train.py": "import multiprocessing, helper\n"
            "if __name__ == '__main__':\n"
            "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
            "        print(pool.map(helper.double, [21]))",
            "helper.py": "def double(x): return 2 * x",
        },
        "nb/train.py",
        "[42]",
    ),
    "folders of task.yaml": (
        {
            "task.yaml": "python_path: [lib, more/deep]",
            "main.py": "import a, b\nprint(a.x, b.x)",
            "lib/a.py": "x = 1",
            "more/deep/b.py": "x = 2",
        },
        "main.py",
        "1 2",
    ),
    "a working folder of task.yaml": (
        {
            "task.yaml": "cwd: data/raw",
            "main.py": "import helper\nprint(open('in.txt').read())",
            "helper.py": "",
            "data/raw/in.txt": "found",
        },
        "main.py",
        "found",
    ),
    "a package in another working folder": (
        {
            "task.yaml": "cwd: data",
            "data/in.txt": "",
            **PACKAGE,
            "pkg/core.py": "import os\ndef go(): print(os.listdir())",
        },
        "pkg/__main__.py",
        "['in.txt']",
    ),
    "a shell script in another working folder": (
        {"task.yaml": "cwd: data", "data/in.txt": "", "run.sh": "ls"},
        "run.sh",
        "in.txt",
    ),
    "perl by its #! line": ({"align.pl": '#!/usr/bin/env perl\nprint "perl ok\\n";'}, "align.pl", "perl ok"),
    "perl with options": ({"tool": "#!/usr/bin/perl -l\nprint 'one'; print 'two';"}, "tool", "two"),
    "perl with Windows line ends": ({"tool": "#!/usr/bin/env perl\r\nprint 'ok';\r\n"}, "tool", "ok"),
    "a program whose path is another here": ({"tool": "#!/opt/strange/bin/perl\nprint 'ok';"}, "tool", "ok"),
    "the environment's Python": (
        {"tool": "#!/usr/bin/python3 -O\nimport sys; print(sys.prefix != sys.base_prefix, __debug__)"},
        "tool",
        "True False",
    ),
    "the environment's Python through env": (
        {"tool": "#!/usr/bin/env -S GREETING=hi python -u\nimport os; print(os.environ['GREETING'])"},
        "tool",
        "hi",
    ),
    "a shell script with another shell": (
        {"main.sh": "#!/bin/sh -e\nfalse || echo $0 $-"},
        "main.sh",
        "main.sh e",
    ),
    "a login shell sees the environment": (
        {"main.sh": "#!/bin/bash -el\npython -c 'import sys; print(sys.prefix != sys.base_prefix)'; echo $-"},
        "main.sh",
        "ehB",
    ),
    "quotes after env -S": ({"tool": "#!/usr/bin/env -S sh -c 'echo two words'\n"}, "tool", "two words"),
    "a script beside a package in src": (
        {"main.py": "import pkg\nprint(pkg.x)", "src/pkg/__init__.py": "x = 5"},
        "main.py",
        "5",
    ),
    "a shell script without a #! line": ({"main.sh": "a=(1 2); echo ${a[1]}"}, "main.sh", "2"),
    "a shell script that is Python": ({"main.sh": "#!/usr/bin/env python3\nprint('py')"}, "main.sh", "py"),
    "a name like an option": ({"-tool": "#!/bin/sh\necho ok"}, "-tool", "ok"),
    "a name with spaces": ({"my tool": "#!/bin/sh\necho ok"}, "my tool", "ok"),
    "a shell script with a heredoc of Windows": (
        {"main.sh": "cat <<EOF | od -c | head -1\na\r\nEOF\n"},
        "main.sh",
        r"0000000   a  \r  \n",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_started_as_its_author_would(kind: str, project: Project) -> None:
    files, entry, said = KINDS[kind]
    execution = executed(project, files, entry)
    assert execution.status == State.SUCCEEDED, console(execution)
    assert console(execution).splitlines()[-1].startswith(said)


@pytest.mark.parametrize(
    ("files", "entry", "reason", "said"),
    [
        ({"main.sh": "#!/bin/bash\r\nset -e\r\n"}, "main.sh", Reason.SNAPSHOT, "Windows line ends (CRLF)"),
        ({"main.sh": "echo\recho\r"}, "main.sh", Reason.SNAPSHOT, "line ends of old Macs"),
        ({"main.sh": "echo hi\n".encode("utf-16")}, "main.sh", Reason.SNAPSHOT, "saved as UTF-16"),
        (
            {"tool": "#!/usr/bin/env cobol\n"},
            "tool",
            Reason.ENVIRONMENT,
            "needs cobol, which is not installed",
        ),
        (
            {"main.sh": "#!/usr/bin/fish\n"},
            "main.sh",
            Reason.ENVIRONMENT,
            "needs /usr/bin/fish, which is not",
        ),
        ({"main.py": "print(1)\n".encode("utf-16")}, "main.py", Reason.SNAPSHOT, "saved as UTF-16"),
        ({"main.R": b"\xef\xbb\xbfprint(1)\n"}, "main.R", Reason.SNAPSHOT, "byte order mark, which R takes"),
        ({"a.nf": "workflow {}"}, "a.nf", Reason.SNAPSHOT, "“nextflow run a.nf”"),
        ({"main.ipynb": "print(1)"}, "main.ipynb", Reason.SNAPSHOT, "expected JSON"),
        (
            {"task.yaml": "cwd: data", "main.py": ""},
            "main.py",
            Reason.SNAPSHOT,
            "“cwd: data”, but the Snapshot has no file in a folder data",
        ),
    ],
)
def test_what_cannot_work_is_said_and_not_started(
    project: Project, files: dict[str, str | bytes], entry: str, reason: Reason, said: str
) -> None:
    execution = executed(project, files, entry)
    assert (execution.status, execution.reason, execution.started_at) == (State.FAILED, reason, None)
    assert said in execution.message


def test_a_launcher_starts_a_script_of_a_package_as_a_module(project: Project) -> None:
    script = (
        "import argparse\n"
        "from .core import double\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('--epochs', type=int, default=5)\n"
        "if __name__ == '__main__':\n"
        "    print('result', double(parser.parse_args().epochs))\n"
    )
    files = {"pkg/train.py": script, "pkg/core.py": "def double(x): return 2 * x", "pkg/__init__.py": ""}
    task = make_task(project, files)
    proposal = suggestions.suggest(task, schema_url="")
    assert proposal is not None
    (launcher,) = proposal.launchers
    write(task, {"task.yaml": proposal.text, launcher.path: launcher.text})
    execution = submit(task, entry=launcher.path, values={"epochs": 21})
    take_one()
    assert console(execution).splitlines()[-1] == "result 42"


def test_the_root_is_left_out_where_it_would_hide_a_module_of_python(project: Project) -> None:
    files = {
        "nb/train.py": "import random\nprint(random.randint(1, 1))",
        "random.py": "raise SystemExit('hidden')",
    }
    execution = executed(project, files, "nb/train.py")
    assert execution.status == State.SUCCEEDED and "is not on Python's path" not in console(execution)


def test_it_is_said_when_something_is_wanted_of_such_a_root(project: Project) -> None:
    files = {"nb/train.py": "import helper", "random.py": "", "helper.py": ""}
    execution = executed(project, files, "nb/train.py")
    assert execution.status == State.FAILED
    assert "since random.py would hide Python's own module random" in console(execution)
    assert execution.last_line == "ModuleNotFoundError: No module named 'helper'"


def test_a_folder_for_python_that_is_not_there_is_said(project: Project) -> None:
    files = {
        "task.yaml": "python_path: [lib, file.txt]",
        "lib/a.py": "",
        "file.txt": "",
        "main.py": "import a",
    }
    execution = executed(project, files, "main.py")
    assert execution.status == State.SUCCEEDED
    said = "task.yaml names file.txt as python_path, but the Task has no such folder.\n"
    assert said in console(execution) and "names lib" not in console(execution)


def test_what_a_script_leaves_in_its_working_folder_is_kept_with_its_path(project: Project) -> None:
    files = {"task.yaml": "cwd: data", "data/in.txt": "", "main.py": "open('out.txt', 'w').write('x')"}
    execution = executed(project, files, "main.py")
    assert [artifact.path for artifact in execution.artifacts.all()] == ["data/out.txt"]


def test_a_file_with_a_hashbang_is_offered_whether_or_not_it_is_executable(
    project: Project, alice: User
) -> None:
    task = make_task(
        project, {"tool": "#!/usr/bin/env perl\nprint 1;", "plain": "no", "a.txt": "#!/bin/sh\n"}
    )
    os.chmod(paths.task_files(task.pk) / "tool", 0o744)
    assert overview.summary(task).entry_scripts == ["tool"]
    os.chmod(paths.task_files(task.pk) / "tool", 0o644)
    assert overview.summary(task).entry_scripts == ["tool"]
    run = start(RunSpec(task=task.pk, values={}), by=alice)
    assert run.entry_script == "tool"


def test_a_task_with_code_of_another_language_only_says_what_it_needs(project: Project, alice: User) -> None:
    task = make_task(project, {"Snakefile": "rule all: input: []", "README.md": ""})
    summary = overview.summary(task)
    assert summary.entry_scripts == []
    assert "snakemake --cores all --snakefile Snakefile" in summary.cannot_run
    with pytest.raises(SubmitError, match="snakemake must be installed"):
        start(RunSpec(task=task.pk, entry_script="Snakefile", values={}), by=alice)


def test_a_working_folder_that_is_not_there_is_said_before_anything_starts(
    project: Project, alice: User
) -> None:
    task = make_task(project, {"task.yaml": "cwd: data", "main.py": ""})
    with pytest.raises(SubmitError, match="no file in a folder data"):
        start(RunSpec(task=task.pk, values={}), by=alice)


def test_the_pages_say_in_which_folder_scripts_start(project: Project, alice: User) -> None:
    files = {
        "task.yaml": "cwd: data\npython_path: [lib]",
        "data/in.txt": "",
        "lib/a.py": "",
        "main.py": "import a",
    }
    task = make_task(project, files)
    client = Client()
    client.force_login(alice)
    parameters = client.get(reverse("tasks:parameters", args=[task.pk])).content.decode()
    assert "Scripts start in the folder" in parameters and "Python also looks for modules in" in parameters
    form = client.get(reverse("runs:new", args=[task.pk])).content.decode()
    assert 'Starts in the folder <span class="mono">data</span>.' in form
    execution = submit(task)
    take_one()
    page = client.get(reverse("runs:execution", args=[execution.run_id, 1])).content.decode()
    assert "<dt>Starts in</dt>" in page and "<dt>Python path</dt>" in page


def test_a_file_that_is_missed_in_the_working_folder_is_said_to_be_missed_there(
    project: Project, alice: User
) -> None:
    files = {"task.yaml": "cwd: data", "data/a.txt": "", "in.csv": "", "main.py": "open('in.csv')"}
    execution = executed(project, files, "main.py")
    client = Client()
    client.force_login(alice)
    page = client.get(reverse("runs:execution", args=[execution.run_id, 1])).content.decode()
    assert "Scripts are started in the folder data of the Task, where there " in page


def test_nothing_is_said_of_folders_where_scripts_start_in_the_root(project: Project, alice: User) -> None:
    task = make_task(project, {"task.yaml": "name: x", "main.py": ""})
    client = Client()
    client.force_login(alice)
    for address in (reverse("tasks:parameters", args=[task.pk]), reverse("runs:new", args=[task.pk])):
        assert "in the folder" not in client.get(address).content.decode()
