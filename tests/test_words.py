"""The words of the product: one term for each thing, in plain English, on pages, in messages and in code.

The list holds what was written here before and read like a translation; each entry says what replaces it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = {"migrations", "templates_library"}
TEXTS = [
    *(path for path in sorted((ROOT / "templates").rglob("*.html"))),
    *(path for path in sorted((ROOT / "static" / "js").glob("*.js"))),
    *(path for path in sorted((ROOT / "docs").glob("*.md"))),
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md")),
]
CODE = [
    path
    for app in ("coretex_site", "projects", "tasks", "runs", "bench")
    for path in sorted((ROOT / app).rglob("*.py"))
    if not SKIPPED & set(path.parts)
]

INSTEAD = {
    r"goes on to its end": "will finish",
    r"\bmend(s|ed)?\b": "fix",
    r"\bfor good\b": "permanently",
    r"\bany more\b": "any longer, or no longer",
    r"\bsomebody\b": "someone",
    r"keeps? this server up": "your administrator",
    r"[Aa]sk the operator": "ask your administrator",
    r"Empty means": "Leave empty for",
    r"on the way are made": "Missing folders are created",
    r"stands at the end of its console": "see the end of the console",
    r"Nothing was said while": "The build printed no output",
    r"What mattered": "Parameter importance",
    r"Runs at once, at most": "Max concurrent Runs",
    r"so many failures": "Stop after N failures",
    r"[Ww]hich value of its points": "Aggregate",
    r"Use of the machine": "Resource usage",
    r"named for sure": "unambiguous process identity",
    r"brake on guessing": "sign-in rate limit",
    r"nobody vouches": "untrusted archives",
    r"is no member": "was removed from the Project",
    r"best is told by": "target metric",
    r"[Mm]ake (the|a) (Project|Task|Dataset)\b": "create",
    r"[Cc]hoose all\b": "Select all",
    r"is to be (a|an|one|like|at most)\b": "must be",
}
# For everything at once; a name is the thing's own.
EMPTY_NAMES = {"asked", "told", "facts", "stands", "face", "faces", "outlook", "mattered", "mattering"}


def awkward(text: str) -> list[str]:
    """What in the text has a better word, with that word."""
    return [
        f"{found[0]} → {better}" for words, better in INSTEAD.items() for found in re.finditer(words, text)
    ]


def named(tree: ast.Module) -> Iterator[str]:
    """Every name that the code gives: of modules' own things, arguments, attributes and variables."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def empty_names(tree: ast.Module) -> list[str]:
    return sorted({name for name in named(tree) if name.strip("_").lower() in EMPTY_NAMES})


@pytest.mark.parametrize("path", [*TEXTS, *CODE], ids=lambda path: str(path.relative_to(ROOT)))
def test_it_is_said_in_plain_english(path: Path) -> None:
    found = awkward(path.read_text())
    assert not found, f"{path.relative_to(ROOT)}: {found}"


def test_no_name_stands_for_everything() -> None:
    found = {str(path.relative_to(ROOT)): empty_names(ast.parse(path.read_text())) for path in CODE}
    assert {path: names for path, names in found.items() if names} == {}


def test_an_awkward_phrase_and_an_empty_name_are_caught() -> None:
    assert awkward("It can be mended for good.") == ["mended → fix", "for good → permanently"]
    assert empty_names(ast.parse("def told(facts): self._asked = 1")) == ["_asked", "facts", "told"]
