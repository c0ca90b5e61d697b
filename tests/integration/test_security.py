"""What protects people from each other's pages and files: headers, cookies, tokens, links, redirects."""

import io
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from projects import auth
from projects.models import Dataset, Project
from tests import finished_runs, whole_world
from tests.integration.test_crawl import drain, walk_of
from tests.submitted import run_of, task_with_files

pytestmark = pytest.mark.django_db

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "https:/evil.example",
    "\t//evil.example",
    "http://testserver@evil.example/",
)
ClientOf = Callable[[User], Client]


def test_every_page_forbids_foreign_scripts_sniffing_and_framing(
    project: Project, alice: User, charlie: User, client_of: ClientOf
) -> None:
    whole_world.build(project, alice, charlie)
    client = client_of(alice)
    for address in [*walk_of(client).seen, "/sign-in", "/nowhere", "/runs/bulk", "/admin/", "/healthz"]:
        response = client.get(address)
        drain(response)
        headers = response.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy or "default-src 'none'" in policy, address
        assert "unsafe-eval" not in policy, address
        assert "script-src 'self' " not in policy.replace("script-src 'self';", ""), address
        assert headers["X-Content-Type-Options"] == "nosniff", address
        assert headers["X-Frame-Options"] == "SAMEORIGIN", address
        assert headers["Referrer-Policy"] == "same-origin", address
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", address


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(alice: User) -> None:
    client = Client()
    client.post(reverse("sign_in"), {"username": "alice", "password": "alice-password"})
    (session,) = [morsel for name, morsel in client.cookies.items() if name.startswith("coretex_session")]
    assert session["httponly"] is True
    assert session["samesite"] == "Lax"


def test_over_https_cookies_and_pages_stay_on_https(alice: User, settings: LazySettings) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client = Client()
    client.get(reverse("sign_in"), secure=True)
    client.post(reverse("sign_in"), {"username": "alice", "password": "alice-password"}, secure=True)
    assert len(client.cookies) == 2
    assert all(morsel["secure"] for morsel in client.cookies.values())


def test_no_form_is_taken_without_its_token(
    project: Project, alice: User, charlie: User, client_of: ClientOf
) -> None:
    whole_world.build(project, alice, charlie)
    forms = walk_of(client_of(alice)).forms
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert len(forms) > 40
    for address, form in forms.items():
        response = strict.post(address, dict(form.fields) | {"csrfmiddlewaretoken": "x" * 64})
        assert response.status_code == 403, address
        assert b"expired" in response.content, address


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_address_sends_people_to_another_site(
    target: str, project: Project, alice: User, client_of: ClientOf
) -> None:
    task = task_with_files(project)
    run = run_of(task, user=alice)
    client = client_of(alice)
    sent = {"next": target, "run": run.pk, "action": "stop"}
    answers = [
        client.post(reverse("runs:bulk"), sent, headers=headers) for headers in ({}, {"HX-Request": "1"})
    ]
    answers += [client.post(reverse("runs:compare"), sent)]
    answers += [client.get(reverse("sign_in") + f"?next={quote(target)}")]
    known = {"username": "alice", "password": "alice-password", "next": target}
    answers += [Client().post(reverse("sign_in"), known)]
    answers += [Client().post(reverse("runs:bulk"), headers={"Referer": target})]
    answers += [Client().get(reverse("runs:list"), headers={"HX-Request": "1", "HX-Current-URL": target})]
    for response in answers:
        where = response.headers.get("Location") or response.headers.get("HX-Redirect")
        assert where and "evil" not in where and where.startswith("/") and not where.startswith("//")


def test_who_signs_in_after_sending_a_form_comes_back_to_its_page(project: Project) -> None:
    """Not to the address that only takes the form, which has no page."""
    page = f"http://testserver{reverse('projects:detail', args=[project.pk])}?a=1"
    for headers in ({"Referer": page}, {"HX-Request": "true", "HX-Current-URL": page}):
        response = Client().post(reverse("projects:archive", args=[project.pk]), headers=headers)
        assert response.headers["Location"] == f"/sign-in?next=/projects/{project.pk}/%3Fa%3D1"


def test_a_sign_in_link_signs_in_once(alice: User) -> None:
    link = auth.make_link(alice)
    assert Client().get(link).status_code == 302
    second = Client().get(link)
    assert second.status_code == 410
    assert b"Each link works once" in second.content
    assert Client().head(auth.make_link(alice)).status_code == 405  # previews of mail programs use nothing up


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "x.xhtml", "x.pdf", "x.js", "x.xml"])
def test_a_file_of_somebody_is_never_a_page_of_ours(
    name: str, project: Project, alice: User, client_of: ClientOf
) -> None:
    """Downloads are attachments; what is shown as a picture has no scripts, forms or origin."""
    content = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    task = task_with_files(project, **{name.replace(".", "_"): content.decode(), "main_py": ""})
    run = run_of(task, user=alice, values={})
    finished_runs.leaves(run.latest, {name: content})
    data = whole_world.dataset_of(project, "Files", {name: content}, alice)
    client = client_of(alice)
    addresses = [
        reverse("tasks:raw", args=[task.pk, name]),
        reverse("projects:dataset_raw", args=[data.pk, name]),
        reverse("runs:artifact_file", args=[run.pk, 1, name]),
        reverse("runs:snapshot_file", args=[run.pk, name]) + "?download",
    ]
    for address in addresses:
        for query in ("", "&picture" if "?" in address else "?picture"):
            response = client.get(address + query)
            drain(response)
            headers = response.headers
            is_attached = headers["Content-Disposition"].startswith("attachment")
            assert is_attached or (query and name.endswith(".svg")), address
            assert "sandbox" in headers["Content-Security-Policy"]
            assert "allow-scripts" not in headers["Content-Security-Policy"]
            assert "html" not in headers["Content-Type"], address


def test_a_form_with_too_much_text_or_too_many_fields_is_refused_in_words(
    project: Project, alice: User, client_of: ClientOf, settings: LazySettings
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE, settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1024**2, 10
    client = client_of(alice)
    large = client.post(reverse("projects:create"), {"name": "x" * 1024**2})
    many = client.post(reverse("projects:create"), {f"n{number}": "" for number in range(20)})
    assert (large.status_code, many.status_code) == (413, 413)
    assert b"more than 1 MB" in large.content
    assert b"more than 10 fields" in many.content
    broken = client.generic("POST", reverse("projects:create"), b"--x\r\n", "multipart/form-data; boundary=")
    assert broken.status_code == 400
    assert b"incomplete or damaged" in broken.content


def test_an_upload_above_the_limit_is_refused_in_words_and_leaves_nothing(
    project: Project, alice: User, client_of: ClientOf, settings: LazySettings
) -> None:
    settings.UPLOAD_MAX_BYTES = 100_000
    data = Dataset.objects.create(project=project, name="Cells", created_by=alice)
    task = task_with_files(project)
    large = io.BytesIO(b"x" * 100_001).getvalue()
    for address in (
        reverse("projects:dataset_upload", args=[data.pk]),
        reverse("tasks:upload", args=[task.pk]),
    ):
        sent = {"files": SimpleUploadedFile("a.bin", large)}
        response = client_of(alice).post(address, sent, headers={"HX-Request": "true"})
        assert response.status_code == 422
        assert "more than" in response.content.decode() or "limit" in response.content.decode()
    assert data.samples.count() == 0
    assert not [path for path in (settings.DATA_DIR / "scratch").rglob("*") if path.is_file()]


def test_people_change_their_own_password(alice: User, client_of: ClientOf) -> None:
    client, other, address = client_of(alice), client_of(alice), reverse("password")
    page = client.get(address).content.decode()
    assert 'name="old_password"' in page
    wrong = {"old_password": "no", "new_password1": "short", "new_password2": "short"}
    assert client.post(address, wrong).status_code == 422
    right = {"old_password": "alice-password", "new_password1": "nine-lives!", "new_password2": "nine-lives!"}
    assert client.post(address, right).status_code == 302
    assert client.get(reverse("projects:list")).status_code == 200
    assert other.get(reverse("projects:list")).status_code == 302  # every other browser is signed out
    assert Client().login(username="alice", password="nine-lives!")


def test_an_address_that_only_takes_forms_says_so(project: Project, alice: User, client_of: ClientOf) -> None:
    response = client_of(alice).get(reverse("projects:archive", args=[project.pk]))
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert b"only accepts submitted forms" in drain(response)
    assert int(response.headers["Content-Length"]) == len(response.content)
