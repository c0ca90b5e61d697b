"""The last line that a script printed, as its console shows it, as plain text. Knows no rows."""

from runs.records import artifacts, logs

# So many lines of the end of a console are looked at, and so much of the last one is kept.
LINES = 100
LONGEST = 300


def of(execution_id: int) -> str:
    """The last line that is not blank, nor ours about its files; empty when there is none, or no console."""
    for shown in reversed(logs.tail(execution_id, LINES, ended=True).lines):
        text = shown.line.text.strip()
        if text and not text.startswith(artifacts.NOT_KEPT):
            return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return ""
