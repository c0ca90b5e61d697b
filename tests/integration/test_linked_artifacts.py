"""Links that a script leaves become Artifacts; what does not is named on the Run page and in the console."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from coretex_site.lib import paths
from projects.models import Project
from runs.engine.worker import take_one
from runs.models import Execution
from runs.records import artifacts
from runs.states import State
from tests.small_tasks import console, fresh, make_task, submit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _environments(shared_environments: Path) -> None:
    """Built once for all tests."""


def executed(project: Project, source: str, **files: str) -> Execution:
    execution = submit(make_task(project, {"main.py": f"import os\n{source}", **files}))
    take_one()
    return fresh(execution)


def kept(execution: Execution) -> dict[str, str]:
    """{path: content} of all Artifacts, none of which is a link."""
    root = paths.artifacts(execution.pk)
    found = [artifact.path for artifact in execution.artifacts.order_by("path")]
    assert not any((root / path).is_symlink() for path in found)
    return {path: (root / path).read_text() for path in found}


def test_a_link_to_a_file_is_kept_as_that_file(project: Project) -> None:
    execution = executed(project, "open('e1.ckpt', 'w').write('weights'); os.symlink('e1.ckpt', 'last.ckpt')")
    assert kept(execution) == {"e1.ckpt": "weights", "last.ckpt": "weights"}
    assert execution.warnings == {}


def test_links_to_folders_inputs_and_names_of_the_same_file_are_kept(project: Project) -> None:
    source = """
os.makedirs('run3/deep')
open('run3/deep/best.pt', 'w').write('best')
os.symlink('run3', 'latest')
os.symlink(os.path.abspath('run3/deep/best.pt'), 'absolute')
os.symlink('data.csv', 'input')
os.symlink('data.csv', 'input again')
os.link('run3/deep/best.pt', 'hard')
"""
    execution = executed(project, source, **{"data.csv": "1,2"})
    assert kept(execution) == {
        "absolute": "best",
        "hard": "best",
        "input": "1,2",
        "input again": "1,2",
        "latest/deep/best.pt": "best",
        "run3/deep/best.pt": "best",
    }


def test_many_names_of_a_large_file_need_its_space_once(project: Project) -> None:
    source = "open('big', 'w').write('x' * 1_000_000)\nfor i in range(50): os.symlink('big', f'link {i}')"
    execution = executed(project, source)
    root = paths.artifacts(execution.pk)
    assert len({(root / path).stat().st_ino for path in kept(execution)}) == 1


def test_what_is_not_kept_is_named_on_the_page_and_in_the_console(project: Project, alice: User) -> None:
    source = """
os.symlink('/etc/passwd', 'out')
os.symlink('loop', 'loop')
os.mkfifo('pipe')
open(b'\\xff.txt', 'w').write('x')
os.makedirs('/'.join(['d' * 200] * 6))
print('done', end='')
os.chdir('/'.join(['d' * 200] * 5)); open('d' * 200 + '/f', 'w').write('x')
raise SystemExit(3)
"""
    execution = executed(project, source)
    lines = execution.warnings["artifacts"].splitlines()
    assert kept(execution) == {}
    assert "Not kept: out is a link that leads out of the working folder." in lines
    assert "Not kept: loop is a link that leads back to itself." in lines
    assert "Not kept: pipe is a pipe." in lines
    assert any(line.startswith("Not kept: \\udcff.txt has a name that is no UTF-8") for line in lines)
    assert any(line.startswith("Not kept: dddd") and "longer than 1,024" in line for line in lines)
    assert console(execution).splitlines()[-len(lines) - 1 :] == ["done", *lines]
    assert execution.last_line == "done"
    client = Client()
    client.force_login(alice)
    page = client.get(reverse("runs:execution", args=[execution.run_id, 1])).content.decode()
    assert page.count("<li>Not kept: ") == len(lines) == 5


def test_of_thousands_that_are_not_kept_some_are_named_and_all_are_counted(project: Project) -> None:
    execution = executed(project, "for i in range(3000): os.symlink('/etc/passwd', f'{i:04}')")
    lines = execution.warnings["artifacts"].splitlines()
    assert execution.status == State.SUCCEEDED
    assert len(lines) == artifacts.MOST_NAMED + 1
    assert lines[-1] == "Not kept: 2,950 more."
    printed = console(execution).splitlines()[-artifacts.MOST_PRINTED - 1 :]
    assert printed == [
        *lines[: artifacts.MOST_PRINTED],
        "Not kept: more, which is named beside the Artifacts.",
    ]


def test_what_was_cut_short_is_kept_by_the_next_process(project: Project) -> None:
    execution = executed(project, "")
    work, root = paths.work(execution.pk), paths.artifacts(execution.pk)
    work.mkdir(parents=True)
    root.mkdir(parents=True)
    (work / "last.ckpt").symlink_to("e1.ckpt")
    (root / "e1.ckpt").write_text("moved before")
    artifacts.collect(execution.pk, {})
    assert kept(execution) == {"e1.ckpt": "moved before", "last.ckpt": "moved before"}
