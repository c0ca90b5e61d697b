"""The shim and its script, with real processes."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from runs import processes
from runs.engine import executor
from runs.engine.executor import ConsoleClock, Launch, Script
from runs.processes import ProcessId


def launch(folder: Path, *command: str) -> Script:
    return executor.launch(
        Launch(
            command=command,
            folder=folder,
            environment={"PATH": "/usr/bin:/bin", "MARK": str(folder)},
            console=folder / "console",
            exit_file=folder / "exit",
            mark="MARK",
        )
    )


def run(folder: Path, *command: str) -> int | None:
    with launch(folder, *command) as script:
        assert script.wait(10)
    return script.exit_code


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("exit 0", 0),
        ("exit 7", 7),
        ("kill -9 $$", 137),
        ("kill -INT $$", 130),
        ("kill -TERM 0; sleep 5", 143),
        ("kill -HUP 0; sleep 5", 129),
    ],
)
def test_the_exit_code_is_written_however_the_script_ends(tmp_path: Path, command: str, code: int) -> None:
    assert run(tmp_path, "sh", "-c", command) == code
    assert (tmp_path / "console").read_text() == ""


@pytest.mark.parametrize(
    ("written", "code"),
    [(b"    ", None), (b"", None), (b"1   ", None), (b"13  ", None), (b"0\n  ", 0), (b"137\n", 137)],
)
def test_an_exit_code_counts_once_its_line_is_whole(tmp_path: Path, written: bytes, code: int | None) -> None:
    (tmp_path / "exit").write_bytes(written)
    assert executor.read_exit_code(tmp_path / "exit") == code


def test_a_command_that_is_not_there_is_told_in_the_console(tmp_path: Path) -> None:
    assert run(tmp_path, "no-such-command") == 127
    assert "no-such-command" in (tmp_path / "console").read_text()


def test_arguments_arrive_as_they_are(tmp_path: Path) -> None:
    assert run(tmp_path, "printf", "%s|", "a b", "$HOME", "'\"", "*") == 0
    assert (tmp_path / "console").read_text() == "a b|$HOME|'\"|*|"


def test_the_console_is_appended_to(tmp_path: Path) -> None:
    (tmp_path / "console").write_text("before\n")
    run(tmp_path, "echo", "after")
    assert (tmp_path / "console").read_text() == "before\nafter\n"


def test_the_script_has_its_own_session_no_input_and_ordinary_signals(tmp_path: Path) -> None:
    source = (
        "import os, signal, sys\n"
        "print(os.getsid(0) == os.getppid(), repr(sys.stdin.read()), os.isatty(0))\n"
        "print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)\n"
        "print([s.name for s in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1)\n"
        "       if signal.getsignal(s) is not signal.SIG_DFL])\n"
        "print(open('/proc/self/oom_score_adj').read().strip())\n"
    )
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert run(tmp_path, sys.executable, "-c", source) == 0
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    lines = (tmp_path / "console").read_text().splitlines()
    assert lines[:3] == ["True '' False", "True", "[]"]
    assert lines[3] == "500"


def test_nothing_of_a_script_lives_on(tmp_path: Path) -> None:
    with launch(tmp_path, "sh", "-c", "sleep 300 & setsid sleep 300 & sleep 0.1; exit 3") as script:
        assert script.wait(10)
        assert len(script.family()) == 2
        script.end_leftovers()
        assert script.family() == []
    assert script.exit_code == 3


def test_kill_ends_even_who_ignores_term_and_keeps_the_exit_code(tmp_path: Path) -> None:
    with launch(
        tmp_path, "sh", "-c", "trap '' TERM; (trap '' TERM; sleep 300) & echo on; wait; sleep 300"
    ) as script:
        while not (tmp_path / "console").read_text():
            time.sleep(0.01)
        script.terminate()
        assert not script.wait(0.2)
        script.kill()
        assert script.family() == []
    assert script.exit_code == 137


def test_another_process_can_take_over(tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(Path(executor.__file__).parent.parent)!r})\n"
        "from pathlib import Path\nfrom tests.unit.test_executor import launch\n"
        f"print(launch(Path({str(tmp_path)!r}), 'sh', '-c', 'sleep 0.3; exit 5').shim)"
    )
    text = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert processes.is_alive(text)
    script = Script(shim=ProcessId.parse(text), exit_file=tmp_path / "exit", mark=f"MARK={tmp_path}")
    with script:
        assert len(script.family()) >= 1
        assert not script.wait(0)
        assert script.wait(5)
    assert script.exit_code == 5
    assert not processes.is_alive(text)


def test_a_reused_number_is_another_process() -> None:
    mine = ProcessId.mine()
    assert processes.is_alive(str(mine))
    assert not processes.is_alive(str(ProcessId(boot=mine.boot, pid=mine.pid, start=mine.start + 1)))
    assert not processes.is_alive(str(ProcessId(boot="another boot", pid=mine.pid, start=mine.start)))
    assert not processes.is_alive("nonsense")
    assert ProcessId.parse(str(mine)) == mine


def test_a_zombie_has_ended() -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        identity = ProcessId.of(child.pid)
        with processes.Waiter(identity) as waiter:
            assert not waiter.wait(0)
            child.stdin.close()
            assert waiter.wait(5)
        assert ProcessId.of(child.pid) is None
        assert not processes.is_alive(str(identity))


def test_waiting_works_without_a_pidfd_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "HAS_PIDFD", False)
    child = subprocess.Popen(["sleep", "0.2"])
    with processes.Waiter(ProcessId.of(child.pid)) as waiter:
        assert not waiter.wait(0.02)
        assert waiter.wait(5)
    child.wait()


def test_psutil_tells_the_same_as_proc() -> None:
    asked = processes.ask_psutil(os.getpid())
    read = processes.read_process(os.getpid())
    assert (asked.pid, asked.group, asked.session) == (read.pid, read.group, read.session)


def test_scripts_are_started_from_other_threads(tmp_path: Path) -> None:
    codes: list[int | None] = []
    thread = threading.Thread(target=lambda: codes.append(run(tmp_path, "sh", "-c", "exit 4")))
    thread.start()
    thread.join()
    assert codes == [4]


def test_no_zombies_are_left(tmp_path: Path) -> None:
    run(tmp_path, "true")
    assert not [c for c in psutil.Process().children() if c.status() == psutil.STATUS_ZOMBIE]


def test_the_clock_notes_growth_only_and_goes_on_where_another_stopped(tmp_path: Path) -> None:
    console, times = tmp_path / "console", tmp_path / "times"
    clock = ConsoleClock(console, times)
    assert not clock.tick()
    console.write_text("ab\n")
    os.utime(console, (1000, 1000))
    assert clock.tick()
    assert not clock.tick()
    assert times.read_text() == "3 1000\n"
    times.write_text("3 1000\n5 10")  # a half-written record of one that was killed
    other = ConsoleClock(console, times)
    assert not other.tick()


def test_the_exit_code_survives_signals_at_any_moment(tmp_path: Path) -> None:
    """Once the shim has set its traps, nothing but KILL keeps it from telling how the script ended."""
    for number in range(10):
        folder = tmp_path / str(number)
        folder.mkdir()
        with launch(folder, "sh", "-c", "echo on; sleep 0.02; exit 9") as script:
            while not (folder / "console").read_text():
                time.sleep(0.001)
            while not script.wait(0):
                os.kill(script.shim.pid, signal.SIGTERM)
        assert script.exit_code == 9


def test_containers_on_one_machine_do_not_take_each_others_processes_for_theirs(tmp_path: Path) -> None:
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("3102-77\n")
    (tmp_path / "self/ns").mkdir(parents=True)
    space = tmp_path / "self/ns/pid"
    assert processes.read_boot_id(tmp_path) == "3102-77"
    found = set()
    for name in ("pid:[4026531836]", "pid:[4026532201]", "pid:[4026532202]"):
        space.symlink_to(name)
        found.add(processes.read_boot_id(tmp_path))
        space.unlink()
    assert found == {"3102-77", "3102-77-4026532201", "3102-77-4026532202"}


def test_a_process_that_the_machine_hides_is_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    # As where /proc is mounted with hidepid=1.
    opened = os.open

    def refusing(path: str, *how: int) -> int:
        if path == "/proc/1/stat":
            raise PermissionError(errno.EPERM, "Operation not permitted", path)
        return opened(path, *how)

    monkeypatch.setattr(os, "open", refusing)
    assert processes.read_process(1) is None
    assert os.getpid() in {facts.pid for facts in processes.everyone()}
