"""Members: owners add, change and remove people, everyone may leave, and one owner always stays."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from projects.models import Membership, Project, Role

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


def add(browser: Client, project: Project, name: str, role: str = "viewer") -> tuple[int, str]:
    answer = browser.post(reverse("projects:members", args=[project.pk]), {"name": name, "role": role})
    return answer.status_code, answer.content.decode()


def of(project: Project, user: User) -> Membership:
    return Membership.objects.get(project=project, user=user)


def change(browser: Client, membership: Membership, role: str) -> int:
    where = reverse("projects:member_role", args=[membership.project_id, membership.pk])
    return browser.post(where, {"role": role}).status_code


def remove(browser: Client, membership: Membership) -> int:
    where = reverse("projects:member_remove", args=[membership.project_id, membership.pk])
    return browser.post(where).status_code


def test_alice_adds_charlie_by_user_name(
    project: Project, alice: User, charlie: User, client_of: Browser
) -> None:
    assert add(client_of(alice), project, "charlie", "editor")[0] == 302
    assert of(project, charlie).role == Role.EDITOR


def test_capitals_in_the_user_name_do_not_matter(
    project: Project, alice: User, charlie: User, client_of: Browser
) -> None:
    assert add(client_of(alice), project, " Charlie ")[0] == 302
    assert of(project, charlie).role == Role.VIEWER


def test_unknown_people_wrong_roles_and_members_are_refused_in_words(
    project: Project, alice: User, bob: User, client_of: Browser
) -> None:
    browser = client_of(alice)
    assert add(browser, project, "zoe")[0] == 422
    assert "There is no user “zoe”" in add(browser, project, "zoe")[1]
    assert "is editor in this Project already" in add(browser, project, "bob")[1]
    assert add(browser, project, "bob", "king")[0] == 422
    assert add(browser, project, "")[0] == 422


def test_roles_are_changed_and_people_removed(
    project: Project, alice: User, bob: User, client_of: Browser
) -> None:
    browser = client_of(alice)
    assert change(browser, of(project, bob), "owner") == 302
    assert of(project, bob).role == Role.OWNER
    assert change(browser, of(project, bob), "king") == 422
    assert remove(browser, of(project, bob)) == 302
    assert not Membership.objects.filter(user=bob).exists()


def test_the_only_owner_stays_owner(project: Project, alice: User, bob: User, client_of: Browser) -> None:
    browser = client_of(alice)
    assert change(browser, of(project, alice), "viewer") == 422
    assert remove(browser, of(project, alice)) == 422
    assert of(project, alice).role == Role.OWNER
    change(browser, of(project, bob), "owner")
    assert change(browser, of(project, alice), "viewer") == 302


def test_an_owner_who_is_switched_off_does_not_count(
    project: Project, alice: User, bob: User, client_of: Browser
) -> None:
    Membership.objects.filter(user=bob).update(role=Role.OWNER)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert remove(client_of(alice), of(project, alice)) == 422


def test_everyone_may_leave(project: Project, bob: User, vera: User, client_of: Browser) -> None:
    for person in (bob, vera):
        assert remove(client_of(person), of(project, person)) == 302
        assert client_of(person).get(project.get_absolute_url()).status_code == 404


def test_others_change_no_members(
    project: Project, alice: User, bob: User, vera: User, charlie: User, client_of: Browser
) -> None:
    for person, status in ((bob, 403), (vera, 403), (charlie, 404)):
        browser = client_of(person)
        assert add(browser, project, "charlie")[0] == status
        assert change(browser, of(project, vera), "owner") == status
        assert remove(browser, of(project, alice)) == status
    assert project.memberships.count() == 3


def test_a_member_of_another_project_cannot_be_removed_through_this_one(
    project: Project, alice: User, charlie: User, client_of: Browser
) -> None:
    other = Project.objects.create(name="Other", created_by=charlie)
    theirs = Membership.objects.create(project=other, user=charlie, role=Role.EDITOR)
    where = reverse("projects:member_remove", args=[project.pk, theirs.pk])
    assert client_of(alice).post(where).status_code == 422
    assert Membership.objects.filter(pk=theirs.pk).exists()
