"""A Task is made whole or not at all: empty, from uploads and archives, from a Template."""

import io
import tarfile
import zipfile
from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from coretex_site.lib import paths
from projects.models import Project
from tasks.files import store
from tasks.models import Task
from tests.html_pages import flat

ClientOf = Callable[[User], Client]


@pytest.fixture
def browser(client_of: ClientOf, bob: User) -> Client:
    """Bob's, who may edit."""
    return client_of(bob)


def zipped(files: dict[str, bytes], *, system: int = 3) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path)
            entry.create_system = system
            entry.external_attr = 0o600 << 16 if system == 3 else 0
            archive.writestr(entry, content)
    return packed.getvalue()


def make(browser: Client, project: Project, *, htmx: bool = False, **given: object) -> object:
    data = {"name": "Train", "description": "", "start": "upload", **given}
    headers = {"HX-Request": "true"} if htmx else {}
    return browser.post(reverse("tasks:create", args=[project.pk]), data, headers=headers)


def files_of(task: Task) -> dict[str, bytes]:
    return {file.path: store.read_bytes(task, file.path) for file in store.list_files(task)}


def nothing_was_left() -> bool:
    folders = [paths.scratch(), paths.task_files(0).parent]
    return not Task.objects.exists() and not any(list(f.iterdir()) for f in folders if f.is_dir())


def test_an_empty_task_has_no_files_and_offers_the_first_ones(browser: Client, project: Project) -> None:
    answer = make(browser, project, start="blank")
    task = Task.objects.get()
    assert answer.headers["Location"] == task.get_absolute_url()
    assert files_of(task) == {}
    page = flat(browser.get(task.get_absolute_url()).content.decode())
    assert "No files yet" in page
    assert "Add main.py" in page
    assert "Add task.yaml" in page


def test_one_click_adds_main_py_and_task_yaml(browser: Client, project: Project) -> None:
    make(browser, project, start="blank")
    task = Task.objects.get()
    for path in ("main.py", "task.yaml"):
        browser.post(reverse("tasks:new_file", args=[task.pk]), {"path": path})
    assert b"def main()" in files_of(task)["main.py"]
    schema = f"http://testserver{reverse('tasks:schema')}".encode()
    assert files_of(task)["task.yaml"].startswith(b"# yaml-language-server: $schema=" + schema)
    parsed = store.read_spec(task)
    assert parsed.problems == ()
    assert [parameter.name for parameter in parsed.spec.parameters] == ["learningRate"]


def test_a_folder_keeps_its_paths_and_loses_its_own_name(browser: Client, project: Project) -> None:
    files = [SimpleUploadedFile(name, name.encode()) for name in ("main.py", "net.py", "x.csv")]
    given = ["proj/main.py", "proj/lib/net.py", "proj/data/x.csv"]
    make(browser, project, files=files, paths=given)
    assert files_of(Task.objects.get()) == {
        "main.py": b"main.py",
        "lib/net.py": b"net.py",
        "data/x.csv": b"x.csv",
    }


def executables(task: Task) -> set[str]:
    return {file.path for file in store.list_files(task) if file.executable}


def test_a_program_stays_executable_though_browsers_and_windows_do_not_say_so(
    browser: Client, project: Project
) -> None:
    files = {"main.sh": b"./tools/count.py\n", "tools/count.py": b"#!/usr/bin/env python3\nprint(1)\n"}
    posted = [SimpleUploadedFile(path, content) for path, content in files.items()]
    make(browser, project, name="Folder", files=posted, paths=[f"code/{path}" for path in files])
    make(browser, project, name="Windows", files=[SimpleUploadedFile("a.zip", zipped(files, system=0))])
    make(browser, project, name="Unix", files=[SimpleUploadedFile("a.zip", zipped(files, system=3))])
    assert executables(Task.objects.get(name="Folder")) == {"tools/count.py"}
    assert executables(Task.objects.get(name="Windows")) == {"tools/count.py"}
    assert executables(Task.objects.get(name="Unix")) == set()


def test_a_zip_is_unpacked_without_its_top_folder(browser: Client, project: Project) -> None:
    archive = SimpleUploadedFile("code.zip", zipped({"top/main.py": b"1", "top/a/b.txt": b"2"}))
    make(browser, project, files=[archive])
    assert files_of(Task.objects.get()) == {"main.py": b"1", "a/b.txt": b"2"}


def test_a_tar_gz_is_unpacked(browser: Client, project: Project) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("main.sh")
        member.size, member.mode = 7, 0o755
        archive.addfile(member, io.BytesIO(b"echo hi"))
    make(browser, project, files=[SimpleUploadedFile("code.tar.gz", packed.getvalue())])
    assert store.list_files(Task.objects.get())[0].executable


def a_tar_with_a_link() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("link")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.zip", zipped({"../evil.py": b"x"}), "points outside the folder"),
        ("a.zip", zipped({"/abs.py": b"x"}), "absolute path"),
        ("a.zip", zipped({"ok/a.py": b"x", "ok/A.py": b"y"}), "differ only in case"),
        ("a.zip", zipped({"aux.txt": b"x"}), "Windows"),
        ("a.zip", b"not a zip at all", "a.zip"),
        ("a.zip", zipped({}), "no files|empty|holds no"),
        ("a.tar.gz", a_tar_with_a_link(), "link"),
    ],
)
def test_a_malicious_or_broken_archive_is_refused_whole_with_the_reason(
    browser: Client, project: Project, name: str, content: bytes, why: str
) -> None:
    answer = make(browser, project, files=[SimpleUploadedFile(name, content)], htmx=True)
    assert answer.status_code == 422
    assert any(word in answer.content.decode() for word in why.split("|"))
    assert nothing_was_left()


@pytest.mark.parametrize(
    "path", ["../x.py", "/etc/x", "C:\\x.py", "a\0b", "a//../../b", "con", "x" * 300, "a/" * 40]
)
def test_an_upload_with_a_bad_path_is_refused_whole(browser: Client, project: Project, path: str) -> None:
    for others in ([], ["main.py"]):
        paths_given = [*others, path]
        files = [SimpleUploadedFile("x.py", b"2") for _ in paths_given]
        assert make(browser, project, files=files, paths=paths_given).status_code == 422
    assert nothing_was_left()


def test_limits_are_said_with_both_numbers(browser: Client, project: Project, settings: LazySettings) -> None:
    settings.UPLOAD_MAX_FILES = 2
    files = [SimpleUploadedFile(f"{number}.py", b"1") for number in range(3)]
    answer = make(browser, project, files=files, htmx=True)
    assert answer.status_code == 422
    assert "2" in answer.content.decode()
    assert nothing_was_left()


def test_a_folder_of_nothing_but_leftovers_is_no_task(browser: Client, project: Project) -> None:
    files = [SimpleUploadedFile("config", b"1")]
    answer = make(browser, project, files=files, paths=["proj/.git/config"])
    assert answer.status_code == 422
    assert "no files" in answer.content.decode()
    assert nothing_was_left()


def test_a_name_is_used_once_in_a_project_whatever_its_case(browser: Client, project: Project) -> None:
    make(browser, project, start="blank", name="Train")
    answer = make(browser, project, start="blank", name="TRAIN", description="kept")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "This Project already has a Task “TRAIN”" in page
    assert "kept" in page
    assert Task.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": " ", "start": "blank"}, "Give the Task a name."),
        ({"name": "x" * 101, "start": "blank"}, "at most 100 characters"),
        ({}, "Choose a folder, files or an archive"),
        ({"start": "template"}, "Choose a Template."),
        ({"start": "template", "template": "nothing"}, "is not one of the available choices"),
        ({"start": "elsewhere"}, "is not one of the available choices"),
        ({"start": "blank", "name": "a\0b"}, "Null characters are not allowed"),
    ],
)
def test_a_wrong_form_says_what_is_wrong(
    browser: Client, project: Project, given: dict[str, str], sentence: str
) -> None:
    for htmx in (True, False):
        answer = make(browser, project, htmx=htmx, **given)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
    assert nothing_was_left()


def test_a_task_is_made_of_a_template(browser: Client, project: Project) -> None:
    make(browser, project, start="template", template="hello")
    task = Task.objects.get()
    assert task.template == "hello"
    assert set(files_of(task)) == {"README.md", "main.py", "task.yaml"}


def test_the_gallery_leads_to_a_filled_in_form(browser: Client, project: Project) -> None:
    gallery = browser.get(reverse("tasks:gallery")).content.decode()
    assert reverse("tasks:template", args=["fasta-summary"]) in gallery
    page = browser.get(reverse("tasks:template", args=["fasta-summary"]), {"file": "sequences.py"})
    assert "reverse_complement" in page.content.decode()
    chosen = browser.get(reverse("tasks:choose"), {"project": project.pk, "template": "fasta-summary"})
    form = browser.get(chosen.headers["Location"]).content.decode()
    assert 'value="FASTA summary"' in form


def test_who_may_only_look_cannot_make_a_task(
    client_of: ClientOf, project: Project, vera: User, charlie: User
) -> None:
    assert make(client_of(vera), project, start="blank").status_code == 403
    assert make(client_of(charlie), project, start="blank").status_code == 404
    assert make(Client(), project, start="blank").status_code == 302
    assert nothing_was_left()


def test_only_projects_that_i_may_edit_are_offered(client_of: ClientOf, project: Project, vera: User) -> None:
    page = client_of(vera).get(reverse("tasks:choose")).content.decode()
    assert "A Task belongs to a Project" in page
