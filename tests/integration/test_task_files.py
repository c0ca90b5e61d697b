"""A Task's files: one writer, atomic, told of conflicts, within limits; `Task.digest` is always theirs."""

import io
import threading
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.db import connection

from coretex_site.lib import filetree, paths, uploading
from coretex_site.lib.filetree import TreeError
from projects.models import Project
from tasks import create
from tasks.files import overview, store
from tasks.models import Task


@pytest.fixture
def task(project: Project, alice: User) -> Task:
    """Has main.py and data/table.csv."""
    files = [("main.py", io.BytesIO(b"print(1)\n")), ("data/table.csv", io.BytesIO(b"a,b\n"))]
    return create.from_upload(create.Details(project=project, name="Train", by=alice), files)


def content(task: Task) -> dict[str, bytes]:
    return {file.path: store.read_bytes(task, file.path) for file in store.list_files(task)}


def digest_of(task: Task, path: str) -> str:
    return filetree.file_digest(store.root(task) / path)


def is_true_to_disk(task: Task) -> bool:
    stored = Task.objects.get(pk=task.pk)
    return stored.digest == task.digest == filetree.digest(store.root(task))


def test_every_change_stores_the_digest_of_all_files_who_and_when(task: Task, bob: User) -> None:
    before = task.digest, task.changed_at
    store.create(task, "lib/net.py", b"x = 1\n", by=bob)
    assert is_true_to_disk(task)
    assert task.digest != before[0]
    assert task.changed_at > before[1]
    assert Task.objects.get(pk=task.pk).changed_by == bob


def test_the_same_files_have_the_same_digest_again(task: Task, alice: User) -> None:
    before = task.digest
    store.create(task, "x.py", by=alice)
    store.delete(task, "x.py", by=alice)
    assert task.digest == before


def test_the_second_of_two_editors_is_told_and_nothing_is_lost(task: Task, alice: User, bob: User) -> None:
    opened = digest_of(task, "main.py")
    store.write(task, "main.py", b"print('alice')\n", expected=opened, by=alice)
    with pytest.raises(store.Conflict, match="changed by someone else") as caught:
        store.write(task, "main.py", b"print('bob')\n", expected=opened, by=bob)
    assert caught.value.expected == opened
    assert caught.value.found == digest_of(task, "main.py")
    assert content(task)["main.py"] == b"print('alice')\n"
    assert Task.objects.get(pk=task.pk).changed_by == alice


def test_a_file_that_was_deleted_meanwhile_is_a_conflict_and_can_be_made_again(
    task: Task, alice: User
) -> None:
    opened = digest_of(task, "main.py")
    store.delete(task, "main.py", by=alice)
    with pytest.raises(store.Conflict, match="deleted or renamed") as caught:
        store.write(task, "main.py", b"x", expected=opened, by=alice)
    assert caught.value.found is None
    store.write(task, "main.py", b"x", expected=None, by=alice)
    assert content(task)["main.py"] == b"x"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("data", "This Task already has data"),
        ("main.py/x", "main.py"),
        ("MAIN.py", "main.py"),
        ("__pycache__/x.py", "never part of a Task"),
    ],
)
def test_a_file_that_is_made_by_saving_must_have_room_as_any_other(
    task: Task, alice: User, path: str, words: str
) -> None:
    before = content(task)
    with pytest.raises(TreeError, match=words):
        store.write_text(task, path, "x", expected=None, by=alice)
    assert content(task) == before and is_true_to_disk(task)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_save_at_once_exactly_one_succeeds(project: Project, alice: User) -> None:
    task = create.from_upload(
        create.Details(project=project, name="Raced", by=alice), [("main.py", io.BytesIO(b"0"))]
    )
    opened, barrier, won, told = digest_of(task, "main.py"), threading.Barrier(5), [], []

    def save(number: int) -> None:
        try:
            barrier.wait()
            mine = Task.objects.get(pk=task.pk)
            store.write(mine, "main.py", b"%d" % number, expected=opened, by=alice)
            won.append(b"%d" % number)
        except store.Conflict:
            told.append(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=[number]) for number in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    task.refresh_from_db()
    assert (len(won), len(told)) == (1, 4)
    assert content(task)["main.py"] == won[0]
    assert is_true_to_disk(task)


def test_a_text_keeps_the_newlines_that_its_file_has(task: Task, alice: User) -> None:
    store.write(task, "main.py", b"a\r\nb\r\n", expected=digest_of(task, "main.py"), by=alice)
    expected = digest_of(task, "main.py")
    store.write_text(task, "main.py", "a\r\nc\r\n", expected=expected, by=alice)
    assert content(task)["main.py"] == b"a\r\nc\r\n"
    expected = digest_of(task, "data/table.csv")
    store.write_text(task, "data/table.csv", "a,c\r\n", expected=expected, by=alice)
    assert content(task)["data/table.csv"] == b"a,c\n"


def test_saving_keeps_a_file_executable(task: Task, alice: User) -> None:
    (store.root(task) / "main.py").chmod(0o755)
    store.write(task, "main.py", b"x", expected=digest_of(task, "main.py"), by=alice)
    assert store.list_files(task)[1].executable


def test_a_folder_is_renamed_with_all_that_is_in_it(task: Task, alice: User) -> None:
    store.rename(task, "data", "input/tables", by=alice)
    assert set(content(task)) == {"main.py", "input/tables/table.csv"}
    assert is_true_to_disk(task)


def test_a_name_can_change_only_its_case(task: Task, alice: User) -> None:
    store.rename(task, "main.py", "Main.py", by=alice)
    assert "Main.py" in content(task)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("main.py", "data/table.csv", "already"),
        ("main.py", "DATA/x.py", "differ only in case"),
        ("main.py", "data", "already"),
        ("data", "data/inner", "into itself"),
        ("data", "main.py/data", "is a file and also a folder"),
        ("main.py", "../main.py", "points outside the folder"),
        ("main.py", "/etc/passwd", "absolute path"),
        ("main.py", ".git/config", "never part of a Task"),
        ("main.py", "aux.py", "Windows"),
        ("nothing.py", "x.py", "There is no nothing.py"),
        ("../../db.sqlite3", "x", "points outside the folder"),
    ],
)
def test_a_bad_rename_says_why_and_changes_nothing(
    task: Task, alice: User, old: str, new: str, why: str
) -> None:
    before = content(task), task.digest
    with pytest.raises(TreeError, match=why):
        store.rename(task, old, new, by=alice)
    task.refresh_from_db()
    assert (content(task), task.digest) == before


def test_an_empty_folder_is_kept_shown_and_cannot_clash(task: Task, alice: User) -> None:
    store.create_folder(task, "out/plots", by=alice)
    assert store.list_folders(task) == ["data", "out", "out/plots"]
    with pytest.raises(TreeError, match="differ only in case"):
        store.create(task, "OUT/x.py", by=alice)
    with pytest.raises(TreeError, match="already"):
        store.create(task, "out", by=alice)


def test_a_folder_is_deleted_with_all_that_is_in_it(task: Task, alice: User) -> None:
    store.delete(task, "data", by=alice)
    assert set(content(task)) == {"main.py"}


def test_uploads_are_added_and_replace_what_has_the_same_path(task: Task, alice: User) -> None:
    with filetree.scratch(paths.scratch(), "task") as scratch:
        uploading.write(
            [("table.csv", io.BytesIO(b"new")), ("more.csv", io.BytesIO(b"1"))],
            scratch / "files",
            unpack=False,
        )
        done = store.add_files(task, scratch / "files", into="data", by=alice)
    assert done == (["data/more.csv"], ["data/table.csv"])
    assert content(task)["data/table.csv"] == b"new"
    assert is_true_to_disk(task)


def test_a_task_never_holds_more_than_an_upload_may(task: Task, alice: User, settings: LazySettings) -> None:
    settings.UPLOAD_MAX_FILES = 2
    with pytest.raises(TreeError, match="at most 2 are allowed"):
        store.create(task, "third.py", by=alice)
    settings.UPLOAD_MAX_FILES, settings.UPLOAD_MAX_BYTES = 100, 20
    with pytest.raises(TreeError, match="at most 0 MB|at most"):
        store.create(task, "big.py", b"x" * 100, by=alice)
    assert set(content(task)) == {"main.py", "data/table.csv"}


def test_a_link_on_disk_is_neither_shown_nor_followed(task: Task, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret")
    (store.root(task) / "link.txt").symlink_to(tmp_path / "secret")
    (store.root(task) / "folder").symlink_to(tmp_path)
    assert "link.txt" not in [file.path for file in store.list_files(task)]
    for path in ("link.txt", "folder/secret", "../1/main.py", "", "data"):
        with pytest.raises(store.Missing):
            store.read_bytes(task, path)


def test_nothing_half_made_is_left_in_the_scratch_folder(task: Task, alice: User) -> None:
    store.create(task, "x.py", by=alice)
    with pytest.raises(TreeError):
        store.create(task, "x.py", by=alice)
    assert list(paths.scratch().iterdir()) == []


def test_files_of_a_task_that_was_deleted_meanwhile_are_not_written(task: Task, alice: User) -> None:
    Task.objects.filter(pk=task.pk).delete()
    with pytest.raises(store.Missing, match="was deleted"):
        store.create(task, "x.py", by=alice)


def test_the_summary_says_runtime_scripts_and_what_is_missing(task: Task, alice: User) -> None:
    assert overview.summary(task).cannot_run == ""
    assert overview.summary(task).runtime.kind == "plain"
    store.create(task, "requirements.txt", b"", by=alice)
    assert overview.summary(task).runtime.sentence.startswith("venv, because there is requirements.txt")
    store.create(task, "task.yaml", b"param_groups: 3\n", by=alice)
    assert "task.yaml has errors" in overview.summary(task).cannot_run
    store.delete(task, "main.py", by=alice)
    assert "Add main.py" in overview.summary(task).cannot_run
