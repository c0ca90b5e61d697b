"""Datasets: added to, renamed, linked and deleted, whole or not at all."""

import os
import threading
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection

from coretex_site.lib import filetree, paths
from coretex_site.lib.filetree import TreeError
from projects.data import contents, store
from projects.data.contents import DatasetError
from projects.models import Dataset, Project, Sample
from tests.some_datasets import files_of, nothing_half_made, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(project: Project, bob: User) -> Dataset:
    return store.create(project, name="Measurements", description="", by=bob)


def on_disk(dataset: Dataset) -> list[str]:
    folder = paths.dataset_files(dataset.pk)
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


# The verbs


def test_files_are_kept_once_by_content_and_read_only(dataset: Dataset) -> None:
    added = put(dataset, {"a.txt": b"same", "b/c.txt": b"same", "d.txt": b"other"})
    assert added.added == ["a.txt", "b/c.txt", "d.txt"]
    assert files_of(dataset) == {"a.txt": b"same", "b/c.txt": b"same", "d.txt": b"other"}
    assert len(on_disk(dataset)) == 2
    assert {content.stat().st_mode & 0o777 for _, content in store.contents(dataset)} == {0o444}
    assert (dataset.file_count, dataset.size, dataset.changed_by) == (3, 13, dataset.created_by)
    assert nothing_half_made()


def test_the_digest_is_that_of_a_folder_with_the_same_files(dataset: Dataset, tmp_path: Path) -> None:
    put(dataset, {"b/c.txt": b"1", "a.txt": b"2"})
    (tmp_path / "x" / "b").mkdir(parents=True)
    (tmp_path / "x" / "b" / "c.txt").write_bytes(b"1")
    (tmp_path / "x" / "a.txt").write_bytes(b"2")
    dataset.refresh_from_db()
    assert store.digest(dataset) == filetree.digest(tmp_path / "x") == dataset.digest


def test_a_replaced_file_leaves_no_old_content_behind(dataset: Dataset) -> None:
    put(dataset, {"a.txt": b"1", "b.txt": b"2"})
    again = put(dataset, {"a.txt": b"3", "b.txt": b"2"})
    assert (again.added, again.replaced, again.unchanged) == ([], ["a.txt"], ["b.txt"])
    assert files_of(dataset) == {"a.txt": b"3", "b.txt": b"2"}
    assert len(on_disk(dataset)) == 2


def test_files_go_into_a_folder(dataset: Dataset) -> None:
    put(dataset, {"a.txt": b"1"}, into="train//x/")
    assert list(files_of(dataset)) == ["train/x/a.txt"]
    assert Sample.objects.get().folder == "train/x"


@pytest.mark.parametrize("path", ["../a", "/a", "A.txt", "a.txt/b", "CON", ""])
def test_what_cannot_be_stored_changes_nothing(dataset: Dataset, path: str) -> None:
    put(dataset, {"a.txt": b"1"})
    before = on_disk(dataset)
    with pytest.raises(TreeError):
        put(dataset, {"new.txt": b"2", path: b"3"})
    assert files_of(dataset) == {"a.txt": b"1"} and on_disk(dataset) == before
    assert nothing_half_made()


def test_a_failure_in_the_middle_leaves_everything_as_it_was(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(dataset, {"a.txt": b"1"})
    real = os.rename

    def full(source: object, target: object) -> None:
        if len(on_disk(dataset)) == 2:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(contents.os, "rename", full)
    with pytest.raises(OSError):
        put(dataset, {"a.txt": b"2", "b.txt": b"3"})
    monkeypatch.undo()
    assert files_of(dataset) == {"a.txt": b"1"} and len(on_disk(dataset)) == 1
    assert nothing_half_made()


def test_files_and_folders_are_removed(dataset: Dataset) -> None:
    put(dataset, {"a.txt": b"1", "b/c.txt": b"1", "b/d/e.txt": b"2", "bc.txt": b"3"})
    assert store.remove_files(dataset, ["b/", "a.txt"], by=None) == 3
    assert files_of(dataset) == {"bc.txt": b"3"} and len(on_disk(dataset)) == 1
    with pytest.raises(TreeError, match="any longer"):
        store.remove_files(dataset, ["a.txt", "/", ""], by=None)


def test_a_file_is_renamed_but_not_onto_another(dataset: Dataset) -> None:
    put(dataset, {"a.txt": b"1", "b.txt": b"2"})
    assert store.rename(dataset, "a.txt", "x//y.txt", by=None) == "x/y.txt"
    assert files_of(dataset) == {"x/y.txt": b"1", "b.txt": b"2"}
    for old, new in (
        ("b.txt", "x/y.txt"),
        ("b.txt", "X/z"),
        ("b.txt", "x"),
        ("gone", "z"),
        ("b.txt", "../z"),
    ):
        with pytest.raises(TreeError):
            store.rename(dataset, old, new, by=None)
    assert store.rename(dataset, "b.txt", "B.txt", by=None) == "B.txt"


def test_a_dataset_is_linked_read_only_and_described(dataset: Dataset, tmp_path: Path) -> None:
    put(dataset, {"a.txt": b"1", "b/c/d.txt": b"22"})
    target = tmp_path / "inputs" / "1"
    facts = store.link_into(dataset, target)
    assert facts == {
        "id": dataset.pk,
        "name": "Measurements",
        "digest": filetree.digest(target),
        "file_count": 2,
        "size": 3,
    }
    assert (target / "b/c/d.txt").read_bytes() == b"22"
    assert (target / "a.txt").stat().st_nlink == 2
    assert {p.stat().st_mode & 0o777 for p in (target, target / "b", target / "b/c")} == {0o555}
    put(dataset, {"a.txt": b"changed"})
    assert (target / "a.txt").read_bytes() == b"1"
    store.delete(dataset)
    assert (target / "b/c/d.txt").read_bytes() == b"22"
    filetree.remove(target)
    assert not target.exists()


def test_an_empty_dataset_is_an_empty_folder(dataset: Dataset, tmp_path: Path) -> None:
    assert store.link_into(dataset, tmp_path / "in")["file_count"] == 0
    assert list((tmp_path / "in").iterdir()) == []


def test_a_dataset_that_is_deleted_while_it_is_linked_is_not_taken_for_an_empty_one(
    dataset: Dataset, tmp_path: Path
) -> None:
    put(dataset, {"a.csv": b"1"})
    store.delete(dataset)
    with pytest.raises(DatasetError, match="has been deleted"):
        store.link_into(dataset, tmp_path / "input")
    assert not (tmp_path / "input").exists()


def test_where_hard_links_are_refused_symbolic_ones_are_made(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(dataset, {"a.txt": b"1"})

    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(store.os, "link", refuse)
    store.link_into(dataset, tmp_path / "in")
    assert (tmp_path / "in" / "a.txt").is_symlink() and (tmp_path / "in" / "a.txt").read_bytes() == b"1"


def test_a_content_that_is_missing_is_said_and_nothing_stays(dataset: Dataset, tmp_path: Path) -> None:
    put(dataset, {"a.txt": b"1", "b.txt": b"2"})
    next(content for path, content in store.contents(dataset) if path == "b.txt").unlink()
    with pytest.raises(TreeError, match="missing on the server's disk"):
        store.link_into(dataset, tmp_path / "in")
    assert not (tmp_path / "in").exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_upload_the_same_path_and_one_who_links_all_see_whole_files(
    project: Project, alice: User, tmp_path: Path
) -> None:
    dataset = store.create(project, name="D", description="", by=alice)
    put(dataset, {"a.bin": b"0" * 1000, "b.bin": b"0" * 1000})
    problems: list[BaseException] = []

    def upload(letter: bytes) -> None:
        try:
            for number in range(8):
                both = letter * 1000 + bytes([number])
                put(Dataset.objects.get(pk=dataset.pk), {"a.bin": both, "b.bin": both})
        except BaseException as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=upload, args=(letter,)) for letter in (b"x", b"y")]
    for thread in threads:
        thread.start()
    for number in range(15):
        facts = store.link_into(dataset, tmp_path / str(number))
        assert facts["digest"] == filetree.digest(tmp_path / str(number))
        assert (tmp_path / str(number) / "a.bin").read_bytes() == (
            tmp_path / str(number) / "b.bin"
        ).read_bytes()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(on_disk(dataset)) == 1 and len(set(files_of(dataset).values())) == 1
    assert nothing_half_made()
