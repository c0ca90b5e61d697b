"""Why an environment could not be built and what to do, by the output of the installer. No Django, no disk.

`TABLE` holds what uv, git, compilers and py-rattler print, the most telling first, each with the function
that makes its sentences. A cause that is not in it leaves the output to speak for itself.
"""

import re
from collections.abc import Callable

from runs.runtimes.causes import choice, lists, surroundings
from runs.runtimes.causes.built import Built

# Begins the line in which the program that installs from Conda channels says the cause itself.
CONDA_CAUSE = "Cause: "
Explain = Callable[[re.Match[str], str, Built], str]

_WHERE = r"in the (?:package registry|provided package locations|cache)"
_BUILD = r"Failed to (?:download and )?build `"
_OF_URL = r"for url \((?P<url>[^)]+)\)"
_TAG = r"Python version|Python implementation|Python ABI|ABI|platform"
_SOLVING = r"No solution found when resolving dependencies.*\n[^\w]*(?:cause: )?"

TABLE: tuple[tuple[str, Explain], ...] = (
    (rf"^{CONDA_CAUSE}(?P<text>.+)$", lists.conda_cause),
    (r"No space left on device|Disk quota exceeded|os error (?:28|122)\b", surroundings.disk_full),
    (r"proxy authorization required|407 Proxy Authentication", surroundings.proxy),
    (r"index URL \((?P<url>[^)]+)\) could not be queried .*\((?P<status>401 \w+)\)", surroundings.refused),
    (r"index(?: URL)? \((?P<url>[^)]+)\) returned an? (?P<status>403 \w+)", surroundings.refused),
    (rf"\((?P<status>40[13] \w+)\) {_OF_URL}", surroundings.refused),
    (rf"\((?P<status>(?:5\d\d|429) [\w ]+)\) {_OF_URL}", surroundings.server_error),
    (r"Hash mismatch for `(?P<name>[^`]+)`", lists.hash_mismatch),
    (r"versions pinned with `==`, but found: (?P<name>.+)", lists.hash_missing),
    (r"must have a hash, but none were provided for: (?P<name>.+)", lists.hash_missing),
    (r"Couldn't parse requirement in .*\n.*\n\s*(?P<text>\S.*)", lists.invalid_line),
    (r"Invalid hash digest|Unsupported hash algorithm", lists.damaged_hash),
    (r"Unexpected '.*', expected .*requirement: .*:(?P<number>\d+):\d+", lists.unexpected),
    (r"Multiple `--index-url` values provided", lists.two_indexes),
    (r"Distribution not found at: (?P<path>\S+)", lists.is_elsewhere),
    (r"(?P<path>\S+) does not appear to be a Python project", lists.no_project),
    (
        r"(?P<path>[^\s`]+\.(?:whl|zip))`?\n(?:.*\n)*?.*(?:end of central directory|from zip)",
        lists.broken_wheel,
    ),
    (r"Failed to extract archive: (?P<path>\S+)", lists.broken_wheel),
    (r"^error: Invalid URL in .*: (?P<url>\S+)$", lists.incomplete_address),
    (
        r"lockfile .*needs to be updated|Failed to parse `?uv.lock|Unable to find lockfile",
        lists.outdated_lock,
    ),
    (r"with the project's Python requirement: `(?P<wanted>[^`]+)`", choice.project_python),
    (r"`(?P<name>[\w.-]+)` is often confused for `(?P<instead>[\w.-]+)`", choice.deprecated_name),
    (
        r"does not satisfy Python(?P<wanted>[<>=!~]\S+) and (?P<package>\S+) depends on Python",
        choice.other_python,
    ),
    (
        rf"(?P<package>\S+) has no (?:usable )?wheels(?: with a matching (?P<what>{_TAG}) tag)?",
        choice.no_wheel,
    ),
    (r"(?P<name>\S+) ha(?:s|ve) no source distribution", choice.no_source),
    (rf"(?P<name>\S+) was not found {_WHERE}", choice.no_package),
    (r"there (?:is|are) no versions? of (?P<package>\S+)", choice.no_version),
    (r"only (?P<there>\S+) is available and you require (?P<wanted>\S+?),", choice.too_new),
    (r"[Gg]it executable not found|`git` (?:is )?not found", surroundings.git_missing),
    (
        r"could not read Username|Permission denied \(publickey|Authentication failed",
        surroundings.git_private,
    ),
    (r"fatal: repository '[^']+' not found|Repository not found", surroundings.git_private),
    (r"does not appear to be a git repository", surroundings.git_nowhere),
    (r"unable to access '(?P<url>[^']+)': [^\n]*(?:error: 40[13]|Authentication)", surroundings.git_private),
    (r"unable to access '(?P<url>[^']+)': [^\n]*certificate", surroundings.certificate),
    (r"unable to access '(?P<url>[^']+)'", surroundings.unreachable),
    (
        r"failed to (?:fetch|find) (?:branch|tag|commit|ref)\D*? `(?P<revision>[^`]+)`",
        surroundings.git_revision,
    ),
    (r"couldn't find remote ref (?:refs/\w+/)?(?P<revision>\S+)", surroundings.git_revision),
    (r"No module named 'distutils|ImpImporter|`distutils` was removed", choice.too_old_source),
    (_BUILD, surroundings.build_misses),
    (
        rf"{_BUILD}[\s\S]*(?:Could not resolve host: |failed to download from `https?://)(?P<host>[\w.-]+\w)",
        surroundings.build_offline,
    ),
    (r"could not find subdir '[^']+' in channel '(?P<channel>[^']+)'", surroundings.no_channel),
    (r"invalid peer certificate|certificate verify failed|UnknownIssuer", surroundings.certificate),
    (
        r"dns error|failed to lookup address|Connection (?:refused|reset)|tcp connect error|timed out"
        r"|Network is unreachable|[Cc]ould not resolve host|error sending request",
        surroundings.unreachable,
    ),
    (rf"\((?P<status>404 [\w ]+)\) {_OF_URL}", surroundings.nothing_there),
    (_BUILD, surroundings.build_failed),
    (r"PackagesNotFoundError: [\s\S]*?channels:\n(?P<list>(?:\s*- .*\n)+)", lists.conda_program_misses),
    (r"(?P<list>(?:^\s*- nothing provides requested .*\n?)+)", lists.conda_program_misses),
    (rf"{_SOLVING}(?P<text>Because [\s\S]+?)(?:\n\s*\n|\Z)", choice.conflict),
)


def explain(output: str, built: Built) -> str:
    """The cause and what to do about it, in sentences; empty when it is not known."""
    for pattern, make in TABLE:
        found = re.search(pattern, output, re.MULTILINE)
        sentence = "" if found is None else make(found, output, built)
        if sentence:
            return sentence
    return ""
