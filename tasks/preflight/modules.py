"""Files of Python code as they are read once, however many scripts import them. Runs nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tasks.preflight import installs
from tasks.preflight.imports import Import, imports_of
from tasks.preflight.literal_paths import FileReads
from tasks.proposals.code import Code, Unreadable, imported_with, read_code

# Characters of code that are read for one script, its own first: about half a second.
MOST_CODE = 800_000
# With any of these in the code, files may appear or names mean something else: nothing is said then.
_UNKNOWN = re.compile(
    r"\b(?:subprocess|os\.system|os\.popen|extractall|unpack_archive|urlretrieve|wget|curl|chdir|copytree"
    r"|copyfile|shutil\.(?:copy\w*|move)|os\.rename|os\.replace|\.rename|snapshot_download|gdown|\w*download\w*|ftplib|paramiko"
    r"|boto3|rpy2|symlink\w*|sqlite3|dvc)\b"
    r"|(?<!\.)\b(?:exec|eval)\s*\("
)


@dataclass(frozen=True, kw_only=True)
class Module:
    """A script, module or notebook."""

    path: str
    text: str

    @cached_property
    def _read(self) -> Code | Unreadable:
        try:
            return read_code(self.text, self.path)
        except Unreadable as error:
            return error

    @property
    def code(self) -> Code | None:
        """Its parsed code; None where it cannot be parsed."""
        return self._read if isinstance(self._read, Code) else None

    @property
    def mistake(self) -> Unreadable | None:
        """Why it cannot be parsed."""
        return self._read if isinstance(self._read, Unreadable) else None

    @cached_property
    def imports(self) -> list[Import]:
        return [] if self.code is None else imports_of(self.code)

    @cached_property
    def reads(self) -> FileReads | None:
        return None if self.code is None else FileReads(self.code)

    @cached_property
    def may_make_files(self) -> bool:
        """Whether files may appear while it runs, or their names mean something else."""
        return self.code is not None and _UNKNOWN.search(self.code.text) is not None

    @cached_property
    def may_bring_modules(self) -> bool:
        return installs.brings_modules(self.text, self.path)

    @cached_property
    def installed(self) -> tuple[frozenset[str], bool]:
        """(the distributions that it installs by name, whether it installs others)."""
        return installs.installed_by(self.text, self.path)


def with_imported(modules: Mapping[str, Module], texts: Mapping[str, str], script: str) -> list[Module]:
    """A script and what it imports of the same files, as far as the limit goes."""
    found: list[Module] = []
    left = MOST_CODE
    for path in imported_with(texts, script):
        left -= len(texts[path])
        if found and left < 0:
            break
        found.append(modules[path])
    return found
