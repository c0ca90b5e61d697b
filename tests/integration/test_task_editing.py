"""The editor of a Task's files: what it shows, what it saves, and what it says when it cannot."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from coretex_site.lib import filetree
from projects.models import Project
from tasks.files import store
from tasks.models import Task
from tests.html_pages import flat
from tests.task_pages import HTMX, YAML, make_train, save, url

ClientOf = Callable[[User], Client]


@pytest.fixture
def task(project: Project, alice: User) -> Task:
    return make_train(project, alice)


@pytest.fixture
def browser(client_of: ClientOf, bob: User) -> Client:
    """Bob's, who may edit."""
    return client_of(bob)


def test_a_viewer_sees_code_with_colours_and_no_buttons_that_change(
    client_of: ClientOf, task: Task, vera: User
) -> None:
    page = client_of(vera).get(url("tasks:file", task, "main.py")).content.decode()
    assert '<span class="nb">print</span>' in page
    assert "&lt;b&gt;hi&lt;/b&gt;" in page
    for change in ("tasks:save", "tasks:remove", "tasks:rename", "tasks:new_file", "tasks:upload"):
        assert url(change, task) not in page
    assert "Run Task</a>" not in page


def test_an_editor_gets_the_text_exactly_as_it_is(browser: Client, task: Task, alice: User) -> None:
    text = "\n\n</textarea><script>alert(1)</script>\n\ttab & 'quote'"
    store.create(task, "odd.py", text.encode(), by=alice)
    page = browser.get(url("tasks:file", task, "odd.py")).content.decode()
    assert "<script>alert(1)" not in page
    escaped = "\n\n&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;\n\ttab &amp; &#x27;quote&#x27;"
    assert f"&#10;{escaped}</textarea>" in page


def test_saving_tells_what_was_found_in_the_files(browser: Client, task: Task) -> None:
    answer = save(browser, task, "print(2)\r\n")
    assert answer.status_code == 200
    assert store.read_bytes(task, "main.py") == b"print(2)\n"
    part = answer.content.decode()
    new = filetree.file_digest(store.root(task) / "main.py")
    assert f'id="editor-digest" value="{new}" hx-swap-oob="true"' in part
    assert "by bob" in flat(part)


def test_the_second_save_of_two_is_told_and_may_save_over_it(
    browser: Client, task: Task, alice: User
) -> None:
    opened = filetree.file_digest(store.root(task) / "main.py")
    store.write(task, "main.py", b"alice's\n", expected=opened, by=alice)
    answer = save(browser, task, "bob's\n", digest=opened)
    assert answer.status_code == 409
    assert "changed by someone else" in answer.content.decode()
    assert store.read_bytes(task, "main.py") == b"alice's\n"
    found = filetree.file_digest(store.root(task) / "main.py")
    assert save(browser, task, "bob's\n", digest=opened, over=found).status_code == 200
    assert store.read_bytes(task, "main.py") == b"bob's\n"


def test_without_scripts_a_conflict_keeps_what_was_typed(browser: Client, task: Task) -> None:
    data = {"path": "main.py", "text": "what I typed\n", "digest": "0" * 64}
    answer = browser.post(url("tasks:save", task), data)
    assert answer.status_code == 409
    assert "what I typed" in answer.content.decode()


@pytest.mark.parametrize("text", ["a\0b", "x" * (1024**2 + 1)])
def test_what_could_not_be_edited_again_is_not_saved(browser: Client, task: Task, text: str) -> None:
    answer = save(browser, task, text)
    assert answer.status_code == 422
    assert "Upload the file instead" in answer.content.decode()


@pytest.mark.parametrize("path", ["", "..", "/etc/passwd", "a\0", "nothing.py", "data", "x" * 5000])
def test_saving_what_is_not_there_changes_nothing(browser: Client, task: Task, path: str) -> None:
    assert save(browser, task, "x", path=path).status_code in (409, 422)
    task.refresh_from_db()
    assert task.digest == filetree.digest(store.root(task))


def test_a_file_that_was_deleted_while_it_was_edited_can_be_made_again(
    browser: Client, task: Task, bob: User
) -> None:
    opened = filetree.file_digest(store.root(task) / "main.py")
    store.delete(task, "main.py", by=bob)
    data = {"path": "main.py", "text": "x\n", "digest": opened}
    assert "deleted or renamed" in browser.post(url("tasks:save", task), data, headers=HTMX).content.decode()
    browser.post(url("tasks:save", task), data | {"over": "absent"}, headers=HTMX)
    assert store.read_bytes(task, "main.py") == b"x\n"


def test_the_preview_shows_the_form_and_every_problem_with_its_line(browser: Client, task: Task) -> None:
    wrong = "param_groups:\n - params:\n   - {name: a, value: x, data_type: int}\n   - {name: b, vale: 1}\n"
    part = browser.post(url("tasks:preview", task), {"text": wrong}, headers=HTMX).content.decode()
    assert 'data-line="3"' in part
    assert 'data-line="4"' in part
    assert "did you mean" in part
    good = browser.post(url("tasks:preview", task), {"text": YAML.decode()}, headers=HTMX).content.decode()
    assert "data-line" not in good
    assert 'value="0.1"' in good


@pytest.mark.parametrize(
    "text", ["", "\t\t:", "a: &a [*a]", "\0", "{" * 500, "- " * 2000, "ü" * 70_000, "\ud800"]
)
def test_no_text_breaks_the_preview(browser: Client, task: Task, text: str) -> None:
    data = {"text": text.encode("utf-8", "replace").decode()}
    assert browser.post(url("tasks:preview", task), data, headers=HTMX).status_code == 200


def test_a_readme_is_shown_as_it_reads_and_while_it_is_written(
    browser: Client, client_of: ClientOf, task: Task, alice: User, vera: User
) -> None:
    text = "# Main\n\nTrains **trees**. <script>alert(1)</script>\n\n1. one\n2. two\n"
    store.create(task, "README.md", text.encode(), by=alice)
    for client in (browser, client_of(vera)):
        for address in (url("tasks:file", task, "README.md"), url("tasks:folder", task)):
            page = client.get(address).content.decode()
            assert "<strong>trees</strong>" in page and "<li>two</li>" in page, address
            assert "<script>alert" not in page and 'id="main">Main' not in page, address
    typed = {"path": "README.md", "text": "*new*"}
    written = browser.post(url("tasks:preview", task), typed, headers=HTMX).content.decode()
    assert "<em>new</em>" in written and 'id="document-body"' in written
    store.create(task, "data/README.md", b"of the data", by=alice)
    assert "<p>of the data</p>" in browser.get(url("tasks:file", task, "data")).content.decode()
