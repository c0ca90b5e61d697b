"""The pages of Datasets: uploads, what is shown of files, downloads, and who may do what."""

import io
import os
import zipfile
from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from coretex_site.lib import paths
from projects.data import store
from projects.models import Dataset, Project, Sample
from tests.some_datasets import files_of, nothing_half_made, put

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


ROUTES = {"file": "projects:dataset_file", "raw": "projects:dataset_raw"}


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
def dataset(project: Project, bob: User) -> Dataset:
    return store.create(project, name="Measurements", description="", by=bob)


def send(browser: Client, dataset: Dataset, files: dict[str, bytes], **more: object) -> object:
    data = {
        "files": [
            SimpleUploadedFile(path.rsplit("/")[-1] or "x", content) for path, content in files.items()
        ],
        "paths": list(files),
    }
    return browser.post(reverse("projects:dataset_upload", args=[dataset.pk]), data | more)


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return made.getvalue()


def look(browser: Client, dataset: Dataset, path: str, kind: str = "file", query: str = "") -> object:
    return browser.get(reverse(ROUTES[kind], args=[dataset.pk, path]) + query)


# Over HTTP


def test_bob_creates_a_dataset_with_a_folder_at_once(project: Project, bob: User, client_of: Browser) -> None:
    data = {
        "name": "Iris",
        "files": [SimpleUploadedFile("a.csv", b"1"), SimpleUploadedFile("b.csv", b"2")],
        "paths": ["a.csv", "deep/b.csv"],
    }
    where = reverse("projects:dataset_create", args=[project.pk])
    answer = client_of(bob).post(where, data)
    made = Dataset.objects.get()
    assert answer.url == made.get_absolute_url()
    assert files_of(made) == {"a.csv": b"1", "deep/b.csv": b"2"}
    answer = client_of(bob).post(where, {"name": "IRIS"})
    assert answer.status_code == 422 and "already has a Dataset “IRIS”" in answer.content.decode()


def test_a_dataset_whose_files_are_refused_is_not_there(
    project: Project, bob: User, client_of: Browser
) -> None:
    data = {"name": "Iris", "files": [SimpleUploadedFile("a.zip", b"no zip")], "paths": ["a.zip"]}
    where = reverse("projects:dataset_create", args=[project.pk])
    answer = client_of(bob).post(where, data, headers={"HX-Request": "true"})
    assert answer.status_code == 422 and "not an archive" in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert not Dataset.objects.exists() and nothing_half_made()


def test_an_archive_is_unpacked_unless_it_is_to_be_kept(
    dataset: Dataset, bob: User, client_of: Browser
) -> None:
    browser, archive = client_of(bob), zipped({"top/a.txt": b"1", "top/b.txt": b"2"})
    assert send(browser, dataset, {"x.zip": archive}, keep_archive="on").status_code == 302
    assert send(browser, dataset, {"x.zip": archive}, into="un").url.endswith("?folder=un")
    assert set(files_of(dataset)) == {"x.zip", "un/a.txt", "un/b.txt"}


def test_htmx_is_sent_on_and_told_what_is_wrong(dataset: Dataset, bob: User, client_of: Browser) -> None:
    browser = client_of(bob)
    where = reverse("projects:dataset_upload", args=[dataset.pk])
    answer = browser.post(where, {"files": SimpleUploadedFile("a", b"1")}, headers={"HX-Request": "true"})
    assert answer.status_code == 204 and answer.headers["HX-Redirect"] == dataset.get_absolute_url()
    answer = browser.post(where, headers={"HX-Request": "true"})
    assert answer.status_code == 422 and "No files were received" in answer.content.decode()


def test_an_upload_above_the_limit_is_refused_in_words(
    dataset: Dataset, bob: User, client_of: Browser, settings: LazySettings
) -> None:
    settings.UPLOAD_MAX_BYTES = 200_000
    answer = send(client_of(bob), dataset, {"a": b"x" * 150_000, "b": b"x" * 150_000})
    assert answer.status_code == 422 and "which is the most for one upload" in answer.content.decode()
    assert not Sample.objects.exists() and nothing_half_made()


def test_large_uploads_go_through_the_disk_and_nothing_stays_open(
    dataset: Dataset, bob: User, client_of: Browser
) -> None:
    before = len(os.listdir("/proc/self/fd"))
    large = {f"{number}.bin": os.urandom(200_000) for number in range(30)}
    assert send(client_of(bob), dataset, large).status_code == 302
    assert files_of(dataset) == large
    assert len(os.listdir("/proc/self/fd")) <= before + 3 and nothing_half_made()


def test_text_csv_and_pictures_are_shown(dataset: Dataset, vera: User, client_of: Browser) -> None:
    rows = "name,size\n" + "\n".join(f"row{n},{n}" for n in range(500))
    put(dataset, {"a.txt": b"hello <b>", "t.csv": rows.encode(), "p.png": PNG, "x.bin": b"\0\1", "e": b""})
    browser = client_of(vera)
    assert "hello &lt;b&gt;" in look(browser, dataset, "a.txt").content.decode()
    table = look(browser, dataset, "t.csv").content.decode()
    assert "row199<" in table and "row200<" not in table and "first 200 of 500 rows" in table
    assert "?picture" in look(browser, dataset, "p.png").content.decode()
    assert "No preview" in look(browser, dataset, "x.bin").content.decode()
    assert "This file is empty" in look(browser, dataset, "e").content.decode()


def test_what_a_browser_could_execute_is_never_served_as_ours(
    dataset: Dataset, vera: User, client_of: Browser
) -> None:
    script = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    put(dataset, {"a.html": script, "a.svg": script, "a.png": b"<script>", "p.png": PNG})
    browser = client_of(vera)
    for path in ("a.html", "a.svg", "a.png", "p.png"):
        for query in ("", "?picture"):
            answer = look(browser, dataset, path, "raw", query)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in answer.headers["Content-Security-Policy"]
            inline = "attachment" not in answer.headers["Content-Disposition"]
            assert inline == (query == "?picture" and path in {"a.svg", "p.png"})
            assert b"".join(answer.streaming_content) == files_of(dataset)[path]


def test_all_is_downloaded_as_one_zip(dataset: Dataset, vera: User, client_of: Browser) -> None:
    Dataset.objects.update(name='a/b "ü"')
    put(dataset, {"a.txt": b"1", "b/c.txt": b"2" * 3_000_000})
    answer = client_of(vera).get(reverse("projects:dataset_download", args=[dataset.pk]))
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files_of(dataset)
    assert "attachment" in answer.headers["Content-Disposition"]


def test_files_are_renamed_and_deleted_from_the_page(dataset: Dataset, bob: User, client_of: Browser) -> None:
    put(dataset, {"a.txt": b"1", "b/c.txt": b"2", "b/d.txt": b"3"})
    browser = client_of(bob)
    where = reverse("projects:dataset_rename", args=[dataset.pk, "a.txt"])
    assert browser.post(where, {"path": "z.txt"}).url.endswith("/files/z.txt")
    assert browser.post(where, {"path": "y.txt"}).status_code == 422
    remove = reverse("projects:dataset_remove", args=[dataset.pk])
    assert browser.post(remove, {"path": ["b/"], "folder": ""}).status_code == 302
    assert set(files_of(dataset)) == {"z.txt"}
    assert browser.post(remove, {}).status_code == 422
    assert browser.post(remove, {"path": "../../etc/passwd"}).status_code == 422


def test_the_dataset_is_renamed_and_described(dataset: Dataset, bob: User, client_of: Browser) -> None:
    store.create(dataset.project, name="Other", description="", by=bob)
    browser, where = client_of(bob), reverse("projects:dataset_edit", args=[dataset.pk])
    assert browser.post(where, {"name": "New", "description": "D"}).status_code == 302
    dataset.refresh_from_db()
    assert (dataset.name, dataset.description) == ("New", "D")
    assert browser.post(where, {"name": "other"}).status_code == 422
    assert browser.post(where, {"name": "NEW"}).status_code == 302


def test_deleting_a_dataset_says_what_is_lost_and_frees_the_disk(
    dataset: Dataset, bob: User, client_of: Browser
) -> None:
    put(dataset, {"a.txt": b"x" * 4096})
    browser, where = client_of(bob), reverse("projects:dataset_delete", args=[dataset.pk])
    assert "1 file, 4.0 kB" in browser.get(where).content.decode()
    assert browser.post(where, {"name": "x"}).status_code == 422
    assert browser.post(where, {"name": "Measurements"}).status_code == 302
    assert not paths.dataset_files(dataset.pk).exists() and not Sample.objects.exists()
    assert nothing_half_made()


def test_who_may_do_what(
    dataset: Dataset, vera: User, charlie: User, client_of: Browser, client: Client
) -> None:
    put(dataset, {"a.txt": b"1"})
    reading = ["projects:dataset", "projects:dataset_download"]
    changing = [f"projects:dataset_{verb}" for verb in ("edit", "delete", "upload", "remove")]
    for name in reading + changing:
        where = reverse(name, args=[dataset.pk])
        act = "get" if name in reading else "post"
        assert getattr(client_of(vera), act)(where).status_code == (200 if name in reading else 403)
        assert getattr(client_of(charlie), act)(where).status_code == 404
        assert getattr(client, act)(where).status_code == 302
    for kind in ("file", "raw"):
        seen = look(client_of(vera), dataset, "a.txt", kind)
        assert seen.status_code == 200
        assert not seen.streaming or b"".join(seen.streaming_content) == b"1"
        assert look(client_of(charlie), dataset, "a.txt", kind).status_code == 404
        assert look(client, dataset, "a.txt", kind).status_code == 302
    where = reverse("projects:dataset_rename", args=[dataset.pk, "a.txt"])
    assert client_of(vera).post(where, {"path": "b.txt"}).status_code == 403
    assert (
        client_of(vera).get(reverse("projects:dataset_create", args=[dataset.project_id])).status_code == 403
    )
    assert files_of(dataset) == {"a.txt": b"1"}


def test_all_my_datasets_are_listed_with_filters(
    dataset: Dataset, bob: User, charlie: User, client_of: Browser
) -> None:
    put(dataset, {"a.txt": b"x" * 2048})
    where = reverse("projects:all_datasets")
    page = client_of(bob).get(where).content.decode()
    assert "Measurements" in page and "Iris" in page and "2.0 kB" in page
    assert "Measurements" not in client_of(charlie).get(where).content.decode()
    assert "Measurements" in client_of(bob).get(where, {"q": "measure", "project": "iris"}).content.decode()
    assert "No Dataset matches" in client_of(bob).get(where, {"project": "other"}).content.decode()
    for sort in ("name", "-size", "file_count", "-changed_at", "project", "x"):
        assert client_of(bob).get(where, {"sort": sort}).status_code == 200


def test_ten_thousand_files_are_paged_with_few_queries(
    dataset: Dataset, vera: User, client_of: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    names = [f"{n % 5}/{n:05}.txt" if n % 2 else f"{n:05}.txt" for n in range(10_000)]
    Sample.objects.bulk_create(
        Sample(dataset=dataset, path=p, folder=p.rpartition("/")[0], size=1, digest="0" * 64) for p in names
    )
    browser, where = client_of(vera), dataset.get_absolute_url()
    with django_assert_max_num_queries(10):
        page = browser.get(where).content.decode()
    assert "1–200 of 5,000 files" in page and "1,000 files" in page
    older = browser.get(where, {"after": "00398.txt"}).content.decode()
    assert "201–400 of 5,000 files" in older and "00400.txt" in older
    back = browser.get(where, {"before": "00400.txt"}).content.decode()
    assert "1–200 of 5,000 files" in back
    assert "This folder is empty" in browser.get(where, {"folder": "none"}).content.decode()
    assert "00001.txt" in browser.get(where, {"folder": "1"}).content.decode()


@pytest.mark.parametrize("path", ["../x", "..%2fx", "%00", "a%0Ab", "nothing", "%ED%A0%80", "a" * 2000])
def test_paths_that_are_not_there_are_404(
    dataset: Dataset, vera: User, client_of: Browser, path: str
) -> None:
    for kind in ("files", "raw"):
        assert client_of(vera).get(f"/datasets/{dataset.pk}/{kind}/{path}").status_code == 404


def test_odd_forms_are_answered(dataset: Dataset, bob: User, client_of: Browser) -> None:
    browser = client_of(bob)
    for data in ({"into": "../x"}, {"into": "\0"}, {"paths": ["a"] * 500}, {"into": "x" * 5000}):
        data["files"] = SimpleUploadedFile("a.txt", b"1")
        assert browser.post(reverse("projects:dataset_upload", args=[dataset.pk]), data).status_code in {
            302,
            422,
        }
    for query in ({"folder": "\0"}, {"folder": "../.."}, {"after": "\0"}, {"before": "x" * 3000}):
        assert browser.get(dataset.get_absolute_url(), query).status_code == 200
    assert list(files_of(dataset)) == ["a"]
