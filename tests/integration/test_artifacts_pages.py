"""What an Execution left: looked through by folder, previewed, downloaded, and never executed as ours."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from coretex_site.lib import paths, previews
from projects.models import Project
from runs.models import Execution
from tests.finished_runs import content_of, leaves, queued, succeeded
from tests.html_pages import flat

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
NAMES = [
    "plain.txt", "with space.txt", "100%.txt", "a?b#c.txt", "a&b=c;d.txt", "ünï/日本.txt", "quote'\".txt",
    "line\nend.txt", "back\\slash.txt", "a+b.txt", "%2e%2e.txt", "<b>.txt", "deep/er/and/deeper.txt",
]  # fmt: skip


@pytest.fixture
def execution(project: Project, alice: User, tmp_path: Path) -> Execution:
    return succeeded(queued(project, alice, tmp_path))


@pytest.fixture
def browser(client_of: Callable[[User], Client], alice: User) -> Client:
    return client_of(alice)


def url(view: str, execution: Execution, *path: str) -> str:
    return reverse(view, args=[execution.run_id, execution.number, *path])


def entries(html: str) -> list[str]:
    shelf = html.split('<ul class="shelf">')[1]
    return re.findall(r'class="clip" title="([^"]+)"', shelf)


def shown(browser: Client, execution: Execution, path: str) -> str:
    response = browser.get(url("runs:artifact", execution, path))
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_any_name_is_shown_and_downloaded(browser: Client, execution: Execution, name: str) -> None:
    leaves(execution, {name: b"its content"})
    assert "its content" in shown(browser, execution, name)
    response = browser.get(url("runs:artifact_file", execution, name))
    assert content_of(response) == b"its content"
    assert response["Content-Length"] == "11"
    assert "\n" not in response["Content-Disposition"]
    folder, _, last = name.rpartition("/")
    listing = browser.get(url("runs:artifacts", execution), {"folder": folder}).content.decode()
    assert url("runs:artifact", execution, name) in unescape(listing)
    head = browser.head(url("runs:artifact_file", execution, name))
    assert (head["Content-Length"], head.content) == ("11", b"")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"), ("picture.svg", b"<svg><script>alert(1)</script></svg>"),
        ("page.xhtml", b"<html xmlns='http://www.w3.org/1999/xhtml'><script>1</script></html>"),
        ("script.js", b"alert(1)"), ("paper.pdf", b"%PDF-1.4"), ("fake.png", b"<script>alert(1)</script>"),
        ("feed.xml", b"<?xml version='1.0'?><x/>"), ("archive.mht", b"MIME-Version: 1.0"),
    ],
)  # fmt: skip
def test_nothing_is_served_that_a_browser_could_execute(
    browser: Client, execution: Execution, name: str, content: bytes
) -> None:
    leaves(execution, {name: content})
    for query in ("", "?picture"):
        response = browser.get(url("runs:artifact_file", execution, name) + query)
        assert content_of(response) == content
        is_drawing = name.endswith(".svg") and query == "?picture"
        assert response["Content-Type"] == ("image/svg+xml" if is_drawing else "application/octet-stream")
        assert response["Content-Disposition"].startswith("inline" if is_drawing else "attachment")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    page = shown(browser, execution, name)
    assert "<script>alert" not in page
    assert "<svg><script>" not in page


def test_a_picture_is_shown_when_its_content_is_one(browser: Client, execution: Execution) -> None:
    leaves(execution, {"a.png": PNG, "b.dat": PNG, "drawn.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>"})
    response = browser.get(url("runs:artifact_file", execution, "a.png") + "?picture")
    assert content_of(response) == PNG
    assert (response["Content-Type"], response["Content-Disposition"]) == (
        "image/png",
        'inline; filename="a.png"',
    )
    assert "<img src=" in shown(browser, execution, "b.dat")
    gallery = browser.get(url("runs:artifacts", execution)).content.decode()
    assert gallery.count("<img") - gallery.count("logo.svg") == 2
    assert f'src="{url("runs:artifact_file", execution, "drawn.svg")}?picture"' in gallery


def test_a_table_shows_its_first_rows_and_of_how_many(browser: Client, execution: Execution) -> None:
    rows = "name,score\n" + "".join(f"sample {number},{number}\n" for number in range(1000))
    leaves(execution, {"t.csv": rows.encode(), "t.tsv": b"a\tb\n1\t2\n", "semi.csv": b"a;b\n1,5;2\n"})
    page = shown(browser, execution, "t.csv")
    assert "The first 200 of 1,000 rows." in page
    assert "<td>sample 199</td>" in page
    assert "<td>sample 200</td>" not in page
    assert "<td>1</td> <td>2</td>" in flat(shown(browser, execution, "t.tsv"))
    assert "<td>1,5</td> <td>2</td>" in flat(shown(browser, execution, "semi.csv"))


def test_a_table_of_megabytes_says_about_how_many_rows(browser: Client, execution: Execution) -> None:
    leaves(execution, {"t.csv": b"a,b\n" + b"some words,1\n" * 200_000})
    assert "The first 200 of about 200,000 rows." in shown(browser, execution, "t.csv")


def test_json_is_indented_in_its_order(browser: Client, execution: Execution) -> None:
    leaves(
        execution, {"r.json": b'{"z":1,"a":[true,null]}', "bad.json": b'{"z":', "deep.json": b"[" * 100_000}
    )
    page = shown(browser, execution, "r.json")
    source = unescape(re.sub(r"<[^>]+>", " ", page.split("code-lines")[1])).replace(" ", "").replace("\n", "")
    assert '"z":1,"a":[true,null]' in source
    for name in ("bad.json", "deep.json"):
        assert "code-lines" in shown(browser, execution, name)


def test_a_long_text_is_cut_and_says_so(browser: Client, execution: Execution) -> None:
    leaves(execution, {"log.txt": b"a line\n" * 200_000, "one.txt": b"x" * 900_000})
    assert "The first 512 kB are shown." in shown(browser, execution, "log.txt")
    assert "more characters" in shown(browser, execution, "one.txt")


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.txt", b"", "text"), ("a.bin", bytes(range(256)), "binary"), ("a", b"words", "text"),
        ("a.log", b"\x1b[31mred\x1b[0m", "text"), ("a.csv", b"\x00\x01", "binary"), ("a.json", b"{}", "json"),
        ("a.jpg", b"\xff\xd8\xff\xe0", "image"), ("a.webp", b"RIFF\0\0\0\0WEBPVP8 ", "image"),
        ("a.gif", b"GIF89a", "image"), ("a.bmp", b"BM\0\0\0\0\0\0\0\0", "image"),
        ("a.svg", b"<svg/>", "drawing"),
        ("BMW.txt", b"BMW is a word", "text"), ("a.md", "# é".encode("latin-1"), "text"),
    ],
)  # fmt: skip
def test_the_kind_is_found_by_name_and_content(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    (tmp_path / "file").write_bytes(content)
    assert previews.kind_of(tmp_path / "file", name) == kind
    previews.preview(tmp_path / "file", name)


def test_folders_are_looked_through_one_by_one(browser: Client, execution: Execution) -> None:
    leaves(
        execution, {"top.txt": b"1", "plots/a.txt": b"22", "plots/sub/b.txt": b"333", "plots-2/c.txt": b"4"}
    )
    top = browser.get(url("runs:artifacts", execution)).content.decode()
    assert entries(top) == ["plots", "plots-2", "top.txt"]
    plots = browser.get(url("runs:artifacts", execution), {"folder": "plots"}).content.decode()
    assert entries(plots) == ["plots/sub", "plots/a.txt"]
    for nonsense in ("nothing", "../..", "\x00", "/", "plots/"):
        assert browser.get(url("runs:artifacts", execution), {"folder": nonsense}).status_code == 200


def test_folders_whose_names_differ_in_capitals_are_two(browser: Client, execution: Execution) -> None:
    leaves(execution, {"out/a.txt": b"1", "Out/b.txt": b"22"})
    for folder, files in (("out", ["out/a.txt"]), ("Out", ["Out/b.txt"])):
        page = browser.get(url("runs:artifacts", execution), {"folder": folder}).content.decode()
        assert entries(page) == files


def test_thousands_of_files_come_a_part_at_a_time(browser: Client, execution: Execution) -> None:
    leaves(execution, {f"{number:05d}.txt": b"x" for number in range(500)})
    first = browser.get(url("runs:artifacts", execution)).content.decode()
    assert "Show more, 300 left" in first
    address = re.findall(r'hx-get="([^"]+start=\d+)"', first)[0].replace("&amp;", "&")
    more = browser.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "00200.txt" in more
    assert "<html" not in more
    assert browser.get(url("runs:artifacts", execution), {"start": "x"}).status_code == 200


def test_all_of_them_come_as_one_zip(browser: Client, execution: Execution) -> None:
    files = {"a.txt": b"1", "plots/ü.txt": b"22" * 100_000, ".hidden": b"3"}
    leaves(execution, files)
    response = browser.get(url("runs:artifacts_zip", execution))
    assert response["Content-Disposition"].startswith("attachment")
    archive = zipfile.ZipFile(io.BytesIO(content_of(response)))
    assert {name: archive.read(name) for name in archive.namelist()} == files
    assert browser.head(url("runs:artifacts_zip", execution)).content == b""


def test_without_artifacts_there_is_no_zip(browser: Client, execution: Execution) -> None:
    assert browser.get(url("runs:artifacts_zip", execution)).status_code == 404
    assert (
        "This Execution produced no files." in browser.get(url("runs:artifacts", execution)).content.decode()
    )


def test_a_file_that_was_removed_by_hand_is_said_to_be_gone(browser: Client, execution: Execution) -> None:
    leaves(execution, {"a.txt": b"1"})
    (paths.artifacts(execution.pk) / "a.txt").unlink()
    assert "The file is missing" in shown(browser, execution, "a.txt")
    assert browser.get(url("runs:artifact_file", execution, "a.txt")).status_code == 404


@pytest.mark.parametrize("path", ["../console", "../../x", "/etc/passwd", "a.txt/", "A.TXT", "nothing"])
def test_only_artifacts_can_be_asked_for(browser: Client, execution: Execution, path: str) -> None:
    leaves(execution, {"a.txt": b"1"})
    for view in ("runs:artifact", "runs:artifact_file"):
        assert browser.get(url(view, execution, path)).status_code == 404


def test_a_link_in_the_place_of_an_artifact_is_not_followed(
    browser: Client, execution: Execution, tmp_path: Path
) -> None:
    leaves(execution, {"a.txt": b"1"})
    (tmp_path / "secret").write_text("secret")
    file = paths.artifacts(execution.pk) / "a.txt"
    file.unlink()
    file.symlink_to(tmp_path / "secret")
    assert browser.get(url("runs:artifact_file", execution, "a.txt")).status_code == 404


def test_a_notebook_is_shown_as_its_json(browser: Client, execution: Execution) -> None:
    leaves(execution, {"n.ipynb": json.dumps({"cells": [{"source": ["x"]}]}).encode()})
    assert "cells" in shown(browser, execution, "n.ipynb")
