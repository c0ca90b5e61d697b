"""Causes that are in what there is to choose from: packages, versions, Pythons."""

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from runs.runtimes.causes import package_names
from runs.runtimes.causes.built import LONGEST, Built, package

MOST_PARTS = 4


def no_package(found: re.Match[str], output: str, built: Built) -> str:
    name = found["name"]
    needed = re.search(rf"and (\S+) depends on {re.escape(name)}\b", output)
    by = f", which {needed[1]} needs" if needed is not None else ""
    return f"There is no package {name}{by} where the installer looks. {package_names.advice(name)}"


def deprecated_name(found: re.Match[str], output: str, built: Built) -> str:
    return f"There is no such package as {found['name']}: write {found['instead']} in {built.file}."


def no_version(found: re.Match[str], output: str, built: Built) -> str:
    name = found["package"]
    if "+" in name:
        return (
            f"There is no {name} in the package index: what follows the + is in an index of its own. Name "
            f"that index in {built.file} (--extra-index-url ADDRESS), or leave out the + and what follows it."
        )
    return f"There is no {name}. Write a version that exists, or the name alone for the newest that fits."


def too_new(found: re.Match[str], output: str, built: Built) -> str:
    return (
        f"{built.file} asks for {found['wanted']}, and there is only {found['there']}. Ask for a version "
        "that exists, or for the name alone."
    )


def other_python(found: re.Match[str], output: str, built: Built) -> str:
    wanted = found["wanted"]
    return f"{found['package']} needs Python {wanted}, and this environment has {built.python}. " + _choose(
        wanted, built
    )


def project_python(found: re.Match[str], output: str, built: Built) -> str:
    wanted = found["wanted"]
    return f"{built.file} needs Python {wanted}, and this environment has {built.python}. " + _choose(
        wanted, built
    )


def no_wheel(found: re.Match[str], output: str, built: Built) -> str:
    name = found["package"]
    elsewhere = package_names.only_elsewhere(re.split(r"[<>=!~]", name)[0])
    if elsewhere:
        return elsewhere
    platforms = re.search(r"following platform tags?: (.+)", output)
    if platforms is not None or found["what"] == "platform":
        where = f" ({platforms[1].strip()})" if platforms is not None else ""
        return (
            f"{name} is made for other systems{where}, not for this node. Write a version that is made for "
            "it, or ask its author for one."
        )
    tags = re.search(r"following (?:Python|Python ABI|ABI) tags?: (.+)", output)
    pythons = _pythons_of(tags[1]) if tags is not None else []
    if pythons:
        these = pythons[0] if len(pythons) == 1 else f"{pythons[0]} to {pythons[-1]}"
        return f"{name} is made for Python {these}, and this environment has {built.python}. " + _choose(
            f">={pythons[0]},<={pythons[-1]}.999", built
        )
    return (
        f"{name} has no file for Python {built.python} on this node. Write a version that has one, or ask "
        "for another Python in a file .python-version."
    )


def no_source(found: re.Match[str], output: str, built: Built) -> str:
    return (
        f"{found['name']} can only be had compiled, and {built.file} asks for its source code: remove "
        f"--no-binary, or add a line --only-binary {re.split(r'[<>=!~]', found['name'])[0]}."
    )


def too_old_source(found: re.Match[str], output: str, built: Built) -> str:
    return f"{package(output)} is too old for Python {built.python}. {_choose('<3.12', built)}"


def _choose(wanted: str, built: Built) -> str:
    """What to do to get another Python; names the newest of this node that would do."""
    if built.is_conda:
        return f"Write another version of it, or another python in {built.file} (python{wanted})."
    try:
        allowed = SpecifierSet(wanted)
    except InvalidSpecifier:
        allowed = SpecifierSet("<0")
    fit = sorted(
        tuple(int(part) for part in version.split(".")[:2])
        for version in built.pythons()
        if allowed.contains(version, prereleases=True)
    )
    if fit:
        newest = ".".join(str(part) for part in fit[-1])
        return f"Write another version of it, or a file .python-version with the line {newest}."
    return (
        "Write another version of it, or ask your administrator to install such a Python on this node and "
        "name it in a file .python-version."
    )


def _pythons_of(tags: str) -> list[str]:
    found = {(int(major), int(minor)) for major, minor in re.findall(r"\bcp(\d)(\d+)", tags)}
    return [f"{major}.{minor}" for major, minor in sorted(found)]


def conflict(found: re.Match[str], output: str, built: Built) -> str:
    """What does not fit, out of uv's derivation: at most four parts of it."""
    text = re.sub(r"\s+", " ", found["text"])
    # What is concluded is left out.
    text = re.sub(r", we can conclude that .*?(?:\.(?=\s)|\.?$)", ". ", text)
    needed = [(who, what.rstrip(".,")) for who, what in re.findall(r"(\S+) depends? on (\S+)", text)]
    needs = dict.fromkeys(f"{who} needs {what}" for who, what in needed)
    required = []
    for one, other in re.findall(r"you require (\S+)(?: and (?!\S+ depends)(\S+))?", text):
        required += [name.rstrip(".,") for name in (one, other) if name]
    parts = [*needs][:MOST_PARTS]
    if required:
        parts.append(f"{built.file} asks for {' and for '.join([*dict.fromkeys(required)][:MOST_PARTS])}")
    if not parts:
        return f"The packages do not fit together: {text[:LONGEST]}."
    return (
        f"The packages do not fit together: {'; '.join(parts)}. Change one of these versions, or leave it "
        "out so that one is chosen that fits."
    )
