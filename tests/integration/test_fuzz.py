"""Nothing that a browser can send makes the server fail: any value in any field, query, path and upload."""

import random
import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import given
from hypothesis import strategies as st

from projects.models import Project
from tests import hostile, whole_world
from tests.hostile import Sent
from tests.integration.test_crawl import walk_of

pytestmark = pytest.mark.django_db

NAMES = hostile.names_read()
KEYS = [0, 1, 2, 3, 5, 8, 13, 2**31, 2**63 - 1, 2**63, 10**30, int("9" * 400)]
WORDS = ["hello", "stop", "pause", "settings", "again", "keep", "nope"]
KINDS = [
    "application/json",
    "text/plain",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "application/x-www-form-urlencoded; charset=nope",
    "\u00ff/\u00ff",
]
ARCHIVES = [
    b"",
    b"PK\x03\x04",
    b"PK\x05\x06" + b"\0" * 18,
    b"PK\x05\x06" + b"\xff" * 18,
    b"\x1f\x8b\x08",
    b"BZh9",
    b"\0" * 1024,
    b"not an archive",
]


@contextmanager
def undone(client: Client) -> Iterator[None]:
    """What is done inside leaves no rows and signs nobody out."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)
        transaction.set_rollback(False)
        client.cookies.clear()
        for name, value in cookies.items():
            client.cookies[name] = value


def answer(client: Client, sent: Sent) -> Any:
    """The answer, which is no failure and, where it refuses, says why."""
    with undone(client):
        response = sent.by(client)
        content = b"".join(response.streaming_content) if response.streaming else response.content
    if response.status_code >= 500:
        problem = "".join(traceback.format_exception(*response.exc_info)[-6:])
        raise AssertionError(f"{sent}\n{problem}")
    if response.status_code >= 400:
        assert len(content) > 20, f"{response.status_code} without words: {sent}"
    return response


@pytest.fixture
def world(project: Project, alice: User, charlie: User) -> whole_world.World:
    return whole_world.build(project, alice, charlie)


@pytest.fixture
def browser(client_of: Callable[[User], Client], alice: User) -> Client:
    client = client_of(alice)
    client.raise_request_exception = False
    return client


def routes(found: list | None = None) -> list[str]:
    """The pattern of each of our own routes."""
    patterns = []
    for pattern in get_resolver().url_patterns if found is None else found:
        if isinstance(pattern, URLResolver) and pattern.namespace != "admin":
            patterns += routes(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            patterns.append(str(pattern.pattern))
    return patterns


@st.composite
def places(draw: st.DrawFn) -> bytes:
    """A path below one of our routes, of something that is there or not."""
    kinds = {
        "int": st.sampled_from(KEYS).map(lambda key: str(key).encode()),
        "slug": st.sampled_from(WORDS).map(str.encode),
    }
    other = hostile.raw_texts() | st.sampled_from([name.encode() for name in whole_world.ODD_NAMES])
    path = draw(st.sampled_from(routes()))
    parts = re.split(r"<(\w+):\w+>", path)
    filled = [
        part.encode() if index % 2 == 0 else draw(kinds.get(part, other)) for index, part in enumerate(parts)
    ]
    return b"/" + b"".join(filled)


PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), hostile.raw_texts()), max_size=3)
HEADERS = st.sampled_from([{}, {}, {"HX-Request": "true"}])
FILES = st.lists(
    st.tuples(
        st.sampled_from(["files", "files", "file"]),
        hostile.raw_texts() | st.sampled_from([b"a.zip", b"x.tar.gz", b"m.py", b"a/b/c/" * 20]),
        st.sampled_from(ARCHIVES) | hostile.raw_texts(),
    ),
    max_size=3,
)


def test_no_address_and_no_query_fails(world: whole_world.World, browser: Client) -> None:
    walk = walk_of(browser)
    seen = [unquote_to_bytes(urlsplit(address).path) for address in walk.seen]
    methods = st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", "PUT"])

    @given(methods, st.sampled_from(seen) | places(), PAIRS, HEADERS)
    def try_one(method: str, path: bytes, query: list[tuple[str, bytes]], headers: dict[str, str]) -> None:
        sent = Sent(method=method, path=path, query=query, headers=headers)
        if method == "HEAD":
            with undone(browser):
                assert sent.by(browser).status_code < 500, sent
        else:
            answer(browser, sent)

    try_one()


def test_no_form_fails_whatever_is_sent(world: whole_world.World, browser: Client) -> None:
    """Each form of every page with some fields changed, left out, doubled or added, and with uploads."""
    forms = list(walk_of(browser).forms.items())

    @given(
        st.sampled_from(forms),
        PAIRS,
        st.lists(hostile.raw_texts(), max_size=3),
        st.just([]) | FILES,
        HEADERS,
        st.integers(0, 2**20),
    )
    def try_one(form: Any, more: Any, values: Any, files: Any, headers: dict[str, str], seed: int) -> None:
        sent = Sent(method="POST", path=unquote_to_bytes(urlsplit(form[0]).path), headers=headers)
        fields = changed([(name, value.encode()) for name, value in form[1].fields], values, seed)
        answer(browser, replace(sent, fields=[*fields, *more], files=files, multipart=seed % 3 == 0))

    try_one()


def changed(fields: list[tuple[str, bytes]], values: list[bytes], seed: int) -> list[tuple[str, bytes]]:
    """The fields of a form with some values replaced, and now and then one doubled or left out."""
    chance = random.Random(seed)
    for value in values if fields else []:
        place = chance.randrange(len(fields))
        name = fields[place][0]
        if chance.random() < 0.8:
            fields[place] = (name, value)
        elif chance.random() < 0.5:
            fields.append((name, value))
        elif len(fields) > 1:
            del fields[place]
    return fields


def test_no_broken_body_fails(world: whole_world.World, browser: Client) -> None:
    """Bodies that stop in the middle, or are something else than their header says."""
    addresses = list(walk_of(browser).forms)

    @given(st.sampled_from(addresses), st.sampled_from(["", *KINDS]), PAIRS, FILES, st.integers(0, 200))
    def try_one(address: str, kind: str, fields: Any, files: Any, cut: int) -> None:
        path = unquote_to_bytes(urlsplit(address).path)
        sent = Sent(method="POST", path=path, fields=fields, files=files, multipart=True, cut=cut)
        answer(browser, replace(sent, content_type=kind))

    try_one()


@pytest.mark.parametrize("cookie", [r'"\000aaaaaaaaaaaaaaaa"', "x" * 5000, '"\\303\\050aaaaaaaaa"', "=;=;"])
def test_no_cookie_fails(cookie: str, alice: User) -> None:
    names = ("coretex_session_8000", "coretex_csrf_8000", "messages")
    header = "; ".join(f"{name}={cookie}" for name in names)
    client = Client(raise_request_exception=False, headers={"Cookie": header})
    for address in ("/projects/", "/sign-in", "/runs/"):
        with undone(client):
            assert client.get(address).status_code in {200, 302}


@pytest.mark.parametrize(
    "value", ["http://[", "\x00", "x" * 9000, "//evil.example/", "javascript:1", "é", "%ff;"]
)
def test_no_header_fails(value: str, browser: Client) -> None:
    names = ("HX-Current-URL", "HX-Target", "HX-Trigger", "HX-Prompt", "Referer", "Origin", "Accept-Language")
    names += ("If-Modified-Since", "If-None-Match", "Range", "Accept", "Content-Type", "X-Forwarded-For")
    nobody = Client(raise_request_exception=False)
    for name in names:
        headers = {name: value, "HX-Request": "true"}
        for client in (browser, nobody):
            for method in (client.get, client.post):
                with undone(client):
                    response = method("/projects/new", headers=headers)
                assert response.status_code < 500, (name, value)
                assert "evil" not in response.headers.get("Location", "")
