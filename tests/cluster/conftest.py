"""A product for the tests to kill, and its database under the tests' hands."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import dj_database_url
import psycopg
import pytest
from django.conf import LazySettings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django import DjangoDbBlocker

from runs.models import Execution
from runs.submission import run_actions
from tests.cluster.product import Product
from tests.cluster.work import Work


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A PostgreSQL database of the products' own when the tests run on PostgreSQL; "" on SQLite."""
    url = os.environ.get("CORETEX_DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield ""
        return
    name = f"coretex_cluster_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield f"{url.rpartition('/')[0]}/{name}"
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def broker_url(database_url: str) -> str:
    """Redis goes with PostgreSQL."""
    return os.environ.get("CORETEX_TEST_BROKER_URL", "redis://127.0.0.1:6379/0") if database_url else ""


@pytest.fixture(scope="session")
def shared_product(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, broker_url: str
) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("product"), database=database_url, broker=broker_url)
    yield product
    product.stop()


@pytest.fixture
def data_dir(shared_product: Product, settings: LazySettings) -> Path:
    """The tests see the product's folder and broker as theirs."""
    settings.DATA_DIR = shared_product.data
    settings.ENVIRONMENTS_DIR = shared_product.data / "environments"
    settings.STOP_GRACE = 1
    return shared_product.data


@pytest.fixture
def product(shared_product: Product, data_dir: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Product]:
    """The running product, with its database as the default one of this test."""
    shared_product.start()
    with django_db_blocker.unblock():
        usual = connections["default"]
        connections["default"] = connect(usual, shared_product)
        try:
            yield shared_product
        finally:
            # Shown by pytest when the test failed.
            sys.stdout.write(shared_product.up.text)
            settle()
            connections["default"].close()
            connections["default"] = usual


def connect(like: BaseDatabaseWrapper, product: Product) -> BaseDatabaseWrapper:
    url = product.environment["CORETEX_DATABASE_URL"] or f"sqlite:///{product.data / 'db.sqlite3'}"
    where = dj_database_url.parse(url)
    named = {key: where[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    return type(like)({**like.settings_dict, **named}, "default")


def settle() -> None:
    """Leaves nothing unfinished to the next test."""
    for execution in Execution.objects.filter(finished_at=None).select_related("run"):
        run_actions.stop(execution, by=execution.run.created_by)


@pytest.fixture
def work(product: Product, tmp_path: Path) -> Iterator[Work]:
    work = Work(tmp_path)
    yield work
    work.open_gate()
