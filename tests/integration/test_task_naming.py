"""A new Task is called what its task.yaml says, unless somebody typed another name."""

import io
import tarfile
import zipfile
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from projects.models import Project
from tasks.models import Task
from tests import small_tasks
from tests.html_pages import flat

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
NAMED = b"name: Protein folding\ndescription: >\n  Folds every\n  sequence.\nparam_groups: null\n"


@pytest.fixture
def browser(client_of: ClientOf, bob: User) -> Client:
    """Bob's, who may edit."""
    return client_of(bob)


def create(browser: Client, project: Project, task_yaml: bytes | None = NAMED, **given: object) -> object:
    """Sends a folder with main.py and task.yaml."""
    contents = {"main.py": b"print(1)\n"} | ({} if task_yaml is None else {"task.yaml": task_yaml})
    files = [SimpleUploadedFile(name, content) for name, content in contents.items()]
    data = {"name": "", "description": "", "start": "upload", "files": files, "paths": [*contents], **given}
    return browser.post(reverse("tasks:create", args=[project.pk]), data)


def test_a_folder_without_a_typed_name_is_called_what_its_task_yaml_says(
    browser: Client, project: Project
) -> None:
    create(browser, project)
    task = Task.objects.get()
    assert (task.name, task.description) == ("Protein folding", "Folds every sequence.")


def test_an_archive_is_named_by_the_task_yaml_in_it(browser: Client, project: Project) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("folding-main/main.py", "print(1)")
        archive.writestr("folding-main/task.yaml", NAMED)
    create(browser, project, files=[SimpleUploadedFile("code.zip", packed.getvalue())], paths=[])
    assert Task.objects.get().name == "Protein folding"


def test_what_was_typed_stays(browser: Client, project: Project) -> None:
    create(browser, project, name="Mine", description="My words")
    task = Task.objects.get()
    assert (task.name, task.description) == ("Mine", "My words")


def test_a_template_without_a_typed_name_has_its_title_and_description(
    browser: Client, project: Project
) -> None:
    create(browser, project, start="template", template="hello", files=[], paths=[])
    task = Task.objects.get()
    assert task.name == "Hello" and task.description
    page = browser.get(reverse("tasks:create", args=[project.pk]) + "?template=hello").content.decode()
    assert task.description in page


def test_other_mistakes_in_task_yaml_do_not_keep_its_name_back(browser: Client, project: Project) -> None:
    create(browser, project, b"name: Folding\nparam_groups: 5\n")
    assert Task.objects.get().name == "Folding"


@pytest.mark.parametrize(
    ("task_yaml", "why"),
    [
        (b"param_groups: null\n", "Give the Task a name."),
        (b"name:\n", "Give the Task a name."),
        (b"name: '  '\n", "Give the Task a name."),
        (b"name: 3\n", "The name in task.yaml must be a text, found the int 3. Give the Task a name."),
        (b"name: [a, b]\n", "The name in task.yaml must be a text, found the list"),
        (b"name: " + b"x" * 101, "The name in task.yaml has 101 characters; a Task's name has at most 100."),
        (b"name: TRAIN\n", "already has a Task “TRAIN”. Choose another name. That is the name in task.yaml."),
        (b"name: [\n", "Give the Task a name."),
        (b"\xff\xfe\x00", "Give the Task a name."),
    ],
)
def test_a_name_that_cannot_be_used_is_explained_and_nothing_is_made(
    browser: Client, project: Project, task_yaml: bytes | None, why: str
) -> None:
    small_tasks.make_task(project, {"main.py": "print(1)"}, name="Train")
    answer = create(browser, project, task_yaml)
    assert answer.status_code == 422
    assert why in flat(answer.content.decode()).replace("&#x27;", "'")
    assert Task.objects.count() == 1


@pytest.mark.parametrize(
    ("paths", "name"),
    [
        (["Alignment/main.py", "Alignment/nb/x.py"], "Alignment"),
        (["align.py"], "align"),
        (["my.data-2.tar.gz"], "my.data-2"),
        ([f"{'x' * 120}.py"], "x" * 100),
    ],
)
def test_without_any_name_it_is_that_of_what_was_uploaded(
    browser: Client, project: Project, paths: list[str], name: str
) -> None:
    content = packed_code() if paths[0].endswith(".gz") else b"print(1)"
    files = [SimpleUploadedFile(path.rpartition("/")[2], content) for path in paths]
    answer = create(browser, project, files=files, paths=paths)
    assert answer.status_code == 302
    assert Task.objects.get().name == name
    again = create(
        browser, project, files=[SimpleUploadedFile(f.name or "", content) for f in files], paths=paths
    )
    assert "That is the name of what was uploaded." in flat(again.content.decode())


def packed_code() -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        entry = tarfile.TarInfo("main.py")
        tar.addfile(entry, io.BytesIO())
    return target.getvalue()


def test_a_long_description_is_shortened(browser: Client, project: Project) -> None:
    create(browser, project, b"name: Long\ndescription: " + b"word " * 400)
    description = Task.objects.get().description
    assert len(description) == 1000 and description.endswith("…")


def test_the_form_asks_what_a_task_yaml_says(browser: Client) -> None:
    answer = browser.post(reverse("tasks:describe"), {"text": NAMED.decode()})
    assert answer.json() == {"name": "Protein folding", "description": "Folds every sequence."}
    assert browser.post(reverse("tasks:describe"), {"text": "- 1"}).json() == {"name": "", "description": ""}
