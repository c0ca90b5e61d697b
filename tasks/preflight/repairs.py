"""What one click can fix in Python code that cannot be parsed. Offered only where the result can. Pure."""

import ast
import re
import warnings
from collections.abc import Iterator

from tasks.environment_files import Fix
from tasks.proposals.code import MAX_CODE

# What word processors, web pages and chats make of plain characters.
_TYPOGRAPHIC = str.maketrans(
    {
        **dict.fromkeys("“”„‟″", '"'),
        **dict.fromkeys("‘’‚‛′", "'"),
        **dict.fromkeys("−–‐‑", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f\u3000", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", None),
    }
)
_FENCE = re.compile(r"(?m)^[ \t]*(?:```|~~~)[\w{}. -]*\r?\n?")
_PROMPT = re.compile(r"(?:>>>|\.\.\.)(?: |$)")


def offered(path: str, content: bytes) -> tuple[Fix, ...]:
    """The first change that makes code of a file; none where none does."""
    if len(content) > MAX_CODE or b"\0" in content:
        return ()
    for label, text in _candidates(content):
        if text.strip() and _is_code(text):
            return (Fix(action="replace", path=path, target=path, label=label, text=text),)
    return ()


def _candidates(content: bytes) -> Iterator[tuple[str, str]]:
    """(what a button says, the text that it would write)."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield "Convert to UTF-8", content.decode("cp1252", "replace")
        return
    yield "Replace typographic characters", text.translate(_TYPOGRAPHIC)
    yield "Remove the lines with ```", _FENCE.sub("", text)
    for width in (8, 4):
        yield "Use spaces for tabs", text.expandtabs(width)
    lines = [line for line in text.splitlines() if _PROMPT.match(line)]
    yield "Keep only what follows >>>", "".join(f"{line[4:]}\n" for line in lines)


def _is_code(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
