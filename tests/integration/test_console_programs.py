"""Programs that draw in the terminal, really run: the console shows what a terminal would, live and after."""

import re
import subprocess
import sys
import textwrap
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pyte
import pytest

from coretex_site.lib import paths
from runs.records import logs
from tests.wheels import make_wheel

EXECUTION = 1
COLUMNS = 100


@pytest.fixture(autouse=True)
def folder(data_dir: Path) -> None:
    paths.execution(EXECUTION).mkdir(parents=True)


def printed(script: str, *, terminal: bool = False, arguments: tuple[str, ...] = ()) -> bytes:
    """What a script prints, into a pipe as a Run does or, with `terminal`, into one."""
    command = [sys.executable, "-c", textwrap.dedent(script), *arguments]
    if terminal:
        opened = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
        command = [sys.executable, "-c", opened, *command]
    ran = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False
    )
    assert ran.returncode == 0, ran.stdout.decode()
    return ran.stdout


def on_a_terminal(data: bytes) -> list[str]:
    """The rows that a terminal shows in the end, without blank ones after them."""
    screen = pyte.HistoryScreen(300, 50, history=10_000)
    screen.set_mode(pyte.modes.LNM)
    pyte.ByteStream(screen).feed(data)
    above = ["".join(line[column].data for column in range(300)) for line in screen.history.top]
    return "\n".join(line.rstrip() for line in [*above, *screen.display]).rstrip().split("\n")


def shown(data: bytes) -> list[str]:
    """The console of an Execution that printed this, in pieces that a page polled for, and read after."""
    lines: dict[int, str] = {}
    chunk = logs.tail(EXECUTION)
    for start in range(0, len(data), 777):
        with paths.console(EXECUTION).open("ab") as file:
            file.write(data[start : start + 777])
        chunk = logs.follow(EXECUTION, chunk.end, known=chunk.size)
        lines = {at: text for at, text in lines.items() if at < min(chunk.start, chunk.end)}
        lines |= {each.line.start: each.line.text for each in [*chunk.lines, *chunk.living]}
    afterwards = [each.line.text for each in logs.read(EXECUTION, 0, 10_000, ended=True).lines]
    assert [text for text in lines.values()] == afterwards
    return "\n".join(text.rstrip() for text in afterwards).rstrip().split("\n")


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("日本語\rab", "ab本語"),
        ("日本語\rabc", "abc 語"),
        ("🎉🎉\rx", "x 🎉"),
        ("a日\bb", "a b"),
        ("日本\x1b[2D語!", "日語!"),
        ("日本語\x1b[4G\x1b[K", "日"),
        ("日本語\r\x1b[3X", "    語"),
        ("█日█\r--", "-- █"),
    ],
)
def test_letters_of_two_cells_are_written_over_as_xterm_does(text: str, row: str) -> None:
    assert shown(f"{text}\n".encode()) == [row]


def test_an_accent_goes_with_its_letter() -> None:
    data = "e\u0301a\u0308\rX\nu\u0308\x08o\n".encode()
    assert shown(data) == ["Xa\u0308", "o"]


def test_nested_bars_of_tqdm_and_what_is_written_above_them() -> None:
    data = printed(
        """
        from tqdm import tqdm, trange
        print("training", flush=True)
        for epoch in trange(3, desc="epochs", mininterval=0):
            bar = tqdm(range(20), desc=f"epoch {epoch}", leave=False, mininterval=0)
            for step in bar:
                bar.set_postfix(loss=1 / (step + 1))
            tqdm.write(f"epoch {epoch} done")
        print("end")
        """
    )
    found = shown(data)
    assert found == on_a_terminal(data)
    assert found[:4] == ["training", "epoch 0 done", "epoch 1 done", "epoch 2 done"]
    assert found[4].startswith("epochs: 100%") and found[-1] == "end"
    assert len(found) <= 7


@pytest.mark.parametrize("leave", [True, False])
def test_four_bars_of_tqdm_at_their_positions(leave: bool) -> None:
    data = printed(
        f"""
        from tqdm import tqdm
        options = dict(total=30, leave={leave}, mininterval=0)
        bars = [tqdm(desc=f"worker {{n}}", position=n, **options) for n in range(4)]
        for step in range(30):
            for bar in bars:
                bar.update()
        for bar in bars:
            bar.close()
        print()
        print("end")
        """
    )
    found = shown(data)
    assert found == on_a_terminal(data)
    assert len([text for text in found if "worker" in text]) == (4 if leave else 0)
    assert found[-1].strip() == "end"


RICH = """
import time
from rich.console import Console, Group
from rich.live import Live
from rich.progress import Progress, track
from rich.table import Table
console = Console(force_terminal=True, width=100)
"""


def test_tasks_of_rich_progress_and_what_is_printed_above_them() -> None:
    data = printed(
        RICH
        + """
with Progress(console=console, auto_refresh=False) as progress:
    tasks = [progress.add_task(name, total=20) for name in ("download", "unpack", "train")]
    for step in range(20):
        for task in tasks:
            progress.advance(task)
            progress.refresh()
        if step % 10 == 0:
            progress.console.print(f"[green]step {step}[/green]")
console.print("end")
"""
    )
    found = shown(data)
    assert found == on_a_terminal(data)
    assert [text.split()[0] for text in found] == ["step", "step", "download", "unpack", "train", "end"]
    assert all("100%" in text for text in found[2:5])


@pytest.mark.parametrize("transient", [True, False])
def test_a_live_table_of_rich_grows_in_place(transient: bool) -> None:
    data = printed(
        RICH
        + f"""
def table(count):
    made = Table("epoch", "loss")
    for number in range(count):
        made.add_row(str(number), f"{{1 / (number + 1):.3f}}")
    return made
with Live(table(0), console=console, auto_refresh=False, transient={transient}) as live:
    for count in range(12):
        live.update(table(count), refresh=True)
console.print("end")
"""
    )
    found = shown(data)
    assert found == on_a_terminal(data)
    assert len(found) == (1 if transient else 16)


def test_a_spinner_of_rich_leaves_nothing() -> None:
    data = printed(
        RICH
        + """
with console.status("working"):
    for step in range(3):
        time.sleep(0.1)
        console.log("step", step, log_locals=False)
console.print("end")
"""
    )
    found = shown(data)
    assert found == on_a_terminal(data)
    assert len(found) == 4
    assert "working" not in "".join(found)


def test_bars_of_keras_are_one_line_for_each_epoch() -> None:
    data = printed(
        r"""
        import sys
        for epoch in range(3):
            print(f"Epoch {epoch + 1}/3")
            width = 0
            for step in range(1, 31):
                bar = f"{step}/30 [" + "=" * step + ">" + "." * (30 - step) + f"] - loss: {1 / step:.4f}"
                sys.stdout.write("\b" * width + "\r" + bar)
                sys.stdout.flush()
                width = len(bar)
            sys.stdout.write("\b" * width + "\r" + f"30/30 [{'=' * 30}] - loss: 0.0333 - acc: 0.9" + "\n")
        """
    )
    found = shown(data)
    assert found == on_a_terminal(data)
    assert [text.split()[0] for text in found] == ["Epoch", "30/30"] * 3


def test_pip_in_a_terminal_shows_one_line_for_each_step(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "wheels", "sizable")
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("sizable.bin", b"\0" * 4_000_000)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "wheels"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        data = printed(
            "import runpy, sys; sys.argv[0] = 'pip'; runpy.run_module('pip', run_name='__main__')",
            terminal=True,
            arguments=(
                *(
                    "download",
                    "sizable",
                    "--no-deps",
                    "--no-index",
                    "--disable-pip-version-check",
                    "--no-cache-dir",
                ),
                *("--find-links", f"http://127.0.0.1:{server.server_port}/", "--dest", str(tmp_path / "got")),
                *("--progress-bar", "on"),
            ),
        )
    finally:
        server.shutdown()
        server.server_close()
    assert "━━━━" in data.decode(), "pip draws no bar"
    found = shown(data)
    assert found == on_a_terminal(data)
    assert len([text for text in found if re.search("Downloading", text)]) == 1
    assert not any("\x1b" in text for text in found)


def test_the_layers_of_a_pull_stay_in_their_lines() -> None:
    data = printed(
        r"""
        import random, sys
        random.seed(1)
        layers = [f"{random.getrandbits(48):012x}" for _ in range(6)]
        print("latest: Pulling from library/python")
        for layer in layers:
            print(f"{layer}: Pulling fs layer")
        left = {layer: 0 for layer in layers}
        while left:
            layer = random.choice(list(left))
            left[layer] += random.randrange(1, 30)
            up = len(layers) - layers.index(layer)
            bar = f"Downloading [{'=' * (left[layer] // 4)}>] {left[layer]}MB"
            words = bar if left[layer] < 100 else "Pull complete"
            sys.stdout.write(f"\x1b[{up}A\x1b[2K\r{layer}: {words}\r\x1b[{up}B")
            if left[layer] >= 100:
                del left[layer]
        print("Status: Downloaded newer image")
        """
    )
    found = shown(data)
    assert found == on_a_terminal(data)
    assert len(found) == 8
    assert [text.partition(": ")[2] for text in found[1:7]] == ["Pull complete"] * 6


def test_a_script_that_clears_the_screen_shows_what_it_printed_last() -> None:
    data = printed(
        r"""
        for step in range(20):
            print(f"\x1b[2J\x1b[HEpoch {step}\nloss {1 / (step + 1):.3f}")
        """
    )
    found = shown(data)
    assert found == on_a_terminal(data) == ["Epoch 19", "loss 0.050"]
