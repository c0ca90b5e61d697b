"""Before anything is installed: options, requirements, and when the installation is good enough."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from coretex_site import bootstrap

ROOT = Path(__file__).resolve().parent.parent.parent


def test_options_become_variables() -> None:
    environment = {"CORETEX_PORT": "1", "OTHER": "kept"}
    bootstrap.options_to_environment(
        ["manage.py", "up", "--port", "8123", "--data=/srv/x", "--no-demo", "--workers", "3"], environment
    )
    assert environment == {
        "CORETEX_PORT": "8123",
        "CORETEX_DATA_DIR": "/srv/x",
        "CORETEX_DEMO": "0",
        "CORETEX_WORKERS": "3",
        "OTHER": "kept",
    }


def test_options_of_other_commands_are_left_alone() -> None:
    environment: dict[str, str] = {}
    bootstrap.options_to_environment(["manage.py", "check_task", "--data", "x"], environment)
    assert environment == {}


@pytest.mark.parametrize(
    ("requirement", "met"),
    [
        ("django>=5.2,<5.3", True),
        ("django>=5.2", True),
        ("django<5", False),
        ("django>=99", False),
        ("Django_Htmx>=1", True),
        ("no-such-distribution>=1", False),
    ],
)
def test_what_is_installed_is_compared_with_what_is_wanted(requirement: str, met: bool) -> None:
    assert bootstrap.is_met(requirement) is met


def test_the_interpreter_of_these_tests_has_all_requirements() -> None:
    assert bootstrap.missing({"test"}) == []


def test_postgresql_needs_its_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.delenv("CORETEX_DATABASE_URL", raising=False)
    assert bootstrap.needed_extras(["manage.py", "up"]) == set()
    assert bootstrap.needed_extras(["manage.py", "test"]) == {"postgres", "redis", "test"}
    (tmp_path / ".env").write_text('export CORETEX_DATABASE_URL="postgres://x@y/z"\n')
    assert bootstrap.needed_extras(["manage.py", "up"]) == {"postgres"}
    monkeypatch.setenv("CORETEX_DATABASE_URL", "")
    assert bootstrap.needed_extras(["manage.py", "up"]) == {"postgres"}
    (tmp_path / "url").write_text("sqlite:///y\n")
    monkeypatch.setenv("CORETEX_DATABASE_URL_FILE", str(tmp_path / "url"))
    assert bootstrap.needed_extras(["manage.py", "up"]) == set()
    monkeypatch.delenv("CORETEX_DATABASE_URL_FILE")
    monkeypatch.setenv("CORETEX_DATABASE_URL", "sqlite:///x")
    assert bootstrap.needed_extras(["manage.py", "up"]) == set()


def test_an_installation_without_its_stamp_is_not_ready(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    python, stamp = tmp_path / "bin" / "python", tmp_path / "coretex.json"
    monkeypatch.setattr(bootstrap, "PYTHON", python)
    monkeypatch.setattr(bootstrap, "STAMP", stamp)
    assert not bootstrap.is_ready(set())
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    facts = {
        "hash": bootstrap.wanted_stamp(),
        "extras": ["test"],
        "interpreter": str(Path(sys.executable).resolve()),
    }
    stamp.write_text(json.dumps(facts))
    assert bootstrap.is_ready(set())
    assert bootstrap.is_ready({"test"})
    assert not bootstrap.is_ready({"postgres"})
    stamp.write_text(json.dumps({**facts, "hash": "of another pyproject.toml"}))
    assert not bootstrap.is_ready(set())
    stamp.write_text(json.dumps({**facts, "interpreter": "/usr/bin/python3.99"}))
    assert not bootstrap.is_ready(set())
    stamp.write_text("{half")
    assert not bootstrap.is_ready(set())


def test_a_failed_installation_shows_the_installers_words_and_leaves_no_stamp(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / ".venv/bin/python")
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / ".venv/coretex.json")
    failing = [sys.executable, "-c", "import sys; sys.exit('no route to the index')"]
    monkeypatch.setattr(bootstrap, "make_venv", lambda keep: failing)
    with pytest.raises(SystemExit, match="could not be installed"):
        bootstrap.install(set())
    assert "no route to the index" in capfd.readouterr().err
    assert not bootstrap.STAMP.exists()


def test_manage_py_says_in_words_that_a_python_is_too_old() -> None:
    code = (
        "import runpy, sys; sys.version_info = (3, 8, 1, 'final', 0); "
        "runpy.run_path('manage.py', run_name='__main__')"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert result.stderr.startswith("Coretex needs Python 3.11 or newer, and this is Python 3.8.")
    assert "Traceback" not in result.stderr
