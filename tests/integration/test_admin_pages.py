"""The admin site: every page of it opens for the operator, with any filter, and for nobody else."""

from collections.abc import Callable
from urllib.parse import quote, urljoin, urlsplit

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from projects.models import Project
from tests import whole_world
from tests.html_pages import Page
from tests.integration.test_fuzz import undone

pytestmark = pytest.mark.django_db

VALUES = ("\0", "9" * 30, "x")


@pytest.fixture
def operator(project: Project, alice: User, charlie: User, client_of: Callable[[User], Client]) -> Client:
    whole_world.build(project, alice, charlie)
    client = client_of(User.objects.create_superuser("root", password="root-password"))
    client.raise_request_exception = False
    return client


def links_of(client: Client, address: str) -> list[str]:
    response = client.get(address)
    assert response.status_code in {200, 302}, address
    if "text/html" not in response.headers.get("Content-Type", "") or response.status_code != 200:
        return []
    links = Page(response.content.decode(), is_whole=False).links
    return [urljoin(address, link).partition("#")[0] for link in links]


def test_every_link_of_the_admin_site_opens(operator: Client) -> None:
    ahead, seen, counts = [reverse("admin:index")], set(), {}
    while ahead:
        address = ahead.pop(0)
        shape = "/".join("1" if part.isdigit() else part for part in urlsplit(address).path.split("/"))
        counts[shape] = counts.get(shape, 0) + 1
        if address in seen or not address.startswith("/admin/") or counts[shape] > 3:
            continue
        seen.add(address)
        ahead += links_of(operator, address)
    assert len(seen) > 20


def test_no_filter_of_the_admin_site_fails(operator: Client) -> None:
    for model in admin.site._registry:
        kinds = {field.get_internal_type(): field.name for field in model._meta.concrete_fields}
        names = ["q", "o", "p", "pk__in", *(f"{name}__exact" for name in kinds.values())]
        list_page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for name in names:
            for value in VALUES:
                with undone(operator):
                    response = operator.get(f"{list_page}?{name}={quote(value)}")
                assert response.status_code in {200, 302, 400, 403}, (list_page, name, value)
        for key in ("x", "9" * 30, quote("\0")):
            with undone(operator):
                response = operator.get(f"{list_page}{key}/change/")
            assert response.status_code in {302, 400, 404}, (list_page, key)


def test_people_who_are_no_staff_have_no_admin_site(alice: User, client_of: Callable[[User], Client]) -> None:
    for client in (client_of(alice), Client()):
        assert client.get(reverse("admin:index")).status_code == 302
