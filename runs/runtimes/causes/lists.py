"""Causes that are in what was written: lines, hashes, files that are named."""

import re

from runs.runtimes.causes.built import LONGEST, Built, last_part
from runs.runtimes.causes.wrong_lines import instead_of


def invalid_line(found: re.Match[str], output: str, built: Built) -> str:
    text = next((line for line in built.lines if line.endswith("\\")), "") or found["text"].strip()
    where = built.place(text) or built.file
    return f"{where}: {text[:LONGEST]!r} is not a requirement. {instead_of(text)}"


def unexpected(found: re.Match[str], output: str, built: Built) -> str:
    """As `invalid_line`, for a line whose number in the list that uv was given is known."""
    number = int(found["number"])
    if not 0 < number <= len(built.lines):
        return ""
    text = built.lines[number - 1]
    return f"{built.place(text) or built.file}: {text[:LONGEST]!r} is not a requirement. {instead_of(text)}"


def two_indexes(found: re.Match[str], output: str, built: Built) -> str:
    return (
        f"{built.file} names two indexes in place of the usual one. Write --index-url once, and "
        "--extra-index-url for each of the others."
    )


def hash_mismatch(found: re.Match[str], output: str, built: Built) -> str:
    return (
        f"The file of {found['name']} is not the one that {built.file} names: its hash is another. Get the "
        "list from its author again, or replace the hash if you trust the file."
    )


def damaged_hash(found: re.Match[str], output: str, built: Built) -> str:
    return (
        f"A hash in {built.file} is damaged: expected --hash=sha256: and 64 hexadecimal characters. Get the "
        "list from its author again, or remove all hashes."
    )


def hash_missing(found: re.Match[str], output: str, built: Built) -> str:
    return (
        f"With hashes in {built.file} every package needs a version and a hash, and {found['name'].strip()} "
        "lacks them. Add them (uv pip compile --generate-hashes), or remove all hashes."
    )


def is_elsewhere(found: re.Match[str], output: str, built: Built) -> str:
    return f"{built.file} installs {last_part(found['path'])}, which is not in the Task. Add it there."


def no_project(found: re.Match[str], output: str, built: Built) -> str:
    of_task = re.search(r"/sources/[0-9a-f]{40}(?:/(.+))?$", found["path"].strip("`"))
    path = (of_task[1] or "the Task's root") if of_task is not None else last_part(found["path"].strip("`"))
    return (
        f"What is to be installed is not a Python project: there is neither pyproject.toml nor setup.py in "
        f"{path}. Name the folder that has one (in a repository #subdirectory=FOLDER)."
    )


def broken_wheel(found: re.Match[str], output: str, built: Built) -> str:
    return f"{last_part(found['path'])} is damaged: it cannot be unpacked. Add the file again."


def outdated_lock(found: re.Match[str], output: str, built: Built) -> str:
    return "uv.lock does not fit pyproject.toml. Run uv lock and upload both, or delete uv.lock."


def incomplete_address(found: re.Match[str], output: str, built: Built) -> str:
    return f"{found['url']} in {built.file} is no address: expected one that begins with https://."


def conda_cause(found: re.Match[str], output: str, built: Built) -> str:
    return found["text"]


def conda_program_misses(found: re.Match[str], output: str, built: Built) -> str:
    items = re.findall(r"- (?:nothing provides requested )?([\w.-]+)", found["list"])
    return (
        f"The channels have no {', '.join(dict.fromkeys(items))}, at least not as {built.file} asks for it. "
        "Check names, versions and channels; leave out builds (the third part of name=version=build), since "
        "they belong to one system."
    )
