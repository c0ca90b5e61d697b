"""Requests that no page of ours makes: broken, huge, in other alphabets, in the wrong place."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_from_bytes

from django.http import HttpResponse
from django.test import Client
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parent.parent
BOUNDARY = "----boundary"

NASTY_TEXTS = [
    "", " ", "\0", "a\0b", "\n", "\r\n", "\t", "-", ".", "..", "/", "//", "../../etc/passwd", "C:\\x",
    "con",
    "0", "-0", "-1", "+1", "1_0", " 1 ", "1.0", "1e999", "-1e-999", "nan", "inf", "0x10", "१२", "²",
    "½",
    str(2**31), str(2**63 - 1), str(2**63), str(-(2**63) - 1), "9" * 30, "9" * 5000, "1." + "0" * 400,
    "true", "null", "[]", "{}", "[1", '["\\ud800"]', '"\\u0000"', '{"a": "\\udfff"}', "[" * 3000,
    "{" * 3000,
    "[NaN]", '{"a": 1e400}', '{"a": 1, "a": 2}', "[9999999999999999999999]", "a" * 101, "ä" * 1100,
    "x" * 5001,
    "2026-02-30", "0001-01-01", "9999-12-31", "10000-01-01", "2026-11-22T00:00", "1.1.", "1.1.a\0b",
    "9.9.failed",
    "5.99999999999999999999.x", "1." + "9" * 30 + ".queued", "-id", "--id", "id", "name", "-status",
    "pk__lt",
    "<script>alert(1)</script>", "'; DROP TABLE x; --", "%", "_", "%s%d{0}", "{{ 7 }}",
    "\u202egnp.exe", "\u2028",
    "e\u0301", "👩‍🔬", "\ufeff", "\uffff", "//evil.example", "https://evil.example/",
    "javascript:alert(1)", "/\\evil",
    "task.yaml", "main.py", "src", "deep/er", "new/", "-dash", "a/../b", "./main.py", "main.py/x",
    "x" * 300,
    "&a [*a]", "a: &a [*a, *a]", "param_groups: [\n", "!!python/object:os.system x", "? [a]",
    "\tparam_groups: x",
    "param_groups: [{params: [{name: x, data_type: int, value: 99999999999999999999999}]}]",
    "param_groups: [{params: [{name: \"\\ud83d\", data_type: str, value: \"\\0\"}]}]",
    "param_groups: [{params: [{name: 2026-02-30, data_type: float, value: .inf}]}]",
    "owner", "editor", "alice", "stop", "delete", "upload", "template", "blank", "hello", "unfinished",
    "succeeded",
]  # fmt: skip
NASTY_BYTES = [b"\xed\xa0\x80", b"\xff\xfe\x00a", b"\xc0\x80", b"\xe2\x82", b"\x80" * 50]


def raw_texts() -> st.SearchStrategy[bytes]:
    """What a field can hold, as bytes on the wire: mostly known troublemakers, sometimes anything."""
    return st.one_of(
        st.sampled_from([text.encode() for text in NASTY_TEXTS]),
        st.sampled_from(NASTY_BYTES),
        st.integers(-(2**70), 2**70).map(lambda number: str(number).encode()),
        st.text(max_size=12).map(lambda text: text.encode("utf-8", "surrogatepass")),
    )


def names_read() -> list[str]:
    """Every name of a query or a form that some page reads, as the code has them."""
    found: set[str] = set()
    for app in ("projects", "tasks", "runs", "coretex_site"):
        for path in (ROOT / app).rglob("*.py"):
            text = path.read_text()
            found |= set(
                re.findall(r"\b(?:getlist|get|key_in|given_offset|words)\((?:[\w.]+, )?\"(\w+)\"", text)
            )
            found |= set(re.findall(r"\"(\w+)\" (?:not )?in \w*\.?(?:GET|POST|data|query)", text))
    return sorted(found)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One request; `fields` and `files` (field, file name, content) are encoded as a browser would."""

    method: str
    path: bytes
    query: Sequence[tuple[str, bytes]] = ()
    fields: Sequence[tuple[str, bytes]] = ()
    files: Sequence[tuple[str, bytes, bytes]] = ()
    multipart: bool = False
    cut: int = 0
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        query = encoded(self.query)
        return quote_from_bytes(self.path, safe="/") + (f"?{query}" if query else "")

    @property
    def body(self) -> bytes:
        if not (self.multipart or self.files):
            return encoded(self.fields).encode()
        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value
            for name, value in self.fields
        ]
        parts += [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="'.encode()
            + filename.replace(b'"', b"%22").replace(b"\r", b"%0D").replace(b"\n", b"%0A")
            + b'"\r\nContent-Type: application/octet-stream\r\n\r\n'
            + content
            for name, filename, content in self.files
        ]
        whole = b"\r\n".join([*parts, f"--{BOUNDARY}--\r\n".encode()])
        return whole[: len(whole) - self.cut] if self.cut else whole

    @property
    def kind(self) -> str:
        if self.content_type:
            return self.content_type
        if self.multipart or self.files:
            return f"multipart/form-data; boundary={BOUNDARY}"
        return "application/x-www-form-urlencoded"

    def by(self, client: Client) -> HttpResponse:
        if self.method in {"GET", "HEAD"}:
            return getattr(client, self.method.lower())(self.address, headers=self.headers)
        return client.generic(self.method, self.address, self.body, self.kind, headers=self.headers)


def encoded(pairs: Sequence[tuple[str, bytes]]) -> str:
    return "&".join(f"{quote_from_bytes(name.encode())}={quote_from_bytes(value)}" for name, value in pairs)
