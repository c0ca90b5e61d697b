"""A whole product, started as an operator starts it, and a real browser in front of it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    StorageState,
    expect,
    sync_playwright,
)

ROOT = Path(__file__).resolve().parent.parent.parent
SHOTS = Path(os.environ.get("CORETEX_SCREENSHOTS", "")) if os.environ.get("CORETEX_SCREENSHOTS") else None
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What a browser says by itself of every answer that is not a success; the pages show these to people.
OF_AN_ANSWER = re.compile(r"Failed to load resource: the server responded with a status of (4\d\d)")
# A machine that is busy with other tests answers later; what is expected comes, or it fails.
expect.set_options(timeout=20_000)


@dataclass(kw_only=True)
class Server:
    """A running `manage.py up`."""

    process: subprocess.Popen[str]
    address: str
    lines: list[str] = field(default_factory=list)
    # The operator's cookies, once the link was followed: it can be used only once.
    cookies: StorageState | None = None

    @property
    def sign_in_link(self) -> str:
        found = [re.search(r"http\S+", line) for line in self.lines if "Sign in" in line or "sign-in" in line]
        return next(match[0] for match in found if match is not None)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Started by its one command, with a data folder of its own and no demo."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CORETEX_")}
    options = [
        "--port",
        str(port),
        "--data",
        str(tmp_path_factory.mktemp("data")),
        "--workers",
        "2",
        "--no-demo",
    ]
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up", *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    server = Server(process=process, address=f"http://127.0.0.1:{port}")
    reader = threading.Thread(target=lambda: server.lines.extend(iter(process.stdout.readline, "")))
    reader.start()
    deadline = time.monotonic() + 60
    while not any(line.startswith("Ready:") for line in server.lines):
        assert process.poll() is None, "".join(server.lines)
        assert time.monotonic() < deadline, "".join(server.lines)
        time.sleep(0.05)
    yield server
    process.send_signal(signal.SIGINT)
    try:
        process.wait(15)
    finally:
        process.kill()
        reader.join(5)
        process.stdout.close()


# Not for the whole session: while Playwright runs, Django takes this thread for one of asyncio's.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = os.environ.get("CORETEX_TEST_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def signed_in(server: Server, browser: Browser) -> Iterator[BrowserContext]:
    """The operator, who followed the link that the start printed."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, base_url=server.address, storage_state=server.cookies
    )
    if server.cookies is None:
        page = context.new_page()
        page.goto(server.sign_in_link)
        page.close()
        server.cookies = context.storage_state()
    yield context
    context.close()


@pytest.fixture
def page(signed_in: BrowserContext) -> Iterator[Page]:
    """A tab of the operator's; the test fails when its console shows an error."""
    page = signed_in.new_page()
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not OF_AN_ANSWER.match(message.text):
            errors.append(f"{page.url}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
    yield page
    page.close()
    assert not errors


def shoot(page: Page, name: str) -> None:
    """Leaves pictures of the page in both colour schemes and two widths, where they are asked for."""
    if SHOTS is None:
        return
    SHOTS.mkdir(parents=True, exist_ok=True)
    # Batches of other tests end while this one looks at its own page.
    hidden = "" if "ended" in name else "#ended { display: none; }"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(150)
            page.screenshot(path=SHOTS / f"{name}-{width}-{scheme}.png", style=hidden)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})
