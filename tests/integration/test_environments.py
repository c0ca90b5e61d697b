"""Environments are built with the real installer from wheels on disk, once for equal content."""

import base64
import functools
import http.server
import json
import os
import random
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection

from coretex_site.lib import filetree, paths
from projects.models import Project
from runs.engine.worker import take_one
from runs.models import Environment
from runs.runtimes import environments, eviction, requirements, steps
from runs.states import Reason, State
from runs.web.page_models import run_page
from tests.small_tasks import console, fresh, make_task, start_worker, submit, until, write
from tests.wheels import make_wheel

pytestmark = pytest.mark.django_db(transaction=True)

IMPORTS = "import alpha, sys\nprint(alpha.VERSION, sys.prefix)\n"


@pytest.fixture(autouse=True)
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, which is all that the installer may look at; the operator said so to pip."""
    folder = tmp_path / "wheels"
    make_wheel(folder, "alpha")
    make_wheel(folder, "alpha", "2.0")
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    conf = tmp_path / "pip.conf"
    conf.write_text(f"[global]\nfind-links = /nowhere {folder}\nno-index = true\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(conf))
    return folder


def folders() -> list[str]:
    base = paths.environments(settings.NODE_NAME)
    return sorted(place.name for place in base.iterdir() if (place / environments.READY).is_file())


def test_a_script_imports_what_requirements_txt_lists(project: Project) -> None:
    execution = submit(make_task(project, {"main.py": IMPORTS, "requirements.txt": "alpha<2\n"}))
    take_one()
    execution = fresh(execution)
    assert execution.status == State.SUCCEEDED, console(execution)
    assert "1.0 " in console(execution)
    assert execution.environment.kind == "venv"
    assert execution.environment.packages == "alpha==1.0"
    assert "Building environment" in console(execution)
    assert "+ alpha==1.0" in console(execution)
    built = paths.environments(settings.NODE_NAME) / execution.environment.key
    assert list(built.glob("lib/python*/site-packages/__pycache__/alpha.*.pyc"))
    module = next(built.glob("lib/python*/site-packages/alpha.py"))
    assert module.stat().st_mode & 0o222 == 0
    assert module.stat().st_nlink > 1
    assert module.parent.stat().st_mode & 0o222 == 0


def test_equal_content_is_built_once_and_other_content_anew(project: Project) -> None:
    task = make_task(project, {"main.py": IMPORTS, "requirements.txt": "alpha<2\n"})
    first, second = submit(task), submit(task)
    write(task, {"main.py": f"{IMPORTS}# other code\n"})
    third = submit(task)
    write(task, {"requirements.txt": "alpha>=2\n"})
    other = submit(task)
    assert take_one() == 4
    keys = [fresh(e).environment.key for e in (first, second, third, other)]
    assert keys[0] == keys[1] == keys[2] != keys[3]
    assert "Building" not in console(second)
    assert "2.0 " in console(other)
    assert Environment.objects.count() == len(folders()) == 2


def test_files_that_requirements_refer_to_count_as_well(project: Project) -> None:
    task = make_task(
        project,
        {"main.py": IMPORTS, "requirements.txt": "-r more/base.txt\n", "more/base.txt": "alpha\n-c c.txt\n"},
    )
    write(task, {"more/c.txt": "alpha<2\n"})
    first = submit(task)
    write(task, {"more/c.txt": "alpha>=2\n"})
    second = submit(task)
    take_one()
    assert fresh(first).environment.packages == "alpha==1.0", console(first)
    assert fresh(second).environment.packages == "alpha==2.0"


def test_a_package_in_the_task_itself_is_installed_and_rebuilt_when_it_changes(
    project: Project, wheels: Path
) -> None:
    task = make_task(
        project, {"main.py": IMPORTS, "requirements.txt": "./vendor/alpha-1.0-py3-none-any.whl\n"}
    )
    write(task, {"vendor/alpha-1.0-py3-none-any.whl": (wheels / "alpha-1.0-py3-none-any.whl").read_bytes()})
    first = submit(task)
    write(task, {"other.txt": "changed"})
    second = submit(task)
    other = make_wheel(wheels.parent / "other", "alpha", "1.0", requires=("alpha",))
    write(task, {"vendor/alpha-1.0-py3-none-any.whl": other.read_bytes()})
    third = submit(task)
    take_one()
    assert fresh(first).status == fresh(second).status == fresh(third).status == State.SUCCEEDED
    assert fresh(first).environment == fresh(second).environment != fresh(third).environment


def test_what_cannot_be_built_fails_in_words_and_is_tried_again(project: Project, wheels: Path) -> None:
    task = make_task(project, {"main.py": "import beta; print(beta.VERSION)", "requirements.txt": "beta\n"})
    execution = submit(task)
    take_one()
    execution = fresh(execution)
    assert (execution.status, execution.reason) == (State.FAILED, Reason.ENVIRONMENT)
    assert execution.message == (
        "The environment could not be built from requirements.txt. There is no package beta where the "
        "installer looks. Check its spelling, and whether it is in another index (--extra-index-url)."
    )
    assert "beta was not found" in console(execution)
    assert folders() == []
    assert not Environment.objects.exists()
    make_wheel(wheels, "beta")
    second = submit(task)
    take_one()
    assert fresh(second).status == State.SUCCEEDED, console(second)


def test_a_clean_python_sees_nothing_of_the_servers(project: Project) -> None:
    source = "import json, importlib.metadata as m\nprint(json.dumps([d.name for d in m.distributions()]))"
    execution = submit(make_task(project, {"main.py": source}))
    take_one()
    assert json.loads(console(execution).splitlines()[-1]) == []
    assert fresh(execution).environment.packages == ""


def test_programs_of_packages_are_on_the_path(project: Project) -> None:
    execution = submit(make_task(project, {"main.sh": "alpha", "requirements.txt": "alpha"}), entry="main.sh")
    take_one()
    assert "program of alpha" in console(execution)


def test_who_needs_the_same_environment_waits_for_it(project: Project) -> None:
    task = make_task(project, {"main.py": IMPORTS, "requirements.txt": "alpha"})
    execution = submit(task)
    wanted = requirements.want(paths.task_files(task.pk))
    builder = steps.Builder(
        node_name=settings.NODE_NAME,
        who="Run 4711",
        console=Path(os.devnull),
        mark="A=B",
        say=lambda text: None,
        tick=lambda: None,
        report=lambda text: None,
    )
    with environments._only_builder(wanted, builder) as reporting:
        thread = threading.Thread(target=lambda: (take_one(), connection.close()))
        thread.start()
        until(lambda: "being built by Run 4711" in console(execution))
        reporting.report("Downloading 3 of 4 packages.")
        until(lambda: run_page.progress(fresh(execution)) == "Downloading 3 of 4 packages.")
    thread.join()
    assert fresh(execution).status == State.SUCCEEDED
    assert console(execution).count("Waiting for environment") == 1


class SlowIndex(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, its wheels slowly."""

    def copyfile(self, source: Any, outputfile: Any) -> None:
        while piece := source.read(128 * 1024):
            outputfile.write(piece)
            if self.path.endswith(".whl"):
                time.sleep(0.1)

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def slow_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An index with the package large, of 3 MB that cannot be made smaller."""
    root = tmp_path / "index"
    noise = base64.b64encode(random.Random(7).randbytes(3 * 2**20)).decode()
    wheel = make_wheel(root, "large", modules={"large_data.py": f"DATA = {noise!r}\n"})
    (root / "simple" / "large").mkdir(parents=True)
    (root / "simple" / "large" / "index.html").write_text(f'<a href="../../{wheel.name}">{wheel.name}</a>')
    handler = functools.partial(SlowIndex, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.delenv("PIP_CONFIG_FILE")
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://127.0.0.1:{server.server_port}/simple")
        yield
        server.shutdown()


def test_the_run_page_says_how_far_the_installation_is_and_how_long_it_takes(
    project: Project, slow_index: None, client_of: Any, bob: User
) -> None:
    execution = submit(make_task(project, {"main.py": "import large\n", "requirements.txt": "large"}))
    thread = threading.Thread(target=lambda: (take_one(), connection.close()))
    thread.start()
    said = []

    def downloads() -> bool:
        page = client_of(bob).get(execution.run.get_absolute_url()).content.decode()
        said.extend(re.findall(r"Downloading [\d.]+ of [\d.]+ MiB, about \d+ s left\.", page))
        return bool(said)

    until(downloads)
    thread.join()
    assert fresh(execution).status == State.SUCCEEDED
    assert re.match(r"Downloading [0-3]\.\d of 4\.0 MiB", said[0])
    assert run_page.progress(fresh(execution)) == ""
    assert not paths.progress(execution.pk).exists()
    printed = console(execution)
    assert "Installed 1 package" in printed
    assert "⠋" not in printed and "-----" not in printed and "\x1b" not in printed


def test_a_killed_build_leaves_nothing_that_looks_ready(project: Project, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    backend = f"import os, time\nopen({str(gate)!r}, 'w').write(str(os.getpid()))\ntime.sleep(300)\n"
    pyproject = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    task = make_task(
        project,
        {
            "main.py": "print('built')",
            "requirements.txt": "./slow",
            "slow/backend.py": backend,
            "slow/pyproject.toml": pyproject,
        },
    )
    execution = submit(task)
    worker = start_worker()
    until(lambda: gate.is_file() and gate.read_text())
    worker.kill()
    worker.wait()
    builder_pid = int(gate.read_text())
    from runs.engine import recovery

    recovery.adopt(fresh(execution).node)
    assert fresh(execution).status == State.QUEUED
    until(lambda: not Path(f"/proc/{builder_pid}").exists())
    assert folders() == []
    eviction.tidy(settings.NODE_NAME)
    assert not list(paths.environments(settings.NODE_NAME).glob(".building-*"))


def test_an_environment_whose_python_is_gone_is_built_again(project: Project) -> None:
    task = make_task(project, {"main.py": IMPORTS, "requirements.txt": "alpha"})
    first = submit(task)
    take_one()
    filetree.remove(paths.environments(settings.NODE_NAME) / fresh(first).environment.key / "bin")
    second = submit(task)
    take_one()
    assert fresh(second).status == State.SUCCEEDED, console(second)


def test_a_script_sees_nothing_of_the_operators_index_certificates_and_proxies(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["HTTPS_PROXY", "no_proxy", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "UV_INDEX", "PIP_RETRIES"]
    for name in names:
        monkeypatch.setenv(name, "/secret")
    source = f"import os; print([n for n in {names} + ['PIP_CONFIG_FILE'] if n in os.environ])"
    execution = submit(make_task(project, {"main.py": source}))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    take_one()
    assert console(execution).splitlines()[-1] == "[]", console(execution)
