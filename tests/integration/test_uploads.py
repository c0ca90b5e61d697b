"""Uploading as people do it: what is left out is said, and what is unclear is asked before it is stored."""

import json
import os
import re
import time
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from coretex_site.lib import paths, pending
from coretex_site.lib.treepaths import TreeError
from projects.data import store as datasets
from projects.models import Dataset, Project
from runs.engine import recovery
from tasks.files import store
from tasks.models import Task
from tests.browser_like import form_data
from tests.html_pages import flat
from tests.some_archives import COMPRESS, tarred, zipped

pytestmark = pytest.mark.django_db(transaction=True)
JAPANESE = {"main.py": b"print(1)", "売上/データ.csv": b"2"}
WITH_DATA = {"main.py": b"1", "data/a.csv": b"2", "data/b.csv": b"3", ".gitignore": b"data/\n*.log"}


@pytest.fixture
def browser(client_of: Callable[[User], Client], bob: User) -> Client:
    """Bob's, who may edit."""
    return client_of(bob)


def send(
    browser: Client, address: str, filename: str, content: bytes, /, *, htmx: bool = False, **fields: object
) -> HttpResponse:
    headers = {"HX-Request": "true"} if htmx else {}
    return browser.post(address, {"files": SimpleUploadedFile(filename, content), **fields}, headers=headers)


def make_task(
    browser: Client, project: Project, filename: str, content: bytes, /, **fields: object
) -> HttpResponse:
    given = {"name": "Train", "description": "As asked", "start": "upload", **fields}
    return send(browser, reverse("tasks:create", args=[project.pk]), filename, content, **given)


def files_of(task: Task) -> dict[str, bytes]:
    return {file.path: store.read_bytes(task, file.path) for file in store.list_files(task)}


def samples(dataset: Dataset) -> dict[str, bytes]:
    return {path: content.read_bytes() for path, content in datasets.contents(dataset)}


def waiting() -> list[str]:
    return [place.name for place in paths.scratch().iterdir()] if paths.scratch().is_dir() else []


def page_at(browser: Client, answer: HttpResponse) -> str:
    address = answer.headers.get("HX-Redirect") or answer.headers["Location"]
    return flat(browser.get(address).content.decode())


def answer_to(browser: Client, asked: HttpResponse, **decided: str) -> HttpResponse:
    """Sends the form of the page that asks."""
    address = asked.headers.get("HX-Redirect") or asked.headers["Location"]
    page = browser.get(address).content.decode()
    action = re.search('id="pending" method="post" action="([^"]*)"', page)
    assert action is not None
    return browser.post(action[1], form_data(page, "pending").dict() | decided)


def test_the_page_after_the_upload_says_what_was_left_out(browser: Client, project: Project) -> None:
    files = {"p/main.py": b"1", "p/.venv/a": b"", "p/.venv/b": b"", "._p": b"\0\5\x16\7", "p/x.pyc": b""}
    answer = make_task(browser, project, "p.tar.xz", tarred(files, links={"p/old": "gone"}, suffix="tar.xz"))
    page = page_at(browser, answer)
    assert "Left out: .venv (2 files), *.pyc (1 file), ._* (1 file); a link that leads to nothing" in page
    assert files_of(Task.objects.get()) == {"main.py": b"1"}


def test_what_the_browser_did_not_send_is_said_too(browser: Client, project: Project) -> None:
    fields = {
        "skipped": ["12034 .venv", "0 .git", "x y", ""],
        "ignored": ["3 .coretexignore raw/", "1 other z"],
    }
    page = page_at(browser, make_task(browser, project, "main.py", b"1", **fields))
    assert "Left out: .venv (12,034 files), .git" in page
    assert "3 files that .coretexignore names: raw/ (3 files)" in page
    made = send(
        browser, reverse("projects:dataset_create", args=[project.pk]), "a.csv", b"1", name="D", **fields
    )
    assert "Left out: .venv (12,034 files), .git" in page_at(browser, made)


@pytest.mark.parametrize("kind", COMPRESS)
def test_a_task_is_never_one_archive(browser: Client, project: Project, kind: str) -> None:
    content = tarred({"p/main.py": b"1"}, suffix=kind)
    for number, (name, sent) in enumerate(
        [(f"p.{kind}", content), ("project", content), ("p.zip", zipped({f"artifact/p.{kind}": content}))]
    ):
        make_task(browser, project, name, sent, name=f"{kind} {number}")
        assert files_of(Task.objects.get(name=f"{kind} {number}")) == {"main.py": b"1"}
    assert waiting() == []


def test_an_archive_beside_other_files_stays_a_file(browser: Client, project: Project) -> None:
    inner = tarred({"x": b"1"})
    make_task(browser, project, "p.zip", zipped({"main.py": b"1", "data.tar.gz": inner}))
    assert files_of(Task.objects.get()) == {"main.py": b"1", "data.tar.gz": inner}


@pytest.mark.parametrize(
    ("name", "content"), [("p.7z", b"7z\xbc\xaf\x27\x1c"), ("p.rar", b"Rar!\x1a\x07\x01")]
)
def test_what_cannot_be_unpacked_is_refused_and_a_dataset_may_keep_it(
    browser: Client, project: Project, name: str, content: bytes
) -> None:
    answer = make_task(browser, project, name, content, htmx=True)
    assert answer.status_code == 422
    assert (
        f"{name} is a {name[2:]} archive, which cannot be unpacked here; make it a zip"
        in answer.content.decode()
    )
    address = reverse("projects:dataset_create", args=[project.pk])
    answer = send(browser, address, name, content, name="D", htmx=True)
    assert "Or choose to keep an archive as it is." in answer.content.decode()
    assert not Task.objects.exists() and not Dataset.objects.exists() and waiting() == []
    send(browser, address, name, content, name="D", keep_archive="on")
    assert samples(Dataset.objects.get()) == {name: content}


def test_unclear_names_are_asked_about_and_nothing_is_sent_twice(browser: Client, project: Project) -> None:
    for htmx in (False, True):
        content = zipped(JAPANESE, encoding="cp932", system=0)
        asked = make_task(browser, project, "p.zip", content, htmx=htmx, name=f"Sales {htmx}")
        assert not Task.objects.filter(name=f"Sales {htmx}").exists()
        page = page_at(browser, asked)
        assert "Japanese (Shift-JIS)" in page and "売上/データ.csv" in page and "p.zip" in page
        made = answer_to(browser, asked, encoding="cp932")
        task = Task.objects.get(name=f"Sales {htmx}")
        assert made.headers["Location"] == task.get_absolute_url()
        assert task.description == "As asked"
        assert files_of(task) == JAPANESE
        assert waiting() == []


def test_every_way_to_upload_asks(browser: Client, project: Project, bob: User) -> None:
    content = tarred(JAPANESE, encoding="cp932")
    asked = send(
        browser, reverse("projects:dataset_create", args=[project.pk]), "d.tar.gz", content, name="D"
    )
    answer_to(browser, asked, encoding="cp932")
    dataset = Dataset.objects.get()
    assert samples(dataset) == JAPANESE
    asked = send(
        browser, reverse("projects:dataset_upload", args=[dataset.pk]), "d.tgz", content, into="more"
    )
    answer_to(browser, asked, encoding="cp932")
    assert samples(dataset) == JAPANESE | {f"more/{path}": text for path, text in JAPANESE.items()}
    make_task(browser, project, "main.py", b"1")
    task = Task.objects.get()
    fields = {"unpack": "1", "into": "x"}
    asked = send(browser, reverse("tasks:upload", args=[task.pk]), "d.tgz", content, **fields)
    answer_to(browser, asked, encoding="cp932")
    assert files_of(task) == {"main.py": b"1"} | {f"x/{path}": text for path, text in JAPANESE.items()}
    assert waiting() == []


def test_what_gitignore_leaves_out_is_shown_before_it_is(browser: Client, project: Project) -> None:
    make_task(browser, project, "a.zip", zipped(WITH_DATA), name="All")
    assert files_of(Task.objects.get(name="All")) == WITH_DATA
    asked = make_task(browser, project, "a.zip", zipped(WITH_DATA), name="Less", gitignore="1")
    page = page_at(browser, asked)
    assert "data/ <span" in page and "2 files. If the script reads one of them, keep them." in page
    made = answer_to(browser, asked)
    less = {path: text for path, text in WITH_DATA.items() if not path.startswith("data/")}
    assert files_of(Task.objects.get(name="Less")) == less
    assert "Left out: 2 files that .gitignore names: data/ (2 files)." in page_at(browser, made)
    asked = make_task(browser, project, "a.zip", zipped(WITH_DATA), name="Kept", gitignore="1")
    answer_to(browser, asked, gitignore="0")
    assert files_of(Task.objects.get(name="Kept")) == WITH_DATA
    assert waiting() == []


def test_what_gitignore_names_is_shown_in_the_likeliest_encoding(browser: Client, project: Project) -> None:
    content = zipped(JAPANESE | {".gitignore": b"*.csv"}, encoding="cp932", system=0)
    page = page_at(browser, make_task(browser, project, "p.zip", content, gitignore="1"))
    assert "<li>売上/データ.csv" in page


def test_a_long_list_of_what_gitignore_names_says_how_many_more(browser: Client, project: Project) -> None:
    files = {"main.py": b"1", ".gitignore": b"*.log"} | {f"{number}.log": b"" for number in range(25)}
    page = page_at(browser, make_task(browser, project, "p.zip", zipped(files), gitignore="1"))
    assert "25 files. If the script reads one of them" in page and "5 more files" in page


def test_both_questions_are_asked_on_one_page(browser: Client, project: Project) -> None:
    content = zipped(JAPANESE | {"raw.log": b"", ".gitignore": b"*.log"}, encoding="cp932", system=0)
    asked = make_task(browser, project, "a.zip", content, gitignore="1")
    page = page_at(browser, asked)
    assert "File names are in" in page and "What .gitignore names" in page
    answer_to(browser, asked, encoding="cp932")
    assert files_of(Task.objects.get()) == JAPANESE | {".gitignore": b"*.log"}


def test_a_decision_that_fails_leads_back_and_loses_nothing(browser: Client, project: Project) -> None:
    asked = make_task(browser, project, "p.zip", zipped(JAPANESE, encoding="cp932", system=0))
    make_task(browser, project, "main.py", b"1")
    for decided, said in (
        ({"encoding": "cp932"}, "This Project already has a Task “Train”."),
        ({"encoding": "euc_jis_2004", "name": "Other"}, "cannot be read as Japanese (EUC-JP)"),
    ):
        again = answer_to(browser, asked, **decided)
        assert again.headers["Location"] == asked.headers["Location"]
        assert said in page_at(browser, again)
    answer_to(browser, asked, encoding="cp932", name="Other")
    assert files_of(Task.objects.get(name="Other")) == JAPANESE


def test_an_upload_that_waits_is_only_its_owners(
    browser: Client, client_of: Callable[[User], Client], project: Project, alice: User
) -> None:
    asked = make_task(browser, project, "p.zip", zipped(JAPANESE, encoding="cp932", system=0))
    token = asked.headers["Location"].rpartition("/")[2]
    other = client_of(alice)
    for ask in (other.get, other.post):
        address = reverse(
            "projects:pending" if ask == other.get else "projects:pending_discard", args=[token]
        )
        assert "This upload is no longer here" in page_at(other, ask(address))
    fields = {"name": "Mine", "start": "upload", "pending": token, "encoding": "cp932"}
    other.post(reverse("tasks:create", args=[project.pk]), fields)
    assert not Task.objects.exists()
    for wrong in ("..", "x" * 30, "%2e%2e"):
        answer = browser.get(reverse("projects:pending", args=[wrong]))
        assert "This upload is no longer here" in page_at(browser, answer)
    answer_to(browser, asked, encoding="cp932")
    assert files_of(Task.objects.get()) == JAPANESE


def test_an_upload_that_waits_can_be_discarded_and_is_gone_after_a_day(
    browser: Client, project: Project
) -> None:
    content = zipped(JAPANESE, encoding="cp932", system=0)
    asked = make_task(browser, project, "p.zip", content)
    token = asked.headers["Location"].rpartition("/")[2]
    page = page_at(browser, browser.post(reverse("projects:pending_discard", args=[token])))
    assert "p.zip was discarded." in page
    assert waiting() == []
    asked = make_task(browser, project, "p.zip", content)
    recovery.tidy()
    assert "Shift-JIS" in page_at(browser, asked)
    old = time.time() - 25 * 3600
    os.utime(paths.scratch() / waiting()[0], (old, old))
    recovery.tidy()
    assert waiting() == []
    assert "Send it again." in page_at(browser, browser.get(asked.headers["Location"]))


def test_a_browser_asks_what_ignore_files_name_before_it_sends_a_folder(browser: Client) -> None:
    listed = ["main.py", "data/a.csv", "data/b.csv", "lib/raw/x", "lib/.coretexignore", ".gitignore"]
    sent = {
        "files": [SimpleUploadedFile("g", b"data/\n"), SimpleUploadedFile("c", b"/raw")],
        "paths": [".gitignore", "lib/.coretexignore"],
        "listed": json.dumps(listed),
    }
    address = reverse("projects:upload_ignored")
    found = browser.post(address, sent).json()
    assert found == {".coretexignore": {"lib/raw/": [3]}, ".gitignore": {"data/": [1, 2]}}
    for wrong in ("{}", "[1]", "no", "[" * 5000):
        sent["files"] = [SimpleUploadedFile("g", b"x")]
        assert browser.post(address, sent | {"listed": wrong}).status_code == 422
    sent["files"] = [SimpleUploadedFile("g", b"*a*a*a*a*a")]
    answer = browser.post(address, sent | {"listed": json.dumps(["a" * 250])})
    assert answer.status_code == 422
    assert "It would take too long to compare the patterns in .gitignore" in answer.content.decode()
    assert browser.post(address, {"pending": "x", "listed": "[]"}).status_code == 422


def test_a_refused_upload_says_only_what_is_wrong_with_it(browser: Client, project: Project) -> None:
    answer = make_task(browser, project, "p.zip", zipped({"aux.py": b"1"}), htmx=True)
    assert answer.status_code == 422
    assert answer.content.decode().count("<li>") == 1
    assert "“aux.py” is a name that Windows reserves" in answer.content.decode()


def test_a_decision_that_is_sent_twice_makes_one_task(browser: Client, project: Project) -> None:
    asked = make_task(browser, project, "p.zip", zipped(JAPANESE, encoding="cp932", system=0))
    token = asked.headers["Location"].rpartition("/")[2]
    answer_to(browser, asked, encoding="cp932")
    fields = {"name": "Again", "start": "upload", "pending": token, "encoding": "cp932"}
    again = browser.post(reverse("tasks:create", args=[project.pk]), fields)
    page = page_at(browser, again)
    assert page.count("This upload is no longer here") == 1
    assert "Choose a folder" not in page
    assert files_of(Task.objects.get()) == JAPANESE


def test_an_archive_that_another_request_stores_meanwhile_is_read_to_its_end(
    browser: Client, project: Project, bob: User
) -> None:
    content = zipped(JAPANESE, encoding="cp932", system=0)
    token = make_task(browser, project, "p.zip", content).headers["Location"].rpartition("/")[2]
    waits = pending.archive(token, user=bob.pk)
    pending.drop(token)
    pending.drop(token)
    assert waits.read() == content
    waits.close()
    with pytest.raises(TreeError, match="no longer here"):
        pending.archive(token, user=bob.pk)


def test_files_beside_an_archive_count_unless_systems_made_them(browser: Client, project: Project) -> None:
    archive = zipped({"main.py": b"1"})
    for name, beside, expected in (
        ("Mac", [("._p.zip", b"\0\5\x16\7"), (".DS_Store", b"")], {"main.py": b"1"}),
        ("Mine", [("._notes", b"mine")], {"p.zip": archive, "._notes": b"mine"}),
    ):
        files = [SimpleUploadedFile(*one) for one in [("p.zip", archive), *beside]]
        fields = {"name": name, "start": "upload", "files": files}
        page = page_at(browser, browser.post(reverse("tasks:create", args=[project.pk]), fields))
        assert files_of(Task.objects.get(name=name)) == expected
        assert ("Left out: ._* (1 file), .DS_Store (1 file)." in page) == (name == "Mac")


def test_archives_in_one_another_are_unpacked_up_to_a_depth(browser: Client, project: Project) -> None:
    content = {"main.py": b"1"}
    for _ in range(4):
        content = {"p.zip": zipped(content)}
    make_task(browser, project, "p.zip", content["p.zip"])
    assert files_of(Task.objects.get()) == {"main.py": b"1"}
    answer = make_task(browser, project, "p.zip", zipped(content), name="Deeper", htmx=True)
    assert "p.zip holds archives in one another, more than 3 deep" in answer.content.decode()
    assert Task.objects.count() == 1 and waiting() == []


def test_a_dataset_leaves_out_the_same_from_folders_and_archives(browser: Client, project: Project) -> None:
    files = {
        "d/a.csv": b"1",
        "d/._a.csv": b"\0\5\x16\7rest",
        "d/._b": b"2",
        "d/.DS_Store": b"",
        "d/raw/x": b"",
    }
    files |= {"d/.coretexignore": b"raw", "d/.gitignore": b"*.csv"}
    address = reverse("projects:dataset_create", args=[project.pk])
    kept = {"d/a.csv": b"1", "d/._b": b"2", "d/.coretexignore": b"raw", "d/.gitignore": b"*.csv"}
    folder = {
        "name": "Folder",
        "files": [SimpleUploadedFile(path.rpartition("/")[2], content) for path, content in files.items()],
        "paths": list(files),
    }
    made = browser.post(address, folder)
    assert samples(Dataset.objects.get(name="Folder")) == kept
    said = "Left out: .DS_Store (1 file), ._* (1 file); 1 file that .coretexignore names: d/raw/ (1 file)."
    assert said in page_at(browser, made)
    made = send(browser, address, "d.tar.zst", tarred(files, suffix="tar.zst"), name="Archive")
    assert samples(Dataset.objects.get(name="Archive")) == {
        path[2:]: content for path, content in kept.items()
    }
    assert said in page_at(browser, made)
