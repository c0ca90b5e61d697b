"""What nobody who reads a console or a message may see: passwords and tokens in addresses. Pure."""

import re

# What stands before the host, unless it is the usual user of repositories; tokens of Conda channels.
SECRET = re.compile(r"(?<=://)(?!git@)[^/@\s]+(?=@)|(?<=/t/)[^/\s]+")
SECRET_BYTES = re.compile(SECRET.pattern.encode())


def hide(text: str) -> str:
    return SECRET.sub("***", text)


def hide_bytes(data: bytes) -> bytes:
    return SECRET_BYTES.sub(b"***", data)
