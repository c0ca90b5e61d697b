"""What is read of the files of a Task before they run. Knows no disk."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tasks.preflight import opened, packages
from tasks.preflight.modules import Module
from tasks.runtime import interpreter_of

TASK_YAML = "task.yaml"
VERSION_FILE = ".python-version"


@dataclass(frozen=True, kw_only=True)
class Files:
    """The paths of all files of a Task, and what is in those that tell how it runs."""

    paths: tuple[str, ...]
    contents: Mapping[str, bytes]

    @cached_property
    def texts(self) -> dict[str, str]:
        return {path: content.decode("utf-8", "replace") for path, content in self.contents.items()}

    @cached_property
    def scripts(self) -> dict[str, str]:
        """The texts of what can be run or imported."""
        return {path: text for path, text in self.texts.items() if interpreter_of(path) is not None}

    @cached_property
    def modules(self) -> dict[str, Module]:
        return {path: Module(path=path, text=text) for path, text in self.scripts.items()}

    @cached_property
    def there(self) -> frozenset[str]:
        """The paths of all files and folders."""
        return frozenset({*self.paths, *(folder for path in self.paths for folder in opened.parents(path))})

    @cached_property
    def own_modules(self) -> frozenset[str]:
        return packages.own_modules(self.paths)
