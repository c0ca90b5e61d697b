"""The console in the page: what the browser asks for while it grows, scrolls, jumps and searches."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from projects.models import Project
from runs import lifecycle
from runs.engine.worker import take_one
from runs.models import Execution
from runs.states import State
from tests.finished_runs import content_of, prints, queued, running
from tests.small_tasks import fresh, python


@pytest.fixture
def execution(project: Project, alice: User, tmp_path: Path) -> Execution:
    return running(queued(project, alice, tmp_path))


@pytest.fixture
def browser(client_of: Callable[[User], Client], alice: User) -> Client:
    return client_of(alice)


def console(browser: Client, execution: Execution, query: str) -> str:
    response = browser.get(reverse("runs:console", args=[execution.run_id, 1]) + query)
    assert response.status_code in (200, 204)
    return response.content.decode()


def lines(html: str) -> list[str]:
    found = r'<div class="console-line" .*?<span class="console-text">(.*?)</span>\s*</div>'
    return re.findall(found, html, re.DOTALL)


def following(html: str) -> str:
    found = re.search(r'id="console-live"[^>]*hx-get="[^"?]+(\?[^"]+)"', html)
    assert found is not None, "the console does not ask for more"
    return found[1].replace("&amp;", "&")


def test_each_poll_brings_only_what_is_new_and_asks_from_there(browser: Client, execution: Execution) -> None:
    prints(execution, b"one\ntwo\n", at=100)
    html = browser.get(reverse("runs:detail", args=[execution.run_id])).content.decode()
    assert lines(html) == ["one", "two"]
    assert "00:01:40" in html
    query = following(html)
    assert console(browser, execution, query) == ""
    prints(execution, b"three\n 10%")
    html = console(browser, execution, query)
    assert lines(html) == ["three"]
    assert 'class="console-line living"' in html
    prints(execution, b"\r 20%")
    html = console(browser, execution, following(html))
    assert lines(html) == []
    assert "> 20%</span>" in html


def test_what_is_printed_last_is_brought_and_then_it_asks_no_more(
    browser: Client, execution: Execution
) -> None:
    prints(execution, b"one\n")
    query = following(console(browser, execution, "?follow=0"))
    prints(execution, b"last words")
    lifecycle.transition(execution.pk, State.RUNNING, State.SUCCEEDED)
    html = console(browser, execution, query)
    assert lines(html) == ["last words"]
    assert "hx-get" not in html


def test_it_can_be_read_from_anywhere(browser: Client, execution: Execution) -> None:
    prints(execution, b"".join(b"%05d\n" % number for number in range(3000)))
    assert lines(console(browser, execution, ""))[-1] == "02999"
    assert lines(console(browser, execution, "?edge=start"))[0] == "00000"
    assert lines(console(browser, execution, f"?before={6 * 1000}"))[-1] == "00999"
    assert lines(console(browser, execution, f"?from={6 * 1000}"))[0] == "01000"
    assert "01000" in lines(console(browser, execution, f"?at={6 * 1000}"))


@pytest.mark.parametrize("value", ["", "-1", "x", "²", "9" * 18, "9" * 400, "%00", "1.5"])
def test_an_offset_of_nonsense_is_no_trouble(browser: Client, execution: Execution, value: str) -> None:
    prints(execution, b"one\n")
    for name in ("follow", "before", "from", "at", "edge"):
        console(browser, execution, f"?{name}={value}")


def test_a_text_is_found_and_marked(browser: Client, execution: Execution) -> None:
    prints(execution, b"alpha\nbeta <b>\ngamma\n")
    url = reverse("runs:console_search", args=[execution.run_id, 1])
    html = browser.get(url, {"q": "BETA"}).content.decode()
    assert '<mark class="hit">beta</mark> &lt;b&gt;' in html
    assert 'data-console-hit="6"' in html
    assert "No matches for “&lt;i&gt;” in the console." in browser.get(url, {"q": "<i>"}).content.decode()


def test_the_download_has_the_bytes_as_printed(browser: Client, execution: Execution) -> None:
    url = reverse("runs:console_download", args=[execution.run_id, 1])
    assert browser.get(url).content == b""
    data = b"\x1b[31mred\x1b[0m\r\n\xff\x00 10%\r 20%"
    prints(execution, data)
    response = browser.get(url)
    assert content_of(response) == data
    assert response["Content-Length"] == str(len(data))
    assert response["Content-Disposition"].startswith("attachment")
    head = browser.head(url)
    assert (head["Content-Length"], head.content) == (str(len(data)), b"")


def test_markup_in_the_console_stays_text(browser: Client, execution: Execution) -> None:
    prints(execution, b"<script>alert(1)</script>\n<img src=x onerror=alert(1)>")
    html = console(browser, execution, "?follow=0")
    assert "<script" not in html
    assert "<img" not in html


def test_a_line_that_is_too_long_says_how_much_is_not_shown(browser: Client, execution: Execution) -> None:
    prints(execution, b"x" * 100_000 + b"\n")
    assert re.search(r"… \d+ more bytes", console(browser, execution, "?follow=0"))


def living(html: str) -> list[str]:
    found = r'"console-line( living)?" data-at="\d+">.*?<span class="console-text">(.*?)</span>\s*</div>'
    part = html[html.index('id="console-live"') :]
    return [text + (" (rewritten)" if mark else "") for mark, text in re.findall(found, part, re.DOTALL)]


def test_nested_bars_change_in_place_while_the_page_polls(browser: Client, execution: Execution) -> None:
    prints(execution, b"start\n")
    html = browser.get(reverse("runs:detail", args=[execution.run_id])).content.decode()
    assert lines(html) == ["start"]
    for step in range(3):
        prints(execution, b"\router %d\n\rinner %d\x1b[A" % (step, step * 7))
        html = console(browser, execution, following(html))
        bars = [f"outer {step} (rewritten)", f"inner {step * 7} (rewritten)"]
        assert living(html) == ["start", *bars]
        assert following(html).startswith("?follow=0&")
    prints(execution, b"\router 3\n\nend\n")
    lifecycle.transition(execution.pk, State.RUNNING, State.SUCCEEDED)
    html = console(browser, execution, following(html))
    assert lines(html) == ["start", "outer 3", "inner 14", "end"]
    assert "hx-get" not in html


def test_the_download_of_bars_has_every_byte(browser: Client, execution: Execution) -> None:
    data = b"".join(b"\ra %d\n\rb %d\x1b[A" % (step, step) for step in range(100))
    prints(execution, data)
    url = reverse("runs:console_download", args=[execution.run_id, 1])
    assert content_of(browser.get(url)) == data


def test_a_line_of_bars_is_found_and_can_be_jumped_to(browser: Client, execution: Execution) -> None:
    bars = b"".join(b"\ra %d\n\rb %d\x1b[A" % (step, step) for step in range(100))
    prints(execution, b"start\n" + bars)
    url = reverse("runs:console_search", args=[execution.run_id, 1])
    html = browser.get(url, {"q": "b "}).content.decode()
    place = re.findall(r'data-console-hit="(\d+)"', html)
    assert len(place) == 1
    lifecycle.transition(execution.pk, State.RUNNING, State.SUCCEEDED)
    html = console(browser, execution, f"?at={place[0]}")
    assert f'data-at="{place[0]}"' in html
    assert lines(html) == ["start", "a 99", "b 99"]


BARS = r"""
import sys

for outer in range(5):
    sys.stderr.write(f"\router: {outer}/5")
    for inner in range(20):
        sys.stderr.write(f"\n\rinner: {inner}/20\x1b[A")
        sys.stderr.flush()
sys.stderr.write("\router: 5/5\n\nend\n")
"""


@pytest.mark.django_db(transaction=True)
def test_a_run_with_nested_bars_has_a_line_for_each(
    browser: Client, project: Project, shared_environments: object
) -> None:
    execution = python(project, BARS)
    take_one()
    assert fresh(execution).status == State.SUCCEEDED
    html = browser.get(reverse("runs:detail", args=[execution.run_id])).content.decode()
    assert lines(html)[-3:] == ["outer: 5/5", "inner: 19/20", "end"]
    assert len(lines(html)) < 10
