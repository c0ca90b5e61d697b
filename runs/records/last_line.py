"""The last line that a script printed, from the end of its console, as plain text. Knows no rows."""

import re

from coretex_site.lib import paths

# So much of the end of a console is looked at, and so much of its last line is kept.
TAIL_BYTES = 8192
LONGEST = 300
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)")


def of(execution_id: int) -> str:
    """The last line that is not blank; empty when there is none, or no console."""
    try:
        with paths.console(execution_id).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            tail = file.read(TAIL_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
    for line in reversed(tail.split("\n")):
        text = ESCAPES.sub("", line.rstrip("\r").rpartition("\r")[2])
        text = "".join(c for c in text if c.isprintable()).strip()
        if text:
            return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return ""
