"""What scripts install themselves while they run, in notebooks with %pip. Knows no disk and runs nothing."""

import json
import re

from tasks.preflight import listed

_LINE = re.compile(
    r"(?m)^\s*[%!]\s*(?:\{?sys\.executable\}?\s+-m\s+)?(?:python3?\s+-m\s+)?(?:uv\s+)?(?:pip3?|conda|mamba)\s+install\s+(.+)$"
)
_PATHS = re.compile(r"\bsys\.path\b|\bsite\.addsitedir\b|\b(?:meta_path|path_hooks)\b")
_FILES = re.compile(
    _PATHS.pattern
    + r"|%%(?:writefile|file|bash|sh|script)\b|[!%]\s*(?:cd|cp|mv|git|wget|curl|gdown|unzip|tar)\b"
)
# What executes notebooks is in the environment of each.
_WITH_NOTEBOOKS = ("ipykernel", "nbclient")
_ANY = re.compile(r"\bpip3?\W{1,8}install\b|\b(?:conda|mamba)\W{1,8}install\b|\bpip\.main\b|\bensurepip\b")


def is_foreign(path: str, text: str) -> bool:
    """Whether it is a notebook in another language than Python."""
    try:
        metadata = json.loads(text)["metadata"] if path.endswith(".ipynb") else {}
        kernel, language = metadata.get("kernelspec", {}), metadata.get("language_info", {})
        name = kernel.get("language") or language.get("name")
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return False
    return name is not None and name != "python"


def code_lines(text: str) -> list[str]:
    """The lines of a notebook's code cells; none for what is no notebook."""
    try:
        cells = json.loads(text)["cells"]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        return [line for source in sources for line in "".join(source).splitlines()]
    except (ValueError, TypeError, LookupError, RecursionError):
        return []


def brings_modules(text: str, path: str) -> bool:
    """Whether modules of any name may appear, or be found elsewhere, while a script or notebook runs."""
    return (_FILES if path.endswith(".ipynb") else _PATHS).search(text) is not None


def installed_by(text: str, path: str) -> tuple[frozenset[str], bool]:
    """(the distributions that it installs by name, whether it installs others)."""
    if not path.endswith(".ipynb"):
        return frozenset(), _ANY.search(text) is not None
    source = "\n".join(code_lines(text))
    found: set[str] = set(_WITH_NOTEBOOKS)
    is_open = _ANY.search(_LINE.sub("", source)) is not None
    for match in _LINE.finditer(source):
        for word in match[1].split("#", maxsplit=1)[0].replace('"', "").replace("'", "").split():
            is_file = word.startswith(("-r", ".", "/", "$", "{", "git+")) or "://" in word
            is_open = is_open or is_file
            found |= set() if word.startswith("-") or is_file else listed.required(word)
    return frozenset(found), is_open
