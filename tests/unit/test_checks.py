"""What a machine lacks is said before a Run needs it."""

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks


def ids() -> set[str]:
    return {message.id for message in run_checks() if str(message.id).startswith("coretex.")}


def test_missing_programs_are_named_with_what_needs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert {"coretex.W002", "coretex.W003", "coretex.W004"} <= ids()
    messages = {message.id: message for message in run_checks()}
    assert "Rscript is not installed" in messages["coretex.W002"].msg
    for name in ("Rscript", "bash", "git"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    assert not {"coretex.W002", "coretex.W003", "coretex.W004"} & ids()


def test_a_conda_program_that_is_not_there_is_named(settings: Any) -> None:
    settings.CONDA = ""
    assert "coretex.W005" not in ids()
    settings.CONDA = "/nowhere/micromamba"
    assert "coretex.W005" in ids()
