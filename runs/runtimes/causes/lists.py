"""Causes that are in what was written: lines, hashes, files that are named."""

import re
import unicodedata

from runs.runtimes.causes.built import LONGEST, Built, last_part

# Control and format characters, and those that stand for nothing.
HIDDEN = {"Cc", "Cf", "Cn", "Co"}
OTHER_TEXTS = (
    (("<<<<<<<", "=======", ">>>>>>>"), "It is of a merge that is not finished: choose one side of it."),
    ("<", "It is of a page in HTML: download the file itself."),
    (("* ", "```", "> "), "It is Markdown: write only the names of the packages, one a line."),
)
EXPECTED = "Expected a line such as numpy, numpy==1.26.4 or numpy>=1.26,<2."


def invalid_line(found: re.Match[str], output: str, built: Built) -> str:
    text = found["text"].strip()
    where = built.place(text) or built.file
    return f"{where}: {text[:LONGEST]!r} is not a requirement. {instead_of(text)}"


def unexpected(found: re.Match[str], output: str, built: Built) -> str:
    """As `invalid_line`, for a line whose number in the list that uv was given is known."""
    number = int(found["number"])
    if not 0 < number <= len(built.lines):
        return ""
    text = built.lines[number - 1]
    return f"{built.place(text) or built.file}: {text[:LONGEST]!r} is not a requirement. {instead_of(text)}"


def instead_of(text: str) -> str:
    """What to write instead of a line that is none."""
    words = text.split()
    hidden = next((character for character in text if unicodedata.category(character) in HIDDEN), "")
    if hidden:
        return f"It holds an invisible character (U+{ord(hidden):04X}): write the line anew."
    if text[0] in "\"'":
        return f"Leave out the quotes: write {text.strip(chr(34) + chr(39))}."
    if text.startswith(("pip ", "pip3 ", "conda ", "python ", "!pip", "%pip", "uv ")):
        return "It is a command: write only the names of the packages, one a line."
    for starts, sentence in OTHER_TEXTS:
        if text.startswith(starts):
            return sentence
    if words[0] in {"import", "from"}:
        return "It is a line of Python: write the name of the package alone."
    if re.fullmatch(r"[\w.-]+=[^=\s]+(=\S+)?", text):
        name, version = text.split("=")[:2]
        return f"Such lines are for Conda: write {name}=={version}."
    if words[:2] == ["Package", "Version"]:
        return "It is the head of a table: write what `pip list --format=freeze` prints."
    if len(words) > 1 and words[1][0].isdigit():
        return f"It looks like a line of `pip list`: write {words[0]}=={words[1]}."
    return EXPECTED


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
    return f"{built.file} installs {found['path']}, which is not on this node. Add the file to the Task."


def no_project(found: re.Match[str], output: str, built: Built) -> str:
    return (
        "What is to be installed is not a Python project: there is neither pyproject.toml nor setup.py in "
        f"{last_part(found['path'].strip('`'))}. Name the folder that has one "
        "(in a repository #subdirectory=FOLDER)."
    )


def broken_wheel(found: re.Match[str], output: str, built: Built) -> str:
    return f"{last_part(found['path'])} is damaged: it cannot be unpacked. Add the file again."


def outdated_lock(found: re.Match[str], output: str, built: Built) -> str:
    return "uv.lock does not fit pyproject.toml. Run uv lock and upload both, or delete uv.lock."


def conda_cause(found: re.Match[str], output: str, built: Built) -> str:
    return found["text"]


def conda_program_misses(found: re.Match[str], output: str, built: Built) -> str:
    items = re.findall(r"- (?:nothing provides requested )?([\w.-]+)", found["list"])
    return (
        f"The channels have no {', '.join(dict.fromkeys(items))}, at least not as {built.file} asks for it. "
        "Check names, versions and channels; leave out builds (the third part of name=version=build), since "
        "they belong to one system."
    )
