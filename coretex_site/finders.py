"""Third-party scripts as static files, straight out of the PyPI packages that hold them."""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage

# The address under /static/ → the package that holds the file, and where in it.
PACKAGED: dict[str, tuple[str, str]] = {
    "plotly/plotly.min.js": ("plotly", "package_data/plotly.min.js"),
}


class PackagedFiles(BaseFinder):
    """Finds the files of PACKAGED, and no others of those packages."""

    # The stubs want None where Django takes an empty list.
    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> str | list[str]:  # type: ignore[override]
        found = str(location(path)) if path in PACKAGED else None
        if find_all:
            return [found] if found is not None else []
        return found if found is not None else []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        for address in PACKAGED:
            file, prefix = location(address), address.rpartition("/")[0]
            if not matches_patterns(file.name, ignore_patterns or []):
                storage = FileSystemStorage(location=file.parent)
                storage.prefix = prefix  # type: ignore[attr-defined] # as Django's own finders do
                yield file.name, storage


def location(address: str) -> Path:
    """Where the file lies on this machine."""
    package, inside = PACKAGED[address]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"The package {package} is not installed; it provides static/{address}.")
    return Path(spec.origin).parent / inside
