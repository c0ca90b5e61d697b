"""What a start says, and what it refuses: one sentence and an exit code that is not 0."""

import re
import signal
import sqlite3
import time
from pathlib import Path

import pytest
from django.db import connection

from tests.cluster.product import Product, Started, free_port


def assert_refused(started: Started, *words: str) -> None:
    code, text = started.result()
    assert code != 0
    assert "Traceback" not in text
    assert len(text.strip().splitlines()) == 1, text
    for word in words:
        assert word in text


@pytest.fixture
def other(tmp_path: Path) -> Product:
    """A product that was never started, on SQLite."""
    return Product(tmp_path / "other")


def test_the_first_start_tells_the_operator_how_to_sign_in(other: Product) -> None:
    started = other.start()
    try:
        assert re.search(r"admin with the password \S{8,}", started.text)
        assert re.search(rf"^Sign in .*http://127\.0\.0\.1:{other.port}/\S+$", started.text, re.M)
        assert started.lines[-1] == f"Ready: http://127.0.0.1:{other.port}\n"
    finally:
        other.stop()
    again = other.start()
    other.stop()
    assert "password" not in again.text


def test_a_taken_port_is_refused(product: Product, other: Product) -> None:
    assert_refused(other.command("up", "--port", str(product.port)), str(product.port), "in use", "--port")


def test_a_data_folder_that_cannot_be_written_is_refused(other: Product, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert_refused(other.command("up", "--data", str(file / "data")), str(file / "data"), "--data")


def test_a_database_of_a_newer_version_is_refused(other: Product) -> None:
    other.data.mkdir()
    code, text = other.command("migrate", "-v0").result()
    assert code == 0, text
    with sqlite3.connect(other.data / "db.sqlite3") as database:
        database.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('runs', '0999_new', '')")
    database.close()
    assert_refused(other.command("up"), "newer version", "runs.0999_new")


def test_a_file_that_is_no_database_is_refused(other: Product) -> None:
    other.data.mkdir()
    (other.data / "db.sqlite3").write_text("no database at all, but long enough to look like one" * 50)
    assert_refused(other.command("up"), "database")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CORETEX_PORT", "eighty"),
        ("CORETEX_WORKERS", "0"),
        ("CORETEX_DATABASE_URL", "oracle://somewhere"),
        ("CORETEX_BROKER_URL", "amqp://somewhere"),
        ("CORETEX_NODE_NAME", "../up"),
        ("CORETEX_HTTPS", "perhaps"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_name(other: Product, variable: str, value: str) -> None:
    assert_refused(other.command("up", **{variable: value}), variable)


def test_a_password_in_a_wrong_address_of_the_broker_is_not_repeated(other: Product) -> None:
    started = other.command("up", CORETEX_BROKER_URL="amqp://user:hunter2@host/0")
    assert_refused(started, "CORETEX_BROKER_URL", "amqp://")
    assert "hunter2" not in started.text


def test_the_key_of_the_sessions_is_made_once_also_after_a_start_that_died_making_it(other: Product) -> None:
    other.data.mkdir()
    (other.data / "secret_key").touch()
    tell = ("shell", "--no-imports", "-c", "from django.conf import settings; print(settings.SECRET_KEY)")
    asked = [other.command(*tell, CORETEX_SECRET_KEY="") for _ in range(4)]
    keys = {started.result() for started in asked}
    assert len(keys) == 1, keys
    code, key = keys.pop()
    assert code == 0
    assert len(key.strip()) == 50
    assert (other.data / "secret_key").read_text() == key.strip()


def test_a_database_that_cannot_be_reached_is_refused(other: Product) -> None:
    url = f"postgres://nobody:secret@127.0.0.1:{free_port()}/none"
    started = other.command("up", CORETEX_DATABASE_URL=url)
    assert_refused(started, "database")
    assert "secret" not in started.text


def test_a_second_node_of_the_same_name_is_refused(product: Product) -> None:
    name = product.environment["CORETEX_NODE_NAME"]
    assert_refused(product.command("node", "--name", name), f"A node named {name} already runs", "--name")


def test_healthz_says_what_is_there_and_no_more(product: Product) -> None:
    status, answer = product.health()
    assert status == 200
    assert answer == {"status": "ok", "database": "ok", "data_folder": "ok", "nodes": "ok"}
    assert connection.vendor in ("sqlite", "postgresql")


def test_a_broker_that_is_away_is_said_once_and_waited_for(other: Product) -> None:
    started = other.command("up", CORETEX_BROKER_URL=f"redis://127.0.0.1:{free_port()}/0")
    try:
        started.wait_for("Ready:")
        started.wait_for(
            f"Node {other.environment['CORETEX_NODE_NAME']} waits for the database and the broker"
        )
        time.sleep(2.5)  # two more looks
        assert started.text.count("waits for") == 1
        assert "Traceback" not in started.text
    finally:
        started.end(signal.SIGINT)
