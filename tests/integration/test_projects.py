"""Projects: list, page, create, edit, archive, delete permanently, and who may do what."""

import io
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from coretex_site.lib import paths
from projects import archiving
from projects.data import store
from projects.models import Dataset, Membership, Project, ProjectType, Role, Visibility
from runs.models import Execution, Run, Snapshot
from runs.states import Cause
from tasks.models import Task
from tests.html_pages import flat

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
FORM = {"name": "Iris", "description": "Flowers", "type": "3", "visibility": "2"}


def text(client: Client, name: str, *args: int, **query: str) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def test_alice_creates_a_project_and_owns_it(alice: User, client_of: Browser) -> None:
    answer = client_of(alice).post(reverse("projects:create"), FORM)
    project = Project.objects.get()
    assert answer.url == project.get_absolute_url()
    assert (project.type, project.visibility) == (ProjectType.TABULAR_DATA, Visibility.PRIVATE)
    assert project.memberships.get().role == Role.OWNER and project.created_by == alice


def test_a_new_project_is_private_and_of_no_type_unless_chosen(alice: User, client_of: Browser) -> None:
    page = text(client_of(alice), "projects:create")
    assert f'<option value="{ProjectType.OTHER}" selected>' in page
    chosen = page.split(f'name="visibility" value="{Visibility.PRIVATE}"')[1].split(">")[0]
    assert "checked" in chosen


def test_all_eleven_types_are_offered(alice: User, client_of: Browser) -> None:
    page = text(client_of(alice), "projects:create")
    assert all(f'<option value="{number}"' in page for number in range(1, 12))


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x" * 101}, {"name": "a\0b"}, {"type": "12"}, {"type": "x"}, {"visibility": ""},
     {"description": "x" * 501}],
)  # fmt: skip
def test_a_wrong_form_is_shown_again_with_what_was_typed(
    wrong: dict[str, str], alice: User, client_of: Browser
) -> None:
    answer = client_of(alice).post(reverse("projects:create"), FORM | wrong)
    assert answer.status_code == 422 and 'class="errors"' in answer.content.decode()
    assert not Project.objects.exists()


def test_the_list_shows_mine_and_public_ones(
    project: Project, bob: User, charlie: User, client_of: Browser
) -> None:
    public = archiving.create(Project(name="Open", visibility=Visibility.PUBLIC), by=charlie)
    assert "Iris" in text(client_of(bob), "projects:list") and "Open" in text(client_of(bob), "projects:list")
    assert "Open" not in text(client_of(bob), "projects:list", scope="mine")
    assert "Iris" not in text(client_of(bob), "projects:list", scope="public")
    assert "Iris" not in text(client_of(charlie), "projects:list")
    assert "No Project matches" in text(client_of(bob), "projects:list", q="nothing such")
    archiving.archive(public)
    assert "Open" not in text(client_of(bob), "projects:list")
    assert "Open" in text(client_of(bob), "projects:list", archived="1")


@pytest.mark.parametrize(
    "query", ["page=99", "page=x", "sort=-created_at", "sort=x", "type=²", "q=%00", "q=%25"]
)
def test_odd_questions_to_the_list_are_answered(query: str, project: Project, client_of: Browser) -> None:
    for name in ("projects:list", "projects:all_datasets"):
        response = client_of(project.created_by).get(f"{reverse(name)}?{query}")
        assert response.status_code == 200


def test_the_list_takes_as_many_queries_for_one_project_as_for_many(
    alice: User, client_of: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        archiving.create(Project(name=f"Project {number}"), by=alice)
    browser = client_of(alice)
    with django_assert_max_num_queries(6):
        page = text(browser, "projects:list")
    assert "1–50 of 60" in flat(page)


def test_the_page_shows_facts_members_and_what_is_in_it(
    project: Project, bob: User, client_of: Browser
) -> None:
    Dataset.objects.create(project=project, name="Measurements", created_by=bob)
    page = text(client_of(bob), "projects:detail", project.pk)
    assert all(word in page for word in ("Iris", "Measurements", "alice", "bob", "Private", "Editor"))


PAGES = ["projects:detail", "projects:members", "projects:datasets"]
OWNER_PAGES = ["projects:edit", "projects:delete"]


@pytest.mark.parametrize("name", PAGES + OWNER_PAGES)
def test_strangers_and_nobody_see_nothing(
    name: str, project: Project, charlie: User, client_of: Browser, client: Client
) -> None:
    assert client_of(charlie).get(reverse(name, args=[project.pk])).status_code == 404
    assert client.get(reverse(name, args=[project.pk])).status_code == 302
    assert client_of(charlie).get(reverse(name, args=[10**25])).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_members_see_the_pages(
    name: str, project: Project, alice: User, bob: User, vera: User, client_of: Browser
) -> None:
    for person in (alice, bob, vera):
        assert client_of(person).get(reverse(name, args=[project.pk])).status_code == 200


@pytest.mark.parametrize("name", [*OWNER_PAGES, "projects:archive", "projects:restore"])
def test_only_owners_change_archive_and_delete(
    name: str, project: Project, bob: User, vera: User, charlie: User, client_of: Browser
) -> None:
    for person, status in ((bob, 403), (vera, 403), (charlie, 404)):
        answer = client_of(person).post(reverse(name, args=[project.pk]), FORM | {"name": "Mine"})
        assert answer.status_code == status
    project.refresh_from_db()
    assert (project.name, project.archived_at) == ("Iris", None)


def test_everyone_may_look_at_a_public_project_but_not_change_it(
    project: Project, charlie: User, client_of: Browser
) -> None:
    Project.objects.update(visibility=Visibility.PUBLIC)
    assert "My role" in text(client_of(charlie), "projects:detail", project.pk)
    assert client_of(charlie).post(reverse("projects:edit", args=[project.pk]), FORM).status_code == 403
    assert client_of(charlie).get(reverse("projects:dataset_create", args=[project.pk])).status_code == 403


def test_alice_edits_her_project(project: Project, alice: User, client_of: Browser) -> None:
    browser = client_of(alice)
    where = reverse("projects:edit", args=[project.pk])
    assert browser.post(where, FORM | {"name": " New \n name ", "visibility": "1"}).status_code == 302
    project.refresh_from_db()
    assert (project.name, project.visibility) == ("New name", Visibility.PUBLIC)
    answer = browser.post(where, FORM | {"name": ""})
    assert answer.status_code == 422 and "New name" in answer.content.decode()


def test_an_archived_project_can_be_read_and_restored_but_not_changed(
    project: Project, alice: User, bob: User, client_of: Browser
) -> None:
    assert client_of(alice).post(reverse("projects:archive", args=[project.pk])).status_code == 302
    assert "This Project is archived" in text(client_of(bob), "projects:detail", project.pk)
    answer = client_of(bob).get(reverse("projects:dataset_create", args=[project.pk]))
    assert answer.status_code == 403
    assert client_of(alice).post(reverse("projects:restore", args=[project.pk])).status_code == 302
    assert "This Project is archived" not in text(client_of(bob), "projects:detail", project.pk)


def test_deleting_says_what_is_lost_asks_for_the_name_and_frees_the_disk(
    project: Project, alice: User, client_of: Browser, django_capture_on_commit_callbacks: Callable
) -> None:

    dataset = store.create(project, name="D", description="", by=alice)
    store.add_files(dataset, [("a.txt", io.BytesIO(b"x" * 2048))], by=alice)
    browser, where = client_of(alice), reverse("projects:delete", args=[project.pk])
    page = browser.get(where).content.decode()
    assert "1 Dataset" in page and "0 Tasks" in page and "2.0 kB" in page
    assert "does not match" in browser.post(where, {"name": "iris"}).content.decode()
    assert browser.post(where).status_code == 422
    assert paths.dataset_files(dataset.pk).exists()
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(where, {"name": "Iris"}).url == reverse("projects:list")
    assert not Project.objects.exists() and not Dataset.objects.exists() and not Membership.objects.exists()
    assert not paths.dataset_files(dataset.pk).exists()
    assert list(paths.scratch().iterdir()) == []
    assert browser.get(where).status_code == 404


@given(
    form=st.dictionaries(
        st.sampled_from(["name", "description", "type", "visibility", "role", "csrfmiddlewaretoken"]),
        st.text(max_size=200),
    )
)
def test_nothing_that_is_posted_breaks_a_page(
    form: dict[str, str], project: Project, alice: User, client_of: Browser
) -> None:
    browser = client_of(alice)
    for name in ("projects:edit", "projects:members", "projects:dataset_create"):
        assert browser.post(reverse(name, args=[project.pk]), form).status_code in {302, 422}
    assert browser.post(reverse("projects:create"), form).status_code in {302, 422}


@pytest.mark.parametrize(
    "model", ["project", "membership", "dataset", "sample", "signinlink", "failedsignin"]
)
def test_operators_find_everything_in_the_admin_site_and_delete_nothing_by_cascade(
    model: str, project: Project, client_of: Browser
) -> None:
    operator = User.objects.create_superuser("root")
    dataset = store.create(project, name="D", description="", by=operator)
    store.add_files(dataset, [("a.txt", io.BytesIO(b"1"))], by=operator)
    browser = client_of(operator)
    listed = browser.get(reverse(f"admin:projects_{model}_changelist"), {"q": "a"})
    assert listed.status_code == 200
    rows = {"project": project.pk, "dataset": dataset.pk, "membership": project.memberships.get().pk}
    if model in rows:
        for verb, status in (("change", 200), ("delete", 403)):
            where = reverse(f"admin:projects_{model}_{verb}", args=[rows[model]])
            assert browser.get(where).status_code == status


def test_an_operator_makes_sign_in_links_and_staff_cannot(
    project: Project, alice: User, bob: User, client_of: Browser
) -> None:
    operator = User.objects.create_superuser("root")
    asked = {"action": "sign_in_link", "_selected_action": [alice.pk]}
    where = reverse("admin:auth_user_changelist")
    answer = client_of(operator).post(where, asked, follow=True).content.decode()
    assert "/sign-in/" in answer and "works once" in answer
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    assert client_of(bob).post(where, asked).status_code == 403


def test_a_project_with_an_unfinished_execution_is_not_deleted(
    project: Project, alice: User, client_of: Browser
) -> None:
    task = Task.objects.create(project=project, name="T", created_by=alice)
    snapshot = Snapshot.objects.create(digest="0" * 64, file_count=1, size=1)
    run = Run.objects.create(
        project=project, task=task, snapshot=snapshot, name="r", entry_script="main.py", created_by=alice
    )
    Execution.objects.create(run=run, number=1, cause=Cause.STARTED.value)
    answer = client_of(alice).post(reverse("projects:delete", args=[project.pk]), {"name": "Iris"})
    assert answer.status_code == 409 and "has not ended yet" in answer.content.decode()
    assert "1 Run<" in answer.content.decode() and Project.objects.exists()
