"""Snapshots: frozen by content, shared, verified when they are checked out, healed, deleted when unused."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from filelock import FileLock

from coretex_site.lib import filetree, paths
from projects.models import Project
from runs import snapshots
from runs.models import Snapshot
from runs.snapshots import SnapshotError
from tests.small_tasks import make_task, submit, write

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_same_files_are_the_same_snapshot(project: Project) -> None:
    task = make_task(project, {"main.py": "1", "lib/a.py": "2"})
    first = snapshots.freeze(task)
    other = make_task(project, {"main.py": "1", "lib/a.py": "2"}, name="Copy")
    assert snapshots.freeze(other).pk == first.pk == task.digest
    assert (first.file_count, first.size) == (2, 2)
    write(task, {"main.py": "3"})
    assert snapshots.task_differs(task, first.pk)
    assert snapshots.freeze(task).pk != first.pk
    assert (snapshots.root(first.pk) / "main.py").read_text() == "1"
    assert not list(paths.scratch().iterdir())


def test_an_executable_file_stays_one(project: Project, tmp_path: Path) -> None:
    task = make_task(project, {"main.sh": "#!/bin/sh\n"})
    (paths.task_files(task.pk) / "main.sh").chmod(0o755)
    snapshot = snapshots.freeze(task)
    snapshots.check_out(snapshot.pk, tmp_path / "work")
    assert (tmp_path / "work" / "main.sh").stat().st_mode & 0o777 == 0o755
    assert (snapshots.root(snapshot.pk) / "main.sh").stat().st_mode & 0o222 == 0


def test_a_checked_out_copy_can_be_changed_without_harm(project: Project, tmp_path: Path) -> None:
    snapshot = snapshots.freeze(make_task(project, {"main.py": "1"}))
    manifest = snapshots.check_out(snapshot.pk, tmp_path / "a")
    assert manifest == {"main.py": filetree.file_digest(tmp_path / "a" / "main.py")}
    (tmp_path / "a" / "main.py").write_text("2")
    assert snapshots.check_out(snapshot.pk, tmp_path / "b") == manifest


def test_every_kind_of_change_on_disk_is_named(project: Project, tmp_path: Path) -> None:
    snapshot = snapshots.freeze(make_task(project, {"main.py": "1", "b.py": "2", "c.py": "3"}))
    root = snapshots.root(snapshot.pk)
    (root / "main.py").chmod(0o644)
    (root / "main.py").write_text("x")
    (root / "b.py").unlink()
    (root / "new.py").write_text("4")
    with pytest.raises(SnapshotError) as refused:
        snapshots.check_out(snapshot.pk, tmp_path / "work")
    for words in ("main.py is changed", "b.py is missing", "new.py is not among the frozen files"):
        assert words in str(refused.value)


def test_a_changed_mode_is_named(project: Project, tmp_path: Path) -> None:
    snapshot = snapshots.freeze(make_task(project, {"main.py": "1"}))
    (snapshots.root(snapshot.pk) / "main.py").chmod(0o755)
    with pytest.raises(SnapshotError, match=r"main\.py is changed"):
        snapshots.check_out(snapshot.pk, tmp_path / "work")


def test_freezing_the_same_files_heals_what_is_broken(project: Project, tmp_path: Path) -> None:
    task = make_task(project, {"main.py": "1"})
    snapshot = snapshots.freeze(task)
    paths.snapshot_list(snapshot.pk).unlink()
    with pytest.raises(SnapshotError, match="list of files"):
        snapshots.check_out(snapshot.pk, tmp_path / "a")
    snapshots.freeze(task)
    snapshots.check_out(snapshot.pk, tmp_path / "b")
    filetree.remove(snapshots.root(snapshot.pk))
    with pytest.raises(SnapshotError, match="not complete"):
        snapshots.check_out(snapshot.pk, tmp_path / "c")
    snapshots.freeze(task)
    snapshots.check_out(snapshot.pk, tmp_path / "d")
    Snapshot.objects.all().delete()
    assert snapshots.freeze(task).file_count == 1


def test_two_may_freeze_at_once(project: Project) -> None:
    task = make_task(project, {f"f{i}.txt": str(i) for i in range(30)})
    found: list[str] = []

    def freeze() -> None:
        found.append(snapshots.freeze(task).pk)
        connection.close()

    threads = [threading.Thread(target=freeze) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [task.digest] * 4
    assert Snapshot.objects.count() == 1


def test_an_empty_task_cannot_be_frozen(project: Project) -> None:
    with pytest.raises(SnapshotError, match="has no files"):
        snapshots.freeze(make_task(project, {}))


def test_only_unused_snapshots_are_deleted(project: Project) -> None:
    task = make_task(project, {"main.py": "1"})
    used = submit(task).run.snapshot_id
    write(task, {"main.py": "2"})
    unused = snapshots.freeze(task).pk
    assert snapshots.delete_unused() == 0
    assert snapshots.delete_unused(older_than=timedelta(0)) == 1
    assert snapshots.root(used).is_dir()
    assert not snapshots.root(unused).exists()
    assert not paths.snapshot_list(unused).exists()
    assert list(Snapshot.objects.values_list("pk", flat=True)) == [used]


def test_a_freeze_that_waits_too_long_for_others_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = make_task(project, {"main.py": "1"})
    monkeypatch.setattr(snapshots, "LOCK_SECONDS", 0.2)
    paths.locks().mkdir(parents=True, exist_ok=True)
    with (
        FileLock(paths.locks() / "snapshots.lock"),
        pytest.raises(SnapshotError, match="busy with the files of other Tasks"),
    ):
        snapshots.freeze(task)
    assert snapshots.freeze(task).file_count
