"""A flat list of files as a tree to fold and unfold. Knows no disk."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from coretex_site.lib.filetree import File


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A folder: its own name, the folders in it and the files in it."""

    name: str = ""
    folders: dict[str, "Branch"] = field(default_factory=dict)
    files: list[tuple[str, File]] = field(default_factory=list)


def tree(files: Iterable[File]) -> Branch:
    top = Branch()
    for file in files:
        *parents, name = file.path.split("/")
        branch = top
        for parent in parents:
            branch = branch.folders.setdefault(parent, Branch(name=parent))
        branch.files.append((name, file))
    return top
