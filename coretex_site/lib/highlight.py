"""Text with syntax colours, line by line, and what kind of content a file has. Knows no disk."""

from pathlib import PurePosixPath

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

# What can be edited in the browser, in bytes; and what is shown of a longer text.
MOST_EDITABLE = 1024**2
MOST_SHOWN = 200_000

# Suffix → (name of the Pygments lexer, mode of the editor)
LANGUAGES: dict[str, tuple[str, str]] = {
    ".py": ("python", "python"),
    ".ipynb": ("json", "json"),
    ".json": ("json", "json"),
    ".r": ("r", "r"),
    ".sh": ("bash", "sh"),
    ".bash": ("bash", "sh"),
    ".yml": ("yaml", "yaml"),
    ".yaml": ("yaml", "yaml"),
    ".md": ("markdown", "markdown"),
    ".toml": ("toml", "text"),
    ".cfg": ("ini", "text"),
    ".ini": ("ini", "text"),
    ".html": ("html", "text"),
    ".css": ("css", "text"),
    ".js": ("javascript", "text"),
    ".sql": ("sql", "text"),
    ".c": ("c", "text"),
    ".h": ("c", "text"),
    ".cpp": ("cpp", "text"),
    ".rs": ("rust", "text"),
    ".go": ("go", "text"),
}


def editor_mode(path: str) -> str:
    """The editor's mode for a file of this name, `text` when there is no better."""
    return _language(path)[1]


def as_text(content: bytes, *, cut: bool = False) -> str | None:
    """The text of a file, or None when it is not text: not UTF-8, or with NUL bytes.

    With `cut` the content is the beginning of a file, and may end inside a character.
    """
    if b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if cut and error.start >= len(content) - 3:
            return content[: error.start].decode("utf-8")
        return None


def lines(text: str, path: str) -> list[str]:
    """The lines of a text as safe HTML with Pygments' short classes, coloured by the file's name."""
    formatted = highlight(text, _lexer(path), HtmlFormatter(nowrap=True))
    return formatted.removesuffix("\n").split("\n")


def _lexer(path: str) -> Lexer:
    return get_lexer_by_name(_language(path)[0], stripnl=False, ensurenl=True)


def _language(path: str) -> tuple[str, str]:
    return LANGUAGES.get(PurePosixPath(path).suffix.lower(), ("text", "text"))
