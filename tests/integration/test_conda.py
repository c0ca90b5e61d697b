"""Conda Tasks are really solved and installed, from a channel that is made here."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from coretex_site.lib import paths
from projects.models import Project
from runs import lifecycle
from runs.engine import recovery
from runs.engine.worker import take_one
from runs.models import Environment, Execution
from runs.runtimes import eviction
from runs.states import Reason, State
from runs.submission.run_actions import again as submit_again
from tests.conda_channel import Channel
from tests.small_tasks import console, fresh, make_task, start_worker, submit, until, write
from tests.wheels import make_wheel

pytestmark = pytest.mark.django_db(transaction=True)

# What a real package of Python has, as far as pip and scripts need it: a bin/python whose prefix is its own.
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHON = {
    "bin/python": f'#!/bin/bash\nexec -a "$0" {os.path.realpath(sys._base_executable)} "$@"\n',
    "pyvenv.cfg": f"home = {os.path.dirname(os.path.realpath(sys._base_executable))}\n"
    f"include-system-site-packages = false\nversion = {sys.version.split()[0]}\n",
    f"lib/python{VERSION}/site-packages/README": "packages\n",
}
RSCRIPT = '#!/bin/sh\necho "R of $CONDA_PREFIX ran $1 with $(basename "$(dirname "$0")")"\n'


@pytest.fixture(autouse=True)
def channel(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Channel:
    made = Channel(tmp_path / "channels" / "lab")
    made.add("python", f"{VERSION}.0", PYTHON)
    made.add("tool", "1.0", {"bin/tool": "#!/bin/sh\necho tool 1.0\n"})
    made.add("tool", "2.0", {"bin/tool": "#!/bin/sh\necho tool 2.0\n"})
    made.add("suite", "1.0", {"share/suite.txt": "suite"}, depends=("tool <2",))
    made.add("greedy", "1.0", {"share/greedy.txt": "greedy"}, depends=("tool >=2",))
    made.add("r-base", "4.3.1", {"bin/Rscript": RSCRIPT})
    made.add(
        "r-rlang", "1.1", {"lib/R/library/rlang/DESCRIPTION": "Package: rlang\n"}, depends=("r-base >=4",)
    )
    made.add("r-dplyr", "1.1.4", {"lib/R/library/dplyr/DESCRIPTION": "x\n"}, depends=("r-rlang", "r-base"))
    made.index()
    settings.CONDA = ""
    settings.CONDA_CHANNEL_ALIAS = (tmp_path / "channels").as_uri()
    settings.CONDA_CHANNELS = {}
    wheels = tmp_path / "wheels"
    make_wheel(wheels, "alpha")
    make_wheel(wheels, "alpha", "2.0")
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    conf = tmp_path / "pip.conf"
    conf.write_text(f"[global]\nfind-links = {wheels}\nno-index = true\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(conf))
    return made


def environment_yml(*dependencies: str, **more: str) -> str:
    lines = ["name: mine", "channels: [lab]", "dependencies:", *(f"  - {text}" for text in dependencies)]
    return "\n".join([*lines, *(f"{key}: {text}" for key, text in more.items()), ""])


def test_dependencies_are_solved_and_their_programs_are_on_the_path(project: Project) -> None:
    files = {"main.sh": "tool; echo $CONDA_PREFIX $LAB_NAME", "environment.yml": environment_yml("suite")}
    files["environment.yml"] += "variables: {LAB_NAME: helix}\nprefix: /home/someone/env\n"
    execution = submit(make_task(project, files), entry="main.sh")
    take_one()
    execution = fresh(execution)
    assert execution.status == State.SUCCEEDED, console(execution)
    built = paths.environments(settings.NODE_NAME) / execution.environment.key
    assert console(execution).splitlines()[-2:] == ["tool 1.0", f"{built} helix"]
    assert "Conda, because there is environment.yml." in console(execution)
    assert execution.environment.packages == "suite=1.0=0\ntool=1.0=0"
    assert "Installing 2 packages" in execution.environment.build_log
    assert (built / "share/suite.txt").stat().st_mode & 0o222 == 0


def test_equal_files_are_built_once_and_others_anew(project: Project) -> None:
    task = make_task(project, {"main.sh": "tool", "environment.yml": environment_yml("tool=1")})
    first, second = submit(task, entry="main.sh"), submit(task, entry="main.sh")
    write(task, {"environment.yml": environment_yml("tool")})
    third = submit(task, entry="main.sh")
    take_one()
    assert [console(e).splitlines()[-1] for e in (first, second, third)] == [
        "tool 1.0",
        "tool 1.0",
        "tool 2.0",
    ]
    assert fresh(first).environment == fresh(second).environment != fresh(third).environment


def test_the_pip_part_may_refer_to_requirements_txt(project: Project) -> None:
    files = {
        "main.py": "import alpha, sys; print(alpha.VERSION, sys.prefix)",
        "requirements.txt": "alpha<2\n",
        "environment.yml": environment_yml("python", "tool=1", "pip:\n      - -r requirements.txt"),
    }
    task = make_task(project, files)
    first = submit(task)
    write(task, {"requirements.txt": "alpha\n"})
    second = submit(task)
    take_one()
    first, second = fresh(first), fresh(second)
    assert first.status == State.SUCCEEDED, console(first)
    built = paths.environments(settings.NODE_NAME) / first.environment.key
    assert console(first).splitlines()[-1] == f"1.0 {built}", console(first)
    assert "2.0" in console(second).splitlines()[-1]
    assert first.environment.packages.splitlines() == ["alpha==1.0", f"python={VERSION}.0=0", "tool=1.0=0"]
    assert first.environment.interpreter == f"Python {VERSION}.0"
    assert "requirements.txt is also present, but Conda takes precedence" in console(first)


def test_r_comes_from_the_environment_with_what_it_depends_on(project: Project) -> None:
    files = {"main.R": "cat(1)", "environment.yml": environment_yml("r-dplyr")}
    execution = submit(make_task(project, files), entry="main.R")
    take_one()
    execution = fresh(execution)
    built = paths.environments(settings.NODE_NAME) / execution.environment.key
    assert console(execution).splitlines()[-1] == f"R of {built} ran main.R with bin", console(execution)
    assert execution.environment.interpreter == "R 4.3.1"
    assert "r-rlang=1.1=0" in execution.environment.packages


def test_python_that_environment_yml_does_not_list_is_missed_in_words(project: Project) -> None:
    files = {"main.py": "1", "environment.yml": environment_yml("tool")}
    execution = submit(make_task(project, files))
    take_one()
    execution = fresh(execution)
    assert execution.reason == Reason.ENVIRONMENT
    assert "main.py needs Python, which environment.yml does not list" in execution.message


def test_what_cannot_be_satisfied_is_explained_by_the_solver(project: Project) -> None:
    files = {"main.sh": "tool", "environment.yml": environment_yml("suite", "greedy")}
    execution = submit(make_task(project, files), entry="main.sh")
    take_one()
    execution = fresh(execution)
    assert (execution.status, execution.reason) == (State.FAILED, Reason.ENVIRONMENT)
    assert execution.message == (
        "The environment could not be built from environment.yml. The dependencies do not fit together: "
        "greedy 1.0 needs tool >=2; suite 1.0 needs tool <2. Change one of these versions, or leave it "
        "out so that one is chosen that fits."
    )
    assert "cannot be satisfied together" in console(execution)
    assert "tool <2" in console(execution)
    assert not Environment.objects.exists()


def test_all_that_cannot_be_had_is_named_at_once_and_builds_of_another_system(project: Project) -> None:
    specs = ("tool=1.0=hMAC_9", "appnope=0.1.0=py37_0", "libcxx=4.0.1=h579ed51_0", "suite=7", "python")
    files = {"main.sh": "tool", "environment.yml": environment_yml(*specs)}
    execution = submit(make_task(project, files), entry="main.sh")
    take_one()
    message = fresh(execution).message
    assert "The channels have no package appnope 0.1.0, libcxx 4.0.1 for this system." in message
    assert "There is no suite 7.*; there is 1.0." in message
    assert "tool 1.0 (build hMAC_9): the version is there, and not this build of it." in message
    assert "leave them out (conda env export --no-builds)" in message


def test_environment_yaml_is_read_too(project: Project) -> None:
    files = {"main.sh": "tool", "environment.yaml": environment_yml("tool=1")}
    execution = submit(make_task(project, files), entry="main.sh")
    take_one()
    assert console(execution).splitlines()[-1] == "tool 1.0", console(execution)
    assert "Conda, because there is environment.yaml." in console(execution)


def test_a_key_that_stands_twice_is_the_message(project: Project) -> None:
    text = environment_yml("tool=1") + "dependencies:\n  - tool=2\n"
    execution = submit(make_task(project, {"main.sh": "tool", "environment.yml": text}), entry="main.sh")
    take_one()
    words = "environment.yml:5: the key dependencies is repeated here, first on line 3."
    assert fresh(execution).message == words


@pytest.mark.parametrize("line", ["-r file:requirements.txt", "-r ./requirements.txt"])
def test_the_pip_part_may_write_its_list_as_an_address(project: Project, line: str) -> None:
    files = {
        "main.py": "import alpha; print(alpha.VERSION)",
        "requirements.txt": "--no-index\n--find-links wheels\nalpha==3.0\n",
        "wheels/alpha-3.0-py3-none-any.whl": make_wheel(paths.scratch(), "alpha", "3.0").read_bytes(),
        "environment.yml": environment_yml("python", f"pip:\n      - {line}"),
    }
    execution = submit(make_task(project, files))
    take_one()
    assert console(execution).splitlines()[-1] == "3.0", console(execution)


def test_a_remark_in_environment_yml_does_not_build_again(project: Project) -> None:
    task = make_task(project, {"main.sh": "tool", "environment.yml": environment_yml("tool=1")})
    first = submit(task, entry="main.sh")
    write(task, {"environment.yml": "# why\n" + environment_yml("tool=1", prefix="/opt/envs/x")})
    second = submit(task, entry="main.sh")
    take_one()
    assert fresh(first).environment == fresh(second).environment is not None


def test_mistakes_in_environment_yml_are_the_message(project: Project) -> None:
    files = {"main.py": "1", "environment.yml": "dependencies: numpy\n"}
    execution = submit(make_task(project, files))
    take_one()
    assert "dependencies must be a list" in fresh(execution).message


def test_a_channel_can_be_mapped_by_name_also_when_a_dependency_names_it(
    project: Project, tmp_path: Path, settings: Any
) -> None:
    other = Channel(tmp_path / "mirrors" / "of-bio")
    other.add("aligner", "1.0", {"bin/aligner": "#!/bin/sh\necho aligned\n"})
    other.index()
    settings.CONDA_CHANNELS = {"bio": other.url}
    files = {"main.sh": "aligner", "environment.yml": environment_yml("bio::aligner=1")}
    execution = submit(make_task(project, files), entry="main.sh")
    take_one()
    assert console(execution).splitlines()[-1] == "aligned", console(execution)


def test_passwords_and_tokens_of_channels_are_not_in_the_console(project: Project, settings: Any) -> None:
    settings.CONDA_CHANNELS = {
        "ours": "http://user:hunter2@127.0.0.1:1/ours",
        "theirs": "http://127.0.0.1:1/t/to-123/theirs",
    }
    text = "channels: [ours, theirs]\ndependencies: [python]\n"
    execution = submit(make_task(project, {"main.py": "", "environment.yml": text}))
    take_one()
    execution = fresh(execution)
    assert execution.reason == Reason.ENVIRONMENT
    shown = console(execution)
    assert "http://***@127.0.0.1:1/ours" in shown
    assert "http://127.0.0.1:1/t/***/theirs" in shown
    assert "hunter2" not in shown
    assert "to-123" not in shown


def test_a_program_of_the_operator_is_used_instead(project: Project, tmp_path: Path, settings: Any) -> None:
    program = tmp_path / "micromamba"
    program.write_text(
        '#!/bin/sh\necho called "$@"\nmkdir -p "$4/bin" && cat "$6"\n'
        'printf "#!/bin/sh\\necho made by hand\\n" > "$4/bin/tool" && chmod +x "$4/bin/tool"\n'
    )
    program.chmod(0o755)
    settings.CONDA = str(program)
    files = {"main.sh": "tool", "environment.yml": environment_yml("tool")}
    execution = submit(make_task(project, files), entry="main.sh")
    take_one()
    assert console(execution).splitlines()[-1] == "made by hand", console(execution)
    assert "called create --yes --prefix" in console(execution)
    assert settings.CONDA_CHANNEL_ALIAS + "/lab" in console(execution)


def test_a_stop_request_ends_a_conda_build(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, execution = waiting_build(project, tmp_path, monkeypatch)
    worker = start_worker()
    until(gate.is_file)
    assert lifecycle.request_stop(fresh(execution), by=execution.created_by)
    assert worker.wait(30) == 0
    assert fresh(execution).status == State.STOPPED
    assert not Path(f"/proc/{int(gate.read_text())}").exists()
    left = paths.environments(settings.NODE_NAME)
    assert not [place for place in left.iterdir() if (place / "conda-meta").exists() or len(place.name) == 40]


def waiting_build(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Execution]:
    """An Execution whose environment is built for ever, and the file that holds the builder's number then."""
    program = tmp_path / "mamba"
    gate = tmp_path / "gate"
    note = f"echo $$ > {gate}.new && mv {gate}.new {gate}"
    program.write_text(f'#!/bin/sh\nmkdir -p "$4/bin"\n{note}\nsleep 300\n')
    program.chmod(0o755)
    monkeypatch.setenv("CORETEX_CONDA", str(program))
    files = {"main.sh": "tool", "environment.yml": environment_yml("tool=1")}
    return gate, submit(make_task(project, files), entry="main.sh")


def test_a_killed_conda_build_leaves_nothing_that_looks_ready(
    project: Project, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, execution = waiting_build(project, tmp_path, monkeypatch)
    worker = start_worker()
    until(gate.is_file)
    worker.kill()
    worker.wait()
    recovery.adopt(fresh(execution).node)
    pid = int(gate.read_text())
    until(lambda: not Path(f"/proc/{pid}").exists())
    half = [left for left in paths.environments(settings.NODE_NAME).iterdir() if len(left.name) == 40]
    assert len(half) == 1
    eviction.tidy(settings.NODE_NAME)
    assert not half[0].exists()
    settings.CONDA = ""
    take_one()
    assert console(execution).splitlines()[-1] == "tool 1.0", console(execution)


def test_exactly_means_the_packages_of_then_though_newer_ones_exist(
    project: Project, channel: Channel
) -> None:
    files = {
        "main.sh": "tool",
        "environment.yml": environment_yml("python", "tool", "pip:\n      - alpha"),
    }
    first = submit(make_task(project, files), entry="main.sh")
    take_one()
    first = fresh(first)
    then = ["alpha==2.0", f"python={VERSION}.0=0", "tool=2.0=0"]
    assert first.environment.packages.splitlines() == then, console(first)
    channel.add("tool", "3.0", {"bin/tool": "#!/bin/sh\necho tool 3.0\n"})
    channel.index()
    Environment.objects.update(unwanted_at=timezone.now())
    eviction.tidy(settings.NODE_NAME)
    exact = submit_again(first.run, by=first.created_by, exactly=first)
    take_one()
    assert console(exact).splitlines()[-1] == "tool 2.0", console(exact)
    assert fresh(exact).environment.packages.splitlines() == then
    now = submit_again(first.run, by=first.created_by)
    take_one()
    assert console(now).splitlines()[-1] == "tool 3.0", console(now)
