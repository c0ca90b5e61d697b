"""Files with the name of a script that hold something else: web pages, notebooks, pointers. Runs nothing."""

import json
import re

from tasks.environment_files import Fix
from tasks.preflight.findings import Finding
from tasks.proposals.code import Place
from tasks.runtime import interpreter_of

_PAGE = re.compile(r"\s*(?:<!doctype html|<html[\s>])", re.IGNORECASE)
_POINTER = "version https://git-lfs.github.com/spec/"


def finding(path: str, text: str) -> Finding | None:
    """What to say of a file that is no script, whatever its name; None of one that may be."""
    fixes: tuple[Fix, ...] = ()
    if _PAGE.match(text):
        what = "is a web page. Download the file itself, which repositories call raw."
    elif text.startswith(_POINTER):
        what = "is a pointer of Git LFS, not the file itself. Fetch that with “git lfs pull”, and upload it."
    elif interpreter_of(path) in ("python", "Rscript", "bash") and _is_notebook(text):
        target = f"{path.rpartition('.')[0]}.ipynb"
        what = f"is a notebook with the name of a script. Its name must end with .ipynb: {target}."
        fixes = (Fix(action="rename", path=path, target=target, label=f"Rename to {target}"),)
    else:
        return None
    place = Place(path=path, line=1)
    return Finding(severity="error", message=f"{path} {what}", place=place, fixes=fixes)


def _is_notebook(text: str) -> bool:
    if not text.lstrip().startswith("{"):
        return False
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(read, dict) and "cells" in read and "nbformat" in read
