"""Signing in: by password, by a link that works once, and the brake on guessing."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects import auth
from projects.models import FailedSignIn, SignInLink

pytestmark = pytest.mark.django_db


def sign_in(client: Client, name: str, password: str, **more: str) -> tuple[int, str]:
    response = client.post(reverse("sign_in"), {"username": name, "password": password, **more})
    return response.status_code, response.content.decode()


def is_in(client: Client) -> bool:
    return client.get(reverse("projects:list")).status_code == 200


def test_nobody_is_sent_to_sign_in_and_comes_back_to_the_page(client: Client, alice: User) -> None:
    response = client.get(reverse("home"))
    assert response.status_code == 302 and response.url.startswith(reverse("sign_in"))
    page = client.get(reverse("sign_in") + "?next=/datasets/")
    assert 'name="next" value="/datasets/"' in page.content.decode()
    answer = client.post(
        reverse("sign_in"), {"username": "alice", "password": "alice-password", "next": "/datasets/"}
    )
    assert answer.url == "/datasets/"


def test_home_leads_to_the_projects(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get(reverse("home")).url == reverse("projects:list")


def test_the_guide_and_the_reference_are_there(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert "CORETEX_PARAMETERS" in client.get(reverse("help")).content.decode()
    assert "param_groups" in client.get(reverse("task_yaml")).content.decode()


def test_a_wrong_password_is_refused_in_words(client: Client, alice: User) -> None:
    status, text = sign_in(client, "alice", "wrong")
    assert status == 422 and "is wrong" in text
    assert not is_in(client)


def test_an_address_elsewhere_is_not_followed_after_signing_in(client: Client, alice: User) -> None:
    answer = client.post(
        reverse("sign_in"), {"username": "alice", "password": "alice-password", "next": "//evil.example/"}
    )
    assert answer.url == reverse("projects:list")


def test_guessing_has_to_wait_longer_and_longer(client: Client, alice: User) -> None:
    for _ in range(auth.FREE_TRIES):
        assert sign_in(client, "alice", "wrong")[0] == 422
    status, text = sign_in(client, "alice", "alice-password")
    assert status == 422 and "Try again in 10 s" in text
    assert not is_in(client)
    FailedSignIn.objects.update(last_at=timezone.now() - timedelta(seconds=11))
    assert sign_in(client, "alice", "wrong")[0] == 422
    assert "Try again in 20 s" in sign_in(client, "ALICE", "wrong")[1]
    assert sign_in(client, "bob", "wrong")[1].count("Try again") == 0
    FailedSignIn.objects.update(last_at=timezone.now() - timedelta(seconds=21))
    assert sign_in(client, "alice", "alice-password")[0] == 302
    assert sign_in(Client(), "alice", "wrong")[1].count("Try again") == 0


def test_signing_out_needs_a_post(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get(reverse("sign_out")).status_code == 405
    assert client.post(reverse("sign_out")).url == reverse("sign_in")
    assert not is_in(client)


def test_a_link_signs_in_once(client: Client, alice: User) -> None:
    link = auth.make_link(alice, "http://testserver/", timedelta(minutes=5))
    assert link.startswith("http://testserver/sign-in/")
    assert client.head(link).status_code == 405
    assert client.get(link).url == reverse("home")
    assert is_in(client)
    other = Client()
    answer = other.get(link)
    assert answer.status_code == 410 and "already been used" in answer.content.decode()
    assert not is_in(other)


def test_an_expired_link_says_so(client: Client, alice: User) -> None:
    link = auth.make_link(alice)
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = client.get(link)
    assert answer.status_code == 410 and "expired" in answer.content.decode()


def test_a_link_of_somebody_switched_off_does_not_work(client: Client, alice: User) -> None:
    link = auth.make_link(alice)
    alice.is_active = False
    alice.save()
    assert "deactivated" in client.get(link).content.decode()


@pytest.mark.parametrize("token", ["x", "ü" * 50, "%00", "%ED%A0%80", "a b"])
def test_a_made_up_link_is_refused(client: Client, token: str) -> None:
    assert client.get(reverse("sign_in_link", args=["x"])[:-1] + token).status_code == 410


def test_only_the_digest_of_a_link_is_kept(alice: User) -> None:
    token = auth.make_link(alice).rsplit("/", 1)[1]
    assert token not in str(SignInLink.objects.values().get())


def test_the_first_operator_gets_a_password_that_is_said_once(client: Client) -> None:
    operator = auth.ensure_operator()
    assert operator.is_new and operator.password is not None
    assert sign_in(client, "admin", operator.password)[0] == 302
    again = auth.ensure_operator()
    assert (again.user, again.password, again.is_new) == (operator.user, None, False)


def test_a_given_password_is_used_and_not_repeated(client: Client, settings: LazySettings) -> None:
    settings.ADMIN_USER, settings.ADMIN_PASSWORD = "boss", "a-given-one"
    operator = auth.ensure_operator()
    assert operator.is_new and operator.password is None
    assert sign_in(client, "boss", "a-given-one")[0] == 302


@pytest.mark.parametrize("name", ["\0", "x" * 5000, "", "🦊"])
def test_odd_names_are_refused_in_words(client: Client, name: str) -> None:
    assert sign_in(client, name, name)[0] == 422
