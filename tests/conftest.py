"""The people, the Project and the data folder that tests share."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as examples

from projects.models import Membership, Project, Role
from runs.runtimes import ready

# Few examples, and other ones each time, while one works; many in CI, and there always the same.
# Nothing is timed, so that a busy machine fails no test.
examples.register_profile("few", max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
examples.register_profile(
    "many", examples.get_profile("few"), max_examples=300, derandomize=True, database=None, print_blob=True
)
examples.load_profile("many" if os.environ.get("CI") else "few")


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, settings: LazySettings) -> Path:
    """Every test has a data folder of its own, and no memory of other tests."""
    settings.DATA_DIR = tmp_path / "data"
    settings.ENVIRONMENTS_DIR = tmp_path / "data" / "environments"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Else every new browser of a test lists all static files again.
    settings.WHITENOISE_AUTOREFRESH = True
    settings.DATA_DIR.mkdir()
    cache.clear()
    return settings.DATA_DIR


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A SQLite database of tests is a file, so that processes which a test starts can share it."""
    if connection.vendor == "sqlite":
        file = tmp_path_factory.getbasetemp() / "test.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(file)


def person(name: str) -> User:
    return User.objects.create_user(name, password=f"{name}-password")


@pytest.fixture
def alice(db: None) -> User:
    """Owns the Project."""
    return person("alice")


@pytest.fixture
def project(alice: User) -> Project:
    """Private, Alice's."""
    project = Project.objects.create(name="Iris", created_by=alice)
    Membership.objects.create(project=project, user=alice, role=Role.OWNER)
    return project


@pytest.fixture
def bob(project: Project) -> User:
    """May edit in the Project."""
    bob = person("bob")
    Membership.objects.create(project=project, user=bob, role=Role.EDITOR)
    return bob


@pytest.fixture
def vera(project: Project) -> User:
    """May look at the Project."""
    vera = person("vera")
    Membership.objects.create(project=project, user=vera, role=Role.VIEWER)
    return vera


@pytest.fixture
def charlie(db: None) -> User:
    """Has nothing to do with the Project."""
    return person("charlie")


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """`client_of(alice)` is a browser in which she is signed in."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def shared_environments(
    settings: LazySettings, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Environments that are built once for all tests which ask for this; their rows are those of one test."""
    monkeypatch.setattr(ready, "_used", {})
    settings.ENVIRONMENTS_DIR = tmp_path_factory.getbasetemp() / "environments"
    return settings.ENVIRONMENTS_DIR
