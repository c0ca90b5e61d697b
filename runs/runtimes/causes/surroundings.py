"""Causes that are in the node and in what it reaches: disk, network, git, compilers."""

import re
from urllib.parse import urlsplit

from runs.runtimes.causes import system_packages
from runs.runtimes.causes.built import LONGEST, Built, address, host, last_part, package, repository


def disk_full(found: re.Match[str], output: str, built: Built) -> str:
    return (
        "The disk of this node is full. Delete environments that are no longer needed, or ask your "
        "administrator to free space."
    )


def refused(found: re.Match[str], output: str, built: Built) -> str:
    return (
        f"The package index {host(found['url'])} refused the request ({found['status']}). Ask your "
        "administrator for the server's credentials there, or check the address if the Task names it."
    )


def proxy(found: re.Match[str], output: str, built: Built) -> str:
    return (
        "The proxy of this node asks for a password (407). Ask your administrator to set one for the server."
    )


def certificate(found: re.Match[str], output: str, built: Built) -> str:
    return (
        f"The certificate of {address(output)} is not trusted on this node. Ask your administrator to add it "
        "(SSL_CERT_FILE), or name the host in a line --trusted-host HOST."
    )


def unreachable(found: re.Match[str], output: str, built: Built) -> str:
    return (
        f"{address(output)} cannot be reached from this node. Try again later; if that does not help, ask "
        "your administrator whether the node may reach it, or whether there is another index to use."
    )


def server_error(found: re.Match[str], output: str, built: Built) -> str:
    return f"{host(found['url'])} answered {found['status']}. Try again later, or ask your administrator."


def nothing_there(found: re.Match[str], output: str, built: Built) -> str:
    name = last_part(urlsplit(found["url"]).path)
    return f"{host(found['url'])} has no {name} ({found['status']}). Check the address in {built.file}."


def no_channel(found: re.Match[str], output: str, built: Built) -> str:
    return (
        f"There is no Conda channel at {found['channel']}. Check the names under channels in {built.file}, "
        "or ask your administrator where the channel is."
    )


def git_missing(found: re.Match[str], output: str, built: Built) -> str:
    return "git is not installed on this node. Ask your administrator to install it, or name a release."


def git_private(found: re.Match[str], output: str, built: Built) -> str:
    return (
        f"The git repository {repository(output)} does not exist, or is private and this node has no access. "
        "Check the address, ask your administrator for access, or add the package's files to the Task."
    )


def git_nowhere(found: re.Match[str], output: str, built: Built) -> str:
    return f"There is no git repository at {repository(output)}. Check the address in {built.file}."


def git_revision(found: re.Match[str], output: str, built: Built) -> str:
    return (
        f"The git repository {repository(output)} has no branch, tag or commit {found['revision']}. Check "
        f"what follows the last @ in {built.file}."
    )


def build_misses(found: re.Match[str], output: str, built: Built) -> str:
    """A compiler, header or library that is not there; empty when it is something else."""
    missing = system_packages.missing(output)
    if missing is None:
        return ""
    what, packages = missing
    several = "s" if " " in packages else ""
    has = f"the Debian package{several} {packages}" if packages else "the package that has it"
    return (
        f"{package(output)} has to be compiled on this node, and {what} is missing there. Ask your "
        f"administrator to install {has}, or write a version that comes compiled."
    )


def build_offline(found: re.Match[str], output: str, built: Built) -> str:
    return (
        f"{package(output)} has to be compiled on this node and needs something from {found['host']} for it, "
        "which cannot be reached. Write a version that comes compiled, or ask your administrator."
    )


def build_failed(found: re.Match[str], output: str, built: Built) -> str:
    lines = [line.strip() for line in output.splitlines()]
    errors = [line for line in lines if re.match(r"(?:\w+\.)*\w*(?:Error|Exception)\b: |ERROR: ", line)]
    causes = [line.removeprefix("cause: ") for line in lines if line.startswith("cause: ")]
    last = f": {[*causes, *errors][-1][:LONGEST]}" if causes or errors else ""
    is_of_task = re.search(r"build `[^`]*file:\S*/sources/[0-9a-f]{40}", output) is not None
    instead = (
        "Correct its pyproject.toml or setup.py in the Task."
        if is_of_task
        else "Write another version of it, best one that comes compiled."
    )
    return f"{package(output)} could not be built with Python {built.python}{last}. {instead}"
