"""Settings come from variables before the .env file, from secrets' files, and never from an empty value."""

from pathlib import Path

import pytest

from coretex_site.env import Env, EnvError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / ".env"
    path.write_text("NAME=from the file\nOTHER=other\n")
    return path


def test_a_variable_wins_over_the_file_unless_it_is_empty(file: Path) -> None:
    assert Env({"NAME": "given"}, file=file).text("NAME") == "given"
    assert Env({"NAME": ""}, file=file).text("NAME") == "from the file"
    assert Env({"NAME": " "}, file=file).text("MISSING", "default") == "default"


def test_the_file_of_a_secret_wins_over_the_env_file(file: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hush\n")
    assert Env({"NAME_FILE": str(tmp_path / "secret")}, file=file).text("NAME") == "hush"


def test_a_file_of_a_secret_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvError, match="NAME_FILE names /none/at/all, which cannot be read: No such file"):
        Env({"NAME_FILE": "/none/at/all"}).text("NAME")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(EnvError, match="which cannot be read: it is not UTF-8 text"):
        Env({"NAME_FILE": str(tmp_path / "binary")}).text("NAME")
