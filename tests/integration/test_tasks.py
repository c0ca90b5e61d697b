"""The pages of Tasks: who may see and do what, what they say, and that no input breaks them."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from coretex_site.lib import filetree, paths
from projects import archiving
from projects.models import Project, Visibility
from runs import snapshots
from runs.models import Artifact, Run
from runs.states import State
from tasks import create
from tasks.files import store
from tasks.models import Task
from tests.html_pages import flat
from tests.small_tasks import submit
from tests.task_pages import HTMX, make_train, save, url

ClientOf = Callable[[User], Client]


@pytest.fixture
def task(project: Project, alice: User) -> Task:
    return make_train(project, alice)


@pytest.fixture
def browser(client_of: ClientOf, bob: User) -> Client:
    """Bob's, who may edit."""
    return client_of(bob)


def got(browser: Client, address: str) -> int:
    """The status of a page; a file is read to its end, which closes it."""
    answer = browser.get(address)
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer.status_code


READ = [
    ("tasks:detail", ()),
    ("tasks:folder", ()),
    ("tasks:file", ("main.py",)),
    ("tasks:file", ("task.yaml",)),
    ("tasks:file", ("data",)),
    ("tasks:file", ("data/x.bin",)),
    ("tasks:file", ("a b&c.svg",)),
    ("tasks:raw", ("a b&c.svg",)),
    ("tasks:download", ()),
    ("tasks:parameters", ()),
    ("tasks:settings", ()),
    ("runs:task_changes", ()),
    ("runs:task_diff", ()),
]
CHANGE = [
    ("tasks:save", {"path": "main.py", "text": "x", "digest": ""}),
    ("tasks:new_file", {"path": "new.py"}),
    ("tasks:new_folder", {"path": "new"}),
    ("tasks:rename", {"path": "main.py", "new_path": "other.py"}),
    ("tasks:remove", {"path": "main.py"}),
    ("tasks:upload", {}),
    ("tasks:settings", {"name": "Mine", "description": ""}),
    ("runs:delete_task", {}),
]


@pytest.mark.parametrize(("name", "rest"), READ)
def test_members_may_read_and_strangers_find_nothing(
    client_of: ClientOf, task: Task, vera: User, charlie: User, name: str, rest: tuple[str, ...]
) -> None:
    address = url(name, task, *rest)
    assert got(client_of(vera), address) == 200
    assert got(client_of(charlie), address) == 404
    assert got(Client(), address) == 302
    Project.objects.update(visibility=Visibility.PUBLIC)
    assert got(client_of(charlie), address) == 200


@pytest.mark.parametrize(("name", "data"), CHANGE)
def test_viewers_and_strangers_change_nothing(
    client_of: ClientOf, task: Task, vera: User, charlie: User, name: str, data: dict[str, str]
) -> None:
    address, digest = url(name, task), task.digest
    assert client_of(vera).post(address, data).status_code == 403
    assert client_of(charlie).post(address, data).status_code == 404
    assert Client().post(address, data).status_code == 302
    task.refresh_from_db()
    assert (task.digest, task.name) == (digest, "Train")


@pytest.mark.parametrize(("name", "data"), CHANGE)
def test_nothing_is_changed_in_an_archived_project(
    client_of: ClientOf, task: Task, alice: User, name: str, data: dict[str, str]
) -> None:
    Project.objects.update(archived_at="2026-01-01T00:00Z")
    assert client_of(alice).post(url(name, task), data).status_code == 403


def test_the_tasks_of_an_archived_project_are_listed_only_with_it(browser: Client, task: Task) -> None:
    archiving.archive(task.project)
    address, link = reverse("tasks:list"), f'href="{task.get_absolute_url()}"'
    assert link not in browser.get(address).content.decode()
    assert link in browser.get(address, {"project": task.project_id}).content.decode()
    archiving.restore(task.project)
    assert link in browser.get(address).content.decode()


@pytest.mark.parametrize("name", ["tasks:new_file", "tasks:new_folder", "tasks:rename", "tasks:remove"])
@pytest.mark.parametrize(
    "path", ["", "..", "../x", "/x", "a\0b", "\\", "con", " ", "x" * 2000, "main.py/x", "data"]
)
def test_a_bad_path_comes_back_as_a_sentence(browser: Client, task: Task, name: str, path: str) -> None:
    answer = browser.post(url(name, task), {"path": path, "new_path": path}, headers=HTMX)
    assert answer.status_code in (204, 422)
    if answer.status_code == 422:
        assert "<li>" in answer.content.decode()
    assert "main.py" in [file.path for file in store.list_files(task)]


@pytest.mark.parametrize(
    "path", ["nothing.py", "../../secret_key", "..%2f..%2fdb.sqlite3", "%00", "data/", "/"]
)
def test_a_file_that_is_not_there_is_not_found(browser: Client, task: Task, path: str) -> None:
    base = f"/tasks/{task.pk}"
    assert got(browser, f"{base}/raw/{path}") == 404
    assert browser.get(f"{base}/files/{path}").status_code == (200 if path == "data/" else 404)


def test_what_is_downloaded_is_never_executed_by_the_browser(browser: Client, task: Task) -> None:
    answer = browser.get(url("tasks:raw", task, "a b&c.svg"))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert b"".join(answer.streaming_content) == b"<svg/>"


def test_all_files_are_downloaded_as_one_zip(browser: Client, task: Task) -> None:
    answer = browser.get(url("tasks:download", task))
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert sorted(archive.namelist()) == ["a b&c.svg", "data/x.bin", "main.py", "task.yaml"]
    assert "Train.zip" in answer.headers["Content-Disposition"]


def test_uploading_more_says_what_was_added_and_replaced(browser: Client, task: Task) -> None:
    files = [io.BytesIO(b"1"), io.BytesIO(b"2")]
    files[0].name, files[1].name = "main.py", "b.py"
    answer = browser.post(url("tasks:upload", task), {"files": files}, follow=True)
    assert "1 file added, 1 replaced." in answer.content.decode()
    assert store.read_bytes(task, "main.py") == b"1"


def test_an_upload_of_nothing_is_told(browser: Client, task: Task) -> None:
    assert browser.post(url("tasks:upload", task), headers=HTMX).status_code == 422


def test_run_task_is_offered_only_when_the_task_can_run(browser: Client, task: Task, alice: User) -> None:
    assert f'href="{url("runs:new", task)}"' in browser.get(url("tasks:detail", task)).content.decode()
    store.delete(task, "main.py", by=alice)
    page = browser.get(url("tasks:detail", task)).content.decode()
    assert f'href="{url("runs:new", task)}"' not in page
    assert "it has no entry script. Add main.py" in page


def test_the_settings_rename_the_task(browser: Client, task: Task) -> None:
    browser.post(url("tasks:settings", task), {"name": "Train 2", "description": "a\r\nb"})
    task.refresh_from_db()
    assert (task.name, task.description) == ("Train 2", "a\nb")
    Task.objects.create(project=task.project, name="Other", created_by=task.created_by)
    answer = browser.post(url("tasks:settings", task), {"name": "other", "description": ""})
    assert answer.status_code == 422
    assert "This Project already has a Task “other”" in answer.content.decode()


def test_the_list_is_searched_filtered_sorted_and_paged(
    client_of: ClientOf, project: Project, alice: User, charlie: User, django_assert_max_num_queries: Callable
) -> None:
    other = Project.objects.create(name="Other", created_by=charlie, visibility=Visibility.PUBLIC)
    for number in range(120):
        Task.objects.create(project=project, name=f"Task {number:03}", created_by=alice)
    Task.objects.create(project=other, name="Apart", created_by=charlie)
    browser, address = client_of(alice), reverse("tasks:list")
    with django_assert_max_num_queries(9):
        first = browser.get(address)
    assert [task.name for task, _ in first.context["rows"]][:2] == ["Apart", "Task 000"]
    second = browser.get(address, {"page": 2})
    third = browser.get(address, {"page": 3})
    names = [task.name for page in (first, second, third) for task, _ in page.context["rows"]]
    assert names == ["Apart", *(f"Task {number:03}" for number in range(120))]
    assert not third.context["page"].has_next()
    back = browser.get(address, {"page": third.context["page"].previous_page_number()})
    assert [task.name for task, _ in back.context["rows"]] == names[50:100]
    found = browser.get(address, {"q": "task 11", "sort": "-name"}, headers=HTMX)
    assert [task.name for task, _ in found.context["rows"]][:2] == ["Task 119", "Task 118"]
    assert b"<html" not in found.content
    mine = browser.get(address, {"project": other.pk})
    assert [task.name for task, _ in mine.context["rows"]] == ["Apart"]
    assert len(client_of(charlie).get(address).context["rows"]) == 1


@pytest.mark.parametrize(
    "query",
    ["project=x", "project=99999999999999999999", "page=-1", "page=9e9", "sort=pk;drop", "q=%00", "q=%ff"],
)
def test_no_query_breaks_the_list(browser: Client, task: Task, query: str) -> None:
    assert browser.get(f"{reverse('tasks:list')}?{query}").status_code == 200


def test_the_schema_is_public_and_json(task: Task) -> None:
    for route, title in (("tasks:schema", "task.yaml"), ("runs:schema", "Specification of a Run or Batch")):
        answer = Client().get(reverse(route))
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/schema+json"
        assert answer.json()["title"] == title


def test_the_badge_says_whether_the_files_are_those_of_the_last_run(
    browser: Client, task: Task, alice: User
) -> None:
    badge = url("runs:task_changes", task)
    assert "Never run" in browser.get(badge).content.decode()
    run = submit(task).run
    assert f"Same as Run {run.pk}" in browser.get(badge).content.decode()
    save(browser, task, "print('other')\n")
    store.delete(task, "data", by=alice)
    store.create(task, "new.py", b"1\n", by=alice)
    assert f"Changed since Run {run.pk}" in browser.get(badge).content.decode()
    page = flat(browser.get(url("runs:task_diff", task)).content.decode())
    assert "3 files differ from what" in page
    assert "print(&#x27;other&#x27;)" in page
    assert "Not text: 2 bytes before." in page


def test_a_snapshot_that_was_damaged_is_told_and_breaks_no_page(browser: Client, task: Task) -> None:
    digest = submit(task).run.snapshot_id
    save(browser, task, "x\n")
    filetree.remove(snapshots.root(digest))
    answer = browser.get(url("runs:task_diff", task))
    assert answer.status_code == 200


def test_a_task_with_an_unfinished_run_is_not_deleted(browser: Client, task: Task) -> None:
    submit(task)
    assert "1 of its Runs has not ended" in browser.get(url("runs:delete_task", task)).content.decode()
    answer = browser.post(url("runs:delete_task", task), follow=True)
    assert "has not ended" in answer.content.decode()
    assert Task.objects.filter(pk=task.pk).exists()
    assert store.list_files(task)


@pytest.mark.django_db(transaction=True)
def test_a_task_is_deleted_for_good_with_its_runs_and_the_disk_is_freed(
    client_of: ClientOf, task: Task, alice: User
) -> None:
    execution = submit(task)
    execution.run.executions.update(**{"state": State.SUCCEEDED.value})
    Run.objects.update(**{"state": State.SUCCEEDED.value})
    left: Path = paths.execution(execution.pk)
    left.mkdir(parents=True)
    Artifact.objects.create(execution=execution, path="a.txt", size=5)
    browser = client_of(alice)
    page = browser.get(url("runs:delete_task", task)).content.decode()
    assert "with 1 Execution, their consoles" in page
    browser.post(url("runs:delete_task", task))
    assert not Task.objects.exists()
    assert not Run.objects.exists()
    assert not left.exists()
    assert not paths.task_files(task.pk).exists()


def test_the_admin_site_lists_tasks(client_of: ClientOf, task: Task, alice: User) -> None:
    alice.is_staff = alice.is_superuser = True
    alice.save()
    browser = client_of(alice)
    assert browser.get(reverse("admin:tasks_task_changelist"), {"q": "Train"}).status_code == 200
    assert browser.get(reverse("admin:tasks_task_change", args=[task.pk])).status_code == 200


def test_a_task_of_very_many_files_shows_what_is_in_a_folder_when_it_is_opened(
    browser: Client, project: Project, alice: User
) -> None:
    uploads = [("main.py", io.BytesIO(b"print(1)"))]
    uploads += [(f"data & more/{number:04}.txt", io.BytesIO(b"x")) for number in range(450)]
    big = create.from_upload(create.Details(project=project, name="Big", by=alice), uploads)
    page = flat(browser.get(url("tasks:detail", big)).content.decode())
    assert "data &amp; more" in page and "0001.txt" not in page and "Show its content" in page
    folder = url("tasks:folder", big)
    opened = flat(browser.get(f"{folder}?folder=data%20%26%20more", headers=HTMX).content.decode())
    assert opened.count('class="tree-file"') == 200 and "Show more, 250 left" in opened
    assert f'href="{folder}data%20%26%20more/0199.txt"' in opened and "<html" not in opened
    later = f"{folder}?folder=data%20%26%20more&start=400"
    assert f'href="{later.replace("400", "200").replace("&start", "&amp;start")}"' in opened
    rest = browser.get(f"{later}&way=later", headers=HTMX).content.decode()
    assert rest.count('class="tree-file"') == 50 and "Show" not in rest
    without_script = flat(browser.get(later).content.decode())
    assert "0449.txt" in without_script and "Show earlier, 400 above" in without_script
    chosen = browser.get(url("tasks:file", big, "data & more/0300.txt")).content.decode()
    assert chosen.count('class="tree-file" href') == 201 and "0300.txt" in chosen
    assert browser.get(folder, {"folder": "nothing"}, headers=HTMX).status_code == 404
    frozen = reverse("runs:snapshot", args=[submit(big).run_id])
    assert "0001.txt" not in browser.get(frozen).content.decode()
    assert (
        f"{frozen}data%20%26%20more/0001.txt"
        in browser.get(frozen, {"folder": "data & more"}, headers=HTMX).content.decode()
    )
