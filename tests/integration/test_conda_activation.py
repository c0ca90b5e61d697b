"""Conda packages set variables when they are activated: scripts get them, and no Run activates anything."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from coretex_site.lib import paths
from projects.models import Project
from runs.engine.worker import take_one
from tests.conda_channel import Channel
from tests.small_tasks import console, fresh, make_task, submit

pytestmark = pytest.mark.django_db(transaction=True)

WANTS_MAPS = "channels: [lab]\ndependencies: [maps]\n"


@pytest.fixture
def channel(tmp_path: Path, settings: Any) -> Channel:
    settings.CONDA = ""
    settings.CONDA_CHANNEL_ALIAS = (tmp_path / "channels").as_uri()
    settings.CONDA_CHANNELS = {}
    return Channel(tmp_path / "channels" / "lab")


def test_what_packages_set_when_they_are_activated_is_there_for_the_script(
    project: Project, channel: Channel
) -> None:
    files = {
        "etc/conda/activate.d/maps.sh": "echo activated\n"
        'export MAPS="$CONDA_PREFIX/share/my maps" OWN="$lab"\n',
        "etc/conda/env_vars.d/maps.json": '{"lower": "costs $5"}',
    }
    channel.add("maps", "1.0", files)
    channel.index()
    text = f"{WANTS_MAPS}variables: {{lab: helix}}\n"
    script = 'echo "$MAPS|$OWN|$lower|$lab|$HOME"'
    task = make_task(project, {"main.sh": script, "environment.yml": text})
    first, second = submit(task, entry="main.sh"), submit(task, entry="main.sh")
    take_one()
    built = paths.environments(settings.NODE_NAME) / fresh(first).environment.key
    for execution in (first, second):
        said = console(execution).splitlines()[-1]
        assert said.startswith(f"{built}/share/my maps|helix|costs $5|helix|/"), console(execution)
        assert not said.endswith("|/")
    assert "activated" in console(first)
    assert "activated" not in console(second)


def test_an_activation_script_that_needs_a_missing_bash_is_a_sentence(
    project: Project, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel.add("maps", "1.0", {"etc/conda/activate.d/maps.sh": "export MAPS=1\n"})
    channel.index()
    monkeypatch.setenv("PATH", "/nowhere")
    execution = submit(make_task(project, {"main.py": "1", "environment.yml": WANTS_MAPS}))
    take_one()
    assert "set variables by maps.sh, and bash, which reads that, is not" in fresh(execution).message


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"etc/conda/env_vars.d/maps.json": "{lower"},
            "maps.json of a Conda package, which",
        ),
        ({"etc/conda/env_vars.d/maps.json": "[1]"}, "maps.json of a Conda package must be a mapping"),
        ({"etc/conda/activate.d/maps.sh": "exit 0\n"}, "(maps.sh) ended the shell that read it"),
    ],
    ids=["no JSON", "no mapping", "ends the shell"],
)
def test_what_cannot_be_activated_is_a_sentence(
    project: Project, channel: Channel, files: dict[str, str], said: str
) -> None:
    channel.add("maps", "1.0", files)
    channel.index()
    execution = submit(make_task(project, {"main.py": "1", "environment.yml": WANTS_MAPS}))
    take_one()
    assert said in fresh(execution).message
