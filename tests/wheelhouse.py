"""A folder of wheels that is all an installer may look at, as an operator tells pip."""

import os
from pathlib import Path

import pytest

from tests.wheels import make_wheel


def only_wheels(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`folder`, with two versions of alpha and with beta, which needs it."""
    make_wheel(folder, "alpha")
    make_wheel(folder, "alpha", "2.0")
    make_wheel(folder, "beta", requires=("alpha",))
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    conf = folder.parent / "pip.conf"
    conf.write_text(f"[global]\nfind-links = {folder}\nno-index = true\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(conf))
    return folder
